/* OVF descriptors: hostile XML, hostile numbers. */
#include "templates/ovf.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct ovf o;
	struct err e;

	ovf_read(&a, (const char *)data, size, "fuzz.ovf", &o, &e);
	arena_fini(&a);
	return 0;
}
