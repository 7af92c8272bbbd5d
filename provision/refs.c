/* One pass over a text for all forms of all ids at once, most of it passed over unread: four bytes say how far behind them
 * the next id can begin (Wu and Manber's search). */
#include "provision/refs.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/str.h"
#include "provision/identity.h"

#include <stdio.h>
#include <string.h>

/* No pattern is shorter than PATTERN_MIN; BLOCK bytes are looked at. */
enum { SHIFT_BITS = 14, SHIFTS = 1 << SHIFT_BITS, PATTERN_MIN = 9, BLOCK = 4 };

/* GUID: the other order of the bytes: of UEFI's GUIDs, and of md's first format. */
enum dressing { PLAIN, BARE, ESCAPED, DASHED, BINARY, GUID, DRESSINGS = REF_WAYS };

struct ref_pattern {
	const char *bytes; /* lower case unless exact */
	size_t len, ref;
	enum dressing dressing;
	bool exact;
};

/* ---- the forms ---- */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* x is any hex digit, a any letter or digit; everything else is itself. */
static bool has_shape(const char *s, const char *shape)
{
	for (; *s && *shape; s++, shape++)
		if (*shape == 'x' ? !is_hex(*s) : *shape == 'a' ? !is_alnum(*s) : *s != *shape)
			return false;
	return !*s && !*shape;
}

static bool has_form(enum ref_form form, const char *s)
{
	static const char *const shapes[] = {
		[REF_UUID] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
		[REF_FAT] = "xxxx-xxxx",
		[REF_PARTUUID] = "xxxxxxxx-xx",
		[REF_MD] = "xxxxxxxx:xxxxxxxx:xxxxxxxx:xxxxxxxx",
		[REF_LVM] = "aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa",
		[REF_MACHINE_ID] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		[REF_MAC] = "xx:xx:xx:xx:xx:xx",
	};

	return has_shape(s, shapes[form]);
}

static size_t without(const char *s, char drop, char *out)
{
	size_t n = 0;

	for (; *s; s++)
		if (*s != drop)
			out[n++] = *s;
	out[n] = '\0';
	return n;
}

static size_t with_escapes(const char *s, char *out)
{
	size_t n = 0;

	for (; *s; s++) {
		if (*s == '-') {
			memcpy(out + n, "\\x2d", 4);
			n += 4;
		} else {
			out[n++] = *s;
		}
	}
	out[n] = '\0';
	return n;
}

static size_t as_bytes(const char *s, bool guid, char *out)
{
	struct uuid u;

	if (uuid_parse(s, &u) < 0)
		return 0;
	if (guid)
		for (int i = 0; i < 8; i++)
			out[i] = (char)u.bytes[(const int[]){3, 2, 1, 0, 5, 4, 7, 6}[i]];
	else
		memcpy(out, u.bytes, 8);
	memcpy(out + 8, u.bytes + 8, 8);
	return 16;
}

/* The 32 digits of an array's id as a UUID. */
static size_t as_uuid(const char *s, char *out)
{
	struct uuid u;
	char bare[64];

	without(s, ':', bare);
	if (uuid_parse(bare, &u) < 0)
		return 0;
	uuid_format(&u, out);
	return strlen(out);
}

/* In the order of the text, or each word with its last byte first. */
static size_t as_words(const char *s, bool swapped, char *out)
{
	char text[64], bytes[16];

	if (!as_uuid(s, text) || !as_bytes(text, false, bytes))
		return 0;
	for (int i = 0; i < 16; i++)
		out[i] = bytes[swapped ? i ^ 3 : i];
	return 16;
}

static size_t dress(enum ref_form form, enum dressing dressing, const char *s, char out[160])
{
	static const char ways[][DRESSINGS] = {
		[REF_UUID] = {1, 1, 1, 0, 1, 1},       [REF_FAT] = {1, 0, 1, 0, 0, 0},
		[REF_PARTUUID] = {1, 0, 1, 0, 0, 0},   [REF_LVM] = {1, 1, 1, 0, 0, 0},
		[REF_MACHINE_ID] = {1, 0, 0, 1, 1, 0}, [REF_MAC] = {1, 1, 0, 1, 0, 0},
		[REF_MD] = {1, 1, 0, 1, 1, 1},
	};
	struct uuid u;

	if (!ways[form][dressing])
		return 0;
	switch (dressing) {
	case PLAIN:
		return (size_t)snprintf(out, 160, "%s", s);
	case BARE:
		return without(s, form == REF_MAC || form == REF_MD ? ':' : '-', out);
	case ESCAPED:
		return with_escapes(s, out);
	case DASHED:
		if (form == REF_MD)
			return as_uuid(s, out);
		if (form == REF_MACHINE_ID && uuid_parse(s, &u) == 0)
			uuid_format(&u, out);
		else
			for (size_t i = 0; i <= strlen(s); i++)
				out[i] = s[i] == ':' ? '-' : s[i];
		return strlen(out);
	default:
		return form == REF_MD ? as_words(s, dressing == GUID, out)
				      : as_bytes(s, dressing == GUID, out);
	}
}

size_t ref_written(enum ref_form form, unsigned way, const char *text, char out[160], bool *bytes)
{
	*bytes = way == BINARY || way == GUID;
	return has_form(form, text) ? dress(form, (enum dressing)way, text, out) : 0;
}

/* ---- the table of shifts ---- */

/* The same for both cases of a letter. */
static unsigned block_hash(const char *p)
{
	uint32_t v;

	memcpy(&v, p, BLOCK);
	return ((v | 0x20202020u) * 2654435761u) >> (32 - SHIFT_BITS);
}

static void add_shifts(struct refs *r, const char *pattern)
{
	if (!r->shifts) {
		r->shifts = arena_alloc(r->a, SHIFTS);
		memset(r->shifts, PATTERN_MIN - BLOCK + 1, SHIFTS);
	}
	for (uint8_t at = 0; at <= PATTERN_MIN - BLOCK; at++) {
		uint8_t *shift = &r->shifts[block_hash(pattern + at)];

		if (*shift > PATTERN_MIN - BLOCK - at)
			*shift = PATTERN_MIN - BLOCK - at;
	}
}

static void add_pattern(struct refs *r, enum dressing dressing, const char *bytes, size_t len)
{
	bool exact = dressing == BINARY || dressing == GUID || r->items[r->n - 1].form == REF_LVM;
	char *copy = arena_dupn(r->a, bytes, len);

	add_shifts(r, copy);
	for (size_t i = 0; i < len && !exact; i++)
		copy[i] = lower(copy[i]);
	ARENA_GROW(r->a, r->patterns, r->npatterns, r->patterns_room);
	r->patterns[r->npatterns++] = (struct ref_pattern){copy, len, r->n - 1, dressing, exact};
}

bool refs_add(struct refs *r, enum ref_form form, const char *what, const char *old_text,
	      const char *new_text)
{
	struct ref item = {.form = form, .what = what};
	char bytes[160];

	if (!has_form(form, old_text) || !has_form(form, new_text) || refs_old(r, old_text))
		return false;
	snprintf(item.old_text, sizeof item.old_text, "%s", old_text);
	snprintf(item.new_text, sizeof item.new_text, "%s", new_text);
	ARENA_GROW(r->a, r->items, r->n, r->room);
	r->items[r->n++] = item;
	for (enum dressing d = 0; d < DRESSINGS; d++) {
		size_t len = dress(form, d, item.old_text, bytes);

		if (len)
			add_pattern(r, d, bytes, len);
	}
	return true;
}

static bool same_letters(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b))
		a++, b++;
	return !*a && !*b;
}

struct ref *refs_old(const struct refs *r, const char *old_text)
{
	for (size_t i = 0; i < r->n; i++)
		if (same_letters(r->items[i].old_text, old_text))
			return &r->items[i];
	return NULL;
}

/* ---- finding ---- */

/* "1a2b-3c4d" stands in the middle of many a UUID: four hex digits and a dash before, or a dash behind. */
bool ref_in_longer_id(const char *text, size_t len, size_t off, size_t end)
{
	if (end < len && text[end] == '-' && end + 1 < len && is_hex(text[end + 1]))
		return true;
	if (off < 5 || text[off - 1] != '-')
		return false;
	for (size_t i = off - 5; i < off - 1; i++)
		if (!is_hex(text[i]))
			return false;
	return true;
}

static bool matches(const struct refs *r, const struct ref_pattern *p, const char *text, size_t len,
		    size_t off)
{
	enum ref_form form = r->items[p->ref].form;
	size_t end = off + p->len;

	if (p->len > len - off)
		return false;
	if (p->exact ? memcmp(text + off, p->bytes, p->len) != 0 : false)
		return false;
	for (size_t i = 0; i < p->len && !p->exact; i++)
		if (lower(text[off + i]) != p->bytes[i])
			return false;
	/* A group's and a volume's stand side by side in dm-uuid-LVM-...; 32 letters are nobody else's. */
	if (p->dressing == BINARY || p->dressing == GUID || form == REF_LVM)
		return true;
	if ((off && is_hex(text[off - 1])) || (end < len && is_hex(text[end])))
		return false;
	return form != REF_FAT || !ref_in_longer_id(text, len, off, end);
}

bool refs_next(const struct refs *r, const char *text, size_t len, size_t from, unsigned forms,
	       struct ref_hit *hit)
{
	if (!r->npatterns || len < PATTERN_MIN)
		return false;
	for (size_t off = from; off <= len - PATTERN_MIN; off++) {
		unsigned shift = r->shifts[block_hash(text + off + PATTERN_MIN - BLOCK)];

		if (shift) {
			off += shift - 1;
			continue;
		}
		for (size_t i = 0; i < r->npatterns; i++) {
			const struct ref_pattern *p = &r->patterns[i];

			if (!(forms & 1u << r->items[p->ref].form) ||
			    !matches(r, p, text, len, off))
				continue;
			*hit = (struct ref_hit){p->ref, off, p->len};
			return true;
		}
	}
	return false;
}

/* ---- replacing ---- */

/* 'A' when its hex letters are upper case, 'a' when one is lower case, 0 when it has none. */
static char letter_case(const char *s, size_t n)
{
	char found = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\') /* "\x2d" is written so in any case */
			i += 3;
		else if (s[i] >= 'a' && s[i] <= 'f')
			return 'a';
		else if (s[i] >= 'A' && s[i] <= 'F')
			found = 'A';
	}
	return found;
}

static char in_case(char c, char letters)
{
	if (letters == 'A' && c >= 'a' && c <= 'f')
		return (char)(c - 32);
	return letters == 'a' ? lower(c) : c;
}

static const struct ref_pattern *pattern_of(const struct refs *r, const struct ref_hit *hit,
					    const char *text)
{
	for (size_t i = 0; i < r->npatterns; i++)
		if (r->patterns[i].ref == hit->ref && r->patterns[i].len == hit->len &&
		    matches(r, &r->patterns[i], text, hit->off + hit->len, hit->off))
			return &r->patterns[i];
	return NULL;
}

static void put(const struct refs *r, const struct ref_pattern *p, char *at)
{
	char bytes[160], letters = p->exact ? 0 : letter_case(at, p->len);

	if (dress(r->items[p->ref].form, p->dressing, r->items[p->ref].new_text, bytes) != p->len)
		return;
	for (size_t i = 0; i < p->len; i++) {
		if (bytes[i] == '\\' && p->dressing == ESCAPED)
			i += 3;
		else
			at[i] = p->exact ? bytes[i] : in_case(bytes[i], letters);
	}
}

size_t refs_apply(const struct refs *r, char *text, size_t len, unsigned forms)
{
	struct ref_hit hit;
	size_t done = 0;

	for (size_t at = 0; refs_next(r, text, len, at, forms, &hit); at = hit.off + hit.len) {
		const struct ref_pattern *p = pattern_of(r, &hit, text);

		if (!p || r->items[hit.ref].pinned)
			continue;
		put(r, p, text + hit.off);
		done++;
	}
	return done;
}
