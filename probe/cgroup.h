/* Control groups: which hierarchies are mounted, and where in each this process is. */
#pragma once

#include "base/arena.h"
#include "base/tree.h"

enum cgroup_kind { CGROUP_UNKNOWN, CGROUP_NONE, CGROUP_V1, CGROUP_HYBRID, CGROUP_V2 };

/* "v2"; "none" and "unknown" too. */
const char *cgroup_kind_name(enum cgroup_kind k);

/* A line of /proc/self/cgroup: "5:cpu,cpuacct:/user.slice"; v2 is "0::/...". */
struct cgroup_line {
	const char *controllers; /* "" for v2 */
	const char *path;
};

enum { CGROUPS_MAX = 64 };

struct cgroup_lines {
	struct cgroup_line lines[CGROUPS_MAX];
	size_t count;
};

/* Lines that are not as the kernel writes them are left out. */
void cgroup_parse(struct cgroup_lines *out, struct arena *a, const char *text);

/* One mounted hierarchy. */
struct cgroup_dir {
	const char *controllers; /* v1: as mounted, "cpu,cpuacct"; v2: NULL */
	const char *mount;       /* where it is mounted */
	const char *dir; /* this process's own folder; mount itself where it cannot be told */
};

struct cgroup_view {
	enum cgroup_kind kind;
	int err; /* why UNKNOWN */
	struct cgroup_dir dirs[CGROUPS_MAX];
	size_t count;
};

/* From mountinfo and /proc/self/cgroup. */
void cgroup_look(struct cgroup_view *out, struct tree *t);
/* The v1 hierarchy of a controller, or NULL. */
const struct cgroup_dir *cgroup_v1(const struct cgroup_view *v, const char *controller);
/* The v2 hierarchy, or NULL. */
const struct cgroup_dir *cgroup_v2(const struct cgroup_view *v);
/* "memory" in "cpu,memory" or "cpu memory\n". */
bool cgroup_lists(const char *controllers, const char *name);
