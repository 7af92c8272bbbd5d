/* Base64, RFC 4648. */
#include "cloud-init/mime.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct strbuf *out, const void *p, size_t n, unsigned line_length)
{
	const uint8_t *b = p;
	unsigned column = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)b[i] << 16 | (i + 1 < n ? b[i + 1] : 0u) << 8 |
			     (i + 2 < n ? b[i + 2] : 0u);
		char four[4] = {digits[v >> 18], digits[v >> 12 & 63],
				i + 1 < n ? digits[v >> 6 & 63] : '=',
				i + 2 < n ? digits[v & 63] : '='};

		strbuf_addn(out, four, sizeof four);
		column += sizeof four;
		if (line_length && column >= line_length) {
			strbuf_addc(out, '\n');
			column = 0;
		}
	}
	if (column && line_length)
		strbuf_addc(out, '\n');
}

int base64_decode(struct strbuf *out, const char *p, size_t n)
{
	unsigned bits = 0, have = 0;
	bool over = false;

	for (size_t i = 0; i < n; i++) {
		const char *at = p[i] ? strchr(digits, p[i]) : NULL;

		if (isspace((unsigned char)p[i]))
			continue;
		if (p[i] == '=') {
			over = true;
			continue;
		}
		if (!at || over)
			return -EINVAL;
		bits = (bits << 6 | (unsigned)(at - digits)) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			strbuf_addc(out, (char)(bits >> have));
		}
	}
	return 0;
}
