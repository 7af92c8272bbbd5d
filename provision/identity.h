/* Identity as a value: what makes one clone this machine and no other. Everything is derived from a key, the clone's
 * name and the path of the item, so the same key and name give the same identity on any host, for ever. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { IDENTITY_KEY_SIZE = 32, IDENTITY_NICS_MAX = 16 };

struct identity_key {
	uint8_t bytes[IDENTITY_KEY_SIZE];
};

struct uuid {
	uint8_t bytes[16]; /* in the order of the text: big-endian fields */
};

/* 32 bytes for one item of one clone: path is "fs/vda1/uuid", "nic/0/mac"... attempt is 0, and counts up where a small
 * space made a collision. */
int identity_derive(const struct identity_key *key, const char *clone, const char *path,
		    unsigned attempt, uint8_t out[32], struct err *e);
/* A version 4 UUID of it. */
int identity_uuid(const struct identity_key *key, const char *clone, const char *path,
		  unsigned attempt, struct uuid *out, struct err *e);

enum { UUID_TEXT = 37 };
void uuid_format(const struct uuid *u, char out[UUID_TEXT]); /* lower case */
int uuid_parse(const char *text, struct uuid *out);          /* -EINVAL */
static inline bool uuid_has(char c)
{
	return c == '-' || is_hex(c);
}

/* One clone's identity as the guest engine needs it. Texts are borrowed. */
struct identity {
	const struct identity_key *key;
	const char *name;     /* the clone's name: unique in the fleet */
	const char *hostname; /* RFC 1123 label */
	const char *domain;   /* "" for none */
	struct uuid machine_id, smbios, vmgenid, instance;
	uint8_t macs[IDENTITY_NICS_MAX][6];
	size_t nmacs;
};
