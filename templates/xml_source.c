/* Encodings, and one look at where tags begin and end. */
#include "templates/xml_source.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* libxml2's push parser looks through what is not yet closed again with every 512 bytes of it. */
enum { MARKUP_MAX = 1 << 20 };

/* UTF-16, by its mark or by its first character, becomes UTF-8: the reader, the scan below and edits see one text. */
static void to_utf8(struct arena *a, const char *text, size_t len, struct xml_source *s)
{
	const unsigned char *b = (const unsigned char *)text;
	bool big = len >= 2 && ((b[0] == 0xfe && b[1] == 0xff) || (b[0] == 0 && b[1] == '<'));
	bool little = len >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == '<' && b[1] == 0));
	struct strbuf out = {0};

	if (!big && !little) {
		s->text = arena_dupn(a, text, len);
		s->len = len;
		return;
	}
	for (size_t i = b[0] >= 0xfe ? 2 : 0; i + 1 < len; i += 2) {
		unsigned c = big ? be16(b + i) : le16(b + i);

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < len) {
			unsigned low = big ? be16(b + i + 2) : le16(b + i + 2);

			c = 0x10000 + ((c - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff);
			i += 2;
		}
		if (c < 0x80) {
			strbuf_addc(&out, (char)c);
		} else {
			char u[4];
			size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

			for (size_t k = n - 1; k; k--, c >>= 6)
				u[k] = (char)(0x80 | (c & 0x3f));
			u[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
			strbuf_addn(&out, u, n);
		}
	}
	s->text = arena_dupn(a, strbuf_str(&out), out.len);
	s->len = out.len;
	strbuf_fini(&out);
}

/* The encoding that an XML declaration names; false when it names none, or the document has NULs, as UTF-16 has. */
static bool declared_encoding(const char *text, size_t len, char out[32])
{
	size_t head = len < 200 ? len : 200;
	const char *at;
	char start[201], quote[2] = "";

	if (memchr(text, '\0', head))
		return false;
	memcpy(start, text, head);
	start[head] = '\0';
	start[strcspn(start, ">")] = '\0';
	at = strstr(start, "<?xml") ? strstr(start, "encoding") : NULL;
	at = at ? strpbrk(at, "\"'") : NULL;
	if (!at)
		return false;
	quote[0] = *at;
	snprintf(out, 32, "%.*s", (int)strcspn(at + 1, quote), at + 1);
	return true;
}

/* Encodings in which text means itself in every reader. In others, such as UTF-7, markup can hide. */
static bool is_known_encoding(const char *name)
{
	static const char *const known[] = {
		"utf-8",        "utf8",     "utf-16",          "utf-16le",   "utf-16be",
		"ucs-2",        "us-ascii", "ascii",           "iso-8859-1", "iso-8859-15",
		"windows-1252", "latin1",   "iso-10646-ucs-2",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcasecmp(known[i], name))
			return true;
	return false;
}

/* Some producers declare utf-16 and write UTF-8: bytes without a NUL are no UTF-16. */
static const char *wrong_encoding(const char *declared)
{
	return strcasestr(declared, "utf-16") || strcasestr(declared, "ucs-") ? "UTF-8" : NULL;
}

/* ---- markup ---- */

static const char *behind(const char *at, const char *end, const char *word)
{
	const char *found = memmem(at, (size_t)(end - at), word, strlen(word));

	return found ? found + strlen(word) : end;
}

/* From behind "<" to behind its ">", which may stand in quotes. */
static const char *tag_end(const char *at, const char *end)
{
	char quote = 0;

	for (; at < end; at++) {
		if (quote)
			quote = *at == quote ? 0 : quote;
		else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (*at == '>')
			return at + 1;
	}
	return end;
}

static bool begins(const char *at, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - at) >= n && !memcmp(at, word, n);
}

static int refuse(const struct xml_source *s, const char *at, const char *name, const char *what,
		  struct err *e)
{
	unsigned line = 1;

	for (const char *p = s->text; (p = memchr(p, '\n', (size_t)(at - p))); p++)
		line++;
	return err_set(e, EINVAL, "%s:%u: %s", name, line, what);
}

static int check_markup(const struct xml_source *s, const char *name, struct err *e)
{
	const char *at = s->text, *end = s->text + s->len, *begin;

	while ((begin = memchr(at, '<', (size_t)(end - at)))) {
		if (begins(begin, end, "<!DOCTYPE"))
			return refuse(s, begin, name,
				      "a DOCTYPE; document types and entities are not accepted", e);
		if (begins(begin, end, "<!--"))
			at = behind(begin + 4, end, "-->");
		else if (begins(begin, end, "<![CDATA["))
			at = behind(begin, end, "]]>");
		else if (begins(begin, end, "<?"))
			at = behind(begin, end, "?>");
		else
			at = tag_end(begin + 1, end);
		if (at - begin > MARKUP_MAX)
			return refuse(s, begin, name, "a tag, a comment or a section above 1 MiB",
				      e);
	}
	return 0;
}

int xml_source_read(struct arena *a, const char *text, size_t len, const char *name,
		    struct xml_source *out, struct err *e)
{
	char encoding[32] = "";

	to_utf8(a, text, len, out);
	if (declared_encoding(out->text, out->len, encoding) && !is_known_encoding(encoding))
		return err_set(e, EINVAL, "%s:1: the encoding \"%s\" is not accepted", name,
			       encoding);
	out->encoding = wrong_encoding(encoding);
	return check_markup(out, name, e);
}
