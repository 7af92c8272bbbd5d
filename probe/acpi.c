/* Reading ACPI tables: acpidump's hex text, and the two tables that describe x86 IOMMUs. */
#include "probe/acpi.h"

#include "base/bytes.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

enum {
	HEADER = 36,       /* every table but FACS and RSDP begins with it */
	IOMMU_HEADER = 48, /* of DMAR and of IVRS, the table's own included */
	TABLES_MAX = 4096,
	TABLE_MAX = 16 << 20,
};

bool acpi_checksum_ok(const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	uint8_t sum = 0;

	if (len < HEADER || le32(b + 4) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + b[i]);
	return sum == 0;
}

/* ---- acpidump's text ---- */

struct dump {
	struct arena *a;
	struct acpi_tables *out;
	size_t room;
	struct strbuf bytes; /* of the table being read */
};

static void close_table(struct dump *d)
{
	struct acpi_table *t;

	if (!d->out->count)
		return;
	t = &d->out->tables[d->out->count - 1];
	t->bytes = (uint8_t *)arena_dupn(d->a, strbuf_str(&d->bytes), d->bytes.len);
	t->len = d->bytes.len;
	d->bytes.len = 0;
}

static bool is_name(const char *s)
{
	for (int i = 0; i < 4; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '!')
			return false;
	return true;
}

/* "DMAR @ 0xbf6d9b6a", the name maybe with blanks in front. */
static bool table_begins(const char *line, size_t n, struct acpi_table *t)
{
	unsigned long long address;
	char text[64];

	if (n < 8 || !is_name(line))
		return false;
	/* Some tools fill the line with blanks. */
	n = n < sizeof text ? n : sizeof text - 1;
	memcpy(text, line, n);
	text[n] = '\0';
	if (sscanf(text + 4, " @ 0x%llx", &address) != 1)
		return false;
	memcpy(t->name, line, 4);
	t->address = address;
	return true;
}

static int hex_pair(const char *s, size_t n)
{
	unsigned v = 0;

	for (size_t i = 0; i < 2; i++) {
		char c = i < n ? (char)tolower((unsigned char)s[i]) : ' ';

		if (!isxdigit((unsigned char)c))
			return -1;
		v = v << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return n > 2 && s[2] != ' ' ? -1 : (int)v;
}

/* "  0010: 47 55 41 4d ...  GUAM": at most 16 bytes; the letters behind them do not count.
 * Offsets must run on: a line that does not is another tool's. */
static void take_hex_line(struct dump *d, const char *line, size_t n)
{
	size_t at = 0, offset = 0, digits = 0;

	while (at < n && line[at] == ' ')
		at++;
	for (; at < n && isxdigit((unsigned char)line[at]) && digits < 8; at++, digits++)
		offset = offset << 4 |
			 (size_t)(line[at] <= '9' ? line[at] - '0' : (line[at] | 32) - 'a' + 10);
	if (digits < 4 || at >= n || line[at] != ':' || offset != d->bytes.len ||
	    offset > TABLE_MAX)
		return;
	at += 2;
	for (int i = 0; i < 16 && at < n; i++, at += 3) {
		int byte = hex_pair(line + at, n - at);

		if (byte < 0)
			return;
		strbuf_addc(&d->bytes, (char)byte);
	}
}

void acpi_dump_parse(struct arena *a, const char *text, struct acpi_tables *out)
{
	struct dump d = {.a = a, .out = out};
	const char *line;
	size_t n;

	*out = (struct acpi_tables){0};
	while (str_line(&text, &line, &n)) {
		struct acpi_table t = {0};

		if (!table_begins(line, n, &t)) {
			take_hex_line(&d, line, n);
			continue;
		}
		close_table(&d);
		if (out->count == TABLES_MAX)
			break;
		ARENA_GROW(a, out->tables, out->count, d.room);
		out->tables[out->count++] = t;
	}
	close_table(&d);
	strbuf_fini(&d.bytes);
}

/* ---- DMAR and IVRS ---- */

enum { DMAR_DRHD = 0, DMAR_RMRR = 1 };

static void count_dmar(struct acpi_iommu *out, const uint8_t *entry)
{
	out->units += le16(entry) == DMAR_DRHD;
	out->reserved += le16(entry) == DMAR_RMRR;
}

/* One unit may have a block of each of the kinds 0x10, 0x11, 0x40, newer kinds for newer kernels: the most of one kind. */
struct ivrs_count {
	unsigned kinds[3];
};

static void count_ivrs(struct acpi_iommu *out, struct ivrs_count *c, const uint8_t *entry)
{
	static const uint8_t kinds[3] = {0x10, 0x11, 0x40};

	for (int i = 0; i < 3; i++)
		if (entry[0] == kinds[i] && ++c->kinds[i] > out->units)
			out->units = c->kinds[i];
	out->reserved += entry[0] >= 0x20 && entry[0] <= 0x22;
}

int acpi_iommu_decode(struct acpi_iommu *out, const void *bytes, size_t len, struct err *e)
{
	const uint8_t *b = bytes;
	struct acpi_iommu t = {0};
	struct ivrs_count kinds = {0};
	bool dmar;
	size_t end, step;

	if (len < IOMMU_HEADER || (memcmp(b, "DMAR", 4) != 0 && memcmp(b, "IVRS", 4) != 0))
		return err_set(e, EINVAL, "neither a DMAR nor an IVRS table");
	dmar = b[0] == 'D';
	end = le32(b + 4);
	if (end < IOMMU_HEADER || end > len)
		return err_set(e, EINVAL, "%.4s: its length %zu does not fit the %zu bytes there",
			       (const char *)b, end, len);
	memcpy(t.name, b, 4);
	t.checksum_ok = acpi_checksum_ok(b, end);
	t.says_remapping = dmar;
	t.remapping = dmar && (b[37] & 1);
	for (size_t at = IOMMU_HEADER; at + 4 <= end; at += step) {
		/* Both kinds: a type, then a length at byte 2. */
		step = le16(b + at + 2);
		if (step < 4 || step > end - at)
			return err_set(e, EINVAL, "%s: an entry at byte %zu runs over the end",
				       t.name, at);
		if (dmar)
			count_dmar(&t, b + at);
		else
			count_ivrs(&t, &kinds, b + at);
	}
	*out = t;
	return 0;
}
