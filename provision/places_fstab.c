/* The table of filesystems. */
#include "provision/places_edit.h"

#include <string.h>

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* \040 is a space, as getmntent undoes it; a NUL is not one. */
static char *unescaped(struct arena *a, const char *s, size_t n)
{
	char *out = arena_alloc(a, n + 1);
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		int v = 0;

		if (s[i] == '\\' && n - i > 3 && is_octal(s[i + 1]) && is_octal(s[i + 2]) &&
		    is_octal(s[i + 3]))
			v = (s[i + 1] - '0') * 64 + (s[i + 2] - '0') * 8 + (s[i + 3] - '0');
		if (v > 0 && v < 256) {
			out[k++] = (char)v;
			i += 3;
		} else {
			out[k++] = s[i];
		}
	}
	return out;
}

static bool parse_line(struct arena *a, const char *line, size_t n, struct fstab_entry *out)
{
	const char *fields[4] = {"", "", "", ""};
	size_t count = 0, i = 0;

	while (count < 4) {
		size_t start;

		while (i < n && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r'))
			i++;
		if (i == n || (count == 0 && line[i] == '#'))
			break;
		for (start = i; i < n && line[i] != ' ' && line[i] != '\t' && line[i] != '\r';)
			i++;
		fields[count++] = unescaped(a, line + start, i - start);
	}
	*out = (struct fstab_entry){fields[0], fields[1], fields[2], fields[3]};
	return count >= 2;
}

void fstab_parse(struct arena *a, const char *text, size_t len, struct fstab_entry **out, size_t *n)
{
	size_t at = 0, room = 0;

	*out = NULL;
	*n = 0;
	while (at < len && *n < FSTAB_MAX) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t k = end ? (size_t)(end - text) - at : len - at;

		ARENA_GROW(a, *out, *n, room);
		if (parse_line(a, text + at, k, &(*out)[*n]))
			(*n)++;
		at += k + 1;
	}
}
