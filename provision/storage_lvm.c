/* Volume groups: the physical volumes put together by their metadata. */
#include "provision/storage_lvm.h"

#include "provision/lvm_lv.h"
#include "provision/lvm_pv.h"
#include "provision/lvm_text.h"
#include "provision/storage_sniff.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PVS_MAX = 64, SEGMENTS_MAX = 4096, EXTENT_MAX = 1 << 23 };

struct pool {
	struct storage *s;
	struct arena *a;
	struct lvm_pv pvs[PVS_MAX];
	size_t disks[PVS_MAX];
	size_t count;
};

static void group_id(const char *text, char out[LVM_ID_TEXT])
{
	snprintf(out, LVM_ID_TEXT, "%s", text);
}

/* The physical volume that a group's metadata calls name. */
static const struct lvm_pv *pv_of(const struct pool *p, const struct lvm_node *vg, const char *name,
				  const struct lvm_node **node)
{
	const char *id;

	*node = lvm_child(lvm_child(vg, "physical_volumes"), name);
	id = lvm_value(*node, "id");
	for (size_t i = 0; i < p->count; i++)
		if (str_eq(p->pvs[i].id, id))
			return &p->pvs[i];
	return NULL;
}

/* "pv0", 12, "pv1", 0 */
static int stripes_read(struct pool *p, const struct lvm_node *vg, const struct lvm_node *list,
			uint64_t extent, struct lv_segment *s, struct err *e)
{
	const struct lvm_node *n = list ? list->child : NULL;

	s->stripes = arena_alloc(p->a, s->count * sizeof *s->stripes);
	for (unsigned i = 0; i < s->count; i++) {
		const struct lvm_node *node;
		const struct lvm_pv *pv;
		uint64_t from, first;

		if (!n || !n->next || !num_parse(n->next->text, 10, &first))
			return err_set(e, EUCLEAN, "a segment's stripes cannot be read");
		pv = pv_of(p, vg, n->text, &node);
		if (!pv)
			return err_set(e, ENODEV, "physical volume %s is not there", n->text);
		if (!lvm_number(node, "pe_start", &from) || !mul_fits(from, LVM_SECTOR, &from) ||
		    !mul_fits(first, extent, &first) || !add_fits(from, first, &from))
			return err_set(e, EUCLEAN, "a segment outside its physical volume");
		s->stripes[i] = (struct lv_stripe){.disk = pv->disk, .off = from};
		n = n->next->next;
	}
	return 0;
}

static int segment_read(struct pool *p, const struct lvm_node *vg, const struct lvm_node *seg,
			uint64_t extent, struct lv_segment *s, struct err *e)
{
	uint64_t start, count, stripes, stripe_size = 0;
	const char *type = lvm_value(seg, "type");

	if (!str_eq(type, "striped") && !str_eq(type, "linear"))
		return err_set(e, ENOTSUP, "%s segments are not assembled", type);
	if (!lvm_number(seg, "start_extent", &start) || !lvm_number(seg, "extent_count", &count) ||
	    !lvm_number(seg, "stripe_count", &stripes) || !stripes || stripes > LV_STRIPES_MAX ||
	    !mul_fits(start, extent, &start) || !mul_fits(count, extent, &count))
		return err_set(e, EUCLEAN, "a segment cannot be read");
	if (stripes > 1 && (!lvm_number(seg, "stripe_size", &stripe_size) || !stripe_size ||
			    stripe_size > EXTENT_MAX))
		return err_set(e, EUCLEAN, "a stripe size cannot be read");
	*s = (struct lv_segment){
		.start = start,
		.size = count,
		.count = (unsigned)stripes,
		.stripe_size = stripe_size * LVM_SECTOR,
	};
	return stripes_read(p, vg, lvm_child(seg, "stripes"), extent, s, e);
}

static int lv_open(struct pool *p, const struct lvm_node *vg, const struct lvm_node *lv,
		   struct disk **out, struct err *e)
{
	struct lv_segment *segments;
	uint64_t count, extent;

	if (!lvm_number(vg, "extent_size", &extent) || !extent || extent > EXTENT_MAX)
		return err_set(e, EUCLEAN, "the extent size cannot be read");
	if (!lvm_number(lv, "segment_count", &count) || count > SEGMENTS_MAX)
		return err_set(e, EUCLEAN, "its segments cannot be counted");
	segments = arena_alloc(p->a, (size_t)count * sizeof *segments);
	for (uint64_t i = 0; i < count; i++) {
		char name[32];
		int r;

		snprintf(name, sizeof name, "segment%u", (unsigned)i + 1);
		r = segment_read(p, vg, lvm_child(lv, name), extent * LVM_SECTOR, &segments[i], e);
		if (r < 0)
			return r;
	}
	return lv_disk_open(segments, (size_t)count, out, e);
}

static int lv_add(struct pool *p, size_t disk, const struct lvm_node *vg, const struct lvm_node *lv,
		  struct err *e)
{
	struct volume v = {.disk = disk, .logical = true};
	struct sniffed found;
	struct err why = {0};
	int r;

	if (!lvm_list_has(lv, "status", "VISIBLE"))
		return 0;
	if (lv_open(p, vg, lv, &v.data, &why) < 0) {
		storage_warn(p->s, "%s/%s: %s", vg->key, lv->key, why.text);
		return 0;
	}
	v.device = arena_printf(p->a, "%s/%s", vg->key, lv->key);
	r = volume_sniff(v.data, p->a, &found, e);
	v.type = found.type;
	v.uuid = found.uuid;
	v.label = found.label;
	storage_add(p->s, &v);
	if (str_ends(v.type, "_raid_member"))
		storage_warn(p->s, "%s: an array of logical volumes is not put together", v.device);
	return r;
}

static void group_pin(struct pool *p, const struct lvm_node *vg, struct lvm_group *g)
{
	const struct lvm_node *pvs = lvm_child(vg, "physical_volumes"), *node;

	for (const struct lvm_node *n = pvs ? pvs->child : NULL; n; n = n->next)
		if (!pv_of(p, vg, n->key, &node))
			g->pinned = arena_printf(p->a,
						 "physical volume %s of %s is not among the disks",
						 n->key, g->name);
	if (lvm_list_has(vg, "status", "EXPORTED"))
		g->pinned = "the volume group is exported";
}

static struct lvm_group *group_add(struct storage *s, const struct lvm_node *vg)
{
	struct lvm_group *groups = arena_alloc(s->a, (s->ngroups + 1) * sizeof *groups);

	if (s->ngroups)
		memcpy(groups, s->groups, s->ngroups * sizeof *groups);
	s->groups = groups;
	groups[s->ngroups].name = vg->key;
	group_id(lvm_value(vg, "id"), groups[s->ngroups].id);
	return &groups[s->ngroups++];
}

static int group_read(struct pool *p, size_t disk, const struct lvm_node *vg, struct err *e)
{
	const struct lvm_node *lvs = lvm_child(vg, "logical_volumes");
	struct lvm_group *g;
	size_t room = 0;

	for (size_t i = 0; i < p->s->ngroups; i++)
		if (str_eq(p->s->groups[i].id, lvm_value(vg, "id")))
			return 0;
	g = group_add(p->s, vg);
	group_pin(p, vg, g);
	for (const struct lvm_node *lv = lvs ? lvs->child : NULL; lv; lv = lv->next) {
		int r = lv_add(p, disk, vg, lv, e);

		if (r < 0)
			return r;
		ARENA_GROW(p->a, g->volumes, g->nvolumes, room);
		g->volumes[g->nvolumes].name = lv->key;
		group_id(lvm_value(lv, "id"), g->volumes[g->nvolumes++].id);
	}
	return 0;
}

/* The one section of the text is the group. */
static const struct lvm_node *group_node(const struct lvm_node *root)
{
	for (const struct lvm_node *n = root->child; n; n = n->next)
		if (!n->text && lvm_child(n, "id") && lvm_child(n, "physical_volumes"))
			return n;
	return NULL;
}

static int pv_groups(struct pool *p, size_t i, struct err *e)
{
	const struct lvm_node *root, *vg;
	struct err why = {0};
	const char *text;
	size_t n;
	int r = lvm_pv_text(&p->pvs[i], p->a, &text, &n, &why);

	if (r == 0 && !text)
		return 0;
	if (r == 0)
		r = lvm_text_parse(p->a, text, n, &root, &why);
	if (r < 0) {
		storage_warn(p->s, "physical volume %s: %s", p->pvs[i].id, why.text);
		return 0;
	}
	vg = group_node(root);
	return vg ? group_read(p, p->disks[i], vg, e) : 0;
}

static void pool_fill(struct pool *p)
{
	for (size_t i = 0; i < p->s->nvolumes && p->count < PVS_MAX; i++) {
		const struct volume *v = &p->s->volumes[i];
		struct err why = {0};

		if (!str_eq(v->type, "LVM2_member"))
			continue;
		if (lvm_pv_read(v->data, &p->pvs[p->count], &why) < 0) {
			storage_warn(p->s, "%s: %s", v->device, why.text);
			continue;
		}
		p->disks[p->count++] = v->disk;
	}
}

int storage_find_lvm(struct storage *s, struct err *e)
{
	struct pool p = {.s = s, .a = s->a};
	int r = 0;

	pool_fill(&p);
	for (size_t i = 0; i < p.count && r == 0; i++)
		r = pv_groups(&p, i, e);
	return r;
}

int storage_set_lvm(struct storage *s, const struct lvm_change *changes, size_t n, struct err *e)
{
	struct pool p = {.s = s, .a = s->a};
	int r = 0;

	pool_fill(&p);
	for (size_t i = 0; i < p.count && r == 0; i++)
		r = lvm_pv_change(&p.pvs[i], changes, n, e);
	return r;
}
