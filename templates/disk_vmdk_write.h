/* Writes streamOptimized VMDKs, front to back, so that they can go straight into a package and its digest. */
#pragma once

#include "templates/disk.h"

struct vmdk_write_options {
	int level;          /* libdeflate's, 1 to 12; 0: 6 */
	unsigned threads;   /* 0: as many as there are processors, up to 16 */
	uint32_t cid;       /* the content's id; 0: 1 */
	const char *extent; /* the file's own name, for the descriptor; NULL: "disk.vmdk" */
	const char *const
		*ddb; /* "ddb.adapterType = \"lsilogic\"" and so on; a few are made when NULL */
	size_t ddb_count;
};

struct vmdk_sink {
	/* Takes the next n bytes of the file; 0 or -errno. Called on the calling thread. */
	int (*write)(void *ctx, const void *p, size_t n, struct err *e);
	void *ctx;
};

/* All of src, whose size is rounded up to a sector. Zero grains are left out. */
int vmdk_write(struct disk *src, const struct vmdk_write_options *o, const struct vmdk_sink *to,
	       struct err *e);

/* The same disk as overlay (disk_overlay over vmdk) shows: grains it changed are encoded anew, the others are
 * copied in their compressed form, at copy speed. A vmdk that is not streamOptimized is encoded whole. */
int vmdk_rewrite(struct disk *vmdk, struct disk *overlay, const struct vmdk_write_options *o,
		 const struct vmdk_sink *to, struct err *e);
