/* Private to probe/memory*.c. */
#pragma once

#include "probe/check.h"

struct host;

/* The memory limit of the cgroups; wants isolation's view of them. */
void memory_gather_cgroup(struct host *h);

enum { MEMORY_CHECKS = 6 };
extern const struct check memory_checks[MEMORY_CHECKS];
