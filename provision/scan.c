/* The search. Any pattern of seven bytes covers one whole group of four at a fourth place, wherever it begins: for each of
 * the four ways it can begin, one group of it is in the tables. */
#include "provision/scan.h"

#include "provision/refs.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP = 4, BITS_LEAST = 17, BITS_MOST = 27 };

struct scan_gram {
	uint32_t value;   /* folded */
	uint32_t pattern; /* its number */
	uint32_t at;      /* where in the pattern it stands */
};

static const uint32_t fold = 0x20202020;

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static uint32_t group(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v | fold;
}

static uint32_t hash(uint32_t v)
{
	return v * 2654435761u;
}

bool scan_add(struct scan *s, enum scan_kind kind, const void *bytes, size_t len, uint32_t tag)
{
	uint8_t *copy;

	if (len < SCAN_SHORTEST || len > SCAN_LONGEST)
		return false;
	copy = (uint8_t *)arena_dupn(s->a, bytes, len);
	for (size_t i = 0; kind != SCAN_EXACT && i < len; i++)
		copy[i] = lower(copy[i]);
	ARENA_GROW(s->a, s->patterns, s->n, s->room);
	s->patterns[s->n++] = (struct scan_pattern){copy, (uint32_t)len, kind, tag};
	return true;
}

/* ---- the tables ---- */

/* How much four bytes tell: different ones, and none of those that much of any disk is made of. */
static unsigned telling(const uint8_t *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < GROUP; i++) {
		bool seen = p[i] == 0 || p[i] == '-' || p[i] == ' ';

		for (unsigned k = 0; k < i; k++)
			seen |= p[k] == p[i];
		n += !seen;
	}
	return n;
}

/* Of the groups that stand at a fourth place when the pattern begins `way` before one: the one that tells most. The last
 * of equals: ids of one kind begin alike. */
static uint32_t best_group(const struct scan_pattern *p, uint32_t way)
{
	uint32_t best = way;

	for (uint32_t at = way; at + GROUP <= p->len; at += GROUP)
		if (telling(p->bytes + at) >= telling(p->bytes + best))
			best = at;
	return best;
}

static int by_value(const void *a, const void *b)
{
	const struct scan_gram *x = a, *y = b;

	return x->value != y->value       ? (x->value < y->value ? -1 : 1)
	       : x->pattern != y->pattern ? (x->pattern < y->pattern ? -1 : 1)
					  : 0;
}

static unsigned bits_for(size_t n, unsigned least, unsigned most)
{
	unsigned bits = least;

	while (bits < most && (UINT64_C(1) << bits) < n)
		bits++;
	return bits;
}

static uint32_t *slot_of(const struct scan *s, uint32_t value)
{
	uint32_t mask = (1u << s->first_bits) - 1;
	uint32_t i = hash(value) >> (32 - s->first_bits);

	while (s->first[i] && s->grams[s->first[i] - 1].value != value)
		i = (i + 1) & mask;
	return &s->first[i];
}

void scan_ready(struct scan *s)
{
	unsigned bits = bits_for(s->n * GROUP * 32, BITS_LEAST, BITS_MOST);

	s->grams = arena_alloc(s->a, (s->n * GROUP + 1) * sizeof *s->grams);
	for (size_t i = 0; i < s->n; i++)
		for (uint32_t way = 0; way < GROUP; way++) {
			uint32_t at = best_group(&s->patterns[i], way);

			s->grams[s->ngrams++] = (struct scan_gram){group(s->patterns[i].bytes + at),
								   (uint32_t)i, at};
		}
	qsort(s->grams, s->ngrams, sizeof *s->grams, by_value);
	s->shift = 32 - bits;
	s->bits = arena_alloc(s->a, (size_t)1 << (bits - 3));
	s->first_bits = bits_for(s->ngrams * 2 + 2, 4, 30);
	s->first = arena_alloc(s->a, sizeof *s->first << s->first_bits);
	for (size_t i = 0; i < s->ngrams; i++) {
		uint32_t v = s->grams[i].value, h = hash(v) >> s->shift;

		s->bits[h / 64] |= UINT64_C(1) << h % 64;
		if (i == 0 || s->grams[i - 1].value != v)
			*slot_of(s, v) = (uint32_t)i + 1;
	}
}

/* ---- the search ---- */

static bool matches(const struct scan_pattern *p, const uint8_t *data, size_t len, size_t off)
{
	size_t end = off + p->len;

	if (p->kind == SCAN_EXACT)
		return memcmp(data + off, p->bytes, p->len) == 0;
	for (size_t i = 0; i < p->len; i++)
		if (lower(data[off + i]) != p->bytes[i])
			return false;
	if (p->kind == SCAN_LETTERS)
		return true;
	if ((off && is_hex((char)data[off - 1])) || (end < len && is_hex((char)data[end])))
		return false;
	return p->kind != SCAN_SHORT_ID || !ref_in_longer_id((const char *)data, len, off, end);
}

struct looking {
	const struct scan *s;
	const uint8_t *data;
	size_t len, from, to;
	scan_hit *hit;
	void *ctx;
};

/* The bits let this place through. */
static void look(const struct looking *w, size_t at)
{
	uint32_t v = group(w->data + at), i = *slot_of(w->s, v);

	for (; i && i <= w->s->ngrams && w->s->grams[i - 1].value == v; i++) {
		const struct scan_gram *g = &w->s->grams[i - 1];
		const struct scan_pattern *p = &w->s->patterns[g->pattern];
		size_t off = at - g->at;

		if (at < g->at || off < w->from || off >= w->to || p->len > w->len - off)
			continue;
		if (matches(p, w->data, w->len, off))
			w->hit(w->ctx, off, p);
	}
}

void scan_run(const struct scan *s, const uint8_t *data, size_t len, size_t from, size_t to,
	      scan_hit *hit, void *ctx)
{
	const struct looking w = {s, data, len, from, to, hit, ctx};
	const uint64_t *bits = s->bits;
	unsigned shift = s->shift;
	size_t at = from & ~(size_t)(GROUP - 1);
	size_t end = len < to + SCAN_LONGEST ? len : to + SCAN_LONGEST;

#define PASSES(h) (bits[(h) / 64] >> ((h) % 64) & 1)
	for (; s->n && at + 4 * GROUP <= end; at += 4 * GROUP) {
		uint32_t a = hash(group(data + at)) >> shift;
		uint32_t b = hash(group(data + at + 4)) >> shift;
		uint32_t c = hash(group(data + at + 8)) >> shift;
		uint32_t d = hash(group(data + at + 12)) >> shift;

		if (!(PASSES(a) | PASSES(b) | PASSES(c) | PASSES(d)))
			continue;
		if (PASSES(a))
			look(&w, at);
		if (PASSES(b))
			look(&w, at + 4);
		if (PASSES(c))
			look(&w, at + 8);
		if (PASSES(d))
			look(&w, at + 12);
	}
	for (; s->n && at + GROUP <= end; at += GROUP)
		look(&w, at);
#undef PASSES
}
