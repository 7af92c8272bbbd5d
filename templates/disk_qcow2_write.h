/* Writes qcow2 version 3: whole disks, and the changed clusters of an overlay over a backing file. */
#pragma once

#include "templates/disk.h"

#include <stddef.h>

struct qcow2_write_options {
	unsigned cluster_bits;      /* 0: 16 (64 KiB) for whole disks, 12 (4 KiB) for overlays */
	const char *backing;        /* recorded as it is; NULL: none */
	const char *backing_format; /* "qcow2", "raw" */
};

/* A new image of src in the empty file fd: data clusters in the disk's order, zeros left out. */
int qcow2_write(int fd, struct disk *src, const struct qcow2_write_options *o, struct err *e);

/* A new image in the empty file fd that holds what was written to overlay (disk_overlay) and leaves the rest
 * to the backing file. One sequential pass. Clusters are 4 KiB by default, which is the overlay's block and the
 * guest filesystems': nothing is read from the base, and a clone costs what it changed. */
int qcow2_write_overlay(int fd, struct disk *overlay, const struct qcow2_write_options *o,
			struct err *e);

/* ---- the parts, for writers that get their data in their own order ---- */

struct qcow2_writer;
int qcow2_writer_open(int fd, uint64_t size, const struct qcow2_write_options *o,
		      struct qcow2_writer **out, struct err *e);
unsigned qcow2_writer_bits(const struct qcow2_writer *w);
/* Where in the file the cluster that holds disk offset `off` is kept: its place from the first call on, the next
 * free one at the first. The caller writes it; what it does not write reads as zeros. One thread at a time. */
uint64_t qcow2_writer_place(struct qcow2_writer *w, uint64_t off);
/* The cluster reads as zeros, whatever is behind it. */
void qcow2_writer_zero(struct qcow2_writer *w, uint64_t off);
/* Places and writes n bytes from a cluster's start on; clusters of zeros are left out. n may end inside a cluster
 * only at the disk's end. */
int qcow2_writer_put(struct qcow2_writer *w, const uint8_t *buf, size_t n, uint64_t off,
		     struct err *e);
/* Writes all tables, then the header: before, the file is no image. */
int qcow2_writer_finish(struct qcow2_writer *w, struct err *e);
/* NULL is allowed. */
void qcow2_writer_close(struct qcow2_writer *w);
void qcow2_writer_close_at(struct qcow2_writer **w);
