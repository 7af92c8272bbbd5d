/* Growable text and small string questions. */
#include "base/str.h"

#include "base/arena.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void strbuf_fini(struct strbuf *b)
{
	free(b->text);
	*b = (struct strbuf){0};
}

static void strbuf_reserve(struct strbuf *b, size_t more)
{
	size_t want = b->len + more + 1;

	if (want <= b->room)
		return;
	b->room = want > b->room * 2 ? want : b->room * 2;
	b->text = xrealloc(b->text, b->room);
}

void strbuf_addn(struct strbuf *b, const void *p, size_t n)
{
	strbuf_reserve(b, n);
	if (n)
		memcpy(b->text + b->len, p, n);
	b->len += n;
	b->text[b->len] = '\0';
}

char *strbuf_zeros(struct strbuf *b, size_t n)
{
	if (!b->text) {
		b->text = xcalloc(n + 1, 1);
		b->room = n + 1;
	} else {
		strbuf_reserve(b, n);
		memset(b->text + b->len, 0, n + 1);
	}
	b->len += n;
	return b->text + b->len - n;
}

void strbuf_add(struct strbuf *b, const char *s)
{
	strbuf_addn(b, s, strlen(s));
}

void strbuf_addc(struct strbuf *b, char c)
{
	strbuf_addn(b, &c, 1);
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		strbuf_reserve(b, (size_t)n);
		vsnprintf(b->text + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

size_t utf8_next(const unsigned char *s, uint32_t *out)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t n = 0; n < sizeof forms / sizeof forms[0]; n++) {
		uint32_t c = s[0] & (unsigned char)~forms[n].mask;

		if ((s[0] & forms[n].mask) != forms[n].lead)
			continue;
		for (size_t i = 1; i <= n; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[i] & 0x3f);
		}
		*out = c;
		return c < forms[n].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0
											  : n + 1;
	}
	return 0;
}

static bool is_printable(uint32_t c)
{
	static const uint32_t bad[][2] = {
		{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
		{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0xfeff, 0xfeff},
		{0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (c >= bad[i][0] && c <= bad[i][1])
			return false;
	return true;
}

void strbuf_add_plain(struct strbuf *b, const char *s, size_t most)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t shown = 0;
	uint32_t c = 0;

	while (*p) {
		size_t space = strspn((const char *)p, " \t\r\n"),
		       n = space ? space : utf8_next(p, &c);

		if (most && shown == most) {
			strbuf_add(b, "...");
			return;
		}
		shown++;
		if (space)
			strbuf_addc(b, ' ');
		else if (n && is_printable(c))
			strbuf_addn(b, p, n);
		else
			strbuf_addc(b, '?');
		p += n ? n : 1;
	}
}

/* "\033[1;31m" and its like: its length, or 0. */
static size_t colour_code(const char *s)
{
	size_t n = s[0] == '\033' && s[1] == '[' ? 2 + strspn(s + 2, "0123456789;") : 0;

	return n && s[n] == 'm' ? n + 1 : 0;
}

void strbuf_add_lines(struct strbuf *b, const char *s, bool colour)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c = 0;

	while (*p) {
		size_t kept = strspn((const char *)p, " \t\n"), n;

		if (!kept && colour)
			kept = colour_code((const char *)p);
		n = kept ? kept : utf8_next(p, &c);
		if (kept || (n && is_printable(c)))
			strbuf_addn(b, p, n);
		else
			strbuf_addc(b, '?');
		p += n ? n : 1;
	}
}

const char *strbuf_str(const struct strbuf *b)
{
	return b->text ? b->text : "";
}

bool str_eq(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

bool str_word(const char **at, const char **word, size_t *len)
{
	const char *p = *at;

	while (isspace((unsigned char)*p))
		p++;
	*word = p;
	while (*p && !isspace((unsigned char)*p))
		p++;
	*len = (size_t)(p - *word);
	*at = p;
	return *len > 0;
}

bool str_line(const char **at, const char **line, size_t *len)
{
	const char *p = *at, *end;

	if (!*p)
		return false;
	end = strchrnul(p, '\n');
	*line = p;
	*len = (size_t)(end - p);
	*at = *end ? end + 1 : end;
	return true;
}

bool str_has_word(const char *text, const char *word)
{
	const char *w;
	size_t n, want = strlen(word);

	while (str_word(&text, &w, &n))
		if (n == want && memcmp(w, word, n) == 0)
			return true;
	return false;
}

char *str_trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

static bool only_space(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return !*s;
}

bool num_parse(const char *s, int base, uint64_t *out)
{
	char *end;
	unsigned long long v;

	while (isspace((unsigned char)*s))
		s++;
	if (!isalnum((unsigned char)*s))
		return false;
	errno = 0;
	v = strtoull(s, &end, base);
	if (errno || end == s || !only_space(end))
		return false;
	*out = v;
	return true;
}

bool num_parse_signed(const char *s, int base, int64_t *out)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(s, &end, base);
	if (errno || end == s || !only_space(end))
		return false;
	*out = v;
	return true;
}

bool size_parse(const char *s, uint64_t *out)
{
	static const char units[] = "KMGTPE";
	char digits[24];
	size_t n = strspn(s, "0123456789");
	const char *unit;
	uint64_t v, scale = 1;

	if (!n || n >= sizeof digits)
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	if (!num_parse(digits, 10, &v))
		return false;
	s += n;
	unit = *s ? strchr(units, toupper((unsigned char)*s)) : NULL;
	if (unit) {
		scale = 1ull << (10 * (unit - units + 1));
		s++;
	}
	if (*s == 'i' && unit)
		s++;
	if ((*s == 'B' || *s == 'b'))
		s++;
	if (*s || __builtin_mul_overflow(v, scale, &v))
		return false;
	*out = v;
	return true;
}

enum { LONGEST_WORD = 64 };

unsigned str_distance(const char *a, const char *b)
{
	unsigned row[LONGEST_WORD];
	size_t n = strlen(a), m = strlen(b);

	if (n >= LONGEST_WORD || m >= LONGEST_WORD)
		return LONGEST_WORD;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}

const char *str_nearest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	unsigned least = (unsigned)strlen(word) / 3 + 2;

	for (size_t i = 0; i < n; i++) {
		unsigned d = str_distance(word, words[i]);

		if (d < least) {
			least = d;
			best = words[i];
		}
	}
	return best;
}
