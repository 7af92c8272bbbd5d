/* Volume groups found among the volumes. */
#pragma once

#include "provision/storage.h"

/* Adds a volume for each logical volume whose segments are linear or striped; what cannot be assembled is a warning. */
int storage_find_lvm(struct storage *s, struct err *e);
/* Shared by the parts of storage. */
void storage_warn(struct storage *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct volume *storage_add(struct storage *s, const struct volume *v);
