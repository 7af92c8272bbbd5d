/* dmidecode's text from anywhere. */
#include "base/arena.h"
#include "base/scope.h"
#include "probe/dmidecode.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct dmi d;

	dmidecode_parse(&a, arena_dupn(&a, data, size), &d);
	return 0;
}
