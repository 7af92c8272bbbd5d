/* Hardware addresses for the whole fleet: derived from the key under a prefix, counted up, or given. */
#pragma once

#include "base/err.h"
#include "provision/identity.h"
#include "provision/seen.h"

#include <stdbool.h>

enum { MAC_TEXT = 18 };

struct mac_prefix {
	uint8_t bytes[6];
	unsigned len; /* octets fixed: 1 to 5 */
};

/* 40 free bits under a locally administered octet: a thousand addresses meet by chance once in two million fleets.
 * (Under 52:54:00, with 24 bits, it is once in 33.) */
extern const struct mac_prefix mac_prefix_default;

/* "52:54:00", "0e"; -EINVAL with a sentence for groups, for what is no prefix, and for all six octets. */
int mac_prefix_parse(const char *text, struct mac_prefix *out, struct err *e);
/* A whole unicast address, octets apart by ':' or '-'. */
int mac_parse(const char *text, uint8_t out[6], struct err *e);
void mac_format(const uint8_t mac[6], char out[MAC_TEXT]); /* lower case, colons */

/* Derives address number nic of a clone and takes the first attempt that nobody has; taken holds texts in seen->a. */
int mac_derive(const struct identity_key *key, const char *clone, unsigned nic,
	       const struct mac_prefix *prefix, struct seen *taken, uint8_t out[6], struct err *e);
/* first + step; false when it leaves first's upper three octets. */
bool mac_count(const uint8_t first[6], uint64_t step, uint8_t out[6]);
