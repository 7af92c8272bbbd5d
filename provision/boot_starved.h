/* Was it the guest, or had the host no time for it? Pure: what a boot got of the processors, and how it ended. */
#pragma once

#include "base/arena.h"

/* Since QEMU's start, in seconds: of time; of processors that it had; that it stood ready for and did not get. */
struct boot_load {
	double at, had, missed;
};

/* The last half of a boot, or more of it: that is where it waited for what did not come. Zeroed: no boot yet. */
struct boot_meter {
	struct boot_load before, since, last;
};

void boot_meter_add(struct boot_meter *m, struct boot_load now);
/* What it got of what it asked for, 0 to 1; 1 when it asked for hardly anything. */
double boot_meter_share(const struct boot_meter *m);

struct boot_result;
/* Why what went wrong may be the host's fault, a sentence; NULL when nothing went wrong, or it is the guest's. */
const char *boot_starved(const struct boot_result *r, struct arena *a);
