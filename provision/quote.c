/* Quoting by language. */
#include "provision/quote.h"

#include "base/xml_escape.h"

#include <stdint.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd";

/* Calls add for every character; what is no UTF-8 becomes U+FFFD. */
static void each(struct strbuf *out, const char *text,
		 void (*add)(struct strbuf *out, uint32_t c, const char *s, size_t n))
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		uint32_t c;
		size_t n = utf8_next(s, &c);

		if (n == 0)
			strbuf_add(out, replacement);
		else
			add(out, c, (const char *)s, n);
		s += n ? n : 1;
	}
}

void quote_xml(struct strbuf *out, const char *text)
{
	xml_escape(out, text, true);
}

void quote_shell(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_add(out, "'\\''");
		else
			strbuf_addc(out, *text);
	}
	strbuf_addc(out, '\'');
}

static void add_yaml(struct strbuf *out, uint32_t c, const char *s, size_t n)
{
	if (c == '"' || c == '\\')
		strbuf_printf(out, "\\%c", (char)c);
	else if (c == '\n')
		strbuf_add(out, "\\n");
	else if (c < 0x20 || c == 0x7f)
		strbuf_printf(out, "\\x%02x", (unsigned)c);
	else if ((c > 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
		 c == 0xfffe || c == 0xffff)
		strbuf_printf(out, "\\u%04x", (unsigned)c);
	else
		strbuf_addn(out, s, n);
}

void quote_yaml(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '"');
	each(out, text, add_yaml);
	strbuf_addc(out, '"');
}

static void add_powershell(struct strbuf *out, uint32_t c, const char *s, size_t n)
{
	/* PowerShell reads typographic quotes as quotes. */
	if (c == '\'' || (c >= 0x2018 && c <= 0x201b))
		strbuf_addn(out, s, n);
	strbuf_addn(out, s, n);
}

void quote_powershell(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '\'');
	each(out, text, add_powershell);
	strbuf_addc(out, '\'');
}

static void add_vmx(struct strbuf *out, uint32_t c, const char *s, size_t n)
{
	if (c < 0x20 || c == '"' || c == '|' || c == 0x7f)
		strbuf_printf(out, "|%02X", (unsigned)c);
	else
		strbuf_addn(out, s, n);
}

void quote_vmx(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '"');
	each(out, text, add_vmx);
	strbuf_addc(out, '"');
}

static void add_python(struct strbuf *out, uint32_t c, const char *s, size_t n)
{
	if (c == '\'' || c == '\\')
		strbuf_printf(out, "\\%c", (char)c);
	else if (c < 0x20 || c == 0x7f)
		strbuf_printf(out, "\\x%02x", (unsigned)c);
	else
		strbuf_addn(out, s, n);
}

void quote_python(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '\'');
	each(out, text, add_python);
	strbuf_addc(out, '\'');
}

void quote_qemu(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == ',')
			strbuf_addc(out, ',');
		strbuf_addc(out, *text);
	}
}
