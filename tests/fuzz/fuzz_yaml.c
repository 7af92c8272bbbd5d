/* YAML documents, and profiles on top of them. */
#include "base/yaml.h"
#include "probe/profile.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct profile p;
	struct err e;

	profile_parse(&a, (const char *)data, size, "fuzz.yaml", &p, &e);
	arena_fini(&a);
	return 0;
}
