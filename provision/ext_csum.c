/* What tune2fs -U does for a filesystem with metadata_csum and no seed, in one pass over the inode tables.
 * It runs twice: first to see that every checksum is right, so that damage is not made to look whole, then to write. */
#include "provision/ext_csum.h"

#include "provision/ext_walk.h"

#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	I_MODE = 0,
	I_LINKS = 0x1a,
	I_FLAGS = 0x20,
	I_GENERATION = 0x64,
	I_FILE_ACL = 0x68,
	I_FILE_ACL_HIGH = 0x76,
	I_CSUM_LO = 0x7c,
	I_EXTRA = 0x80,
	I_CSUM_HI = 0x82,
	EA_CSUM = 0x10,
	MMP_CSUM = 1020,
	DATA_MAX = 1 << 20,
};

struct reseed {
	struct ext *x;
	struct disk *disk;
	uint32_t from, to;
	unsigned block, inode_size;
	bool write;
	/* The inode being done. */
	uint32_t ino, ino_from, ino_to;
	const uint8_t *inode;
	uint8_t *room; /* DATA_MAX bytes, for directory blocks */
};

static int wrong(const struct reseed *s, const char *what, struct err *e)
{
	return err_set(e, EUCLEAN,
		       "ext4: the checksum of %s of inode %u is wrong: run e2fsck -f first", what,
		       s->ino);
}

uint32_t ext_crc_le32(uint32_t crc, uint32_t v)
{
	uint8_t b[4];

	put_le32(b, v);
	return crc32c(crc, b, sizeof b);
}

uint32_t ext_crc_le64(uint32_t crc, uint64_t v)
{
	uint8_t b[8];

	put_le64(b, v);
	return crc32c(crc, b, sizeof b);
}

/* ---- blocks with one 32-bit checksum somewhere ---- */

/* Bytes [0, n), and what stands for the checksum itself, with a seed. */
struct summed {
	const uint8_t *p;
	size_t n;
	size_t more; /* bytes behind n, from p + n on, then four zeros (htree) */
};

static uint32_t sum(uint32_t seed, const struct summed *b)
{
	seed = crc32c(seed, b->p, b->n);
	if (b->more) {
		seed = crc32c(seed, b->p + b->more, 4);
		seed = ext_crc_le32(seed, 0);
	}
	return seed;
}

/* at: where the checksum is. Changed already (a shared block) is right too. */
static int resum(struct reseed *s, const struct summed *b, uint8_t *at, const char *what,
		 struct err *e)
{
	uint32_t now = le32(at), want = sum(s->ino_to, b);

	if (now != want && now != sum(s->ino_from, b))
		return wrong(s, what, e);
	put_le32(at, want);
	return 0;
}

static int put_block(struct reseed *s, uint64_t block, const uint8_t *p, size_t n, struct err *e)
{
	return s->write ? disk_pwrite(s->disk, p, n, block * s->block, e) : 0;
}

/* ---- directories ---- */

static unsigned rec_len(const struct reseed *s, const uint8_t *p)
{
	unsigned n = le16(p + 4);

	if (s->block == 65536 && (n == 0 || n == 65535))
		return 65536;
	return n;
}

/* A leaf's last twelve bytes look like an unused entry of a type that is none. */
static bool has_tail(const struct reseed *s, const uint8_t *p)
{
	const uint8_t *tail = p + s->block - 12;
	unsigned at = 0;

	if (le32(tail) != 0 || le16(tail + 4) != 12 || le16(tail + 6) != 0xde00)
		return false;
	while (at < s->block - 12) {
		unsigned n = rec_len(s, p + at);

		if (n < 8 || n % 4)
			return false;
		at += n;
	}
	return at == s->block - 12;
}

/* Where an index block's limit and count are, or 0. */
static unsigned countlimit(const struct reseed *s, const uint8_t *p)
{
	if (rec_len(s, p) == s->block)
		return 8;
	if (rec_len(s, p) == 12 && rec_len(s, p + 12) == s->block - 12 && le32(p + 24) == 0 &&
	    p[24 + 5] == 8)
		return 32;
	return 0;
}

static int index_block(struct reseed *s, uint8_t *p, struct err *e)
{
	unsigned at = countlimit(s, p), limit, count, tail;
	struct summed b = {.p = p};

	if (!at)
		return wrong(s, "a directory block", e);
	limit = le16(p + at);
	count = le16(p + at + 2);
	tail = at + limit * 8;
	if (tail + 8 > s->block || count > limit)
		return wrong(s, "an index block", e);
	b.n = at + (size_t)count * 8;
	b.more = tail;
	return resum(s, &b, p + tail + 4, "an index block", e);
}

static int dir_block(struct reseed *s, uint8_t *p, struct err *e)
{
	struct summed b = {.p = p, .n = s->block - 12};

	if (has_tail(s, p))
		return resum(s, &b, p + s->block - 4, "a directory block", e);
	return index_block(s, p, e);
}

static int dir_run(struct reseed *s, const struct ext_piece *run, struct err *e)
{
	uint64_t each = DATA_MAX / s->block;

	for (uint64_t at = 0; at < run->count; at += each) {
		uint64_t n = run->count - at < each ? run->count - at : each;
		size_t bytes = (size_t)(n * s->block);
		int r = disk_pread(s->disk, s->room, bytes, (run->block + at) * s->block, e);

		for (size_t i = 0; i < bytes && r == 0; i += s->block)
			r = dir_block(s, s->room + i, e);
		if (r == 0)
			r = put_block(s, run->block + at, s->room, bytes, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the orphan file ---- */

static int orphan_run(struct reseed *s, const struct ext_piece *run, struct err *e)
{
	for (uint64_t at = 0; at < run->count; at++) {
		struct summed b = {.p = s->room, .n = s->block - 8};
		struct reseed one = *s;
		int r = disk_pread(s->disk, s->room, s->block, (run->block + at) * s->block, e);

		one.ino_from = ext_crc_le64(s->ino_from, run->block + at);
		one.ino_to = ext_crc_le64(s->ino_to, run->block + at);
		if (r == 0)
			r = resum(&one, &b, s->room + s->block - 4, "the orphan file", e);
		if (r == 0)
			r = put_block(s, run->block + at, s->room, s->block, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- inodes ---- */

static int piece(void *arg, const struct ext_piece *p, struct err *e)
{
	struct reseed *s = arg;
	struct summed b = {.p = p->node};
	uint8_t *tail;
	int r;

	if (!p->node && p->unwritten)
		return 0;
	if (!p->node && s->ino == s->x->e2->super->s_orphan_file_inum)
		return orphan_run(s, p, e);
	if (!p->node)
		return dir_run(s, p, e);
	b.n = 12 + (size_t)le16(p->node + 4) * 12;
	if (b.n + 4 > s->block)
		return wrong(s, "an extent block", e);
	tail = p->node + b.n;
	r = resum(s, &b, tail, "an extent block", e);
	return r < 0 ? r : put_block(s, p->block, p->node, s->block, e);
}

static int blocks_of(struct reseed *s, struct err *e)
{
	unsigned type = le16(s->inode + I_MODE) & LINUX_S_IFMT;
	bool is_orphan_file =
		(s->x->e2->super->s_feature_compat & EXT4_FEATURE_COMPAT_ORPHAN_FILE) &&
		s->ino == s->x->e2->super->s_orphan_file_inum;
	struct ext_walk w = {
		.disk = s->disk,
		.block_size = s->block,
		.blocks = ext2fs_blocks_count(s->x->e2->super),
		.limit = EXT_RUNS_MAX,
		.nodes_only = type != LINUX_S_IFDIR && !is_orphan_file,
		.visit = piece,
		.arg = s,
	};

	if (!ext_has_blocks(s->inode) ||
	    (w.nodes_only && !(le32(s->inode + I_FLAGS) & EXT4_EXTENTS_FL)))
		return 0;
	return ext_walk_inode(&w, s->inode, e);
}

static int attributes_of(struct reseed *s, struct err *e)
{
	uint64_t block = le32(s->inode + I_FILE_ACL) | (uint64_t)le16(s->inode + I_FILE_ACL_HIGH)
							       << 32;
	struct reseed by_block = *s;
	struct summed b = {.p = s->room, .n = s->block};
	uint32_t was;
	int r;

	if (!block)
		return 0;
	if (block >= ext2fs_blocks_count(s->x->e2->super))
		return wrong(s, "the attribute block", e);
	r = disk_pread(s->disk, s->room, s->block, block * s->block, e);
	if (r < 0)
		return r;
	/* Inodes share these blocks: the seed is the block's number, and the sum is over a zero in its own place. */
	by_block.ino_from = ext_crc_le64(s->from, block);
	by_block.ino_to = ext_crc_le64(s->to, block);
	was = le32(s->room + EA_CSUM);
	put_le32(s->room + EA_CSUM, 0);
	if (was != sum(by_block.ino_to, &b) && was != sum(by_block.ino_from, &b))
		return wrong(s, "the attribute block", e);
	put_le32(s->room + EA_CSUM, sum(by_block.ino_to, &b));
	return put_block(s, block, s->room, s->block, e);
}

static bool has_high(const struct reseed *s, const uint8_t *p)
{
	return s->inode_size > 128 && le16(p + I_EXTRA) >= 4;
}

/* The inode's own checksum, over zeros in its own place. */
static int resum_inode(struct reseed *s, uint8_t *p, struct err *e)
{
	bool high = has_high(s, p);
	uint32_t was = le16(p + I_CSUM_LO) | (high ? (uint32_t)le16(p + I_CSUM_HI) << 16 : 0);
	uint32_t mask = high ? UINT32_MAX : UINT16_MAX, old, now;

	put_le16(p + I_CSUM_LO, 0);
	if (high)
		put_le16(p + I_CSUM_HI, 0);
	old = crc32c(s->ino_from, p, s->inode_size);
	now = crc32c(s->ino_to, p, s->inode_size);
	/* A deleted inode's checksum tells nothing, and is put right. */
	if ((old & mask) != was && le16(p + I_LINKS))
		return wrong(s, "the record", e);
	put_le16(p + I_CSUM_LO, (uint16_t)now);
	if (high)
		put_le16(p + I_CSUM_HI, (uint16_t)(now >> 16));
	return 0;
}

static int one_inode(struct reseed *s, uint32_t ino, uint8_t *p, struct err *e)
{
	bool used = le16(p + I_LINKS) || ino < EXT2_FIRST_INODE(s->x->e2->super);
	uint32_t generation = le32(p + I_GENERATION);
	int r;

	s->ino = ino;
	s->inode = p;
	s->ino_from = ext_crc_le32(ext_crc_le32(s->from, ino), generation);
	s->ino_to = ext_crc_le32(ext_crc_le32(s->to, ino), generation);
	r = resum_inode(s, p, e);
	if (r == 0 && used)
		r = blocks_of(s, e);
	if (r == 0 && used)
		r = attributes_of(s, e);
	return r;
}

/* One group's inode table, as far as it was ever used. */
static int one_group(struct reseed *s, dgrp_t g, struct err *e)
{
	const struct ext2_super_block *sb = s->x->e2->super;
	uint32_t unused = ext2fs_bg_itable_unused(s->x->e2, g), n = sb->s_inodes_per_group;
	uint64_t at = ext2fs_inode_table_loc(s->x->e2, g) * s->block;
	SCOPED(free_at) uint8_t *table = NULL;
	size_t bytes;
	int r;

	if (ext2fs_bg_flags_test(s->x->e2, g, EXT2_BG_INODE_UNINIT) || unused >= n)
		return 0;
	n -= unused;
	bytes = (size_t)n * s->inode_size;
	if (!range_inside(at, bytes, s->disk->size))
		return err_set(e, EUCLEAN, "ext4: an inode table outside the filesystem");
	table = xmalloc(bytes);
	r = disk_pread(s->disk, table, bytes, at, e);
	for (uint32_t i = 0; i < n && r == 0; i++) {
		uint8_t *p = table + (size_t)i * s->inode_size;

		if (!bytes_are_zero(p, s->inode_size))
			r = one_inode(s, g * sb->s_inodes_per_group + i + 1, p, e);
	}
	return r == 0 && s->write ? disk_pwrite(s->disk, table, bytes, at, e) : r;
}

static int mmp_block(struct reseed *s, struct err *e)
{
	const struct ext2_super_block *sb = s->x->e2->super;
	struct summed b = {.p = s->room, .n = MMP_CSUM};
	int r;

	if (!(sb->s_feature_incompat & EXT4_FEATURE_INCOMPAT_MMP))
		return 0;
	if (!range_inside(sb->s_mmp_block, 1, ext2fs_blocks_count(s->x->e2->super)))
		return err_set(e, EUCLEAN, "ext4: the MMP block is outside the filesystem");
	r = disk_pread(s->disk, s->room, s->block, sb->s_mmp_block * s->block, e);
	s->ino = 0;
	s->ino_from = s->from;
	s->ino_to = s->to;
	if (r == 0)
		r = resum(s, &b, s->room + MMP_CSUM, "the MMP block", e);
	return r < 0 ? r : put_block(s, sb->s_mmp_block, s->room, s->block, e);
}

static int pass(struct reseed *s, struct err *e)
{
	int r = mmp_block(s, e);

	for (dgrp_t g = 0; g < s->x->e2->group_desc_count && r == 0; g++)
		r = one_group(s, g, e);
	return r;
}

int ext_reseed(struct ext *x, uint32_t from, uint32_t to, struct err *e)
{
	SCOPED(free_at) uint8_t *room = xmalloc(DATA_MAX);
	struct reseed s = {
		.x = x,
		.disk = x->fs.disk,
		.from = from,
		.to = to,
		.block = x->e2->blocksize,
		.inode_size = EXT2_INODE_SIZE(x->e2->super),
		.room = room,
	};
	int r = pass(&s, e);

	if (r < 0)
		return r;
	s.write = true;
	r = pass(&s, e);
	/* What libext2fs keeps of inodes has the old checksums. */
	ext2fs_flush_icache(x->e2);
	return r;
}
