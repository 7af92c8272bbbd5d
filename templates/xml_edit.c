/* Finding elements in the bytes of a document that libxml2 has found well-formed, and splicing. */
#include "templates/xml_edit.h"

#include "base/scope.h"
#include "base/xml_escape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum change_kind { SET_ATTR, REMOVE_ATTR, SET_TEXT, REMOVE, INSERT };

struct xml_change {
	enum change_kind kind;
	unsigned index;
	enum xml_where where;
	const char *name, *text;
};

/* Where an element stands: [open, inside) is its start tag, [inside, close) its content, [close, end) its end tag.
 * An empty element has inside == close == end. */
struct span {
	size_t open, inside, close, end;
};

struct scan {
	const char *text;
	size_t len;
	struct span *spans;
	unsigned count, found;
	unsigned stack[256];
	size_t depth;
};

/* ---- collecting ---- */

static void add(struct xml_edits *x, struct xml_change c)
{
	ARENA_GROW(x->a, x->changes, x->count, x->room);
	x->changes[x->count++] = c;
}

void xml_set_attr(struct xml_edits *x, const struct xml_node *n, const char *qname,
		  const char *value)
{
	add(x, (struct xml_change){.kind = SET_ATTR,
				   .index = n->index,
				   .name = arena_dup(x->a, qname),
				   .text = arena_dup(x->a, value)});
}

void xml_remove_attr(struct xml_edits *x, const struct xml_node *n, const char *name)
{
	add(x, (struct xml_change){
		       .kind = REMOVE_ATTR, .index = n->index, .name = arena_dup(x->a, name)});
}

void xml_set_text(struct xml_edits *x, const struct xml_node *n, const char *text)
{
	add(x, (struct xml_change){
		       .kind = SET_TEXT, .index = n->index, .text = arena_dup(x->a, text)});
}

void xml_remove(struct xml_edits *x, const struct xml_node *n)
{
	add(x, (struct xml_change){.kind = REMOVE, .index = n->index});
}

void xml_insert(struct xml_edits *x, const struct xml_node *n, enum xml_where where,
		const char *raw)
{
	add(x, (struct xml_change){.kind = INSERT,
				   .index = n->index,
				   .where = where,
				   .text = arena_dup(x->a, raw)});
}

/* ---- scanning ---- */

/* Behind the text `until`, looked for from at; 0 when it is not there. */
static size_t behind(const struct scan *s, size_t at, const char *until)
{
	const char *p = memmem(s->text + at, s->len - at, until, strlen(until));

	return p ? (size_t)(p - s->text) + strlen(until) : 0;
}

/* Behind the '>' of a tag; quotes hide one. 0 when the tag does not end. */
static size_t tag_end(const struct scan *s, size_t at)
{
	char quote = 0;

	for (; at < s->len; at++) {
		char c = s->text[at];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return at + 1;
	}
	return 0;
}

static bool open_tag(struct scan *s, size_t at, size_t end)
{
	struct span *span;

	if (s->found == s->count || s->depth == ARRAY_SIZE(s->stack))
		return false;
	span = &s->spans[s->found];
	*span = (struct span){.open = at, .inside = end, .close = end, .end = end};
	if (s->text[end - 2] != '/')
		s->stack[s->depth++] = s->found;
	s->found++;
	return true;
}

static bool close_tag(struct scan *s, size_t at, size_t end)
{
	struct span *span;

	if (!s->depth)
		return false;
	span = &s->spans[s->stack[--s->depth]];
	span->close = at;
	span->end = end;
	return true;
}

static size_t scan_markup(struct scan *s, size_t at)
{
	const char *p = s->text + at;
	size_t left = s->len - at, end;

	if (left >= 4 && !memcmp(p, "<!--", 4))
		return behind(s, at + 4, "-->");
	if (left >= 9 && !memcmp(p, "<![CDATA[", 9))
		return behind(s, at + 9, "]]>");
	if (left >= 2 && p[1] == '?')
		return behind(s, at + 2, "?>");
	end = tag_end(s, at + 1);
	if (!end || left < 3)
		return 0;
	if (!(p[1] == '/' ? close_tag(s, at, end) : open_tag(s, at, end)))
		return 0;
	return end;
}

/* False when the bytes do not hold the elements that libxml2 saw. */
static bool scan_all(struct scan *s)
{
	size_t at = 0;

	while (at < s->len) {
		const char *p = memchr(s->text + at, '<', s->len - at);

		if (!p)
			break;
		at = scan_markup(s, (size_t)(p - s->text));
		if (!at)
			return false;
	}
	return s->found == s->count && !s->depth;
}

/* ---- splices ---- */

struct splice {
	size_t at, drop, order;
	struct strbuf text;
};

static bool is_empty_tag(const struct scan *s, const struct span *p)
{
	return p->inside == p->end && s->text[p->inside - 2] == '/';
}

static size_t name_end(const struct scan *s, const struct span *p)
{
	return p->open + 1 + strcspn(s->text + p->open + 1, " \t\r\n/>");
}

/* "<a/>" becomes "<a>content</a>". */
static void fill_empty(const struct scan *s, const struct span *p, struct splice *out)
{
	size_t name = p->open + 1;

	out->at = p->inside - 2;
	out->drop = 2;
	strbuf_add(&out->text, "</");
	strbuf_addn(&out->text, s->text + name, name_end(s, p) - name);
	strbuf_add(&out->text, ">");
}

/* The value of the attribute with this local name: its place, without the quotes. */
static bool find_attr(const struct scan *s, const struct span *p, const char *local, size_t *at,
		      size_t *len)
{
	size_t i = name_end(s, p), end = p->inside - 1, start, name, n, value;

	for (;;) {
		i += strspn(s->text + i, " \t\r\n");
		if (i >= end || s->text[i] == '/')
			return false;
		start = name = i;
		n = strcspn(s->text + i, " \t\r\n=");
		for (size_t k = 0; k < n; k++)
			if (s->text[start + k] == ':')
				name = start + k + 1;
		n = start + n - name;
		i = name + n;
		i += strcspn(s->text + i, "\"'");
		if (i >= end)
			return false;
		value = i + 1;
		i = value + strcspn(s->text + value, (char[]){s->text[i], '\0'});
		if (i >= end)
			return false;
		if (n == strlen(local) && !memcmp(s->text + name, local, n) &&
		    strncmp(s->text + start, "xmlns", 5) != 0) {
			*at = value;
			*len = i - value;
			return true;
		}
		i++;
	}
}

static void splice_attr(const struct scan *s, const struct span *p, const struct xml_change *c,
			struct splice *out)
{
	const char *colon = strchr(c->name, ':');

	if (find_attr(s, p, colon ? colon + 1 : c->name, &out->at, &out->drop)) {
		xml_escape(&out->text, c->text, true);
		return;
	}
	out->at = p->inside - (is_empty_tag(s, p) ? 2 : 1);
	strbuf_printf(&out->text, " %s=\"", c->name);
	xml_escape(&out->text, c->text, true);
	strbuf_addc(&out->text, '"');
}

/* From the white space before the name to the closing quote. */
static void splice_no_attr(const struct scan *s, const struct span *p, const struct xml_change *c,
			   struct splice *out)
{
	static const char space[] = " \t\r\n";
	size_t value, len, at;

	if (!find_attr(s, p, c->name, &value, &len)) {
		out->at = p->inside;
		return;
	}
	at = value - 1;
	while (strchr(space, s->text[at - 1]))
		at--;
	at--; /* the equals sign */
	while (strchr(space, s->text[at - 1]))
		at--;
	while (!strchr(space, s->text[at - 1]))
		at--;
	while (strchr(space, s->text[at - 1]))
		at--;
	out->at = at;
	out->drop = value + len + 1 - at;
}

static void splice_inside(const struct scan *s, const struct span *p, const char *content,
			  size_t at, size_t drop, struct splice *out)
{
	struct strbuf close = {0};

	out->at = at;
	out->drop = drop;
	if (!is_empty_tag(s, p)) {
		strbuf_add(&out->text, content);
		return;
	}
	fill_empty(s, p, out);
	strbuf_addn(&close, strbuf_str(&out->text), out->text.len);
	out->text.len = 0;
	strbuf_printf(&out->text, ">%s%s", content, strbuf_str(&close));
	strbuf_fini(&close);
}

static void splice_insert(const struct scan *s, const struct span *p, const struct xml_change *c,
			  struct splice *out)
{
	switch (c->where) {
	case XML_BEFORE:
		out->at = p->open;
		strbuf_add(&out->text, c->text);
		break;
	case XML_AFTER:
		out->at = p->end;
		strbuf_add(&out->text, c->text);
		break;
	case XML_FIRST_INSIDE:
		splice_inside(s, p, c->text, p->inside, 0, out);
		break;
	case XML_LAST_INSIDE:
		splice_inside(s, p, c->text, p->close, 0, out);
		break;
	}
}

static void make_splice(const struct scan *s, const struct xml_change *c, struct splice *out)
{
	const struct span *p = &s->spans[c->index];
	struct strbuf escaped = {0};

	switch (c->kind) {
	case SET_ATTR:
		splice_attr(s, p, c, out);
		break;
	case REMOVE_ATTR:
		splice_no_attr(s, p, c, out);
		break;
	case SET_TEXT:
		xml_escape(&escaped, c->text, false);
		splice_inside(s, p, strbuf_str(&escaped), p->inside, p->close - p->inside, out);
		strbuf_fini(&escaped);
		break;
	case REMOVE:
		out->at = p->open;
		out->drop = p->end - p->open;
		break;
	case INSERT:
		splice_insert(s, p, c, out);
		break;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct splice *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void join(const struct scan *s, const struct splice *list, size_t n, struct strbuf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (list[i].at < at)
			continue; /* inside something that was dropped */
		strbuf_addn(out, s->text + at, list[i].at - at);
		strbuf_addn(out, strbuf_str(&list[i].text), list[i].text.len);
		at = list[i].at + list[i].drop;
	}
	strbuf_addn(out, s->text + at, s->len - at);
}

int xml_edit(const struct xml_doc *doc, const struct xml_edits *x, const char *name,
	     struct strbuf *out, struct err *e)
{
	struct scan s = {.text = doc->source, .len = doc->len, .count = doc->count};
	SCOPED(free_at) struct splice *list = xcalloc(x->count, sizeof *list);

	s.spans = xcalloc(doc->count, sizeof *s.spans);
	if (!scan_all(&s)) {
		free(s.spans);
		return err_set(e, EINVAL, "%s: its elements cannot be found in its text", name);
	}
	for (size_t i = 0; i < x->count; i++) {
		list[i].order = i;
		make_splice(&s, &x->changes[i], &list[i]);
	}
	qsort(list, x->count, sizeof *list, by_place);
	join(&s, list, x->count, out);
	for (size_t i = 0; i < x->count; i++)
		strbuf_fini(&list[i].text);
	free(s.spans);
	return 0;
}
