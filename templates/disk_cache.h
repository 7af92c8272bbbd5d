/* A small shared cache of equally large blocks: tables and decompressed clusters of the disk drivers. */
#pragma once

#include "templates/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_cache;

/* At most `blocks` blocks of `size` bytes; memory is taken as they come. */
struct disk_cache *disk_cache_new(size_t blocks, size_t size);
void disk_cache_free(struct disk_cache *c);

/* Copies n bytes at off of the block called key, if it is there. Thread-safe. */
bool disk_cache_get(struct disk_cache *c, uint64_t key, size_t off, void *buf, size_t n);
/* Keeps a copy of a whole block; the one not asked for longest makes room. Thread-safe. */
void disk_cache_put(struct disk_cache *c, uint64_t key, const void *block);

/* Reads n bytes at off of file through the cache; they must not cross a block's boundary (-EINVAL when they
 * do, or when they are past the end of file; no sentence). Blocks are keyed by their offset. */
int disk_cache_pread(struct disk_cache *c, struct disk *file, void *buf, size_t n, uint64_t off,
		     struct err *e);
