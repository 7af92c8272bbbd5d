/* What the kernel lists about limits and groups: /proc/self/cgroup, controllers, meminfo, subordinate ids. */
#include "probe/host.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	const char *text = arena_dupn(&a, data, size);
	struct cgroup_lines lines;
	uint64_t value;

	cgroup_parse(&lines, &a, text);
	cgroup_lists(text, "memory");
	meminfo_value(text, "MemTotal", &value);
	subids_of(text, "alice", "1000");
	arena_fini(&a);
	return 0;
}
