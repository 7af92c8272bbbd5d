/* A folder's first names, and a short link's target, stand in the inode. When it is freed the kernel marks it so and
 * leaves them there. Which inodes are free is told by a tree in each allocation group, whose leaves are linked. */
#include "provision/guestfs_xfs_inodes.h"
#include "provision/guestfs_xfs_super.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>

/* Of the superblock, besides what others read, too. */
enum {
	INODESIZE = 104,
	INOPBLOG = 123,
};

/* Of a group's header, a block of the tree, a record of 64 inodes, and an inode. */
enum {
	AGI_SECTOR = 2,
	AGI_ROOT = 20,
	AGI_LEVEL = 24,
	LEVELS_MAX = 8,
	TREE_LEVEL = 4,
	TREE_RECORDS = 6,
	TREE_RIGHT = 12,
	TREE_HEAD = 16,
	TREE_HEAD_5 = 56,
	RECORD = 16,
	RECORD_HOLES = 4,
	RECORD_FREE = 8,
	CHUNK = 64,
	INODE_MODE = 2,
	INODE_VERSION = 4,
	INODE_CRC = 100,
	INODE_HEAD = 100,
	INODE_HEAD_3 = 176,
};

struct shape {
	uint32_t block, agblocks, ags, sector, inode, in_block_shift;
	bool v5, sparse;
};

static int shape_of(struct shape *s, const uint8_t *sb, struct err *e)
{
	*s = (struct shape){
		.block = be32(sb + XFS_BLOCKSIZE),
		.agblocks = be32(sb + XFS_AGBLOCKS),
		.ags = be32(sb + XFS_AGCOUNT),
		.sector = be16(sb + XFS_SECTSIZE),
		.inode = be16(sb + INODESIZE),
		.in_block_shift = sb[INOPBLOG],
		.v5 = (be16(sb + XFS_VERSION) & 15) == 5,
	};
	s->sparse = s->v5 && be32(sb + XFS_INCOMPAT) & XFS_HAS_SPARSE_INODES;
	if (s->inode < 256 || s->inode > 2048 || s->in_block_shift > 8 ||
	    (uint64_t)s->inode << s->in_block_shift != s->block)
		return err_set(e, EUCLEAN, "xfs: the size of its inodes makes no sense");
	return 0;
}

static uint64_t group_at(const struct shape *s, uint32_t ag)
{
	return (uint64_t)ag * s->agblocks * s->block;
}

static int damaged(uint32_t ag, struct err *e)
{
	return err_set(e, EUCLEAN, "xfs: the inode tree of group %u is damaged", ag);
}

static int read_tree(struct disk *d, const struct shape *s, uint32_t ag, uint32_t block,
		     uint8_t *out, struct err *e)
{
	if (block >= s->agblocks)
		return err_set(e, EUCLEAN, "xfs: the inode tree of group %u leads out of it", ag);
	if (disk_pread(d, out, s->block, group_at(s, ag) + (uint64_t)block * s->block, e) < 0)
		return -EIO;
	if (memcmp(out, s->v5 ? "IAB3" : "IABT", 4) != 0)
		return damaged(ag, e);
	return 0;
}

/* The first leaf of the tree: down the first pointer of each block. */
static int first_leaf(struct disk *d, const struct shape *s, uint32_t ag, uint8_t *b, struct err *e)
{
	uint32_t head = s->v5 ? TREE_HEAD_5 : TREE_HEAD, keys = (s->block - head) / 8, levels;
	int r = disk_pread(d, b, s->sector, group_at(s, ag) + (uint64_t)AGI_SECTOR * s->sector, e);

	if (r < 0)
		return r;
	levels = be32(b + AGI_LEVEL);
	if (memcmp(b, "XAGI", 4) != 0 || !levels || levels > LEVELS_MAX)
		return err_set(e, EUCLEAN, "xfs: the inode header of group %u is damaged", ag);
	r = read_tree(d, s, ag, be32(b + AGI_ROOT), b, e);
	while (r == 0 && --levels) {
		if (be16(b + TREE_LEVEL) != levels)
			return damaged(ag, e);
		r = read_tree(d, s, ag, be32(b + head + (size_t)keys * 4), b, e);
	}
	return r;
}

/* True when there was something. An inode that is not what the tree says, or is damaged, is left alone. */
static bool wipe(const struct shape *s, uint8_t *inode)
{
	bool v3 = inode[INODE_VERSION] == 3;
	size_t head = v3 ? INODE_HEAD_3 : INODE_HEAD;
	uint32_t crc = le32(inode + INODE_CRC);

	if (memcmp(inode, "IN", 2) != 0 || be16(inode + INODE_MODE) || v3 != s->v5 ||
	    bytes_are_zero(inode + head, s->inode - head))
		return false;
	if (v3) {
		put_le32(inode + INODE_CRC, 0);
		if (~crc32c(~0U, inode, s->inode) != crc)
			return false;
	}
	memset(inode + head, 0, s->inode - head);
	if (v3)
		put_le32(inode + INODE_CRC, ~crc32c(~0U, inode, s->inode));
	return true;
}

static int wipe_chunk(struct disk *d, const struct shape *s, uint32_t ag, const uint8_t *record,
		      uint8_t *inodes, struct err *e)
{
	uint32_t first = be32(record), holes = s->sparse ? be16(record + RECORD_HOLES) : 0;
	uint64_t free = be64(record + RECORD_FREE),
		 at = group_at(s, ag) + (uint64_t)first * s->inode;
	int r = 0;

	if (!free)
		return 0;
	if (first >> s->in_block_shift >= s->agblocks)
		return err_set(e, EUCLEAN, "xfs: an inode of group %u is outside it", ag);
	r = disk_pread(d, inodes, (size_t)CHUNK * s->inode, at, e);
	for (uint32_t i = 0; i < CHUNK && r == 0; i++) {
		uint8_t *inode = inodes + (size_t)i * s->inode;

		/* a bit of the holes stands for four */
		if (free >> i & 1 && !(holes >> i / 4 & 1) && wipe(s, inode))
			r = disk_pwrite(d, inode, s->inode, at + (uint64_t)i * s->inode, e);
	}
	return r;
}

/* Records ascend, or the leaves are a ring. */
static int wipe_leaf(struct disk *d, const struct shape *s, uint32_t ag, const uint8_t *b,
		     uint64_t *next, uint8_t *inodes, struct err *e)
{
	uint32_t head = s->v5 ? TREE_HEAD_5 : TREE_HEAD, n = be16(b + TREE_RECORDS);
	int r = 0;

	if (be16(b + TREE_LEVEL) || n > (s->block - head) / RECORD)
		return damaged(ag, e);
	for (uint32_t i = 0; i < n && r == 0; i++) {
		const uint8_t *record = b + head + (size_t)i * RECORD;

		if (be32(record) < *next)
			return damaged(ag, e);
		*next = (uint64_t)be32(record) + CHUNK;
		r = wipe_chunk(d, s, ag, record, inodes, e);
	}
	return r;
}

static int wipe_group(struct disk *d, const struct shape *s, uint32_t ag, uint8_t *b,
		      uint8_t *inodes, struct err *e)
{
	int r = first_leaf(d, s, ag, b, e);
	uint64_t next = 0;

	while (r == 0) {
		uint64_t before = next;
		uint32_t right = be32(b + TREE_RIGHT);

		r = wipe_leaf(d, s, ag, b, &next, inodes, e);
		if (r < 0 || right == UINT32_MAX)
			return r;
		r = next > before ? read_tree(d, s, ag, right, b, e) : damaged(ag, e);
	}
	return r;
}

int xfs_inodes_wipe_free(struct disk *d, const uint8_t *superblock, struct err *e)
{
	struct shape s;
	int r = shape_of(&s, superblock, e);

	if (r < 0)
		return r;
	SCOPED(free_at) uint8_t *b = xmalloc(s.block > s.sector ? s.block : s.sector);
	SCOPED(free_at) uint8_t *inodes = xmalloc((size_t)CHUNK * s.inode);

	for (uint32_t ag = 0; ag < s.ags && r == 0; ag++)
		r = wipe_group(d, &s, ag, b, inodes, e);
	return r;
}
