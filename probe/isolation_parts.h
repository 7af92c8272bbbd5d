/* Private to probe/isolation*.c. */
#pragma once

#include "probe/check.h"

enum { ISOLATION_CHECKS = 7 };
extern const struct check isolation_checks[ISOLATION_CHECKS];

/* Control groups: kind, own folder, controllers, what is delegated. */
void isolation_gather_cgroups(struct host *h);
