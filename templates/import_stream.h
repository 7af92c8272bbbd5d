/* The fast path of import_disk. */
#pragma once

#include "templates/import_disk.h"
#include "templates/vmdk_sparse.h"

struct qcow2_writer;

/* Decodes the streamOptimized file s stands on. to: the qcow2 being made, or NULL for raw. */
int import_stream(struct vmdk_sparse *s, int fd, struct qcow2_writer *to,
		  const struct import_options *o, struct err *e);

/* pwrite that leaves long runs of zeros out: the file is new, so they are holes. */
int import_write_sparse(int fd, const uint8_t *p, size_t n, uint64_t off);
