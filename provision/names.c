/* Checking and expanding names. */
#include "provision/names.h"

#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- checks ---- */

static bool label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

static int label_check(const char *what, const char *text, size_t n, struct err *e)
{
	if (n == 0)
		return err_set(e, EINVAL, "an empty %s", what);
	if (n > NAME_MAX_LABEL)
		return err_set(e, EINVAL, "%s '%.80s' has %zu characters; 63 are the limit", what,
			       text, n);
	for (size_t i = 0; i < n; i++)
		if (!label_byte(text[i]))
			return err_set(e, EINVAL,
				       "%s '%.80s': only letters, digits and hyphens may be in it",
				       what, text);
	if (text[0] == '-' || text[n - 1] == '-')
		return err_set(e, EINVAL, "%s '%.80s': a hyphen may not be first or last", what,
			       text);
	return 0;
}

int name_check(const char *name, struct err *e)
{
	static const char *const ours[] = {"base", "hosts", "inventory"};
	int r = label_check("name", name, strlen(name), e);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(ours); i++)
		if (!strcasecmp(name, ours[i]))
			r = err_set(e, EINVAL,
				    "name '%s' is taken: the output folder has a '%s' of its own",
				    name, ours[i]);
	return r;
}

int domain_check(const char *domain, struct err *e)
{
	int r = 0;

	if (strlen(domain) > 253 - NAME_MAX_LABEL - 1)
		return err_set(e, EINVAL, "domain '%.40s...' has %zu characters; 189 are the limit",
			       domain, strlen(domain));
	while (r == 0) {
		size_t n = strcspn(domain, ".");

		r = label_check("part of the domain", domain, n, e);
		if (!domain[n])
			break;
		domain += n + 1;
	}
	return r;
}

const char *name_lower(struct arena *a, const char *name)
{
	char *text = arena_dup(a, name);

	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return text;
}

const char *name_from(struct arena *a, const char *text)
{
	char *out = arena_alloc(a, strlen(text) + 1);
	size_t n = 0;

	/* Room is left for "-001" behind it. */
	for (; *text && n < NAME_MAX_LABEL - 8; text++) {
		if (label_byte(*text) && *text != '-')
			out[n++] = (char)tolower((unsigned char)*text);
		else if (n && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n && out[n - 1] == '-')
		out[--n] = 0;
	return n ? out : "vm";
}

/* ---- patterns ---- */

void names_add(struct arena *a, struct names *out, const char *name)
{
	ARENA_GROW(a, out->items, out->count, out->room);
	out->items[out->count++] = name;
}

enum part_kind { PART_TEXT, PART_NUMBER, PART_NAME, PART_RANGE };

struct part {
	enum part_kind kind;
	const char *text; /* PART_TEXT */
	size_t len;
	unsigned width;
	uint64_t first, last; /* PART_RANGE */
};

enum { PARTS_MAX = 32, WIDTH_MAX = 18 };

struct pattern {
	struct part parts[PARTS_MAX];
	size_t count;
	const struct part *range;
	bool numbered;
};

static bool digits_only(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return n > 0 && n <= WIDTH_MAX;
}

/* "01..20": the width is that of the first number. */
static bool range_parse(const char *s, size_t n, struct part *p)
{
	const char *dots = memmem(s, n, "..", 2);
	size_t left = dots ? (size_t)(dots - s) : 0;

	if (!dots || !digits_only(s, left) || !digits_only(dots + 2, n - left - 2))
		return false;
	p->kind = PART_RANGE;
	p->width = (unsigned)left;
	p->first = strtoull(s, NULL, 10);
	p->last = strtoull(dots + 2, NULL, 10);
	return true;
}

static int brace_parse(const char *pattern, const char *s, size_t n, struct part *p, struct err *e)
{
	if (n == 4 && !memcmp(s, "name", 4)) {
		p->kind = PART_NAME;
		return 0;
	}
	if (n == 1 && *s == 'n') {
		p->kind = PART_NUMBER;
		return 0;
	}
	/* As in Python: {n:03} is three digits, zeros in front. */
	if (n > 2 && s[0] == 'n' && s[1] == ':' && digits_only(s + 2, n - 2) && n <= 5) {
		p->kind = PART_NUMBER;
		p->width = (unsigned)strtoul(s + 2, NULL, 10);
		if (p->width <= WIDTH_MAX)
			return 0;
	}
	if (range_parse(s, n, p)) {
		if (p->last < p->first)
			return err_set(e, EINVAL,
				       "name pattern '%.80s': the range {%.*s} runs "
				       "backwards",
				       pattern, (int)n, s);
		return 0;
	}
	return err_set(e, EINVAL,
		       "name pattern '%.80s': {%.*s} is none of {n}, {n:03}, {name} and {1..20}",
		       pattern, n < 40 ? (int)n : 40, s);
}

static int pattern_parse(const char *pattern, struct pattern *out, struct err *e)
{
	const char *s = pattern;

	while (*s) {
		struct part *p = &out->parts[out->count];
		size_t n = strcspn(s, "{}");
		int r;

		if (out->count == PARTS_MAX)
			return err_set(e, EINVAL, "name pattern '%.80s' has too many parts",
				       pattern);
		out->count++;
		if (n) {
			*p = (struct part){.kind = PART_TEXT, .text = s, .len = n};
			s += n;
			continue;
		}
		n = strcspn(s + 1, "{}");
		if (*s != '{' || s[n + 1] != '}')
			return err_set(e, EINVAL, "name pattern '%.80s': a brace without its other",
				       pattern);
		r = brace_parse(pattern, s + 1, n, p, e);
		if (r < 0)
			return r;
		if (p->kind == PART_RANGE && out->range)
			return err_set(e, EINVAL, "name pattern '%.80s' has two ranges", pattern);
		if (p->kind == PART_RANGE)
			out->range = p;
		out->numbered |= p->kind == PART_NUMBER;
		s += n + 2;
	}
	return 0;
}

bool pattern_has_range(const char *pattern)
{
	struct pattern p = {0};

	return pattern_parse(pattern, &p, NULL) == 0 && p.range;
}

static const char *name_print(struct arena *a, const struct pattern *p, const char *base,
			      uint64_t n, uint64_t in_range)
{
	struct strbuf text = {0};
	const char *name;

	for (size_t i = 0; i < p->count; i++) {
		const struct part *part = &p->parts[i];

		if (part->kind == PART_TEXT)
			strbuf_addn(&text, part->text, part->len);
		else if (part->kind == PART_NAME)
			strbuf_add(&text, base);
		else
			strbuf_printf(&text, "%0*" PRIu64, (int)part->width,
				      part->kind == PART_RANGE ? in_range : n);
	}
	name = arena_dup(a, strbuf_str(&text));
	strbuf_fini(&text);
	return name;
}

int names_expand(struct arena *a, const char *pattern, const char *base, uint64_t start,
		 uint64_t count, struct names *out, struct err *e)
{
	struct pattern p = {0};
	int r = pattern_parse(pattern, &p, e);

	if (r < 0)
		return r;
	if (p.range)
		count = p.range->last - p.range->first + 1;
	if (count > NAMES_MAX - out->count)
		return err_set(e, EINVAL, "name pattern '%.80s' makes more than %d names", pattern,
			       NAMES_MAX);
	if (count > 1 && !p.numbered && !p.range)
		return err_set(e, EINVAL,
			       "name pattern '%.80s' gives all %" PRIu64
			       " clones one name; put {n} in it",
			       pattern, count);
	for (uint64_t i = 0; i < count; i++)
		names_add(a, out,
			  name_print(a, &p, base, start + i, p.range ? p.range->first + i : 0));
	return 0;
}

int names_sample(struct arena *a, const char *pattern, const char *base, struct names *out,
		 struct err *e)
{
	struct pattern p = {0};
	int r = pattern_parse(pattern, &p, e);

	if (r < 0)
		return r;
	if (p.range && p.range->last - p.range->first >= NAMES_MAX)
		return err_set(e, EINVAL, "name pattern '%.80s' makes more than %d names", pattern,
			       NAMES_MAX);
	names_add(a, out, name_print(a, &p, base, 1, p.range ? p.range->first : 0));
	if (p.range && p.range->last != p.range->first)
		names_add(a, out, name_print(a, &p, base, 1, p.range->last));
	return 0;
}
