/* One sparse extent of a VMDK: header, grain directory, grain tables, grains. */
#pragma once

#include "templates/disk.h"
#include "templates/disk_cache.h"

enum { VMDK_SECTOR = 512, VMDK_TEXT_MAX = 64 << 10, VMDK_HEADER = 512 };

struct vmdk_header {
	uint64_t capacity;               /* bytes */
	uint64_t text_offset, text_size; /* the descriptor, in bytes; size 0: none */
	uint64_t gd_offset;              /* bytes */
	uint64_t overhead;               /* bytes before the first grain */
	uint32_t grain;                  /* bytes */
	uint32_t gtes;                   /* entries of a grain table */
	uint32_t gd_entries;
	bool compressed, markers, zero_grains;
	bool footer; /* the directory was named by the footer */
};

struct vmdk_sparse {
	struct disk *file; /* borrowed */
	struct vmdk_header h;
	uint32_t *gd; /* sectors */
	struct disk_cache *tables, *grains;
};

enum vmdk_grain { GRAIN_ABSENT, GRAIN_ZERO, GRAIN_DATA };

int vmdk_header_read(struct disk *file, struct vmdk_header *h, struct err *e);

/* file is borrowed. Close also what failed to open. */
int vmdk_sparse_open(struct vmdk_sparse *s, struct disk *file, struct err *e);
void vmdk_sparse_close(struct vmdk_sparse *s);

/* Where grain number i stands; *host is its offset in the file. */
int vmdk_sparse_grain(struct vmdk_sparse *s, uint64_t i, enum vmdk_grain *kind, uint64_t *host,
		      struct err *e);
/* The kind of [off, off+len), len <= n; *host counts only for uncompressed data, which is contiguous. */
int vmdk_sparse_map(struct vmdk_sparse *s, uint64_t n, uint64_t off, enum vmdk_grain *kind,
		    uint64_t *len, uint64_t *host, struct err *e);
/* Reads from grains map called GRAIN_DATA. */
int vmdk_sparse_pread(struct vmdk_sparse *s, void *buf, size_t n, uint64_t off, uint64_t host,
		      struct err *e);

/* The compressed bytes of grain i, which stands at *host: *host moves behind its marker, which is checked. */
int vmdk_sparse_compressed(struct vmdk_sparse *s, uint64_t i, uint64_t *host, uint32_t *len,
			   struct err *e);

/* Inflates one grain; out has room for a whole one, of which `need` bytes must come. -EINVAL when damaged. */
struct libdeflate_decompressor;
int vmdk_inflate(struct libdeflate_decompressor *d, const void *in, size_t in_len, uint8_t *out,
		 uint32_t grain, uint32_t need);
