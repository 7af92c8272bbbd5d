/* A folder in the making, beside the place where it shall appear whole. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct staging {
	int parent, fd;  /* the folder around it; the folder itself, locked while this run lives */
	char name[48];   /* below parent: unguessable */
	char final[256]; /* below parent */
	const char *shown; /* the final path as given, for messages; borrowed */
};

/* Begins path, which must not exist or be an empty folder. Mode 0700. What runs that died left beside it is removed. */
int staging_open(struct staging *s, const char *path, struct err *e);
/* Gives the folder its name by one rename. sync: its files, which the caller has synced, and the rename are on stable
 * storage then. Ends the staging when it succeeds. */
int staging_commit(struct staging *s, bool sync, struct err *e);
/* Removes what was not committed. A zeroed or ended one is allowed. */
void staging_drop(struct staging *s);

/* The same for a file: without a name where the filesystem can do that, else under an unguessable one. */
struct staged_file {
	int parent, fd;
	char name[48]; /* "": it has none */
	char final[256];
	const char *shown; /* borrowed */
};

/* path must not exist. Mode 0600. */
int staged_file_open(struct staged_file *s, const char *path, struct err *e);
/* Everything is on stable storage, then gets its name, which nobody may have taken meanwhile. */
int staged_file_commit(struct staged_file *s, struct err *e);
void staged_file_drop(struct staged_file *s);
