/* The overlay driver: a radix tree of 64-way nodes over the 4 KiB blocks of a disk. */
#include "templates/disk_overlay.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { FAN_BITS = 6, FAN = 1 << FAN_BITS };

struct node {
	void *slot[FAN]; /* nodes, or blocks in the lowest */
};

struct overlay {
	struct disk disk, *below;
	struct node *root;
	unsigned levels; /* nodes from the root down to a block */
	uint64_t count;
};

/* A block known to be zero: only its address matters. */
static uint8_t zero_block[1];

static unsigned slot_of(uint64_t block, unsigned level)
{
	return (unsigned)(block >> (level * FAN_BITS)) & (FAN - 1);
}

static const uint8_t *find_block(const struct overlay *o, uint64_t block)
{
	const struct node *n = o->root;

	for (unsigned level = o->levels - 1; n && level > 0; level--)
		n = n->slot[slot_of(block, level)];
	return n ? n->slot[slot_of(block, 0)] : NULL;
}

/* Where the block's address is kept, with the nodes on the way. */
static void **make_slot(struct overlay *o, uint64_t block)
{
	struct node **at = &o->root;

	for (unsigned level = o->levels; level-- > 0;) {
		if (!*at)
			*at = xcalloc(1, sizeof **at);
		if (level == 0)
			break;
		at = (struct node **)&(*at)->slot[slot_of(block, level)];
	}
	return &(*at)->slot[slot_of(block, 0)];
}

static uint32_t block_len(const struct overlay *o, uint64_t block)
{
	uint64_t left = o->disk.size - block * OVERLAY_BLOCK;

	return left < OVERLAY_BLOCK ? (uint32_t)left : OVERLAY_BLOCK;
}

static uint64_t part_of(uint64_t n, uint64_t off)
{
	uint64_t left = OVERLAY_BLOCK - off % OVERLAY_BLOCK;

	return n < left ? n : left;
}

/* The run of blocks from off on that are all changed, or all not: for these, below is asked once. */
static uint64_t same_run(const struct overlay *o, uint64_t n, uint64_t off, bool changed)
{
	uint64_t len = part_of(n, off);

	while (len < n && !!find_block(o, (off + len) / OVERLAY_BLOCK) == changed)
		len += part_of(n - len, off + len);
	return len;
}

static int overlay_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	struct overlay *o = (struct overlay *)d;
	uint8_t *to = buf;

	if (o->count == 0)
		return disk_pread(o->below, buf, n, off, e);
	while (n > 0) {
		const uint8_t *block = find_block(o, off / OVERLAY_BLOCK);
		size_t part = block ? (size_t)part_of(n, off) : (size_t)same_run(o, n, off, false);
		int r = 0;

		if (block == zero_block)
			memset(to, 0, part);
		else if (block)
			memcpy(to, block + off % OVERLAY_BLOCK, part);
		else
			r = disk_pread(o->below, to, part, off, e);
		if (r < 0)
			return r;
		to += part;
		off += part;
		n -= part;
	}
	return 0;
}

/* The block's own memory, holding what it holds now unless all of it is about to be written. */
static int own_block(struct overlay *o, uint64_t block, bool whole, uint8_t **out, struct err *e)
{
	const uint8_t *now = find_block(o, block);
	uint8_t *mine;
	void **slot;
	int r = 0;

	if (now && now != zero_block) {
		*out = (uint8_t *)now;
		return 0;
	}
	mine = xcalloc(1, OVERLAY_BLOCK);
	if (!now && !whole)
		r = disk_pread(o->below, mine, block_len(o, block), block * OVERLAY_BLOCK, e);
	if (r < 0) {
		free(mine);
		return r;
	}
	slot = make_slot(o, block);
	o->count += !*slot;
	*slot = mine;
	*out = mine;
	return 0;
}

static int overlay_pwrite(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e)
{
	struct overlay *o = (struct overlay *)d;
	const uint8_t *from = buf;

	while (n > 0) {
		uint64_t block = off / OVERLAY_BLOCK;
		size_t part = (size_t)part_of(n, off);
		uint8_t *mine;
		int r = own_block(o, block, part == block_len(o, block), &mine, e);

		if (r < 0)
			return r;
		memcpy(mine + off % OVERLAY_BLOCK, from, part);
		from += part;
		off += part;
		n -= part;
	}
	return 0;
}

static int zero_part(struct overlay *o, uint64_t block, size_t at, size_t n, struct err *e)
{
	uint8_t *mine;
	void **slot;
	int r;

	if (n == block_len(o, block)) {
		slot = make_slot(o, block);
		o->count += !*slot;
		if (*slot != zero_block)
			free(*slot);
		*slot = zero_block;
		return 0;
	}
	r = own_block(o, block, false, &mine, e);
	if (r == 0)
		memset(mine + at, 0, n);
	return r;
}

static int overlay_zero(struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	while (n > 0) {
		uint64_t part = part_of(n, off);
		int r = zero_part((struct overlay *)d, off / OVERLAY_BLOCK, off % OVERLAY_BLOCK,
				  (size_t)part, e);

		if (r < 0)
			return r;
		off += part;
		n -= part;
	}
	return 0;
}

static int overlay_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct overlay *o = (struct overlay *)d;
	const uint8_t *block;

	if (o->count == 0)
		return disk_extent(o->below, n, off, x, e);
	block = find_block(o, off / OVERLAY_BLOCK);
	if (!block)
		return disk_extent(o->below, same_run(o, n, off, false), off, x, e);
	x->kind = block == zero_block ? EXTENT_ZERO : EXTENT_DATA;
	x->len = part_of(n, off);
	while (x->len < n) {
		const uint8_t *next = find_block(o, (off + x->len) / OVERLAY_BLOCK);

		if (!next || (next == zero_block) != (block == zero_block))
			break;
		x->len += part_of(n - x->len, off + x->len);
	}
	return 0;
}

/* Depth is at most 9: 2^64 bytes in 4 KiB blocks, 6 bits a level. */
static void free_node(struct node *n, unsigned level)
{
	if (!n)
		return;
	for (unsigned i = 0; i < FAN; i++) {
		if (level > 0)
			free_node(n->slot[i], level - 1);
		else if (n->slot[i] != zero_block)
			free(n->slot[i]);
	}
	free(n);
}

void overlay_reset(struct disk *d)
{
	struct overlay *o = (struct overlay *)d;

	free_node(o->root, o->levels - 1);
	o->root = NULL;
	o->count = 0;
}

static void overlay_close(struct disk *d)
{
	overlay_reset(d);
	free(d);
}

static const struct disk_ops overlay_ops = {
	.name = "overlay",
	.pread = overlay_pread,
	.pwrite = overlay_pwrite,
	.zero = overlay_zero,
	.extent = overlay_extent,
	.close = overlay_close,
};

struct disk *disk_overlay(struct disk *below)
{
	struct overlay *o = xcalloc(1, sizeof *o);
	uint64_t blocks = below->size / OVERLAY_BLOCK + 1;

	o->disk = (struct disk){.ops = &overlay_ops, .size = below->size};
	o->below = below;
	o->levels = 1;
	while (o->levels * FAN_BITS < 64 && blocks >> (o->levels * FAN_BITS))
		o->levels++;
	return &o->disk;
}

/* The first block >= from below n, or UINT64_MAX. base is the number of n's first block. */
static uint64_t next_block(const struct node *n, unsigned level, uint64_t base, uint64_t from)
{
	uint64_t each = UINT64_C(1) << (level * FAN_BITS);

	for (unsigned i = 0; i < FAN; i++, base += each) {
		uint64_t found;

		if (!n->slot[i] || base + (each - 1) < from)
			continue;
		found = level == 0 ? base : next_block(n->slot[i], level - 1, base, from);
		if (found != UINT64_MAX)
			return found;
	}
	return UINT64_MAX;
}

bool overlay_next(const struct disk *d, uint64_t from, struct overlay_run *run)
{
	const struct overlay *o = (const struct overlay *)d;
	uint64_t block;

	/* The last block may be a short one, and ends with the disk. */
	if (!o->root || from >= o->disk.size)
		return false;
	block = next_block(o->root, o->levels - 1, 0, from / OVERLAY_BLOCK);
	if (block == UINT64_MAX)
		return false;
	run->off = block * OVERLAY_BLOCK;
	run->len = block_len(o, block);
	run->data = find_block(o, block);
	if (run->data == zero_block)
		run->data = NULL;
	return true;
}

uint64_t overlay_count(const struct disk *d)
{
	return ((const struct overlay *)d)->count;
}
