/* What the blocks of a btrfs hold between their items and the data of these: nothing that counts, but not always nothing. */
#pragma once

#include "base/err.h"
#include "templates/disk.h"

/* Zeroes it, in every copy. superblock: one whose checksum is right and whose filesystem is on d alone. */
int btrfs_gaps_wipe(struct disk *d, const uint8_t *superblock, struct err *e);
