/* From disks to volumes. */
#include "provision/storage_lvm.h"
#include "provision/storage_md.h"
#include "provision/storage_sniff.h"
#include "provision/storage_table.h"

#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { DISKS_MAX = 64 };

void storage_warn(struct storage *s, const char *fmt, ...)
{
	const char **more = arena_alloc(s->a, (s->nwarnings + 1) * sizeof *more);
	va_list ap;

	if (s->nwarnings)
		memcpy(more, s->warnings, s->nwarnings * sizeof *more);
	va_start(ap, fmt);
	more[s->nwarnings++] = arena_vprintf(s->a, fmt, ap);
	va_end(ap);
	s->warnings = more;
}

struct volume *storage_add(struct storage *s, const struct volume *v)
{
	/* Doubling at the powers of two: the count tells the room. */
	if ((s->nvolumes & (s->nvolumes - 1)) == 0) {
		struct volume *more =
			arena_alloc(s->a, (s->nvolumes ? 2 * s->nvolumes : 1) * sizeof *more);

		if (s->nvolumes)
			memcpy(more, s->volumes, s->nvolumes * sizeof *more);
		s->volumes = more;
	}
	s->volumes[s->nvolumes] = *v;
	return &s->volumes[s->nvolumes++];
}

/* vda, vdb, ... vdz, vdaa */
static const char *disk_name(struct arena *a, size_t i)
{
	if (i < 26)
		return arena_printf(a, "vd%c", (char)('a' + i));
	return arena_printf(a, "vd%c%c", (char)('a' + i / 26 - 1), (char)('a' + i % 26));
}

static int add_volume(struct storage *s, struct volume *v, uint64_t start, uint64_t size,
		      struct err *e)
{
	struct sniffed found = {.type = "", .uuid = "", .label = ""};
	int r = disk_slice(s->disks[v->disk].disk, start, size, &v->data, e);

	/* A BIOS boot partition holds GRUB's core image, which looks like nothing. */
	if (r == 0 && !(v->part && v->part->bios_boot))
		r = volume_sniff(v->data, s->a, &found, e);
	if (r < 0) {
		disk_close(v->data);
		return err_in(e, r, "%s", v->device);
	}
	v->type = found.type;
	v->uuid = found.uuid;
	v->label = found.label;
	storage_add(s, v);
	return 0;
}

static int open_disk(struct storage *s, size_t i, struct err *e)
{
	struct guest_disk *g = &s->disks[i];
	const char *name = disk_name(s->a, i), *warning = NULL;
	int r = table_read(g, s->a, &warning, e);

	if (warning)
		storage_warn(s, "%s: %s", name, warning);
	/* An array's table may speak of more than this member of it. */
	if ((r < 0 || g->table != TABLE_NONE) && storage_md_has_disk(g)) {
		*g = (struct guest_disk){.disk = g->disk};
		r = 0;
	}
	if (r < 0)
		return err_in(e, r, "%s", name);
	if (g->table == TABLE_NONE) {
		struct volume v = {.device = name, .disk = i};

		return add_volume(s, &v, 0, g->disk->size, e);
	}
	for (size_t k = 0; k < g->nparts && r == 0; k++) {
		struct volume v = {.disk = i, .part = &g->parts[k]};

		v.device = arena_printf(s->a, "%s%u", name, g->parts[k].number);
		r = add_volume(s, &v, g->parts[k].start, g->parts[k].size, e);
	}
	return r;
}

int storage_open(struct storage *s, struct arena *a, struct disk **disks, size_t n, struct err *e)
{
	int r = 0;

	*s = (struct storage){.a = a};
	if (n > DISKS_MAX)
		return err_set(e, E2BIG, "%zu disks are more than %d", n, DISKS_MAX);
	s->disks = arena_alloc(a, n * sizeof *s->disks);
	for (; s->ndisks < n && r == 0; s->ndisks++) {
		s->disks[s->ndisks].disk = disks[s->ndisks];
		r = open_disk(s, s->ndisks, e);
	}
	if (r == 0)
		r = storage_find_md(s, e);
	if (r == 0)
		r = storage_find_lvm(s, e);
	if (r < 0)
		storage_close(s);
	return r;
}

void storage_close(struct storage *s)
{
	/* Logical volumes come after the arrays, and those after the partitions they are on. */
	while (s->nvolumes > 0)
		disk_close(s->volumes[--s->nvolumes].data);
	*s = (struct storage){0};
}
