/* A thread of its own: starting to write may wait for a busy device, and decoding shall not. */
#include "base/writeback.h"

#include "base/arena.h"
#include "base/sys.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { STEP = 32 << 20 };

struct writeback {
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	uint64_t wrote, begun;
	bool stop;
};

static void *work(void *arg)
{
	struct writeback *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		if (w->wrote - w->begun < STEP) {
			pthread_cond_wait(&w->more, &w->lock);
			continue;
		}
		w->begun = w->wrote;
		pthread_mutex_unlock(&w->lock);
		/* What fails here fails again when the file is synced. */
		sys_begin_writeback(w->fd);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct writeback *writeback_begin(int fd)
{
	struct writeback *w = xcalloc(1, sizeof *w);

	w->fd = fd;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	if (pthread_create(&w->thread, NULL, work, w) == 0)
		return w;
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

void writeback_wrote(struct writeback *w, size_t n)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->wrote += n;
	if (w->wrote - w->begun >= STEP)
		pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

void writeback_end(struct writeback **at)
{
	struct writeback *w = *at;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	free(w);
	*at = NULL;
}
