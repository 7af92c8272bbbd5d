/* Many patterns in much data: one pass, four bytes at a time. A table of bits, by a hash of four bytes at every fourth
 * place, passes over nearly everything; what it lets through is looked up and compared. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCAN_SHORTEST = 7, SCAN_LONGEST = 160 };

enum scan_kind {
	SCAN_EXACT,    /* bytes as they are */
	SCAN_LETTERS,  /* letters in either case, which are lower case in the pattern */
	SCAN_ID,       /* the same, and no hex digit before or behind: not in a longer id */
	SCAN_SHORT_ID, /* XXXX-XXXX: in no longer id with dashes, too */
};

struct scan_pattern {
	const uint8_t *bytes;
	uint32_t len;
	enum scan_kind kind;
	uint32_t tag; /* the caller's */
};

struct scan {
	struct arena *a;
	struct scan_pattern *patterns;
	size_t n, room;
	struct scan_gram *grams; /* sorted by value */
	size_t ngrams;
	uint32_t *first; /* into grams, by a hash; open addressing */
	unsigned first_bits;
	uint64_t *bits;
	unsigned shift; /* 32 - log2 of the number of bits */
};

/* Copies the bytes; patterns shorter than SCAN_SHORTEST or longer than SCAN_LONGEST are refused. */
bool scan_add(struct scan *s, enum scan_kind kind, const void *bytes, size_t len, uint32_t tag);
/* After the last pattern; from then on any number of threads may search. */
void scan_ready(struct scan *s);

typedef void scan_hit(void *ctx, size_t off, const struct scan_pattern *p);
/* Every match that begins in [from, to) and lies within data[0, len). */
void scan_run(const struct scan *s, const uint8_t *data, size_t len, size_t from, size_t to,
	      scan_hit *hit, void *ctx);
