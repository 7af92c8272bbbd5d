/* CPU dumps of any style, and decoding what they hold. */
#include "probe/cpu_decode.h"
#include "probe/cpu_dump.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpu_dump d = {0};
	struct arena a = {0};
	struct cpu_source s;
	struct cpu_id first, other;

	cpu_dump_looks_like_one((const char *)data, size);
	if (cpu_dump_parse(&a, (const char *)data, size, "input", &d, NULL) == 0) {
		s = cpu_dump_source(&d);
		if (cpu_decode(&s, 0, &first) == 0)
			cpu_decode_words(&s, d.ncpus - 1, &first, &other);
		cpu_dump_msr(&d, 0x3a);
	}
	arena_fini(&a);
	return 0;
}
