/* Manifest coverage and digests. */
#include "templates/trust.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/signature.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PART = 1 << 20, THREADS_MAX = 16 };

/* ---- coverage ---- */

static int check_listed(struct package *p, const char *name, struct err *e)
{
	if (manifest_find(&p->manifest, name))
		return 0;
	return err_set(e, EINVAL, "%s: the manifest %s does not list %s", p->path, p->manifest_name,
		       name);
}

static int check_references(struct package *p, struct err *e)
{
	for (size_t i = 0; i < p->ovf.nfiles; i++) {
		const struct member *pieces;
		size_t n;
		int r = package_file(p, &p->ovf.files[i], &pieces, &n, e);

		for (size_t k = 0; r == 0 && k < n; k++)
			r = check_listed(p, pieces[k].name, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_named(struct package *p, struct err *e)
{
	for (size_t i = 0; i < p->manifest.count; i++) {
		const struct member *m;
		int r = package_member(p, p->manifest.entries[i].name, &m, e);

		if (r < 0)
			return r;
		if (!m)
			return err_set(e, EINVAL,
				       "%s: the manifest %s lists %s, which is not there", p->path,
				       p->manifest_name, p->manifest.entries[i].name);
	}
	return 0;
}

static int check_coverage(struct package *p, struct trust *t, struct err *e)
{
	int r = check_listed(p, p->descriptor_name, e);

	if (r == 0)
		r = check_references(p, e);
	if (r == 0)
		r = check_named(p, e);
	t->weakest = DIGEST_SHA512;
	for (size_t i = 0; i < p->manifest.count; i++)
		if (p->manifest.entries[i].kind < t->weakest)
			t->weakest = p->manifest.entries[i].kind;
	return r;
}

int trust_check(struct package *p, const struct trust_options *o, struct trust *out, struct err *e)
{
	struct trust t = {.has_manifest = p->manifest.count > 0};
	int r = 0;

	if (!t.has_manifest && o->require_manifest)
		return err_set(e, EINVAL, "%s: there is no manifest, and one is required", p->path);
	if (!p->certificate_name && o->require_signature)
		return err_set(e, EINVAL, "%s: there is no signature, and one is required",
			       p->path);
	if (t.has_manifest)
		r = check_coverage(p, &t, e);
	if (r == 0 && p->certificate_name)
		r = signature_check(p, o, &t, e);
	if (r == 0)
		*out = t;
	return r;
}

/* ---- digests ---- */

int trust_compare(const struct package *p, const struct manifest_entry *entry,
		  const uint8_t *digest, struct err *e)
{
	if (!memcmp(entry->digest, digest, digest_kind_size(entry->kind)))
		return 0;
	return err_set(e, EBADMSG, "%s: %s is not what the manifest says: its %s digest differs",
		       p->path, entry->name, digest_kind_name(entry->kind));
}

static int digest_member(const struct package *p, const struct member *m, enum digest_kind kind,
			 uint8_t *out, atomic_ullong *done, struct err *e)
{
	SCOPED(free_at) uint8_t *part = xmalloc(PART);
	struct digest d;
	int r = digest_init(&d, kind, e);

	if (r < 0)
		return r;
	for (uint64_t at = 0; r == 0 && at < m->size;) {
		size_t want = m->size - at < PART ? (size_t)(m->size - at) : PART;
		ssize_t got = sys_pread(m->fd, part, want, m->offset + at);

		if (got < 0)
			r = err_sys(e, (int)got, "%s: %s", p->path, m->name);
		else if ((size_t)got != want)
			r = err_set(e, EIO, "%s: %s became shorter while it was read", p->path,
				    m->name);
		else
			r = digest_add(&d, part, want, e);
		if (r == 0)
			r = stop_check(&p->stop, e);
		at += want;
		atomic_fetch_add(done, want);
	}
	if (r == 0)
		r = digest_final(&d, out, e);
	digest_fini(&d);
	return r;
}

static int check_member(struct package *p, const struct member *m, atomic_ullong *done,
			struct err *e)
{
	const struct manifest_entry *entry = manifest_find(&p->manifest, m->name);
	uint8_t digest[DIGEST_MAX];
	int r;

	if (!entry)
		return 0;
	r = digest_member(p, m, entry->kind, digest, done, e);
	return r < 0 ? r : trust_compare(p, entry, digest, e);
}

int trust_check_member(struct package *p, const struct member *m, struct err *e)
{
	atomic_ullong done = 0;

	return check_member(p, m, &done, e);
}

struct checking {
	struct package *p;
	atomic_size_t next;
	atomic_ullong done;
	pthread_mutex_t lock;
	int result;
	size_t failed; /* the first of the members that are wrong: the answer does not depend on threads */
	struct err e;
};

static void *work(void *arg)
{
	struct checking *c = arg;
	size_t i;

	while ((i = atomic_fetch_add(&c->next, 1)) < c->p->nmembers) {
		struct err e = {0};
		int r = check_member(c->p, &c->p->members[i], &c->done, &e);

		if (r == 0)
			continue;
		pthread_mutex_lock(&c->lock);
		if (c->result == 0 || i < c->failed) {
			c->result = r;
			c->failed = i;
			c->e = e;
		}
		pthread_mutex_unlock(&c->lock);
	}
	return NULL;
}

int trust_check_members(struct package *p, void (*done)(void *arg, uint64_t bytes), void *arg,
			struct err *e)
{
	struct checking c = {.p = p, .lock = PTHREAD_MUTEX_INITIALIZER};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t started = 0, want = cpus < 1 ? 1 : cpus > THREADS_MAX ? THREADS_MAX : (size_t)cpus;
	pthread_t threads[THREADS_MAX];

	/* A folder's members are opened by name: all of them before the threads start. */
	while (started + 1 < want && started + 1 < p->nmembers &&
	       pthread_create(&threads[started], NULL, work, &c) == 0)
		started++;
	work(&c);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (done)
		done(arg, atomic_load(&c.done));
	if (c.result < 0 && e)
		*e = c.e;
	return c.result;
}
