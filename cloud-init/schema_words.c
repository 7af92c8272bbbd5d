/* Sentences about values that do not fit. */
#include "cloud-init/schema_words.h"

#include "base/scope.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { STEPS_MAX = 80, WORDS_MAX = 24 };

static const char *path_of(struct arena *a, const struct step *at)
{
	const struct step *steps[STEPS_MAX];
	struct strbuf b = {0};
	size_t n = 0;
	char *path;

	for (; at && n < STEPS_MAX; at = at->up)
		steps[n++] = at;
	while (n--) {
		if (steps[n]->key)
			strbuf_printf(&b, "%s%.60s", b.len ? "." : "", steps[n]->key);
		else
			strbuf_printf(&b, "[%zu]", steps[n]->index);
	}
	path = arena_dup(a, strbuf_str(&b));
	strbuf_fini(&b);
	return path;
}

void finding_at(struct findings *f, bool warning, const struct step *at, const struct yaml_node *n,
		const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(f->a, fmt, ap);
	va_end(ap);
	if (at)
		finding_add(f, warning, n, "%s: %s", path_of(f->a, at), text);
	else
		finding_add(f, warning, n, "%s", text);
}

static const struct {
	enum schema_type type;
	const char *word;
} type_words[] = {
	{SCHEMA_NULL, "empty"},
	{SCHEMA_BOOLEAN, "true or false"},
	{SCHEMA_INTEGER, "a whole number"},
	{SCHEMA_NUMBER, "a number"},
	{SCHEMA_STRING, "text"},
	{SCHEMA_ARRAY, "a list"},
	{SCHEMA_OBJECT, "a map"},
	{SCHEMA_DATE, "a date"},
};

const char *words_of_type(struct arena *a, const struct yaml_node *n, uint8_t types)
{
	enum schema_type is = schema_type_of(n);
	const char *is_word = "something else";
	struct strbuf b = {0};
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(type_words); i++) {
		if (type_words[i].type == is)
			is_word = type_words[i].word;
		if (types & type_words[i].type)
			strbuf_printf(&b, "%s%s", b.len ? " or " : "", type_words[i].word);
	}
	if (is == SCHEMA_INTEGER && strchr(n->text, ':'))
		is_word = "a number to the base 60";
	if (types & SCHEMA_STRING && n->kind == YAML_TEXT && is != SCHEMA_NULL)
		text = arena_printf(a, "must be %s, but is read as %s: put it in quotes",
				    strbuf_str(&b), is_word);
	else
		text = arena_printf(a, "must be %s, not %s", strbuf_str(&b), is_word);
	strbuf_fini(&b);
	return text;
}

const char *words_of_values(struct arena *a, const struct yaml_node *n,
			    const struct schema_value *values, size_t count)
{
	const char *words[WORDS_MAX], *near = NULL;
	struct strbuf b = {0};
	size_t shown = 0;
	char *text;

	strbuf_add(&b, "must be one of: ");
	for (size_t i = 0; i < count && shown < WORDS_MAX; i++) {
		words[shown] = values[i].text;
		strbuf_printf(&b, "%s%s", shown++ ? ", " : "", values[i].text);
	}
	if (count > shown)
		strbuf_add(&b, ", ...");
	if (n->kind == YAML_TEXT)
		near = str_nearest(n->text, words, shown);
	if (near)
		strbuf_printf(&b, "; did you mean '%s'?", near);
	text = arena_dup(a, strbuf_str(&b));
	strbuf_fini(&b);
	return text;
}
