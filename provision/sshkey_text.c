/* PROTOCOL.key of OpenSSH, without encryption. */
#include "provision/sshkey_text.h"

#include "base/bytes.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { BLOCK = 8, PEM_WRAP = 70 };

void base64_add(struct strbuf *out, const void *p, size_t n, size_t wrap)
{
	const uint8_t *b = p;
	size_t column = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)b[i] << 16 | (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0) |
			     (i + 2 < n ? b[i + 2] : 0);

		for (size_t k = 0; k < 4; k++) {
			bool pad = i + k > n;

			strbuf_addc(out, pad ? '=' : digits[v >> (18 - 6 * k) & 63]);
			if (wrap && ++column == wrap) {
				strbuf_addc(out, '\n');
				column = 0;
			}
		}
	}
	if (wrap && column)
		strbuf_addc(out, '\n');
}

bool base64_read(const char *s, size_t n, struct strbuf *out)
{
	uint32_t v = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++) {
		const char *digit = s[i] ? strchr(digits, s[i]) : NULL;

		if (!digit)
			break;
		v = v << 6 | (uint32_t)(digit - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			strbuf_addc(out, (char)(v >> bits & 255));
		}
	}
	return bits < 6;
}

void ssh_add_u32(struct strbuf *out, uint32_t v)
{
	uint8_t b[4];

	put_be32(b, v);
	strbuf_addn(out, b, 4);
}

void ssh_add_string(struct strbuf *out, const void *p, size_t n)
{
	ssh_add_u32(out, (uint32_t)n);
	if (n)
		strbuf_addn(out, p, n);
}

void ssh_add_text(struct strbuf *out, const char *s)
{
	ssh_add_string(out, s, strlen(s));
}

void ssh_add_mpint(struct strbuf *out, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n && !*b)
		b++, n--;
	ssh_add_u32(out, (uint32_t)(n && *b & 0x80 ? n + 1 : n));
	if (n && *b & 0x80)
		strbuf_addc(out, '\0');
	if (n)
		strbuf_addn(out, b, n);
}

void ssh_private_file(struct strbuf *out, const struct strbuf *public_blob,
		      const struct strbuf *fields, const char *comment, uint32_t check)
{
	struct strbuf inner = {0}, whole = {0};

	ssh_add_u32(&inner, check);
	ssh_add_u32(&inner, check);
	strbuf_addn(&inner, fields->text, fields->len);
	ssh_add_text(&inner, comment);
	for (char pad = 1; inner.len % BLOCK; pad++)
		strbuf_addc(&inner, pad);

	strbuf_addn(&whole, "openssh-key-v1", 15); /* with its NUL */
	ssh_add_text(&whole, "none");
	ssh_add_text(&whole, "none");
	ssh_add_text(&whole, "");
	ssh_add_u32(&whole, 1);
	ssh_add_string(&whole, public_blob->text, public_blob->len);
	ssh_add_string(&whole, inner.text, inner.len);

	strbuf_add(out, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	base64_add(out, whole.text, whole.len, PEM_WRAP);
	strbuf_add(out, "-----END OPENSSH PRIVATE KEY-----\n");
	explicit_bzero(inner.text, inner.len);
	explicit_bzero(whole.text, whole.len);
	strbuf_fini(&inner);
	strbuf_fini(&whole);
}
