/* libxml2's reader into our tree. */
#include "templates/xml.h"
#include "templates/xml_source.h"

#include "base/lazy_xml.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* The line of what was read. The parser's own is half a kilobyte ahead; it must do for what has no line. */
static unsigned line_of(struct reading *r)
{
	long line = xmlGetLineNo(xmlTextReaderCurrentNode(r->reader));

	return line > 0 ? (unsigned)line : (unsigned)xmlTextReaderGetParserLineNumber(r->reader);
}

static int refuse(struct reading *r, const char *what)
{
	return err_set(r->e, EINVAL, "%s:%u: %s", r->name, line_of(r), what);
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
	n->line = line_of(r);
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

int xml_parse(struct arena *a, const char *text, size_t len, const char *name, struct xml_doc *out,
	      struct err *e)
{
	struct reading r = {.a = a, .name = name, .e = e};
	struct strbuf texts[DEPTH_MAX] = {0};
	struct xml_source source;
	int result;

	if (len > TEXT_MAX)
		return err_set(e, EFBIG, "%s: larger than 16 MiB", name);
	result = xml_source_read(a, text, len, name, &source, e);
	if (result == 0)
		result = lazy_xml_load(e);
	if (result < 0)
		return result;
	r.doc.source = source.text;
	r.doc.len = source.len;
	r.texts = texts;
	r.reader = xmlReaderForMemory(source.text, (int)source.len, NULL, source.encoding,
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

/* The element's own attribute goes before a vendor's of the same name: vmw:qualifiers stands beside ovf:qualifiers. */
const char *xml_attr(const struct xml_node *n, const char *name)
{
	const char *foreign = NULL;

	for (size_t i = 0; i < n->nattrs; i++) {
		const struct xml_attr *a = &n->attrs[i];

		if (!str_eq(a->name, name))
			continue;
		if (!*a->ns || str_eq(a->ns, n->ns))
			return a->value;
		if (!foreign)
			foreign = a->value;
	}
	return foreign;
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
