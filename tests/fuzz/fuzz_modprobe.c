/* modprobe.d files. */
#include "probe/modprobe.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	const char *text = arena_dupn(&a, data, size);
	struct modprobe_line found = {0};

	modprobe_find_in(&a, text, "blacklist", "kvm", &found);
	modprobe_find_in(&a, text, "install", "kvm_intel", &found);
	arena_fini(&a);
	return 0;
}
