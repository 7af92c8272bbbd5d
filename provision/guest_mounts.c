/* Which filesystem is the root, and what its fstab mounts where. */
#include "provision/by_id.h"
#include "provision/guest_parts.h"

#include "base/scope.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Engines that answer at once; the others are asked only when no root was found on these. */
static bool is_native(const char *type)
{
	return str_starts(type, "ext") || str_eq(type, "vfat") || str_starts(type, "sw");
}

static bool may_be_root(const char *type)
{
	return str_starts(type, "ext") || str_eq(type, "xfs") || str_eq(type, "btrfs") ||
	       str_eq(type, "f2fs");
}

static bool has_file(struct guest_fs *fs, const char *path)
{
	struct guest_stat st;

	return guest_fs_stat(fs, path, false, &st, NULL) == 0;
}

static bool is_root(struct guest_fs *fs)
{
	return has_file(fs, "/etc/os-release") || has_file(fs, "/usr/lib/os-release") ||
	       (has_file(fs, "/etc/fstab") && has_file(fs, "/sbin/init"));
}

static void find_root(struct guest *g, bool native)
{
	for (size_t i = 0; i < g->storage.nvolumes; i++) {
		const char *type = g->storage.volumes[i].type;
		struct guest_fs *fs;

		if (!type || !may_be_root(type) || is_native(type) != native)
			continue;
		fs = guest_volume(g, i);
		if (!fs || !is_root(fs))
			continue;
		if (g->root == SIZE_MAX)
			g->root = i;
		else
			guest_warn(g, "%s holds a second system; only the one on %s is looked at",
				   g->storage.volumes[i].device,
				   g->storage.volumes[g->root].device);
	}
}

/* ---- what fstab calls a device ---- */

static size_t by_text(struct guest *g, const char *want,
		      const char *(*text)(const struct volume *v))
{
	for (size_t i = 0; i < g->storage.nvolumes; i++) {
		const char *have = text(&g->storage.volumes[i]);

		if (have && *have && strcasecmp(have, want) == 0)
			return i;
	}
	return SIZE_MAX;
}

static const char *uuid_of(const struct volume *v)
{
	return v->uuid;
}

static const char *label_of(const struct volume *v)
{
	return v->label;
}

static const char *partuuid_of(const struct volume *v)
{
	return v->part ? v->part->guid : NULL;
}

static const char *partlabel_of(const struct volume *v)
{
	return v->part ? v->part->name : NULL;
}

/* "sda1", "xvda1", "hda1" are our "vda1"; "nvme0n1p1" and "mmcblk0p1" too. */
static size_t by_device(struct guest *g, const char *name)
{
	unsigned disk = 0, part = 0;
	char letter = 0, mine[32];
	size_t end = 0;

	if (sscanf(name, "nvme%un1p%u", &disk, &part) == 2 ||
	    sscanf(name, "mmcblk%up%u", &disk, &part) == 2)
		letter = (char)('a' + disk % 26);
	else if ((sscanf(name, "%*1[vsh]d%c%u", &letter, &part) != 2) &&
		 (sscanf(name, "xvd%c%u", &letter, &part) != 2))
		return SIZE_MAX;
	snprintf(mine, sizeof mine, "vd%c%u", letter, part);
	for (end = 0; end < g->storage.nvolumes; end++)
		if (str_eq(g->storage.volumes[end].device, mine))
			return end;
	return SIZE_MAX;
}

/* /dev/mapper writes "vg-a/root" as "vg--a-root". */
static size_t by_mapper(struct guest *g, const char *name)
{
	for (size_t i = 0; i < g->storage.nvolumes; i++) {
		struct strbuf mapped = {0};
		bool same;

		for (const char *p = g->storage.volumes[i].device; *p; p++)
			strbuf_add(&mapped, *p == '/'   ? "-"
					    : *p == '-' ? "--"
							: (const char[]){*p, '\0'});
		same = str_eq(strbuf_str(&mapped), name) && g->storage.volumes[i].logical;
		strbuf_fini(&mapped);
		if (same)
			return i;
	}
	return SIZE_MAX;
}

static size_t by_array(struct guest *g, const char *id)
{
	for (size_t i = 0; i < g->storage.nvolumes; i++) {
		const struct md_array *x = g->storage.volumes[i].array;

		if (x && (strcasecmp(x->uuid, id) == 0 || (*x->name && str_eq(x->name, id))))
			return i;
	}
	return SIZE_MAX;
}

static size_t by_path(struct guest *g, const char *name)
{
	/* /dev/md/0 is a link to /dev/md0 */
	if (str_starts(name, "md/") && name[3] >= '0' && name[3] <= '9')
		name = arena_printf(g->a, "md%s", name + 3);
	for (size_t i = 0; i < g->storage.nvolumes; i++)
		if (str_eq(g->storage.volumes[i].device, name))
			return i;
	return by_device(g, name);
}

/* A group's id and a volume's, without their dashes. */
static const char *bare_ids(struct arena *a, const char *group, const char *volume)
{
	char *out = arena_printf(a, "%s%s", group, volume), *to = out;

	for (const char *p = out; *p; p++)
		if (*p != '-')
			*to++ = *p;
	*to = '\0';
	return out;
}

static size_t by_lvm_ids(struct guest *g, const char *ids)
{
	for (size_t i = 0; i < g->storage.ngroups; i++) {
		const struct lvm_group *group = &g->storage.groups[i];

		for (size_t k = 0; k < group->nvolumes; k++) {
			const struct lvm_volume *v = &group->volumes[k];

			if (str_eq(bare_ids(g->a, group->id, v->id), ids))
				return by_path(g,
					       arena_printf(g->a, "%s/%s", group->name, v->name));
		}
	}
	return SIZE_MAX;
}

/* The letters of "vda1". */
static size_t disk_letters(const char *device)
{
	return strcspn(device, "0123456789");
}

/* A template's serial numbers are known to nobody. What can be told is a disk that is the only one, and the root's. */
static size_t by_serial(struct guest *g, const struct by_id *b)
{
	const char *disk = g->storage.ndisks == 1 ? "vda" : NULL;

	if (!disk && g->root_disk && str_eq(g->root_disk, b->value))
		disk = g->storage.volumes[g->root].device;
	if (!disk)
		return SIZE_MAX;
	disk = arena_dupn(g->a, disk, disk_letters(disk));
	return by_path(g, b->part ? arena_printf(g->a, "%s%u", disk, b->part) : disk);
}

static size_t by_id(struct guest *g, const char *name)
{
	struct by_id b = by_id_read(name);

	switch (b.kind) {
	case BY_ID_DISK:
		return by_serial(g, &b);
	case BY_ID_MAPPER:
		return by_mapper(g, b.value);
	case BY_ID_PV:
		return by_text(g, b.value, uuid_of);
	case BY_ID_LV:
		return by_lvm_ids(g, b.value);
	case BY_ID_ARRAY:
		return by_array(g, b.value);
	default:
		return SIZE_MAX;
	}
}

size_t guest_spec_volume(struct guest *g, const char *spec)
{
	static const struct {
		const char *prefix;
		const char *(*text)(const struct volume *v);
	} ways[] = {
		{"UUID=", uuid_of},
		{"LABEL=", label_of},
		{"PARTUUID=", partuuid_of},
		{"PARTLABEL=", partlabel_of},
		{"/dev/disk/by-uuid/", uuid_of},
		{"/dev/disk/by-label/", label_of},
		{"/dev/disk/by-partuuid/", partuuid_of},
		{"/dev/disk/by-partlabel/", partlabel_of},
	};
	char clean[256];
	size_t n = 0;

	for (; *spec && n < sizeof clean - 1; spec++)
		if (*spec != '"' && *spec != '\'')
			clean[n++] = *spec;
	clean[n] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (str_starts(clean, ways[i].prefix))
			return by_text(g, clean + strlen(ways[i].prefix), ways[i].text);
	if (str_starts(clean, BY_ID))
		return by_id(g, clean + strlen(BY_ID));
	if (str_starts(clean, "/dev/mapper/"))
		return by_mapper(g, clean + strlen("/dev/mapper/"));
	return str_starts(clean, "/dev/") ? by_path(g, clean + strlen("/dev/")) : SIZE_MAX;
}

/* ---- mounts ---- */

static bool is_mounted(struct guest *g, size_t volume, const char *point)
{
	for (size_t i = 0; i < g->nmounts; i++)
		if (g->mounts[i].volume == volume || str_eq(g->mounts[i].point, point))
			return true;
	return false;
}

static void add_mount(struct guest *g, const char *point, size_t volume)
{
	size_t n = strlen(point);

	while (n > 1 && point[n - 1] == '/')
		n--;
	point = arena_dupn(g->a, point, n);
	if (g->nmounts < GUEST_MOUNTS && !is_mounted(g, volume, point))
		g->mounts[g->nmounts++] = (struct guest_mount){point, volume};
}

/* What fstab mounts at / is the filesystem that fstab lies in. So its line says what the root's disk is called. */
static void name_root_disk(struct guest *g, const struct fstab_entry *f)
{
	const struct volume *root = &g->storage.volumes[g->root];
	size_t n = disk_letters(root->device);
	struct by_id b;

	if (!str_eq(f->file, "/") || !by_id_is_disk(f->spec) || root->logical || root->array)
		return;
	b = by_id_read(f->spec + strlen(BY_ID));
	if (strtoul(root->device + n, NULL, 10) == b.part)
		g->root_disk = arena_dup(g->a, b.value);
}

static const char *why_lost(struct guest *g, const char *spec)
{
	return g->storage.ndisks > 1 && by_id_is_disk(spec) ? "may be any: " BY_ID_UNTOLD
							    : "is on no disk of this guest";
}

static void fstab_mount(struct guest *g, const struct fstab_entry *f)
{
	size_t volume = guest_spec_volume(g, f->spec);

	if (volume == SIZE_MAX) {
		if (str_starts(f->file, "/boot") || str_eq(f->file, "/efi"))
			g->lost_boot = arena_dup(g->a, f->file);
		if (strchr(f->spec, '=') || str_starts(f->spec, "/dev/disk/"))
			guest_warn(g, "/etc/fstab: %s for %s %s", f->spec, f->file,
				   why_lost(g, f->spec));
		return;
	}
	if (f->file[0] == '/' && !str_eq(f->file, "/"))
		add_mount(g, f->file, volume);
}

/* A loader that finds its partition without fstab. */
static void mount_esp(struct guest *g)
{
	for (size_t i = 0; i < g->storage.nvolumes; i++) {
		const struct volume *v = &g->storage.volumes[i];

		if (!v->part || !v->part->esp || !str_eq(v->type, "vfat"))
			continue;
		add_mount(g, guest_has(g, "/boot/efi") ? "/boot/efi" : "/efi", i);
	}
}

void guest_mounts_find(struct guest *g)
{
	struct fstab_entry *entries;
	const char *text;
	size_t len, n;

	find_root(g, true);
	if (g->root == SIZE_MAX)
		find_root(g, false);
	if (g->root == SIZE_MAX)
		return;
	add_mount(g, "/", g->root);
	text = guest_text(g, g->a, "/etc/fstab", 1 << 20, &len);
	if (text) {
		fstab_parse(g->a, text, len, &entries, &n);
		for (size_t i = 0; i < n; i++)
			name_root_disk(g, &entries[i]);
		for (size_t i = 0; i < n; i++)
			fstab_mount(g, &entries[i]);
	}
	mount_esp(g);
}
