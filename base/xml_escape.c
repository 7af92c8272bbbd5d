/* XML's five entities, and white space that attributes would lose. */
#include "base/xml_escape.h"

void xml_escape(struct strbuf *out, const char *text, bool in_attribute)
{
	for (; *text; text++) {
		switch (*text) {
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
			if (in_attribute)
				strbuf_printf(out, "&#%d;", *text);
			else
				strbuf_addc(out, *text);
			break;
		default:
			/* XML 1.0 has no way to write the other control characters. */
			strbuf_addc(out, (unsigned char)*text < ' ' ? '?' : *text);
		}
	}
}
