/* The newc form: a header of thirteen numbers in hex, a name and a body, each filled up to four bytes. */
#include "provision/cpio.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MODE = 14, SIZE = 54, NAMED = 94, SUM = 102 };

size_t cpio_aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static bool hex_field(const char *p, size_t *out)
{
	size_t v = 0;

	for (int i = 0; i < 8; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (size_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | (size_t)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

bool cpio_header(const char *raw, struct cpio_member *m)
{
	size_t mode;

	*m = (struct cpio_member){.summed = raw[5] == '2'};
	if (memcmp(raw, "07070", 5) != 0 || !hex_field(raw + MODE, &mode) ||
	    !hex_field(raw + SIZE, &m->size) || !hex_field(raw + NAMED, &m->named))
		return false;
	m->mode = (mode_t)mode;
	return m->named > 0;
}

bool cpio_at(const char *data, size_t len, size_t at, struct cpio_member *m)
{
	if (at > len || len - at <= CPIO_HEADER || !cpio_header(data + at, m) || m->named > len ||
	    m->size > len)
		return false;
	m->name = at + CPIO_HEADER;
	m->body = cpio_aligned(m->name + m->named);
	m->next = cpio_aligned(m->body + m->size);
	if (m->next > len || data[m->name + m->named - 1])
		return false;
	m->last = m->named == sizeof CPIO_LAST && memcmp(data + m->name, CPIO_LAST, m->named) == 0;
	return true;
}

size_t cpio_skip(const char *data, size_t len, size_t at)
{
	while (at < len && !data[at])
		at++;
	return at;
}

size_t cpio_end(const char *data, size_t len, size_t at, size_t *stopped)
{
	struct cpio_member m;
	size_t end = at;

	while (cpio_at(data, len, at, &m)) {
		at = m.last ? cpio_skip(data, len, m.next) : m.next;
		if (m.last)
			end = at;
	}
	*stopped = at;
	return end;
}

void cpio_sum(char *raw, const struct cpio_member *m)
{
	char text[9];
	uint32_t sum = 0;

	if (!m->summed)
		return;
	for (size_t i = 0; i < m->size; i++)
		sum += (uint8_t)raw[m->body + i];
	snprintf(text, sizeof text, "%08X", (unsigned)sum);
	memcpy(raw + SUM, text, 8);
}

void cpio_pad(struct strbuf *out, size_t before)
{
	while ((before + out->len) % 4)
		strbuf_addc(out, '\0');
}

void cpio_add(struct strbuf *out, size_t before, unsigned ino, const char *name, mode_t mode,
	      const char *data, size_t len)
{
	strbuf_printf(out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ino,
		      (unsigned)mode, 0u, 0u, 1u, 0u, (unsigned)len, 0u, 0u, 0u, 0u,
		      (unsigned)strlen(name) + 1, 0u);
	strbuf_addn(out, name, strlen(name) + 1);
	cpio_pad(out, before);
	if (len)
		strbuf_addn(out, data, len);
	cpio_pad(out, before);
}
