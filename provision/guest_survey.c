/* Reading every place once. */
#include "provision/guest_survey.h"

#include "base/scope.h"

#include <string.h>
#include <sys/stat.h>

/* ---- the ids there are ---- */

static void add_old(struct guest_survey *s, enum ref_form form, const char *what, const char *text)
{
	refs_add(&s->old, form, what, text, text);
}

static void storage_ids(struct guest *g, struct guest_survey *s)
{
	const struct guest_facts *f = &g->facts;

	for (size_t i = 0; i < f->nfilesystems; i++) {
		const char *uuid = f->filesystems[i].uuid, *device = f->filesystems[i].device;

		if (g->storage.volumes[i].member_of)
			continue;
		add_old(s, REF_UUID, device, uuid);
		add_old(s, REF_FAT, device, uuid);
		add_old(s, REF_LVM, device, uuid);
	}
	for (size_t i = 0; i < f->ndisks; i++) {
		add_old(s, REF_UUID, f->disks[i].device, f->disks[i].id);
		for (size_t k = 0; k < f->disks[i].nparts; k++) {
			add_old(s, REF_UUID, f->disks[i].parts[k].device, f->disks[i].parts[k].id);
			add_old(s, REF_PARTUUID, f->disks[i].parts[k].device,
				f->disks[i].parts[k].id);
		}
	}
	for (size_t i = 0; i < f->narrays; i++) {
		add_old(s, REF_MD, f->arrays[i].device, f->arrays[i].id);
		for (size_t k = 0; k < f->arrays[i].nmembers; k++)
			add_old(s, REF_MD, f->arrays[i].members[k].device,
				f->arrays[i].members[k].id);
	}
	for (size_t i = 0; i < g->storage.ngroups; i++) {
		const struct lvm_group *group = &g->storage.groups[i];

		add_old(s, REF_LVM, group->name, group->id);
		for (size_t k = 0; k < group->nvolumes; k++)
			add_old(s, REF_LVM, group->volumes[k].name, group->volumes[k].id);
	}
}

/* ---- what is found ---- */

void guest_survey_pin(struct guest_survey *s, size_t ref, const char *path, const char *reason)
{
	for (size_t i = 0; i < s->npins; i++)
		if (s->pins[i].ref == ref)
			return;
	ARENA_GROW(s->a, s->pins, s->npins, s->pins_room);
	s->pins[s->npins++] = (struct pin){ref, path, reason};
}

void guest_survey_pin_all(struct guest *g, struct guest_survey *s, const char *path,
			  const char *data, size_t len, const char *why)
{
	const char *reason = arena_printf(s->a, "%s holds it and %s", path, why);
	struct ref_hit hit;

	for (size_t at = 0; guest_survey_hit(s, data, len, at, &hit); at = hit.off + hit.len) {
		enum ref_form form = s->old.items[hit.ref].form;

		if (form == REF_MACHINE_ID || form == REF_MAC)
			guest_warn(g, "%s still holds the template's %s, and %s", path,
				   s->old.items[hit.ref].what, why);
		else
			guest_survey_pin(s, hit.ref, path, reason);
	}
}

bool guest_survey_hit(const struct guest_survey *s, const char *data, size_t len, size_t from,
		      struct ref_hit *hit)
{
	return data && refs_next(&s->old, data, len, from, REF_ANY, hit);
}

/* How much of a file an editor wants to see; 0: nothing. */
static size_t wanted(enum place_editor editor)
{
	switch (editor) {
	case EDIT_NONE:
	case EDIT_RANDOM:
	case EDIT_SSH_KEY:
	case EDIT_HOSTID:
	case EDIT_JOURNAL:
	case EDIT_INITRD:
		return 0;
	case EDIT_BINARY:
		return GUEST_FILE_MAX;
	case EDIT_RENAME:
		return 256 << 10;
	default:
		return 1 << 20;
	}
}

static bool is_found(const struct guest_survey *s, const struct place *place, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->found[i].place == place && str_eq(s->found[i].path, path))
			return true;
	return false;
}

static void read_content(struct guest *g, struct guest_survey *s, struct found *f,
			 struct guest_spot *spot)
{
	size_t limit = wanted(f->place->editor);
	const char *target;

	if (S_ISLNK(f->st.mode)) {
		if (guest_fs_link(spot->fs, s->a, spot->inner, &target, NULL) == 0)
			f->target = target;
		return;
	}
	if (!S_ISREG(f->st.mode) || !limit)
		return;
	if (f->st.size > limit) {
		if (limit >= 1 << 20)
			guest_warn(g, "%s: %llu bytes are too many for such a file; left alone",
				   f->path, (unsigned long long)f->st.size);
		return;
	}
	if (guest_fs_read(spot->fs, s->a, spot->inner, limit, &f->data, &f->len, NULL) < 0)
		f->data = NULL;
}

struct found *guest_survey_add(struct guest *g, struct guest_survey *s, const struct place *place,
			       const char *path)
{
	struct guest_spot spot;
	struct ref_hit hit;
	const char *name;
	struct found *f;

	if (s->n >= FOUND_MAX || guest_find(g, path, false, &spot) < 0 ||
	    is_found(s, place, spot.path))
		return NULL;
	ARENA_GROW(s->a, s->found, s->n, s->room);
	f = &s->found[s->n++];
	*f = (struct found){.place = place,
			    .path = arena_dup(s->a, spot.path),
			    .volume = spot.volume,
			    .inner = arena_dup(s->a, spot.inner),
			    .st = spot.st};
	read_content(g, s, f, &spot);
	name = strrchr(f->path, '/');
	f->hit = guest_survey_hit(s, f->data, f->len, 0, &hit) ||
		 guest_survey_hit(s, f->target, f->target ? strlen(f->target) : 0, 0, &hit) ||
		 guest_survey_hit(s, name, strlen(name), 0, &hit);
	return f;
}

static void survey_place(struct guest *g, struct guest_survey *s, const struct place *place)
{
	for (size_t k = 0; k < ARRAY_SIZE(place->paths) && place->paths[k]; k++) {
		struct guest_list paths = {0};

		guest_glob(g, s->a, place->paths[k], &paths);
		for (size_t i = 0; i < paths.n; i++)
			guest_survey_add(g, s, place, paths.items[i]);
	}
}

/* ---- ids that only files hold ---- */

static void connection_ids(struct guest *g, struct guest_survey *s)
{
	static const char *const globs[] = {"/etc/NetworkManager/system-connections/*",
					    "/etc/sysconfig/network-scripts/ifcfg-*",
					    "/etc/sysconfig/network/ifcfg-*"};
	char uuid[UUID_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(globs); i++) {
		struct guest_list paths = {0};

		guest_glob(g, s->a, globs[i], &paths);
		for (size_t k = 0; k < paths.n; k++) {
			size_t len = 0, at = 0;
			const char *text = guest_text(g, s->a, paths.items[k], 256 << 10, &len);

			while (text && connection_uuid_next(text, len, &at, uuid))
				add_old(s, REF_UUID, "connection", uuid);
		}
	}
}

/* grub2-common's or grub-common's version in Debian's package database. */
static const char *grub_version(struct guest *g, struct arena *a)
{
	size_t len = 0;
	const char *text = guest_text(g, a, "/var/lib/dpkg/status", GUEST_FILE_MAX, &len), *at;
	const char *version, *end;

	if (!text || !(at = strstr(text, "\nPackage: grub-common\n")))
		return "";
	end = strstr(at + 1, "\n\n");
	version = strstr(at, "\nVersion: ");
	if (!version || (end && version > end))
		return "";
	version += strlen("\nVersion: ");
	return arena_dupn(a, version, strcspn(version, "\n"));
}

int guest_survey_make(struct guest *g, const struct place *places, size_t nplaces, struct err *e)
{
	const struct guest_facts *f = guest_facts(g);
	struct guest_survey *s = g->survey;

	(void)e;
	if (s && s->places == places)
		return 0;
	s = g->survey = arena_alloc(g->a, sizeof *s);
	s->a = g->a;
	s->old.a = g->a;
	s->places = places;
	s->grub = "";
	storage_ids(g, s);
	if (!f->linux_found)
		return 0;
	add_old(s, REF_MACHINE_ID, "machine-id", f->machine_id);
	for (size_t i = 0; i < f->nmacs; i++)
		add_old(s, REF_MAC, "mac", f->macs[i].text);
	connection_ids(g, s);
	s->grub = grub_version(g, s->a);
	for (size_t i = 0; i < places_count(); i++)
		survey_place(g, s, places_at(i));
	for (size_t i = 0; i < nplaces; i++)
		survey_place(g, s, &places[i]);
	guest_loader_pins(g, s);
	guest_ramdisks(g, s);
	guest_search(g, s);
	return 0;
}
