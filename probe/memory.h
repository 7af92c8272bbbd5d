/* Memory: how much there is for guests, in what pages, and what limits it. */
#pragma once

#include "probe/fact.h"

struct host;

struct hugepage_pool {
	int node; /* -1: the whole machine */
	uint64_t size_kb, total, free;
};

struct memory {
	struct fact total, available, swap; /* num: bytes */
	struct fact nodes;                  /* num: NUMA nodes that have memory */
	struct fact hugepages; /* num: bytes in free huge pages; NO: none are reserved */
	struct fact hugepages_2m,
		hugepages_1g;         /* num: pages reserved; NO: the size is not offered */
	struct fact thp;              /* text: "always", "madvise", "never" */
	struct fact ksm, ksm_sharing; /* YES: running; num: pages saved */
	struct fact overcommit;       /* num: vm.overcommit_memory */
	struct fact cgroup_limit; /* num: bytes; the lowest of the cgroups above; NO: no limit */
	struct fact cgroup_used;  /* num: bytes, in the cgroup that has the limit */
	struct fact memlock, nofile, nproc; /* num: soft limit, -1 and text "unlimited" */
	struct fact
		usable; /* num: bytes a guest could get now: available, within the cgroup's limit */

	struct hugepage_pool *pools;
	size_t npools;
};

extern const struct area memory_area;

/* A row of /proc/meminfo in its own unit ("MemTotal"); false when there is no such row. */
bool meminfo_value(const char *text, const char *name, uint64_t *out);
