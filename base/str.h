/* Text: a growable buffer, and the few questions the rest of the program asks of strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *text; /* NUL-terminated once anything was added; NULL before */
	size_t len, room;
};

void strbuf_fini(struct strbuf *b);
void strbuf_add(struct strbuf *b, const char *s);
void strbuf_addn(struct strbuf *b, const void *p, size_t n);
/* n bytes more, all zero, for the caller to write to; those of an empty one are not touched. */
char *strbuf_zeros(struct strbuf *b, size_t n);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text from outside, for people: control characters, escape sequences, marks that turn the writing direction and
 * broken UTF-8 become '?', white space of any length one space. At most `most` characters, then "..."; 0: all. */
void strbuf_add_plain(struct strbuf *b, const char *s, size_t most);
/* The same for text of many lines, which keeps its white space, and with `colour` the colours that were put into it. */
void strbuf_add_lines(struct strbuf *b, const char *s, bool colour);
/* Never NULL. */
const char *strbuf_str(const struct strbuf *b);

/* The length of the UTF-8 sequence at s and its character, or 0 when it is none (overlong forms and surrogates are
 * none). s is NUL-terminated. */
size_t utf8_next(const unsigned char *s, uint32_t *out);

bool str_eq(const char *a, const char *b); /* NULL is equal to NULL only */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_has_word(const char *text, const char *word); /* words are separated by white space */
/* Cuts white space at both ends, in place; returns where the text begins. */
char *str_trim(char *s);

/* The next white-space separated word at *at, or false. Moves *at behind it. */
bool str_word(const char **at, const char **word, size_t *len);
/* The next line at *at without its newline, or false. Moves *at behind it. */
bool str_line(const char **at, const char **line, size_t *len);

/* Whole-string numbers: white space at the ends allowed, nothing else. base as for strtoull. */
bool num_parse(const char *s, int base, uint64_t *out);
bool num_parse_signed(const char *s, int base, int64_t *out);
/* "64M", "1GiB", "4096": binary multiples of bytes. */
bool size_parse(const char *s, uint64_t *out);

/* How far apart two words are (insertions, deletions, exchanges), for "did you mean". */
unsigned str_distance(const char *a, const char *b);
/* The closest of n words, or NULL when none is near enough to be meant. */
const char *str_nearest(const char *word, const char *const *words, size_t n);
