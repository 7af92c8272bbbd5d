/* Identities side by side. */
#include "provision/guest_audit.h"

#include "base/scope.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

void audit_item_add(struct audit *x, const char *kind, const char *value, const char *where)
{
	if (!value || !*value)
		return;
	ARENA_GROW(x->a, x->items, x->nitems, x->items_room);
	x->items[x->nitems++] = (struct audit_item){kind, arena_dup(x->a, value),
						    arena_dup(x->a, where), x->nmachines - 1};
}

/* What blkid calls the id of what it found. */
static const char *kind_of(const char *type)
{
	static const char *const kinds[][2] = {{"LVM2_member", "lvm-pv"},
					       {"crypto_LUKS", "luks-uuid"},
					       {"linux_raid_member", "md-uuid"}};

	for (size_t i = 0; type && i < ARRAY_SIZE(kinds); i++)
		if (str_eq(type, kinds[i][0]))
			return kinds[i][1];
	return "fs-uuid";
}

static void add_storage(struct audit *x, const struct guest_facts *f)
{
	for (size_t i = 0; i < f->ndisks; i++) {
		const struct guest_disk_ids *d = &f->disks[i];

		audit_item_add(x, "disk-id", d->id, d->device);
		/* an MBR's follow from the disk's */
		for (size_t k = 0; k < d->nparts && str_eq(d->table, "gpt"); k++)
			audit_item_add(x, "partition-guid", d->parts[k].id, d->parts[k].device);
	}
	for (size_t i = 0; i < f->narrays; i++) {
		audit_item_add(x, "md-uuid", f->arrays[i].id, f->arrays[i].device);
		for (size_t k = 0; k < f->arrays[i].nmembers; k++)
			audit_item_add(x, "md-device-uuid", f->arrays[i].members[k].id,
				       f->arrays[i].members[k].device);
	}
	for (size_t i = 0; i < f->nfilesystems; i++)
		if (!f->narrays || !str_eq(f->filesystems[i].type, "linux_raid_member"))
			audit_item_add(x, kind_of(f->filesystems[i].type), f->filesystems[i].uuid,
				       f->filesystems[i].device);
	for (size_t i = 0; i < f->nlvm; i++)
		audit_item_add(x, f->lvm[i].kind, f->lvm[i].id, f->lvm[i].name);
}

void audit_add(struct audit *x, const char *machine, const struct guest_facts *f)
{
	ARENA_GROW(x->a, x->machines, x->nmachines, x->machines_room);
	x->machines[x->nmachines++] = arena_dup(x->a, machine);
	if (f->hostname && !str_starts(f->hostname, "localhost"))
		audit_item_add(x, "hostname", f->hostname, "/etc/hostname");
	if (f->machine_id && strlen(f->machine_id) == 32)
		audit_item_add(x, "machine-id", f->machine_id, "/etc/machine-id");
	for (size_t i = 0; i < f->nhost_keys; i++)
		audit_item_add(x, "ssh-host-key", f->host_keys[i].fingerprint,
			       f->host_keys[i].path);
	for (size_t i = 0; i < f->nmacs; i++)
		audit_item_add(x, "mac", f->macs[i].text, f->macs[i].path);
	add_storage(x, f);
	for (size_t i = 0; i < f->nwarnings; i++) {
		ARENA_GROW(x->a, x->warnings, x->nwarnings, x->warnings_room);
		x->warnings[x->nwarnings++] = arena_printf(x->a, "%s: %s", machine, f->warnings[i]);
	}
}

static size_t rank(const char *kind)
{
	static const char *const kinds[] = {
		"machine-id",  "hostname",       "ssh-host-key", "mac",
		"smbios-uuid", "vmgenid",        "instance-id",  "fs-uuid",
		"lvm-pv",      "lvm-vg",         "lvm-lv",       "luks-uuid",
		"md-uuid",     "md-device-uuid", "disk-id",      "partition-guid",
		"disk-serial", "image-id"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i], kind))
			return i;
	return ARRAY_SIZE(kinds);
}

static int by_value(const void *a, const void *b)
{
	const struct audit_item *x = *(const struct audit_item *const *)a;
	const struct audit_item *y = *(const struct audit_item *const *)b;
	size_t i = rank(x->kind), k = rank(y->kind);
	int d = i == k ? strcasecmp(x->value, y->value) : i < k ? -1 : 1;

	if (d)
		return d;
	return x->machine < y->machine ? -1 : x->machine > y->machine;
}

static bool same(const struct audit_item *a, const struct audit_item *b)
{
	return str_eq(a->kind, b->kind) && strcasecmp(a->value, b->value) == 0;
}

void audit_compare(const struct audit *x, struct audit_shared **out, size_t *n)
{
	const struct audit_item **sorted = arena_alloc(x->a, (x->nitems + 1) * sizeof(*sorted));
	size_t room = 0;

	*out = NULL;
	*n = 0;
	for (size_t i = 0; i < x->nitems; i++)
		sorted[i] = &x->items[i];
	qsort(sorted, x->nitems, sizeof *sorted, by_value);
	for (size_t i = 0, end; i < x->nitems; i = end) {
		size_t machines = 1;

		/* one of each machine, moved to the front of the run */
		for (end = i + 1; end < x->nitems && same(sorted[i], sorted[end]); end++)
			if (sorted[end]->machine != sorted[i + machines - 1]->machine)
				sorted[i + machines++] = sorted[end];
		if (machines < 2)
			continue;
		ARENA_GROW(x->a, *out, *n, room);
		(*out)[(*n)++] = (struct audit_shared){sorted[i]->kind, sorted[i]->value,
						       sorted + i, machines};
	}
}
