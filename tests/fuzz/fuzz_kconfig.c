/* Kernel configurations, plain and gzipped. */
#include "probe/kconfig.h"

#include "base/scope.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kconfig_option options[] = {{"KVM"}, {"KVM_INTEL"}, {"MODULES"}, {"A"}};
	struct arena a = {0};

	kconfig_read(data, size, options, ARRAY_SIZE(options), &a);
	arena_fini(&a);
	return 0;
}
