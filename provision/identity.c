/* Deriving identity by HMAC-SHA-256. */
#include "provision/identity.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int identity_derive(const struct identity_key *key, const char *clone, const char *path,
		    unsigned attempt, uint8_t out[32], struct err *e)
{
	struct strbuf text = {0};
	int r;

	/* NUL cannot be in a name or a path: no two items make the same text. */
	strbuf_addn(&text, clone, strlen(clone) + 1);
	strbuf_addn(&text, path, strlen(path) + 1);
	if (attempt)
		strbuf_printf(&text, "%u", attempt);
	r = hmac_sha256(key->bytes, sizeof key->bytes, strbuf_str(&text), text.len, out, e);
	strbuf_fini(&text);
	return r;
}

int identity_uuid(const struct identity_key *key, const char *clone, const char *path,
		  unsigned attempt, struct uuid *out, struct err *e)
{
	uint8_t raw[32];
	int r = identity_derive(key, clone, path, attempt, raw, e);

	if (r < 0)
		return r;
	memcpy(out->bytes, raw, sizeof out->bytes);
	out->bytes[6] = (uint8_t)((out->bytes[6] & 0x0f) | 0x40);
	out->bytes[8] = (uint8_t)((out->bytes[8] & 0x3f) | 0x80);
	return 0;
}

void uuid_format(const struct uuid *u, char out[UUID_TEXT])
{
	char hex[33];

	hex_format(u->bytes, sizeof u->bytes, hex);
	snprintf(out, UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		 hex + 20);
}

int uuid_parse(const char *text, struct uuid *out)
{
	struct uuid u;
	size_t n = 0;

	if (strlen(text) != 36 && strlen(text) != 32)
		return -EINVAL;
	for (; *text; text++) {
		int v = hex_digit(*text);

		if (*text == '-')
			continue;
		if (v < 0 || n == 32)
			return -EINVAL;
		u.bytes[n / 2] = (uint8_t)(n % 2 ? u.bytes[n / 2] | v : v << 4);
		n++;
	}
	if (n != 32)
		return -EINVAL;
	*out = u;
	return 0;
}
