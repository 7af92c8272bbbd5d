/* libext2fs reads and writes a disk of ours through this. A write that changes nothing is not made, so that an overlay
 * keeps only what is new: libext2fs writes all bitmaps and descriptors when one bit of them changed. */
#include "provision/ext_io.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMPARE = 4096 };

void ext_io_name(const struct disk *d, char out[EXT_IO_NAME])
{
	snprintf(out, EXT_IO_NAME, "disk:%" PRIxPTR, (uintptr_t)d);
}

static errcode_t io_close(io_channel c)
{
	if (--c->refcount > 0)
		return 0;
	free(c->name);
	free(c);
	return 0;
}

static errcode_t io_set_blksize(io_channel c, int size)
{
	c->block_size = size;
	return 0;
}

/* libext2fs gives a negative count for bytes. */
static bool io_range(io_channel c, unsigned long long block, int count, uint64_t *off, uint64_t *n)
{
	struct disk *d = c->private_data;

	*n = count < 0 ? (uint64_t) - (int64_t)count : (uint64_t)count * (unsigned)c->block_size;
	return mul_fits(block, (unsigned)c->block_size, off) && range_inside(*off, *n, d->size);
}

static errcode_t io_read_blk64(io_channel c, unsigned long long block, int count, void *data)
{
	uint64_t off, n;

	if (!io_range(c, block, count, &off, &n)) {
		memset(data, 0, n);
		return EXT2_ET_SHORT_READ;
	}
	return -disk_pread(c->private_data, data, (size_t)n, off, NULL);
}

static errcode_t write_changed(struct disk *d, const uint8_t *from, uint64_t n, uint64_t off)
{
	uint8_t now[COMPARE];

	while (n > 0) {
		size_t part = n < COMPARE ? (size_t)n : COMPARE;
		int r = disk_pread(d, now, part, off, NULL);

		if (r == 0 && memcmp(now, from, part) != 0)
			r = disk_pwrite(d, from, part, off, NULL);
		if (r < 0)
			return -r;
		from += part;
		off += part;
		n -= part;
	}
	return 0;
}

static errcode_t io_write_blk64(io_channel c, unsigned long long block, int count, const void *data)
{
	uint64_t off, n;

	if (!io_range(c, block, count, &off, &n))
		return EXT2_ET_SHORT_WRITE;
	return write_changed(c->private_data, data, n, off);
}

static errcode_t io_read_blk(io_channel c, unsigned long block, int count, void *data)
{
	return io_read_blk64(c, block, count, data);
}

static errcode_t io_write_blk(io_channel c, unsigned long block, int count, const void *data)
{
	return io_write_blk64(c, block, count, data);
}

static errcode_t io_write_byte(io_channel c, unsigned long off, int n, const void *data)
{
	struct disk *d = c->private_data;

	if (n < 0 || !range_inside(off, (uint64_t)n, d->size))
		return EXT2_ET_SHORT_WRITE;
	return write_changed(d, data, (uint64_t)n, off);
}

static errcode_t io_zeroout(io_channel c, unsigned long long block, unsigned long long count)
{
	struct disk *d = c->private_data;
	uint64_t off, n;

	if (!mul_fits(block, (unsigned)c->block_size, &off) ||
	    !mul_fits(count, (unsigned)c->block_size, &n) || !range_inside(off, n, d->size))
		return EXT2_ET_SHORT_WRITE;
	return -disk_zero(d, n, off, NULL);
}

static errcode_t io_flush(io_channel c)
{
	(void)c;
	return 0;
}

static errcode_t io_set_option(io_channel c, const char *option, const char *arg)
{
	(void)c;
	(void)option;
	(void)arg;
	return EXT2_ET_INVALID_ARGUMENT;
}

static errcode_t io_open(const char *name, int flags, io_channel *out)
{
	uintptr_t at;
	io_channel c;

	(void)flags;
	if (sscanf(name, "disk:%" SCNxPTR, &at) != 1)
		return ENODEV;
	c = xcalloc(1, sizeof *c);
	c->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	c->manager = ext_io_manager();
	c->name = xstrdup(name);
	c->block_size = 1024;
	c->refcount = 1;
	c->private_data = (void *)at;
	*out = c;
	return 0;
}

io_manager ext_io_manager(void)
{
	static struct struct_io_manager manager = {
		.magic = EXT2_ET_MAGIC_IO_MANAGER,
		.name = "vmint",
		.open = io_open,
		.close = io_close,
		.set_blksize = io_set_blksize,
		.read_blk = io_read_blk,
		.write_blk = io_write_blk,
		.flush = io_flush,
		.write_byte = io_write_byte,
		.set_option = io_set_option,
		.read_blk64 = io_read_blk64,
		.write_blk64 = io_write_blk64,
		.zeroout = io_zeroout,
	};

	return &manager;
}
