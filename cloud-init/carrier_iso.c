/* The ISO 9660 writer: one folder, Rock Ridge and Joliet. Written here rather than by libarchive, whose writer puts the
 * contents (secrets) into a file in /tmp, stamps the time and the time zone in some twenty places, and needs 370 KB
 * for what fits in 60. Sizes and places: ECMA-119, IEEE P1282, the Joliet specification. */
#include "cloud-init/carrier.h"

#include "base/bytes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	SECTOR = 2048,
	AT_PRIMARY = 16,
	AT_JOLIET,
	AT_END,
	AT_PATHS,               /* primary little-endian, big-endian, Joliet the same */
	AT_ROOT = AT_PATHS + 4, /* of the primary tree */
	AT_JOLIET_ROOT,
	AT_SUSP, /* continuation of the root's "." record */
	AT_DATA,
	RECORD_MAX = 255,
	ISO_NAME_MAX = 31,
};

struct image {
	uint8_t *bytes;
	const struct seed_files *files;
	const char *label;
	uint32_t sectors;
	uint32_t start[SEED_FILES_MAX];
	char names[SEED_FILES_MAX][ISO_NAME_MAX + 3]; /* "META_DATA.;1" */
};

/* ECMA-119 7.2.3 and 7.3.3: both byte orders. */
static void both16(uint8_t *p, uint16_t v)
{
	put_le16(p, v);
	put_be16(p + 2, v);
}

static void both32(uint8_t *p, uint32_t v)
{
	put_le32(p, v);
	put_be32(p + 4, v);
}

/* 1980-01-01 00:00:00 UTC, everywhere: FAT's first day, so both images agree. */
static void short_date(uint8_t p[7])
{
	static const uint8_t date[7] = {80, 1, 1, 0, 0, 0, 0};

	memcpy(p, date, sizeof date);
}

static void long_date(uint8_t p[17])
{
	memcpy(p, "1980010100000000", 16);
	p[16] = 0;
}

static void no_date(uint8_t p[17])
{
	memset(p, '0', 16);
	p[16] = 0;
}

/* Text filled with blanks; in UCS-2 for Joliet. */
static void field(uint8_t *p, size_t room, const char *text, bool wide)
{
	size_t len = strlen(text), step = wide ? 2 : 1;

	for (size_t i = 0; i < room / step; i++) {
		uint8_t c = i < len ? (uint8_t)text[i] : ' ';

		if (wide)
			put_be16(p + 2 * i, c);
		else
			p[i] = c;
	}
}

/* A directory record as ECMA-119 9.1 has it, without a system use area; returns its length. */
static size_t record(uint8_t *p, uint32_t at, uint32_t size, bool folder, const uint8_t *name,
		     size_t len)
{
	size_t n = 33 + len + (len % 2 == 0);

	memset(p, 0, n);
	p[0] = (uint8_t)n;
	both32(p + 2, at);
	both32(p + 10, size);
	short_date(p + 18);
	p[25] = folder ? 2 : 0;
	both16(p + 28, 1);
	p[32] = (uint8_t)len;
	memcpy(p + 33, name, len);
	return n;
}

/* Rock Ridge: mode, links, owner root; the three times. */
static size_t put_px_tf(uint8_t *p, uint32_t mode, uint32_t links)
{
	memcpy(p, "PX\x24\x01", 4);
	both32(p + 4, mode);
	both32(p + 12, links);
	both32(p + 20, 0);
	both32(p + 28, 0);
	memcpy(p + 36, "TF\x1a\x01\x0e", 5);
	for (int i = 0; i < 3; i++)
		short_date(p + 41 + 7 * i);
	return 36 + 26;
}

/* Where the system use entries of the root's "." go on: what these extensions are. */
static size_t put_er(uint8_t *p)
{
	static const char id[] = "RRIP_1991A";
	static const char what[] = "THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX "
				   "FILE SYSTEM SEMANTICS";
	static const char where[] =
		"PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  SEE PUBLISHER IDENTIFIER "
		"IN PRIMARY VOLUME DESCRIPTOR FOR CONTACT INFORMATION.";
	size_t a = sizeof id - 1, b = sizeof what - 1, c = sizeof where - 1;

	memcpy(p, "ER", 2);
	p[2] = (uint8_t)(8 + a + b + c);
	p[3] = 1;
	p[4] = (uint8_t)a;
	p[5] = (uint8_t)b;
	p[6] = (uint8_t)c;
	p[7] = 1;
	memcpy(p + 8, id, a);
	memcpy(p + 8 + a, what, b);
	memcpy(p + 8 + a + b, where, c);
	return 8 + a + b + c;
}

static size_t put_dot(uint8_t *p, uint8_t name, uint32_t at, bool rock_ridge)
{
	size_t n = record(p, at, SECTOR, true, &name, 1);

	if (!rock_ridge)
		return n;
	if (!name) {
		memcpy(p + n, "SP\x07\x01\xbe\xef\x00", 7);
		n += 7;
	}
	n += put_px_tf(p + n, 040555, 2);
	if (!name) {
		uint8_t er[RECORD_MAX];

		memcpy(p + n, "CE\x1c\x01", 4);
		both32(p + n + 4, AT_SUSP);
		both32(p + n + 12, 0);
		both32(p + n + 20, (uint32_t)put_er(er));
		n += 28;
	}
	n += n % 2;
	p[0] = (uint8_t)n;
	return n;
}

static void put_folder(struct image *im)
{
	uint8_t *p = im->bytes + (size_t)AT_ROOT * SECTOR;

	p += put_dot(p, 0, AT_ROOT, true);
	p += put_dot(p, 1, AT_ROOT, true);
	for (size_t i = 0; i < im->files->count; i++) {
		const struct seed_file *f = &im->files->items[i];
		size_t len = strlen(f->name);
		size_t n = record(p, im->start[i], (uint32_t)f->text.size, false,
				  (const uint8_t *)im->names[i], strlen(im->names[i]));

		n += put_px_tf(p + n, 0100400, 1);
		memcpy(p + n, "NM", 2);
		p[n + 2] = (uint8_t)(5 + len);
		p[n + 3] = 1;
		p[n + 4] = 0;
		memcpy(p + n + 5, f->name, len);
		n += 5 + len;
		n += n % 2;
		p[0] = (uint8_t)n;
		p += n;
	}
	put_er(im->bytes + (size_t)AT_SUSP * SECTOR);
}

static void put_joliet_folder(struct image *im)
{
	uint8_t *p = im->bytes + (size_t)AT_JOLIET_ROOT * SECTOR;

	p += put_dot(p, 0, AT_JOLIET_ROOT, false);
	p += put_dot(p, 1, AT_JOLIET_ROOT, false);
	for (size_t i = 0; i < im->files->count; i++) {
		const struct seed_file *f = &im->files->items[i];
		uint8_t name[2 * SEED_NAME_MAX];
		size_t len = strlen(f->name);

		field(name, 2 * len, f->name, true);
		p += record(p, im->start[i], (uint32_t)f->text.size, false, name, 2 * len);
	}
}

/* One folder: one entry, in either byte order. */
static void put_paths(struct image *im, uint32_t at, uint32_t root)
{
	uint8_t *p = im->bytes + (size_t)at * SECTOR;

	p[0] = 1;
	put_le32(p + 2, root);
	put_le16(p + 6, 1);
	p += SECTOR;
	p[0] = 1;
	put_be32(p + 2, root);
	put_be16(p + 6, 1);
}

static void put_descriptor(struct image *im, bool joliet)
{
	uint8_t *p = im->bytes + (size_t)(joliet ? AT_JOLIET : AT_PRIMARY) * SECTOR;
	uint32_t paths = joliet ? AT_PATHS + 2 : AT_PATHS;
	uint32_t root = joliet ? AT_JOLIET_ROOT : AT_ROOT;
	const uint8_t none = 0;

	memcpy(p,
	       joliet ? "\x02"
			"CD001\x01"
		      : "\x01"
			"CD001\x01",
	       7);
	field(p + 8, 32, "LINUX", joliet);
	field(p + 40, 32, im->label, joliet);
	both32(p + 80, im->sectors);
	if (joliet)
		memcpy(p + 88, "%/E", 3);
	both16(p + 120, 1);
	both16(p + 124, 1);
	both16(p + 128, SECTOR);
	both32(p + 132, 10);
	put_le32(p + 140, paths);
	put_be32(p + 148, paths + 1);
	record(p + 156, root, SECTOR, true, &none, 1);
	/* Volume set, publisher, preparer, application; then three file names. */
	field(p + 190, 128, "", joliet);
	field(p + 318, 128, "", joliet);
	field(p + 446, 128, "", joliet);
	field(p + 574, 128, "VMINT", joliet);
	for (int i = 0; i < 3; i++)
		field(p + 702 + 37 * i, 37, "", joliet);
	long_date(p + 813);
	long_date(p + 830);
	no_date(p + 847);
	no_date(p + 864);
	p[881] = 1;
	put_paths(im, paths, root);
}

/* "ovf-env.xml" becomes "OVF_ENV.XML;1": for readers that know neither extension. number: 0, or what tells two names
 * apart that became the same. */
static void mangle(const char *name, unsigned number, char out[ISO_NAME_MAX + 3])
{
	const char *dot = strrchr(name, '.');
	char base[24], ext[4], tail[4] = "";
	size_t nbase = 0, next = 0;

	for (const char *p = name; *p && p != dot && nbase < sizeof base - 1; p++)
		base[nbase++] = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	for (const char *p = dot ? dot + 1 : ""; *p && next < sizeof ext - 1; p++)
		ext[next++] = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	base[nbase] = ext[next] = 0;
	if (number)
		snprintf(tail, sizeof tail, "%u", number % 1000);
	snprintf(out, ISO_NAME_MAX + 3, "%.23s%.3s.%.3s;1", base, tail, ext);
}

static void name_all(struct image *im)
{
	for (size_t i = 0; i < im->files->count; i++) {
		unsigned number = 0;
		bool taken;

		do {
			taken = false;
			mangle(im->files->items[i].name, number++, im->names[i]);
			for (size_t j = 0; j < i; j++)
				taken |= str_eq(im->names[i], im->names[j]);
		} while (taken);
	}
}

int seed_check_names(const struct seed_files *files, struct err *e)
{
	if (files->count > SEED_FILES_MAX)
		return err_set(e, E2BIG, "a seed holds at most %d files", SEED_FILES_MAX);
	for (size_t i = 0; i < files->count; i++) {
		const char *name = files->items[i].name;
		size_t len = strlen(name);

		if (!len || len > SEED_NAME_MAX || name[0] == '.' || name[len - 1] == '.')
			return err_set(e, EINVAL, "'%.80s' is no name for a file of a seed", name);
		for (const char *p = name; *p; p++)
			if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
				return err_set(e, EINVAL,
					       "'%.80s': letters, digits, '-', '_' and '.' only",
					       name);
		if (i && strcmp(files->items[i - 1].name, name) >= 0)
			return err_set(e, EINVAL, "'%s' is not in order", name);
		if (files->items[i].text.size > SEED_FILE_MAX)
			return err_set(e, EFBIG, "%s: larger than %d MiB", name,
				       SEED_FILE_MAX >> 20);
	}
	return 0;
}

int seed_iso(const struct seed_files *files, const char *label, struct strbuf *out, struct err *e)
{
	struct image im = {.files = files, .label = label, .sectors = AT_DATA};
	int r = seed_check_names(files, e);

	if (r < 0)
		return r;
	if (strlen(label) > 16)
		return err_set(e, EINVAL, "'%.40s': a label has at most 16 characters", label);
	for (size_t i = 0; i < files->count; i++) {
		size_t size = files->items[i].text.size;

		/* An empty file has no place; readers that look at it anyhow find the image's end. */
		im.start[i] = im.sectors;
		im.sectors += (uint32_t)((size + SECTOR - 1) / SECTOR);
	}
	im.bytes = (uint8_t *)strbuf_zeros(out, (size_t)im.sectors * SECTOR);
	name_all(&im);
	put_descriptor(&im, false);
	put_descriptor(&im, true);
	memcpy(im.bytes + (size_t)AT_END * SECTOR,
	       "\xff"
	       "CD001\x01",
	       7);
	put_folder(&im);
	put_joliet_folder(&im);
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].text.size)
			memcpy(im.bytes + (size_t)im.start[i] * SECTOR, files->items[i].text.bytes,
			       files->items[i].text.size);
	return 0;
}
