/* Boot entries: names and contents that hold a machine-id and a root, and LVM's devices file, of any bytes. What refers
 * to an old id refers to the new one afterwards, at the same length; a second time there is nothing to do. */
#include "provision/places_edit.h"
#include "provision/refs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct refs refs = {.a = &a};
	struct strbuf out = {0}, again = {0};
	char *copy = malloc(size + 1);
	struct ref_hit hit;
	size_t n = 0, k;

	refs_add(&refs, REF_MACHINE_ID, "machine-id", "0123456789abcdef0123456789abcdef",
		 "ffeeddccbbaa99887766554433221100");
	refs_add(&refs, REF_UUID, "root", "53e8bffa-c678-48b9-b7cb-1a4d0bb03ead",
		 "00112233-4455-4677-8899-aabbccddeeff");
	refs_add(&refs, REF_PARTUUID, "part", "1234abcd-01", "deadbeef-01");
	memcpy(copy, data, size);
	for (size_t at = 0; refs_next(&refs, copy, size, at, REF_ANY, &hit); at = hit.off + hit.len)
		n++;
	k = refs_apply(&refs, copy, size, REF_ANY);
	if (!!n != !!k)
		abort();
	edit_lvm_devices((const char *)data, size, &out);
	if (edit_lvm_devices(out.text ? out.text : "", out.len, &again))
		abort();
	free(copy);
	strbuf_fini(&out);
	strbuf_fini(&again);
	arena_fini(&a);
	return 0;
}
