/* An XFS log is a ring of blocks, each marked with the number of the round it was written in: the head is where that
 * number drops. Before the head of a clean log stands one record, of the unmount. */
#include "provision/guestfs_xfs_log.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>

enum {
	BLOCK = 512,
	RECORD_MAX = 1 << 20, /* more than any record of 256 KiB and its headers */
	MAGIC = 0,
	CYCLE = 4,
	VERSION = 8,
	LEN = 12,
	CRC = 32,
	OPS = 40,
	FS_UUID = 304,
	SIZE = 320,
	HEADER = 328, /* what the checksum covers; 324 when a 32-bit kernel wrote it */
	HEADER_32 = 324,
	EXT_HEADER = 260,
	PART = 32 << 10,     /* a header block holds the cycles of so much */
	CHUNK = 128 * BLOCK, /* read at once when all is looked at */
	OP_FLAGS = 9,
	OP_UNMOUNT = 0x20,
};

static const uint32_t record_magic = 0xfeedbabe;

static int read_block(struct disk *d, const struct xfs_log *log, uint64_t block, uint8_t *out,
		      struct err *e)
{
	return disk_pread(d, out, BLOCK, log->at + block * BLOCK, e);
}

static int cycle_of(struct disk *d, const struct xfs_log *log, uint64_t block, uint32_t *out,
		    struct err *e)
{
	uint8_t b[BLOCK];
	int r = read_block(d, log, block, b, e);

	*out = be32(b) == record_magic ? be32(b + CYCLE) : be32(b);
	return r;
}

/* The first block of the last one's round; 0 when all are of one. */
static int find_head(struct disk *d, const struct xfs_log *log, uint64_t *head, struct err *e)
{
	uint64_t low = 0, high = log->size / BLOCK - 1;
	uint32_t first = 0, last = 0, cycle;
	int r = cycle_of(d, log, 0, &first, e);

	*head = 0;
	if (r == 0)
		r = cycle_of(d, log, high, &last, e);
	if (r < 0 || first == last)
		return r;
	while (r == 0 && high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		r = cycle_of(d, log, middle, &cycle, e);
		if (cycle == last)
			high = middle;
		else
			low = middle;
	}
	*head = high;
	return r;
}

static int not_clean(struct err *e)
{
	return err_set(e, EBUSY,
		       "xfs: it was not unmounted cleanly: what waits in its log comes first");
}

/* The nearest record header before the head. */
static int find_record(struct disk *d, const struct xfs_log *log, uint64_t head, uint64_t *block,
		       uint8_t *b, struct err *e)
{
	uint64_t blocks = log->size / BLOCK;

	for (uint64_t i = 1; i <= RECORD_MAX / BLOCK && i <= blocks; i++) {
		int r;

		*block = (head + blocks - i) % blocks;
		r = read_block(d, log, *block, b, e);
		if (r < 0)
			return r;
		if (be32(b) == record_magic)
			return 0;
	}
	return err_set(e, EUCLEAN, "xfs: there is no record before the head of its log");
}

static uint32_t header_blocks(const uint8_t *b)
{
	uint32_t size = be32(b + SIZE);

	return be32(b + VERSION) & 2 && size > PART ? (size + PART - 1) / PART : 1;
}

int xfs_log_tail(struct disk *d, const struct xfs_log *log, struct xfs_unmount *out, struct err *e)
{
	uint64_t blocks = log->size / BLOCK, head = 0, end;
	struct xfs_unmount u = {0};
	uint8_t b[BLOCK];
	uint32_t first;
	int r;

	if (blocks < 2 || !range_inside(log->at, log->size, d->size))
		return err_set(e, EUCLEAN, "xfs: its log is not inside the filesystem");
	r = cycle_of(d, log, 0, &first, e);
	if (r == 0 && first == 0) {
		*out = u;
		return 0;
	}
	if (r == 0)
		r = find_head(d, log, &head, e);
	if (r == 0)
		r = find_record(d, log, head, &u.block, b, e);
	if (r < 0)
		return r;
	u.headers = header_blocks(b);
	u.size = be32(b + LEN);
	if (!u.size || u.size > RECORD_MAX || u.headers > 2 * RECORD_MAX / PART)
		return err_set(e, EUCLEAN, "xfs: the last record of its log has no sensible size");
	end = u.block + u.headers + (u.size + BLOCK - 1) / BLOCK;
	if (end % blocks != head || be32(b + OPS) != 1)
		return not_clean(e);
	r = read_block(d, log, (u.block + u.headers) % blocks, b, e);
	if (r < 0)
		return r;
	if (!(b[OP_FLAGS] & OP_UNMOUNT))
		return not_clean(e);
	*out = u;
	return 0;
}

/* Of a record in one piece. The data are summed as they stand on the disk. */
static uint32_t record_crc(uint8_t *record, const struct xfs_unmount *u, size_t header)
{
	uint32_t was = le32(record + CRC), crc;

	put_le32(record + CRC, 0);
	crc = crc32c(~0U, record, header);
	put_le32(record + CRC, was);
	for (uint32_t i = 1; i < u->headers && i * PART < u->size; i++)
		crc = crc32c(crc, record + (size_t)i * BLOCK, EXT_HEADER);
	return ~crc32c(crc, record + (size_t)u->headers * BLOCK, u->size);
}

/* The ring's end may be in the middle of it. */
static int read_record(struct disk *d, const struct xfs_log *log, const struct xfs_unmount *u,
		       uint8_t *record, struct err *e)
{
	size_t n = u->headers + (u->size + BLOCK - 1) / BLOCK;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = read_block(d, log, (u->block + i) % (log->size / BLOCK), record + i * BLOCK, e);
	return r;
}

int xfs_log_set_uuid(struct disk *d, const struct xfs_log *log, const struct xfs_unmount *u,
		     const struct uuid *uuid, struct err *e)
{
	size_t header = HEADER;
	uint32_t old;
	uint8_t *b;
	int r;

	if (!u->size)
		return 0;
	SCOPED(free_at)
	uint8_t *record = xcalloc(u->headers + (u->size + BLOCK - 1) / BLOCK, BLOCK);

	b = record;
	r = read_record(d, log, u, b, e);
	if (r < 0)
		return r;
	old = le32(b + CRC);
	if (old && record_crc(b, u, HEADER) != old)
		header = HEADER_32;
	if (old && record_crc(b, u, header) != old)
		return err_set(e, EUCLEAN, "xfs: the checksum of its log's last record is wrong");
	memcpy(b + FS_UUID, uuid->bytes, sizeof uuid->bytes);
	if (old)
		put_le32(b + CRC, record_crc(b, u, header));
	return disk_pwrite(d, b, BLOCK, log->at + u->block * BLOCK, e);
}

static bool in_record(const struct xfs_log *log, const struct xfs_unmount *u, uint64_t block)
{
	uint64_t blocks = log->size / BLOCK, n = u->headers + (u->size + BLOCK - 1) / BLOCK;

	return (block + blocks - u->block) % blocks < n;
}

/* Only its cycle is left of a block: by that the head is found. True when there was more. */
static bool blank_block(uint8_t *b)
{
	bool header = be32(b) == record_magic;

	if (!header && bytes_are_zero(b + 4, BLOCK - 4))
		return false;
	if (header)
		memcpy(b, b + CYCLE, 4);
	memset(b + 4, 0, BLOCK - 4);
	return true;
}

int xfs_log_blank(struct disk *d, const struct xfs_log *log, const struct xfs_unmount *u,
		  struct err *e)
{
	SCOPED(free_at) uint8_t *b = xmalloc(CHUNK);
	struct extent x;

	for (uint64_t at = 0; u->size && at < log->size; at += x.len) {
		uint64_t left = log->size - at;
		bool changed = false;
		int r = disk_extent(d, left < CHUNK ? left : CHUNK, log->at + at, &x, e);

		if (r < 0)
			return r;
		if (x.kind != EXTENT_DATA && x.len >= BLOCK) {
			x.len -= x.len % BLOCK;
			continue;
		}
		x.len = x.len < BLOCK ? BLOCK : x.len - x.len % BLOCK;
		r = disk_pread(d, b, x.len, log->at + at, e);
		for (size_t i = 0; r == 0 && i < x.len; i += BLOCK)
			if (!in_record(log, u, (at + i) / BLOCK))
				changed |= blank_block(b + i);
		if (r == 0 && changed)
			r = disk_pwrite(d, b, x.len, log->at + at, e);
		if (r < 0)
			return r;
	}
	return 0;
}
