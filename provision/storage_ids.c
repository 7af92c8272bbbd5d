/* New ids in partition tables. */
#include "provision/storage_gpt.h"
#include "provision/storage_table.h"

#include "base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>

enum {
	H_CRC = 16,
	H_MY = 24,
	H_OTHER = 32,
	H_LAST_USABLE = 48,
	H_DISK = 56,
	H_ENTRIES = 72,
	H_ARRAY_CRC = 88,
	E_GUID = 16,
	E_LAST = 40,
	MBR_ID = 440,
	MBR_FIRST = 446,
};

/* Where both copies will be. */
struct layout {
	uint64_t last;    /* the backup header */
	uint64_t primary; /* entries */
	uint64_t backup;
	bool moved; /* the backup was elsewhere, or damaged */
};

static uint64_t array_sectors(const struct gpt *t)
{
	return ((uint64_t)t->count * t->size + t->sector - 1) / t->sector;
}

static uint64_t last_used(const struct gpt *t)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < t->count; i++) {
		const uint8_t *p = t->array + (size_t)i * t->size;

		if (!bytes_are_zero(p, 16) && le64(p + E_LAST) > last)
			last = le64(p + E_LAST);
	}
	return last;
}

static int plan_layout(struct disk *d, const struct gpt *t, struct arena *a, struct layout *l,
		       struct err *e)
{
	struct gpt other;
	bool is_primary = t->at == 1;

	l->last = d->size / t->sector - 1;
	l->primary = is_primary ? t->entries : 2;
	l->backup = l->last - array_sectors(t);
	l->moved = true;
	if (is_primary && gpt_read(d, t->sector, l->last, a, &other, NULL) == 0 &&
	    other.count == t->count && other.size == t->size) {
		l->backup = other.entries;
		l->moved = t->backup != l->last;
	}
	if (!is_primary) {
		l->backup = t->entries;
		l->moved = false;
	}
	if (l->primary + array_sectors(t) > l->backup || last_used(t) >= l->backup)
		return err_set(e, ENOSPC, "GPT: there is no room for the backup at the disk's end");
	return 0;
}

/* The backup that stays behind in the middle of a grown disk still tells the old ids. */
static int wipe_old(struct disk *d, const struct gpt *t, const struct layout *l, struct arena *a,
		    struct err *e)
{
	struct gpt old;
	int r;

	if (!l->moved || t->backup == l->last || t->backup <= last_used(t) ||
	    gpt_read(d, t->sector, t->backup, a, &old, NULL) < 0 || old.entries <= last_used(t))
		return 0;
	r = disk_zero(d, t->sector, old.at * t->sector, e);
	return r < 0 ? r
		     : disk_zero(d, array_sectors(&old) * t->sector, old.entries * t->sector, e);
}

static int write_copy(struct disk *d, const struct gpt *t, uint64_t my, uint64_t other,
		      uint64_t entries, struct err *e)
{
	uint8_t h[GPT_HEADER_MAX];
	size_t n = (size_t)t->count * t->size;
	int r;

	memcpy(h, t->header, sizeof h);
	put_le64(h + H_MY, my);
	put_le64(h + H_OTHER, other);
	put_le64(h + H_ENTRIES, entries);
	put_le32(h + H_ARRAY_CRC, libdeflate_crc32(0, t->array, n));
	put_le32(h + H_CRC, 0);
	put_le32(h + H_CRC, libdeflate_crc32(0, h, t->header_size));
	r = disk_pwrite(d, t->array, n, entries * t->sector, e);
	return r < 0 ? r : disk_pwrite(d, h, sizeof h, my * t->sector, e);
}

/* A protective entry covers the whole disk, as far as its 32 bits go. A hybrid MBR is somebody's own work. */
static int grow_protective(struct disk *d, uint64_t last, struct err *e)
{
	uint8_t s[512], *p = s + MBR_FIRST;
	int r = disk_pread(d, s, sizeof s, 0, e);

	if (r < 0 || p[4] != 0xee || !bytes_are_zero(p + 16, 48))
		return r;
	put_le32(p + 12, last > UINT32_MAX ? UINT32_MAX : (uint32_t)last);
	return disk_pwrite(d, s, sizeof s, 0, e);
}

static void set_guids(struct guest_disk *g, const struct gpt *t, const struct uuid *disk_id,
		      const struct uuid *const *guids)
{
	if (disk_id) {
		gpt_guid_swap(disk_id->bytes, (uint8_t *)t->header + H_DISK);
		uuid_format(disk_id, g->id);
	}
	for (size_t i = 0; guids && i < g->nparts; i++) {
		struct partition *p = &g->parts[i];

		if (!guids[i])
			continue;
		gpt_guid_swap(guids[i]->bytes,
			      t->array + (size_t)(p->number - 1) * t->size + E_GUID);
		uuid_format(guids[i], p->guid);
	}
}

static int set_gpt(struct guest_disk *g, const struct uuid *disk_id,
		   const struct uuid *const *guids, struct arena *a, struct err *e)
{
	const char *warning;
	struct layout l = {0};
	struct gpt t;
	int r = gpt_find(g->disk, a, &t, &warning, e);

	if (r == -ENOENT)
		return err_set(e, ENOENT, "GPT: it is gone");
	if (r == 0)
		r = plan_layout(g->disk, &t, a, &l, e);
	if (r == 0)
		r = wipe_old(g->disk, &t, &l, a, e);
	if (r < 0)
		return r;
	set_guids(g, &t, disk_id, guids);
	if (l.moved)
		put_le64(t.header + H_LAST_USABLE, l.backup - 1);
	r = write_copy(g->disk, &t, l.last, 1, l.backup, e);
	if (r == 0)
		r = write_copy(g->disk, &t, 1, l.last, l.primary, e);
	if (r == 0 && l.moved)
		r = grow_protective(g->disk, l.last, e);
	return r;
}

static int set_mbr(struct guest_disk *g, const struct uuid *disk_id, struct err *e)
{
	uint8_t raw[4];
	uint32_t id;
	int r;

	if (!disk_id)
		return 0;
	id = be32(disk_id->bytes);
	id = id ? id : 1; /* zero means: no id */
	put_le32(raw, id);
	r = disk_pwrite(g->disk, raw, sizeof raw, MBR_ID, e);
	if (r < 0)
		return r;
	snprintf(g->id, sizeof g->id, "%08x", id);
	for (size_t i = 0; i < g->nparts; i++)
		snprintf(g->parts[i].guid, sizeof g->parts[i].guid, "%08x-%02x", id,
			 g->parts[i].number & 0xff);
	return 0;
}

int storage_set_ids(struct guest_disk *g, const struct uuid *disk_id,
		    const struct uuid *const *guids, struct err *e)
{
	struct arena a = {0};
	int r;

	if (g->table == TABLE_NONE)
		return err_set(e, ENOTSUP, "the disk has no partition table");
	if (g->table == TABLE_MBR)
		return set_mbr(g, disk_id, e);
	r = set_gpt(g, disk_id, guids, &a, e);
	arena_fini(&a);
	return r;
}

int storage_fit(struct disk *d, struct err *e)
{
	struct guest_disk g = {.disk = d};
	const char *warning = NULL;
	struct arena a = {0};
	int r = table_read(&g, &a, &warning, e);

	if (r == 0 && g.table == TABLE_GPT)
		r = set_gpt(&g, NULL, NULL, &a, e);
	arena_fini(&a);
	return r;
}
