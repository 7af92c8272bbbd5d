/* A fleet's folder: its ledger, its bases, and then every clone, many at a time. */
#include "provision/verify_parts.h"

#include "base/pool.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "provision/fleet.h"
#include "provision/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEDGER_MAX = 1 << 30, RECORD_MAX = 8 << 20, THREADS_MAX = 64, CHECKED_MOST = 32 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the ledger ---- */

static bool has_members(const json_t *record)
{
	static const struct {
		const char *key;
		json_type type;
	} members[] = {
		{"name", JSON_STRING},         {"hostname", JSON_STRING},
		{"recipe", JSON_STRING},       {"machine_id", JSON_STRING},
		{"smbios_uuid", JSON_STRING},  {"vmgenid", JSON_STRING},
		{"instance_id", JSON_STRING},  {"macs", JSON_ARRAY},
		{"addresses", JSON_ARRAY},     {"disks", JSON_ARRAY},
		{"ssh_host_keys", JSON_ARRAY}, {"files", JSON_ARRAY},
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const json_t *m = json_object_get(record, members[i].key);

		if (!m || json_typeof(m) != members[i].type)
			return false;
	}
	return true;
}

static void check_schema(struct verify_fleet *f)
{
	const json_t *clones = json_object_get(f->ledger, "clones"), *record;
	const json_t *recipes = json_object_get(f->ledger, "recipes");
	const char *schema = json_get_text(f->ledger, "schema");
	size_t i;

	if (!schema || !str_eq(schema, "vmint.fleet/1") || !json_is_array(clones) ||
	    !json_is_object(recipes)) {
		verify_wrong(f->subject, VERIFY_LEDGER_SCHEMA, "fleet.json is no vmint.fleet/1");
		return;
	}
	json_array_foreach((json_t *)clones, i, record)
	{
		const char *name = json_get_text(record, "name"),
			   *recipe = json_get_text(record, "recipe");

		if (!has_members(record))
			verify_wrong(f->subject, VERIFY_LEDGER_SCHEMA,
				     "clone %zu (%s): a member is missing or of another type",
				     i + 1, name ? name : "no name");
		else if (!json_object_get(recipes, recipe))
			verify_wrong(f->subject, VERIFY_LEDGER_SCHEMA, "%s: no recipe %s", name,
				     recipe);
	}
	verify_holds(f->subject, VERIFY_LEDGER_SCHEMA, "%zu clones", json_array_size(clones));
}

/* ---- bases ---- */

int verify_base_gather(struct verify *v, struct verify_base *b, struct err *e)
{
	int r;

	b->ids = (struct verify_ids){.a = &b->mem, .scan = {.a = &b->mem}};
	b->hits = (struct verify_hits){.a = &b->mem};
	guest_facts(b->guest);
	verify_ids_template(&b->ids, b->guest);
	verify_refs_gather(b->guest, &b->mem, NULL, &b->refs);
	verify_modes_gather(b->guest, &b->mem, &b->modes, &b->nmodes);
	verify_initrds_gather(b);
	scan_ready(&b->ids.scan);
	if (!b->names[0]) /* nothing stands on it */
		return 0;
	r = verify_scan_disks(&b->ids, b->disks, b->n, v->o->threads, &b->hits, e);
	if (r == 0 && b->hits.too_many)
		r = err_set(e, EFBIG, "%s: too many ids to look at in it", b->names[0]);
	v->scanned += b->hits.scanned;
	verify_hits_sort(&b->hits);
	verify_hits_place(&b->hits, b->guest, true);
	return r;
}

struct verify_base *verify_base_find(struct verify_fleet *f, const json_t *record)
{
	const char *recipe = json_get_text(record, "recipe");
	const json_t *recipes = json_object_get(f->ledger, "recipes");
	const char *digest =
		recipe ? json_get_text(json_object_get(recipes, recipe), "template") : NULL;

	for (size_t i = 0; digest && i < f->nbases; i++)
		if (str_eq(f->bases[i].digest, digest))
			return &f->bases[i];
	return NULL;
}

static bool is_listed(const struct verify_fleet *f, const char *digest)
{
	for (size_t i = 0; i < f->nbases; i++)
		if (str_eq(f->bases[i].digest, digest))
			return true;
	return false;
}

static void open_bases(struct verify_fleet *f)
{
	json_t *recipes = json_object_get(f->ledger, "recipes"), *recipe;
	size_t room = 0, good = 0;
	struct err e = {0};
	const char *id;

	json_object_foreach(recipes, id, recipe)
	{
		const char *digest = json_get_text(recipe, "template");

		if (!digest || is_listed(f, digest))
			continue;
		ARENA_GROW(&f->v->mem, f->bases, f->nbases, room);
		f->bases[f->nbases++] = (struct verify_base){.digest = digest};
	}
	for (size_t i = 0; i < f->nbases; i++) {
		bool opened = verify_base_open(f, &f->bases[i]);

		if (opened && verify_base_gather(f->v, &f->bases[i], &e) < 0)
			verify_wrong(f->subject, VERIFY_BASE_DIGEST, "%s", e.text);
		good += opened;
	}
	if (good == f->nbases)
		verify_holds(f->subject, VERIFY_BASE_DIGEST, "%zu base%s read", good,
			     good == 1 ? "" : "s");
}

/* ---- everybody's ids ---- */

const char *verify_clone_name(const struct verify_fleet *f, size_t number)
{
	const json_t *clones = f ? json_object_get(f->ledger, "clones") : NULL;
	const char *name = json_get_text(json_array_get(clones, number - 1), "name");

	return name ? name : "?";
}

static void gather_ids(struct verify_fleet *f)
{
	const json_t *clones = json_object_get(f->ledger, "clones"), *record;
	struct verify_ids *x = &f->ids;
	size_t i;

	*x = (struct verify_ids){.a = &f->mem, .scan = {.a = &f->mem}};
	for (i = 0; i < f->nbases; i++)
		if (f->bases[i].guest)
			verify_ids_template(x, f->bases[i].guest);
	json_array_foreach((json_t *)clones, i, record)
	{
		const char *name = json_get_text(record, "name");
		const char *path = name ? arena_printf(&f->mem, "%s/" IDENTITY_FILE, name) : NULL;
		json_t *identity = NULL;

		if (!path)
			continue;
		json_read_beneath(f->dir, path, RECORD_MAX, &identity, NULL);
		verify_ids_clone(x, i + 1, record, identity);
		json_decref(identity);
	}
	scan_ready(&x->scan);
}

/* ---- clones ---- */

struct crew {
	struct verify_fleet *f;
	const char *only;
	size_t next, done, total;
};

static int look_at(struct verify_clone *c, struct err *why)
{
	const char *path = arena_printf(&c->mem, "%s/" IDENTITY_FILE, c->name);
	struct err e = {0};
	int r;

	c->dir = sys_open_beneath(c->f->dir, c->name, O_RDONLY | O_DIRECTORY, 0);
	if (c->dir < 0) {
		verify_wrong(c->subject, VERIFY_LEDGER_RECORD, "its folder cannot be opened: %s",
			     err_word(c->dir));
		return 0;
	}
	if (json_read_beneath(c->f->dir, path, RECORD_MAX, &c->identity, &e) < 0)
		verify_wrong(c->subject, VERIFY_LEDGER_RECORD, "%s", e.text);
	r = verify_clone_all(c, why);
	close_at(&c->dir);
	json_decref(c->identity);
	return r;
}

/* Of many clones the checkers see some, spread over all: they take longer than everything else together. */
static bool is_left_out(const struct crew *w)
{
	return w->f->v->o->checkers == VERIFY_CHECK_SOME && w->total > CHECKED_MOST &&
	       (w->next - 1) % ((w->total + CHECKED_MOST - 1) / CHECKED_MOST) != 0;
}

static int next_clone(void *ctx, void *slot, struct err *e)
{
	struct crew *w = ctx;
	struct verify_clone *c = slot;
	const json_t *clones = json_object_get(w->f->ledger, "clones"), *record;
	const char *name = NULL;

	(void)e;
	for (;;) {
		if (w->next >= json_array_size(clones))
			return 0;
		record = json_array_get(clones, w->next++);
		name = json_get_text(record, "name");
		if (name && has_members(record) && (!w->only || str_eq(name, w->only)))
			break;
	}
	*c = (struct verify_clone){.f = w->f,
				   .v = w->f->v,
				   .name = name,
				   .dir = -1,
				   .record = record,
				   .ids = &w->f->ids,
				   .number = w->next};
	c->base = verify_base_find(w->f, record);
	c->unchecked = is_left_out(w);
	c->subject = verify_subject_new(
		w->f->v, arena_printf(&w->f->v->mem, "%s/%s", w->f->path, name), false);
	return 1;
}

static int one_clone(void *ctx, void *slot, struct err *e)
{
	struct verify_clone *c = slot;
	double start = now();
	int r;

	(void)ctx;
	r = look_at(c, e);
	arena_fini(&c->mem);
	c->subject->seconds = now() - start;
	return r;
}

static int clone_done(void *ctx, void *slot, struct err *e)
{
	const struct verify_options *o = ((struct crew *)ctx)->f->v->o;
	struct crew *w = ctx;

	w->f->v->scanned += ((struct verify_clone *)slot)->scanned;
	w->done++;
	if (o->progress && o->progress(o->ctx, w->done, w->total) < 0)
		return err_set(e, EINTR, "interrupted");
	return 0;
}

static int look_at_all(struct verify_fleet *f, const char *only, struct err *e)
{
	static const struct pipeline p = {next_clone, one_clone, clone_done};
	unsigned threads = f->v->o->threads ? f->v->o->threads : pool_threads(THREADS_MAX);
	size_t n = (size_t)threads * 2;
	struct crew w = {.f = f, .only = only};
	struct verify_clone *clones = xcalloc(n, sizeof *clones);
	void **slots = xcalloc(n, sizeof *slots);
	int r;

	w.total = only ? 1 : json_array_size(json_object_get(f->ledger, "clones"));
	for (size_t i = 0; i < n; i++)
		slots[i] = &clones[i];
	r = pipeline_run(&p, &w, slots, n, threads, e);
	free(slots);
	free(clones);
	if (r == 0 && only && !w.done)
		return err_set(e, ENOENT, "%s/%s: not in the ledger", f->path, only);
	return r;
}

/* ---- all of it ---- */

static int run(struct verify_fleet *f, const char *only, struct err *e)
{
	struct err why = {0};
	double start = now();

	if (json_read_beneath(f->dir, LEDGER_FILE, LEDGER_MAX, &f->ledger, &why) < 0) {
		verify_wrong(f->subject, VERIFY_LEDGER_SCHEMA, "%s", why.text);
		return 0;
	}
	check_schema(f);
	if (!json_is_array(json_object_get(f->ledger, "clones")))
		return 0;
	verify_ledger_unique(f);
	verify_fleet_files(f);
	open_bases(f);
	gather_ids(f);
	f->subject->seconds = now() - start;
	return look_at_all(f, only, e);
}

int verify_fleet(struct verify *v, const char *path, const char *only, struct err *e)
{
	struct verify_fleet f = {.v = v, .path = path};
	int r;

	f.dir = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
	if (f.dir < 0)
		return err_sys(e, f.dir, "%s", path);
	f.subject = verify_subject_new(v, path, true);
	r = run(&f, only, e);
	for (size_t i = 0; i < f.nbases; i++)
		verify_base_close(&f.bases[i]);
	arena_fini(&f.mem);
	json_decref(f.ledger);
	close_at(&f.dir);
	return r;
}
