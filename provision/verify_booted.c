/* The guest as its boot left it, beside the guest before. */
#include "provision/verify_booted.h"
#include "provision/boot_journal.h"
#include "provision/guest_parts.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { JOURNAL_MAX = 64 << 20, SUPER_AT = 1024, SUPER_SIZE = 1024, RECOVER = 4, VALID = 1 };

/* ---- who it is ---- */

static bool is_machine_id(const char *text)
{
	return text && strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static void machine_id(struct verify_clone *c, const struct guest_facts *was,
		       const struct guest_facts *is)
{
	if (!is_machine_id(is->machine_id))
		verify_wrong(c->subject, VERIFY_BOOT_IDENTITY, "the boot left no machine-id ('%s')",
			     is->machine_id);
	else if (is_machine_id(was->machine_id) && !str_eq(was->machine_id, is->machine_id))
		verify_wrong(c->subject, VERIFY_BOOT_IDENTITY,
			     "the boot changed the machine-id from %s to %s", was->machine_id,
			     is->machine_id);
}

static bool has_key(const struct guest_facts *f, const char *fingerprint)
{
	for (size_t i = 0; i < f->nhost_keys; i++)
		if (str_eq(f->host_keys[i].fingerprint, fingerprint))
			return true;
	return false;
}

static void host_keys(struct verify_clone *c, const struct guest_facts *was,
		      const struct guest_facts *is)
{
	for (size_t i = 0; i < was->nhost_keys; i++)
		if (!has_key(is, was->host_keys[i].fingerprint))
			verify_wrong(c->subject, VERIFY_BOOT_IDENTITY,
				     "the boot took away the host key %s (%s)",
				     was->host_keys[i].fingerprint, was->host_keys[i].path);
	for (size_t i = 0; was->nhost_keys && i < is->nhost_keys; i++)
		if (!has_key(was, is->host_keys[i].fingerprint))
			verify_wrong(c->subject, VERIFY_BOOT_IDENTITY,
				     "the boot made the host key %s (%s)",
				     is->host_keys[i].fingerprint, is->host_keys[i].path);
}

static void identity_row(struct verify_clone *c, const struct guest_facts *was,
			 const struct guest_facts *is)
{
	if (!was->linux_found) {
		verify_skip(c->subject, VERIFY_BOOT_IDENTITY, "no Linux was found on its disks");
		return;
	}
	machine_id(c, was, is);
	if (!str_eq(was->hostname, is->hostname))
		verify_wrong(c->subject, VERIFY_BOOT_IDENTITY,
			     "the boot changed the host name from '%s' to '%s'", was->hostname,
			     is->hostname);
	host_keys(c, was, is);
	verify_holds(c->subject, VERIFY_BOOT_IDENTITY,
		     "machine-id, host name and %zu host keys as before", is->nhost_keys);
}

static void storage_row(struct verify_clone *c, const struct guest_facts *was,
			const struct guest_facts *is)
{
	size_t n = was->nfilesystems < is->nfilesystems ? was->nfilesystems : is->nfilesystems;

	if (was->nfilesystems != is->nfilesystems)
		verify_wrong(c->subject, VERIFY_BOOT_STORAGE, "%zu volumes before, %zu after",
			     was->nfilesystems, is->nfilesystems);
	for (size_t i = 0; i < n; i++)
		if (!str_eq(was->filesystems[i].uuid, is->filesystems[i].uuid))
			verify_wrong(c->subject, VERIFY_BOOT_STORAGE,
				     "%s: the boot changed its id from %s to %s",
				     was->filesystems[i].device, was->filesystems[i].uuid,
				     is->filesystems[i].uuid);
	for (size_t i = 0; i < was->ndisks && i < is->ndisks; i++)
		if (!str_eq(was->disks[i].id, is->disks[i].id))
			verify_wrong(c->subject, VERIFY_BOOT_STORAGE,
				     "%s: the boot changed its id from %s to %s",
				     was->disks[i].device, was->disks[i].id, is->disks[i].id);
	verify_holds(c->subject, VERIFY_BOOT_STORAGE, "%zu volumes, their ids as before", n);
}

/* ---- how it went ---- */

/* An ext filesystem that the guest mounted to write, and let go of. */
static void unmounted(struct verify_clone *c, struct guest *g)
{
	for (size_t i = 0; i < g->storage.nvolumes; i++) {
		const struct volume *v = &g->storage.volumes[i];
		uint8_t super[SUPER_SIZE];

		if (!v->type || !str_starts(v->type, "ext") ||
		    v->data->size < SUPER_AT + SUPER_SIZE ||
		    disk_pread(v->data, super, sizeof super, SUPER_AT, NULL) < 0)
			continue;
		if (le32(super + 0x60) & RECOVER || !(le16(super + 0x3a) & VALID))
			verify_wrong(c->subject, VERIFY_BOOT_OFF, "%s was not unmounted",
				     v->device);
	}
}

struct telling {
	struct verify_clone *c;
	const char *finished;
};

static bool message(void *ctx, const char *text, size_t len)
{
	static const char failed[] = "MESSAGE=Failed to start ",
			  finished[] = "MESSAGE=Startup finished in ";
	struct telling *t = ctx;

	if (len > sizeof failed && memcmp(text, failed, sizeof failed - 1) == 0)
		verify_wrong(t->c->subject, VERIFY_BOOT_UNITS, "%.*s",
			     (int)(len > 160 ? 152 : len - 8), text + 8);
	/* of the system, not of a user's session: the kernel's share is named */
	if (len > sizeof finished && memcmp(text, finished, sizeof finished - 1) == 0 &&
	    memmem(text, len, "(kernel)", 8))
		t->finished = arena_dupn(&t->c->mem, text + 8, len > 160 ? 152 : len - 8);
	return true;
}

/* One file: true when it tells of this boot under this machine's id. */
static bool one_journal(struct verify_clone *c, struct guest *g, const char *path,
			const char *machine, const struct boot_result *r, struct telling *t)
{
	struct journal_head h;
	struct err e = {0};
	char id[33];
	size_t len;
	const char *data = guest_text(g, &c->mem, path, JOURNAL_MAX, &len);

	if (!data)
		return false;
	if (journal_head_read(data, len, &h, &e) < 0) {
		verify_wrong(c->subject, VERIFY_BOOT_JOURNAL, "%s: %s", path, e.text);
		return false;
	}
	/* What the template wrote before is not of this boot. */
	if (h.last_us < (uint64_t)r->began_us)
		return false;
	hex_format(h.machine_id, sizeof h.machine_id, id);
	if (!str_eq(id, machine)) {
		verify_wrong(c->subject, VERIFY_BOOT_JOURNAL,
			     "%s: written in this boot under the machine-id %s", path, id);
		return false;
	}
	journal_walk(data, len, message, t);
	return true;
}

static void journal_rows(struct verify_clone *c, struct guest *g, const struct guest_facts *is,
			 const struct boot_result *r)
{
	struct telling t = {.c = c};
	struct guest_list paths = {0};
	size_t good = 0;

	if (!guest_has(g, "/var/log/journal")) {
		verify_skip(c->subject, VERIFY_BOOT_JOURNAL,
			    "the guest keeps no journal on its disks");
		return;
	}
	guest_glob(g, &c->mem, "/var/log/journal/*/*.journal", &paths);
	for (size_t i = 0; i < paths.n; i++)
		good += one_journal(c, g, paths.items[i], is->machine_id, r, &t);
	if (!good)
		verify_wrong(c->subject, VERIFY_BOOT_JOURNAL,
			     "no journal under %s tells of this boot", is->machine_id);
	else
		verify_holds(c->subject, VERIFY_BOOT_JOURNAL, "%s",
			     t.finished ? t.finished
					: "this boot's journal is under its machine-id");
	if (good)
		verify_holds(c->subject, VERIFY_BOOT_UNITS, "console and journal tell of none");
}

int verify_booted(struct verify_clone *c, const struct boot_result *r, struct err *e)
{
	const struct guest_facts *was = guest_facts(c->guest), *is;
	struct disk *disks[BOOT_DISKS];
	struct guest *g = NULL;
	int x;

	memcpy(disks, r->disks, sizeof disks);
	x = guest_open(&g, &c->mem, disks, r->ndisks, e);
	if (x < 0)
		return err_in(e, x, "%s after its boot", c->name);
	is = guest_facts(g);
	identity_row(c, was, is);
	storage_row(c, was, is);
	unmounted(c, g);
	journal_rows(c, g, is, r);
	verify_holds(c->subject, VERIFY_BOOT_UNITS, "its console tells of none");
	guest_close(g);
	return 0;
}
