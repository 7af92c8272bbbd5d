/* Making what the plan says: each clone in a staging folder, published by one rename. */
#pragma once

#include "base/stop.h"
#include "provision/plan.h"

struct apply_options {
	/* done of total clones are finished; a negative answer stops the run. NULL: nobody asks. */
	int (*progress)(void *ctx, size_t done, size_t total);
	void *ctx;
	struct stop stop; /* asked for on all threads, while disks are written */
	unsigned threads; /* 0: as many as there are processors */
};

struct clone_guests;

struct apply_result {
	size_t made;
	uint64_t bytes; /* that the clones' files take, those shared by reflink left out */
	bool shared;    /* there are such */
};

/* Makes every clone whose state asks for it below out and enters it into the plan's ledger, which the caller
 * writes. After an error, finished clones stand, and *res counts them. */
int apply_plan(struct plan *p, const struct base *b, struct clone_guests *guests, int out,
	       const struct apply_options *o, struct apply_result *res, struct err *e);
