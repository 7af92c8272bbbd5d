/* The trial guest's word. */
#include "cli/accel.h"

#include "probe/trial.h"

#include <unistd.h>

/* TCG is about this much slower than native code. */
enum { SLOWDOWN_MAX = 10 };

bool accel_kvm_is_fast(void)
{
	const struct trial_plan plan = {.path = "/dev/kvm", .run_guest = true, .limit_ms = 2000};
	struct trial t;

	if (access(plan.path, R_OK | W_OK) < 0)
		return false;
	trial_run(&t, &plan);
	return t.end == TRIAL_ENDED && trial_first_failure(&t.notes) == STEP_COUNT &&
	       trial_slowdown(&t.notes) < SLOWDOWN_MAX;
}
