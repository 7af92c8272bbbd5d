/* What the scrubbers share: which word was replaced by what, and the walk over a text. Private to base/scrub_*.c. */
#pragma once

#include "base/scrub_words.h"

enum scrub_kind { MAC, UUID, HEX, SERIAL, HOST, ADDRESS, USER };

enum { SCRUB_WORD_MAX = 512 };

struct alias {
	enum scrub_kind kind;
	const char *from, *to;
	struct alias *next;
};

/* Writes the nth replacement of its kind, for the word `from`. */
typedef void scrub_make(const char *from, unsigned n, char to[SCRUB_WORD_MAX]);

struct scrub_finder {
	/* Length of the word at p, 0 for none. before is the character in front, or 0. */
	size_t (*find)(const char *p, const char *end, char before);
	/* Appends what stands in for the n bytes at p. */
	void (*replace)(struct scrub_words *w, const char *p, size_t n, struct strbuf *out);
};

/* The replacement of a word: the one it had, or a new one. from is shorter than SCRUB_WORD_MAX. */
const char *scrub_alias(struct scrub_words *w, enum scrub_kind kind, const char *from,
			scrub_make *make);
/* Replaces every word that f finds. */
void scrub_rewrite(struct scrub_words *w, struct strbuf *text, const struct scrub_finder *f);
/* Replaces everything but the first `keep` bytes and the white space at the end. */
void scrub_whole(struct scrub_words *w, struct strbuf *text, enum scrub_kind kind, scrub_make *make,
		 size_t keep);

bool scrub_is_word(char c); /* letter, digit or _ */
/* Capitals or not. */
bool scrub_is_one_of(const char *word, const char *const *list, size_t n);
