/* What a volume holds, by its first bytes. */
#pragma once

#include "base/arena.h"
#include "templates/disk.h"

struct sniffed {
	const char *type; /* blkid's name, "" when unknown */
	const char *uuid, *label;
};

/* Our own table first; libblkid where it knows nothing and there is something to know. */
int volume_sniff(struct disk *d, struct arena *a, struct sniffed *out, struct err *e);
