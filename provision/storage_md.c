/* Arrays: the members put together by their superblocks. */
#include "provision/storage_md.h"

#include "provision/lvm_lv.h"
#include "provision/md_mirror.h"
#include "provision/storage_lvm.h"
#include "provision/storage_sniff.h"
#include "provision/storage_table.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ARRAYS_MAX = 64, FOREIGN_FIRST = 127 };

/* ---- which members belong together ---- */

static struct md_array *array_of(struct storage *s, const struct md_super *super)
{
	char uuid[MD_UUID_TEXT];
	struct md_array *more;

	md_uuid_format(&super->array, uuid);
	for (size_t i = 0; i < s->narrays; i++)
		if (str_eq(s->arrays[i].uuid, uuid) &&
		    s->arrays[i].members[0].super.minor == super->minor)
			return &s->arrays[i];
	if (s->narrays == ARRAYS_MAX)
		return NULL;
	more = arena_alloc(s->a, (s->narrays + 1) * sizeof *more);
	if (s->narrays)
		memcpy(more, s->arrays, s->narrays * sizeof *more);
	s->arrays = more;
	memcpy(more[s->narrays].uuid, uuid, sizeof uuid);
	return &more[s->narrays++];
}

static void member_add(struct storage *s, size_t volume, const struct md_super *super)
{
	struct md_array *x = array_of(s, super);

	if (!x || x->nmembers == MD_MEMBERS_MAX) {
		storage_warn(s, "%s: more arrays, or more members of one, than are looked at",
			     s->volumes[volume].device);
		return;
	}
	if (!x->members)
		x->members = arena_alloc(s->a, MD_MEMBERS_MAX * sizeof *x->members);
	x->members[x->nmembers++] = (struct md_member){volume, *super};
}

static void members_find(struct storage *s)
{
	for (size_t i = 0; i < s->nvolumes; i++) {
		struct md_super super;
		struct err why = {0};

		if (!str_ends(s->volumes[i].type, "_raid_member"))
			continue;
		if (md_super_read(s->volumes[i].data, &super, &why) == 0)
			member_add(s, i, &super);
		else
			storage_warn(s, "%s: %s; it is left alone", s->volumes[i].device,
				     why.text[0] ? why.text
						 : "a member of an array of a foreign format");
	}
}

/* ---- its name ---- */

static bool name_is_taken(const struct storage *s, const struct md_array *x, const char *name)
{
	for (const struct md_array *o = s->arrays; o < x; o++)
		if (str_eq(o->device, name))
			return true;
	return false;
}

/* "host:0" is md0, "host:root" md/root: as udev names it on its own host. */
static const char *own_device(struct storage *s, const struct md_super *m)
{
	const char *colon = strchr(m->name, ':'), *name = colon ? colon + 1 : m->name;
	size_t n = strlen(name), digits = strspn(name, "0123456789");

	if (m->minor == 90)
		return arena_printf(s->a, "md%u", m->number);
	if (n && digits == n && n < 5)
		return arena_printf(s->a, "md%s", name);
	if (!n || name[0] == '.' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.") != n)
		return NULL;
	return arena_printf(s->a, "md/%s", name);
}

static void array_name(struct storage *s, struct md_array *x)
{
	const char *name = own_device(s, &x->members[0].super);

	for (unsigned i = FOREIGN_FIRST; !name || name_is_taken(s, x, name); i--)
		name = arena_printf(s->a, "md%u", i);
	x->device = name;
	x->name = arena_dup(s->a, x->members[0].super.name);
	x->version = md_version(&x->members[0].super);
	x->level = md_level_name(x->members[0].super.level);
}

/* ---- whether it can be put together ---- */

static bool is_active(const struct md_member *m)
{
	return m->super.role < m->super.places;
}

static bool is_alike(const struct md_super *a, const struct md_super *b)
{
	return a->level == b->level && a->places == b->places && a->size == b->size &&
	       a->chunk == b->chunk && strcmp(a->name, b->name) == 0;
}

/* Every member has the same opinion of every other one. */
static bool agrees(const struct md_super *a, const struct md_super *b)
{
	return b->device_number >= MD_NUMBERS_MAX || a->roles[b->device_number] == b->role;
}

static const char *pair_trouble(struct storage *s, const struct md_member *a,
				const struct md_member *b)
{
	const char *device = s->volumes[b->volume].device;

	if (!is_alike(&a->super, &b->super))
		return arena_printf(s->a, "%s is of another shape than its other members", device);
	if (a->super.events != b->super.events)
		return arena_printf(s->a, "its members are not at the same point: %s and %s",
				    s->volumes[a->volume].device, device);
	if (!agrees(&a->super, &b->super) || !agrees(&b->super, &a->super))
		return arena_printf(s->a, "its members do not agree on %s", device);
	if (a->super.device_number == b->super.device_number ||
	    (is_active(b) && a->super.role == b->super.role))
		return arena_printf(s->a, "%s and %s are in the same place of it",
				    s->volumes[a->volume].device, device);
	return NULL;
}

static const char *member_trouble(struct storage *s, const struct md_array *x,
				  const struct md_member *m)
{
	const char *device = s->volumes[m->volume].device;

	if (m->super.trouble)
		return m->super.trouble;
	if (m->super.role == MD_FAULTY)
		return arena_printf(s->a, "%s is marked as failed", device);
	if (!is_active(m) && m->super.role != MD_SPARE)
		return arena_printf(s->a, "%s has a place in it that there is not", device);
	for (const struct md_member *o = x->members; o < m; o++) {
		const char *why = pair_trouble(s, o, m);

		if (why)
			return why;
	}
	return NULL;
}

static size_t active_count(const struct md_array *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->nmembers; i++)
		n += is_active(&x->members[i]);
	return n;
}

static const char *level_trouble(struct storage *s, const struct md_array *x)
{
	const struct md_super *m = &x->members[0].super;
	size_t active = active_count(x);

	if (m->level > 1 || m->level < -1)
		return arena_printf(s->a, "%s is not put together here", x->level);
	if (m->level != 1 && active < m->places)
		return arena_printf(s->a, "%zu of its %u members are not among the disks",
				    m->places - active, m->places);
	if (!active)
		return "none of its members is in sync";
	/* One alone is what the array is. */
	if (m->level == 1 && active > 1 && !m->clean)
		return "it was not stopped, and its members may differ";
	return NULL;
}

static const char *trouble_of(struct storage *s, const struct md_array *x)
{
	const char *why = level_trouble(s, x);

	for (size_t i = 0; i < x->nmembers && !why; i++)
		why = member_trouble(s, x, &x->members[i]);
	return why;
}

/* ---- putting it together ---- */

/* By place; level_trouble has seen that linear and RAID0 have them all. */
static size_t legs_of(struct storage *s, const struct md_array *x, struct lv_stripe *legs,
		      uint64_t *sizes)
{
	size_t n = 0;

	for (uint32_t place = 0; place < x->members[0].super.places && n < MD_MEMBERS_MAX; place++)
		for (size_t i = 0; i < x->nmembers; i++) {
			const struct md_super *m = &x->members[i].super;

			if (m->role != place)
				continue;
			legs[n].disk = s->volumes[x->members[i].volume].data;
			legs[n].off = m->data;
			sizes[n] = m->data_size;
			if (m->chunk && m->level != 1)
				sizes[n] -= sizes[n] % m->chunk;
			n++;
			break;
		}
	return n;
}

static int stripes_open(const struct md_super *m, struct lv_stripe *legs, const uint64_t *sizes,
			size_t n, struct disk **out, struct err *e)
{
	struct lv_segment all = {.count = (unsigned)n, .stripe_size = m->chunk, .stripes = legs};

	for (size_t i = 1; i < n; i++)
		if (sizes[i] != sizes[0])
			return err_set(e, ENOTSUP, "its members are of different sizes");
	if (!mul_fits(sizes[0], n, &all.size))
		return err_set(e, EUCLEAN, "it has no sensible size");
	return lv_disk_open(&all, 1, out, e);
}

static int linear_open(struct lv_stripe *legs, const uint64_t *sizes, size_t n, struct disk **out,
		       struct err *e)
{
	struct lv_segment segments[MD_MEMBERS_MAX];
	uint64_t start = 0;

	for (size_t i = 0; i < n; i++) {
		segments[i] = (struct lv_segment){
			.start = start, .size = sizes[i], .count = 1, .stripes = &legs[i]};
		if (!add_fits(start, sizes[i], &start))
			return err_set(e, EUCLEAN, "it has no sensible size");
	}
	return lv_disk_open(segments, n, out, e);
}

static int array_disk(struct storage *s, const struct md_array *x, struct disk **out, struct err *e)
{
	const struct md_super *m = &x->members[0].super;
	struct lv_stripe legs[MD_MEMBERS_MAX];
	uint64_t sizes[MD_MEMBERS_MAX];
	size_t n = legs_of(s, x, legs, sizes);

	if (m->level == 1)
		return md_mirror_open(legs, n, m->size, out, e);
	return m->level == 0 ? stripes_open(m, legs, sizes, n, out, e)
			     : linear_open(legs, sizes, n, out, e);
}

/* What an array holds is not looked into when it is disks again. */
static int inside(struct storage *s, struct volume *v, struct err *e)
{
	struct guest_disk table = {.disk = v->data};
	const char *warning = NULL;
	struct sniffed found;
	int r = table_read(&table, s->a, &warning, NULL);

	v->type = v->uuid = v->label = "";
	if (r < 0 || table.table != TABLE_NONE) {
		storage_warn(s, "%s: it holds a partition table: what is inside is left alone",
			     v->device);
		return 0;
	}
	r = volume_sniff(v->data, s->a, &found, e);
	if (r < 0)
		return err_in(e, r, "%s", v->device);
	v->type = found.type;
	v->uuid = found.uuid;
	v->label = found.label;
	if (str_ends(v->type, "_raid_member"))
		storage_warn(s, "%s: an array of arrays is not put together", v->device);
	return 0;
}

static int array_add(struct storage *s, struct md_array *x, struct err *e)
{
	struct volume v = {.device = x->device, .array = x};
	struct err why = {0};
	int r;

	v.disk = s->volumes[x->members[0].volume].disk;
	x->why = trouble_of(s, x);
	if (!x->why && array_disk(s, x, &v.data, &why) < 0)
		x->why = arena_dup(s->a, why.text);
	if (x->why) {
		storage_warn(s, "%s (%s): %s; it is left alone", x->device, x->level, x->why);
		return 0;
	}
	r = inside(s, &v, e);
	storage_add(s, &v);
	return r;
}

int storage_find_md(struct storage *s, struct err *e)
{
	int r = 0;

	members_find(s);
	for (size_t i = 0; i < s->narrays && r == 0; i++) {
		array_name(s, &s->arrays[i]);
		r = array_add(s, &s->arrays[i], e);
	}
	for (size_t i = 0; i < s->narrays; i++)
		for (size_t k = 0; k < s->arrays[i].nmembers; k++)
			s->volumes[s->arrays[i].members[k].volume].member_of = &s->arrays[i];
	return r;
}

bool storage_lacks_arrays(const struct storage *s)
{
	for (size_t i = 0; i < s->nvolumes; i++) {
		const struct volume *v = &s->volumes[i];

		if (str_ends(v->type, "_raid_member") && (!v->member_of || v->member_of->why))
			return true;
	}
	return false;
}

bool storage_md_has_disk(struct guest_disk *g)
{
	struct md_super super = {0};
	int r = md_super_read_end(g->disk, &super, NULL);

	if (r != 0 && r != -EUCLEAN && r != -ENOTSUP)
		return false;
	/* The last partition's own is at the disk's end, too. */
	for (size_t i = 0; i < g->nparts; i++)
		if (super.at >= g->parts[i].start &&
		    super.at - g->parts[i].start < g->parts[i].size)
			return false;
	return true;
}

/* ---- new ids ---- */

static int array_change(struct storage *s, const struct md_array *x, const struct md_change *c,
			struct err *e)
{
	int r = 0;

	if (x->nmembers != c->ndevices)
		return err_set(e, EINVAL, "%s is not the array of the plan", x->device);
	for (size_t i = 0; i < x->nmembers && r == 0; i++) {
		const struct md_member *m = &x->members[i];
		struct md_ids ids = {.array = &c->to, .device = c->devices[i], .name = c->name};

		if (m->super.minor == 90)
			ids.device = NULL;
		r = md_super_change(&m->super, s->volumes[m->volume].data, &ids, e);
		if (r < 0)
			return err_in(e, r, "%s", s->volumes[m->volume].device);
	}
	return r;
}

int storage_set_md(struct storage *s, const struct md_change *changes, size_t n, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		const struct md_array *x = NULL;
		char from[MD_UUID_TEXT];

		md_uuid_format(&changes[i].from, from);
		for (size_t k = 0; k < s->narrays && !x; k++)
			if (str_eq(s->arrays[k].uuid, from) && !s->arrays[k].why)
				x = &s->arrays[k];
		if (!x)
			return err_set(e, EINVAL, "md: there is no array %s", from);
		r = array_change(s, x, &changes[i], e);
	}
	return r;
}
