/* ACLs as a capture may hold them: the hexadecimal text and the bytes. */
#include "probe/acl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct acl acl;
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = 0;
	if (acl_parse_hex(&acl, text))
		for (size_t i = 0; i < acl.count; i++)
			acl_effective(&acl, &acl.entries[i]);
	if (acl_parse(&acl, data, size))
		for (size_t i = 0; i < acl.count; i++)
			acl_effective(&acl, &acl.entries[i]);
	free(text);
	return 0;
}
