/* Chunks as one disk. */
#include "templates/disk_concat.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <errno.h>
#include <stdlib.h>

struct concat {
	struct disk disk;
	struct disk **parts;
	uint64_t *starts;
	size_t count;
};

static size_t part_at(const struct concat *c, uint64_t off)
{
	size_t low = 0, high = c->count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (c->starts[mid] <= off)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static int concat_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	struct concat *c = (struct concat *)d;
	uint8_t *to = buf;

	while (n > 0) {
		size_t i = part_at(c, off);
		uint64_t inside = off - c->starts[i], left = c->parts[i]->size - inside;
		size_t now = n < left ? n : (size_t)left;
		int r = disk_pread(c->parts[i], to, now, inside, e);

		if (r < 0)
			return r;
		to += now;
		off += now;
		n -= now;
	}
	return 0;
}

static int concat_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct concat *c = (struct concat *)d;
	size_t i = part_at(c, off);
	uint64_t inside = off - c->starts[i], left = c->parts[i]->size - inside;

	return disk_extent(c->parts[i], n < left ? n : left, inside, x, e);
}

static void concat_close(struct disk *d)
{
	struct concat *c = (struct concat *)d;

	for (size_t i = 0; i < c->count; i++)
		disk_close(c->parts[i]);
	free(c->parts);
	free(c->starts);
	free(c);
}

static const struct disk_ops concat_ops = {
	.name = "chunks",
	.pread = concat_pread,
	.extent = concat_extent,
	.close = concat_close,
};

int disk_concat(struct disk **parts, size_t count, struct disk **out, struct err *e)
{
	struct concat *c = xcalloc(1, sizeof *c);

	c->disk.ops = &concat_ops;
	c->disk.readonly = true;
	c->parts = xcalloc(count + 1, sizeof *c->parts);
	c->starts = xcalloc(count + 1, sizeof *c->starts);
	c->count = 0;
	for (size_t i = 0; i < count; i++) {
		/* An empty part would never be found by offset, and is not looked for. */
		if (parts[i]->size == 0) {
			disk_close(parts[i]);
			continue;
		}
		c->starts[c->count] = c->disk.size;
		c->parts[c->count++] = parts[i];
		if (add_fits(c->disk.size, parts[i]->size, &c->disk.size) &&
		    c->disk.size <= INT64_MAX)
			continue;
		while (++i < count)
			disk_close(parts[i]);
		concat_close(&c->disk);
		return err_set(e, EINVAL, "the chunks are larger than any file");
	}
	*out = &c->disk;
	return 0;
}
