/* The disks of a clone: the template's, as large as the spec says. */
#include "provision/plan.h"

#include <errno.h>
#include <inttypes.h>

int plan_check_disks(const struct spec *s, const struct source *source, struct err *e)
{
	if (s->ngrow > source->ndisks)
		return err_set(e, EINVAL, "grow: disk %zu: the template has %zu (the first is 0)",
			       s->ngrow - 1, source->ndisks);
	return 0;
}

static int grown(const struct spec *s, size_t i, uint64_t size, uint64_t *out, struct err *e)
{
	uint64_t want = i < s->ngrow ? s->grow[i] : 0;

	if (want && want < size)
		return err_set(e, EINVAL,
			       "grow: disk %zu has %" PRIu64 " bytes in the template, and %" PRIu64
			       " are fewer: disks are not made smaller",
			       i, size, want);
	*out = want ? want : size;
	return 0;
}

int plan_disks(struct plan *p, const uint64_t *sizes, struct err *e)
{
	const struct spec *s = p->spec;
	size_t n = p->source->ndisks;
	int r = 0;

	p->disks = arena_alloc(p->a, (n + 1) * sizeof *p->disks);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct plan_disk *d = &p->disks[i];

		d->format = s->disk_format ? s->disk_format : "qcow2";
		d->file = arena_printf(p->a, "disk%zu.%s", i, d->format);
		d->bus = s->disk_bus ? s->disk_bus : p->source->disks[i].bus;
		r = grown(s, i, sizes[i], &d->size, e);
	}
	p->ndisks = n;
	return r;
}
