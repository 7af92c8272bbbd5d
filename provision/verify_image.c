/* Images that no ledger knows: packages, single disks, folders of them; and the template they are held against. */
#include "provision/verify_parts.h"

#include "provision/guest_audit.h"
#include "provision/guest_parts.h"
#include "provision/base_store.h"

#include "base/scope.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct image_run {
	struct verify *v;
	const char *path;
	struct verify_base *base; /* the template, or NULL */
	bool done;
};

/* ---- one machine ---- */

static void no_ledger(struct verify_subject *s)
{
	static const enum verify_id rows[] = {
		VERIFY_LEDGER_RECORD, VERIFY_LEDGER_FILES, VERIFY_FILES_MODES, VERIFY_DESCRIPTION,
		VERIFY_CHAIN,         VERIFY_IDENTITY,     VERIFY_HOST_KEYS};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		verify_skip(s, rows[i], "no ledger knows it");
}

/* Without a ledger: a machine whose id is the template's is no clone. */
static void check_identity(struct verify_clone *c)
{
	const struct guest_facts *own, *was;

	if (!c->guest || !c->base)
		return;
	own = guest_facts(c->guest);
	was = guest_facts(c->base->guest);
	if (*was->machine_id && str_eq(own->machine_id, was->machine_id))
		verify_wrong(c->subject, VERIFY_IDENTITY, "/etc/machine-id is the template's: %s",
			     own->machine_id);
	for (size_t i = 0; i < own->nfilesystems; i++)
		for (size_t k = 0; k < was->nfilesystems; k++)
			if (*own->filesystems[i].uuid &&
			    str_eq(own->filesystems[i].uuid, was->filesystems[k].uuid))
				verify_wrong(c->subject, VERIFY_IDENTITY,
					     "the UUID of %s is the template's: %s",
					     own->filesystems[i].device, own->filesystems[i].uuid);
	for (size_t i = 0; i < own->nhost_keys; i++)
		for (size_t k = 0; k < was->nhost_keys; k++)
			if (str_eq(own->host_keys[i].fingerprint, was->host_keys[k].fingerprint))
				verify_wrong(c->subject, VERIFY_HOST_KEYS,
					     "%s is the template's: %s", own->host_keys[i].path,
					     own->host_keys[i].fingerprint);
	verify_holds(c->subject, VERIFY_IDENTITY, "%s", "not the template's");
}

static int one_machine(void *ctx, const char *name, struct disk **disks, size_t n, struct err *e)
{
	struct image_run *w = ctx;
	struct verify_clone c = {.v = w->v, .name = name, .dir = -1, .base = w->base, .ndisks = n};
	int r;

	c.subject = verify_subject_new(w->v, name, false);
	c.ids = w->base ? &w->base->ids : NULL;
	memcpy(c.disks, disks, n * sizeof *disks);
	no_ledger(c.subject);
	r = guest_open(&c.guest, &c.mem, disks, n, e);
	if (r == 0) {
		check_identity(&c);
		r = verify_machine(&c, e);
	}
	w->v->scanned += c.scanned;
	guest_close(c.guest);
	arena_fini(&c.mem);
	return r < 0 ? err_in(e, r, "%s", name) : 0;
}

/* ---- the template ---- */

static int with_template(void *ctx, const char *name, struct disk **disks, size_t n, struct err *e)
{
	struct image_run *w = ctx;
	struct verify_base b = {.digest = "", .n = n, .booting = PTHREAD_MUTEX_INITIALIZER};
	int r;

	(void)name;
	if (w->done) /* its first machine is the template */
		return 0;
	memcpy(b.disks, disks, n * sizeof *disks);
	r = guest_open(&b.guest, &b.mem, disks, n, e);
	if (r == 0) {
		w->base = &b;
		r = verify_base_gather(w->v, &b, e);
		if (r == 0)
			r = machines_each(&w->v->mem, w->path, one_machine, w, e);
		w->done = true;
	}
	guest_close(b.guest);
	arena_fini(&b.mem);
	return r;
}

/* A package's manifest and signature must hold. */
static int check_package(const char *path, struct err *e)
{
	char digest[DIGEST_TEXT];
	struct source s = {0};
	struct err why = {0};
	int r;

	if (!str_ends(path, ".ova") && !str_ends(path, ".ovf"))
		return 0;
	r = source_open(&s, path, &why);
	if (r == 0)
		r = base_digest(&s, digest, &why);
	source_close(&s);
	if (r < 0)
		*e = why;
	return r;
}

int verify_image(struct verify *v, const char *path, struct err *e)
{
	struct image_run w = {.v = v, .path = path};
	int r = check_package(path, e);

	if (r < 0)
		return r;
	if (v->o->against)
		return machines_each(&v->mem, v->o->against, with_template, &w, e);
	return machines_each(&v->mem, path, one_machine, &w, e);
}
