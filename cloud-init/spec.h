/* Options of the form "name=web,group=a,group=b,sudo": keys with values, or alone. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct spec_pair {
	const char *key, *value; /* value is NULL for a key alone */
};

/* The next pair at *at, moved behind it; 0 at the end, 1 for a pair, or -EINVAL. */
int spec_next(struct arena *a, const char **at, struct spec_pair *out, struct err *e);
/* -EINVAL: "there is no 'x' in --nic; did you mean ..." */
int spec_unknown(const char *option, const char *key, const char *const *known, size_t n,
		 struct err *e);
