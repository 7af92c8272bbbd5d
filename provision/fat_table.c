/* The file allocation table: chains of clusters. */
#include "provision/fat.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <string.h>

int fat_table_load(struct fat *x, struct err *e)
{
	SCOPED(free_at) uint8_t *table = NULL;
	int r;

	if (x->table)
		return 0;
	/* The last entry of a FAT12 may end in the middle of a byte pair. */
	table = xcalloc(1, x->table_size + 2);
	r = disk_pread(x->fs.disk, table, x->table_size, x->tables_at, e);
	if (r == 0)
		x->table = TAKE_PTR(table);
	return r;
}

bool fat_exists(const struct fat *x, uint32_t cluster)
{
	return cluster >= 2 && cluster - 2 < x->clusters;
}

uint64_t fat_offset(const struct fat *x, uint32_t cluster)
{
	return x->data_at + (uint64_t)(cluster - 2) * x->cluster;
}

static uint32_t entry_get(const struct fat *x, uint32_t cluster)
{
	const uint8_t *t = x->table;

	switch (x->bits) {
	case 12:
		t += cluster + cluster / 2;
		return cluster & 1 ? le16(t) >> 4 : le16(t) & 0xfff;
	case 16:
		return le16(t + 2 * (size_t)cluster);
	default:
		return le32(t + 4 * (size_t)cluster) & 0x0fffffff;
	}
}

static void mark(struct fat *x, uint32_t from, uint32_t n)
{
	if (x->dirty_to == 0 || from < x->dirty_from)
		x->dirty_from = from;
	if (from + n > x->dirty_to)
		x->dirty_to = from + n < x->table_size ? from + n : x->table_size;
}

static void entry_set(struct fat *x, uint32_t cluster, uint32_t v)
{
	uint8_t *t = x->table;
	uint32_t at;

	switch (x->bits) {
	case 12:
		at = cluster + cluster / 2;
		v = cluster & 1 ? (le16(t + at) & 0xf) | (v & 0xfff) << 4
				: (le16(t + at) & 0xf000U) | (v & 0xfff);
		put_le16(t + at, (uint16_t)v);
		mark(x, at, 2);
		break;
	case 16:
		put_le16(t + 2 * (size_t)cluster, (uint16_t)v);
		mark(x, 2 * cluster, 2);
		break;
	default:
		at = 4 * cluster;
		put_le32(t + at, (le32(t + at) & 0xf0000000) | (v & 0x0fffffff));
		mark(x, at, 4);
		break;
	}
}

static uint32_t end_mark(const struct fat *x)
{
	return x->bits == 12 ? 0xff8 : x->bits == 16 ? 0xfff8 : 0x0ffffff8;
}

int fat_next(struct fat *x, uint32_t cluster, uint32_t *next, struct err *e)
{
	uint32_t v = entry_get(x, cluster);

	if (v >= end_mark(x)) {
		*next = 0;
		return 0;
	}
	if (!fat_exists(x, v))
		return err_set(e, EUCLEAN, "vfat: a chain of clusters leads nowhere");
	*next = v;
	return 0;
}

bool fat_is_free(const struct fat *x, uint32_t cluster)
{
	return entry_get(x, cluster) == 0;
}

int fat_take(struct fat *x, uint32_t *cluster, struct err *e)
{
	for (uint32_t i = 0; i < x->clusters; i++) {
		uint32_t c = 2 + (x->hint - 2 + i) % x->clusters;

		if (entry_get(x, c) != 0)
			continue;
		entry_set(x, c, 0x0fffffff);
		x->hint = c;
		x->freed--;
		*cluster = c;
		return 0;
	}
	return err_set(e, ENOSPC, "vfat: the filesystem is full");
}

void fat_point(struct fat *x, uint32_t cluster, uint32_t next)
{
	entry_set(x, cluster, next ? next : 0x0fffffff);
}

int fat_free(struct fat *x, uint32_t first, struct err *e)
{
	uint32_t next = 0;

	for (uint32_t n = 0; first && n < x->clusters; n++) {
		int r = fat_next(x, first, &next, e);

		if (r < 0)
			return r;
		entry_set(x, first, 0);
		x->freed++;
		first = next;
	}
	return 0;
}
