/* XFS: its superblocks. A new UUID is one in every superblock and in the log's last record; blocks of version 5 keep the
 * first UUID inside, which the superblock then calls the metadata UUID. */
#include "provision/guestfs_remote.h"
#include "provision/guestfs_xfs_inodes.h"
#include "provision/guestfs_xfs_log.h"
#include "provision/guestfs_xfs_super.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	DBLOCKS = 8,
	RBLOCKS = 16,
	UUID_AT = 32,
	LOGSTART = 48,
	LOGBLOCKS = 96,
	FNAME = 108,
	AGBLKLOG = 124,
	INPROGRESS = 126,
	CRC_AT = 224,
	META_UUID_AT = 248,
	HEAD = 512,
	LABEL_SIZE = 12,
	AGS_MAX = 1 << 20,
};

enum {
	HAS_META_UUID = 0x4,
	HAS_BEEN_DAMAGED = 0x10,
	HAS_KNOWN = 0xff, /* with realtime groups (0x100) other superblocks hold the UUID, too */
};

struct xfs {
	struct guest_fs fs;
	uint64_t ag_size; /* bytes */
	uint32_t ags, sector;
	bool v5;
	struct xfs_log log; /* size 0: on another device */
};

static struct xfs *xfs_of(struct guest_fs *fs)
{
	return (struct xfs *)fs;
}

static bool is_power(uint32_t v, uint32_t low, uint32_t high)
{
	return v >= low && v <= high && !(v & (v - 1));
}

/* Numbers that make a filesystem of this disk. */
static int geometry(struct xfs *x, const uint8_t *sb, uint64_t size, struct err *e)
{
	uint32_t block = be32(sb + XFS_BLOCKSIZE), agblocks = be32(sb + XFS_AGBLOCKS);
	uint64_t blocks = be64(sb + DBLOCKS), logstart = be64(sb + LOGSTART), bytes, ag;
	unsigned version = be16(sb + XFS_VERSION) & 15, shift = sb[AGBLKLOG];

	x->sector = be16(sb + XFS_SECTSIZE);
	x->ags = be32(sb + XFS_AGCOUNT);
	x->ag_size = (uint64_t)agblocks * block;
	x->v5 = version == 5;
	if (memcmp(sb, "XFSB", 4) != 0)
		return err_set(e, EINVAL, "xfs: there is no superblock");
	if (version != 4 && version != 5)
		return err_set(e, ENOTSUP, "xfs: version %u is not known", version);
	if (!is_power(block, 512, 65536) || !is_power(x->sector, 512, 32768) || !agblocks ||
	    !x->ags || x->ags > AGS_MAX || shift > 31 || agblocks > 1ULL << shift ||
	    !mul_fits(blocks, block, &bytes) || (x->ags - 1) * x->ag_size >= bytes)
		return err_set(e, EUCLEAN, "xfs: its superblock makes no sense");
	if (bytes > size)
		return err_set(e, EUCLEAN, "xfs: it is larger than its volume");
	if (!logstart)
		return 0;
	ag = logstart >> shift;
	if (ag >= x->ags)
		return err_set(e, EUCLEAN, "xfs: its log is nowhere");
	x->log.at = ag * x->ag_size + (logstart & ((1ULL << shift) - 1)) * block;
	x->log.size = (uint64_t)be32(sb + LOGBLOCKS) * block;
	return 0;
}

static uint32_t sector_crc(const struct xfs *x, uint8_t *sector)
{
	put_le32(sector + CRC_AT, 0);
	return ~crc32c(~0U, sector, x->sector);
}

static const char *why_pinned(struct xfs *x, struct disk *d, const uint8_t *sb, struct err *e)
{
	struct xfs_unmount u;

	if (sb[INPROGRESS])
		return "xfs: mkfs did not finish it";
	if (be64(sb + RBLOCKS))
		return "xfs: a part of it is on a realtime device";
	if (!x->log.size)
		return "xfs: its log is on another device";
	if (x->v5 && be32(sb + XFS_INCOMPAT) & HAS_BEEN_DAMAGED)
		return "xfs: it says that it needs xfs_repair";
	if (x->v5 && be32(sb + XFS_INCOMPAT) & ~(uint32_t)HAS_KNOWN)
		return "xfs: it has features that are not known";
	return xfs_log_tail(d, &x->log, &u, e) < 0 ? e->text : NULL;
}

/* GRUB learned of sparse inodes and of metadata UUIDs at once: one that reads the first accepts the second. */
static void needs(struct xfs *x, const uint8_t *sb)
{
	uint32_t incompat = be32(sb + XFS_INCOMPAT);

	if (!x->v5 || incompat & HAS_META_UUID)
		return;
	x->fs.needs = (struct guest_fs_needs){.kernel = {4, 3}};
	if (!(incompat & XFS_HAS_SPARSE_INODES)) {
		x->fs.needs.grub[0] = 2;
		x->fs.needs.grub[1] = 4;
	}
}

static int xfs_open(struct disk *d, struct guest_fs **out, struct err *e)
{
	struct xfs *x = xcalloc(1, sizeof *x);
	struct err reason = {0};
	uint8_t sb[HEAD];
	const char *pin;
	struct uuid u;
	int r = disk_pread(d, sb, sizeof sb, 0, e);

	if (r == 0)
		r = geometry(x, sb, d->size, e);
	if (r < 0) {
		free(x);
		return r;
	}
	memcpy(u.bytes, sb + UUID_AT, sizeof u.bytes);
	uuid_format(&u, x->fs.uuid);
	snprintf(x->fs.label, sizeof x->fs.label, "%.*s", LABEL_SIZE, (const char *)sb + FNAME);
	pin = why_pinned(x, d, sb, &reason);
	guest_fs_pin(&x->fs, pin);
	needs(x, sb);
	*out = &x->fs;
	return 0;
}

/* One of the superblocks: the sector as it shall be. */
static int new_sector(struct xfs *x, uint32_t ag, const struct uuid *u, uint8_t *sector,
		      struct err *e)
{
	uint32_t crc, incompat;
	int r = disk_pread(x->fs.disk, sector, x->sector, ag * x->ag_size, e);

	if (r < 0)
		return r;
	if (memcmp(sector, "XFSB", 4) != 0)
		return err_set(e, EUCLEAN, "xfs: superblock %u is not there", ag);
	if (!x->v5) {
		memcpy(sector + UUID_AT, u->bytes, sizeof u->bytes);
		return 0;
	}
	crc = le32(sector + CRC_AT);
	if (sector_crc(x, sector) != crc)
		return err_set(e, EUCLEAN, "xfs: the checksum of superblock %u is wrong", ag);
	incompat = be32(sector + XFS_INCOMPAT);
	if (!(incompat & HAS_META_UUID))
		memcpy(sector + META_UUID_AT, sector + UUID_AT, sizeof u->bytes);
	put_be32(sector + XFS_INCOMPAT, incompat | HAS_META_UUID);
	memcpy(sector + UUID_AT, u->bytes, sizeof u->bytes);
	put_le32(sector + CRC_AT, sector_crc(x, sector));
	return 0;
}

/* Twice over all: what cannot be read is found before anything is written. */
static int set_superblocks(struct xfs *x, const struct uuid *u, bool write, struct err *e)
{
	SCOPED(free_at) uint8_t *sector = xmalloc(x->sector);
	int r = 0;

	for (uint32_t ag = 0; ag < x->ags && r == 0; ag++) {
		r = new_sector(x, ag, u, sector, e);
		if (r == 0 && write)
			r = disk_pwrite(x->fs.disk, sector, x->sector, ag * x->ag_size, e);
	}
	return r;
}

static int xfs_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e)
{
	struct xfs *x = xfs_of(fs);
	struct xfs_unmount last;
	int r = xfs_log_tail(fs->disk, &x->log, &last, e);

	(void)seed;
	if (r == 0)
		r = set_superblocks(x, u, false, e);
	if (r == 0)
		r = xfs_log_blank(fs->disk, &x->log, &last, e);
	if (r == 0)
		r = xfs_log_set_uuid(fs->disk, &x->log, &last, u, e);
	if (r == 0)
		r = set_superblocks(x, u, true, e);
	if (r == 0)
		uuid_format(u, fs->uuid);
	return r;
}

/* The edits went through the log, and freed inodes. */
static int xfs_flush(struct guest_fs *fs, struct err *e)
{
	struct xfs *x = xfs_of(fs);
	bool edited = remote_pending(fs);
	struct xfs_unmount last;
	uint8_t sb[HEAD];
	int r = remote_flush(fs, e);

	if (r < 0 || !edited || !x->log.size)
		return r;
	r = xfs_log_tail(fs->disk, &x->log, &last, e);
	if (r == 0)
		r = xfs_log_blank(fs->disk, &x->log, &last, e);
	if (r == 0)
		r = disk_pread(fs->disk, sb, sizeof sb, 0, e);
	return r < 0 ? r : xfs_inodes_wipe_free(fs->disk, sb, e);
}

static void xfs_close(struct guest_fs *fs)
{
	free(fs);
}

const struct guest_fs_ops guest_xfs_ops = {
	.engine = "xfs",
	.mount_for_reading = "ro,norecovery,nouuid",
	.mount_for_writing = "nouuid",
	.keeps_names = true,
	.open = xfs_open,
	.flush = xfs_flush,
	.close = xfs_close,
	.stat = remote_stat,
	.read = remote_read,
	.link = remote_link,
	.list = remote_list,
	.replace = remote_replace,
	.create = remote_create,
	.mkdir = remote_mkdir,
	.symlink = remote_symlink,
	.remove = remote_remove,
	.rename = remote_rename,
	.set_uuid = xfs_set_uuid,
};
