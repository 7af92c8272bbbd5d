/* Turns a package's disk into a raw or qcow2 file, reading its bytes once and digesting them on the way. */
#pragma once

#include "templates/disk.h"

struct import_options {
	bool qcow2; /* else raw */
	bool sync;  /* the caller will sync fd: what is written is sent to the disk meanwhile */
	unsigned threads; /* 0: as many as there are processors, up to 16 */
	/* Gets every byte of the source file, in order, from one thread at a time; an error of its own ends the
	 * import. NULL: nobody asks. */
	int (*input)(void *ctx, const void *p, size_t n, struct err *e);
	/* How far the source is read; a negative answer ends the import with it. NULL: nobody asks. */
	int (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

/* Writes what image shows into fd, an empty regular file. image was opened over file (the member's bytes),
 * and both stay the caller's. A streamOptimized VMDK is decoded as it streams by, on all processors, and its
 * tables must tell the same in the end; other formats are copied by extent. Memory stays below 128 MiB
 * whatever the size. When it fails, what fd holds is worthless. */
int import_disk(struct disk *file, struct disk *image, int fd, const struct import_options *o,
		struct err *e);
