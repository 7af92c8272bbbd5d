/* XML's five entities, white space that attributes would lose, and what XML cannot hold. */
#include "base/xml_escape.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static void add_char(struct strbuf *out, uint32_t c, const char *s, size_t n, bool in_attribute)
{
	switch (c) {
	case '&':
		strbuf_add(out, "&amp;");
		break;
	case '<':
		strbuf_add(out, "&lt;");
		break;
	case '>':
		strbuf_add(out, "&gt;");
		break;
	case '"':
		strbuf_add(out, in_attribute ? "&quot;" : "\"");
		break;
	case '\'':
		strbuf_add(out, in_attribute ? "&apos;" : "'");
		break;
	case '\n':
	case '\r':
	case '\t':
		/* As they are, attributes would turn them into spaces. */
		if (in_attribute)
			strbuf_printf(out, "&#%u;", (unsigned)c);
		else
			strbuf_addc(out, (char)c);
		break;
	default:
		if (c < ' ' || c == 0xfffe || c == 0xffff)
			strbuf_add(out, replacement);
		else
			strbuf_addn(out, s, n);
	}
}

void xml_escape(struct strbuf *out, const char *text, bool in_attribute)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		uint32_t c;
		size_t n = utf8_next(s, &c);

		if (n == 0)
			strbuf_add(out, replacement);
		else
			add_char(out, c, (const char *)s, n, in_attribute);
		s += n ? n : 1;
	}
}
