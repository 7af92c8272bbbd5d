/* libguestfs's appliance: a small virtual machine whose kernel reads and writes filesystems that no engine here does.
 * One is started for a whole run, when it is first needed. It has drives into which filesystems are put and taken out
 * like tapes, so that any number of clones share its start. Several threads may use it, one at a time. */
#pragma once

#include "base/err.h"
#include "base/lazy_guestfs.h"
#include "templates/disk.h"

#include <stdbool.h>

/* A filesystem in use, by its address: embedded in its user. */
struct appliance_fs {
	struct disk *disk; /* exactly the filesystem */
	const char *uuid;
	const char *read_options, *write_options; /* of mount */
};

/* True when libguestfs is installed and not forbidden; the appliance need not start for that. */
bool appliance_is_there(struct err *e);
/* For this process, before its first use. */
void appliance_forbid(void);
/* Ends it; the next use starts another. */
void appliance_stop(void);

/* Mounts f, for writing if so, and takes the appliance until appliance_leave: its files are at *root. */
int appliance_enter(const struct appliance_fs *f, bool write, guestfs_h **g, const char **root,
		    struct err *e);
void appliance_leave(void);
/* Unmounts f where it is mounted: everything is on its disk. Call it before the disk is written by others or closed. */
int appliance_eject(const struct appliance_fs *f, struct err *e);

/* What libguestfs said last, as our error. */
int appliance_error(guestfs_h *g, struct err *e, const char *what);
