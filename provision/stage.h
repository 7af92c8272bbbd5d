/* Files and folders in the making, under unguessable names that the next run knows as leftovers. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { STAGE_NAME = 40 };

/* ".stage-" and 32 hex digits from the system's random source. */
void stage_name(char out[STAGE_NAME]);
/* The same behind a folder: "base/". */
const char *stage_path(struct arena *a, const char *folder);
bool stage_is_ours(const char *name);

/* Writes a file below dir whole or not at all. sync: it is on stable storage before it gets its name. */
int stage_write(int dir, const char *path, const void *data, size_t n, mode_t mode, bool sync,
		struct err *e);
/* Removes a folder and what is in it, at most a few levels deep, without following links. 0 when it is not there. */
int stage_remove(int dir, const char *name, struct err *e);
/* Removes what runs that died have left in dir; the caller holds the fleet's lock. */
int stage_sweep(int dir, struct err *e);
