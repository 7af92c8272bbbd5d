/* A progress line on standard error, when that is a terminal; and the wish to stop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;
	bool shown; /* a terminal, and not --quiet */
	double begun, drawn;
};

/* From here on an interrupt is asked for by progress_step, not taken: what is half made can be removed. */
void progress_begin(struct progress *p, const char *what, bool quiet);
/* -EINTR when the user wants to stop. The signature of every `progress` callback; p is a struct progress. */
int progress_step(void *p, uint64_t done, uint64_t total);
/* The user wants to stop: the same on any thread, between progress_begin and the end of the program. */
bool progress_stopped(void);
/* The same as the `wanted` of a struct stop: -EINTR, or 0. */
int progress_stop(void *p);
/* Takes the line away. */
void progress_end(struct progress *p);
/* Seconds since it began. */
double progress_seconds(const struct progress *p);
