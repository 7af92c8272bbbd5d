/* A disk whose writes stay in memory, in blocks of 4 KiB, so that they can be looked at, committed or dropped. */
#pragma once

#include "templates/disk.h"

enum { OVERLAY_BLOCK = 4096 };

/* below is borrowed and never written. */
struct disk *disk_overlay(struct disk *below);

struct overlay_run {
	uint64_t off;        /* a multiple of OVERLAY_BLOCK */
	uint32_t len;        /* OVERLAY_BLOCK, or less at the end of the disk */
	const uint8_t *data; /* NULL: zeros */
};

/* The first changed block that ends behind from, in ascending order; false when there is none.
 * Loop: for (uint64_t at = 0; overlay_next(d, at, &run); at = run.off + run.len) */
bool overlay_next(const struct disk *d, uint64_t from, struct overlay_run *run);
/* How many blocks were changed. */
uint64_t overlay_count(const struct disk *d);
/* Forgets every write. */
void overlay_reset(struct disk *d);
