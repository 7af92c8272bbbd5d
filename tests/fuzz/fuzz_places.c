/* The user's places: any YAML is rows or a sentence. */
#include "provision/places.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct place *rows;
	struct err e;
	size_t n;

	if (places_read(&a, (const char *)data, size, "fuzz.yaml", &rows, &n, &e) == 0)
		for (size_t i = 0; i < n; i++)
			place_matches(rows[i].paths[0], "/etc/ssh/ssh_host_rsa_key");
	arena_fini(&a);
	return 0;
}
