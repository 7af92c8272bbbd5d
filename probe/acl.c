/* POSIX ACLs: version 2, then entries of eight little-endian bytes. */
#include "probe/acl.h"

#include "base/bytes.h"

enum { ACL_VERSION = 2, HEADER = 4, ENTRY = 8 };

bool acl_parse(struct acl *acl, const void *bytes, size_t n)
{
	const uint8_t *b = bytes;

	if (n < HEADER || (n - HEADER) % ENTRY || (n - HEADER) / ENTRY > ACL_ENTRIES ||
	    le32(b) != ACL_VERSION)
		return false;
	acl->count = (n - HEADER) / ENTRY;
	for (size_t i = 0; i < acl->count; i++) {
		const uint8_t *e = b + HEADER + i * ENTRY;

		acl->entries[i] = (struct acl_entry){le16(e), le16(e + 2) & 7, le32(e + 4)};
	}
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool acl_parse_hex(struct acl *acl, const char *hex)
{
	uint8_t bytes[HEADER + ACL_ENTRIES * ENTRY];
	size_t n = 0;

	acl->count = 0;
	if (!*hex)
		return true;
	for (; hex[0]; hex += 2) {
		int high = digit(hex[0]), low = high < 0 ? -1 : digit(hex[1]);

		if (low < 0 || n == sizeof bytes)
			return false;
		bytes[n++] = (uint8_t)(high << 4 | low);
	}
	return acl_parse(acl, bytes, n);
}

unsigned acl_effective(const struct acl *acl, const struct acl_entry *e)
{
	unsigned mask = 7;

	if (e->tag == ACL_OWNER || e->tag == ACL_OTHER)
		return e->perm;
	for (size_t i = 0; i < acl->count; i++)
		if (acl->entries[i].tag == ACL_MASK)
			mask = acl->entries[i].perm;
	return e->perm & mask;
}
