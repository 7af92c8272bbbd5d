/* The spec of vmint clone, and the name patterns in it. */
#include "provision/names.h"
#include "provision/spec.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct err e = {0};
	struct spec s;

	spec_init(&s);
	if (spec_read(&s, &a, (const char *)data, size, "fuzz", &e) == 0) {
		struct names out = {0};

		spec_check(&s, &e);
		names_sample(&a, s.pattern ? s.pattern : "{n}", "x", &out, &e);
	}
	arena_fini(&a);
	return 0;
}
