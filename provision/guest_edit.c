/* What each editor plans for a found place. */
#include "provision/by_id.h"
#include "provision/guest_work.h"

#include "base/digest.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SEED_MAX = 4096, SEED_USUAL = 512 };

/* ---- names ---- */

typedef size_t text_editor(const char *text, size_t len, const struct edit_names *n,
			   struct strbuf *out);

static int edit_names(struct work *w, const struct found *f, text_editor *edit)
{
	struct guest_edit *x = f->data ? work_file(w, f) : NULL;
	struct strbuf out = {0};

	if (!x)
		return 0;
	if (edit(x->data, x->len, &w->names, &out) &&
	    (out.len != x->len || memcmp(out.text, x->data, out.len) != 0)) {
		work_set(w, f, out.text, out.len);
		work_say(w, f->place->id, f->path, w->names.old_name, w->names.name, GUEST_CHANGED,
			 "");
	}
	strbuf_fini(&out);
	return 0;
}

static int found_hostname(struct work *w, const struct found *f, struct err *e)
{
	(void)e;
	return edit_names(w, f, edit_hostname);
}

static int found_hosts(struct work *w, const struct found *f, struct err *e)
{
	(void)e;
	return edit_names(w, f, edit_hosts);
}

static int found_words(struct work *w, const struct found *f, struct err *e)
{
	(void)e;
	return *w->names.old_name ? edit_names(w, f, edit_name_words) : 0;
}

/* ---- machine-id ---- */

static int found_machine_id(struct work *w, const struct found *f, struct err *e)
{
	const char *text = arena_printf(w->a, "%s\n", w->machine_id);

	(void)e;
	if (!f->data)
		return 0;
	if (w->o->machine_id == GUEST_ID_KEEP) {
		work_say(w, f->place->id, f->path, w->g->facts.machine_id, "", GUEST_KEPT,
			 "asked for");
		return 0;
	}
	/* dbus would give its copy back to a machine that has no id yet */
	if (w->o->machine_id == GUEST_ID_UNINITIALIZED && !str_eq(f->path, "/etc/machine-id")) {
		work_edit(w, OP_REMOVE, f->volume, f->inner);
		work_say(w, f->place->id, f->path, w->g->facts.machine_id, "", GUEST_REMOVED, "");
		return 0;
	}
	work_set(w, f, text, strlen(text));
	work_say(w, f->place->id, f->path, w->g->facts.machine_id, w->machine_id, GUEST_CHANGED,
		 "");
	return 0;
}

/* The journal is the template's own record; an empty folder keeps the clone's journal on disk. */
static int found_journal(struct work *w, const struct found *f, struct err *e)
{
	const char *name = strrchr(f->path, '/') + 1;
	struct guest_edit *x;

	(void)e;
	if (w->o->machine_id == GUEST_ID_KEEP || !*w->g->facts.machine_id ||
	    !str_eq(name, w->g->facts.machine_id))
		return 0;
	work_edit(w, OP_REMOVE, f->volume, f->inner);
	if (w->o->machine_id == GUEST_ID_NEW) {
		x = work_edit(w, OP_MKDIR, f->volume,
			      arena_printf(w->a, "%.*s%s", (int)(strlen(f->inner) - strlen(name)),
					   f->inner, w->machine_id));
		x->mode = f->st.mode & 07777;
		x->uid = f->st.uid;
		x->gid = f->st.gid;
	}
	work_say(w, f->place->id, f->path, w->g->facts.machine_id, w->machine_id, GUEST_CHANGED,
		 "the template's journal is removed; the clone's begins empty");
	return 0;
}

/* ---- references ---- */

static size_t content_refs(struct work *w, const struct found *f)
{
	struct guest_edit *x;
	struct ref_hit hit;

	/* what is kept is no reference to follow */
	if (!f->hit || !f->data || !refs_next(&w->refs, f->data, f->len, 0, REF_ANY, &hit))
		return 0;
	x = work_file(w, f);
	return refs_apply(&w->refs, x->data, x->len, REF_ANY);
}

struct disk_names {
	struct work *w;
	const struct found *f;
};

/* Once for a file. The root's disk is known; the whole of it has no other name. */
static void say_untold(const struct disk_names *x, const char *name, const char *spec)
{
	const struct guest_plan *p = x->w->plan;
	const char *root = x->w->g->root_disk;
	const struct by_id b = by_id_read(name);

	if (x->w->g->storage.ndisks == 1 || (root && str_eq(b.value, root)))
		return;
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->changes[i].where, x->f->path) &&
		    str_eq(p->changes[i].old_value, spec))
			return;
	work_say(x->w, x->f->place->id, x->f->path, spec, "", GUEST_KEPT, BY_ID_UNTOLD);
}

/* The same volume by what is on it: that is known, a disk's serial number is another one in every clone. */
static const char *by_content(void *ctx, const char *name)
{
	const struct disk_names *x = ctx;
	struct work *w = x->w;
	const char *spec = arena_printf(w->a, BY_ID "%s", name);
	size_t i = guest_spec_volume(w->g, spec);
	const struct volume *v = i == SIZE_MAX ? NULL : &w->g->storage.volumes[i];
	/* udev gives members of arrays no name by their UUID */
	bool has_uuid = v && *v->uuid && !str_eq(v->type, "linux_raid_member");
	const char *id = !v ? "" : has_uuid ? v->uuid : v->part ? v->part->guid : "";
	const struct ref *r = *id ? refs_old(&w->refs, id) : NULL;

	if (!v)
		say_untold(x, name, spec);
	if (!*id)
		return NULL;
	return arena_printf(w->a, "%s%s",
			    !has_uuid                        ? "/dev/disk/by-partuuid/"
			    : str_eq(v->type, "LVM2_member") ? BY_ID "lvm-pv-uuid-"
							     : "/dev/disk/by-uuid/",
			    r && !r->pinned ? r->new_text : id);
}

/* Where a text may become longer. */
static size_t content_disks(struct work *w, const struct found *f)
{
	bool longer = f->place->editor == EDIT_REFS || f->place->editor == EDIT_RENAME;
	struct guest_edit *x = longer && f->data && memmem(f->data, f->len, BY_ID, sizeof BY_ID - 1)
				       ? work_file(w, f)
				       : NULL;
	struct disk_names names = {w, f};
	struct strbuf out = {0};
	size_t n = x ? by_id_replace(x->data, x->len, by_content, &names, &out) : 0;

	if (n)
		work_set(w, f, strbuf_str(&out), out.len);
	strbuf_fini(&out);
	return n;
}

static void say_refs(struct work *w, const struct found *f, size_t n)
{
	if (n)
		work_say(w, f->place->id, f->path, "", "", GUEST_CHANGED,
			 work_count(w, n, "reference"));
}

int work_refs(struct work *w, const struct found *f, struct err *e)
{
	(void)e;
	say_refs(w, f, content_refs(w, f) + content_disks(w, f));
	return 0;
}

/* A disk's serial number is another one in every clone: LVM has to look at what is on it. */
static int found_lvm_devices(struct work *w, const struct found *f, struct err *e)
{
	size_t n = content_refs(w, f);
	struct guest_edit *x = f->data ? work_file(w, f) : NULL;
	struct strbuf out = {0};

	(void)e;
	if (x)
		n += edit_lvm_devices(x->data, x->len, &out);
	if (x && n)
		work_set(w, f, strbuf_str(&out), out.len);
	strbuf_fini(&out);
	say_refs(w, f, n);
	return 0;
}

static int found_mdadm(struct work *w, const struct found *f, struct err *e)
{
	size_t n = content_refs(w, f), names;
	struct guest_edit *x = f->data && w->plan->edits->nmd ? work_file(w, f) : NULL;
	struct strbuf out = {0};

	(void)e;
	names = x ? work_array_names(w, x->data, x->len, &out) : 0;
	if (names)
		work_set(w, f, strbuf_str(&out), out.len);
	strbuf_fini(&out);
	say_refs(w, f, n + names);
	return 0;
}

/* A folder's name changes after what is in it: renames are done in the order of the plan, deepest first (apply). */
static int found_rename(struct work *w, const struct found *f, struct err *e)
{
	size_t n = content_refs(w, f) + content_disks(w, f);
	size_t base = (size_t)(strrchr(f->inner, '/') - f->inner) + 1;
	char *to = arena_dup(w->a, f->inner), *target;

	(void)e;
	say_refs(w, f, n);
	if (!f->hit)
		return 0;
	if (f->target) {
		target = arena_dup(w->a, f->target);
		if (refs_apply(&w->refs, target, strlen(target), REF_ANY)) {
			work_edit(w, OP_SYMLINK, f->volume, f->inner)->to = target;
			work_say(w, f->place->id, f->path, f->target, target, GUEST_CHANGED,
				 "what the link points to");
		}
	}
	if (refs_apply(&w->refs, to + base, strlen(to + base), REF_ANY)) {
		work_edit(w, OP_RENAME, f->volume, f->inner)->to = to;
		work_say(w, f->place->id, f->path, strrchr(f->inner, '/') + 1, to + base,
			 GUEST_CHANGED, "renamed");
	}
	return 0;
}

/* ---- fresh content ---- */

static int found_random(struct work *w, const struct found *f, struct err *e)
{
	size_t n = f->st.size && f->st.size <= SEED_MAX ? (size_t)f->st.size : SEED_USUAL;
	char bytes[SEED_MAX];
	int r = S_ISREG(f->st.mode) ? work_random(bytes, n, e) : 0;

	if (r < 0 || !S_ISREG(f->st.mode))
		return r;
	work_set(w, f, bytes, n);
	explicit_bzero(bytes, sizeof bytes);
	work_say(w, f->place->id, f->path, "", "", GUEST_CHANGED, "new random bytes");
	return 0;
}

static int derive(struct work *w, const struct found *f, uint8_t raw[32], struct err *e)
{
	return identity_derive(w->id->key, w->id->name, arena_printf(w->a, "place%s", f->path), 0,
			       raw, e);
}

static int found_uuid(struct work *w, const struct found *f, struct err *e)
{
	struct strbuf out = {0};
	struct uuid u;
	char text[UUID_TEXT];
	/* hostid and hostnqn name one host: the same id in both */
	int r = identity_uuid(w->id->key, w->id->name, arena_printf(w->a, "place/%s", f->place->id),
			      0, &u, e);

	if (r < 0 || !f->data)
		return r;
	uuid_format(&u, text);
	if (edit_uuid_text(f->data, f->len, &u, &out)) {
		work_set(w, f, out.text, out.len);
		work_say(w, f->place->id, f->path, "", text, GUEST_CHANGED, "");
	}
	strbuf_fini(&out);
	return 0;
}

static int found_initiator(struct work *w, const struct found *f, struct err *e)
{
	struct strbuf out = {0};
	uint8_t raw[32];
	char hex[13];
	int r = derive(w, f, raw, e);

	if (r < 0 || !f->data)
		return r;
	hex_format(raw, 6, hex);
	if (edit_initiator(f->data, f->len, hex, &out)) {
		work_set(w, f, out.text, out.len);
		work_say(w, f->place->id, f->path, "", hex, GUEST_CHANGED, "");
	}
	strbuf_fini(&out);
	return 0;
}

static int found_hostid(struct work *w, const struct found *f, struct err *e)
{
	uint8_t raw[32];
	char hex[9];
	int r = derive(w, f, raw, e);

	if (r < 0 || !S_ISREG(f->st.mode))
		return r;
	hex_format(raw, 4, hex);
	work_set(w, f, (const char *)raw, 4);
	work_say(w, f->place->id, f->path, "", hex, GUEST_CHANGED, "");
	return 0;
}

/* ---- the table ---- */

static int (*const editors[])(struct work *w, const struct found *f, struct err *e) = {
	[EDIT_HOSTNAME] = found_hostname,
	[EDIT_HOSTS] = found_hosts,
	[EDIT_NAME_WORDS] = found_words,
	[EDIT_MACHINE_ID] = found_machine_id,
	[EDIT_JOURNAL] = found_journal,
	[EDIT_REFS] = work_refs,
	[EDIT_NETWORK] = work_refs,
	[EDIT_RENAME] = found_rename,
	[EDIT_GRUBENV] = work_refs,
	[EDIT_BINARY] = work_refs,
	[EDIT_RANDOM] = found_random,
	[EDIT_UUID_TEXT] = found_uuid,
	[EDIT_INITIATOR] = found_initiator,
	[EDIT_HOSTID] = found_hostid,
	[EDIT_LVM_DEVICES] = found_lvm_devices,
	[EDIT_MDADM] = found_mdadm,
	[EDIT_INITRD] = work_ramdisk,
	[EDIT_SSH_KEY] = work_host_key,
	[EDIT_CLOUD_OFF] = work_cloud_off,
	[EDIT_CLOUD_SOURCES] = work_cloud_sources,
	[EDIT_CLOUD_POLICY] = work_cloud_policy,
	[EDIT_CLOUD_NETWORK] = work_cloud_network,
};

static bool is_asked_for(const struct work *w, const struct place *p)
{
	for (size_t i = 0; i < w->o->nclean; i++)
		if (str_eq(w->o->clean[i], p->id) || str_eq(w->o->clean[i], "all"))
			return true;
	return !p->privacy;
}

static int found_remove(struct work *w, const struct found *f)
{
	work_edit(w, OP_REMOVE, f->volume, f->inner);
	work_say(w, f->place->id, f->path, "", "", GUEST_REMOVED, "");
	return 0;
}

int work_found(struct work *w, const struct found *f, struct err *e)
{
	const struct place *p = f->place;

	if (!is_asked_for(w, p))
		return 0;
	if (p->action == PLACE_REMOVE)
		return found_remove(w, f);
	if (p->action == PLACE_REPORT) {
		work_say(w, p->id, f->path, "", "", GUEST_KEPT, p->missed);
		return 0;
	}
	if ((size_t)p->editor < ARRAY_SIZE(editors) && editors[p->editor])
		return editors[p->editor](w, f, e);
	return 0;
}
