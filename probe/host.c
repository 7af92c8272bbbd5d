/* Gathering: every area once, in order. */
#include "probe/host.h"

#include <string.h>

void host_gather(struct host *h, struct tree *t, const struct probe_options *opt)
{
	memset(h, 0, sizeof *h);
	h->t = t;
	h->a = tree_arena(t);
	h->opt = opt;
	for (size_t i = 0; i < nareas; i++)
		areas[i]->gather(h);
}
