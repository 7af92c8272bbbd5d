/* The drivers' cache: a few blocks, searched one by one, the oldest use makes room. */
#include "templates/disk_cache.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	uint64_t key, used;
	uint8_t *bytes;
};

struct disk_cache {
	pthread_mutex_t lock;
	size_t count, size, last;
	uint64_t clock;
	struct slot slots[];
};

struct disk_cache *disk_cache_new(size_t blocks, size_t size)
{
	struct disk_cache *c = xcalloc(1, sizeof *c + blocks * sizeof c->slots[0]);

	pthread_mutex_init(&c->lock, NULL);
	c->count = blocks;
	c->size = size;
	return c;
}

void disk_cache_free(struct disk_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		free(c->slots[i].bytes);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct slot *find(struct disk_cache *c, uint64_t key)
{
	/* Neighbours are asked for one after the other. */
	if (c->slots[c->last].bytes && c->slots[c->last].key == key)
		return &c->slots[c->last];
	for (size_t i = 0; i < c->count; i++) {
		if (!c->slots[i].bytes || c->slots[i].key != key)
			continue;
		c->last = i;
		return &c->slots[i];
	}
	return NULL;
}

bool disk_cache_get(struct disk_cache *c, uint64_t key, size_t off, void *buf, size_t n)
{
	struct slot *s;

	pthread_mutex_lock(&c->lock);
	s = find(c, key);
	if (s) {
		s->used = ++c->clock;
		memcpy(buf, s->bytes + off, n);
	}
	pthread_mutex_unlock(&c->lock);
	return s != NULL;
}

void disk_cache_put(struct disk_cache *c, uint64_t key, const void *block)
{
	struct slot *s;

	pthread_mutex_lock(&c->lock);
	s = find(c, key);
	if (!s) {
		s = &c->slots[0];
		for (size_t i = 1; i < c->count; i++)
			if (c->slots[i].used < s->used)
				s = &c->slots[i];
		if (!s->bytes)
			s->bytes = xmalloc(c->size);
		memcpy(s->bytes, block, c->size);
		s->key = key;
	}
	s->used = ++c->clock;
	pthread_mutex_unlock(&c->lock);
}

int disk_cache_pread(struct disk_cache *c, struct disk *file, void *buf, size_t n, uint64_t off,
		     struct err *e)
{
	uint64_t start = off - off % c->size;
	SCOPED(free_at) uint8_t *block = NULL;
	size_t have;
	int r;

	if (disk_cache_get(c, start, off - start, buf, n))
		return 0;
	if (!range_inside(off, n, file->size) || off - start + n > c->size)
		return -EINVAL;
	block = xcalloc(1, c->size);
	have = file->size - start < c->size ? (size_t)(file->size - start) : c->size;
	r = disk_pread(file, block, have, start, e);
	if (r < 0)
		return r;
	disk_cache_put(c, start, block);
	memcpy(buf, block + (off - start), n);
	return 0;
}
