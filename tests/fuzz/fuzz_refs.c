/* Ids replaced in any bytes: the length stays, and none of the old ones is left. */
#include "provision/refs.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(struct refs *r)
{
	refs_add(r, REF_UUID, "a", "53e8bffa-c678-48b9-b7cb-1a4d0bb03ead",
		 "00112233-4455-4677-8899-aabbccddeeff");
	refs_add(r, REF_FAT, "b", "F3DD-8F3E", "1A2B-3C4D");
	refs_add(r, REF_PARTUUID, "c", "9a8b7c6d-01", "01234567-01");
	refs_add(r, REF_MACHINE_ID, "d", "0123456789abcdef0123456789abcdef",
		 "fedcba9876543210fedcba9876543210");
	refs_add(r, REF_MAC, "e", "52:54:00:aa:bb:01", "02:11:22:33:44:55");
	refs_add(r, REF_LVM, "f", "5zzOGK-CJme-3cbf-KcoR-fmnE-AcpB-C9YxtV",
		 "AAAAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct refs r = {.a = &a};
	struct ref_hit hit;
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	fill(&r);
	refs_apply(&r, text, size, REF_ANY);
	if (refs_next(&r, text, size, 0, 1u << REF_UUID, &hit))
		abort();
	refs_apply(&r, text, size, 1u << REF_MAC);
	free(text);
	arena_fini(&a);
	return 0;
}
