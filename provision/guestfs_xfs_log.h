/* The log of an XFS, as far as identity goes: whether nothing in it waits, its last record, and what is of the past. */
#pragma once

#include "base/err.h"
#include "provision/identity.h"
#include "templates/disk.h"

/* Where the log is, in bytes of the disk. */
struct xfs_log {
	uint64_t at, size;
};

/* The record a clean unmount ends with; size 0: the log was never written to. */
struct xfs_unmount {
	uint64_t block; /* of 512 bytes, from the log's beginning */
	uint32_t headers, size;
};

/* -EBUSY when something waits in the log, -EUCLEAN when it makes no sense. */
int xfs_log_tail(struct disk *d, const struct xfs_log *log, struct xfs_unmount *out, struct err *e);
/* All else in a clean log is of the past, and holds what was changed and removed: names, and a machine's own. */
int xfs_log_blank(struct disk *d, const struct xfs_log *log, const struct xfs_unmount *u,
		  struct err *e);
/* The kernel does not mount a filesystem whose log ends with another UUID. */
int xfs_log_set_uuid(struct disk *d, const struct xfs_log *log, const struct xfs_unmount *u,
		     const struct uuid *uuid, struct err *e);
