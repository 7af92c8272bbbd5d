/* Reading what is there, piece by piece; and telling whose it is. */
#include "provision/verify_scan.h"

#include "provision/guest_parts.h"
#include "provision/md_mirror.h"

#include "base/pool.h"
#include "base/scope.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 20, MARGIN = SCAN_LONGEST, THREADS_MAX = 64 };

/* ---- one piece ---- */

struct taking {
	struct verify_hits *out;
	const struct verify_ids *ids;
	size_t disk;
	uint64_t base; /* of the buffer on the disk */
};

static void take(void *ctx, size_t off, const struct scan_pattern *p)
{
	struct taking *t = ctx;
	struct verify_hits *h = t->out;

	if (h->n == HITS_MAX) {
		h->too_many = true;
		return;
	}
	ARENA_GROW(h->a, h->items, h->n, h->room);
	h->items[h->n++] = (struct verify_hit){
		t->disk, t->base + off, &t->ids->items[p->tag], p->len, "", {0}};
}

/* Matches that begin in [off - margin, off + len) and reach into it. buf: PIECE and two margins. */
static int scan_piece(const struct verify_ids *ids, struct disk *d, size_t disk, uint64_t off,
		      size_t len, uint64_t before, uint8_t *buf, struct verify_hits *out,
		      struct err *e)
{
	uint64_t from = off < before ? 0 : off - before;
	uint64_t to = d->size - off - len < MARGIN ? d->size : off + len + MARGIN;
	struct taking t = {out, ids, disk, from};
	int r = disk_pread(d, buf, (size_t)(to - from), from, e);

	if (r == 0)
		scan_run(&ids->scan, buf, (size_t)(to - from), 0, (size_t)(off + len - from), take,
			 &t);
	out->scanned += len;
	return r;
}

int verify_scan_range(const struct verify_ids *ids, struct disk *d, size_t disk, uint64_t off,
		      uint64_t len, struct verify_hits *out, struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(PIECE + 2 * MARGIN);
	int r = 0;

	for (uint64_t at = off; r == 0 && at < off + len; at += PIECE) {
		size_t n = off + len - at < PIECE ? (size_t)(off + len - at) : PIECE;

		r = scan_piece(ids, d, disk, at, n, at == off ? MARGIN : 0, buf, out, e);
	}
	return r;
}

/* ---- whole disks, by threads ---- */

struct piece {
	size_t disk;
	uint64_t off;
	size_t len;
	uint8_t *buf;
	struct arena a;
	struct verify_hits hits;
};

struct scanning {
	const struct verify_ids *ids;
	struct disk *const *disks;
	size_t n, disk;
	uint64_t at, end; /* the data at work */
	struct verify_hits *out;
};

static int next_piece(void *ctx, void *slot, struct err *e)
{
	struct scanning *w = ctx;
	struct piece *p = slot;

	while (w->at == w->end) {
		struct extent x;
		int r;

		if (w->disk < w->n && w->at == w->disks[w->disk]->size) {
			w->disk++;
			w->at = w->end = 0;
			continue;
		}
		if (w->disk >= w->n)
			return 0;
		r = disk_extent(w->disks[w->disk], w->disks[w->disk]->size - w->at, w->at, &x, e);
		if (r < 0)
			return r;
		w->end = w->at + x.len;
		if (x.kind != EXTENT_DATA)
			w->at = w->end;
	}
	p->disk = w->disk;
	p->off = w->at;
	p->len = w->end - w->at < PIECE ? (size_t)(w->end - w->at) : PIECE;
	w->at += p->len;
	return 1;
}

static int work_piece(void *ctx, void *slot, struct err *e)
{
	struct scanning *w = ctx;
	struct piece *p = slot;

	p->hits = (struct verify_hits){.a = &p->a};
	return scan_piece(w->ids, w->disks[p->disk], p->disk, p->off, p->len, 0, p->buf, &p->hits,
			  e);
}

static int take_piece(void *ctx, void *slot, struct err *e)
{
	struct verify_hits *out = ((struct scanning *)ctx)->out;
	struct piece *p = slot;

	(void)e;
	for (size_t i = 0; i < p->hits.n && out->n < HITS_MAX; i++) {
		ARENA_GROW(out->a, out->items, out->n, out->room);
		out->items[out->n++] = p->hits.items[i];
	}
	out->too_many |= p->hits.too_many || out->n == HITS_MAX;
	out->scanned += p->hits.scanned;
	arena_fini(&p->a);
	p->a = (struct arena){0};
	return 0;
}

int verify_scan_disks(const struct verify_ids *ids, struct disk *const *disks, size_t n,
		      unsigned threads, struct verify_hits *out, struct err *e)
{
	static const struct pipeline line = {next_piece, work_piece, take_piece};
	unsigned workers = threads ? threads : pool_threads(THREADS_MAX);
	struct scanning w = {.ids = ids, .disks = disks, .n = n, .out = out};
	size_t count = (size_t)workers * 3;
	struct piece *pieces = xcalloc(count, sizeof *pieces);
	void **slots = xcalloc(count, sizeof *slots);
	int r;

	for (size_t i = 0; i < count; i++) {
		pieces[i].buf = xmalloc(PIECE + 2 * MARGIN);
		slots[i] = &pieces[i];
	}
	r = pipeline_run(&line, &w, slots, count, workers, e);
	for (size_t i = 0; i < count; i++) {
		free(pieces[i].buf);
		arena_fini(&pieces[i].a);
	}
	free(slots);
	free(pieces);
	return r;
}

/* ---- whose ---- */

static int by_place(const void *a, const void *b)
{
	const struct verify_hit *x = a, *y = b;

	if (x->disk != y->disk)
		return x->disk < y->disk ? -1 : 1;
	return x->off != y->off ? (x->off < y->off ? -1 : 1) : 0;
}

void verify_hits_sort(struct verify_hits *h)
{
	if (h->n)
		qsort(h->items, h->n, sizeof *h->items, by_place);
}

/* At a place of the disk. */
static bool is_in_part(const struct volume *v, const struct verify_hit *h, uint64_t *off)
{
	*off = h->off - (v->part ? v->part->start : 0);
	return h->disk == v->disk && (!v->part || h->off >= v->part->start) && *off < v->data->size;
}

/* Through a member of the array, which is a mirror, or striped as logical volumes are. */
static bool is_in_array(const struct storage *s, const struct volume *v, const struct verify_hit *h,
			uint64_t *off)
{
	uint64_t at;

	for (size_t i = 0; i < s->nvolumes; i++) {
		const struct volume *m = &s->volumes[i];

		if (m->member_of && m->member_of == v->array && is_in_part(m, h, &at) &&
		    (md_mirror_find(v->data, m->data, at, off) ||
		     lv_disk_find(v->data, m->data, at, off)))
			return true;
	}
	return false;
}

static bool is_in_physical(const struct storage *s, const struct volume *v,
			   const struct verify_hit *h, uint64_t *off)
{
	return v->array ? is_in_array(s, v, h, off) : is_in_part(v, h, off);
}

/* Where a hit on the disk is in a volume; in a logical one through a physical one of LVM's. */
static bool is_in(struct guest *g, const struct volume *v, const struct verify_hit *h,
		  uint64_t *off)
{
	const struct storage *s = &g->storage;
	uint64_t at;

	if (!v->logical)
		return is_in_physical(s, v, h, off);
	for (size_t i = 0; i < s->nvolumes; i++) {
		const struct volume *pv = &s->volumes[i];

		if (str_eq(pv->type, "LVM2_member") && !pv->logical &&
		    is_in_physical(s, pv, h, &at) && lv_disk_find(v->data, pv->data, at, off))
			return true;
	}
	return false;
}

static int by_owner(const void *a, const void *b)
{
	uint64_t x = ((const struct guest_owner *)a)->off, y = ((const struct guest_owner *)b)->off;

	return x < y ? -1 : x > y;
}

static const struct guest_owner *owner_at(const struct guest_owner *list, size_t n, uint64_t off)
{
	const struct guest_owner key = {.off = off};

	return bsearch(&key, list, n, sizeof *list, by_owner);
}

/* The hits in one volume: their owners by the volume's filesystem. */
static void place_volume(struct verify_hits *h, struct guest *g, size_t volume, bool names)
{
	const struct volume *v = &g->storage.volumes[volume];
	struct guest_owner *list = arena_alloc(h->a, (h->n + 1) * sizeof *list);
	struct guest_fs *fs;
	uint64_t off;
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++) {
		if (!is_in(g, v, &h->items[i], &off))
			continue;
		h->items[i].device = v->device;
		h->items[i].owner = list[n++] =
			(struct guest_owner){off, GUEST_SPACE_META, "", false};
	}
	fs = n ? guest_volume(g, volume) : NULL;
	if (!fs)
		return;
	qsort(list, n, sizeof *list, by_owner);
	if (guest_fs_owners(fs, h->a, list, n, names, NULL) < 0)
		return;
	for (size_t i = 0; i < h->n; i++)
		if (is_in(g, v, &h->items[i], &off))
			h->items[i].owner = *owner_at(list, n, off);
}

void verify_hits_place(struct verify_hits *h, struct guest *g, bool names)
{
	for (size_t i = 0; i < h->n; i++)
		h->items[i].owner =
			(struct guest_owner){h->items[i].off, GUEST_SPACE_META, "", false};
	/* logical volumes stand behind the physical ones they are in */
	for (size_t i = 0; h->n && i < g->storage.nvolumes; i++)
		place_volume(h, g, i, names);
}
