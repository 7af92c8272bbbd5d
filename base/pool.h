/* Work spread over threads, its results taken in order, with a fixed number of slots in flight. */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct pipeline {
	/* Fills a slot: 1, 0 when there is no more, or -errno. Called in order, on the calling thread. */
	int (*produce)(void *ctx, void *slot, struct err *e);
	/* Works on a slot, on any thread, many at a time; 0 or -errno. */
	int (*work)(void *ctx, void *slot, struct err *e);
	/* Takes the result, in the order of produce, on the calling thread; NULL: nothing to take. */
	int (*consume)(void *ctx, void *slot, struct err *e);
};

/* Runs until produce says 0 or something fails; the first error in slot order is returned, after every thread
 * has stopped. The caller works, too, while it waits: `threads` counts it. At least one slot. */
int pipeline_run(const struct pipeline *p, void *ctx, void **slots, size_t count, unsigned threads,
		 struct err *e);

/* How many threads are worth using here: the processors this process may run on, at most `most`. */
unsigned pool_threads(unsigned most);
