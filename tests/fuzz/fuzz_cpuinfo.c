/* /proc/cpuinfo of any architecture. */
#include "probe/cpu_info.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct cpuinfo info;

	if (cpuinfo_parse(&a, (const char *)data, size, &info) == 0) {
		cpuinfo_has_flag(&info, "vmx");
		if (info.isa)
			cpuinfo_isa_has(info.isa, "h");
	}
	arena_fini(&a);
	return 0;
}
