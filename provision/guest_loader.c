/* Ids inside boot loaders' images, and what those loaders can read. */
#include "provision/grub_core.h"
#include "provision/guest_survey.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A PE image with an attribute certificate: one changed byte and Secure Boot refuses it. */
bool guest_image_is_signed(const char *data, size_t len)
{
	const uint8_t *p = (const uint8_t *)data;
	uint64_t at;
	size_t directories;

	if (len < 64 || p[0] != 'M' || p[1] != 'Z')
		return false;
	at = le32(p + 0x3c);
	if (!range_inside(at, 24 + 112 + 40, len) || memcmp(p + at, "PE\0\0", 4) != 0)
		return false;
	directories = le16(p + at + 24) == 0x20b ? 112 : 96;
	return le32(p + at + 24 + directories + 4 * 8 + 4) != 0;
}

/* A file whose editor is for texts, and that is none. */
static bool is_no_text(const struct found *f)
{
	return f->place->editor != EDIT_BINARY && f->place->editor != EDIT_INITRD &&
	       !text_is_plain(f->data, f->len);
}

static const char *why_not_edited(const struct found *f)
{
	if (f->place->editor == EDIT_BINARY && guest_image_is_signed(f->data, f->len))
		return "is signed: changed, it would not start";
	return is_no_text(f) ? "is no text that could be edited" : NULL;
}

/* grub-install leaves the configuration it put into the BIOS image beside it. */
static void core_pins(struct guest *g, struct guest_survey *s, const struct found *f)
{
	if (str_ends(f->path, "/i386-pc/load.cfg"))
		guest_survey_pin_all(g, s, f->path, f->data, f->len,
				     "stands for what is inside GRUB's compressed BIOS image "
				     "(core.img)");
}

/* GRUB finds a /boot on LVM by the ids of the group and the volume, which are in its image. */
static void lvm_pins(struct guest *g, struct guest_survey *s)
{
	static const char why[] = "/boot is on LVM: GRUB's image finds it by this id";
	struct guest_spot boot;

	if (!g->storage.ngroups || guest_find(g, "/boot/.", true, &boot) < 0 ||
	    !g->storage.volumes[boot.volume].logical)
		return;
	for (size_t i = 0; i < g->storage.ngroups; i++) {
		const struct lvm_group *group = &g->storage.groups[i];
		const struct ref *r = refs_old(&s->old, group->id);

		if (r)
			guest_survey_pin(s, (size_t)(r - s->old.items), "/boot", why);
		for (size_t k = 0; k < group->nvolumes; k++) {
			r = refs_old(&s->old, group->volumes[k].id);
			if (r)
				guest_survey_pin(s, (size_t)(r - s->old.items), "/boot", why);
		}
	}
}

/* A kernel, its command line and its initial ramdisk in one image: too large for an edit, and mostly signed. */
static void unified_pins(struct guest *g, struct guest_survey *s, const struct found *f)
{
	struct arena mem = {0};
	struct guest_spot spot;
	const char *data;
	size_t len;

	if (f->place->editor != EDIT_BINARY || f->data || !S_ISREG(f->st.mode) ||
	    f->st.size <= GUEST_FILE_MAX || f->st.size > INITRD_MAX)
		return;
	if (guest_find(g, f->path, false, &spot) == 0 &&
	    guest_fs_read(spot.fs, &mem, spot.inner, INITRD_MAX, &data, &len, NULL) == 0)
		guest_survey_pin_all(g, s, f->path, data, len,
				     "is a unified kernel image, which is not built anew");
	arena_fini(&mem);
}

/* The array that a volume is, or all that it may be on. */
static void pin_arrays(struct guest *g, struct guest_survey *s, const struct volume *v,
		       const char *where, const char *why)
{
	for (size_t i = 0; i < g->storage.narrays; i++) {
		const struct md_array *x = &g->storage.arrays[i];
		const struct ref *r = refs_old(&s->old, x->uuid);

		if (r && (v->logical || v->array == x))
			guest_survey_pin(s, (size_t)(r - s->old.items), where, why);
	}
}

static void pin_boot(struct guest *g, struct guest_survey *s, const char *where, const char *why)
{
	const struct ref *r;
	struct guest_spot boot;

	if (guest_find(g, "/boot/.", true, &boot) < 0)
		return;
	r = refs_old(&s->old, g->facts.filesystems[boot.volume].uuid);
	if (r)
		guest_survey_pin(s, (size_t)(r - s->old.items), where, why);
	pin_arrays(g, s, &g->storage.volumes[boot.volume], where, why);
}

/* What grub-install put into the image between the boot sector and the first partition, or in a partition of its own:
 * compressed, and with redundancy, so that it cannot be changed in place. */
static void image_pins(struct guest *g, struct guest_survey *s)
{
	for (size_t i = 0; i < g->storage.ndisks; i++) {
		const char *device = g->facts.disks[i].device, *where;
		struct arena mem = {0};
		struct err e = {0};
		const uint8_t *data;
		size_t len;
		int r = grub_core_read(g->storage.disks[i].disk, &mem, &data, &len, &e);

		where = arena_printf(s->a, "GRUB's core.img on %s", device);
		if (r == 0)
			guest_survey_pin_all(g, s, where, (const char *)data, len,
					     "is compressed: it would have to be installed anew");
		else if (r != -ENOENT)
			pin_boot(g, s, where,
				 arena_printf(s->a, "%s may name it, and cannot be unpacked: %s",
					      where, e.text));
		arena_fini(&mem);
	}
}

void guest_loader_pins(struct guest *g, struct guest_survey *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct found *f = &s->found[i];
		const char *why = f->hit && f->data ? why_not_edited(f) : NULL;

		if (f->hit && f->data)
			core_pins(g, s, f);
		unified_pins(g, s, f);
		if (!why)
			continue;
		guest_survey_pin_all(g, s, f->path, f->data, f->len, why);
		f->data = NULL;
	}
	lvm_pins(g, s);
	image_pins(g, s);
}

/* ---- who reads a checksum seed ---- */

static bool version_at_least(const char *v, unsigned major, unsigned minor)
{
	unsigned a = 0, b = 0;

	return sscanf(v, "%u.%u", &a, &b) == 2 && (a > major || (a == major && b >= minor));
}

static const char *without_epoch(const char *version)
{
	const char *colon = strchr(version, ':');

	return colon ? colon + 1 : version;
}

/* Upstream since 2.12; Debian 12's has the patch, checked with grub-fstest. */
static bool grub_reads_seed(const char *version)
{
	unsigned update = 0;
	const char *v = without_epoch(version);

	return version_at_least(v, 2, 12) ||
	       (sscanf(v, "2.06-13+deb12u%u", &update) == 1 && update >= 2);
}

/* The boot loader reads the filesystem that holds /boot; systemd-boot only the ESP's. */
static bool loader_reads(struct guest *g, size_t volume)
{
	const struct guest_facts *f = &g->facts;
	struct guest_spot boot;

	if (guest_find(g, "/boot/.", true, &boot) == 0 && boot.volume != volume)
		return false;
	return !(f->nbootloaders == 1 && str_eq(f->bootloaders[0], "systemd-boot"));
}

bool guest_new_id_is_read(struct guest *g, size_t volume, const char **why)
{
	struct guest_fs *fs = guest_volume(g, volume);
	struct guest_fs_needs n = fs ? guest_fs_needs(fs) : (struct guest_fs_needs){0};
	const char *grub = g->survey ? without_epoch(g->survey->grub) : "";

	*why = "";
	if (n.kernel[0] && !version_at_least(g->facts.kernel, n.kernel[0], n.kernel[1])) {
		*why = arena_printf(g->a,
				    "the guest's kernel is older than %u.%u, or unknown: it would "
				    "not mount it",
				    n.kernel[0], n.kernel[1]);
		return false;
	}
	if (!n.grub[0] || !loader_reads(g, volume) || version_at_least(grub, n.grub[0], n.grub[1]))
		return true;
	*why = "the guest's boot loader reads this filesystem and is not known to accept a new "
	       "UUID";
	return false;
}

bool guest_seed_is_safe(struct guest *g, size_t volume, const char **why)
{
	*why = "";
	if (!version_at_least(g->facts.kernel, 4, 4)) {
		*why = "the guest's kernel is older than 4.4, or unknown";
		return false;
	}
	if (!loader_reads(g, volume))
		return true;
	if (g->survey && grub_reads_seed(g->survey->grub))
		return true;
	*why = "the guest's boot loader reads this filesystem and is not known to accept a "
	       "checksum seed";
	return false;
}
