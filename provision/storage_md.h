/* md arrays found among the volumes. */
#pragma once

#include "provision/md_super.h"
#include "provision/storage.h"

enum { MD_MEMBERS_MAX = 64 };

struct md_member {
	size_t volume;
	struct md_super super;
};

/* Adds a volume for each array that is a RAID1 with a member in sync, or a linear or RAID0 one that is whole and even; why
 * another one is left alone is a warning. */
int storage_find_md(struct storage *s, struct err *e);
/* Whether a disk with a partition table is a whole member, so that the table is an array's. */
bool storage_md_has_disk(struct guest_disk *g);
