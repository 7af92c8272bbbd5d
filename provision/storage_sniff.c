/* A row for each kind of content met in guests, in the order in which they exclude each other.
 * libblkid takes longer over one volume than all of this over a disk; it is asked about the rest. */
#include "provision/storage_sniff.h"

#include "provision/md_super.h"

#include "base/bytes.h"
#include "base/lazy_blkid.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { HEAD = 0x11000, SIDE = 256 << 10 };

struct head {
	uint8_t *bytes; /* HEAD of them, zeros behind a smaller volume's end */
	struct arena *a;
	uint64_t size;
};

enum uuid_form { UUID_NONE, UUID_DCE, UUID_TEXT36, UUID_SERIAL, UUID_LONG };

struct row {
	const char *type;
	uint32_t at;
	const char *magic;
	uint8_t len;
	uint32_t uuid, label;
	uint8_t label_len;
	enum uuid_form form;
	const char *(*look)(const struct head *h,
			    struct sniffed *s); /* a better type, NULL: not it */
};

static const char *ext_look(const struct head *h, struct sniffed *s);
static const char *fat_look(const struct head *h, struct sniffed *s);
static const char *lvm_look(const struct head *h, struct sniffed *s);
static const char *swap_look(const struct head *h, struct sniffed *s);

static const struct row rows[] = {
	{"crypto_LUKS", 0, "LUKS\xba\xbe", 6, 168, 0, 0, UUID_TEXT36, NULL},
	{"LVM2_member", 0, NULL, 0, 0, 0, 0, UUID_NONE, lvm_look},
	{"DM_verity_hash", 0, "verity\0\0", 8, 16, 0, 0, UUID_DCE, NULL},
	{"bcache", 4096 + 24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81",
	 16, 4096 + 40, 0, 0, UUID_DCE, NULL},
	{"xfs", 0, "XFSB", 4, 32, 108, 12, UUID_DCE, NULL},
	{"btrfs", 0x10040, "_BHRfS_M", 8, 0x10020, 0x1012b, 255, UUID_DCE, NULL},
	{"f2fs", 1024, "\x10\x20\xf5\xf2", 4, 1024 + 108, 0, 0, UUID_DCE, NULL},
	{"ext4", 1080, "\x53\xef", 2, 1128, 1144, 16, UUID_DCE, ext_look},
	{"swap", 0, NULL, 0, 1036, 1052, 16, UUID_DCE, swap_look},
	{"squashfs", 0, "hsqs", 4, 0, 0, 0, UUID_NONE, NULL},
	{"erofs", 1024, "\xe2\xe1\xf5\xe0", 4, 1024 + 48, 1024 + 64, 16, UUID_DCE, NULL},
	{"iso9660", 0x8001, "CD001", 5, 0, 0x8028, 32, UUID_NONE, NULL},
	{"exfat", 3, "EXFAT   ", 8, 100, 0, 0, UUID_SERIAL, NULL},
	{"ntfs", 3, "NTFS    ", 8, 72, 0, 0, UUID_LONG, NULL},
	{"BitLocker", 3, "-FVE-FS-", 8, 0, 0, 0, UUID_NONE, NULL},
	{"vfat", 510, "\x55\xaa", 2, 0, 0, 0, UUID_NONE, fat_look},
};

static const char *dce(struct arena *a, const uint8_t *p)
{
	char text[UUID_TEXT];
	struct uuid u;

	if (bytes_are_zero(p, 16))
		return "";
	memcpy(u.bytes, p, sizeof u.bytes);
	uuid_format(&u, text);
	return arena_dup(a, text);
}

static const char *serial(struct arena *a, uint32_t v)
{
	return arena_printf(a, "%04X-%04X", v >> 16, v & 0xffff);
}

static const char *text_of(struct arena *a, const uint8_t *p, size_t n, char pad)
{
	n = strnlen((const char *)p, n);
	while (n > 0 && p[n - 1] == (uint8_t)pad)
		n--;
	return arena_dupn(a, p, n);
}

static const char *uuid_of(const struct head *h, const struct row *row)
{
	const uint8_t *p = h->bytes + row->uuid;

	switch (row->form) {
	case UUID_DCE:
		return dce(h->a, p);
	case UUID_TEXT36:
		return text_of(h->a, p, 36, ' ');
	case UUID_SERIAL:
		return serial(h->a, le32(p));
	case UUID_LONG:
		return arena_printf(h->a, "%08X%08X", le32(p + 4), le32(p));
	case UUID_NONE:
		break;
	}
	return "";
}

/* As blkid tells them apart: by the features. */
static const char *ext_look(const struct head *h, struct sniffed *s)
{
	const uint8_t *sb = h->bytes + 1024;
	const uint32_t ext3_ro = 0x7, ext3_incompat = 0x16;
	uint32_t compat = le32(sb + 0x5c), incompat = le32(sb + 0x60), ro = le32(sb + 0x64);

	(void)s;
	if (incompat & 0x8)
		return "jbd";
	if ((ro & ~ext3_ro) || (incompat & ~ext3_incompat))
		return "ext4";
	return compat & 0x4 ? "ext3" : "ext2";
}

static const char *swap_look(const struct head *h, struct sniffed *s)
{
	static const char *const asleep[] = {"S1SUSPEND", "S2SUSPEND", "ULSUSPEND", "LINHIB0001"};

	(void)s;
	for (uint32_t page = 4096; page <= 65536; page *= 2) {
		const char *magic = (const char *)h->bytes + page - 10;

		if (memcmp(magic, "SWAPSPACE2", 10) == 0)
			return "swap";
		for (size_t i = 0; i < ARRAY_SIZE(asleep); i++)
			if (strncmp(magic, asleep[i], 10) == 0)
				return "swsuspend";
	}
	return NULL;
}

/* A boot sector whose numbers make a FAT; a partition table's do not. */
static const char *fat_look(const struct head *h, struct sniffed *s)
{
	const uint8_t *b = h->bytes;
	unsigned bytes = le16(b + 11), per = b[13], reserved = le16(b + 14), fats = b[16];
	unsigned ext = le16(b + 22) ? 38 : 66; /* where the signature, serial and label are */

	if (bytes < 512 || bytes > 4096 || (bytes & (bytes - 1)) || !per || (per & (per - 1)) ||
	    !reserved || !fats || fats > 2 || b[21] < 0xf0)
		return NULL;
	if (!le16(b + 22) && !le32(b + 36))
		return NULL;
	if (b[ext] != 0x29 && b[ext] != 0x28)
		return "vfat";
	s->uuid = serial(h->a, le32(b + ext + 1));
	s->label = b[ext] == 0x29 ? text_of(h->a, b + ext + 5, 11, ' ') : "";
	if (strcmp(s->label, "NO NAME") == 0)
		s->label = "";
	return "vfat";
}

static const char *lvm_look(const struct head *h, struct sniffed *s)
{
	for (uint32_t at = 0; at < 4 * 512; at += 512) {
		const uint8_t *p = h->bytes + at, *id;
		uint32_t off = le32(p + 20);

		if (memcmp(p, "LABELONE", 8) != 0 || memcmp(p + 24, "LVM2 001", 8) != 0 ||
		    off > 512 - 32)
			continue;
		id = p + off;
		s->uuid = arena_printf(h->a, "%.6s-%.4s-%.4s-%.4s-%.4s-%.4s-%.6s", id, id + 6,
				       id + 10, id + 14, id + 18, id + 22, id + 26);
		return "LVM2_member";
	}
	return NULL;
}

static bool by_row(const struct head *h, const struct row *row, struct sniffed *s)
{
	const char *type = row->type;

	if (row->magic && memcmp(h->bytes + row->at, row->magic, row->len) != 0)
		return false;
	s->uuid = uuid_of(h, row);
	s->label = row->label_len ? text_of(h->a, h->bytes + row->label, row->label_len, ' ') : "";
	if (row->look)
		type = row->look(h, s);
	s->type = type;
	return type != NULL;
}

/* ---- members of arrays, whose content may begin like anything ---- */

static bool is_member(struct disk *d, struct arena *a, struct sniffed *s, int *r, struct err *e)
{
	struct err why = {0};
	struct md_super m;

	*r = md_super_read(d, &m, &why);
	if (*r == -ENOENT) {
		*r = 0;
		return false;
	}
	if (*r == 0) {
		s->uuid = dce(a, m.array.bytes);
		s->label = arena_dup(a, m.name);
	}
	s->type = *r == -ENOTSUP ? "foreign_raid_member" : "linux_raid_member";
	if (*r == -EUCLEAN || *r == -ENOTSUP)
		*r = 0;
	if (*r < 0)
		err_set(e, -*r, "%s", why.text);
	return true;
}

/* ---- the rest, by libblkid on the volume's two ends ---- */

static int copy_side(struct disk *d, int fd, uint8_t *room, uint64_t off, uint64_t n, struct err *e)
{
	int r = disk_pread(d, room, (size_t)n, off, e);

	return r < 0 ? r : sys_pwrite(fd, room, (size_t)n, off);
}

/* Nothing but zeros at the end, as at the beginning: there is nothing to ask about. */
static int end_is_blank(struct disk *d, bool *blank, struct err *e)
{
	SCOPED(free_at) uint8_t *room = xmalloc(SIDE);
	size_t n = d->size < SIDE ? (size_t)d->size : SIDE;
	int r = disk_pread(d, room, n, d->size - n, e);

	*blank = r == 0 && bytes_are_zero(room, n);
	return r;
}

static int ends_to_memory(struct disk *d, int fd, struct err *e)
{
	SCOPED(free_at) uint8_t *room = xmalloc(SIDE);
	uint64_t n = d->size < SIDE ? d->size : SIDE;
	int r = sys_truncate(fd, d->size);

	if (r == 0)
		r = copy_side(d, fd, room, 0, n, e);
	return r < 0 ? r : copy_side(d, fd, room, d->size - n, n, e);
}

static void probe_free(blkid_probe *p)
{
	if (*p)
		blkid_free_probe(*p);
}

static const char *probe_value(blkid_probe p, struct arena *a, const char *name)
{
	const char *text;

	return blkid_probe_lookup_value(p, name, &text, NULL) == 0 ? arena_dup(a, text) : "";
}

/* A library that is not there leaves the volume unknown. */
static int ask_blkid(struct disk *d, struct arena *a, struct sniffed *s, struct err *e)
{
	SCOPED(close_at) int fd = -1;
	SCOPED(probe_free) blkid_probe p = NULL;
	int r;

	if (lazy_blkid_load(NULL) < 0)
		return 0;
	fd = memfd_create("vmint", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "memory for a volume's ends");
	r = ends_to_memory(d, fd, e);
	if (r < 0)
		return r;
	p = blkid_new_probe();
	if (!p || blkid_probe_set_device(p, fd, 0, (blkid_loff_t)d->size) != 0)
		return 0;
	blkid_probe_enable_superblocks(p, 1);
	blkid_probe_set_superblocks_flags(p, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID |
						     BLKID_SUBLKS_LABEL);
	if (blkid_do_safeprobe(p) != 0)
		return 0;
	s->type = probe_value(p, a, "TYPE");
	s->uuid = probe_value(p, a, "UUID");
	s->label = probe_value(p, a, "LABEL");
	return 0;
}

int volume_sniff(struct disk *d, struct arena *a, struct sniffed *out, struct err *e)
{
	SCOPED(free_at) uint8_t *bytes = xcalloc(1, HEAD);
	struct head h = {.bytes = bytes, .a = a, .size = d->size};
	size_t n = d->size < HEAD ? (size_t)d->size : HEAD;
	int r = n ? disk_pread(d, bytes, n, 0, e) : 0;
	bool blank;

	*out = (struct sniffed){.type = "", .uuid = "", .label = ""};
	if (r < 0 || is_member(d, a, out, &r, e))
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (by_row(&h, &rows[i], out))
			return 0;
	*out = (struct sniffed){.type = "", .uuid = "", .label = ""};
	blank = bytes_are_zero(bytes, n);
	if (blank)
		r = end_is_blank(d, &blank, e);
	return r < 0 || blank || n < 4096 ? r : ask_blkid(d, a, out, e);
}
