/* Any bytes are an initial ramdisk that is searched, or a sentence. */
#include "provision/guest_initrd.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct refs refs = {.a = &a};
	struct strbuf out = {0};
	struct initrd x;
	struct err e;

	refs_add(&refs, REF_UUID, "a", "53e8bffa-c678-48b9-b7cb-1a4d0bb03ead",
		 "00112233-4455-4677-8899-aabbccddeeff");
	if (initrd_search(&a, (const char *)data, size, &refs, &x, &e) == 0) {
		for (size_t i = 0; i < x.n; i++)
			initrd_edit(&x.members[i], &refs);
		initrd_append(&out, 0, x.members, x.n);
	}
	strbuf_fini(&out);
	arena_fini(&a);
	return 0;
}
