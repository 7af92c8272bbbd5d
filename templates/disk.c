/* The disk wrappers: range checks and fallbacks, once for every driver. */
#include "templates/disk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static int check_range(const struct disk *d, const char *what, uint64_t n, uint64_t off,
		       struct err *e)
{
	if (range_inside(off, n, d->size))
		return 0;
	return err_set(e, EINVAL,
		       "%s of %" PRIu64 " bytes at %" PRIu64 " is outside a disk of %" PRIu64
		       " bytes",
		       what, n, off, d->size);
}

int disk_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	int r = check_range(d, "a read", n, off, e);

	return r < 0 || n == 0 ? r : d->ops->pread(d, buf, n, off, e);
}

static int check_write(const struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	if (d->readonly || !d->ops->pwrite)
		return err_set(e, EROFS, "the disk is opened read-only");
	return check_range(d, "a write", n, off, e);
}

int disk_pwrite(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e)
{
	int r = check_write(d, n, off, e);

	return r < 0 || n == 0 ? r : d->ops->pwrite(d, buf, n, off, e);
}

static int write_zeros(struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	static const uint8_t zeros[65536];

	while (n > 0) {
		size_t part = n < sizeof zeros ? (size_t)n : sizeof zeros;
		int r = d->ops->pwrite(d, zeros, part, off, e);

		if (r < 0)
			return r;
		n -= part;
		off += part;
	}
	return 0;
}

int disk_zero(struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	int r = check_write(d, n, off, e);

	if (r < 0 || n == 0)
		return r;
	r = d->ops->zero ? d->ops->zero(d, n, off, e) : -EOPNOTSUPP;
	return r == -EOPNOTSUPP ? write_zeros(d, n, off, e) : r;
}

int disk_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct extent got = {.len = n, .kind = EXTENT_DATA};
	int r = check_range(d, "a question", n, off, e);

	if (r < 0)
		return r;
	if (n == 0)
		return err_set(e, EINVAL, "a question about no bytes");
	if (d->ops->extent) {
		r = d->ops->extent(d, n, off, &got, e);
		if (r < 0)
			return r;
	}
	if (got.len == 0)
		return err_set(e, EIO, "%s: an extent without length", d->ops->name);
	if (got.len > n)
		got.len = n;
	*x = got;
	return 0;
}

int disk_zero_data(struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	struct extent x;
	int r = 0;

	for (; n > 0 && r == 0; off += x.len, n -= x.len) {
		r = disk_extent(d, n, off, &x, e);
		if (r < 0)
			return r;
		if (x.kind == EXTENT_DATA)
			r = disk_zero(d, x.len, off, e);
	}
	return r;
}

int disk_flush(struct disk *d, struct err *e)
{
	return d->ops->flush ? d->ops->flush(d, e) : 0;
}

void disk_close(struct disk *d)
{
	while (d) {
		struct disk *kept = d->kept;

		d->ops->close(d);
		d = kept;
	}
}

void disk_close_at(struct disk **d)
{
	disk_close(*d);
}

struct disk *disk_keep(struct disk *top, struct disk *below)
{
	/* A chain: what top already keeps comes first, it may still lean on below. */
	struct disk *last = top;

	while (last->kept)
		last = last->kept;
	last->kept = below;
	return top;
}

bool bytes_are_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	/* The first 16 by hand, the rest against itself: memcmp is as fast as the machine allows. */
	for (size_t i = 0; i < n && i < 16; i++)
		if (b[i])
			return false;
	return n <= 16 || memcmp(b, b + 16, n - 16) == 0;
}
