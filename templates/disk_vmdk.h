/* VMDK disks: streamOptimized and monolithicSparse in one file, and those whose extents are several. */
#pragma once

#include "templates/disk.h"

struct vmdk_options {
	/* The member of this name of the same package, as a raw disk that the VMDK takes. A name is never a path.
	 * NULL: there are no other members. */
	int (*member)(void *ctx, const char *name, struct disk **out, struct err *e);
	void *ctx;
	/* What stands behind absent grains of a delta disk; borrowed. */
	struct disk *parent;
};

/* The disk described by file, which is a descriptor or a sparse extent with one inside; file is borrowed.
 * o may be NULL. A disk that names a parent needs one, and only such a disk may be given one. */
int vmdk_open(struct disk *file, const struct vmdk_options *o, struct disk **out, struct err *e);

/* The only sparse extent of a streamOptimized disk with markers, for the decoder; NULL for all others. */
struct vmdk_sparse;
struct vmdk_sparse *vmdk_stream_of(struct disk *d);
/* True when absent grains come from another disk. */
bool vmdk_has_parent(struct disk *d);
