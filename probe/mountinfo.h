/* /proc/self/mountinfo, line by line. */
#pragma once

#include "base/tree.h"

struct mount_line {
	const char *root;    /* the part of the file system that is mounted */
	const char *where;   /* the mount point, escapes undone */
	const char *options; /* "rw,nosuid,nodev" */
	const char *type;    /* "devtmpfs" */
	const char *source, *super_options;
	unsigned major, minor;
};

struct mount_list {
	struct mount_line *lines;
	size_t count;
};

/* Lines that are not as the kernel writes them are left out; at most MOUNTS_MAX are kept. */
enum { MOUNTS_MAX = 65536 };
void mountinfo_parse(struct mount_list *out, struct arena *a, const char *text);
/* 0 or -errno of the file. */
int mountinfo_read(struct mount_list *out, struct tree *t);
/* The mount that an absolute path lies on: the last of the longest. NULL when none is known. */
const struct mount_line *mountinfo_of(const struct mount_list *m, const char *path);
/* "nodev" in "rw,nosuid,nodev". */
bool mount_option(const char *options, const char *name);
