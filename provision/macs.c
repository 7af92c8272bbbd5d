/* Parsing, deriving and counting addresses. */
#include "provision/macs.h"

#include "base/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Enough that a prefix with 8 free bits is filled to the last address before giving up. */
enum { ATTEMPTS = 4096 };

const struct mac_prefix mac_prefix_default = {{0x0e}, 1};

/* How many octets text has, or 0 when it is none of ours. */
static unsigned octets_parse(const char *text, uint8_t out[6])
{
	for (unsigned n = 0; n < 6; n++) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return 0;
		out[n] = (uint8_t)(high << 4 | low);
		if (!text[2])
			return n + 1;
		if (text[2] != ':' && text[2] != '-')
			return 0;
		text += 3;
	}
	return 0;
}

int mac_prefix_parse(const char *text, struct mac_prefix *out, struct err *e)
{
	struct mac_prefix p = {0};

	p.len = octets_parse(text, p.bytes);
	if (p.len == 0 || p.len == 6)
		return err_set(e, EINVAL,
			       "'%.40s' is no MAC prefix: one to five octets such as 52:54:00",
			       text);
	if (p.bytes[0] & 1)
		return err_set(e, EINVAL,
			       "MAC prefix '%s' is a group's; the first octet must be even", text);
	*out = p;
	return 0;
}

int mac_parse(const char *text, uint8_t out[6], struct err *e)
{
	static const uint8_t none[6];
	uint8_t mac[6];

	if (octets_parse(text, mac) != 6)
		return err_set(e, EINVAL,
			       "'%.40s' is no MAC address: six octets such as 52:54:00:12:34:56",
			       text);
	if (mac[0] & 1 || !memcmp(mac, none, 6))
		return err_set(e, EINVAL, "MAC address '%s' cannot be a machine's own", text);
	memcpy(out, mac, 6);
	return 0;
}

void mac_format(const uint8_t mac[6], char out[MAC_TEXT])
{
	snprintf(out, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}

int mac_derive(const struct identity_key *key, const char *clone, unsigned nic,
	       const struct mac_prefix *prefix, struct seen *taken, uint8_t out[6], struct err *e)
{
	char path[32], text[MAC_TEXT];

	snprintf(path, sizeof path, "nic/%u/mac", nic);
	for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
		uint8_t raw[32], mac[6];
		int r = identity_derive(key, clone, path, attempt, raw, e);

		if (r < 0)
			return r;
		memcpy(mac, raw, 6);
		memcpy(mac, prefix->bytes, prefix->len);
		mac_format(mac, text);
		if (seen_find(taken, text))
			continue;
		seen_add(taken, arena_dup(taken->a, text), clone);
		memcpy(out, mac, 6);
		return 0;
	}
	return err_set(e, ENOSPC,
		       "%s: no free MAC address is left under this prefix; use a shorter one",
		       clone);
}

bool mac_count(const uint8_t first[6], uint64_t step, uint8_t out[6])
{
	uint64_t low = (uint64_t)first[3] << 16 | (uint64_t)first[4] << 8 | first[5];

	if (step > 0xffffff || low + step > 0xffffff)
		return false;
	low += step;
	memcpy(out, first, 3);
	out[3] = (uint8_t)(low >> 16);
	out[4] = (uint8_t)(low >> 8);
	out[5] = (uint8_t)low;
	return true;
}
