/* The order of things: folder, template, base, plan, clones, neighbours, ledger. */
#include "provision/clone_run.h"
#include "provision/clone_guest.h"
#include "provision/convert.h"
#include "provision/neighbours.h"

#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <string.h>

struct reporting {
	const struct clone_options *o;
	const char *stage;
	const struct clone_guests *guests;
};

static int report(void *ctx, uint64_t done, uint64_t total)
{
	const struct reporting *r = ctx;

	return r->o->progress ? r->o->progress(r->o->ctx, r->stage, done, total) : 0;
}

static int report_clones(void *ctx, size_t done, size_t total)
{
	struct reporting *r = ctx;

	if (clone_guests_keys_made(r->guests))
		r->stage = "clones, RSA";
	return report(ctx, done, total);
}

static int find_digest(struct clone_run *run, const struct clone_options *o, struct err *e)
{
	struct reporting rep = {o, "base", NULL};
	const struct base_options bo = {.progress = report, .ctx = &rep};
	int r;

	if (!o->dry_run) {
		r = base_open(&run->base, &run->a, run->fleet.out, &run->source, &bo, e);
		if (r == 0)
			memcpy(run->plan.digest, run->base.digest, DIGEST_TEXT);
		return r;
	}
	if (run->fleet.out >= 0 &&
	    base_known(&run->a, run->fleet.out, &run->source, run->plan.digest))
		return 0;
	return base_digest(&run->source, run->plan.digest, e);
}

static int finish(struct clone_run *run, struct err *e)
{
	struct ledger *l = &run->fleet.ledger;
	int r;

	if (!l->dirty)
		return 0;
	json_set_text(l->root, "tool", "vmint " VMINT_VERSION);
	json_set_text(l->root, "template", run->source.title);
	/* Its neighbours list the clones in its order. */
	ledger_tidy(l);
	/* The ledger goes last: a run that dies before it takes the clones in again. */
	r = neighbours_write(l, run->fleet.out, run->fleet.folder, e);
	if (r == 0)
		r = ledger_write(l, run->fleet.out, e);
	if (r == 0 && run->plan.spec->sync != SYNC_NONE) {
		r = sys_sync(run->fleet.out);
		if (r < 0)
			err_sys(e, r, "%s", run->fleet.folder);
	}
	return r;
}

/* The guest's words outlive the guest. */
static void keep_facts(struct clone_run *run, const struct guest_facts *f)
{
	run->os = f->os_name ? arena_dup(&run->a, f->os_name) : "";
	run->warnings = arena_alloc(&run->a, (f->nwarnings + 1) * sizeof *run->warnings);
	for (size_t i = 0; i < f->nwarnings; i++)
		run->warnings[run->nwarnings++] = arena_dup(&run->a, f->warnings[i]);
}

/* Clones that share blocks with each other. One alone is written at once. */
static bool wants_expansion(const struct clone_run *run)
{
	const struct spec *s = run->plan.spec;

	return s->mode == DISKS_FULL && s->disk_format && str_eq(s->disk_format, "raw") &&
	       run->plan.make + run->plan.replace > 1;
}

static int lay_out_disks(struct clone_run *run, struct disk *const *disks, size_t n, struct err *e)
{
	uint64_t *sizes = arena_alloc(&run->a, (n + 1) * sizeof *sizes);

	for (size_t i = 0; i < n; i++)
		sizes[i] = disks[i]->size;
	return plan_disks(&run->plan, sizes, e);
}

static int make_clones(struct clone_run *run, const struct clone_options *o, struct err *e)
{
	struct clone_guests guests;
	struct reporting rep = {o, "clones", &guests};
	const struct apply_options ao = {.progress = report_clones, .ctx = &rep, .stop = o->stop};
	size_t n = run->base.ndisks;
	struct disk **disks = arena_alloc(&run->a, (n + 1) * sizeof *disks);
	int r;

	for (size_t i = 0; i < n; i++)
		disks[i] = run->base.disks[i].image;
	r = lay_out_disks(run, disks, n, e);
	if (r == 0 && wants_expansion(run))
		r = base_expand(&run->base, run->fleet.out, &o->stop, e);
	if (r == 0)
		r = clone_guests_open(&guests, &run->plan, disks, n, o->key_pool, e);
	if (r < 0)
		return r;
	keep_facts(run, clone_guests_facts(&guests));
	run->seeding = guests.seeding;
	r = apply_plan(&run->plan, &run->base, &guests, run->fleet.out, &ao, &run->result, e);
	run->keys_made = clone_guests_keys_made(&guests);
	clone_guests_close(&guests);
	return r;
}

static int apply(struct clone_run *run, const struct clone_options *o, struct err *e)
{
	struct err late = {0};
	int r = 0, last;

	if (run->plan.make + run->plan.replace)
		r = make_clones(run, o, e);
	/* What was made before an error is listed all the same. */
	last = finish(run, r < 0 ? &late : e);
	return r < 0 ? r : last;
}

/* ---- a dry run ---- */

static const struct clone *first_to_make(const struct plan *p)
{
	for (size_t i = 0; i < p->nclones; i++)
		if (p->clones[i].state == CLONE_MAKE || p->clones[i].state == CLONE_REPLACE)
			return &p->clones[i];
	return NULL;
}

static int look_inside(struct clone_run *run, struct disk **disks, size_t n, struct err *e)
{
	struct clone_guests guests;
	int r = clone_guests_open(&guests, &run->plan, disks, n, NULL, e);

	if (r < 0)
		return r;
	keep_facts(run, clone_guests_facts(&guests));
	run->seeding = guests.seeding;
	r = clone_guests_preview(&guests, first_to_make(&run->plan), &run->preview, &run->seed, e);
	clone_guests_close(&guests);
	return r;
}

/* Straight from the template: a dry run makes no base. */
static int preview(struct clone_run *run, struct err *e)
{
	size_t n = run->source.ndisks, open = 0;
	struct template_image *images = arena_alloc(&run->a, (n + 1) * sizeof *images);
	struct disk **disks = arena_alloc(&run->a, (n + 1) * sizeof *disks);
	int r = 0;

	if (!first_to_make(&run->plan))
		return 0;
	for (; r == 0 && open < n; open += r == 0) {
		r = template_disk_open(&run->source.t, run->source.disks[open].is, &images[open],
				       e);
		disks[open] = images[open].image;
	}
	if (r == 0)
		r = lay_out_disks(run, disks, n, e);
	if (r == 0)
		r = look_inside(run, disks, n, e);
	while (open > 0)
		template_image_close(&images[--open]);
	return r;
}

/* What writes the disks, before anything is made for them. */
static int check_tools(const struct spec *s, struct err *e)
{
	enum disk_format f;
	int r = 0;

	if (s->disk_format && convert_writes(s->disk_format, &f))
		r = convert_ready(s->disk_format, e);
	for (size_t i = 0; r == 0 && i < s->nextras; i++)
		if (s->extras[i].format && convert_writes(s->extras[i].format, &f))
			r = convert_ready(s->extras[i].format, e);
	return r;
}

int clone_run(struct clone_run *run, struct spec *spec, const struct clone_options *o,
	      struct err *e)
{
	const struct fleet_options fo = {
		.folder = spec->output,
		.key_file = spec->key_file,
		.look_only = o->dry_run,
		.waiting = o->waiting,
		.ctx = o->ctx,
	};
	int r;

	*run = (struct clone_run){.fleet = {.out = -1, .lock = -1}};
	/* The template first: a wrong path shall not leave a folder behind. */
	r = source_open(&run->source, spec->template, e);
	if (r < 0)
		return r;
	run->opened = true;
	run->source.t.package.stop = o->stop;
	run->findings.a = &run->a;
	r = spec_cloud_load(spec, &run->a, clone_properties(&run->a, spec, &run->source),
			    spec->nnetworks ? spec->nnetworks : run->source.nnics, &run->findings,
			    e);
	if (r == 0)
		r = plan_check_disks(spec, &run->source, e);
	if (r == 0 && !o->dry_run)
		r = check_tools(spec, e);
	if (r == 0)
		r = fleet_open(&run->fleet, &fo, e);
	if (r == 0)
		r = find_digest(run, o, e);
	if (r < 0)
		return r;
	run->plan.a = &run->a;
	run->plan.spec = spec;
	run->plan.source = &run->source;
	run->plan.ledger = &run->fleet.ledger;
	run->plan.key = run->fleet.key;
	run->plan.folder = run->fleet.folder;
	run->plan.kvm = o->kvm;
	r = plan_make(&run->plan, o->replace, e);
	if (r < 0)
		return r;
	return o->dry_run ? preview(run, e) : apply(run, o, e);
}

void clone_close(struct clone_run *run)
{
	json_decref(run->preview);
	strbuf_fini(&run->seed);
	plan_fini(&run->plan);
	base_close(&run->base);
	if (run->opened)
		source_close(&run->source);
	fleet_close(&run->fleet);
	arena_fini(&run->a);
}
