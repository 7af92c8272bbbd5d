/* IP and MAC addresses as text. */
#include "cloud-init/address.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

int address_family(const char *text)
{
	unsigned char room[16];

	return inet_pton(AF_INET, text, room) == 1    ? 4
	       : inet_pton(AF_INET6, text, room) == 1 ? 6
						      : 0;
}

int address_family_with_prefix(const char *text)
{
	const char *slash = strchr(text, '/');
	char address[64];
	uint64_t prefix;
	int family;

	if (!slash || slash - text >= (long)sizeof address || !isdigit((unsigned char)slash[1]) ||
	    !num_parse(slash + 1, 10, &prefix))
		return 0;
	snprintf(address, sizeof address, "%.*s", (int)(slash - text), text);
	family = address_family(address);
	return prefix <= (family == 4 ? 32 : 128) ? family : 0;
}

bool address_is_mac(const char *text)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	return !text[17];
}
