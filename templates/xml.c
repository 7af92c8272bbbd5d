/* libxml2's reader into our tree. */
#include "templates/xml.h"

#include "base/bytes.h"
#include "base/lazy_xml.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	TEXT_MAX = 16 << 20,
	DEPTH_MAX = 64,
	NODES_MAX = 500000,
	ATTRS_MAX = 256,
	VALUE_MAX = 4 << 20,
};

struct reading {
	struct arena *a;
	const char *name;
	struct err *e;
	xmlTextReaderPtr reader;
	struct xml_doc doc;
	struct xml_node *at;  /* the open element */
	struct strbuf *texts; /* one per open level */
	char problem[200];    /* the first fatal complaint of libxml2 */
	int problem_line;
};

static void on_error(void *data, const xmlError *error)
{
	struct reading *r = data;
	size_t n;

	if (error->domain == XML_FROM_NAMESPACE || error->level < XML_ERR_FATAL || r->problem[0])
		return;
	snprintf(r->problem, sizeof r->problem, "%s", error->message ? error->message : "not XML");
	n = strcspn(r->problem, "\n");
	r->problem[n] = '\0';
	r->problem_line = error->line;
}

static int refuse(struct reading *r, const char *what)
{
	return err_set(r->e, EINVAL, "%s:%d: %s", r->name,
		       xmlTextReaderGetParserLineNumber(r->reader), what);
}

static const char *keep(struct reading *r, const xmlChar *s)
{
	return s ? arena_dup(r->a, (const char *)s) : "";
}

/* libxml2 reports "p:x" as the local name where p is not declared. */
static void split_name(struct reading *r, const char **name, const char **prefix)
{
	const char *colon = strchr(*name, ':');

	if (!colon)
		return;
	*prefix = arena_dupn(r->a, *name, (size_t)(colon - *name));
	*name = colon + 1;
}

static int read_attrs(struct reading *r, struct xml_node *n)
{
	size_t room = 0;

	while (xmlTextReaderMoveToNextAttribute(r->reader) == 1) {
		const xmlChar *value = xmlTextReaderConstValue(r->reader);
		struct xml_attr *attr;

		if (xmlTextReaderIsNamespaceDecl(r->reader) == 1)
			continue;
		if (n->nattrs == ATTRS_MAX)
			return refuse(r, "an element with more than 256 attributes");
		if (value && strlen((const char *)value) > VALUE_MAX)
			return refuse(r, "an attribute above 4 MiB");
		ARENA_GROW(r->a, n->attrs, n->nattrs, room);
		attr = &n->attrs[n->nattrs++];
		attr->name = keep(r, xmlTextReaderConstLocalName(r->reader));
		attr->prefix = keep(r, xmlTextReaderConstPrefix(r->reader));
		attr->ns = keep(r, xmlTextReaderConstNamespaceUri(r->reader));
		attr->value = keep(r, value);
		split_name(r, &attr->name, &attr->prefix);
	}
	xmlTextReaderMoveToElement(r->reader);
	return 0;
}

static void close_element(struct reading *r, int depth)
{
	struct strbuf *text = &r->texts[depth];

	r->at->text = arena_dupn(r->a, strbuf_str(text), text->len);
	text->len = 0;
	r->at = r->at->parent;
}

static int open_element(struct reading *r)
{
	int depth = xmlTextReaderDepth(r->reader);
	bool empty = xmlTextReaderIsEmptyElement(r->reader) == 1;
	struct xml_node *n;
	int result;

	if (depth >= DEPTH_MAX)
		return refuse(r, "elements nested deeper than 64 levels");
	if (r->doc.count == NODES_MAX)
		return refuse(r, "more than 500,000 elements");
	n = arena_alloc(r->a, sizeof *n);
	n->index = r->doc.count++;
	n->line = (unsigned)xmlTextReaderGetParserLineNumber(r->reader);
	n->name = keep(r, xmlTextReaderConstLocalName(r->reader));
	n->prefix = keep(r, xmlTextReaderConstPrefix(r->reader));
	n->ns = keep(r, xmlTextReaderConstNamespaceUri(r->reader));
	n->text = "";
	split_name(r, &n->name, &n->prefix);
	n->parent = r->at;
	if (!r->at)
		r->doc.root = n;
	else if (r->at->last)
		r->at->last->next = n;
	else
		r->at->first = n;
	if (r->at)
		r->at->last = n;
	result = read_attrs(r, n);
	if (!empty)
		r->at = n;
	return result;
}

static int add_text(struct reading *r)
{
	const xmlChar *value = xmlTextReaderConstValue(r->reader);
	int depth = xmlTextReaderDepth(r->reader) - 1;
	struct strbuf *text;

	if (!value || depth < 0 || depth >= DEPTH_MAX)
		return 0;
	text = &r->texts[depth];
	if (text->len + strlen((const char *)value) > VALUE_MAX)
		return refuse(r, "a text above 4 MiB");
	strbuf_add(text, (const char *)value);
	return 0;
}

static int take_node(struct reading *r)
{
	switch (xmlTextReaderNodeType(r->reader)) {
	case XML_READER_TYPE_DOCUMENT_TYPE:
		return refuse(r, "a DOCTYPE; document types and entities are not accepted");
	case XML_READER_TYPE_ENTITY_REFERENCE:
		return refuse(r, "an entity reference; entities are not accepted");
	case XML_READER_TYPE_ELEMENT:
		return open_element(r);
	case XML_READER_TYPE_END_ELEMENT:
		close_element(r, xmlTextReaderDepth(r->reader));
		return 0;
	case XML_READER_TYPE_TEXT:
	case XML_READER_TYPE_CDATA:
	case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
		return add_text(r);
	default:
		return 0;
	}
}

static int read_all(struct reading *r)
{
	int more, result;

	while ((more = xmlTextReaderRead(r->reader)) == 1) {
		result = take_node(r);
		if (result < 0)
			return result;
	}
	if (more < 0 || !r->doc.root)
		return err_set(r->e, EINVAL, "%s:%d: %s", r->name, r->problem_line,
			       r->problem[0] ? r->problem : "not XML");
	return 0;
}

/* The encoding that an XML declaration names; false when it names none, or the document has NULs, as UTF-16 has. */
static bool declared_encoding(const char *text, size_t len, char out[32])
{
	size_t head = len < 200 ? len : 200;
	const char *at;
	char start[201], quote[2] = "";

	if (memchr(text, '\0', head))
		return false;
	memcpy(start, text, head);
	start[head] = '\0';
	start[strcspn(start, ">")] = '\0';
	at = strstr(start, "<?xml") ? strstr(start, "encoding") : NULL;
	at = at ? strpbrk(at, "\"'") : NULL;
	if (!at)
		return false;
	quote[0] = *at;
	snprintf(out, 32, "%.*s", (int)strcspn(at + 1, quote), at + 1);
	return true;
}

/* Encodings in which text means itself in every reader. In others, such as UTF-7, markup can hide. */
static bool is_known_encoding(const char *name)
{
	static const char *const known[] = {
		"utf-8",        "utf8",     "utf-16",          "utf-16le",   "utf-16be",
		"ucs-2",        "us-ascii", "ascii",           "iso-8859-1", "iso-8859-15",
		"windows-1252", "latin1",   "iso-10646-ucs-2",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcasecmp(known[i], name))
			return true;
	return false;
}

/* Some producers declare utf-16 and write UTF-8: bytes without a NUL are no UTF-16. */
static const char *wrong_encoding(const char *declared)
{
	return strcasestr(declared, "utf-16") || strcasestr(declared, "ucs-") ? "UTF-8" : NULL;
}

/* The reader hands UTF-8 whatever the source is; edits need the source in UTF-8 too. */
static int to_utf8(struct reading *r, const char *text, size_t len)
{
	const unsigned char *b = (const unsigned char *)text;
	bool big = len >= 2 && b[0] == 0xfe && b[1] == 0xff;
	bool little = len >= 2 && b[0] == 0xff && b[1] == 0xfe;
	struct strbuf out = {0};

	if (!big && !little) {
		r->doc.source = arena_dupn(r->a, text, len);
		r->doc.len = len;
		return 0;
	}
	for (size_t i = 2; i + 1 < len; i += 2) {
		unsigned c = big ? be16(b + i) : le16(b + i);

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < len) {
			unsigned low = big ? be16(b + i + 2) : le16(b + i + 2);

			c = 0x10000 + ((c - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff);
			i += 2;
		}
		if (c < 0x80) {
			strbuf_addc(&out, (char)c);
		} else {
			char u[4];
			size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

			for (size_t k = n - 1; k; k--, c >>= 6)
				u[k] = (char)(0x80 | (c & 0x3f));
			u[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
			strbuf_addn(&out, u, n);
		}
	}
	r->doc.source = arena_dupn(r->a, strbuf_str(&out), out.len);
	r->doc.len = out.len;
	strbuf_fini(&out);
	return 0;
}

int xml_parse(struct arena *a, const char *text, size_t len, const char *name, struct xml_doc *out,
	      struct err *e)
{
	struct reading r = {.a = a, .name = name, .e = e};
	struct strbuf texts[DEPTH_MAX] = {0};
	char encoding[32] = "";
	int result;

	if (len > TEXT_MAX)
		return err_set(e, EFBIG, "%s: larger than 16 MiB", name);
	if (declared_encoding(text, len, encoding) && !is_known_encoding(encoding))
		return err_set(e, EINVAL, "%s:1: the encoding \"%s\" is not accepted", name,
			       encoding);
	result = lazy_xml_load(e);
	if (result < 0)
		return result;
	r.texts = texts;
	r.reader = xmlReaderForMemory(text, (int)len, NULL, wrong_encoding(encoding),
				      XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_COMPACT |
					      XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!r.reader)
		return err_set(e, ENOMEM, "%s: libxml2 has no reader for it", name);
	xmlTextReaderSetStructuredErrorHandler(r.reader, (xmlStructuredErrorFunc)on_error, &r);
	result = read_all(&r);
	xmlFreeTextReader(r.reader);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		strbuf_fini(&texts[i]);
	if (result == 0)
		result = to_utf8(&r, text, len);
	if (result == 0)
		*out = r.doc;
	return result;
}

/* ---- asking ---- */

const struct xml_node *xml_child(const struct xml_node *n, const char *name)
{
	XML_EACH(c, n)
	if (str_eq(c->name, name))
		return c;
	return NULL;
}

const struct xml_node *xml_next(const struct xml_node *n, const char *name)
{
	for (n = n->next; n; n = n->next)
		if (str_eq(n->name, name))
			return n;
	return NULL;
}

const char *xml_attr(const struct xml_node *n, const char *name)
{
	for (size_t i = 0; i < n->nattrs; i++)
		if (str_eq(n->attrs[i].name, name))
			return n->attrs[i].value;
	return NULL;
}

const char *xml_child_text(const struct xml_node *n, const char *name)
{
	const struct xml_node *c = xml_child(n, name);

	return c ? c->text : NULL;
}

const struct xml_node *xml_walk(const struct xml_node *root, const struct xml_node *n)
{
	if (n->first)
		return n->first;
	while (n != root && !n->next)
		n = n->parent;
	return n == root ? NULL : n->next;
}
