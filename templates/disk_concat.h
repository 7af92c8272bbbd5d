/* Disks laid end to end, as one: the chunks of a file. */
#pragma once

#include "templates/disk.h"

/* Takes the parts, also when it fails. Read-only. At least one part. */
int disk_concat(struct disk **parts, size_t count, struct disk **out, struct err *e);
