/* Reading GPT headers, every number bounded before it is used.
 * libfdisk needs 0.8 ms to look at a disk, more than everything else together: it is the tests' second opinion. */
#include "provision/storage_gpt.h"

#include "base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <string.h>

enum {
	H_SIZE = 12,
	H_CRC = 16,
	H_MY = 24,
	H_OTHER = 32,
	H_ENTRIES = 72,
	H_COUNT = 80,
	H_EACH = 84,
	H_ARRAY_CRC = 88,
	H_LEAST = 92,
};

void gpt_guid_swap(const uint8_t in[16], uint8_t out[16])
{
	static const uint8_t from[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	uint8_t copy[16];

	memcpy(copy, in, sizeof copy);
	for (int i = 0; i < 16; i++)
		out[i] = copy[from[i]];
}

static int header_check(struct disk *d, struct gpt *g, struct err *e)
{
	uint8_t copy[GPT_HEADER_MAX];
	uint64_t off, last = d->size / g->sector;
	uint32_t crc;

	g->header_size = le32(g->header + H_SIZE);
	if (g->header_size < H_LEAST || g->header_size > GPT_HEADER_MAX)
		return err_set(e, EUCLEAN, "GPT: a header of %u bytes", g->header_size);
	memcpy(copy, g->header, sizeof copy);
	put_le32(copy + H_CRC, 0);
	crc = libdeflate_crc32(0, copy, g->header_size);
	if (crc != le32(g->header + H_CRC))
		return err_set(e, EUCLEAN, "GPT: the header's checksum is wrong");
	if (le64(g->header + H_MY) != g->at)
		return err_set(e, EUCLEAN, "GPT: the header says it is elsewhere");
	g->backup = le64(g->header + H_OTHER);
	g->entries = le64(g->header + H_ENTRIES);
	g->count = le32(g->header + H_COUNT);
	g->size = le32(g->header + H_EACH);
	if (!g->count || g->count > GPT_ENTRIES_MAX || g->size < 128 || g->size > GPT_ENTRY_MAX ||
	    g->size % 8)
		return err_set(e, EUCLEAN, "GPT: %u entries of %u bytes", g->count, g->size);
	if (g->entries >= last || !mul_fits(g->entries, g->sector, &off) ||
	    !range_inside(off, (uint64_t)g->count * g->size, d->size))
		return err_set(e, EUCLEAN, "GPT: its entries are outside the disk");
	return 0;
}

int gpt_read(struct disk *d, uint32_t sector, uint64_t lba, struct arena *a, struct gpt *out,
	     struct err *e)
{
	struct gpt g = {.sector = sector, .at = lba};
	uint64_t off;
	int r;

	if (!mul_fits(lba, sector, &off) || !range_inside(off, GPT_HEADER_MAX, d->size))
		return -ENOENT;
	r = disk_pread(d, g.header, sizeof g.header, off, e);
	if (r < 0)
		return r;
	if (memcmp(g.header, "EFI PART", 8) != 0)
		return -ENOENT;
	r = header_check(d, &g, e);
	if (r < 0)
		return r;
	g.array = arena_alloc(a, (size_t)g.count * g.size);
	r = disk_pread(d, g.array, (size_t)g.count * g.size, g.entries * sector, e);
	if (r < 0)
		return r;
	if (libdeflate_crc32(0, g.array, (size_t)g.count * g.size) != le32(g.header + H_ARRAY_CRC))
		return err_set(e, EUCLEAN, "GPT: the checksum of its entries is wrong");
	*out = g;
	return 0;
}

int gpt_find(struct disk *d, struct arena *a, struct gpt *out, const char **warning, struct err *e)
{
	static const uint32_t sectors[] = {512, 4096};
	struct err first = {0};
	int r = -ENOENT;

	for (int i = 0; i < 2; i++) {
		r = gpt_read(d, sectors[i], 1, a, out, &first);
		if (r != -ENOENT)
			break;
	}
	if (r == 0)
		return 0;
	for (int i = 0; i < 2 && d->size >= 3 * (uint64_t)sectors[i]; i++) {
		if (gpt_read(d, sectors[i], d->size / sectors[i] - 1, a, out, NULL) < 0)
			continue;
		*warning = "GPT: the primary header is damaged, the backup was used";
		return 0;
	}
	return r == -ENOENT ? r : err_set(e, -r, "%s", first.text);
}
