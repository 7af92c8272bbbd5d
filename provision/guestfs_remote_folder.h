/* Folders that are made anew, because their blocks remember names. */
#pragma once

#include "base/lazy_guestfs.h"

#include <stdbool.h>

/* True when the last part of path holds as many hexadecimal digits as an id. */
bool remote_name_has_id(const char *path);
/* What from lacks, to needs not: that is 0, too. */
int remote_copy_attribute(guestfs_h *g, const char *name, const char *from, const char *to);
/* The folder at path (inside the appliance, no link) gets new blocks, if it has any; 0, or -1 as guestfs says. */
int remote_renew_folder(guestfs_h *g, const char *path);
