/* RSA keys ahead of need: each takes a tenth of a second or more, and many clones want one each. */
#include "provision/sshkey.h"

#include "base/pool.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { POOL_THREADS = 64, POOL_KEYS = 100000 };

struct made {
	struct arena mem;
	struct ssh_key key;
	struct err err;
	int result;
	bool done;
};

struct ssh_key_pool {
	pthread_mutex_t lock;
	pthread_cond_t news;
	struct made *keys;
	size_t count, begun, taken;
	bool stop;
	pthread_t threads[POOL_THREADS];
	unsigned nthreads;
};

/* The comment is only known when a key is taken; the private file has none then, the public one always does. */
static void *make_keys(void *arg)
{
	struct ssh_key_pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->stop && p->begun < p->count) {
		struct made *m = &p->keys[p->begun++];

		pthread_mutex_unlock(&p->lock);
		m->result = ssh_key_make(&m->mem, SSH_RSA, "", &m->key, &m->err);
		pthread_mutex_lock(&p->lock);
		m->done = true;
		pthread_cond_broadcast(&p->news);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int ssh_key_pool_open(struct ssh_key_pool **out, size_t count, unsigned threads, struct err *e)
{
	struct ssh_key_pool *p;

	if (count > POOL_KEYS)
		return err_set(e, EINVAL, "%zu keys at once are too many", count);
	p = xcalloc(1, sizeof *p);
	p->keys = xcalloc(count ? count : 1, sizeof *p->keys);
	p->count = count;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->news, NULL);
	threads = threads && threads < POOL_THREADS ? threads : pool_threads(POOL_THREADS);
	while (p->nthreads < threads && p->nthreads < count &&
	       pthread_create(&p->threads[p->nthreads], NULL, make_keys, p) == 0)
		p->nthreads++;
	if (!p->nthreads)
		p->count = 0;
	*out = p;
	return 0;
}

void ssh_key_pool_close(struct ssh_key_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->nthreads; i++)
		pthread_join(p->threads[i], NULL);
	for (size_t i = 0; i < p->count; i++)
		arena_fini(&p->keys[i].mem);
	pthread_cond_destroy(&p->news);
	pthread_mutex_destroy(&p->lock);
	free(p->keys);
	free(p);
}

static struct made *wait_for_one(struct ssh_key_pool *p)
{
	struct made *m = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->taken < p->count)
		m = &p->keys[p->taken++];
	while (m && !m->done)
		pthread_cond_wait(&p->news, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return m;
}

int ssh_key_pool_take(struct ssh_key_pool *p, struct arena *a, const char *comment,
		      struct ssh_key *out, struct err *e)
{
	struct made *m = p ? wait_for_one(p) : NULL;

	if (!m)
		return ssh_key_make(a, SSH_RSA, comment, out, e);
	if (m->result < 0)
		return err_set(e, -m->result, "%s", m->err.text);
	out->private_text = arena_dup(a, m->key.private_text);
	out->line = arena_dup(a, m->key.line);
	out->fingerprint = arena_dup(a, m->key.fingerprint);
	out->public_text = arena_printf(a, "%s %s\n", out->line, comment);
	return 0;
}
