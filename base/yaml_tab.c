/* Tabs outside of quotes, blocks and comments. */
#include "base/yaml.h"

#include <yaml.h>

/* A place in the text that moves as libyaml's marks count: by characters, not by bytes. */
struct cursor {
	const char *p, *end;
	size_t index;
	unsigned line, column; /* from 1 */
};

static void step(struct cursor *c)
{
	bool line_ends =
		*c->p == '\n' || (*c->p == '\r' && (c->p + 1 == c->end || c->p[1] != '\n'));

	do
		c->p++;
	while (c->p < c->end && ((unsigned char)*c->p & 0xc0) == 0x80);
	c->index++;
	c->column++;
	if (line_ends) {
		c->line++;
		c->column = 1;
	}
}

/* Up to the character with that index; true where a tab is found before it. */
static bool find(struct cursor *c, size_t index, bool comments)
{
	bool comment = false;

	while (c->p < c->end && c->index < index) {
		if (*c->p == '\t' && !comment)
			return true;
		if (*c->p == '#')
			comment = comments;
		else if (*c->p == '\n' || *c->p == '\r')
			comment = false;
		step(c);
	}
	return false;
}

static void skip(struct cursor *c, size_t index)
{
	while (c->p < c->end && c->index < index)
		step(c);
}

/* True where a tab stands before this token or, if it is plain, in it. */
static bool found_at(struct cursor *c, const yaml_token_t *t)
{
	if (find(c, t->start_mark.index, true))
		return true;
	if (t->type == YAML_SCALAR_TOKEN && t->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return find(c, t->end_mark.index, false);
	skip(c, t->end_mark.index);
	return false;
}

bool yaml_find_tab(const char *text, size_t len, unsigned *line, unsigned *column)
{
	struct cursor c = {.p = text, .end = text + len, .line = 1, .column = 1};
	bool found = false, ended = false;
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return false;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (!found && !ended) {
		yaml_token_t t;

		if (!yaml_parser_scan(&parser, &t))
			break;
		found = found_at(&c, &t);
		ended = t.type == YAML_STREAM_END_TOKEN;
		yaml_token_delete(&t);
	}
	yaml_parser_delete(&parser);
	*line = c.line;
	*column = c.column;
	return found;
}
