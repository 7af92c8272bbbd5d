/* New entries in FAT directories, and old ones gone. */
#include "provision/fat.h"

#include "base/bytes.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { L_CHARS = 13, NAME_CHARS = 255, SLOTS_MAX = 21 };

/* UTF-8 to UTF-16; the number of units, or 0 for what is no name. */
static size_t utf16_of(const char *in, uint16_t *out, size_t room)
{
	const uint8_t *p = (const uint8_t *)in;
	size_t n = 0;

	while (*p && n + 2 < room) {
		uint32_t c = *p++;
		int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

		if (c < 0x20 || (c >= 0x80 && c < 0xc0) ||
		    (c < 0x80 && strchr("\\/:*?\"<>|", (int)c)))
			return 0;
		c &= more == 3 ? 7 : more == 2 ? 15 : more == 1 ? 31 : 127;
		while (more-- > 0) {
			if ((*p & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (*p++ & 0x3f);
		}
		if (c >= 0x10000) {
			out[n++] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		out[n++] = (uint16_t)c;
	}
	return *p ? 0 : n;
}

static bool brief_char(int c)
{
	return isupper(c) || isdigit(c) || (c && strchr("$%'-_@~`!(){}^#&", c));
}

/* True when name is itself an 8.3 name in upper case. */
static bool exact_brief(const char *name, uint8_t out[11])
{
	const char *dot = strchr(name, '.');
	size_t n = dot ? (size_t)(dot - name) : strlen(name), m = dot ? strlen(dot + 1) : 0;

	memset(out, ' ', 11);
	if (n == 0 || n > 8 || m > 3 || (dot && m == 0))
		return false;
	for (size_t i = 0; i < n + m; i++) {
		char c = i < n ? name[i] : dot[1 + i - n];

		if (!brief_char((unsigned char)c))
			return false;
		out[i < n ? i : 8 + i - n] = (uint8_t)c;
	}
	return true;
}

static bool brief_taken(const struct fat_dir *d, const uint8_t brief[11])
{
	for (size_t at = 0; at + FAT_SLOT <= d->size && d->bytes[at]; at += FAT_SLOT)
		if ((d->bytes[at + 11] & FAT_ATTR_LONG) != FAT_ATTR_LONG &&
		    memcmp(d->bytes + at, brief, 11) == 0)
			return true;
	return false;
}

/* LOADER~1.CON for loader.conf */
static int make_brief(const struct fat_dir *d, const char *name, uint8_t out[11], struct err *e)
{
	const char *dot = strrchr(name, '.');
	char base[9] = "", ext[4] = "", text[20];
	size_t n = 0, m = 0;

	for (const char *p = name; *p && p != dot && n < 8; p++)
		if (brief_char(toupper((unsigned char)*p)))
			base[n++] = (char)toupper((unsigned char)*p);
	for (const char *p = dot ? dot + 1 : ""; *p && m < 3; p++)
		if (brief_char(toupper((unsigned char)*p)))
			ext[m++] = (char)toupper((unsigned char)*p);
	for (unsigned i = 1; i < 100000; i++) {
		int tail = snprintf(text, sizeof text, "~%u", i), keep = 8 - tail;

		if (keep > (int)n)
			keep = (int)n;
		memset(out, ' ', 11);
		memcpy(out, base, (size_t)keep);
		memcpy(out + keep, text, (size_t)tail);
		memcpy(out + 8, ext, m);
		if (!brief_taken(d, out))
			return 0;
	}
	return err_set(e, ENOSPC, "vfat: no short name is left for %s", name);
}

static uint8_t brief_sum(const uint8_t *brief)
{
	uint8_t sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + brief[i]);
	return sum;
}

static void long_slot(uint8_t *p, unsigned number, bool last, const uint16_t *text, size_t n,
		      uint8_t sum)
{
	static const uint8_t char_at[L_CHARS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	size_t from = (size_t)(number - 1) * L_CHARS;

	memset(p, 0, FAT_SLOT);
	p[0] = (uint8_t)(number | (last ? 0x40 : 0));
	p[11] = FAT_ATTR_LONG;
	p[13] = sum;
	for (size_t i = 0; i < L_CHARS; i++)
		put_le16(p + char_at[i], from + i < n    ? text[from + i]
					 : from + i == n ? 0
							 : 0xffff);
}

static void brief_slot(uint8_t *p, const uint8_t brief[11], const struct fat_entry *as)
{
	memset(p, 0, FAT_SLOT);
	memcpy(p, brief, 11);
	p[11] = as->attr;
	put_le16(p + 14, (uint16_t)as->time);
	put_le16(p + 16, (uint16_t)(as->time >> 16));
	put_le16(p + 18, (uint16_t)(as->time >> 16));
	put_le16(p + 20, (uint16_t)(as->cluster >> 16));
	put_le16(p + 22, (uint16_t)as->time);
	put_le16(p + 24, (uint16_t)(as->time >> 16));
	put_le16(p + 26, (uint16_t)as->cluster);
	put_le32(p + 28, as->size);
}

/* One more cluster of zeros at the directory's end. */
static int dir_grow(struct fat *x, struct fat_dir *d, struct err *e)
{
	uint8_t *bytes;
	uint32_t *chain, c;
	int r;

	if (!d->chain)
		return err_set(e, ENOSPC, "vfat: the root directory is full");
	if (d->size + x->cluster > FAT_DIR_MAX / 2)
		return err_set(e, ENOSPC, "vfat: the directory is full");
	r = fat_take(x, &c, e);
	if (r < 0)
		return r;
	fat_point(x, d->chain[d->nchain - 1], c);
	bytes = arena_alloc(&d->a, d->size + x->cluster);
	chain = arena_alloc(&d->a, (d->nchain + 1) * sizeof *chain);
	memcpy(bytes, d->bytes, d->size);
	memcpy(chain, d->chain, d->nchain * sizeof *chain);
	chain[d->nchain++] = c;
	d->bytes = bytes;
	d->chain = chain;
	d->size += x->cluster;
	return fat_dir_put(x, d, d->size - x->cluster, x->cluster, e);
}

/* Room for n slots in a row, made when there is none. Behind the end mark all is free. */
static int find_room(struct fat *x, struct fat_dir *d, size_t n, size_t *out, struct err *e)
{
	size_t run = 0;
	bool ended = false;

	for (size_t at = 0;; at += FAT_SLOT) {
		if (at + FAT_SLOT > d->size) {
			int r = dir_grow(x, d, e);

			if (r < 0)
				return r;
		}
		ended = ended || d->bytes[at] == 0;
		run = ended || d->bytes[at] == 0xe5 ? run + 1 : 0;
		if (run == n) {
			*out = at - (n - 1) * FAT_SLOT;
			return 0;
		}
	}
}

/* What follows the new slots stays the end when they were written over it. */
static int write_slots(struct fat *x, struct fat_dir *d, size_t at, const uint8_t *slots, size_t n,
		       struct err *e)
{
	size_t after = at + n * FAT_SLOT;
	bool was_end = false;

	for (size_t i = 0; i < n; i++)
		was_end = was_end || d->bytes[at + i * FAT_SLOT] == 0;
	memcpy(d->bytes + at, slots, n * FAT_SLOT);
	if (was_end && after < d->size)
		d->bytes[after] = 0;
	return fat_dir_put(x, d, at, n * FAT_SLOT + (was_end && after < d->size ? FAT_SLOT : 0), e);
}

int fat_dir_add(struct fat *x, struct fat_dir *d, const char *name, const struct fat_entry *as,
		struct err *e)
{
	uint8_t slots[SLOTS_MAX * FAT_SLOT], brief[11];
	uint16_t text[NAME_CHARS + 4];
	size_t chars = utf16_of(name, text, NAME_CHARS + 3), n = 0, at = 0;
	int r = fat_table_load(x, e);

	if (r < 0)
		return r;
	if (chars == 0 || chars > NAME_CHARS || name[strlen(name) - 1] == '.' ||
	    name[strlen(name) - 1] == ' ')
		return err_set(e, EINVAL, "vfat: %s cannot be a name", name);
	if (!exact_brief(name, brief)) {
		r = make_brief(d, name, brief, e);
		n = (chars + L_CHARS - 1) / L_CHARS;
	}
	if (r == 0)
		r = find_room(x, d, n + 1, &at, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		long_slot(slots + i * FAT_SLOT, (unsigned)(n - i), i == 0, text, chars,
			  brief_sum(brief));
	brief_slot(slots + n * FAT_SLOT, brief, as);
	return write_slots(x, d, at, slots, n + 1, e);
}

int fat_dir_drop(struct fat *x, struct fat_dir *d, const struct fat_entry *entry, struct err *e)
{
	for (size_t at = entry->from; at <= entry->at; at += FAT_SLOT)
		d->bytes[at] = 0xe5;
	return fat_dir_put(x, d, entry->from, entry->at - entry->from + FAT_SLOT, e);
}
