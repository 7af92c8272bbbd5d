/* The FAT writer: one root folder with long names, FAT12 or FAT16, no partition table, as mkfs.vfat and mcopy make it.
 * Sizes and places: Microsoft's FAT specification 1.03. */
#include "cloud-init/carrier.h"

#include "base/bytes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	SECTOR = 512,
	ENTRY = 32,
	ROOT_ENTRIES = 64, /* the label; eight files with at most six entries each */
	ROOT_SECTORS = ROOT_ENTRIES * ENTRY / SECTOR,
	LONG_CHARS = 13,
	FAT12_MOST = 4084,
	FAT16_MOST = 65524,
	CLUSTERS_LEAST = 64, /* 128 KiB: some firmware takes less for no disk */
	DATE = 1 << 5 | 1,   /* 1980-01-01 */
	SERIAL = 0x19800101,
};

struct volume {
	uint8_t *bytes;
	uint32_t cluster_sectors, clusters, fat_sectors, sectors;
	bool fat16;
};

static size_t clusters_of(const struct volume *v, size_t size)
{
	size_t cluster = (size_t)v->cluster_sectors * SECTOR;

	return (size + cluster - 1) / cluster;
}

static void lay_out(struct volume *v, const struct seed_files *files)
{
	size_t need = 0;

	for (v->cluster_sectors = 4;; v->cluster_sectors *= 2) {
		need = 0;
		for (size_t i = 0; i < files->count; i++)
			need += clusters_of(v, files->items[i].text.size);
		if (need <= FAT16_MOST)
			break;
	}
	v->clusters = need < CLUSTERS_LEAST ? CLUSTERS_LEAST : (uint32_t)need;
	/* Readers tell the two by the number of clusters alone. */
	v->fat16 = v->clusters > FAT12_MOST;
	v->fat_sectors = ((v->clusters + 2) * (v->fat16 ? 4 : 3) / 2 + SECTOR) / SECTOR;
	v->sectors = 1 + 2 * v->fat_sectors + ROOT_SECTORS + v->clusters * v->cluster_sectors;
}

static void put_boot_sector(struct volume *v, const char *label)
{
	uint8_t *p = v->bytes;

	memcpy(p, "\xeb\x3c\x90vmint   ", 11);
	put_le16(p + 11, SECTOR);
	p[13] = (uint8_t)v->cluster_sectors;
	put_le16(p + 14, 1);
	p[16] = 2;
	put_le16(p + 17, ROOT_ENTRIES);
	if (v->sectors < 0x10000)
		put_le16(p + 19, (uint16_t)v->sectors);
	else
		put_le32(p + 32, v->sectors);
	p[21] = 0xf8;
	put_le16(p + 22, (uint16_t)v->fat_sectors);
	put_le16(p + 24, 32);
	put_le16(p + 26, 2);
	p[36] = 0x80;
	p[38] = 0x29;
	put_le32(p + 39, SERIAL);
	memset(p + 43, ' ', 11);
	memcpy(p + 43, label, strlen(label));
	memcpy(p + 54, v->fat16 ? "FAT16   " : "FAT12   ", 8);
	p[510] = 0x55;
	p[511] = 0xaa;
}

static void put_fat(struct volume *v, uint32_t cluster, uint32_t value)
{
	for (uint32_t copy = 0; copy < 2; copy++) {
		uint8_t *fat = v->bytes + SECTOR * (1 + copy * v->fat_sectors);
		uint8_t *p = fat + cluster * 3 / 2;

		if (v->fat16)
			put_le16(fat + 2 * cluster, (uint16_t)value);
		else if (cluster % 2)
			put_le16(p, (uint16_t)((le16(p) & 0xf) | value << 4));
		else
			put_le16(p, (uint16_t)((le16(p) & 0xf000) | (value & 0xfff)));
	}
}

/* "meta-data" becomes "META-D~1   ". */
static void short_name(const char *name, unsigned number, char out[12])
{
	const char *dot = strrchr(name, '.');
	size_t n = 0;

	memset(out, ' ', 11);
	out[11] = 0;
	for (const char *p = name; *p && p != dot && n < 6; p++)
		if (*p != '.')
			out[n++] = (char)toupper((unsigned char)*p);
	out[n++] = '~';
	out[n] = (char)('0' + number);
	n = 8;
	for (const char *p = dot ? dot + 1 : ""; *p && n < 11; p++)
		out[n++] = (char)toupper((unsigned char)*p);
}

static void name_all(const struct seed_files *files, char names[][12])
{
	for (size_t i = 0; i < files->count; i++) {
		unsigned number = 1;
		bool taken;

		do {
			taken = false;
			short_name(files->items[i].name, number++, names[i]);
			for (size_t j = 0; j < i; j++)
				taken |= str_eq(names[i], names[j]);
		} while (taken);
	}
}

static uint8_t checksum(const char name[11])
{
	uint8_t sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + (uint8_t)name[i]);
	return sum;
}

/* The 13 characters of the part'th piece, the places of which are scattered. */
static void put_long_piece(uint8_t *p, const char *name, size_t part)
{
	static const uint8_t places[LONG_CHARS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	size_t len = strlen(name);

	for (size_t i = 0; i < LONG_CHARS; i++) {
		size_t at = part * LONG_CHARS + i;

		put_le16(p + places[i], at < len ? (uint8_t)name[at] : at == len ? 0 : 0xffff);
	}
}

static uint8_t *put_long_name(uint8_t *p, const char *name, const char *shorter)
{
	size_t parts = (strlen(name) + LONG_CHARS - 1) / LONG_CHARS;

	for (size_t part = parts; part-- > 0; p += ENTRY) {
		p[0] = (uint8_t)(part + 1) | (part + 1 == parts ? 0x40 : 0);
		p[11] = 0x0f;
		p[13] = checksum(shorter);
		put_long_piece(p, name, part);
	}
	return p;
}

static uint8_t *put_entry(uint8_t *p, const char *name, uint8_t attributes, uint32_t cluster,
			  uint32_t size)
{
	memcpy(p, name, 11);
	p[11] = attributes;
	put_le16(p + 16, DATE);
	put_le16(p + 18, DATE);
	put_le16(p + 24, DATE);
	put_le16(p + 26, (uint16_t)cluster);
	put_le32(p + 28, size);
	return p + ENTRY;
}

static void put_files(struct volume *v, const struct seed_files *files, const char *label)
{
	uint8_t *root = v->bytes + SECTOR * (1 + 2 * v->fat_sectors);
	uint8_t *data = root + SECTOR * ROOT_SECTORS;
	char names[SEED_FILES_MAX][12], padded[12];
	uint32_t next = 2;

	name_all(files, names);
	snprintf(padded, sizeof padded, "%-11s", label);
	root = put_entry(root, padded, 0x08, 0, 0);
	for (size_t i = 0; i < files->count; i++) {
		const struct seed_file *f = &files->items[i];
		uint32_t n = (uint32_t)clusters_of(v, f->text.size);

		root = put_long_name(root, f->name, names[i]);
		root = put_entry(root, names[i], 0x20, n ? next : 0, (uint32_t)f->text.size);
		if (n)
			memcpy(data + (size_t)(next - 2) * v->cluster_sectors * SECTOR,
			       f->text.bytes, f->text.size);
		for (uint32_t c = 0; c < n; c++, next++)
			put_fat(v, next, c + 1 < n ? next + 1 : v->fat16 ? 0xffff : 0xfff);
	}
}

int seed_vfat(const struct seed_files *files, const char *label, struct strbuf *out, struct err *e)
{
	struct volume v = {0};
	int r = seed_check_names(files, e);

	if (r < 0)
		return r;
	if (strlen(label) > 11)
		return err_set(e, EINVAL, "'%.40s': a FAT label has at most 11 characters", label);
	lay_out(&v, files);
	v.bytes = (uint8_t *)strbuf_zeros(out, (size_t)v.sectors * SECTOR);
	put_boot_sector(&v, label);
	put_fat(&v, 0, v.fat16 ? 0xfff8 : 0xff8);
	put_fat(&v, 1, v.fat16 ? 0xffff : 0xfff);
	put_files(&v, files, label);
	return 0;
}
