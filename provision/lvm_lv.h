/* A logical volume as a disk: linear and striped segments over the physical volumes. */
#pragma once

#include "templates/disk.h"

enum { LV_STRIPES_MAX = 128 };

struct lv_stripe {
	struct disk *disk; /* borrowed */
	uint64_t off;
};

struct lv_segment {
	uint64_t start, size; /* in the logical volume, bytes */
	unsigned count;
	uint64_t stripe_size; /* bytes; unused when count is 1 */
	struct lv_stripe *stripes;
};

/* Where the byte at off of a disk below is in the logical volume; false when it is not in it. */
bool lv_disk_find(const struct disk *lv, const struct disk *below, uint64_t off, uint64_t *out);
/* segments are copied, and must cover [0, size) in order. */
int lv_disk_open(const struct lv_segment *segments, size_t n, struct disk **out, struct err *e);
