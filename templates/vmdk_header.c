/* Reads a sparse extent's header (and footer) and bounds every number in it. */
#include "templates/vmdk_sparse.h"

#include "base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	FLAG_NEWLINES = 1 << 0,
	FLAG_ZERO_GRAIN = 1 << 2,
	FLAG_COMPRESSED = 1 << 16,
	FLAG_MARKERS = 1 << 17,
};

enum { GRAIN_SECTORS_MAX = 4096, GTES_MAX = 512, MARKER_EOS = 0, MARKER_FOOTER = 3 };

#define GD_AT_END UINT64_MAX

static int check_magic(const uint8_t *b, struct err *e)
{
	if (memcmp(b, "COWD", 4) == 0)
		return err_set(e, ENOTSUP, "vmdk: a sparse extent in ESX server's own format");
	if (memcmp(b, "KDMV", 4) != 0)
		return err_set(e, EINVAL, "not a sparse VMDK extent");
	if (le32(b + 4) < 1 || le32(b + 4) > 3)
		return err_set(e, ENOTSUP, "vmdk: version %" PRIu32, le32(b + 4));
	if ((le32(b + 8) & FLAG_NEWLINES) && memcmp(b + 73, "\n \r\n", 4) != 0)
		return err_set(e, EINVAL, "vmdk: damaged by a transfer in text mode");
	return 0;
}

/* The footer is the last but one sector, with its marker before and the end marker behind. */
static int read_footer(struct disk *file, const uint8_t *header, uint8_t *footer, struct err *e)
{
	uint8_t b[3 * VMDK_SECTOR];
	uint64_t end = file->size / VMDK_SECTOR * VMDK_SECTOR;
	int r;

	if (end < sizeof b + VMDK_HEADER)
		return err_set(e, EINVAL, "vmdk: no footer: the file is cut short");
	r = disk_pread(file, b, sizeof b, end - sizeof b, e);
	if (r < 0)
		return r;
	if (le64(b) != 1 || le32(b + 8) != 0 || le32(b + 12) != MARKER_FOOTER ||
	    memcmp(b + VMDK_SECTOR, "KDMV", 4) != 0 || le64(b + 2 * VMDK_SECTOR) != 0 ||
	    le32(b + 2 * VMDK_SECTOR + 8) != 0 || le32(b + 2 * VMDK_SECTOR + 12) != MARKER_EOS)
		return err_set(e, EINVAL, "vmdk: no footer: the file is cut short");
	memcpy(footer, b + VMDK_SECTOR, VMDK_HEADER);
	/* Flags to numGTEs: all but the directory's place must be what the header said. */
	if (memcmp(footer + 8, header + 8, 40) != 0)
		return err_set(e, EINVAL, "vmdk: the footer disagrees with the header");
	return check_magic(footer, e);
}

static int bound_numbers(struct disk *file, const uint8_t *b, struct vmdk_header *h, struct err *e)
{
	uint64_t sectors = le64(b + 12), grain = le64(b + 20), cover, entries;

	if (grain < 1 || grain > GRAIN_SECTORS_MAX || (grain & (grain - 1)))
		return err_set(e, EINVAL, "vmdk: grains of %" PRIu64 " sectors", grain);
	h->grain = (uint32_t)grain * VMDK_SECTOR;
	h->gtes = le32(b + 44);
	if (h->gtes < 1 || h->gtes > GTES_MAX)
		return err_set(e, EINVAL, "vmdk: grain tables of %" PRIu32 " entries", h->gtes);
	if (!mul_fits(sectors, VMDK_SECTOR, &h->capacity) || h->capacity > INT64_MAX)
		return err_set(e, EINVAL, "vmdk: a capacity of %" PRIu64 " sectors", sectors);
	cover = (uint64_t)h->grain * h->gtes;
	entries = h->capacity / cover + (h->capacity % cover != 0);
	if (!mul_fits(le64(b + 56), VMDK_SECTOR, &h->gd_offset) || entries > UINT32_MAX ||
	    !range_inside(h->gd_offset, entries * 4, file->size))
		return err_set(e, EINVAL,
			       "vmdk: the file cannot hold the grain directory of a capacity of "
			       "%" PRIu64 " sectors",
			       sectors);
	h->gd_entries = (uint32_t)entries;
	if (!mul_fits(le64(b + 64), VMDK_SECTOR, &h->overhead))
		return err_set(e, EINVAL, "vmdk: an overhead of %" PRIu64 " sectors", le64(b + 64));
	return 0;
}

static int bound_text(struct disk *file, const uint8_t *b, struct vmdk_header *h, struct err *e)
{
	uint64_t off = le64(b + 28), size = le64(b + 36);

	if (off == 0 || size == 0)
		return 0;
	if (size > VMDK_TEXT_MAX / VMDK_SECTOR)
		return err_set(e, EINVAL, "vmdk: a descriptor of %" PRIu64 " sectors", size);
	if (!mul_fits(off, VMDK_SECTOR, &h->text_offset) ||
	    !range_inside(h->text_offset, size * VMDK_SECTOR, file->size))
		return err_set(e, EINVAL, "vmdk: the descriptor reaches past the end of the file");
	h->text_size = size * VMDK_SECTOR;
	return 0;
}

int vmdk_header_read(struct disk *file, struct vmdk_header *h, struct err *e)
{
	uint8_t b[VMDK_HEADER], footer[VMDK_HEADER];
	uint32_t flags;
	int r;

	memset(h, 0, sizeof *h);
	if (file->size < sizeof b)
		return err_set(e, EINVAL, "vmdk: shorter than its header");
	r = disk_pread(file, b, sizeof b, 0, e);
	if (r == 0)
		r = check_magic(b, e);
	if (r == 0 && le64(b + 56) == GD_AT_END) {
		h->footer = true;
		r = read_footer(file, b, footer, e);
		if (r == 0)
			memcpy(b + 56, footer + 56, 8);
	}
	if (r < 0)
		return r;
	flags = le32(b + 8);
	h->compressed = flags & FLAG_COMPRESSED;
	h->markers = flags & FLAG_MARKERS;
	h->zero_grains = flags & FLAG_ZERO_GRAIN;
	if (h->compressed && le16(b + 77) != 1)
		return err_set(e, ENOTSUP, "vmdk: compression algorithm %u", le16(b + 77));
	r = bound_numbers(file, b, h, e);
	return r < 0 ? r : bound_text(file, b, h, e);
}
