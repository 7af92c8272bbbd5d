/* What is left of others: the base's hits that show through, and those in a clone's own clusters. */
#include "provision/verify_parts.h"
#include "provision/verify_scan.h"

#include "provision/guest_parts.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "templates/disk_qcow2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FINDINGS = 20, HASH_SEED_AT = 236, EXT_MAGIC_AT = 56, EXT_MAGIC = 0xef53 };

/* ---- what a clone holds itself ---- */

struct own_range {
	size_t disk;
	uint64_t from, to;
};

struct own {
	struct own_range *items;
	size_t n, room;
};

static int scan_own(struct verify_clone *c, size_t i, struct disk *map, struct own *own,
		    struct verify_hits *hits, struct err *e)
{
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < map->size;) {
		struct extent x;

		r = disk_extent(map, map->size - at, at, &x, e);
		if (r < 0)
			break;
		if (x.kind != EXTENT_HOLE) {
			ARENA_GROW(&c->mem, own->items, own->n, own->room);
			own->items[own->n++] = (struct own_range){i, at, at + x.len};
		}
		if (x.kind == EXTENT_DATA)
			r = verify_scan_range(c->ids, c->disks[i], i, at, x.len, hits, e);
		at += x.len;
	}
	return r;
}

static int scan_linked(struct verify_clone *c, size_t i, struct own *own, struct verify_hits *hits,
		       struct err *e)
{
	SCOPED(disk_close_at) struct disk *hole = disk_hole(c->disks[i]->size);
	SCOPED(disk_close_at) struct disk *map = NULL;
	int r = qcow2_open(c->files[i], hole, &map, e);

	if (r == 0)
		r = scan_own(c, i, map, own, hits, e);
	/* closed before what it stands on */
	disk_close(map);
	map = NULL;
	return r;
}

static int scan_clone(struct verify_clone *c, struct own *own, struct verify_hits *hits,
		      struct err *e)
{
	int r = 0;

	if (!c->f) /* one machine: all threads are its own */
		return verify_scan_disks(c->ids, c->disks, c->ndisks, c->v->o->threads, hits, e);
	for (size_t i = 0; r == 0 && i < c->ndisks; i++)
		r = c->linked[i] ? scan_linked(c, i, own, hits, e)
				 : scan_own(c, i, c->disks[i], own, hits, e);
	return r;
}

/* The base's hits that no own cluster hides. */
static void add_shown(struct verify_clone *c, const struct own *own, struct verify_hits *out)
{
	const struct verify_hits *all = c->base ? &c->base->hits : NULL;
	size_t k = 0;

	for (size_t i = 0; all && i < all->n; i++) {
		const struct verify_hit *h = &all->items[i];
		uint64_t end = h->off + h->len;

		if (h->disk >= c->ndisks || !c->linked[h->disk] ||
		    h->owner.space == GUEST_SPACE_FREE)
			continue;
		while (k < own->n &&
		       (own->items[k].disk < h->disk ||
			(own->items[k].disk == h->disk && own->items[k].to <= h->off)))
			k++;
		if (k < own->n && own->items[k].disk == h->disk && own->items[k].from < end)
			continue;
		ARENA_GROW(out->a, out->items, out->n, out->room);
		out->items[out->n++] = *h;
	}
}

/* ---- what may be left ---- */

static bool is_hash_seed(struct verify_clone *c, const struct verify_hit *h)
{
	uint8_t magic[2];

	return h->off >= HASH_SEED_AT && h->len == 16 &&
	       disk_pread(c->disks[h->disk], magic, 2, h->off - HASH_SEED_AT + EXT_MAGIC_AT,
			  NULL) == 0 &&
	       le16(magic) == EXT_MAGIC;
}

static bool is_kept(const struct verify_clone *c, const struct verify_known *k)
{
	const struct verify_subject *s = c->subject;

	for (size_t i = 0; i < c->nkept; i++)
		if (*k->value ? strcasecmp(s->exceptions[i].value, k->value) == 0
			      : str_eq(s->exceptions[i].where, k->where))
			return true;
	return false;
}

/* The rows of --clean: what the user left in. full (which is cut) or a folder above it. */
static const struct place *privacy_of(char *full)
{
	char *slash;

	for (; *full; *slash = 0) {
		for (size_t i = 0; i < places_count(); i++) {
			const struct place *p = places_at(i);

			for (size_t k = 0; p->privacy && k < ARRAY_SIZE(p->paths) && p->paths[k];
			     k++)
				if (place_matches(p->paths[k], full))
					return p;
		}
		slash = strrchr(full, '/');
		if (!slash)
			break;
	}
	return NULL;
}

/* Where the file is whose bytes were hit. */
static char *path_of(struct verify_clone *c, const struct verify_hit *h)
{
	const struct guest_facts *f = guest_facts(c->guest);
	const char *mount = "";

	for (size_t i = 0; i < f->nfilesystems; i++)
		if (str_eq(f->filesystems[i].device, h->device))
			mount = f->filesystems[i].mountpoint;
	return arena_printf(&c->mem, "%s%s", str_eq(mount, "/") ? "" : mount, h->owner.path);
}

static bool is_overridden(const struct verify_clone *c, const char *path)
{
	for (size_t i = 0; i < c->overridden.n; i++)
		if (str_eq(c->overridden.items[i], path))
			return true;
	return false;
}

static void except(struct verify_clone *c, const char *kind, const char *where, const char *value,
		   const char *reason)
{
	struct verify_subject *s = c->subject;

	for (size_t i = 0; i < s->nexceptions; i++)
		if (str_eq(s->exceptions[i].where, where) && str_eq(s->exceptions[i].value, value))
			return;
	verify_except(s, kind, where, value, reason);
}

/* The UUID a filesystem was made with stays in all its blocks where the kernel has another field for the one it has now. */
static bool is_inner_uuid(struct verify_clone *c, const struct verify_hit *h,
			  const struct verify_known *k)
{
	const struct guest_facts *f = guest_facts(c->guest);

	for (size_t i = 0; i < f->nfilesystems; i++) {
		const struct guest_filesystem *x = &f->filesystems[i];

		if (str_eq(x->device, h->device) && h->len == 16 && str_eq(k->where, x->device) &&
		    (str_eq(x->type, "xfs") || str_eq(x->type, "btrfs")) &&
		    strcasecmp(x->uuid, k->value) != 0)
			return true;
	}
	return false;
}

static bool may_stay(struct verify_clone *c, const struct verify_hit *h,
		     const struct verify_known *k)
{
	const struct place *p;
	char *path;

	if (is_kept(c, k))
		return true;
	if (is_hash_seed(c, h)) {
		except(c, k->kind, h->device, k->value,
		       "it is the hash seed of directories, too: no id, and every indexed "
		       "directory "
		       "depends on it");
		return true;
	}
	if (is_inner_uuid(c, h, k)) {
		except(c, k->kind, h->device, k->value,
		       "it stands in the filesystem's own blocks, as it was made; Linux goes by "
		       "the "
		       "new one");
		return true;
	}
	if (h->owner.space != GUEST_SPACE_FILE || k->owner != IDS_TEMPLATE)
		return false;
	path = path_of(c, h);
	if (is_overridden(c, path)) {
		except(c, k->kind, path, k->value,
		       "it stands in a compressed part, whose members are overridden behind it");
		return true;
	}
	p = privacy_of(path);
	if (p)
		except(c, k->kind, h->owner.path, k->value,
		       arena_printf(&c->mem, "%s: vmint clone --clean %s removes it", p->missed,
				    p->id));
	return p != NULL;
}

/* ---- saying it ---- */

struct said {
	const struct verify_known *known;
	const char *where;
	size_t times;
	uint64_t first;
};

static const char *where_of(struct arena *a, const struct verify_hit *h)
{
	static const char *const spaces[] = {"free blocks", "the filesystem's own blocks",
					     "the journal", ""};
	const char *device = *h->device ? h->device : "no partition";

	if (!*h->device)
		return device;
	if (h->owner.space != GUEST_SPACE_FILE)
		return arena_printf(a, "%s, %s", device, spaces[h->owner.space]);
	return arena_printf(a, "%s%s (%s)", h->owner.slack ? "the slack of " : "", h->owner.path,
			    device);
}

static void say_one(struct verify_clone *c, const struct said *s)
{
	const struct verify_known *k = s->known;
	const char *value = *k->value ? arena_printf(&c->mem, " %s", k->value) : "";
	const char *more = s->times > 1 ? arena_printf(&c->mem, ", %zu times", s->times) : "";

	if (k->owner == IDS_TEMPLATE)
		verify_wrong(c->subject, VERIFY_SCAN_TEMPLATE,
			     "the template's %s%s%s%s%s is in %s at byte %llu%s", k->kind, value,
			     *k->where ? " (" : "", k->where, *k->where ? ")" : "", s->where,
			     (unsigned long long)s->first, more);
	else
		verify_wrong(c->subject, VERIFY_SCAN_SIBLINGS, "%s's %s%s is in %s at byte %llu%s",
			     verify_clone_name(c->f, k->owner), k->kind, value, s->where,
			     (unsigned long long)s->first, more);
}

static void say_all(struct verify_clone *c, const struct verify_hits *hits)
{
	struct said *list = NULL;
	size_t n = 0, room = 0;

	for (size_t i = 0; i < hits->n; i++) {
		const struct verify_hit *h = &hits->items[i];
		const struct verify_known *k = h->known;
		const char *where;
		size_t at;

		if (h->owner.space == GUEST_SPACE_FREE || may_stay(c, h, k))
			continue;
		where = where_of(&c->mem, h);
		for (at = 0; at < n; at++)
			if (list[at].known == k && str_eq(list[at].where, where))
				break;
		if (at == n) {
			ARENA_GROW(&c->mem, list, n, room);
			list[n++] = (struct said){k, where, 0, h->off};
		}
		list[at].times++;
	}
	for (size_t i = 0; i < n && i < FINDINGS; i++)
		say_one(c, &list[i]);
	if (n > FINDINGS)
		verify_wrong(c->subject, VERIFY_SCAN_TEMPLATE, "and %zu more", n - FINDINGS);
}

/* ---- all of it ---- */

/* Not its own ids. */
static void drop_own(struct verify_clone *c, struct verify_hits *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		if (h->items[i].known->owner != c->number || !c->number)
			h->items[n++] = h->items[i];
	h->n = n;
}

/* What shows through from the base has its file's name from there; the clone says whether it is still in use. */
static void place_shown(struct verify_clone *c, struct verify_hits *shown)
{
	const struct verify_hits was = *shown;
	struct verify_hits now = {.a = &c->mem};

	now.items = arena_alloc(&c->mem, (was.n + 1) * sizeof *now.items);
	now.n = was.n;
	for (size_t i = 0; i < was.n; i++)
		now.items[i] = was.items[i];
	verify_hits_place(&now, c->guest, false);
	for (size_t i = 0; i < was.n; i++)
		if (now.items[i].owner.space == GUEST_SPACE_FREE)
			shown->items[i].owner.space = GUEST_SPACE_FREE;
}

void verify_left(struct verify_clone *c)
{
	struct verify_hits hits = {.a = &c->mem}, shown = {.a = &c->mem};
	struct own own = {0};
	struct err e = {0};
	size_t free_hits = 0;

	c->nkept = c->subject->nexceptions;
	if (!c->guest || !c->ids) {
		verify_skip(c->subject, VERIFY_SCAN_TEMPLATE,
			    "there is no template to compare with");
		return;
	}
	if (scan_clone(c, &own, &hits, &e) < 0) {
		verify_wrong(c->subject, VERIFY_SCAN_TEMPLATE, "%s", e.text);
		return;
	}
	drop_own(c, &hits);
	verify_hits_sort(&hits);
	verify_hits_place(&hits, c->guest, true);
	add_shown(c, &own, &shown);
	place_shown(c, &shown);
	say_all(c, &hits);
	say_all(c, &shown);
	for (size_t i = 0; i < hits.n; i++)
		free_hits += hits.items[i].owner.space == GUEST_SPACE_FREE;
	for (size_t i = 0; i < shown.n; i++)
		free_hits += shown.items[i].owner.space == GUEST_SPACE_FREE;
	c->scanned = hits.scanned;
	verify_holds(c->subject, VERIFY_SCAN_TEMPLATE, "%llu bytes of its own%s",
		     (unsigned long long)hits.scanned,
		     free_hits ? "; free blocks hold some that nothing refers to" : "");
	if (c->f)
		verify_holds(c->subject, VERIFY_SCAN_SIBLINGS, "%zu ids known", c->ids->n);
	else
		verify_skip(c->subject, VERIFY_SCAN_SIBLINGS, "no ledger names siblings");
}
