/* The disk of a logical volume. */
#include "provision/lvm_lv.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lv {
	struct disk disk;
	struct lv_segment *segments;
	size_t count;
};

/* Where off is, and how many of n bytes are there together. */
static size_t locate(const struct lv *lv, uint64_t off, size_t n, struct disk **d, uint64_t *at)
{
	const struct lv_segment *s = lv->segments;
	uint64_t in, left;

	while (off - s->start >= s->size)
		s++;
	in = off - s->start;
	left = s->size - in;
	*d = s->stripes[0].disk;
	if (s->count > 1) {
		const struct lv_stripe *stripe = &s->stripes[in / s->stripe_size % s->count];
		uint64_t row = in / s->stripe_size / s->count;

		if (left > s->stripe_size - in % s->stripe_size)
			left = s->stripe_size - in % s->stripe_size;
		*d = stripe->disk;
		*at = stripe->off + row * s->stripe_size + in % s->stripe_size;
	} else {
		*at = s->stripes[0].off + in;
	}
	return n < left ? n : (size_t)left;
}

static int lv_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	uint8_t *to = buf;

	while (n > 0) {
		struct disk *below;
		uint64_t at;
		size_t part = locate((struct lv *)d, off, n, &below, &at);
		int r = disk_pread(below, to, part, at, e);

		if (r < 0)
			return r;
		to += part;
		off += part;
		n -= part;
	}
	return 0;
}

static int lv_pwrite(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e)
{
	const uint8_t *from = buf;

	while (n > 0) {
		struct disk *below;
		uint64_t at;
		size_t part = locate((struct lv *)d, off, n, &below, &at);
		int r = disk_pwrite(below, from, part, at, e);

		if (r < 0)
			return r;
		from += part;
		off += part;
		n -= part;
	}
	return 0;
}

static int lv_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct disk *below;
	uint64_t at;
	size_t part = locate((struct lv *)d, off, n > SIZE_MAX ? SIZE_MAX : (size_t)n, &below, &at);

	return disk_extent(below, part, at, x, e);
}

static void lv_close(struct disk *d)
{
	struct lv *lv = (struct lv *)d;

	for (size_t i = 0; i < lv->count; i++)
		free(lv->segments[i].stripes);
	free(lv->segments);
	free(lv);
}

static const struct disk_ops lv_ops = {
	.name = "lv",
	.pread = lv_pread,
	.pwrite = lv_pwrite,
	.extent = lv_extent,
	.close = lv_close,
};

bool lv_disk_find(const struct disk *d, const struct disk *below, uint64_t off, uint64_t *out)
{
	const struct lv *lv = (const struct lv *)d;

	for (size_t k = 0; d->ops == &lv_ops && k < lv->count; k++) {
		const struct lv_segment *s = &lv->segments[k];
		uint64_t each = s->size / s->count;

		for (unsigned i = 0; i < s->count; i++) {
			const struct lv_stripe *t = &s->stripes[i];
			uint64_t in = off - t->off;

			if (t->disk != below || off < t->off || in >= each)
				continue;
			*out = s->start + in;
			if (s->count > 1)
				*out = s->start +
				       (in / s->stripe_size * s->count + i) * s->stripe_size +
				       in % s->stripe_size;
			return true;
		}
	}
	return false;
}

static int segment_check(const struct lv_segment *s, uint64_t want, struct err *e)
{
	uint64_t rows, each = s->size;

	if (s->start != want || !s->size || !s->count || s->count > LV_STRIPES_MAX)
		return err_set(e, EUCLEAN, "its segments do not follow each other");
	if (s->count > 1) {
		if (!s->stripe_size || s->size % (s->stripe_size * s->count))
			return err_set(e, EUCLEAN, "a striped segment of an odd size");
		rows = s->size / (s->stripe_size * s->count);
		each = rows * s->stripe_size;
	}
	for (unsigned i = 0; i < s->count; i++)
		if (!range_inside(s->stripes[i].off, each, s->stripes[i].disk->size))
			return err_set(e, EUCLEAN, "a segment outside its physical volume");
	return 0;
}

int lv_disk_open(const struct lv_segment *segments, size_t n, struct disk **out, struct err *e)
{
	uint64_t size = 0;
	struct lv *lv;

	for (size_t i = 0; i < n; i++) {
		int r = segment_check(&segments[i], size, e);

		if (r < 0)
			return r;
		size += segments[i].size;
	}
	if (n == 0)
		return err_set(e, EUCLEAN, "it has no segments");
	lv = xcalloc(1, sizeof *lv);
	lv->disk = (struct disk){.ops = &lv_ops, .size = size};
	lv->count = n;
	lv->segments = xcalloc(n, sizeof *lv->segments);
	for (size_t i = 0; i < n; i++) {
		size_t bytes = segments[i].count * sizeof *segments[i].stripes;

		lv->segments[i] = segments[i];
		lv->segments[i].stripes = xmalloc(bytes);
		memcpy(lv->segments[i].stripes, segments[i].stripes, bytes);
		for (unsigned k = 0; k < segments[i].count; k++)
			lv->disk.readonly |= segments[i].stripes[k].disk->readonly;
	}
	*out = &lv->disk;
	return 0;
}
