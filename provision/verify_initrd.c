/* Initial ramdisks: which members of the template's hold its ids, and whether the clone overrides each. */
#include "provision/cpio.h"
#include "provision/verify_parts.h"

#include "provision/guest_parts.h"

#include "base/scope.h"
#include "base/str.h"

#include <string.h>

enum { MACHINE_ID_LEN = 32 };

static const char *const globs[] = {"/boot/initrd.img*",     "/boot/initramfs*",
				    "/boot/initrd-*",        "/boot/*/*/initrd*",
				    "/boot/efi/*/*/initrd*", "/efi/*/*/initrd*"};

/* The template's ids as refs, each standing for itself. */
static void template_refs(const struct verify_ids *ids, struct refs *out)
{
	for (size_t i = 0; i < ids->n; i++) {
		const struct verify_known *k = &ids->items[i];

		for (enum ref_form form = REF_UUID;
		     *k->value && k->owner == IDS_TEMPLATE && form <= REF_MAC; form++)
			if (refs_add(out, form, k->kind, k->value, k->value))
				break;
	}
}

static const char *whole(struct guest *g, struct arena *a, const char *path, size_t *len,
			 struct err *e)
{
	struct guest_spot spot;
	const char *data = NULL;
	int r = guest_find(g, path, true, &spot);

	if (r == 0)
		r = guest_fs_read(spot.fs, a, spot.inner, INITRD_MAX, &data, len, e);
	return r == 0 ? data : NULL;
}

void verify_initrds_gather(struct verify_base *b)
{
	struct refs refs = {.a = &b->mem};
	size_t room = 0;

	template_refs(&b->ids, &refs);
	for (size_t i = 0; i < ARRAY_SIZE(globs); i++) {
		struct guest_list paths = {0};

		guest_glob(b->guest, &b->mem, globs[i], &paths);
		for (size_t k = 0; k < paths.n; k++) {
			struct verify_initrd x = {.path = paths.items[k]};
			struct err e = {0};

			x.data = whole(b->guest, &b->mem, x.path, &x.len, &e);
			if (!x.data ||
			    initrd_search(&b->mem, x.data, x.len, &refs, &x.found, &e) < 0)
				x.unread = arena_dup(&b->mem, e.text);
			ARENA_GROW(&b->mem, b->initrds, b->ninitrds, room);
			b->initrds[b->ninitrds++] = x;
		}
	}
}

/* ---- a clone's ---- */

/* Whether an archive at data has a member of this name. */
static bool has_member(const char *data, size_t len, const char *name)
{
	struct cpio_member m;

	for (size_t at = 0; cpio_at(data, len, at, &m); at = cpio_skip(data, len, m.next))
		if (str_eq(data + m.name, name))
			return true;
	return false;
}

/* What is compressed is the template's: what it holds is overridden behind it. */
static bool is_around(const struct initrd *was, const struct initrd *now, const char *was_data,
		      const char *data)
{
	return now->front == was->front && now->tail >= was->tail && was->tail > was->front &&
	       memcmp(data + was->front, was_data + was->front, was->tail - was->front) == 0;
}

static void check_overridden(struct verify_clone *c, const struct initrd *was, const char *path,
			     const char *data, size_t len)
{
	for (size_t i = 0; i < was->n; i++)
		if (!was->members[i].raw && !has_member(data, len, was->members[i].name))
			verify_wrong(c->subject, VERIFY_SCAN_INITRD,
				     "%s: %s in it holds an id of the template", path,
				     was->members[i].name);
}

static void check_members(struct verify_clone *c, const struct verify_initrd *was, const char *path,
			  const char *data, size_t len)
{
	struct refs refs = {.a = &c->mem};
	struct initrd x;
	struct err e = {0};
	bool around;
	int r;

	template_refs(&c->base->ids, &refs);
	r = initrd_search_plain(&c->mem, data, len, &refs, &x, &e);
	around = r == 0 && is_around(&was->found, &x, was->data, data);
	if (around)
		check_overridden(c, &was->found, path, data + x.tail, len - x.tail);
	else if (r == 0)
		r = initrd_search(&c->mem, data, len, &refs, &x, &e);
	if (r < 0) {
		verify_wrong(c->subject, VERIFY_SCAN_INITRD, "%s: %s", path, e.text);
		return;
	}
	if (around && !x.stuck)
		x.stuck = was->found.stuck;
	if (x.stuck)
		verify_wrong(c->subject, VERIFY_SCAN_INITRD, "%s: %s holds an id of the template",
			     path, x.stuck);
	for (size_t i = 0; i < x.n; i++)
		verify_wrong(c->subject, VERIFY_SCAN_INITRD,
			     "%s: %s in it holds an id of the template", path, x.members[i].name);
}

/* Where the clone has what the template had at path: boot entries lie in folders that the machine-id names. */
static const char *path_in_clone(struct verify_clone *c, const char *path)
{
	const char *old = guest_facts(c->base->guest)->machine_id,
		   *new = guest_facts(c->guest)->machine_id, *at;
	size_t len = strlen(old);

	if (len != MACHINE_ID_LEN || strlen(new) != len || !(at = strstr(path, old)))
		return path;
	return arena_printf(&c->mem, "%.*s%s%s", (int)(at - path), path, new, at + len);
}

static void check_one(struct verify_clone *c, const struct verify_initrd *was)
{
	const char *path = path_in_clone(c, was->path);
	const struct verify_row *row = &c->subject->rows[VERIFY_SCAN_INITRD];
	size_t before = row->n;
	struct arena a = {0};
	struct err e = {0};
	size_t len = 0;
	const char *data;

	if (was->unread) {
		verify_except(c->subject, "initramfs", was->path, "", was->unread);
		return;
	}
	data = whole(c->guest, &a, path, &len, &e);
	if (!data)
		verify_wrong(c->subject, VERIFY_SCAN_INITRD, "%s: %s", path,
			     *e.text ? e.text : "is gone");
	else
		check_members(c, was, path, data, len);
	arena_fini(&a);
	if (row->n == before)
		guest_list_add(&c->mem, &c->overridden, path);
}

void verify_initrds(struct verify_clone *c)
{
	if (!c->guest || !c->base || !c->base->guest) {
		verify_skip(c->subject, VERIFY_SCAN_INITRD, "there is no template to compare with");
		return;
	}
	for (size_t i = 0; i < c->base->ninitrds; i++)
		check_one(c, &c->base->initrds[i]);
	verify_holds(c->subject, VERIFY_SCAN_INITRD, "%zu ramdisks", c->base->ninitrds);
}
