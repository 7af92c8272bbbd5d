/* New ids: derived for every object, pinned where they must stay, and planned. */
#include "provision/guest_work.h"

#include "base/digest.h"

#include <stdio.h>
#include <string.h>

/* ---- what must stay ---- */

/* Where boot loaders keep references; one of these that cannot be read may hold any id. */
static const char *unread_boot(struct work *w)
{
	for (size_t i = 0; i < w->g->storage.nvolumes; i++) {
		const struct guest_filesystem *f = &w->g->facts.filesystems[i];
		const struct volume *v = &w->g->storage.volumes[i];
		bool boots = str_starts(f->mountpoint, "/boot") || str_eq(f->mountpoint, "/efi") ||
			     (v->part && v->part->esp);

		if (boots && *f->type && !guest_reads(w->g, i))
			return arena_printf(w->a, "%s may refer to it and cannot be read",
					    f->device);
	}
	if (w->g->lost_boot && storage_lacks_arrays(&w->g->storage))
		return arena_printf(w->a,
				    "%s may refer to it and may be on an array that is left alone",
				    w->g->lost_boot);
	return NULL;
}

const char *work_all_kept(struct work *w)
{
	if (w->o->keep_storage_ids)
		return "asked for";
	if (!w->g->facts.linux_found)
		return "no Linux was found: what refers to it is not known";
	return unread_boot(w);
}

/* ---- new values ---- */

const char *work_pin(const struct work *w, const char *old_text)
{
	const struct ref *r = refs_old(&w->s->old, old_text);

	for (size_t i = 0; r && i < w->s->npins; i++)
		if (w->s->pins[i].ref == (size_t)(r - w->s->old.items))
			return w->s->pins[i].reason;
	return NULL;
}

static int new_uuid(struct work *w, const char *path, struct uuid *u, struct err *e)
{
	return identity_uuid(w->id->key, w->id->name, path, 0, u, e);
}

static const char *uuid_text(struct arena *a, const struct uuid *u)
{
	char text[UUID_TEXT];

	uuid_format(u, text);
	return arena_dup(a, text);
}

/* As blkid prints a FAT serial number. */
static const char *fat_text(struct arena *a, const struct uuid *u)
{
	const uint8_t *b = u->bytes;

	return arena_printf(a, "%02X%02X-%02X%02X", b[0], b[1], b[2], b[3]);
}

static const char *nic_mac(struct work *w, size_t nic)
{
	const uint8_t *m = w->id->macs[nic];

	return arena_printf(w->a, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
			    m[5]);
}

/* A MAC in the configuration that is no NIC's: a bridge's or a bond's. */
static int spare_mac(struct work *w, const char *old_text, const char **out, struct err *e)
{
	uint8_t raw[32];
	int r = identity_derive(w->id->key, w->id->name,
				arena_printf(w->a, "config/mac/%s", old_text), 0, raw, e);

	*out = arena_printf(w->a, "%02x:%02x:%02x:%02x:%02x:%02x", (raw[0] & 0xfc) | 2, raw[1],
			    raw[2], raw[3], raw[4], raw[5]);
	return r;
}

/* By the descriptor's order where it is known, else by the order of appearance. */
static size_t nic_of(const struct work *w, const char *mac)
{
	char text[18];

	for (size_t i = 0; i < w->o->nold_macs; i++) {
		const uint8_t *m = w->o->old_macs[i];

		snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
			 m[4], m[5]);
		if (str_eq(text, mac))
			return i;
	}
	for (size_t i = 0; !w->o->nold_macs && i < w->g->facts.nmacs; i++)
		if (str_eq(w->g->facts.macs[i].text, mac))
			return i;
	return SIZE_MAX;
}

static int mac_refs(struct work *w, struct err *e)
{
	for (size_t i = 0; i < w->g->facts.nmacs; i++) {
		const char *old_text = w->g->facts.macs[i].text, *new_text;
		size_t nic = nic_of(w, old_text);
		int r = 0;

		if (nic < w->id->nmacs)
			new_text = nic_mac(w, nic);
		else
			r = spare_mac(w, old_text, &new_text, e);
		if (r < 0)
			return r;
		refs_add(&w->refs, REF_MAC, "mac", old_text, new_text);
		work_say(w, "mac", w->g->facts.macs[i].path, old_text, new_text, GUEST_CHANGED,
			 nic < w->id->nmacs ? "" : "no NIC of the clone's: a new one");
	}
	return 0;
}

static int connection_refs(struct work *w, struct err *e)
{
	for (size_t i = 0; i < w->s->old.n; i++) {
		const struct ref *o = &w->s->old.items[i];
		struct uuid u;
		int r;

		if (!str_eq(o->what, "connection"))
			continue;
		r = new_uuid(w, arena_printf(w->a, "connection/%s", o->old_text), &u, e);
		if (r < 0)
			return r;
		refs_add(&w->refs, REF_UUID, "connection", o->old_text, uuid_text(w->a, &u));
	}
	return 0;
}

static void machine_ref(struct work *w)
{
	const char *old_text = w->g->facts.machine_id;

	for (size_t i = 0; i < sizeof w->id->machine_id.bytes; i++)
		snprintf(w->machine_id + 2 * i, 3, "%02x", w->id->machine_id.bytes[i]);
	if (w->o->machine_id == GUEST_ID_UNINITIALIZED)
		snprintf(w->machine_id, sizeof w->machine_id, "uninitialized");
	if (w->o->machine_id == GUEST_ID_NEW)
		refs_add(&w->refs, REF_MACHINE_ID, "machine-id", old_text, w->machine_id);
}

int work_ids(struct work *w, struct err *e)
{
	int r;

	if (!w->g->facts.linux_found)
		return 0;
	machine_ref(w);
	r = mac_refs(w, e);
	return r < 0 ? r : connection_refs(w, e);
}

/* ---- filesystems ---- */

static const char *why_kept(struct work *w, size_t i)
{
	const struct guest_filesystem *f = &w->g->facts.filesystems[i];
	const char *pin = work_pin(w, f->uuid), *unread;

	if (work_all_kept(w))
		return work_all_kept(w);
	if (f->pinned)
		return f->pinned;
	if (!*f->engine)
		return "no engine writes this type";
	if (pin)
		return pin;
	return guest_new_id_is_read(w->g, i, &unread) ? NULL : unread;
}

static int plan_filesystem(struct work *w, size_t i, struct err *e)
{
	const struct guest_filesystem *f = &w->g->facts.filesystems[i];
	const char *kept, *new_text, *why = "";
	struct guest_edit *x;
	struct uuid u;
	int r;

	if (!*f->uuid || str_eq(f->type, "LVM2_member") || w->g->storage.volumes[i].member_of)
		return 0;
	kept = why_kept(w, i);
	if (kept) {
		work_say(w, "fs-uuid", f->device, f->uuid, "", GUEST_KEPT, kept);
		return 0;
	}
	r = new_uuid(w, arena_printf(w->a, "fs/%s/uuid", f->device), &u, e);
	if (r < 0)
		return r;
	new_text = str_eq(f->type, "vfat") ? fat_text(w->a, &u) : uuid_text(w->a, &u);
	refs_add(&w->refs, str_eq(f->type, "vfat") ? REF_FAT : REF_UUID, f->device, f->uuid,
		 new_text);
	x = work_edit(w, OP_SET_UUID, i, f->device);
	x->uuid = u;
	x->expect = new_text;
	if (str_eq(f->type, "ext4"))
		x->seed = w->o->ext4_seed == GUEST_SEED_ALWAYS ||
			  (w->o->ext4_seed == GUEST_SEED_AUTO && guest_seed_is_safe(w->g, i, &why));
	work_say(w, "fs-uuid", f->device, f->uuid, new_text, GUEST_CHANGED, why);
	return 0;
}

/* ---- partition tables ---- */

static bool has_fallback_loader(struct work *w, size_t disk)
{
	static const char *const paths[] = {"/EFI/BOOT/BOOTX64.EFI", "/EFI/BOOT/BOOTAA64.EFI",
					    "/EFI/BOOT/BOOTIA32.EFI"};
	struct guest_stat st;

	for (size_t i = 0; i < w->g->storage.nvolumes; i++) {
		const struct volume *v = &w->g->storage.volumes[i];
		struct guest_fs *fs =
			v->part && v->part->esp && v->disk == disk ? guest_volume(w->g, i) : NULL;

		for (size_t k = 0; fs && k < sizeof paths / sizeof *paths; k++)
			if (guest_fs_stat(fs, paths[k], true, &st, NULL) == 0)
				return true;
	}
	return false;
}

static int plan_part(struct work *w, size_t disk, size_t part, struct disk_edit *x, struct err *e)
{
	const struct guest_disk *d = &w->g->storage.disks[disk];
	const struct partition *p = &d->parts[part];
	const char *device = w->g->facts.disks[disk].parts[part].device;
	const char *pin = work_pin(w, p->guid);
	int r;

	if (!pin && p->esp && !has_fallback_loader(w, disk))
		pin = "the firmware's boot entry names it, and there is no "
		      "\\EFI\\BOOT\\BOOTX64.EFI "
		      "to fall back to";
	if (pin) {
		work_say(w, "partition-guid", device, p->guid, "", GUEST_KEPT, pin);
		return 0;
	}
	r = new_uuid(w, arena_printf(w->a, "part/%s/guid", device), &x->parts[part], e);
	if (r < 0)
		return r;
	x->set[part] = &x->parts[part];
	refs_add(&w->refs, REF_UUID, device, p->guid, uuid_text(w->a, &x->parts[part]));
	work_say(w, "partition-guid", device, p->guid, uuid_text(w->a, &x->parts[part]),
		 GUEST_CHANGED, "");
	return 0;
}

static const char *mbr_pin(struct work *w, const struct guest_disk *d)
{
	const char *pin = NULL;

	for (size_t i = 0; i < d->nparts && !pin; i++)
		pin = work_pin(w, d->parts[i].guid);
	return pin;
}

static int plan_mbr(struct work *w, size_t disk, struct disk_edit *x)
{
	const struct guest_disk *d = &w->g->storage.disks[disk];
	const char *device = w->g->facts.disks[disk].device, *pin = mbr_pin(w, d);
	char id[9];

	if (pin) {
		work_say(w, "disk-id", device, d->id, "", GUEST_KEPT, pin);
		return 0;
	}
	if (!(x->id.bytes[0] | x->id.bytes[1] | x->id.bytes[2] | x->id.bytes[3]))
		x->id.bytes[3] = 1; /* zero means: no id */
	hex_format(x->id.bytes, 4, id);
	for (size_t i = 0; i < d->nparts; i++)
		refs_add(&w->refs, REF_PARTUUID, w->g->facts.disks[disk].parts[i].device,
			 d->parts[i].guid,
			 arena_printf(w->a, "%s-%02x", id, d->parts[i].number & 0xff));
	x->wanted = true;
	work_say(w, "disk-id", device, d->id, id, GUEST_CHANGED, "");
	return 0;
}

static void keep_disk(struct work *w, size_t disk, const char *why)
{
	const struct guest_disk_ids *d = &w->g->facts.disks[disk];

	work_say(w, "disk-id", d->device, d->id, "", GUEST_KEPT, why);
	for (size_t i = 0; i < d->nparts && str_eq(d->table, "gpt"); i++)
		work_say(w, "partition-guid", d->parts[i].device, d->parts[i].id, "", GUEST_KEPT,
			 why);
}

static int plan_disk(struct work *w, size_t disk, struct err *e)
{
	const struct guest_disk *d = &w->g->storage.disks[disk];
	struct disk_edit *x = &w->plan->edits->disks[disk];
	const char *device = w->g->facts.disks[disk].device;
	int r;

	if (d->table == TABLE_NONE)
		return 0;
	x->old_id = arena_dup(w->a, d->id);
	x->nparts = d->nparts;
	x->parts = arena_alloc(w->a, d->nparts * sizeof *x->parts);
	x->set = arena_alloc(w->a, d->nparts * sizeof(struct uuid *));
	if (work_all_kept(w)) {
		keep_disk(w, disk, work_all_kept(w));
		return 0;
	}
	r = new_uuid(w, arena_printf(w->a, "disk/%s/id", device), &x->id, e);
	if (r < 0)
		return r;
	if (d->table == TABLE_MBR)
		return plan_mbr(w, disk, x);
	x->wanted = true;
	refs_add(&w->refs, REF_UUID, device, d->id, uuid_text(w->a, &x->id));
	work_say(w, "disk-id", device, d->id, uuid_text(w->a, &x->id), GUEST_CHANGED, "");
	for (size_t i = 0; i < d->nparts && r == 0; i++)
		r = plan_part(w, disk, i, x, e);
	return r;
}

/* ---- LVM ---- */

static int plan_lvm_id(struct work *w, const char *kind, const char *name, const char *old_text,
		       const char *pinned, struct err *e)
{
	struct guest_edits *x = w->plan->edits;
	const char *pin = pinned ? pinned : work_pin(w, old_text);
	struct lvm_change c = {0};
	uint8_t raw[32];
	int r;

	if (work_all_kept(w))
		pin = work_all_kept(w);
	if (pin) {
		work_say(w, kind, name, old_text, "", GUEST_KEPT, pin);
		return 0;
	}
	r = identity_derive(w->id->key, w->id->name, arena_printf(w->a, "lvm/%s", old_text), 0, raw,
			    e);
	if (r < 0)
		return r;
	snprintf(c.from, sizeof c.from, "%s", old_text);
	lvm_id_format(raw, c.to);
	ARENA_GROW(w->a, x->lvm, x->nlvm, x->lvm_room);
	x->lvm[x->nlvm++] = c;
	refs_add(&w->refs, REF_LVM, name, old_text, c.to);
	work_say(w, kind, name, old_text, c.to, GUEST_CHANGED, "");
	return 0;
}

static int plan_lvm(struct work *w, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < w->g->storage.nvolumes && r == 0; i++) {
		const struct volume *v = &w->g->storage.volumes[i];

		if (str_eq(v->type, "LVM2_member") && *v->uuid)
			r = plan_lvm_id(w, "lvm-pv", v->device, v->uuid,
					w->g->storage.ngroups ? w->g->storage.groups[0].pinned
							      : "its volume group is not whole",
					e);
	}
	for (size_t i = 0; i < w->g->storage.ngroups && r == 0; i++) {
		const struct lvm_group *group = &w->g->storage.groups[i];

		r = plan_lvm_id(w, "lvm-vg", group->name, group->id, group->pinned, e);
		for (size_t k = 0; k < group->nvolumes && r == 0; k++)
			r = plan_lvm_id(
				w, "lvm-lv",
				arena_printf(w->a, "%s/%s", group->name, group->volumes[k].name),
				group->volumes[k].id, group->pinned, e);
	}
	return r;
}

int work_storage(struct work *w, struct err *e)
{
	int r = 0;

	w->plan->edits->ndisks = w->g->storage.ndisks;
	w->plan->edits->disks =
		arena_alloc(w->a, w->g->storage.ndisks * sizeof *w->plan->edits->disks);
	for (size_t i = 0; i < w->g->storage.ndisks && r == 0; i++)
		r = plan_disk(w, i, e);
	for (size_t i = 0; i < w->g->facts.nfilesystems && r == 0; i++)
		r = plan_filesystem(w, i, e);
	if (r == 0)
		r = work_arrays(w, e);
	return r < 0 ? r : plan_lvm(w, e);
}
