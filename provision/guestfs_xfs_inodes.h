/* The inodes of an XFS that are free: what they held when they were in use is still in them. */
#pragma once

#include "base/err.h"
#include "templates/disk.h"

/* Wipes them. superblock: the first 512 bytes, which the caller found sensible; what the rest says is not trusted. */
int xfs_inodes_wipe_free(struct disk *d, const uint8_t *superblock, struct err *e);
