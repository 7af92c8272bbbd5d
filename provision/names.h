/* Names of clones: patterns, and what a name may be. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAME_MAX_LABEL = 63, NAMES_MAX = 1000000 };

/* A clone's name is an RFC 1123 label (letters, digits, hyphens inside, at most 63) and no name this program keeps
 * for itself in the output folder. -EINVAL with a sentence. */
int name_check(const char *name, struct err *e);
/* A domain of such labels, at most 253 characters with the longest name. */
int domain_check(const char *domain, struct err *e);
/* Letters, digits and hyphens of any text, lower case: "Debian 12.ova" is "debian-12-ova"; "vm" when nothing is left. */
const char *name_from(struct arena *a, const char *text);
const char *name_lower(struct arena *a, const char *name);

struct names {
	const char **items;
	size_t count, room;
};

/* True when the pattern counts by itself: it holds a range such as {01..20}. */
bool pattern_has_range(const char *pattern);

/* Expands a pattern onto the end of out: {n} and {n:03} count from start up, {name} is base, {A..B} runs through a
 * range with A's width. A pattern with a range gives all of it; others give count names, and need {n} when count is
 * above 1. The names are not checked yet. */
int names_expand(struct arena *a, const char *pattern, const char *base, uint64_t start,
		 uint64_t count, struct names *out, struct err *e);
/* The first name a pattern gives and, of a range, the last: enough to check a pattern by. -EINVAL as above. */
int names_sample(struct arena *a, const char *pattern, const char *base, struct names *out,
		 struct err *e);
/* Appends one. */
void names_add(struct arena *a, struct names *out, const char *name);
