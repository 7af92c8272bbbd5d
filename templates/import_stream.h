/* The fast path of import_disk. */
#pragma once

#include "templates/import_disk.h"
#include "templates/vmdk_sparse.h"

struct qcow2_writer;
struct writeback;

/* The file being made. */
struct import_target {
	int fd;
	struct qcow2_writer *to; /* NULL for raw */
	struct writeback *back;  /* NULL: nobody waits for it to be synced */
};

/* Decodes the streamOptimized file s stands on. */
int import_stream(struct vmdk_sparse *s, const struct import_target *out,
		  const struct import_options *o, struct err *e);

/* pwrite that leaves long runs of zeros out: the file is new, so they are holes. */
int import_write_sparse(int fd, const uint8_t *p, size_t n, uint64_t off);
