/* A guest that waits for a device asks for no processor; one that is starved asks, and does not get. */
#include "provision/boot_starved.h"

#include "provision/boot.h"

#include "base/scope.h"

#include <string.h>

/* Asked for, of one processor, below which a guest is idle; got, below which it is starved, and so when its kernel says. */
static const double asks_least = 0.3, starved_share = 0.5, stalled_share = 0.8;

/* Panics of kernels whose timer did not tick while they counted: there is nothing in a disk that brings them about. */
static const char *const panics[] = {
	"IO-APIC + timer doesn't work",
	"softlockup: hung tasks",
	"hung_task: blocked tasks",
	"RCU Stall",
	"watchdog detected hard LOCKUP",
	"Timeout: Not all CPUs entered broadcast exception handler",
};

void boot_meter_add(struct boot_meter *m, struct boot_load now)
{
	/* Marks at doubling times: the one before last is at most half of the boot ago from behind. */
	if (now.at >= 2 * m->since.at) {
		m->before = m->since;
		m->since = now;
	}
	m->last = now;
}

double boot_meter_share(const struct boot_meter *m)
{
	double time = m->last.at - m->before.at, had = m->last.had - m->before.had;
	double missed = m->last.missed - m->before.missed;

	if (time <= 0 || had < 0 || missed <= 0 || had + missed < asks_least * time)
		return 1;
	return had / (had + missed);
}

static bool is_starved_panic(const struct console_watch *c)
{
	for (size_t i = 0; c->end == CONSOLE_PANIC && i < ARRAY_SIZE(panics); i++)
		if (strstr(c->why, panics[i]))
			return true;
	return false;
}

/* Ends that slowness can bring about: everything that is given up after a time. */
static bool is_late(const struct boot_result *r)
{
	switch (r->end) {
	case BOOT_TIMEOUT:
		return true;
	case BOOT_FAILED:
		return r->console.end == CONSOLE_EMERGENCY || r->console.end == CONSOLE_RESCUE ||
		       r->console.end == CONSOLE_INITRAMFS;
	case BOOT_LOGIN:
	case BOOT_AT_REST:
		return r->console.nnotes || (r->power_asked && !r->powered_off);
	default:
		return false;
	}
}

const char *boot_starved(const struct boot_result *r, struct arena *a)
{
	double share = boot_meter_share(&r->meter);

	if (is_starved_panic(&r->console))
		return arena_printf(a, "its kernel missed its timer: %s", r->console.why);
	if (!is_late(r))
		return NULL;
	if (r->console.stalls && share < stalled_share)
		return arena_printf(a, "it got %.0f %% of the processor time it asked for: %s",
				    100 * share, r->console.stall);
	if (share < starved_share)
		return arena_printf(a, "it got %.0f %% of the processor time it asked for",
				    100 * share);
	return NULL;
}
