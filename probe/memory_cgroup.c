/* The memory limit that counts: the lowest on the way from this process's cgroup up to the top of what is visible. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/memory_parts.h"

#include <errno.h>
#include <string.h>

enum { LEVELS_MAX = 64 };

/* v1 writes "no limit" as the largest number of pages. */
static const int64_t v1_unlimited = INT64_MAX / 2;

struct files {
	const char *limit, *used;
};

static const struct files v1_files = {"memory.limit_in_bytes", "memory.usage_in_bytes"};
static const struct files v2_files = {"memory.max", "memory.current"};

/* 0 and *limit, or -ENODATA for "no limit", or why it cannot be told. */
static int limit_in(struct host *h, const char *dir, const char *name, int64_t *limit)
{
	const char *text;
	int r = tree_readf_line(h->t, &text, "%s/%s", dir, name);

	if (r < 0)
		return r;
	if (str_eq(text, "max"))
		return -ENODATA;
	if (!num_parse_signed(text, 10, limit))
		return -EINVAL;
	return *limit < 0 || *limit > v1_unlimited ? -ENODATA : 0;
}

static void walk(struct host *h, const struct cgroup_dir *d, const struct files *names)
{
	struct memory *m = &h->memory;
	const char *own = arena_printf(h->a, "%s/%s", d->dir, names->limit);
	char *dir = arena_dup(h->a, d->dir);
	size_t top = strlen(d->mount);
	int first = 0;

	m->cgroup_limit = fact_no(own);
	for (int level = 0; level < LEVELS_MAX && strlen(dir) >= top; level++) {
		int64_t limit;
		int r = limit_in(h, dir, names->limit, &limit);

		if (level == 0)
			first = r;
		if (r == 0 && (m->cgroup_limit.is != YES || limit < m->cgroup_limit.num)) {
			const char *path = arena_printf(h->a, "%s/%s", dir, names->limit);

			m->cgroup_limit = fact_num(path, limit);
			m->cgroup_used =
				fact_from_num(h->t, arena_printf(h->a, "%s/%s", dir, names->used));
		}
		if (strlen(dir) == top)
			break;
		*strrchr(dir, '/') = '\0';
	}
	/* The root of the hierarchy has no such file: that is no limit, not ignorance. */
	if (m->cgroup_limit.is == NO && first < 0 && first != -ENODATA && first != -ENOENT)
		m->cgroup_limit = fact_unknown(own, first);
}

void memory_gather_cgroup(struct host *h)
{
	const struct cgroup_view *v = &h->isolation.cgroups;
	const struct cgroup_dir *v1 = cgroup_v1(v, "memory"), *v2 = cgroup_v2(v);
	struct memory *m = &h->memory;

	m->cgroup_used = fact_no("/proc/self/cgroup");
	if (v->kind == CGROUP_UNKNOWN)
		m->cgroup_limit = fact_unknown("/proc/self/mountinfo", v->err);
	else if (v1)
		walk(h, v1, &v1_files);
	else if (v2)
		walk(h, v2, &v2_files);
	else
		m->cgroup_limit = fact_because("/proc/self/mountinfo", false, "no such cgroup");
	if (m->cgroup_limit.is == UNKNOWN)
		m->cgroup_used = m->cgroup_limit;
}
