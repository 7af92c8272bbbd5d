/* The small stackable drivers: slice, memory, fault. */
#include "templates/disk.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

/* ---- slice ---- */

struct slice {
	struct disk disk, *below;
	uint64_t start;
};

static int slice_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	struct slice *s = (struct slice *)d;

	return disk_pread(s->below, buf, n, s->start + off, e);
}

static int slice_pwrite(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e)
{
	struct slice *s = (struct slice *)d;

	return disk_pwrite(s->below, buf, n, s->start + off, e);
}

static int slice_zero(struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	struct slice *s = (struct slice *)d;

	return disk_zero(s->below, n, s->start + off, e);
}

static int slice_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct slice *s = (struct slice *)d;

	return disk_extent(s->below, n, s->start + off, x, e);
}

static int slice_flush(struct disk *d, struct err *e)
{
	return disk_flush(((struct slice *)d)->below, e);
}

static void plain_close(struct disk *d)
{
	free(d);
}

static const struct disk_ops slice_ops = {
	.name = "slice",
	.pread = slice_pread,
	.pwrite = slice_pwrite,
	.zero = slice_zero,
	.extent = slice_extent,
	.flush = slice_flush,
	.close = plain_close,
};

int disk_slice(struct disk *below, uint64_t off, uint64_t size, struct disk **out, struct err *e)
{
	struct slice *s;

	if (!range_inside(off, size, below->size))
		return err_set(e, EINVAL,
			       "%" PRIu64 " bytes at %" PRIu64 " are not inside a disk of %" PRIu64,
			       size, off, below->size);
	s = xcalloc(1, sizeof *s);
	s->disk = (struct disk){.ops = &slice_ops, .size = size, .readonly = below->readonly};
	s->below = below;
	s->start = off;
	*out = &s->disk;
	return 0;
}

int disk_file_range(const struct disk *d, uint64_t *off)
{
	*off = 0;
	while (d->ops == &slice_ops) {
		*off += ((const struct slice *)d)->start;
		d = ((const struct slice *)d)->below;
	}
	return disk_raw_descriptor(d);
}

/* ---- hole ---- */

static int hole_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	(void)d;
	(void)off;
	(void)e;
	memset(buf, 0, n);
	return 0;
}

static int hole_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	(void)d;
	(void)off;
	(void)e;
	*x = (struct extent){n, EXTENT_HOLE};
	return 0;
}

static const struct disk_ops hole_ops = {
	.name = "hole",
	.pread = hole_pread,
	.extent = hole_extent,
	.close = plain_close,
};

struct disk *disk_hole(uint64_t size)
{
	struct disk *d = xcalloc(1, sizeof *d);

	*d = (struct disk){.ops = &hole_ops, .size = size, .readonly = true};
	return d;
}

/* ---- longer ---- */

struct longer {
	struct disk disk, *below;
};

/* How much of the range the disk below has. */
static uint64_t part_below(const struct longer *l, uint64_t n, uint64_t off)
{
	uint64_t left = off < l->below->size ? l->below->size - off : 0;

	return n < left ? n : left;
}

static int longer_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	struct longer *l = (struct longer *)d;
	size_t have = (size_t)part_below(l, n, off);

	memset((uint8_t *)buf + have, 0, n - have);
	return have ? disk_pread(l->below, buf, have, off, e) : 0;
}

static int longer_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct longer *l = (struct longer *)d;
	uint64_t have = part_below(l, n, off);

	*x = (struct extent){.len = n, .kind = EXTENT_HOLE};
	return have ? disk_extent(l->below, have, off, x, e) : 0;
}

static void longer_close(struct disk *d)
{
	free(d);
}

static const struct disk_ops longer_ops = {
	.name = "longer",
	.pread = longer_pread,
	.extent = longer_extent,
	.close = longer_close,
};

struct disk *disk_longer(struct disk *below, uint64_t size)
{
	struct longer *l = xcalloc(1, sizeof *l);

	l->disk = (struct disk){.ops = &longer_ops, .size = size, .readonly = true};
	l->below = below;
	return &l->disk;
}

/* ---- until ---- */

struct until {
	struct disk disk, *below;
	const struct stop *stop;
};

static int until_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	struct until *u = (struct until *)d;
	int r = stop_check(u->stop, e);

	return r < 0 ? r : disk_pread(u->below, buf, n, off, e);
}

static int until_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct until *u = (struct until *)d;
	int r = stop_check(u->stop, e);

	return r < 0 ? r : disk_extent(u->below, n, off, x, e);
}

static void until_close(struct disk *d)
{
	free(d);
}

static const struct disk_ops until_ops = {
	.name = "until",
	.pread = until_pread,
	.extent = until_extent,
	.close = until_close,
};

struct disk *disk_until(struct disk *below, const struct stop *stop)
{
	struct until *u = xcalloc(1, sizeof *u);

	u->disk = (struct disk){.ops = &until_ops, .size = below->size, .readonly = true};
	u->below = below;
	u->stop = stop;
	return &u->disk;
}

/* ---- memory ---- */

struct memory {
	struct disk disk;
	uint8_t *bytes;
};

static int memory_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	(void)e;
	memcpy(buf, ((struct memory *)d)->bytes + off, n);
	return 0;
}

static int memory_pwrite(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e)
{
	(void)e;
	memcpy(((struct memory *)d)->bytes + off, buf, n);
	return 0;
}

static int memory_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	const uint8_t *bytes = ((struct memory *)d)->bytes;
	bool zero;
	uint64_t len = 4096 - off % 4096;

	(void)e;
	if (len > n)
		len = n;
	zero = bytes_are_zero(bytes + off, (size_t)len);
	while (len < n) {
		uint64_t part = n - len < 4096 ? n - len : 4096;

		if (bytes_are_zero(bytes + off + len, (size_t)part) != zero)
			break;
		len += part;
	}
	x->len = len;
	x->kind = zero ? EXTENT_ZERO : EXTENT_DATA;
	return 0;
}

static void memory_close(struct disk *d)
{
	free(((struct memory *)d)->bytes);
	free(d);
}

static const struct disk_ops memory_ops = {
	.name = "memory",
	.pread = memory_pread,
	.pwrite = memory_pwrite,
	.extent = memory_extent,
	.close = memory_close,
};

struct disk *disk_memory(uint64_t size)
{
	struct memory *m = xcalloc(1, sizeof *m);

	m->disk = (struct disk){.ops = &memory_ops, .size = size};
	m->bytes = xcalloc(1, size ? (size_t)size : 1);
	return &m->disk;
}

struct disk *disk_memory_of(const void *data, size_t size)
{
	struct disk *d = disk_memory(size);

	if (size > 0)
		memcpy(disk_memory_bytes(d), data, size);
	return d;
}

uint8_t *disk_memory_bytes(struct disk *d)
{
	return ((struct memory *)d)->bytes;
}

/* ---- fault ---- */

struct fault {
	struct disk disk, *below;
	enum fault_kind kind;
	uint64_t nth;
	int code;
	atomic_ullong seen;
};

static int fault_now(struct disk *d, enum fault_kind kind, struct err *e)
{
	struct fault *f = (struct fault *)d;

	if (f->kind != FAULT_ANY && f->kind != kind)
		return 0;
	if (atomic_fetch_add(&f->seen, 1) + 1 != f->nth)
		return 0;
	return err_sys(e, f->code, "injected fault");
}

static int fault_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	int r = fault_now(d, FAULT_READ, e);

	return r < 0 ? r : disk_pread(((struct fault *)d)->below, buf, n, off, e);
}

static int fault_pwrite(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e)
{
	int r = fault_now(d, FAULT_WRITE, e);

	return r < 0 ? r : disk_pwrite(((struct fault *)d)->below, buf, n, off, e);
}

static int fault_zero(struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	int r = fault_now(d, FAULT_ZERO, e);

	return r < 0 ? r : disk_zero(((struct fault *)d)->below, n, off, e);
}

static int fault_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	int r = fault_now(d, FAULT_EXTENT, e);

	return r < 0 ? r : disk_extent(((struct fault *)d)->below, n, off, x, e);
}

static int fault_flush(struct disk *d, struct err *e)
{
	int r = fault_now(d, FAULT_FLUSH, e);

	return r < 0 ? r : disk_flush(((struct fault *)d)->below, e);
}

static const struct disk_ops fault_ops = {
	.name = "fault",
	.pread = fault_pread,
	.pwrite = fault_pwrite,
	.zero = fault_zero,
	.extent = fault_extent,
	.flush = fault_flush,
	.close = plain_close,
};

struct disk *disk_fault(struct disk *below, enum fault_kind kind, uint64_t nth, int code)
{
	struct fault *f = xcalloc(1, sizeof *f);

	f->disk =
		(struct disk){.ops = &fault_ops, .size = below->size, .readonly = below->readonly};
	f->below = below;
	f->kind = kind;
	f->nth = nth;
	f->code = code;
	return &f->disk;
}
