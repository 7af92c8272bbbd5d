/* MACs and connection ids in network configurations, new ids in agents' files: any bytes. */
#include "provision/places_edit.h"
#include "provision/refs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct uuid u = {{1, 2, 3}};
	const char *text = (const char *)data;
	struct arena a = {0};
	struct refs refs = {.a = &a};
	struct strbuf out = {0};
	char mac[18], uuid[UUID_TEXT], *copy = malloc(size + 1);
	size_t at = 0;

	for (long i = -1; (i = mac_next(text, size, (size_t)(i + 1), mac)) >= 0;)
		if (mac_is_machine(mac))
			refs_add(&refs, REF_MAC, "mac", mac, "02:00:00:00:00:01");
	while (connection_uuid_next(text, size, &at, uuid))
		refs_add(&refs, REF_UUID, "connection", uuid,
			 "00112233-4455-4677-8899-aabbccddeeff");
	memcpy(copy, data, size);
	refs_apply(&refs, copy, size, REF_ANY);
	edit_uuid_text(text, size, &u, &out);
	if (out.len != size)
		abort();
	out.len = 0;
	edit_initiator(text, size, "abc", &out);
	text_is_plain(text, size);
	free(copy);
	strbuf_fini(&out);
	arena_fini(&a);
	return 0;
}
