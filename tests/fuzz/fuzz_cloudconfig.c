/* Any user-data, network-config and meta-data: checked, whatever it is. The first byte chooses. */
#include "cloud-init/check.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const macs[] = {"52:54:00:00:00:0a"};
	struct seed_list known = {.items = (const char **)macs, .count = 1};
	struct arena a = {0};
	struct findings f = {.a = &a, .name = "fuzz"};
	struct seed_text t = {.bytes = (const char *)data + 1, .size = size - 1};

	if (!size)
		return 0;
	switch (data[0] % 4) {
	case 0:
		check_network_config(t, &known, &f);
		break;
	case 1:
		check_meta_data(t, &f);
		break;
	default:
		check_user_data(t, &f);
	}
	arena_fini(&a);
	return 0;
}
