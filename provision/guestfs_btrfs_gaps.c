/* In a leaf the items grow from the head and what they hold from the end. The kernel zeroes what is between when it
 * writes a block. The tool that fills a new filesystem from a folder does not: half of a leaf that was split stays in
 * the other half's gap, private keys of small files included. Which parts of the device hold blocks is told by the
 * chunk tree, and where that is by the superblock. */
#include "provision/guestfs_btrfs_gaps.h"
#include "provision/guestfs_btrfs_super.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>

/* Of a block, a key, what follows it in a leaf and above, a chunk and each of its stripes. */
enum {
	ITEMS = 96,
	LEVEL = 100,
	HEAD = 101,
	LEVELS_MAX = 8,
	KEY = 17,
	KEY_TYPE = 8,
	KEY_OFFSET = 9,
	ITEM = 25,
	ITEM_OFFSET = 17,
	ITEM_SIZE = 21,
	POINTER = 33,
	CHUNK_ITEM = 228,
	CHUNK = 48,
	CHUNK_TYPE = 24,
	CHUNK_STRIPES = 44,
	STRIPE = 32,
	STRIPE_OFFSET = 8,
	COPIES_MAX = 2,
};

static const uint64_t is_system = 1 << 1, is_metadata = 1 << 2, is_dup = 1 << 5;

struct chunk {
	uint64_t logical, len;
	uint64_t at[COPIES_MAX]; /* on the device */
	uint32_t copies;
};

struct chunks {
	struct arena *a;
	struct chunk *list;
	size_t n, room;
	uint64_t total; /* of all copies */
};

struct shape {
	struct disk *d;
	const uint8_t *uuid; /* in every block */
	uint32_t sector, node;
	uint16_t csum;
};

/* A walk of the chunk tree: what it found, and the last key it saw. */
struct walk {
	const struct shape *s;
	const struct chunks *system;
	struct chunks found;
	uint8_t last[KEY]; /* zeros, which none is, before the first */
};

static int damaged(struct err *e)
{
	return err_set(e, EUCLEAN, "btrfs: its chunk tree is damaged");
}

static bool is_size(uint32_t v)
{
	return v >= 4096 && v <= 65536 && !(v & (v - 1));
}

static int shape_of(struct shape *s, struct disk *d, const uint8_t *sb, struct err *e)
{
	*s = (struct shape){
		.d = d,
		.uuid = sb + btrfs_uuid_inside(sb),
		.sector = le32(sb + BTRFS_SECTORSIZE),
		.node = le32(sb + BTRFS_NODESIZE),
		.csum = le16(sb + BTRFS_CSUM_TYPE),
	};
	if (!is_size(s->sector) || !is_size(s->node))
		return err_set(e, EUCLEAN, "btrfs: the size of its blocks makes no sense");
	return 0;
}

/* The chunk at a key; of data there is nothing to keep. *used: the bytes it takes of the n there are. */
static int add_chunk(struct chunks *c, const struct shape *s, uint64_t logical, const uint8_t *b,
		     size_t n, size_t *used, struct err *e)
{
	uint64_t type;
	struct chunk *to;
	uint32_t stripes;

	if (n < CHUNK)
		return damaged(e);
	stripes = le16(b + CHUNK_STRIPES);
	type = le64(b + CHUNK_TYPE);
	if (stripes > (n - CHUNK) / STRIPE)
		return damaged(e);
	*used = CHUNK + (size_t)stripes * STRIPE;
	if (!(type & (is_system | is_metadata)))
		return 0;
	/* on one device each stripe is a whole copy */
	if (stripes != (type & is_dup ? 2U : 1U))
		return damaged(e);
	ARENA_GROW(c->a, c->list, c->n, c->room);
	to = &c->list[c->n++];
	*to = (struct chunk){.logical = logical, .len = le64(b), .copies = stripes};
	for (uint32_t i = 0; i < stripes; i++) {
		to->at[i] = le64(b + CHUNK + (size_t)i * STRIPE + STRIPE_OFFSET);
		if (!range_inside(to->at[i], to->len, s->d->size))
			return err_set(e, EUCLEAN, "btrfs: a chunk of it is outside its volume");
		c->total += to->len;
	}
	if (c->total > s->d->size)
		return err_set(e, EUCLEAN, "btrfs: its chunks are larger than its volume");
	return 0;
}

/* The chunks that the chunk tree itself is in. */
static int system_chunks(struct chunks *c, const struct shape *s, const uint8_t *sb, struct err *e)
{
	const uint8_t *b = sb + BTRFS_SYS_CHUNKS;
	size_t left = le32(sb + BTRFS_SYS_CHUNKS_SIZE), used;
	int r = 0;

	if (left > BTRFS_SYS_CHUNKS_MAX)
		return damaged(e);
	while (left && r == 0) {
		if (left < KEY || b[KEY_TYPE] != CHUNK_ITEM)
			return damaged(e);
		r = add_chunk(c, s, le64(b + KEY_OFFSET), b + KEY, left - KEY, &used, e);
		if (r == 0) {
			b += KEY + used;
			left -= KEY + used;
		}
	}
	return r;
}

/* The block of logical address bytenr that is at a place of the device; -ENOENT when it is not there. */
static int read_block(const struct shape *s, uint64_t at, uint64_t bytenr, uint8_t *b,
		      struct err *e)
{
	uint8_t sum[BTRFS_CSUM];
	int r = disk_pread(s->d, b, HEAD, at, e);

	if (r < 0)
		return r;
	if (le64(b + BTRFS_BYTENR) != bytenr || memcmp(b + BTRFS_FSID, s->uuid, 16) != 0)
		return -ENOENT;
	r = disk_pread(s->d, b, s->node, at, e);
	if (r == 0)
		r = btrfs_checksum(s->csum, b, s->node, sum, e);
	return r == 0 && memcmp(sum, b, BTRFS_CSUM) != 0 ? -ENOENT : r;
}

/* From the first copy that is whole. */
static int find_block(const struct shape *s, const struct chunks *c, uint64_t bytenr, uint8_t *b,
		      struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct chunk *in = &c->list[i];

		if (bytenr < in->logical || !range_inside(bytenr - in->logical, s->node, in->len))
			continue;
		for (uint32_t k = 0; k < in->copies; k++) {
			int r = read_block(s, in->at[k] + (bytenr - in->logical), bytenr, b, e);

			if (r != -ENOENT)
				return r;
		}
	}
	return damaged(e);
}

/* What is unused of a block; false when its items do not lie as they must. */
static bool gap_of(const struct shape *s, const uint8_t *b, size_t *from, size_t *to)
{
	size_t n = le32(b + ITEMS), each = b[LEVEL] ? POINTER : ITEM;

	if (n > (s->node - HEAD) / each)
		return false;
	*from = HEAD + n * each;
	*to = s->node;
	if (b[LEVEL])
		return true;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *item = b + HEAD + i * ITEM;
		uint64_t at = HEAD + (uint64_t)le32(item + ITEM_OFFSET);

		if (at + le32(item + ITEM_SIZE) != *to)
			return false;
		*to = at;
	}
	return *from <= *to;
}

static bool key_before(const uint8_t *a, const uint8_t *b)
{
	if (le64(a) != le64(b))
		return le64(a) < le64(b);
	if (a[KEY_TYPE] != b[KEY_TYPE])
		return a[KEY_TYPE] < b[KEY_TYPE];
	return le64(a + KEY_OFFSET) < le64(b + KEY_OFFSET);
}

static int walk_leaf(struct walk *w, const uint8_t *b, struct err *e)
{
	size_t n = le32(b + ITEMS), from, to, used;
	int r = 0;

	if (!n || !gap_of(w->s, b, &from, &to))
		return damaged(e);
	for (size_t i = 0; i < n && r == 0; i++) {
		const uint8_t *item = b + HEAD + i * ITEM;

		/* keys ascend through the whole tree, or a block is in it twice */
		if (!key_before(w->last, item))
			return damaged(e);
		memcpy(w->last, item, KEY);
		if (item[KEY_TYPE] == CHUNK_ITEM)
			r = add_chunk(&w->found, w->s, le64(item + KEY_OFFSET),
				      b + HEAD + le32(item + ITEM_OFFSET), le32(item + ITEM_SIZE),
				      &used, e);
	}
	return r;
}

static int walk(struct walk *w, uint64_t bytenr, uint8_t level, struct err *e)
{
	SCOPED(free_at) uint8_t *b = xmalloc(w->s->node);
	size_t n, from, to;
	int r = find_block(w->s, w->system, bytenr, b, e);

	if (r < 0)
		return r;
	if (b[LEVEL] != level)
		return damaged(e);
	if (!level)
		return walk_leaf(w, b, e);
	n = le32(b + ITEMS);
	if (!n || !gap_of(w->s, b, &from, &to))
		return damaged(e);
	for (size_t i = 0; i < n && r == 0; i++)
		r = walk(w, le64(b + HEAD + i * POINTER + KEY), level - 1, e);
	return r;
}

static int wipe_block(const struct shape *s, uint64_t at, uint8_t *b, struct err *e)
{
	size_t from, to;
	int r;

	if (!gap_of(s, b, &from, &to) || bytes_are_zero(b + from, to - from))
		return 0;
	memset(b + from, 0, to - from);
	r = btrfs_checksum(s->csum, b, s->node, b, e);
	return r < 0 ? r : disk_pwrite(s->d, b, s->node, at, e);
}

/* Every block of one copy of a chunk, also those that are free. */
static int wipe_copy(const struct shape *s, uint64_t logical, uint64_t len, uint64_t at, uint8_t *b,
		     struct err *e)
{
	uint64_t off = 0, stored = 0; /* up to stored there is something */
	int r = 0;

	while (r == 0 && range_inside(off, s->node, len)) {
		if (off >= stored) {
			struct extent x;

			r = disk_extent(s->d, len - off, at + off, &x, e);
			if (r < 0)
				return r;
			if (x.kind != EXTENT_DATA && x.len >= s->sector) {
				off += x.len / s->sector * s->sector;
				continue;
			}
			stored = off + x.len;
		}
		r = read_block(s, at + off, logical + off, b, e);
		if (r == -ENOENT) {
			off += s->sector;
			r = 0;
		} else if (r == 0) {
			r = wipe_block(s, at + off, b, e);
			off += s->node;
		}
	}
	return r;
}

static int wipe_all(const struct shape *s, const struct chunks *c, struct err *e)
{
	SCOPED(free_at) uint8_t *b = xmalloc(s->node);
	int r = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct chunk *in = &c->list[i];

		for (uint32_t k = 0; k < in->copies && r == 0; k++)
			r = wipe_copy(s, in->logical, in->len, in->at[k], b, e);
	}
	return r;
}

int btrfs_gaps_wipe(struct disk *d, const uint8_t *superblock, struct err *e)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct chunks system = {.a = &a};
	struct shape s;
	struct walk w = {.s = &s, .system = &system, .found = {.a = &a}};
	uint8_t level = superblock[BTRFS_CHUNK_ROOT_LEVEL];
	int r = shape_of(&s, d, superblock, e);

	if (r == 0)
		r = system_chunks(&system, &s, superblock, e);
	if (r == 0 && level >= LEVELS_MAX)
		r = damaged(e);
	if (r == 0)
		r = walk(&w, le64(superblock + BTRFS_CHUNK_ROOT), level, e);
	return r < 0 ? r : wipe_all(&s, &w.found, e);
}
