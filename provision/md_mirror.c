/* The disk of a RAID1. */
#include "provision/md_mirror.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct mirror {
	struct disk disk;
	struct lv_stripe *legs;
	size_t count;
};

static int mirror_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	const struct lv_stripe *leg = ((struct mirror *)d)->legs;

	return disk_pread(leg->disk, buf, n, leg->off + off, e);
}

static int mirror_pwrite(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e)
{
	struct mirror *m = (struct mirror *)d;
	int r = 0;

	for (size_t i = 0; i < m->count && r == 0; i++)
		r = disk_pwrite(m->legs[i].disk, buf, n, m->legs[i].off + off, e);
	return r;
}

static int mirror_zero(struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	struct mirror *m = (struct mirror *)d;
	int r = 0;

	for (size_t i = 0; i < m->count && r == 0; i++)
		r = disk_zero(m->legs[i].disk, n, m->legs[i].off + off, e);
	return r;
}

/* Blocks that were never written may differ: nothing is there when no leg has anything. */
static int mirror_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct mirror *m = (struct mirror *)d;
	struct extent all = {.len = n, .kind = EXTENT_HOLE};

	for (size_t i = 0; i < m->count; i++) {
		struct extent one;
		int r = disk_extent(m->legs[i].disk, all.len, m->legs[i].off + off, &one, e);

		if (r < 0)
			return r;
		all.len = one.len;
		/* data comes before zeros, and those before holes */
		if (one.kind < all.kind)
			all.kind = one.kind;
	}
	*x = all;
	return 0;
}

static int mirror_flush(struct disk *d, struct err *e)
{
	struct mirror *m = (struct mirror *)d;
	int r = 0;

	for (size_t i = 0; i < m->count && r == 0; i++)
		r = disk_flush(m->legs[i].disk, e);
	return r;
}

static void mirror_close(struct disk *d)
{
	free(((struct mirror *)d)->legs);
	free(d);
}

static const struct disk_ops mirror_ops = {
	.name = "md-mirror",
	.pread = mirror_pread,
	.pwrite = mirror_pwrite,
	.zero = mirror_zero,
	.extent = mirror_extent,
	.flush = mirror_flush,
	.close = mirror_close,
};

bool md_mirror_find(const struct disk *d, const struct disk *below, uint64_t off, uint64_t *out)
{
	const struct mirror *m = (const struct mirror *)d;

	for (size_t i = 0; d->ops == &mirror_ops && i < m->count; i++) {
		const struct lv_stripe *leg = &m->legs[i];

		if (leg->disk != below || off < leg->off || off - leg->off >= d->size)
			continue;
		*out = off - leg->off;
		return true;
	}
	return false;
}

int md_mirror_open(const struct lv_stripe *legs, size_t n, uint64_t size, struct disk **out,
		   struct err *e)
{
	struct mirror *m;

	if (!n || !size)
		return err_set(e, EUCLEAN, "a mirror of nothing");
	for (size_t i = 0; i < n; i++)
		if (!range_inside(legs[i].off, size, legs[i].disk->size))
			return err_set(e, EUCLEAN, "a mirror's data outside its member");
	m = xcalloc(1, sizeof *m);
	m->disk = (struct disk){.ops = &mirror_ops, .size = size};
	m->count = n;
	m->legs = xcalloc(n, sizeof *m->legs);
	for (size_t i = 0; i < n; i++) {
		m->legs[i] = legs[i];
		m->disk.readonly |= legs[i].disk->readonly;
	}
	*out = &m->disk;
	return 0;
}
