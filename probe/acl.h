/* POSIX access ACLs as the kernel hands them out (system.posix_acl_access). */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum acl_tag {
	ACL_OWNER = 0x01,
	ACL_USER = 0x02,
	ACL_OWNING_GROUP = 0x04,
	ACL_GROUP = 0x08,
	ACL_MASK = 0x10,
	ACL_OTHER = 0x20,
};

struct acl_entry {
	uint16_t tag, perm; /* perm: 4 read, 2 write, 1 execute */
	uint32_t id;        /* of ACL_USER and ACL_GROUP */
};

enum { ACL_ENTRIES = 64 };

struct acl {
	size_t count;
	struct acl_entry entries[ACL_ENTRIES];
};

/* From the attribute's bytes. False when they are no ACL, or one longer than any on a device node. */
bool acl_parse(struct acl *acl, const void *bytes, size_t n);
/* From the same bytes written as hexadecimal digits; "" is an ACL without entries. */
bool acl_parse_hex(struct acl *acl, const char *hex);
/* What an entry grants after the mask. */
unsigned acl_effective(const struct acl *acl, const struct acl_entry *e);
