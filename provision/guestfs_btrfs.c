/* btrfs: its superblocks. A new UUID is one in every superblock; the trees keep the first one inside, which the
 * superblock then calls the metadata UUID. */
#include "provision/guestfs_remote.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SUPER = 4096,
	CSUM_SIZE = 32,
	FSID = 32,
	BYTENR = 48,
	FLAGS = 56,
	MAGIC = 64,
	TOTAL = 112,
	DEVICES = 136,
	INCOMPAT = 188,
	CSUM_TYPE = 196,
	DEV_FSID = 283,
	LABEL_AT = 299,
	LABEL_SIZE = 256,
	METADATA_UUID = 571,
};

enum { CSUM_CRC32C = 0, CSUM_SHA256 = 2 };

static const uint64_t has_metadata_uuid = 1 << 10, is_zoned = 1 << 12, is_seed = 1ULL << 32,
		      in_change = ~0ULL << 33;

/* Where the copies are, on a device that reaches so far. */
static const uint64_t supers[] = {64ULL << 10, 64ULL << 20, 256ULL << 30};

static int checksum(const uint8_t *sb, uint8_t out[CSUM_SIZE], struct err *e)
{
	memset(out, 0, CSUM_SIZE);
	switch (le16(sb + CSUM_TYPE)) {
	case CSUM_CRC32C:
		put_le32(out, ~crc32c(~0U, sb + CSUM_SIZE, SUPER - CSUM_SIZE));
		return 0;
	case CSUM_SHA256:
		return digest_of(DIGEST_SHA256, sb + CSUM_SIZE, SUPER - CSUM_SIZE, out, e);
	default:
		return err_set(e, ENOTSUP, "btrfs: checksums of its kind (%u) are not made here",
			       le16(sb + CSUM_TYPE));
	}
}

/* The superblock at one of the places; -ENOENT when there is none. */
static int read_super(struct disk *d, uint64_t at, uint8_t *sb, struct err *e)
{
	uint8_t sum[CSUM_SIZE];
	int r;

	if (!range_inside(at, SUPER, d->size))
		return -ENOENT;
	r = disk_pread(d, sb, SUPER, at, e);
	if (r < 0)
		return r;
	if (memcmp(sb + MAGIC, "_BHRfS_M", 8) != 0 || le64(sb + BYTENR) != at)
		return -ENOENT;
	r = checksum(sb, sum, e);
	if (r == 0 && memcmp(sum, sb, CSUM_SIZE) != 0)
		r = err_set(e, EUCLEAN, "btrfs: the checksum of its superblock is wrong");
	return r;
}

static const char *why_pinned(const uint8_t *sb, uint64_t size)
{
	uint64_t incompat = le64(sb + INCOMPAT), flags = le64(sb + FLAGS);
	uint32_t inside = incompat & has_metadata_uuid ? METADATA_UUID : FSID;

	if (le64(sb + DEVICES) != 1)
		return "btrfs: it is on more than one device";
	if (flags & is_seed)
		return "btrfs: it is a seed that other filesystems stand on";
	if (flags & in_change)
		return "btrfs: a change of its UUID or its checksums was not finished";
	if (incompat & is_zoned)
		return "btrfs: it is made for zoned devices";
	if (memcmp(sb + DEV_FSID, sb + inside, 16) != 0)
		return "btrfs: its superblock and its device disagree on the UUID";
	if (le64(sb + TOTAL) > size)
		return "btrfs: it is larger than its volume";
	return NULL;
}

static int btrfs_open(struct disk *d, struct guest_fs **out, struct err *e)
{
	uint8_t sb[SUPER];
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
	memcpy(u.bytes, sb + FSID, sizeof u.bytes);
	uuid_format(&u, fs->uuid);
	snprintf(fs->label, sizeof fs->label, "%.*s", LABEL_SIZE, (const char *)sb + LABEL_AT);
	pin = r < 0 ? why.text : why_pinned(sb, d->size);
	guest_fs_pin(fs, pin);
	if (!(le64(sb + INCOMPAT) & has_metadata_uuid))
		fs->needs = (struct guest_fs_needs){.kernel = {5, 0}};
	*out = fs;
	return 0;
}

static int new_super(struct disk *d, uint64_t at, uint8_t *sb, const struct uuid *u, struct err *e)
{
	uint64_t incompat = le64(sb + INCOMPAT);
	uint8_t sum[CSUM_SIZE];
	int r;

	if (!(incompat & has_metadata_uuid))
		memcpy(sb + METADATA_UUID, sb + FSID, sizeof u->bytes);
	put_le64(sb + INCOMPAT, incompat | has_metadata_uuid);
	memcpy(sb + FSID, u->bytes, sizeof u->bytes);
	r = checksum(sb, sum, e);
	if (r < 0)
		return r;
	memcpy(sb, sum, CSUM_SIZE);
	return disk_pwrite(d, sb, SUPER, at, e);
}

static int btrfs_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e)
{
	uint8_t first[SUPER], sb[SUPER];
	int r = read_super(fs->disk, supers[0], first, e);

	(void)seed;
	if (r == -ENOENT)
		return err_set(e, EUCLEAN, "btrfs: its superblock is gone");
	/* the first one last: until it changes, it is the one that counts */
	for (size_t i = ARRAY_SIZE(supers); i-- > 0 && r >= 0;) {
		r = read_super(fs->disk, supers[i], sb, e);
		/* one that another filesystem left is none of this one */
		if (r == 0 && memcmp(sb + FSID, first + FSID, sizeof u->bytes) == 0)
			r = new_super(fs->disk, supers[i], sb, u, e);
		if (i > 0 && (r == -ENOENT || r == -EUCLEAN))
			r = 0;
	}
	if (r == 0)
		uuid_format(u, fs->uuid);
	return r;
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
	.flush = remote_flush,
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
