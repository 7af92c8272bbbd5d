/* The qcow2 header, read and judged. Shared by the reader's parts only. */
#pragma once

#include "templates/disk_qcow2.h"

enum {
	QCOW2_ZLIB,
	QCOW2_ZSTD,
};

struct qcow2_header {
	uint32_t version, cluster_bits, l1_size;
	uint64_t size, l1_offset;
	bool extended; /* 16-byte L2 entries with 32 subclusters each */
	uint8_t compression;
	struct qcow2_backing backing;
};

/* -EINVAL or -ENOTSUP with the reason; what is returned has been bounded against file. */
int qcow2_header_read(struct disk *file, struct qcow2_header *h, struct err *e);
