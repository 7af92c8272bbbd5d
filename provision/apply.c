/* The run: clones written by all processors, published in order. */
#include "provision/apply.h"
#include "provision/clone_guest.h"
#include "provision/stage.h"

#include "base/pool.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* With --sync end, that many finished folders wait for one syncfs and are published together: after a power cut no
 * torn clone has its name, and a run that is killed loses at most these. */
enum { BATCH = 1000, THREADS_MAX = 64 };

struct slot {
	struct clone *c;
	char stage[STAGE_NAME];
	json_t *record;
	uint64_t bytes;
	bool shared;
};

struct finished {
	struct clone *c;
	char stage[STAGE_NAME];
	json_t *record;
};

struct run {
	struct plan *p;
	const struct base *b;
	struct clone_guests *guests;
	int out;
	const struct apply_options *o;
	struct apply_result *res;
	size_t at, total;
	struct finished *waiting;
	size_t nwaiting;
};

static int produce(void *ctx, void *slot, struct err *e)
{
	struct run *run = ctx;
	struct slot *s = slot;

	(void)e;
	while (run->at < run->p->nclones) {
		struct clone *c = &run->p->clones[run->at++];

		if (c->state != CLONE_MAKE && c->state != CLONE_REPLACE)
			continue;
		*s = (struct slot){.c = c};
		stage_name(s->stage);
		return 1;
	}
	return 0;
}

static int work(void *ctx, void *slot, struct err *e)
{
	const struct run *run = ctx;
	struct slot *s = slot;
	struct clone_writing w = {.p = run->p,
				  .b = run->b,
				  .guests = run->guests,
				  .c = s->c,
				  .stop = &run->o->stop,
				  .sync = run->p->spec->sync == SYNC_EACH};
	int r = sys_mkdirat(run->out, s->stage, 0700);

	if (r < 0)
		return err_sys(e, r, "%s", s->c->name);
	w.dir = sys_openat(run->out, s->stage, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	r = w.dir < 0 ? err_sys(e, w.dir, "%s", s->c->name) : clone_write(&w, e);
	close_at(&w.dir);
	arena_fini(&w.a);
	if (r < 0) {
		json_decref(w.record);
		stage_remove(run->out, s->stage, NULL);
		return err_in(e, r, "%s", s->c->name);
	}
	s->record = w.record;
	s->bytes = w.bytes;
	s->shared = w.shared;
	return 0;
}

/* The old folder goes only after the new one has its name. */
static int replace(struct run *run, const struct finished *f, struct err *e)
{
	int r = sys_exchange(run->out, f->stage, run->out, f->c->name);

	if (r == -ENOENT)
		return sys_renameat(run->out, f->stage, run->out, f->c->name);
	if (r == -EINVAL || r == -ENOSYS) {
		r = stage_remove(run->out, f->c->name, e);
		return r < 0 ? r : sys_renameat(run->out, f->stage, run->out, f->c->name);
	}
	return r < 0 ? r : stage_remove(run->out, f->stage, e);
}

static int publish_one(struct run *run, struct finished *f, struct err *e)
{
	int r = f->c->state == CLONE_REPLACE
			? replace(run, f, e)
			: sys_renameat(run->out, f->stage, run->out, f->c->name);

	if (r == -EEXIST || r == -ENOTEMPTY || r == -ENOTDIR)
		return err_set(e, -r, "%s/%s is there and no clone of this fleet", run->p->folder,
			       f->c->name);
	if (r < 0)
		return err_sys(e, r, "publishing %s", f->c->name);
	ledger_put(run->p->ledger, f->c->lower, TAKE_PTR(f->record), f->c->recipe_id, f->c->recipe);
	run->res->made++;
	return 0;
}

static int publish(struct run *run, struct err *e)
{
	int r = 0;

	/* A key that a clone has must not come back into the pool. */
	if (run->nwaiting && run->p->spec->sync != SYNC_NONE)
		r = clone_guests_settle(run->guests, e);
	if (r == 0 && run->nwaiting && run->p->spec->sync == SYNC_END) {
		r = sys_sync_filesystem(run->out);
		if (r < 0)
			err_sys(e, r, "syncing %s", run->p->folder);
	}
	for (size_t i = 0; r == 0 && i < run->nwaiting; i++)
		r = publish_one(run, &run->waiting[i], e);
	/* After an error these never get a name. */
	for (size_t i = 0; i < run->nwaiting; i++)
		if (run->waiting[i].record) {
			json_decref(run->waiting[i].record);
			stage_remove(run->out, run->waiting[i].stage, NULL);
		}
	run->nwaiting = 0;
	return r;
}

static int consume(void *ctx, void *slot, struct err *e)
{
	struct run *run = ctx;
	struct slot *s = slot;
	struct finished *f = &run->waiting[run->nwaiting++];
	int r = 0;

	*f = (struct finished){.c = s->c, .record = TAKE_PTR(s->record)};
	memcpy(f->stage, s->stage, sizeof f->stage);
	run->res->bytes += s->bytes;
	run->res->shared |= s->shared;
	if (run->p->spec->sync != SYNC_END || run->nwaiting == BATCH)
		r = publish(run, e);
	if (r == 0 && run->o->progress)
		r = run->o->progress(run->o->ctx, run->res->made + run->nwaiting, run->total);
	return r;
}

static const struct pipeline stages = {produce, work, consume};

/* What was in work when the run stopped. */
static void drop_slots(struct run *run, struct slot *slots, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slots[i].record) {
			json_decref(slots[i].record);
			stage_remove(run->out, slots[i].stage, NULL);
		}
}

int apply_plan(struct plan *p, const struct base *b, struct clone_guests *guests, int out,
	       const struct apply_options *o, struct apply_result *res, struct err *e)
{
	unsigned threads = o->threads ? o->threads : pool_threads(THREADS_MAX);
	size_t count = threads * 2 + 1;
	SCOPED(free_at) struct slot *slots = xcalloc(count, sizeof *slots);
	SCOPED(free_at) void **ring = xcalloc(count, sizeof *ring);
	SCOPED(free_at) struct finished *waiting = xcalloc(BATCH, sizeof *waiting);
	struct run run = {.p = p,
			  .b = b,
			  .guests = guests,
			  .out = out,
			  .o = o,
			  .res = res,
			  .waiting = waiting,
			  .total = p->make + p->replace};
	struct err late = {0};
	int r, last;

	*res = (struct apply_result){0};
	for (size_t i = 0; i < count; i++)
		ring[i] = &slots[i];
	r = pipeline_run(&stages, &run, ring, count, threads, e);
	/* What is whole is kept, also when a later clone failed. */
	last = publish(&run, r < 0 ? &late : e);
	drop_slots(&run, slots, count);
	return r < 0 ? r : last;
}
