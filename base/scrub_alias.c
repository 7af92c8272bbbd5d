/* The memory of what was replaced by what, and the walk over a text that all scrubbers share. */
#include "base/scrub_alias.h"

#include "base/scope.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

const char *scrub_alias(struct scrub_words *w, enum scrub_kind kind, const char *from,
			scrub_make *make)
{
	char to[SCRUB_WORD_MAX];
	struct alias *a;

	for (a = w->aliases; a; a = a->next)
		if (a->kind == kind && str_eq(a->from, from))
			return a->to;
	make(from, ++w->counts[kind], to);
	a = arena_alloc(&w->arena, sizeof *a);
	*a = (struct alias){kind, arena_dup(&w->arena, from), arena_dup(&w->arena, to), w->aliases};
	w->aliases = a;
	return a->to;
}

void scrub_rewrite(struct scrub_words *w, struct strbuf *text, const struct scrub_finder *f)
{
	struct strbuf out = {0};
	const char *end;
	char before = 0;

	if (!text->len)
		return;
	end = text->text + text->len;
	for (const char *p = text->text; p < end;) {
		size_t n = f->find(p, end, before);

		if (n)
			f->replace(w, p, n, &out);
		else
			strbuf_addc(&out, *p);
		p += n ? n : 1;
		before = p[-1];
	}
	strbuf_fini(text);
	*text = out;
}

bool scrub_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool scrub_is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(word, list[i]))
			return true;
	return false;
}

void scrub_whole(struct scrub_words *w, struct strbuf *text, enum scrub_kind kind, scrub_make *make,
		 size_t keep)
{
	struct strbuf out = {0};
	size_t n = text->len;

	while (n && isspace((unsigned char)text->text[n - 1]))
		n--;
	if (n <= keep || n - keep >= SCRUB_WORD_MAX || memchr(text->text, '\0', n))
		return;
	SCOPED(free_at) char *word = strndup(text->text + keep, n - keep);

	strbuf_addn(&out, text->text, keep);
	strbuf_add(&out, scrub_alias(w, kind, word, make));
	strbuf_addn(&out, text->text + n, text->len - n);
	strbuf_fini(text);
	*text = out;
}
