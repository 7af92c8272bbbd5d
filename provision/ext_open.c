/* Opening, flushing and closing ext2/3/4; what may be done to it at all. */
#include "provision/ext.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/ext_journal.h"
#include "templates/disk_overlay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SUPER_AT = 1024, SUPER_SIZE = 1024 };

struct code_row {
	errcode_t code;
	int number;
	const char *text;
};

/* What people meet; any other code of the library means a damaged filesystem. */
static const struct code_row codes[] = {
	{EXT2_ET_FILE_NOT_FOUND, ENOENT, "there is no such file"},
	{EXT2_ET_NO_DIRECTORY, ENOTDIR, "not a directory"},
	{EXT2_ET_DIR_EXISTS, EEXIST, "it exists"},
	{EXT2_ET_FILE_EXISTS, EEXIST, "it exists"},
	{EXT2_ET_BLOCK_ALLOC_FAIL, ENOSPC, "the filesystem is full"},
	{EXT2_ET_INODE_ALLOC_FAIL, ENOSPC, "the filesystem has no inode left"},
	{EXT2_ET_NO_MEMORY, ENOMEM, "out of memory"},
	{EXT2_ET_FILE_TOO_BIG, EFBIG, "the file would be too big"},
	{EXT2_ET_EA_NO_SPACE, ENOSPC, "no room for its attributes"},
	{EXT2_ET_UNSUPP_FEATURE, ENOTSUP, "it has a feature that libext2fs does not know"},
	{EXT2_ET_RO_UNSUPP_FEATURE, ENOTSUP, "it has a feature that libext2fs does not know"},
	{EXT2_ET_SB_CSUM_INVALID, EUCLEAN, "the superblock's checksum is wrong"},
	{EXT2_ET_INODE_CSUM_INVALID, EUCLEAN, "an inode's checksum is wrong"},
	{EXT2_ET_DIR_CSUM_INVALID, EUCLEAN, "a directory block's checksum is wrong"},
	{EXT2_ET_EXTENT_CSUM_INVALID, EUCLEAN, "an extent block's checksum is wrong"},
	{EXT2_ET_EXT_ATTR_CSUM_INVALID, EUCLEAN, "an attribute block's checksum is wrong"},
	{EXT2_ET_BLOCK_BITMAP_CSUM_INVALID, EUCLEAN, "a block bitmap's checksum is wrong"},
	{EXT2_ET_INODE_BITMAP_CSUM_INVALID, EUCLEAN, "an inode bitmap's checksum is wrong"},
	{EXT2_ET_CORRUPT_SUPERBLOCK, EUCLEAN, "the superblock is damaged"},
	{EXT2_ET_DIR_CORRUPTED, EUCLEAN, "a directory is damaged"},
};

int ext_error(struct err *e, errcode_t code, const char *path, const char *verb)
{
	if (code > 0 && code < 4096)
		return err_sys(e, (int)code, "%s: cannot be %s", path, verb);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return err_set(e, codes[i].number, "%s: cannot be %s: %s", path, verb,
				       codes[i].text);
	return err_set(e, EUCLEAN,
		       "%s: cannot be %s: the filesystem is damaged (libext2fs says %ld); "
		       "e2fsck would have to repair it",
		       path, verb, code - EXT2_ET_BASE);
}

/* Numbers that libext2fs would allocate by before it looks at them. */
static int super_check(struct disk *d, struct err *e)
{
	uint8_t sb[SUPER_SIZE];
	uint64_t blocks, bytes, groups;
	uint32_t log;
	int r = d->size < SUPER_AT + SUPER_SIZE ? -EINVAL
						: disk_pread(d, sb, sizeof sb, SUPER_AT, e);

	if (r < 0)
		return d->size < SUPER_AT + SUPER_SIZE
			       ? err_set(e, EINVAL, "ext4: the volume is too small")
			       : r;
	log = le32(sb + 0x18);
	blocks = le32(sb + 4);
	if (le32(sb + 0x60) & EXT4_FEATURE_INCOMPAT_64BIT)
		blocks |= (uint64_t)le32(sb + 0x150) << 32;
	if (le16(sb + 0x38) != EXT2_SUPER_MAGIC || log > 6 || !blocks || !le32(sb + 0x20))
		return err_set(e, EUCLEAN, "ext4: the superblock is damaged");
	if (!mul_fits(blocks, UINT64_C(1024) << log, &bytes) || bytes > d->size)
		return err_set(e, EUCLEAN,
			       "ext4: the filesystem says it has %" PRIu64
			       " blocks, more than its volume of %" PRIu64 " bytes holds",
			       blocks, d->size);
	groups = blocks / le32(sb + 0x20);
	if (groups > EXT_GROUPS_MAX)
		return err_set(e, EUCLEAN, "ext4: %" PRIu64 " block groups are too many", groups);
	if (le32(sb + 0x60) & EXT3_FEATURE_INCOMPAT_JOURNAL_DEV)
		return err_set(e, ENOTSUP, "ext4: this is another filesystem's external journal");
	return 0;
}

struct reason_row {
	bool (*holds)(const struct ext2_super_block *s);
	const char *text;
};

static bool needs_recovery(const struct ext2_super_block *s)
{
	return s->s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER;
}

static bool has_errors(const struct ext2_super_block *s)
{
	return s->s_state & EXT2_ERROR_FS;
}

static bool not_unmounted(const struct ext2_super_block *s)
{
	return !(s->s_state & EXT2_VALID_FS);
}

static bool has_orphans(const struct ext2_super_block *s)
{
	return s->s_last_orphan || (s->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT);
}

/* Files can be read, and nothing may be written. */
static const struct reason_row readonly_rows[] = {
	{needs_recovery,
	 "the journal was not replayed: the guest was not shut down cleanly. Boot it "
	 "once and shut it down, or run e2fsck"},
	{has_errors, "the filesystem has recorded errors: run e2fsck -f first"},
	{not_unmounted, "the filesystem was not unmounted cleanly: run e2fsck first"},
	{has_orphans, "files were deleted while open and are not cleaned up yet: boot it once, or "
		      "run e2fsck"},
};

static bool stable_inodes(const struct ext2_super_block *s)
{
	return s->s_feature_compat & EXT4_FEATURE_COMPAT_STABLE_INODES;
}

static bool external_journal(const struct ext2_super_block *s)
{
	return s->s_journal_dev && !s->s_journal_inum;
}

static const struct reason_row pinned_rows[] = {
	{stable_inodes,
	 "the filesystem has stable_inodes: files are encrypted by a key derived from "
	 "its UUID"},
	{external_journal, "its journal is on another device and names it by its UUID"},
};

static void reason_of(const struct reason_row *rows, size_t n, const struct ext2_super_block *s,
		      char out[GUEST_REASON])
{
	for (size_t i = 0; i < n; i++) {
		if (!rows[i].holds(s))
			continue;
		snprintf(out, GUEST_REASON, "%s", rows[i].text);
		return;
	}
}

static void describe(struct ext *x)
{
	const struct ext2_super_block *s = x->e2->super;
	struct uuid u;

	memcpy(u.bytes, s->s_uuid, sizeof u.bytes);
	uuid_format(&u, x->fs.uuid);
	snprintf(x->fs.label, sizeof x->fs.label, "%.16s", (const char *)s->s_volume_name);
	if (!x->readonly[0])
		reason_of(readonly_rows, ARRAY_SIZE(readonly_rows), s, x->readonly);
	reason_of(pinned_rows, ARRAY_SIZE(pinned_rows), s, x->fs.pinned);
	if (!x->fs.pinned[0])
		snprintf(x->fs.pinned, sizeof x->fs.pinned, "%s", x->readonly);
}

/* ---- opening ---- */

/* What an edit frees is not left to be read. */
static void freed_range(ext2_filsys e2, blk64_t block, blk_t n, int inuse)
{
	struct ext *x = e2->priv_data;
	int r;

	if (inuse >= 0 || x->keep_freed)
		return;
	r = disk_zero_data(x->fs.disk, (uint64_t)n * e2->blocksize, block * e2->blocksize, NULL);
	if (r < 0)
		x->failed = r;
}

static void freed(ext2_filsys e2, blk64_t block, int inuse)
{
	blk_t cluster = 1U << (e2->super->s_log_cluster_size - e2->super->s_log_block_size);

	freed_range(e2, block & ~(blk64_t)(cluster - 1), cluster, inuse);
}

/* libext2fs on this disk; x->e2 is replaced. */
static int open_library(struct ext *x, struct disk *d, struct err *e)
{
	/* Bit arrays are set and searched faster than trees, and cost 1/32768 of the filesystem. */
	const uint64_t array_limit = UINT64_C(256) << 30;
	int flags = EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP | (d->readonly ? 0 : EXT2_FLAG_RW);
	char name[EXT_IO_NAME];
	ext2_filsys e2;
	errcode_t code;
	int r = super_check(d, e);

	if (r < 0)
		return r;
	ext_io_name(d, name);
	code = ext2fs_open2(name, NULL, flags, 0, 0, ext_io_manager(), &e2);
	if (code)
		return ext_error(e, code, "ext4", "opened");
	if (EXT2_INODE_SIZE(e2->super) > EXT_INODE_MAX) {
		ext2fs_free(e2);
		return err_set(e, ENOTSUP, "ext4: its inodes are too large");
	}
	if (x->e2)
		ext2fs_free(x->e2);
	ext_dirs_drop(x);
	x->e2 = e2;
	x->fs.disk = d;
	e2->priv_data = x;
	ext2fs_set_block_alloc_stats_callback(e2, freed, NULL);
	ext2fs_set_block_alloc_stats_range_callback(e2, freed_range, NULL);
	/* Times of new files do not depend on when a clone is made. */
	e2->now = (time_t)(e2->super->s_wtime ? e2->super->s_wtime : 1);
	e2->default_bitmap_type =
		d->size <= array_limit ? EXT2FS_BMAP64_BITARRAY : EXT2FS_BMAP64_RBTREE;
	return 0;
}

/* ---- after a hard stop ---- */

static bool may_recover(const struct ext2_super_block *s)
{
	return (needs_recovery(s) || has_orphans(s)) && !has_errors(s) && !not_unmounted(s) &&
	       !(s->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_QUOTA);
}

static int recover_journal(struct ext *x, struct err *e)
{
	uint32_t transactions = 0;
	uint64_t blocks = 0;
	int r = ext_journal_replay(x, &transactions, &blocks, e);

	if (r == 0)
		r = open_library(x, x->fs.disk, e);
	if (r < 0)
		return r;
	x->e2->super->s_feature_incompat &= ~(uint32_t)EXT3_FEATURE_INCOMPAT_RECOVER;
	x->e2->flags |= EXT2_FLAG_CHANGED | EXT2_FLAG_DIRTY;
	snprintf(x->fs.notice, sizeof x->fs.notice,
		 "the guest was not shut down cleanly: its journal (%" PRIu32
		 " transactions, %" PRIu64 " blocks) is written back in every clone",
		 transactions, blocks);
	return 0;
}

static int recover_on(struct ext *x, struct disk *over, struct err *e)
{
	errcode_t code;
	int r = open_library(x, over, e);

	if (r == 0 && needs_recovery(x->e2->super))
		r = recover_journal(x, e);
	if (r == 0 && has_orphans(x->e2->super) && !has_errors(x->e2->super))
		r = ext_orphans_release(x, e);
	if (r < 0)
		return r;
	x->e2->flags |= EXT2_FLAG_MASTER_SB_ONLY;
	code = ext2fs_flush2(x->e2, EXT2_FLAG_FLUSH_NO_SYNC);
	return code ? ext_error(e, code, "ext4", "recovered") : 0;
}

/* As a mount would; it shows in the disk below only when something else is written, too. */
static int recover(struct ext *x, struct disk *d, struct err *e)
{
	struct err why = {0};
	int r;

	x->below = d;
	x->over = disk_overlay(d);
	if (recover_on(x, x->over, &why) == 0) {
		x->over->readonly = d->readonly;
		return 0;
	}
	r = open_library(x, d, e);
	if (r == 0) {
		disk_close(x->over);
		x->over = NULL;
	}
	snprintf(x->readonly, sizeof x->readonly,
		 "the guest was not shut down cleanly, and its journal is not replayed: %.150s",
		 why.text);
	x->fs.notice[0] = '\0';
	return r;
}

static void ext_close(struct guest_fs *fs)
{
	struct ext *x = (struct ext *)fs;

	ext_dirs_drop(x);
	if (x->e2)
		ext2fs_free(x->e2);
	disk_close(x->over);
	free(x);
}

static int ext_open(struct disk *d, struct guest_fs **out, struct err *e)
{
	struct ext *x;
	int r = super_check(d, e);

	if (r == 0)
		r = lazy_ext2fs_load(e);
	if (r < 0)
		return r;
	x = xcalloc(1, sizeof *x);
	r = open_library(x, d, e);
	if (r == 0 && may_recover(x->e2->super))
		r = recover(x, d, e);
	if (r < 0) {
		ext_close(&x->fs);
		return r;
	}
	describe(x);
	*out = &x->fs;
	return 0;
}

/* ---- writing ---- */

static int commit(struct ext *x, struct err *e)
{
	struct overlay_run run;
	int r = 0;

	for (uint64_t at = 0; r == 0 && overlay_next(x->over, at, &run); at = run.off + run.len)
		r = run.data ? disk_pwrite(x->below, run.data, run.len, run.off, e)
			     : disk_zero(x->below, run.len, run.off, e);
	if (r == 0)
		overlay_reset(x->over);
	return r;
}

static int flush_library(struct ext *x, struct err *e)
{
	errcode_t code;

	/* The kernel does not keep the backups of superblock and descriptors current either. */
	x->e2->flags |= EXT2_FLAG_MASTER_SB_ONLY;
	code = ext2fs_flush2(x->e2, EXT2_FLAG_FLUSH_NO_SYNC);
	if (code)
		return ext_error(e, code, "ext4", "written");
	x->changed = false;
	return 0;
}

int ext_flush(struct guest_fs *fs, struct err *e)
{
	struct ext *x = (struct ext *)fs;
	int r = 0;

	if (!x->pending)
		return 0;
	if (x->failed)
		return err_sys(e, x->failed, "ext4: zeroing what was freed");
	if (x->changed)
		r = flush_library(x, e);
	if (r == 0)
		r = ext_journal_clear(x, e);
	if (r == 0 && x->over)
		r = commit(x, e);
	x->pending = r < 0;
	return r;
}

const struct guest_fs_ops guest_ext_ops = {
	.engine = "libext2fs",
	.open = ext_open,
	.flush = ext_flush,
	.close = ext_close,
	.stat = ext_stat,
	.read = ext_read,
	.link = ext_link,
	.list = ext_list,
	.replace = ext_replace,
	.patch = ext_patch,
	.create = ext_create,
	.mkdir = ext_mkdir,
	.symlink = ext_symlink,
	.remove = ext_remove,
	.rename = ext_rename,
	.set_uuid = ext_set_uuid,
	.owners = ext_owners,
};
