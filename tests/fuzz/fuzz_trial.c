/* A recorded trial: parsed, told in words, written again. */
#include "probe/trial.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct trial t;
	struct strbuf out = {0};

	if (trial_parse(&t, arena_dupn(&a, data, size))) {
		for (int s = 0; s < STEP_COUNT; s++)
			exit_meaning(&t.notes.steps[s]);
		trial_class(&t.notes);
		trial_ns_per_exit(&t.notes);
		trial_format(&out, &t);
	}
	strbuf_fini(&out);
	arena_fini(&a);
	return 0;
}
