/* Where VDI, VHD and VHDX keep their ids. Every offset from a file is bounded before it is used. */
#include "templates/disk_id.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"

#include <errno.h>
#include <string.h>

/* A GUID on disk has its first three fields little-endian. */
static void swap_guid(const uint8_t in[16], uint8_t out[16])
{
	static const uint8_t from[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (int i = 0; i < 16; i++)
		out[i] = in[from[i]];
}

static int damaged(const char *what, struct err *e)
{
	return err_set(e, EINVAL, "%s", what);
}

/* Reads n bytes that the file must have. */
static int read_at(struct disk *file, void *buf, size_t n, uint64_t off, const char *what,
		   struct err *e)
{
	if (!range_inside(off, n, file->size))
		return damaged(what, e);
	return disk_pread(file, buf, n, off, e);
}

/* ---- VDI ---- */

enum { VDI_MAGIC = 64, VDI_VERSION = 68, VDI_IMAGE = 392, VDI_CONTENT = 408, VDI_HEAD = 424 };

static int vdi_head(struct disk *file, uint8_t h[VDI_HEAD], struct err *e)
{
	static const char short_one[] = "vdi: no header";
	int r = read_at(file, h, VDI_HEAD, 0, short_one, e);

	if (r < 0)
		return r;
	if (le32(h + VDI_MAGIC) != 0xbeda107f || le32(h + VDI_VERSION) != 0x10001)
		return damaged(short_one, e);
	return 0;
}

static int vdi_read(struct disk *file, uint8_t image[16], struct err *e)
{
	uint8_t h[VDI_HEAD];
	int r = vdi_head(file, h, e);

	if (r == 0)
		swap_guid(h + VDI_IMAGE, image);
	return r;
}

static int vdi_write(struct disk *file, const struct disk_ids *ids, struct err *e)
{
	uint8_t h[VDI_HEAD];
	int r = vdi_head(file, h, e);

	if (r < 0)
		return r;
	swap_guid(ids->image, h + VDI_IMAGE);
	swap_guid(ids->content, h + VDI_CONTENT);
	return disk_pwrite(file, h, sizeof h, 0, e);
}

/* ---- VHD: a footer, and its copy at the start of a dynamic disk ---- */

enum { VHD_FOOTER = 512, VHD_SUM = 64, VHD_ID = 68 };

static uint32_t vhd_sum(const uint8_t f[VHD_FOOTER])
{
	uint32_t sum = 0;

	for (int i = 0; i < VHD_FOOTER; i++)
		sum += i >= VHD_SUM && i < VHD_SUM + 4 ? 0 : f[i];
	return ~sum;
}

static int vhd_footer(struct disk *file, uint64_t off, uint8_t f[VHD_FOOTER], struct err *e)
{
	int r = read_at(file, f, VHD_FOOTER, off, "vhd: no footer", e);

	if (r == 0 && (memcmp(f, "conectix", 8) != 0 || vhd_sum(f) != be32(f + VHD_SUM)))
		return damaged("vhd: its footer is damaged", e);
	return r;
}

static int vhd_read(struct disk *file, uint8_t image[16], struct err *e)
{
	uint8_t f[VHD_FOOTER];
	int r = vhd_footer(file, file->size - VHD_FOOTER, f, e);

	if (r == 0)
		memcpy(image, f + VHD_ID, 16);
	return r;
}

static int vhd_set(struct disk *file, uint64_t off, const struct disk_ids *ids, struct err *e)
{
	uint8_t f[VHD_FOOTER];
	int r = vhd_footer(file, off, f, e);

	if (r < 0)
		return r;
	memcpy(f + VHD_ID, ids->image, 16);
	put_be32(f + VHD_SUM, vhd_sum(f));
	return disk_pwrite(file, f, sizeof f, off, e);
}

static int vhd_write(struct disk *file, const struct disk_ids *ids, struct err *e)
{
	uint8_t magic[8];
	int r = vhd_set(file, file->size - VHD_FOOTER, ids, e);

	if (r == 0)
		r = disk_pread(file, magic, sizeof magic, 0, e);
	/* A fixed disk has no copy. */
	if (r == 0 && memcmp(magic, "conectix", 8) == 0)
		r = vhd_set(file, 0, ids, e);
	return r;
}

/* ---- VHDX: two headers, two region tables, and the metadata that the regions name (MS-VHDX 2.2 and 2.6) ---- */

enum {
	VHDX_HEADER = 4096,
	H_SUM = 4,
	H_FILE_WRITE = 16,
	H_DATA_WRITE = 32,
	H_LOG = 48,
	VHDX_REGIONS = 65536,
	REGION_EACH = 32,
	META_EACH = 32,
	ENTRIES_MAX = 2047,
	META_TABLE = 65536,
};

static const uint64_t headers_at[] = {65536, 131072}, regions_at[] = {196608, 262144};

static const uint8_t metadata_region[16] = {0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
					    0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};
static const uint8_t page83_item[16] = {0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45,
					0x93, 0xef, 0xc3, 0x09, 0xe0, 0x00, 0xc7, 0x46};

static uint32_t vhdx_sum(uint8_t *p, size_t n)
{
	uint32_t was = le32(p + H_SUM), sum;

	put_le32(p + H_SUM, 0);
	sum = ~crc32c(0xffffffff, p, n);
	put_le32(p + H_SUM, was);
	return sum;
}

struct region {
	uint64_t off, len;
};

/* The first table that is right, in buf, which holds VHDX_REGIONS bytes. */
static int read_regions(struct disk *file, uint8_t *buf, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(regions_at); i++) {
		int r = read_at(file, buf, VHDX_REGIONS, regions_at[i], "vhdx: cut short", e);

		if (r < 0)
			return r;
		if (memcmp(buf, "regi", 4) == 0 && le32(buf + 8) <= ENTRIES_MAX &&
		    vhdx_sum(buf, VHDX_REGIONS) == le32(buf + H_SUM))
			return 0;
	}
	return damaged("vhdx: no region table is right", e);
}

static int find_metadata(struct disk *file, uint8_t *buf, struct region *out, struct err *e)
{
	int r = read_regions(file, buf, e);

	for (uint32_t k = 0; r == 0 && k < le32(buf + 8); k++) {
		const uint8_t *p = buf + 16 + (size_t)k * REGION_EACH;

		if (memcmp(p, metadata_region, 16) != 0)
			continue;
		out->off = le64(p + 16);
		out->len = le32(p + 24);
		return out->len >= META_TABLE && range_inside(out->off, out->len, file->size)
			       ? 0
			       : damaged("vhdx: its metadata are outside the file", e);
	}
	return r < 0 ? r : damaged("vhdx: no region holds metadata", e);
}

/* Where the page 83 id is in the file. */
static int find_page83(struct disk *file, uint64_t *out, struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(META_TABLE);
	struct region m = {0};
	int r = find_metadata(file, buf, &m, e);
	uint32_t count;

	if (r == 0)
		r = disk_pread(file, buf, META_TABLE, m.off, e);
	if (r < 0)
		return r;
	count = le16(buf + 10);
	if (memcmp(buf, "metadata", 8) != 0 || count > ENTRIES_MAX)
		return damaged("vhdx: its metadata are damaged", e);
	for (uint32_t k = 0; k < count; k++) {
		const uint8_t *p = buf + META_EACH + (size_t)k * META_EACH;
		uint32_t at = le32(p + 16);

		if (memcmp(p, page83_item, 16) != 0)
			continue;
		if (at < META_TABLE || le32(p + 20) != 16 || !range_inside(at, 16, m.len))
			return damaged("vhdx: its page 83 id is outside the metadata", e);
		*out = m.off + at;
		return 0;
	}
	return damaged("vhdx: it has no page 83 id", e);
}

static int vhdx_read(struct disk *file, uint8_t image[16], struct err *e)
{
	uint8_t raw[16];
	uint64_t at;
	int r = find_page83(file, &at, e);

	if (r == 0)
		r = disk_pread(file, raw, sizeof raw, at, e);
	if (r == 0)
		swap_guid(raw, image);
	return r;
}

/* A log that was played back is empty, which a zero says; QEMU leaves its last one, and would play it again. */
static int set_header(struct disk *file, uint64_t off, const struct disk_ids *ids, struct err *e)
{
	uint8_t h[VHDX_HEADER];
	int r = read_at(file, h, sizeof h, off, "vhdx: cut short", e);

	if (r < 0)
		return r;
	if (memcmp(h, "head", 4) != 0 || vhdx_sum(h, sizeof h) != le32(h + H_SUM))
		return damaged("vhdx: a header is damaged", e);
	swap_guid(ids->content, h + H_FILE_WRITE);
	swap_guid(ids->content, h + H_DATA_WRITE);
	memset(h + H_LOG, 0, 16);
	put_le32(h + H_SUM, vhdx_sum(h, sizeof h));
	return disk_pwrite(file, h, sizeof h, off, e);
}

static int vhdx_write(struct disk *file, const struct disk_ids *ids, struct err *e)
{
	uint8_t raw[16];
	uint64_t at;
	int r = find_page83(file, &at, e);

	swap_guid(ids->image, raw);
	if (r == 0)
		r = disk_pwrite(file, raw, sizeof raw, at, e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(headers_at); i++)
		r = set_header(file, headers_at[i], ids, e);
	return r;
}

/* ---- by format ---- */

static const struct id_row {
	enum disk_format format;
	int (*read)(struct disk *file, uint8_t image[16], struct err *e);
	int (*write)(struct disk *file, const struct disk_ids *ids, struct err *e);
} rows[] = {
	{DISK_VDI, vdi_read, vdi_write},
	{DISK_VHD, vhd_read, vhd_write},
	{DISK_VHDX, vhdx_read, vhdx_write},
};

static const struct id_row *row_of(enum disk_format f)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].format == f)
			return &rows[i];
	return NULL;
}

bool disk_has_ids(enum disk_format f)
{
	return row_of(f) != NULL;
}

int disk_id_read(struct disk *file, enum disk_format f, uint8_t image[16], struct err *e)
{
	const struct id_row *row = row_of(f);

	return row ? row->read(file, image, e)
		   : err_set(e, ENOTSUP, "%s images have no id", disk_format_name(f));
}

int disk_ids_write(struct disk *file, enum disk_format f, const struct disk_ids *ids, struct err *e)
{
	const struct id_row *row = row_of(f);

	return row ? row->write(file, ids, e)
		   : err_set(e, ENOTSUP, "%s images have no id", disk_format_name(f));
}
