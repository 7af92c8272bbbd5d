/* A parser for LVM2's metadata text: words, strings, braces and brackets; depth and size are bounded. */
#include "provision/lvm_text.h"

#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

struct reader {
	struct arena *a;
	const char *at, *end;
	size_t nodes, line;
};

static void skip_space(struct reader *r)
{
	while (r->at < r->end) {
		if (*r->at == '#') {
			while (r->at < r->end && *r->at != '\n')
				r->at++;
		} else if (isspace((unsigned char)*r->at)) {
			r->line += *r->at == '\n';
			r->at++;
		} else {
			return;
		}
	}
}

static char peek(struct reader *r)
{
	skip_space(r);
	return r->at < r->end ? *r->at : '\0';
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-+./:@", c));
}

static const char *read_word(struct reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && word_char(*r->at))
		r->at++;
	return r->at > from ? arena_dupn(r->a, from, (size_t)(r->at - from)) : NULL;
}

static const char *read_string(struct reader *r)
{
	const char *from = ++r->at;
	size_t n = 0;
	char *out;

	while (r->at < r->end && *r->at != '"')
		r->at += *r->at == '\\' && r->at + 1 < r->end ? 2 : 1;
	if (r->at >= r->end)
		return NULL;
	out = arena_dupn(r->a, from, (size_t)(r->at - from));
	for (const char *p = out; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		out[n++] = *p;
	}
	out[n] = '\0';
	r->at++;
	return out;
}

static const char *read_value(struct reader *r)
{
	return peek(r) == '"' ? read_string(r) : read_word(r);
}

static struct lvm_node *new_node(struct reader *r, struct lvm_node ***tail, const char *key)
{
	struct lvm_node *n = arena_alloc(r->a, sizeof *n);

	n->key = key;
	**tail = n;
	*tail = &n->next;
	r->nodes++;
	return n;
}

static bool read_list(struct reader *r, struct lvm_node *list)
{
	struct lvm_node **tail = &list->child;

	r->at++;
	while (peek(r) != ']') {
		const char *text = read_value(r);

		if (!text || r->nodes > LVM_NODES_MAX)
			return false;
		new_node(r, &tail, NULL)->text = text;
		if (peek(r) == ',')
			r->at++;
	}
	r->at++;
	return true;
}

/* One "key = value" or "key {"; tails holds the end of each open section. */
static bool read_item(struct reader *r, struct lvm_node ***tails, size_t *depth)
{
	const char *key = read_value(r);
	struct lvm_node *n;
	char c = peek(r);

	if (!key || !*key || r->nodes > LVM_NODES_MAX)
		return false;
	n = new_node(r, &tails[*depth], key);
	if (c != '{' && c != '=')
		return false;
	r->at++;
	if (c == '{') {
		if (++*depth >= LVM_DEPTH)
			return false;
		tails[*depth] = &n->child;
		return true;
	}
	if (peek(r) == '[')
		return read_list(r, n);
	n->text = read_value(r);
	return n->text != NULL;
}

int lvm_text_parse(struct arena *a, const char *text, size_t n, const struct lvm_node **out,
		   struct err *e)
{
	struct reader r = {.a = a, .at = text, .end = text + n, .line = 1};
	struct lvm_node *root = arena_alloc(a, sizeof *root);
	struct lvm_node **tails[LVM_DEPTH] = {&root->child};
	size_t depth = 0;

	for (;;) {
		char c = peek(&r);

		if (c == '\0' && depth == 0)
			break;
		if (c == '}' && depth > 0) {
			r.at++;
			depth--;
		} else if (c == '\0' || !read_item(&r, tails, &depth)) {
			return err_set(e, EUCLEAN, "LVM metadata: line %zu cannot be read", r.line);
		}
	}
	*out = root;
	return 0;
}

const struct lvm_node *lvm_child(const struct lvm_node *n, const char *key)
{
	for (n = n ? n->child : NULL; n; n = n->next)
		if (str_eq(n->key, key))
			return n;
	return NULL;
}

const char *lvm_value(const struct lvm_node *n, const char *key)
{
	const struct lvm_node *c = lvm_child(n, key);

	return c && c->text ? c->text : "";
}

bool lvm_number(const struct lvm_node *n, const char *key, uint64_t *out)
{
	return num_parse(lvm_value(n, key), 10, out);
}

bool lvm_list_has(const struct lvm_node *n, const char *key, const char *word)
{
	const struct lvm_node *c = lvm_child(n, key);

	for (c = c ? c->child : NULL; c; c = c->next)
		if (str_eq(c->text, word))
			return true;
	return false;
}
