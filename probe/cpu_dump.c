/* CPU dumps in memory: filling them, and asking them. */
#include "probe/cpu_dump.h"

#include "base/str.h"
#include "probe/cpu_dump_parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- filling the dump ---- */

void cpu_dump_add(struct arena *a, struct cpu_dump *d, struct cpu_dump_leaf leaf)
{
	ARENA_GROW(a, d->leaves, d->count, d->room);
	leaf.order = d->count;
	d->leaves[d->count++] = leaf;
	if (leaf.cpu >= d->ncpus)
		d->ncpus = leaf.cpu + 1;
}

void cpu_dump_add_msr(struct arena *a, struct cpu_dump *d, struct cpu_dump_value v)
{
	ARENA_GROW(a, d->msrs, d->nmsrs, d->msrs_room);
	d->msrs[d->nmsrs++] = v;
	if (v.cpu >= d->ncpus)
		d->ncpus = v.cpu + 1;
}

void cpu_dump_add_midr(struct arena *a, struct cpu_dump *d, struct cpu_dump_value v)
{
	ARENA_GROW(a, d->midrs, d->nmidrs, d->midrs_room);
	d->midrs[d->nmidrs++] = v;
	if (v.cpu >= d->ncpus)
		d->ncpus = v.cpu + 1;
}

/* ---- order and lookup ---- */

static int by_place(const void *a, const void *b)
{
	const struct cpu_dump_leaf *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->leaf != y->leaf)
		return x->leaf < y->leaf ? -1 : 1;
	return x->sub < y->sub ? -1 : x->sub > y->sub;
}

static int by_place_and_order(const void *a, const void *b)
{
	const struct cpu_dump_leaf *x = a, *y = b;
	int r = by_place(a, b);

	return r ? r : x->order < y->order ? -1 : x->order > y->order;
}

/* New CPUs come after the old ones: only the new part needs sorting. */
static void settle_order(struct cpu_dump *d, size_t from)
{
	size_t kept = from;

	if (d->count == from)
		return;
	qsort(d->leaves + from, d->count - from, sizeof *d->leaves, by_place_and_order);
	for (size_t i = from; i < d->count; i++)
		if (kept == from || by_place(&d->leaves[kept - 1], &d->leaves[i]) != 0)
			d->leaves[kept++] = d->leaves[i];
	d->count = kept;
}

static int dump_ask(void *self, unsigned cpu, uint32_t leaf, uint32_t sub, struct cpu_regs *out)
{
	const struct cpu_dump *d = self;
	const struct cpu_dump_leaf key = {.cpu = cpu, .leaf = leaf, .sub = sub};
	const struct cpu_dump_leaf *found =
		d->count ? bsearch(&key, d->leaves, d->count, sizeof key, by_place) : NULL;

	if (!found)
		return -ENODATA;
	*out = found->regs;
	return 0;
}

struct cpu_source cpu_dump_source(const struct cpu_dump *d)
{
	return (struct cpu_source){.ask = dump_ask, .self = (void *)d};
}

const struct cpu_dump_value *cpu_dump_msr(const struct cpu_dump *d, uint64_t address)
{
	for (size_t i = 0; i < d->nmsrs; i++)
		if (d->msrs[i].key == address)
			return &d->msrs[i];
	return NULL;
}

/* ---- whole texts ---- */

static const char *first_word(const char *text, size_t len)
{
	while (len && isspace((unsigned char)*text))
		text++, len--;
	return len ? text : "";
}

int cpu_dump_parse(struct arena *a, const char *text, size_t len, const char *name,
		   struct cpu_dump *out, struct err *e)
{
	struct cpu_dump d = *out;
	int r;

	if (len > CPU_DUMP_TEXT)
		return err_set(e, EFBIG, "%s: too big for a CPU dump", name);
	if (*first_word(text, len) == '{')
		r = cpu_dump_parse_json(a, text, len, &d);
	else
		r = cpu_dump_parse_lines(a, text, len, &d);
	if (r < 0)
		return err_sys(e, r, "%s: not read as a CPU dump", name);
	if (d.count == out->count && d.nmidrs == out->nmidrs)
		return err_set(e, EINVAL, "%s: nothing in it that a CPU answered", name);
	settle_order(&d, out->count);
	*out = d;
	return 0;
}

bool cpu_dump_looks_like_one(const char *text, size_t len)
{
	struct arena a = {0};
	struct cpu_dump d = {0};
	bool yes;

	if (len > 4096)
		len = 4096;
	if (*first_word(text, len) == '{')
		return memmem(text, len, "cpuid_modifiers", 15) ||
		       memmem(text, len, "guest_cpu_config", 16);
	yes = cpu_dump_parse_lines(&a, text, len, &d) == 0 && (d.count || d.nmidrs);
	arena_fini(&a);
	return yes;
}
