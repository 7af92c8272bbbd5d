/* The guest against the ledger: who it says it is. */
#include "provision/verify_parts.h"

#include "provision/guest_parts.h"

#include "base/scope.h"
#include "base/str.h"

#include <string.h>
#include <strings.h>

static bool same(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

/* ---- what the ledger says of ids inside the guest ---- */

/* A change of identity.json: what was planned for an id. */
static const json_t *change_of(const struct verify_clone *c, const char *kind, const char *where)
{
	const json_t *changes = json_object_get(c->identity, "changes"), *row;
	size_t i;

	json_array_foreach((json_t *)changes, i, row)
	{
		if (str_eq(json_get_text(row, "kind"), kind) &&
		    str_eq(json_get_text(row, "where"), where))
			return row;
	}
	return NULL;
}

/* The id that the ledger promises: the new one, or the old one where it was kept. */
static const char *promised(const struct verify_clone *c, const char *kind, const char *where)
{
	const json_t *row = change_of(c, kind, where);
	const char *action = json_get_text(row, "action");

	if (!action)
		return NULL;
	return json_get_text(row, str_eq(action, "kept") ? "old" : "new");
}

static void check_id(struct verify_clone *c, const char *kind, const char *where, const char *id)
{
	const char *want = promised(c, kind, where);

	if (want && !same(want, id))
		verify_wrong(c->subject, VERIFY_IDENTITY, "%s of %s is %s, the ledger says %s",
			     kind, where, *id ? id : "(none)", want);
}

static void check_storage(struct verify_clone *c, const struct guest_facts *f)
{
	for (size_t i = 0; i < f->ndisks; i++) {
		const struct guest_disk_ids *d = &f->disks[i];

		check_id(c, "disk-id", d->device, d->id);
		for (size_t k = 0; k < d->nparts; k++)
			check_id(c, "partition-guid", d->parts[k].device, d->parts[k].id);
	}
	for (size_t i = 0; i < f->narrays; i++) {
		const struct guest_md_array *x = &f->arrays[i];

		check_id(c, "md-uuid", x->device, x->id);
		check_id(c, "md-name", x->device, x->name);
		for (size_t k = 0; k < x->nmembers; k++)
			check_id(c, "md-device-uuid", x->members[k].device, x->members[k].id);
	}
	for (size_t i = 0; i < f->nfilesystems; i++) {
		check_id(c, "fs-uuid", f->filesystems[i].device, f->filesystems[i].uuid);
		check_id(c, "lvm-pv", f->filesystems[i].device, f->filesystems[i].uuid);
	}
}

/* ---- the machine-id ---- */

static const char *recipe_word(const struct verify_clone *c, const char *key)
{
	const json_t *recipe = json_object_get(c->identity, "recipe");

	return json_get_text(json_object_get(recipe, "identity"), key);
}

static void check_machine_id(struct verify_clone *c, const struct guest_facts *f)
{
	const char *mode = recipe_word(c, "machine-id"),
		   *want = json_get_text(c->record, "machine_id");

	if (str_eq(mode, "keep"))
		return;
	/* A guest without systemd has none, and gets none. */
	if (!*f->machine_id && c->base && c->base->guest &&
	    !*guest_facts(c->base->guest)->machine_id &&
	    !guest_has(c->guest, "/usr/lib/systemd/systemd"))
		return;
	if (str_eq(mode, "uninitialized"))
		want = "uninitialized";
	if (!same(want, f->machine_id))
		verify_wrong(c->subject, VERIFY_IDENTITY,
			     "/etc/machine-id is %s, the ledger says %s",
			     *f->machine_id ? f->machine_id : "(none)", want);
}

void verify_guest(struct verify_clone *c)
{
	const struct guest_facts *f;

	if (!c->guest)
		return;
	f = guest_facts(c->guest);
	if (!c->identity)
		return;
	check_storage(c, f);
	if (f->linux_found)
		check_machine_id(c, f);
	verify_holds(c->subject, VERIFY_IDENTITY, "%s", "");
}
