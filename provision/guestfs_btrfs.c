/* btrfs: its superblocks. A new UUID is one in every superblock; the trees keep the first one inside, which the
 * superblock then calls the metadata UUID. */
#include "provision/guestfs_btrfs_gaps.h"
#include "provision/guestfs_btrfs_super.h"
#include "provision/guestfs_remote.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const uint64_t is_zoned = 1 << 12, is_seed = 1ULL << 32, in_change = ~0ULL << 33;

/* Where the copies are, on a device that reaches so far. */
static const uint64_t supers[] = {64ULL << 10, 64ULL << 20, 256ULL << 30};

/* The superblock at one of the places; -ENOENT when there is none. */
static int read_super(struct disk *d, uint64_t at, uint8_t *sb, struct err *e)
{
	uint8_t sum[BTRFS_CSUM];
	int r;

	if (!range_inside(at, BTRFS_SUPER, d->size))
		return -ENOENT;
	r = disk_pread(d, sb, BTRFS_SUPER, at, e);
	if (r < 0)
		return r;
	if (memcmp(sb + BTRFS_MAGIC, "_BHRfS_M", 8) != 0 || le64(sb + BTRFS_BYTENR) != at)
		return -ENOENT;
	r = btrfs_checksum(le16(sb + BTRFS_CSUM_TYPE), sb, BTRFS_SUPER, sum, e);
	if (r == 0 && memcmp(sum, sb, BTRFS_CSUM) != 0)
		r = err_set(e, EUCLEAN, "btrfs: the checksum of its superblock is wrong");
	return r;
}

/* The first, which is what counts, of a filesystem that was opened. */
static int first_super(struct guest_fs *fs, uint8_t *sb, struct err *e)
{
	int r = read_super(fs->disk, supers[0], sb, e);

	return r == -ENOENT ? err_set(e, EUCLEAN, "btrfs: its superblock is gone") : r;
}

static const char *why_pinned(const uint8_t *sb, uint64_t size)
{
	uint64_t incompat = le64(sb + BTRFS_INCOMPAT), flags = le64(sb + BTRFS_FLAGS);

	if (le64(sb + BTRFS_DEVICES) != 1)
		return "btrfs: it is on more than one device";
	if (flags & is_seed)
		return "btrfs: it is a seed that other filesystems stand on";
	if (flags & in_change)
		return "btrfs: a change of its UUID or its checksums was not finished";
	if (incompat & is_zoned)
		return "btrfs: it is made for zoned devices";
	if (memcmp(sb + BTRFS_DEV_FSID, sb + btrfs_uuid_inside(sb), 16) != 0)
		return "btrfs: its superblock and its device disagree on the UUID";
	if (le64(sb + BTRFS_TOTAL) > size)
		return "btrfs: it is larger than its volume";
	return NULL;
}

static int btrfs_open(struct disk *d, struct guest_fs **out, struct err *e)
{
	uint8_t sb[BTRFS_SUPER];
	struct guest_fs *fs;
	const char *pin;
	struct uuid u;
	struct err why = {0};
	int r = read_super(d, supers[0], sb, &why);

	if (r == -ENOENT)
		return err_set(e, EINVAL, "btrfs: there is no superblock");
	if (r < 0 && r != -ENOTSUP)
		return err_set(e, -r, "%s", why.text);
	fs = xcalloc(1, sizeof *fs);
	memcpy(u.bytes, sb + BTRFS_FSID, sizeof u.bytes);
	uuid_format(&u, fs->uuid);
	snprintf(fs->label, sizeof fs->label, "%.*s", BTRFS_LABEL_SIZE,
		 (const char *)sb + BTRFS_LABEL);
	pin = r < 0 ? why.text : why_pinned(sb, d->size);
	guest_fs_pin(fs, pin);
	if (!(le64(sb + BTRFS_INCOMPAT) & btrfs_has_metadata_uuid))
		fs->needs = (struct guest_fs_needs){.kernel = {5, 0}};
	*out = fs;
	return 0;
}

static int new_super(struct disk *d, uint64_t at, uint8_t *sb, const struct uuid *u, struct err *e)
{
	uint64_t incompat = le64(sb + BTRFS_INCOMPAT);
	uint8_t sum[BTRFS_CSUM];
	int r;

	if (!(incompat & btrfs_has_metadata_uuid))
		memcpy(sb + BTRFS_METADATA_UUID, sb + BTRFS_FSID, sizeof u->bytes);
	put_le64(sb + BTRFS_INCOMPAT, incompat | btrfs_has_metadata_uuid);
	memcpy(sb + BTRFS_FSID, u->bytes, sizeof u->bytes);
	r = btrfs_checksum(le16(sb + BTRFS_CSUM_TYPE), sb, BTRFS_SUPER, sum, e);
	if (r < 0)
		return r;
	memcpy(sb, sum, BTRFS_CSUM);
	return disk_pwrite(d, sb, BTRFS_SUPER, at, e);
}

static int btrfs_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e)
{
	uint8_t first[BTRFS_SUPER], sb[BTRFS_SUPER];
	int r = first_super(fs, first, e);

	(void)seed;
	/* the first one last: until it changes, it is the one that counts */
	for (size_t i = ARRAY_SIZE(supers); i-- > 0 && r >= 0;) {
		r = read_super(fs->disk, supers[i], sb, e);
		/* one that another filesystem left is none of this one */
		if (r == 0 && memcmp(sb + BTRFS_FSID, first + BTRFS_FSID, sizeof u->bytes) == 0)
			r = new_super(fs->disk, supers[i], sb, u, e);
		if (i > 0 && (r == -ENOENT || r == -EUCLEAN))
			r = 0;
	}
	if (r == 0)
		uuid_format(u, fs->uuid);
	return r;
}

static int btrfs_flush(struct guest_fs *fs, struct err *e)
{
	bool edited = remote_pending(fs);
	uint8_t sb[BTRFS_SUPER];
	int r = remote_flush(fs, e);

	/* the reason why its UUID stays is the reason for this, too */
	if (r < 0 || !edited || guest_fs_pinned(fs))
		return r;
	r = first_super(fs, sb, e);
	return r < 0 ? r : btrfs_gaps_wipe(fs->disk, sb, e);
}

static void btrfs_close(struct guest_fs *fs)
{
	free(fs);
}

const struct guest_fs_ops guest_btrfs_ops = {
	.engine = "btrfs",
	.mount_for_reading = "ro,rescue=nologreplay",
	.mount_for_writing = "defaults",
	.open = btrfs_open,
	.flush = btrfs_flush,
	.close = btrfs_close,
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
	.set_uuid = btrfs_set_uuid,
};
