/* Ids and secrets looked for in what a machine's disks hold. */
#pragma once

#include "provision/guestfs.h"
#include "provision/verify_ids.h"
#include "templates/disk.h"

enum { HITS_MAX = 1 << 20 };

/* A known pattern on a disk. */
struct verify_hit {
	size_t disk;
	uint64_t off;
	const struct verify_known *known;
	uint32_t len;
	/* verify_hits_place: */
	const char *device; /* "vda2", or "" outside every volume */
	struct guest_owner owner;
};

struct verify_hits {
	struct arena *a;
	struct verify_hit *items;
	size_t n, room;
	uint64_t scanned; /* bytes */
	bool too_many;
};

/* [off, off + len) of a disk, and a margin so that what reaches into it is found, too. */
int verify_scan_range(const struct verify_ids *ids, struct disk *d, size_t disk, uint64_t off,
		      uint64_t len, struct verify_hits *out, struct err *e);
/* All data of all disks, by many threads. */
int verify_scan_disks(const struct verify_ids *ids, struct disk *const *disks, size_t n,
		      unsigned threads, struct verify_hits *out, struct err *e);
/* By disk and place. */
void verify_hits_sort(struct verify_hits *h);
/* Whose each is, in this guest. names: whose file. The hits must be sorted. */
void verify_hits_place(struct verify_hits *h, struct guest *g, bool names);
