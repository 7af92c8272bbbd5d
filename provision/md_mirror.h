/* A RAID1 as a disk: read from the first of its legs, written to all of them. */
#pragma once

#include "provision/lvm_lv.h"

/* legs are copied; their disks are borrowed, and each holds size bytes from its offset on. */
int md_mirror_open(const struct lv_stripe *legs, size_t n, uint64_t size, struct disk **out,
		   struct err *e);
/* Where the byte at off of a disk below is in it; false when it is not in it, or d is none. */
bool md_mirror_find(const struct disk *d, const struct disk *below, uint64_t off, uint64_t *out);
