/* Partition tables: MBR with logical partitions, GPT, and GPT with a hybrid MBR. */
#pragma once

#include "provision/storage.h"

enum { PARTITIONS_MAX = 256 };

/* Fills table, id, parts, nparts; a disk without a table is TABLE_NONE and no error. What looks wrong but can be worked
 * with is said in *warning (NULL for nothing); -EUCLEAN for a table that must not be trusted. */
int table_read(struct guest_disk *g, struct arena *a, const char **warning, struct err *e);
