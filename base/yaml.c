/* libyaml's parser events into a tree, without recursion. */
#include "base/yaml.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <yaml.h>

enum { TEXT_MAX = 8 << 20, DEPTH_MAX = 64, NODES_MAX = 200000, ANCHORS_MAX = 4096 };

struct loader {
	struct arena *a;
	const char *name;
	const char *bytes; /* the document */
	size_t size;
	struct err *e;
	yaml_parser_t parser;
	struct {
		struct yaml_node *node;
		size_t room;
		const char *anchor;
	} open[DEPTH_MAX];
	size_t depth;
	struct {
		const char *name;
		struct yaml_node *node; /* NULL while still being read */
	} * anchors;
	size_t nanchors, anchors_room;
	uint64_t nodes;
	bool duplicates; /* are allowed */
	struct yaml_node *root;
};

int yaml_err(struct err *e, const char *name, const struct yaml_node *at, const char *fmt, ...)
{
	char text[sizeof e->text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(e, EINVAL, "%s:%u:%u: %s", name, at->line, at->column, text);
}

static int at_mark(struct loader *l, yaml_mark_t m, const char *what)
{
	struct yaml_node at = {.line = (unsigned)m.line + 1, .column = (unsigned)m.column + 1};

	return yaml_err(l->e, l->name, &at, "%s", what);
}

static struct yaml_node *new_node(struct loader *l, enum yaml_kind kind, yaml_mark_t mark,
				  const yaml_char_t *tag)
{
	struct yaml_node *n = arena_alloc(l->a, sizeof *n);

	n->kind = kind;
	n->line = (unsigned)mark.line + 1;
	n->column = (unsigned)mark.column + 1;
	n->tag = tag ? arena_dup(l->a, (const char *)tag) : NULL;
	n->weight = 1;
	return n;
}

static void set_anchor(struct loader *l, const char *name, struct yaml_node *node)
{
	for (size_t i = 0; i < l->nanchors; i++) {
		if (str_eq(l->anchors[i].name, name)) {
			l->anchors[i].node = node;
			return;
		}
	}
	ARENA_GROW(l->a, l->anchors, l->nanchors, l->anchors_room);
	l->anchors[l->nanchors].name = name;
	l->anchors[l->nanchors++].node = node;
}

/* Two equal keys in one map: the second would silently win. */
static int refuse_duplicate_key(struct loader *l, const struct yaml_node *map,
				const struct yaml_node *key)
{
	enum { COMPARED = 256 }; /* quadratic: only small maps are compared in full */
	size_t start = map->count > 2 * COMPARED ? map->count - 2 * COMPARED : 0;

	for (size_t i = start; i + 1 < map->count; i += 2)
		if (map->items[i]->kind == YAML_TEXT && key->kind == YAML_TEXT &&
		    str_eq(map->items[i]->text, key->text))
			return yaml_err(l->e, l->name, key,
					"the key '%.40s' is there twice (first in line %u)",
					key->text, map->items[i]->line);
	return 0;
}

/* Puts a finished node into the innermost open list or map. */
static int place(struct loader *l, struct yaml_node *n)
{
	struct yaml_node *in;
	int r;

	l->nodes += n->weight;
	if (l->nodes > NODES_MAX)
		return yaml_err(l->e, l->name, n,
				"more than %d values, aliases counted as often as used", NODES_MAX);
	if (!l->depth) {
		l->root = n;
		return 0;
	}
	in = l->open[l->depth - 1].node;
	if (in->kind == YAML_MAP && in->count % 2 == 0 && !l->duplicates) {
		r = refuse_duplicate_key(l, in, n);
		if (r < 0)
			return r;
	}
	ARENA_GROW(l->a, in->items, in->count, l->open[l->depth - 1].room);
	in->items[in->count++] = n;
	in->weight += n->weight;
	return 0;
}

static int begin(struct loader *l, struct yaml_node *n, const yaml_char_t *anchor)
{
	if (l->depth == DEPTH_MAX)
		return yaml_err(l->e, l->name, n, "nested deeper than %d levels", DEPTH_MAX);
	if (l->nanchors >= ANCHORS_MAX)
		return yaml_err(l->e, l->name, n, "more than %d anchors", ANCHORS_MAX);
	l->open[l->depth].node = n;
	l->open[l->depth].room = 0;
	l->open[l->depth].anchor = anchor ? arena_dup(l->a, (const char *)anchor) : NULL;
	if (anchor)
		set_anchor(l, l->open[l->depth].anchor, NULL);
	l->depth++;
	return 0;
}

static int end(struct loader *l)
{
	struct yaml_node *n = l->open[--l->depth].node;

	if (l->open[l->depth].anchor)
		set_anchor(l, l->open[l->depth].anchor, n);
	return place(l, n);
}

static int scalar(struct loader *l, const yaml_event_t *ev)
{
	struct yaml_node *n = new_node(l, YAML_TEXT, ev->start_mark, ev->data.scalar.tag);

	n->len = ev->data.scalar.length;
	n->text = arena_dupn(l->a, ev->data.scalar.value, n->len);
	n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (memchr(n->text, '\0', n->len))
		return yaml_err(l->e, l->name, n, "a NUL byte in a value");
	if (ev->data.scalar.anchor) {
		if (l->nanchors >= ANCHORS_MAX)
			return yaml_err(l->e, l->name, n, "more than %d anchors", ANCHORS_MAX);
		set_anchor(l, arena_dup(l->a, (const char *)ev->data.scalar.anchor), n);
	}
	return place(l, n);
}

static int alias(struct loader *l, const yaml_event_t *ev)
{
	const char *name = (const char *)ev->data.alias.anchor;

	for (size_t i = 0; i < l->nanchors; i++) {
		if (!str_eq(l->anchors[i].name, name))
			continue;
		if (!l->anchors[i].node)
			return at_mark(l, ev->start_mark,
				       "an alias inside the value that it names");
		return place(l, l->anchors[i].node);
	}
	return at_mark(l, ev->start_mark, "an alias to an anchor that is not there");
}

/* Returns 1 at the end of the first document. */
static int take(struct loader *l, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return scalar(l, ev);
	case YAML_ALIAS_EVENT:
		return alias(l, ev);
	case YAML_SEQUENCE_START_EVENT:
		return begin(l, new_node(l, YAML_LIST, ev->start_mark, ev->data.sequence_start.tag),
			     ev->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return begin(l, new_node(l, YAML_MAP, ev->start_mark, ev->data.mapping_start.tag),
			     ev->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end(l);
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		return 1;
	default:
		return 0;
	}
}

/* What is no text at all has an offset, and no line. */
static int reader_error(struct loader *l)
{
	const char *what = l->parser.problem ? l->parser.problem : "not UTF-8 text";
	struct yaml_node at = {.line = 1, .column = 1};

	for (size_t i = 0; i < l->parser.problem_offset && i < l->size; i++) {
		at.column++;
		if (l->bytes[i] != '\n')
			continue;
		at.line++;
		at.column = 1;
	}
	return yaml_err(l->e, l->name, &at, "%s", what);
}

static int parser_error(struct loader *l)
{
	yaml_parser_t *p = &l->parser;
	struct yaml_node at = {
		.line = (unsigned)p->problem_mark.line + 1,
		.column = (unsigned)p->problem_mark.column + 1,
	};

	if (p->error == YAML_MEMORY_ERROR)
		return err_set(l->e, ENOMEM, "%s: out of memory", l->name);
	if (p->error == YAML_READER_ERROR)
		return reader_error(l);
	return yaml_err(l->e, l->name, &at, "%s%s%s", p->context ? p->context : "",
			p->context ? ": " : "", p->problem ? p->problem : "not YAML");
}

static int load(struct loader *l)
{
	int r = 0;

	while (r == 0) {
		yaml_event_t ev;

		if (!yaml_parser_parse(&l->parser, &ev))
			return parser_error(l);
		r = take(l, &ev);
		yaml_event_delete(&ev);
	}
	return r < 0 ? r : 0;
}

static int parse(struct loader *l, struct yaml_node **out)
{
	int r;

	if (l->size > TEXT_MAX)
		return err_set(l->e, EFBIG, "%s: larger than %d MiB", l->name, TEXT_MAX >> 20);
	if (!yaml_parser_initialize(&l->parser))
		return err_set(l->e, ENOMEM, "%s: out of memory", l->name);
	yaml_parser_set_input_string(&l->parser, (const unsigned char *)l->bytes, l->size);
	r = load(l);
	yaml_parser_delete(&l->parser);
	if (r == 0)
		*out = l->root;
	return r;
}

int yaml_parse(struct arena *a, const char *text, size_t len, const char *name,
	       struct yaml_node **out, struct err *e)
{
	struct loader l = {.a = a, .name = name, .bytes = text, .size = len, .e = e};

	return parse(&l, out);
}

int yaml_parse_duplicates(struct arena *a, const char *text, size_t len, const char *name,
			  struct yaml_node **out, struct err *e)
{
	struct loader l = {
		.a = a, .name = name, .bytes = text, .size = len, .e = e, .duplicates = true};

	return parse(&l, out);
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i + 1 < map->count; i += 2)
		if (map->items[i]->kind == YAML_TEXT && str_eq(map->items[i]->text, key))
			return map->items[i + 1];
	return NULL;
}

bool yaml_is_null(const struct yaml_node *n)
{
	return n->kind == YAML_TEXT && !n->quoted &&
	       (!n->len || str_eq(n->text, "~") || !strcasecmp(n->text, "null"));
}

bool yaml_to_bool(const struct yaml_node *n, bool *out)
{
	static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no",
									       "off"};

	if (n->kind != YAML_TEXT || n->quoted)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		bool is_yes = !strcasecmp(n->text, yes[i]);

		if (is_yes || !strcasecmp(n->text, no[i])) {
			*out = is_yes;
			return true;
		}
	}
	return false;
}

bool yaml_to_int(const struct yaml_node *n, int64_t *out)
{
	return n->kind == YAML_TEXT && !n->quoted && num_parse_signed(n->text, 0, out);
}
