/* YAML scalars in double quotes: JSON's escapes, which YAML has too. */
#include "cloud-init/yaml_write.h"

#include <string.h>

static void escape(struct strbuf *out, unsigned char c)
{
	static const char plain[] = "\"\\\n\t\r", letters[] = "\"\\ntr";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at)
		strbuf_printf(out, "\\%c", letters[at - plain]);
	else if (c < 0x20 || c == 0x7f)
		strbuf_printf(out, "\\u%04x", c);
	else
		strbuf_addc(out, (char)c);
}

void yaml_write_text(struct strbuf *out, const char *text, size_t len)
{
	strbuf_addc(out, '"');
	for (size_t i = 0; i < len; i++)
		escape(out, (unsigned char)text[i]);
	strbuf_addc(out, '"');
}

void yaml_write_str(struct strbuf *out, const char *text)
{
	yaml_write_text(out, text, strlen(text));
}

void yaml_write_pair(struct strbuf *out, unsigned indent, const char *key, const char *text)
{
	strbuf_printf(out, "%*s%s: ", (int)indent, "", key);
	yaml_write_str(out, text);
	strbuf_addc(out, '\n');
}

void yaml_write_item(struct strbuf *out, unsigned indent, const char *text)
{
	strbuf_printf(out, "%*s- ", (int)indent, "");
	yaml_write_str(out, text);
	strbuf_addc(out, '\n');
}
