/* Opening and flushing FAT; its serial. No library edits FAT in place on anything but a mounted device. */
#include "provision/fat.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	B_SECTOR = 11,
	B_PER_CLUSTER = 13,
	B_RESERVED = 14,
	B_TABLES = 16,
	B_ROOT_ENTRIES = 17,
	B_SECTORS16 = 19,
	B_TABLE16 = 22,
	B_SECTORS32 = 32,
	B_TABLE32 = 36,
	B_MIRROR = 40,
	B_ROOT = 44,
	B_INFO = 48,
	B_BACKUP = 50,
	B_EXT16 = 38, /* signature, serial, label */
	B_EXT32 = 66,
	INFO_FREE = 488,
	INFO_NEXT = 492,
};

static int damaged(struct err *e, const char *what)
{
	return err_set(e, EUCLEAN, "vfat: %s", what);
}

/* The counts of sectors: where everything is. */
static int geometry(struct fat *x, const uint8_t *b, uint64_t size, struct err *e)
{
	uint32_t per = b[B_PER_CLUSTER], reserved = le16(b + B_RESERVED);
	uint64_t sectors = le16(b + B_SECTORS16) ? le16(b + B_SECTORS16) : le32(b + B_SECTORS32);
	uint64_t table = le16(b + B_TABLE16) ? le16(b + B_TABLE16) : le32(b + B_TABLE32);
	uint64_t first;

	x->sector = le16(b + B_SECTOR);
	x->tables = b[B_TABLES];
	if (x->sector < 512 || x->sector > 4096 || (x->sector & (x->sector - 1)) || !per ||
	    (per & (per - 1)) || !reserved || !x->tables || x->tables > 2 || !table)
		return damaged(e, "the boot sector is damaged");
	if (sectors * x->sector > size)
		return damaged(e, "it says it is larger than its volume");
	if (table * x->sector > FAT_TABLE_MAX)
		return err_set(e, ENOTSUP, "vfat: it is too large to edit");
	x->cluster = per * x->sector;
	x->table_size = (uint32_t)(table * x->sector);
	x->tables_at = (uint64_t)reserved * x->sector;
	x->root_at = x->tables_at + (uint64_t)x->tables * x->table_size;
	x->root_size = (uint32_t)le16(b + B_ROOT_ENTRIES) * FAT_SLOT;
	x->data_at = x->root_at + (x->root_size + x->sector - 1) / x->sector * x->sector;
	first = x->data_at / x->sector;
	if (first >= sectors || (sectors - first) / per > UINT32_MAX / 16)
		return damaged(e, "there is no room for data");
	x->clusters = (uint32_t)((sectors - first) / per);
	return 0;
}

/* The type follows from the number of clusters alone. */
static int kind_of(struct fat *x, const uint8_t *b, struct err *e)
{
	x->bits = x->clusters < 4085 ? 12 : x->clusters < 65525 ? 16 : 32;
	if (!le16(b + B_TABLE16))
		x->bits = 32;
	if (((uint64_t)x->clusters + 2) * x->bits / 8 > x->table_size)
		return damaged(e, "its table is too small");
	if (x->bits != 32)
		return x->root_size ? 0 : damaged(e, "it has no root directory");
	x->root = le32(b + B_ROOT);
	if (!fat_exists(x, x->root) || x->root_size)
		return damaged(e, "its root directory is nowhere");
	if (b[B_MIRROR] & 0x80)
		return err_set(e, ENOTSUP, "vfat: its tables are not copies of each other");
	if (le16(b + B_INFO) && le16(b + B_INFO) < le16(b + B_RESERVED))
		x->info_at = (uint64_t)le16(b + B_INFO) * x->sector;
	if (le16(b + B_BACKUP) && le16(b + B_BACKUP) < le16(b + B_RESERVED))
		x->backup_at = (uint64_t)le16(b + B_BACKUP) * x->sector;
	return 0;
}

static void describe(struct fat *x, const uint8_t *b)
{
	const uint8_t *ext = b + (x->bits == 32 ? B_EXT32 : B_EXT16);
	int n = 11;

	if (ext[0] != 0x29 && ext[0] != 0x28) {
		snprintf(x->fs.pinned, sizeof x->fs.pinned, "an old FAT without a serial");
		return;
	}
	snprintf(x->fs.uuid, sizeof x->fs.uuid, "%04X-%04X", le32(ext + 1) >> 16,
		 le32(ext + 1) & 0xffff);
	while (n > 0 && ext[5 + n - 1] == ' ')
		n--;
	if (ext[0] == 0x29 && memcmp(ext + 5, "NO NAME", 7) != 0)
		snprintf(x->fs.label, sizeof x->fs.label, "%.*s", n, (const char *)ext + 5);
}

static int fat_open(struct disk *d, struct guest_fs **out, struct err *e)
{
	SCOPED(free_at) struct fat *x = xcalloc(1, sizeof *x);
	uint8_t b[512];
	int r = d->size < sizeof b ? -EINVAL : disk_pread(d, b, sizeof b, 0, e);

	if (d->size < sizeof b)
		return damaged(e, "the volume is too small");
	if (r == 0)
		r = geometry(x, b, d->size, e);
	if (r == 0)
		r = kind_of(x, b, e);
	if (r < 0)
		return r;
	describe(x, b);
	x->hint = 2;
	x->fs.disk = d;
	*out = &TAKE_PTR(x)->fs;
	return 0;
}

static int put_serial(struct fat *x, uint64_t sector_at, uint32_t serial, struct err *e)
{
	uint8_t raw[4];

	put_le32(raw, serial);
	return disk_pwrite(x->fs.disk, raw, sizeof raw,
			   sector_at + (x->bits == 32 ? B_EXT32 : B_EXT16) + 1, e);
}

static int fat_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e)
{
	struct fat *x = (struct fat *)fs;
	uint32_t serial = be32(u->bytes);
	int r = put_serial(x, 0, serial, e);

	(void)seed;
	if (r == 0 && x->backup_at)
		r = put_serial(x, x->backup_at, serial, e);
	if (r == 0)
		snprintf(fs->uuid, sizeof fs->uuid, "%04X-%04X", serial >> 16, serial & 0xffff);
	return r;
}

/* How many clusters are free is a hint, but fsck.fat wants it right. */
static int flush_info(struct fat *x, struct err *e)
{
	uint8_t s[512];
	uint32_t left;
	int r;

	if (!x->info_at || !x->freed)
		return 0;
	r = disk_pread(x->fs.disk, s, sizeof s, x->info_at, e);
	if (r < 0 || le32(s) != 0x41615252 || le32(s + 484) != 0x61417272)
		return r;
	left = le32(s + INFO_FREE);
	if (left > x->clusters)
		return 0;
	put_le32(s + INFO_FREE, (uint32_t)((int64_t)left + x->freed));
	return disk_pwrite(x->fs.disk, s, sizeof s, x->info_at, e);
}

static int fat_flush(struct guest_fs *fs, struct err *e)
{
	struct fat *x = (struct fat *)fs;
	int r = 0;

	for (unsigned t = 0; t < x->tables && r == 0 && x->dirty_to > x->dirty_from; t++)
		r = disk_pwrite(fs->disk, x->table + x->dirty_from, x->dirty_to - x->dirty_from,
				x->tables_at + (uint64_t)t * x->table_size + x->dirty_from, e);
	if (r == 0)
		r = flush_info(x, e);
	if (r < 0)
		return r;
	x->dirty_from = x->dirty_to = 0;
	x->freed = 0;
	return 0;
}

static void fat_close(struct guest_fs *fs)
{
	free(((struct fat *)fs)->table);
	free(fs);
}

const struct guest_fs_ops guest_fat_ops = {
	.engine = "fat",
	.open = fat_open,
	.flush = fat_flush,
	.close = fat_close,
	.stat = fat_stat,
	.read = fat_read,
	.list = fat_list,
	.replace = fat_replace,
	.create = fat_create,
	.mkdir = fat_mkdir,
	.remove = fat_remove,
	.rename = fat_rename,
	.owners = fat_owners,
	.set_uuid = fat_set_uuid,
};
