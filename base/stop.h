/* The wish to stop, asked for now and then in long work: an interrupt that is taken when it does no harm. */
#pragma once

#include "base/err.h"

struct stop {
	int (*wanted)(void *ctx); /* a negative answer ends the work with it; NULL: nobody asks */
	void *ctx;
};

static inline int stop_check(const struct stop *s, struct err *e)
{
	int r = s && s->wanted ? s->wanted(s->ctx) : 0;

	return r < 0 ? err_sys(e, r, "stopped") : 0;
}
