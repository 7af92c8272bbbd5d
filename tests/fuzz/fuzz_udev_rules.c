/* udev rules: any text. */
#include "probe/udev_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct udev_effect e = {0};

	udev_rules_apply(&e, &a, arena_dupn(&a, data, size), "x.rules", "kvm", "misc");
	arena_fini(&a);
	return 0;
}
