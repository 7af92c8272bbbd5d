/* The ordered pipeline. Slots form a ring: [tail, next) waits for a worker, [head, tail) is in work or done. */
#include "base/pool.h"

#include "base/arena.h"
#include "base/scope.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct task {
	void *slot;
	bool done;
	int result;
	struct err err;
};

struct run {
	const struct pipeline *p;
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t more, finished;
	struct task *ring;
	size_t count;
	uint64_t head, tail, next; /* consumed below head, taken below tail, produced below next */
	bool stop;
};

static struct task *task_of(struct run *r, uint64_t n)
{
	return &r->ring[n % r->count];
}

/* With the lock held: takes the oldest waiting task and works on it. */
static void work_one(struct run *r)
{
	struct task *t = task_of(r, r->tail++);

	pthread_mutex_unlock(&r->lock);
	t->err.code = 0;
	t->result = r->p->work(r->ctx, t->slot, &t->err);
	pthread_mutex_lock(&r->lock);
	t->done = true;
	pthread_cond_signal(&r->finished);
}

static void *worker(void *arg)
{
	struct run *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		if (r->tail < r->next)
			work_one(r);
		else
			pthread_cond_wait(&r->more, &r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Waits for the oldest task, working meanwhile, and hands it over. */
static int take_oldest(struct run *r, struct err *e)
{
	struct task *t = task_of(r, r->head);

	pthread_mutex_lock(&r->lock);
	while (!t->done) {
		if (r->tail < r->next)
			work_one(r);
		else
			pthread_cond_wait(&r->finished, &r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	r->head++;
	if (t->result < 0) {
		if (e)
			*e = t->err;
		return t->result;
	}
	return r->p->consume ? r->p->consume(r->ctx, t->slot, e) : 0;
}

static int produce_one(struct run *r, struct err *e)
{
	struct task *t = task_of(r, r->next);
	int more = r->p->produce(r->ctx, t->slot, e);

	if (more <= 0)
		return more;
	pthread_mutex_lock(&r->lock);
	t->done = false;
	r->next++;
	pthread_cond_signal(&r->more);
	pthread_mutex_unlock(&r->lock);
	return 1;
}

static int run_all(struct run *r, struct err *e)
{
	int more = 1;

	while (more > 0 || r->head < r->next) {
		int result;

		if (more > 0 && r->next - r->head < r->count) {
			more = produce_one(r, e);
			if (more < 0)
				return more;
			continue;
		}
		result = take_oldest(r, e);
		if (result < 0)
			return result;
	}
	return 0;
}

int pipeline_run(const struct pipeline *p, void *ctx, void **slots, size_t count, unsigned threads,
		 struct err *e)
{
	struct run r = {.p = p, .ctx = ctx, .count = count};
	SCOPED(free_at) pthread_t *ids = xcalloc(threads ? threads : 1, sizeof *ids);
	unsigned started = 0;
	int result;

	r.ring = xcalloc(count, sizeof *r.ring);
	for (size_t i = 0; i < count; i++)
		r.ring[i].slot = slots[i];
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.more, NULL);
	pthread_cond_init(&r.finished, NULL);
	/* Fewer threads than wanted is only slower. */
	while (started + 1 < threads && pthread_create(&ids[started], NULL, worker, &r) == 0)
		started++;
	result = run_all(&r, e);
	pthread_mutex_lock(&r.lock);
	r.stop = true;
	pthread_cond_broadcast(&r.more);
	pthread_mutex_unlock(&r.lock);
	while (started > 0)
		pthread_join(ids[--started], NULL);
	pthread_cond_destroy(&r.finished);
	pthread_cond_destroy(&r.more);
	pthread_mutex_destroy(&r.lock);
	free(r.ring);
	return result;
}

unsigned pool_threads(unsigned most)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	if (n < 1)
		n = 1;
	return (unsigned)n < most ? (unsigned)n : most;
}
