/* Reading "ALGORITHM(name)= hex" in the spellings of VMware, VirtualBox, OpenSSL and coreutils' --tag. */
#include "templates/manifest.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 4 << 20, ENTRIES_MAX = 20000, SIGNATURE_MAX = 4096 };

/* SHA256, sha-256, SHA2-256 (OpenSSL 3): letters and digits count. */
static bool kind_parse(const char *word, size_t n, enum digest_kind *out)
{
	char plain[16];
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		if (word[i] != '-' && len < sizeof plain - 1)
			plain[len++] = (char)toupper((unsigned char)word[i]);
	plain[len] = '\0';
	if (str_starts(plain, "SHA2") && strlen(plain) == 7)
		memmove(plain + 3, plain + 4, strlen(plain + 4) + 1);
	for (int k = 0; k < DIGEST_KINDS; k++) {
		if (str_eq(plain, digest_kind_name((enum digest_kind)k))) {
			*out = (enum digest_kind)k;
			return true;
		}
	}
	return false;
}

struct line {
	enum digest_kind kind;
	const char *name, *hex;
	size_t name_len, hex_len;
};

static int bad(struct err *e, const char *name, unsigned number, const char *what)
{
	return err_set(e, EINVAL, "%s:%u: %s", name, number, what);
}

/* The name may hold parentheses: it ends at the last ')' that is followed by '='. */
static const char *close_of(const char *open, const char *end)
{
	for (const char *p = end; p > open; p--) {
		const char *q = p + 1;

		if (*p != ')')
			continue;
		while (q < end && (*q == ' ' || *q == '\t'))
			q++;
		if (q < end && *q == '=')
			return p;
	}
	return NULL;
}

static const char *line_parse(const char *text, size_t len, struct line *out)
{
	const char *end = text + len, *open, *close, *p;

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	while (text < end && isspace((unsigned char)*text))
		text++;
	p = text;
	open = memchr(text, '(', (size_t)(end - text));
	close = open ? close_of(open, end - 1) : NULL;
	if (!close)
		return "not a line of the form \"SHA256(name)= digest\"";
	while (p < open && !isspace((unsigned char)*p))
		p++;
	if (!kind_parse(text, (size_t)(p - text), &out->kind))
		return "an algorithm that is not accepted (SHA1, SHA256, SHA384 and SHA512 are)";
	while (p < open && isspace((unsigned char)*p))
		p++;
	if (p != open)
		return "not a line of the form \"SHA256(name)= digest\"";
	out->name = open + 1;
	if (close - out->name > 2 && !memcmp(out->name, "./", 2))
		out->name += 2;
	out->name_len = (size_t)(close - out->name);
	p = memchr(close, '=', (size_t)(end - close));
	for (p++; p < end && isspace((unsigned char)*p);)
		p++;
	out->hex = p;
	out->hex_len = (size_t)(end - p);
	return NULL;
}

static bool hex_parse(const char *hex, size_t len, uint8_t *out)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return len % 2 == 0;
}

static const char *name_problem(const struct line *l)
{
	const char *n = l->name;
	size_t len = l->name_len;

	if (!len || len > 1024)
		return "an empty or endless file name";
	if (*n == '/' || memchr(n, '\\', len) || memmem(n, len, "../", 3) ||
	    (len >= 2 && !memcmp(n + len - 2, "..", 2)))
		return "a file name that leaves the package";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)n[i] < ' ')
			return "a control character in a file name";
	return NULL;
}

static const char *add_entry(struct arena *a, struct manifest *m, size_t *room,
			     const struct line *l, unsigned number)
{
	struct manifest_entry *entry;
	const char *problem = name_problem(l), *name;

	if (problem)
		return problem;
	if (l->hex_len != 2 * digest_kind_size(l->kind))
		return "a digest of the wrong length for its algorithm";
	if (m->count == ENTRIES_MAX)
		return "more than 20,000 files";
	name = arena_dupn(a, l->name, l->name_len);
	if (manifest_find(m, name))
		return "a file that is listed twice";
	ARENA_GROW(a, m->entries, m->count, *room);
	entry = &m->entries[m->count];
	*entry = (struct manifest_entry){.kind = l->kind, .name = name, .line = number};
	if (!hex_parse(l->hex, l->hex_len, entry->digest))
		return "a digest that is not hexadecimal";
	m->count++;
	return NULL;
}

static bool blank(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isspace((unsigned char)line[i]))
			return false;
	return true;
}

int manifest_parse(struct arena *a, const char *text, size_t len, const char *name,
		   struct manifest *out, struct err *e)
{
	struct manifest m = {0};
	const char *at = text, *line;
	size_t n, room = 0;
	unsigned number = 0;

	if (len > TEXT_MAX)
		return err_set(e, EFBIG, "%s: larger than 4 MiB", name);
	if (memchr(text, '\0', len))
		return err_set(e, EINVAL, "%s: a NUL byte; not a manifest", name);
	if (str_starts(at, "\xef\xbb\xbf"))
		at += 3;
	while (str_line(&at, &line, &n)) {
		struct line l;
		const char *problem;

		number++;
		if (blank(line, n))
			continue;
		problem = line_parse(line, n, &l);
		if (!problem)
			problem = add_entry(a, &m, &room, &l, number);
		if (problem)
			return bad(e, name, number, problem);
	}
	if (!m.count)
		return err_set(e, EINVAL, "%s: the manifest lists no file", name);
	*out = m;
	return 0;
}

const struct manifest_entry *manifest_find(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (str_eq(m->entries[i].name, name))
			return &m->entries[i];
	return NULL;
}

int signature_parse(struct arena *a, const char *text, size_t len, const char *name,
		    struct signature_line *out, struct err *e)
{
	const char *at = text, *line, *problem;
	struct line l;
	size_t n = 0;

	if (len > TEXT_MAX || memchr(text, '\0', len))
		return err_set(e, EINVAL, "%s: not a certificate file", name);
	if (!str_line(&at, &line, &n))
		return err_set(e, EINVAL, "%s: the certificate file is empty", name);
	problem = line_parse(line, n, &l);
	if (!problem)
		problem = name_problem(&l);
	if (!problem && (l.hex_len < 64 || l.hex_len > 2 * SIGNATURE_MAX))
		problem = "a signature of an impossible length";
	if (problem)
		return bad(e, name, 1, problem);
	*out = (struct signature_line){
		.kind = l.kind,
		.name = arena_dupn(a, l.name, l.name_len),
		.bytes = arena_alloc(a, l.hex_len / 2),
		.size = l.hex_len / 2,
		.pem = at,
	};
	if (!hex_parse(l.hex, l.hex_len, out->bytes))
		return bad(e, name, 1, "a signature that is not hexadecimal");
	return 0;
}
