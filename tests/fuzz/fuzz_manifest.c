/* Manifests and signature lines. */
#include "templates/manifest.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct manifest m;
	struct signature_line s;
	struct err e;
	const char *text = arena_dupn(&a, data, size);

	manifest_parse(&a, text, size, "fuzz.mf", &m, &e);
	signature_parse(&a, text, size, "fuzz.cert", &s, &e);
	arena_fini(&a);
	return 0;
}
