/* Partition tables read into struct partition. */
#include "provision/storage_table.h"

#include "provision/storage_gpt.h"

#include "base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, MBR_ID = 440, MBR_FIRST = 446, MBR_EACH = 16, LOGICAL_MAX = 128 };

static const char esp_type[] = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
static const char bios_boot_type[] = "21686148-6449-6e6f-744e-656564454649";

/* ---- GPT ---- */

/* A partition's name is UTF-16LE. */
static const char *gpt_name(struct arena *a, const uint8_t *p)
{
	char text[36 * 3 + 1];
	size_t n = 0;

	for (int i = 0; i < 36; i++) {
		unsigned c = le16(p + 2 * i);

		if (!c)
			break;
		if (c < 0x80) {
			text[n++] = (char)(c < 0x20 ? '?' : c);
		} else if (c < 0x800) {
			text[n++] = (char)(0xc0 | c >> 6);
			text[n++] = (char)(0x80 | (c & 0x3f));
		} else if (c >= 0xd800 && c < 0xe000) {
			text[n++] = '?';
		} else {
			text[n++] = (char)(0xe0 | c >> 12);
			text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			text[n++] = (char)(0x80 | (c & 0x3f));
		}
	}
	return arena_dupn(a, text, n);
}

static void guid_text(const uint8_t *p, char out[UUID_TEXT])
{
	struct uuid u;

	gpt_guid_swap(p, u.bytes);
	uuid_format(&u, out);
}

static int gpt_partition(const struct gpt *t, unsigned i, uint64_t disk_size, struct arena *a,
			 struct partition *out, struct err *e)
{
	const uint8_t *p = t->array + (size_t)i * t->size;
	uint64_t first = le64(p + 32), last = le64(p + 40);
	struct partition part = {.number = i + 1};

	if (last < first || !mul_fits(first, t->sector, &part.start) ||
	    !mul_fits(last - first + 1, t->sector, &part.size) ||
	    !range_inside(part.start, part.size, disk_size))
		return err_set(e, EUCLEAN, "GPT: partition %u is not inside the disk", i + 1);
	guid_text(p, part.type);
	guid_text(p + 16, part.guid);
	part.name = gpt_name(a, p + 56);
	part.esp = strcmp(part.type, esp_type) == 0;
	part.bios_boot = strcmp(part.type, bios_boot_type) == 0;
	*out = part;
	return 0;
}

static int gpt_fill(struct guest_disk *g, const struct gpt *t, struct arena *a,
		    const char **warning, struct err *e)
{
	size_t room = 0;

	g->table = TABLE_GPT;
	guid_text(t->header + 56, g->id);
	for (unsigned i = 0; i < t->count; i++) {
		int r;

		if (bytes_are_zero(t->array + (size_t)i * t->size, 16))
			continue;
		if (g->nparts == PARTITIONS_MAX) {
			*warning = "GPT: more than 256 partitions, the rest is not looked at";
			break;
		}
		ARENA_GROW(a, g->parts, g->nparts, room);
		r = gpt_partition(t, i, g->disk->size, a, &g->parts[g->nparts], e);
		if (r < 0)
			return r;
		g->nparts++;
	}
	return 0;
}

/* ---- MBR ---- */

struct mbr {
	struct guest_disk *g;
	struct arena *a;
	size_t room;
	uint32_t id;
};

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static int mbr_add(struct mbr *m, unsigned number, const uint8_t *p, uint64_t base, struct err *e)
{
	struct guest_disk *g = m->g;
	struct partition part = {
		.number = number,
		.start = (base + le32(p + 8)) * SECTOR,
		.size = (uint64_t)le32(p + 12) * SECTOR,
		.name = "",
		.esp = p[4] == 0xef,
	};

	if (!range_inside(part.start, part.size, g->disk->size))
		return err_set(e, EUCLEAN, "MBR: partition %u is not inside the disk", number);
	snprintf(part.type, sizeof part.type, "0x%02x", p[4]);
	snprintf(part.guid, sizeof part.guid, "%08x-%02x", m->id, number & 0xff);
	ARENA_GROW(m->a, g->parts, g->nparts, m->room);
	g->parts[g->nparts++] = part;
	return 0;
}

/* The chain of logical partitions. Each link is relative to the extended partition, each partition to its own link;
 * links must go up, so that the chain ends. */
static int mbr_logical(struct mbr *m, uint64_t base, const char **warning, struct err *e)
{
	uint64_t at = base;
	uint8_t s[SECTOR];

	for (unsigned number = 5; number < 5 + LOGICAL_MAX; number++) {
		const uint8_t *p = s + MBR_FIRST, *next = p + MBR_EACH;
		int r;

		if (!range_inside(at * SECTOR, SECTOR, m->g->disk->size))
			return err_set(e, EUCLEAN, "MBR: logical partitions outside the disk");
		r = disk_pread(m->g->disk, s, sizeof s, at * SECTOR, e);
		if (r < 0)
			return r;
		if (le16(s + 510) != 0xaa55)
			return 0;
		if (p[4] && le32(p + 12))
			r = mbr_add(m, number, p, at, e);
		if (r < 0 || !is_extended(next[4]) || !le32(next + 12))
			return r;
		if (base + le32(next + 8) <= at) {
			*warning = "MBR: the chain of logical partitions leads back";
			return 0;
		}
		at = base + le32(next + 8);
	}
	*warning = "MBR: too many logical partitions";
	return 0;
}

static int mbr_fill(struct guest_disk *g, const uint8_t *s, struct arena *a, const char **warning,
		    struct err *e)
{
	struct mbr m = {.g = g, .a = a, .id = le32(s + MBR_ID)};
	int r = 0;

	g->table = TABLE_MBR;
	snprintf(g->id, sizeof g->id, "%08x", m.id);
	for (unsigned i = 0; i < 4 && r == 0; i++) {
		const uint8_t *p = s + MBR_FIRST + (size_t)MBR_EACH * i;

		if (p[4] && le32(p + 12) && !is_extended(p[4]))
			r = mbr_add(&m, i + 1, p, 0, e);
	}
	for (unsigned i = 0; i < 4 && r == 0; i++) {
		const uint8_t *p = s + MBR_FIRST + (size_t)MBR_EACH * i;

		if (is_extended(p[4]) && le32(p + 12)) {
			r = mbr_logical(&m, le32(p + 8), warning, e);
			break;
		}
	}
	return r;
}

/* A boot sector of a filesystem ends in 55 AA too: a table has only entries that make sense, and at least one. */
static bool looks_like_mbr(const uint8_t *s, uint64_t size)
{
	unsigned used = 0;

	if (le16(s + 510) != 0xaa55)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		const uint8_t *p = s + MBR_FIRST + (size_t)MBR_EACH * i;

		if (p[0] & 0x7f)
			return false;
		if (p[4] == 0 || le32(p + 12) == 0)
			continue;
		if (le32(p + 8) == 0 || le32(p + 8) >= size / SECTOR)
			return false;
		used++;
	}
	return used > 0;
}

static bool has_protective(const uint8_t *s)
{
	for (unsigned i = 0; i < 4; i++)
		if (s[MBR_FIRST + MBR_EACH * i + 4] == 0xee)
			return true;
	return false;
}

int table_read(struct guest_disk *g, struct arena *a, const char **warning, struct err *e)
{
	uint8_t s[SECTOR];
	struct gpt t;
	int r;

	if (g->disk->size < SECTOR)
		return 0;
	r = disk_pread(g->disk, s, sizeof s, 0, e);
	if (r < 0)
		return r;
	if (!looks_like_mbr(s, g->disk->size))
		return 0;
	if (has_protective(s)) {
		r = gpt_find(g->disk, a, &t, warning, e);
		if (r != -ENOENT)
			return r < 0 ? r : gpt_fill(g, &t, a, warning, e);
		*warning = "MBR: it protects a GPT that is not there";
	}
	return mbr_fill(g, s, a, warning, e);
}
