/* A new UUID for ext2/3/4: superblocks, and whatever else the UUID is part of. */
#include "provision/ext_csum.h"
#include "provision/ext_walk.h"

#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"

#include <errno.h>
#include <string.h>

enum {
	J_MAGIC = 0xc03b3998,
	J_SIZE = 1024,
	J_INCOMPAT = 0x28,
	J_UUID = 0x30,
	J_USERS_COUNT = 0x40,
	J_CSUM = 0xfc,
	J_USERS = 0x100,
	J_USERS_MAX = 48,
	J_CSUM_V2_V3 = 0x18,
};

/* ---- the journal's superblock names the filesystem ---- */

static int first_block(void *arg, const struct ext_piece *p, struct err *e)
{
	(void)e;
	if (p->node || p->first)
		return 0;
	*(uint64_t *)arg = p->block;
	return 1;
}

static int journal_block(struct ext *x, uint64_t *block, struct err *e)
{
	struct ext_walk w = {
		.disk = x->fs.disk,
		.block_size = x->e2->blocksize,
		.blocks = ext2fs_blocks_count(x->e2->super),
		.limit = EXT_RUNS_MAX,
		.visit = first_block,
		.arg = block,
	};
	union ext_inode inode;
	int r = ext_inode_read(x, x->e2->super->s_journal_inum, &inode, "the journal", e);

	*block = 0;
	if (r < 0 || !ext_has_blocks(inode.bytes))
		return r;
	r = ext_walk_inode(&w, inode.bytes, e);
	return r < 0 ? r : 0;
}

static int journal_rename(struct ext *x, const uint8_t old[16], const uint8_t new[16],
			  struct err *e)
{
	uint8_t j[J_SIZE];
	uint64_t block;
	uint32_t users;
	int r = x->e2->super->s_journal_inum ? journal_block(x, &block, e) : -ENOENT;

	if (r < 0 || !block)
		return r == -ENOENT ? 0 : r;
	r = disk_pread(x->fs.disk, j, sizeof j, block * x->e2->blocksize, e);
	if (r < 0 || be32(j) != J_MAGIC)
		return r;
	users = be32(j + J_USERS_COUNT);
	if (memcmp(j + J_UUID, old, 16) == 0)
		memcpy(j + J_UUID, new, 16);
	for (uint32_t i = 0; i < users && i < J_USERS_MAX; i++)
		if (memcmp(j + J_USERS + 16 * i, old, 16) == 0)
			memcpy(j + J_USERS + 16 * i, new, 16);
	if (be32(j + J_INCOMPAT) & J_CSUM_V2_V3) {
		put_be32(j + J_CSUM, 0);
		put_be32(j + J_CSUM, crc32c(~UINT32_C(0), j, sizeof j));
	}
	return disk_pwrite(x->fs.disk, j, sizeof j, block * x->e2->blocksize, e);
}

/* ---- checksums ---- */

static int bitmap_sums(struct ext *x, dgrp_t g, uint8_t *room, struct err *e)
{
	const struct ext2_super_block *sb = x->e2->super;
	unsigned block = x->e2->blocksize;
	errcode_t code = 0;
	int r = 0;

	if (!ext2fs_bg_flags_test(x->e2, g, EXT2_BG_BLOCK_UNINIT)) {
		r = disk_pread(x->fs.disk, room, block, ext2fs_block_bitmap_loc(x->e2, g) * block,
			       e);
		code = r < 0 ? 0
			     : ext2fs_block_bitmap_csum_set(x->e2, g, (char *)room,
							    (int)sb->s_clusters_per_group / 8);
	}
	if (r == 0 && !code && !ext2fs_bg_flags_test(x->e2, g, EXT2_BG_INODE_UNINIT)) {
		r = disk_pread(x->fs.disk, room, block, ext2fs_inode_bitmap_loc(x->e2, g) * block,
			       e);
		code = r < 0 ? 0
			     : ext2fs_inode_bitmap_csum_set(x->e2, g, (char *)room,
							    (int)sb->s_inodes_per_group / 8);
	}
	return code ? ext_error(e, code, "ext4", "given a new UUID") : r;
}

/* Descriptors, and with metadata_csum the bitmaps' sums in them. */
static int descriptor_sums(struct ext *x, bool bitmaps, struct err *e)
{
	SCOPED(free_at) uint8_t *room = xmalloc(x->e2->blocksize);

	for (dgrp_t g = 0; g < x->e2->group_desc_count; g++) {
		int r = bitmaps ? bitmap_sums(x, g, room, e) : 0;

		if (r < 0)
			return r;
		ext2fs_group_desc_csum_set(x->e2, g);
	}
	return 0;
}

/* ---- the whole ---- */

enum scope { SUPERBLOCKS, DESCRIPTORS, EVERYTHING };

static enum scope scope_of(const struct ext2_super_block *sb, bool seed)
{
	if (sb->s_feature_incompat & EXT4_FEATURE_INCOMPAT_CSUM_SEED)
		return SUPERBLOCKS;
	if (sb->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_METADATA_CSUM)
		return seed ? SUPERBLOCKS : EVERYTHING;
	return sb->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_GDT_CSUM ? DESCRIPTORS
									 : SUPERBLOCKS;
}

static int allowed(const struct ext2_super_block *sb, enum scope scope, struct err *e)
{
	if (scope == EVERYTHING && (sb->s_feature_incompat & EXT4_FEATURE_INCOMPAT_EA_INODE))
		return err_set(e, ENOTSUP,
			       "ext4: attributes in inodes of their own (ea_inode) are hashed with "
			       "the UUID: possible only with a checksum seed");
	return 0;
}

/* The seed stays what the old UUID made it: nothing else has to change. */
static void keep_seed(struct ext2_super_block *sb)
{
	const uint32_t metadata_csum = EXT4_FEATURE_RO_COMPAT_METADATA_CSUM;

	if (!(sb->s_feature_ro_compat & metadata_csum) ||
	    (sb->s_feature_incompat & EXT4_FEATURE_INCOMPAT_CSUM_SEED))
		return;
	sb->s_checksum_seed = crc32c(~UINT32_C(0), sb->s_uuid, 16);
	sb->s_feature_incompat |= EXT4_FEATURE_INCOMPAT_CSUM_SEED;
}

/* All copies of the superblock, and of the descriptors when they changed. */
static int write_supers(struct ext *x, enum scope scope, struct err *e)
{
	errcode_t code;

	x->e2->flags &= ~(EXT2_FLAG_MASTER_SB_ONLY | EXT2_FLAG_SUPER_ONLY);
	x->e2->flags |= EXT2_FLAG_CHANGED | EXT2_FLAG_DIRTY |
			(scope == SUPERBLOCKS ? EXT2_FLAG_SUPER_ONLY : 0);
	code = ext2fs_flush2(x->e2, EXT2_FLAG_FLUSH_NO_SYNC);
	x->e2->flags &= ~EXT2_FLAG_SUPER_ONLY;
	return code ? ext_error(e, code, "ext4", "given a new UUID") : 0;
}

int ext_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct ext2_super_block *sb = x->e2->super;
	enum scope scope = scope_of(sb, seed);
	uint32_t from = x->e2->csum_seed;
	uint8_t old[16];
	int r = allowed(sb, scope, e);

	if (r == 0)
		r = ext_flush(fs, e);
	if (r == 0 && scope == EVERYTHING)
		r = ext_reseed(x, from, crc32c(~UINT32_C(0), u->bytes, 16), e);
	if (r < 0)
		return r;
	x->pending = true;
	memcpy(old, sb->s_uuid, sizeof old);
	if (scope == SUPERBLOCKS)
		keep_seed(sb);
	memcpy(sb->s_uuid, u->bytes, sizeof old);
	ext2fs_init_csum_seed(x->e2);
	r = journal_rename(x, old, u->bytes, e);
	if (r == 0 && scope != SUPERBLOCKS)
		r = descriptor_sums(x, scope == EVERYTHING, e);
	if (r == 0)
		r = write_supers(x, scope, e);
	if (r == 0)
		uuid_format(u, fs->uuid);
	return r;
}
