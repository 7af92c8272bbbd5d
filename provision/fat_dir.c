/* FAT directories: slots, long names, places. */
#include "provision/fat.h"

#include "base/bytes.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	S_ATTR = 11,
	S_CASE = 12,
	S_HIGH = 20,
	S_TIME = 22,
	S_DATE = 24,
	S_LOW = 26,
	S_SIZE = 28,
	L_SUM = 13,
	L_CHARS = 13, /* of one long slot */
	L_SLOTS = 20,
	DELETED = 0xe5,
};

/* ---- reading one whole ---- */

static int chain_read(struct fat *x, struct fat_dir *d, struct err *e)
{
	const size_t most = FAT_DIR_MAX / x->cluster ? FAT_DIR_MAX / x->cluster : 1;
	size_t room = 0;
	uint32_t c = d->first;
	int r = fat_table_load(x, e);

	while (r == 0 && c) {
		if (!fat_exists(x, c))
			return err_set(e, EUCLEAN, "vfat: a directory is nowhere");
		if (d->nchain == most)
			return err_set(e, EUCLEAN, "vfat: a directory has no end");
		ARENA_GROW(&d->a, d->chain, d->nchain, room);
		d->chain[d->nchain++] = c;
		r = fat_next(x, c, &c, e);
	}
	d->size = d->nchain * x->cluster;
	d->bytes = arena_alloc(&d->a, d->size);
	for (size_t i = 0; i < d->nchain && r == 0; i++)
		r = disk_pread(x->fs.disk, d->bytes + i * x->cluster, x->cluster,
			       fat_offset(x, d->chain[i]), e);
	return r;
}

int fat_dir_open(struct fat *x, uint32_t first, struct fat_dir *out, struct err *e)
{
	int r;

	*out = (struct fat_dir){.first = first};
	if (first == 0 && x->bits == 32)
		out->first = x->root;
	if (out->first) {
		r = chain_read(x, out, e);
	} else {
		out->size = x->root_size;
		out->bytes = arena_alloc(&out->a, out->size);
		r = disk_pread(x->fs.disk, out->bytes, out->size, x->root_at, e);
	}
	if (r < 0)
		fat_dir_close(out);
	return r;
}

void fat_dir_close(struct fat_dir *d)
{
	arena_fini(&d->a);
	*d = (struct fat_dir){0};
}

int fat_dir_put(struct fat *x, const struct fat_dir *d, size_t at, size_t n, struct err *e)
{
	if (!d->chain)
		return disk_pwrite(x->fs.disk, d->bytes + at, n, x->root_at + at, e);
	while (n > 0) {
		size_t in = at % x->cluster, part = x->cluster - in < n ? x->cluster - in : n;
		int r = disk_pwrite(x->fs.disk, d->bytes + at, part,
				    fat_offset(x, d->chain[at / x->cluster]) + in, e);

		if (r < 0)
			return r;
		at += part;
		n -= part;
	}
	return 0;
}

/* ---- names ---- */

static uint8_t name_sum(const uint8_t *brief)
{
	uint8_t sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + brief[i]);
	return sum;
}

static const uint8_t char_at[L_CHARS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

/* UTF-16 with surrogates to UTF-8. */
static void utf8_of(const uint16_t *in, size_t n, char *out)
{
	size_t o = 0;

	for (size_t i = 0; i < n && in[i] && o + 5 < FAT_NAME; i++) {
		uint32_t c = in[i];

		if (c >= 0xd800 && c < 0xdc00 && i + 1 < n && in[i + 1] >= 0xdc00 &&
		    in[i + 1] < 0xe000)
			c = 0x10000 + ((c - 0xd800) << 10) + (in[++i] - 0xdc00U);
		if (c < 0x80) {
			out[o++] = (char)c;
		} else if (c < 0x800) {
			out[o++] = (char)(0xc0 | c >> 6);
			out[o++] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			out[o++] = (char)(0xe0 | c >> 12);
			out[o++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[o++] = (char)(0x80 | (c & 0x3f));
		} else {
			out[o++] = (char)(0xf0 | c >> 18);
			out[o++] = (char)(0x80 | (c >> 12 & 0x3f));
			out[o++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[o++] = (char)(0x80 | (c & 0x3f));
		}
	}
	out[o] = '\0';
}

/* The long name whose slots stand before at; false when they do not belong to it. */
static bool long_name(const struct fat_dir *d, size_t at, struct fat_entry *out)
{
	uint16_t text[L_SLOTS * L_CHARS] = {0};
	uint8_t sum = name_sum(d->bytes + at);
	size_t slot = at;

	for (unsigned i = 1; i <= L_SLOTS && slot >= FAT_SLOT; i++) {
		const uint8_t *p = d->bytes + (slot -= FAT_SLOT);

		if (p[S_ATTR] != FAT_ATTR_LONG || p[0] == DELETED || (p[0] & 0x3f) != i ||
		    p[L_SUM] != sum)
			return false;
		for (int k = 0; k < L_CHARS; k++)
			text[(i - 1) * L_CHARS + (unsigned)k] = le16(p + char_at[k]);
		if (!(p[0] & 0x40))
			continue;
		utf8_of(text, (size_t)i * L_CHARS, out->name);
		out->from = slot;
		return out->name[0] && !strchr(out->name, '/');
	}
	return false;
}

static void brief_name(const uint8_t *p, char out[13])
{
	size_t o = 0;

	for (int i = 0; i < 11; i++) {
		int c = i == 0 && p[0] == 0x05 ? DELETED : p[i];
		bool lower = p[S_CASE] & (i < 8 ? 0x08 : 0x10);

		if (c == ' ')
			continue;
		if (i >= 8 && (o == 0 || !memchr(out, '.', o)))
			out[o++] = '.';
		if (c < 0x20 || c >= 0x7f || c == '/')
			c = '_';
		out[o++] = (char)(lower ? tolower(c) : c);
	}
	out[o] = '\0';
}

static bool entry_at(const struct fat_dir *d, size_t at, struct fat_entry *out)
{
	const uint8_t *p = d->bytes + at;

	if (p[0] == DELETED || (p[S_ATTR] & FAT_ATTR_LONG) == FAT_ATTR_LONG || p[0] == '.' ||
	    (p[S_ATTR] & FAT_ATTR_LABEL))
		return false;
	out->at = out->from = at;
	out->attr = p[S_ATTR];
	out->cluster = (uint32_t)le16(p + S_HIGH) << 16 | le16(p + S_LOW);
	out->size = le32(p + S_SIZE);
	out->time = (uint32_t)le16(p + S_DATE) << 16 | le16(p + S_TIME);
	brief_name(p, out->brief);
	if (!long_name(d, at, out)) {
		out->from = at;
		snprintf(out->name, sizeof out->name, "%s", out->brief);
	}
	return out->name[0] != '\0';
}

bool fat_dir_next(const struct fat_dir *d, size_t *at, struct fat_entry *out)
{
	while (*at + FAT_SLOT <= d->size && d->bytes[*at] != 0) {
		size_t here = *at;

		*at += FAT_SLOT;
		if (entry_at(d, here, out))
			return true;
	}
	return false;
}

bool fat_dir_find(const struct fat_dir *d, const char *name, struct fat_entry *out)
{
	for (size_t at = 0; fat_dir_next(d, &at, out);)
		if (strcasecmp(out->name, name) == 0 || strcasecmp(out->brief, name) == 0)
			return true;
	return false;
}

/* ---- places ---- */

uint32_t fat_dir_of(const struct fat *x, const struct fat_place *p)
{
	return p->root ? x->root : p->entry.cluster;
}

/* One name below dir. */
static int step(struct fat *x, uint32_t dir, const char *path, struct fat_place *out, struct err *e)
{
	struct fat_dir d;
	int r = fat_dir_open(x, dir, &d, e);

	if (r < 0)
		return err_in(e, r, "%s", path);
	out->root = false;
	out->parent = dir;
	out->found = fat_dir_find(&d, out->name, &out->entry);
	fat_dir_close(&d);
	return 0;
}

static int go_up(struct fat *x, uint32_t *dirs, size_t *depth, struct fat_place *out)
{
	if (*depth > 0)
		--*depth;
	*out = (struct fat_place){.root = *depth == 0, .found = true};
	out->entry.cluster = dirs[*depth];
	out->entry.attr = FAT_ATTR_DIR;
	(void)x;
	return 0;
}

int fat_resolve(struct fat *x, const char *path, struct fat_place *out, struct err *e)
{
	uint32_t dirs[FAT_DEPTH] = {x->root};
	size_t depth = 0;
	const char *at = path;

	*out = (struct fat_place){.root = true, .found = true, .entry.attr = FAT_ATTR_DIR};
	for (;;) {
		size_t n;
		int r;

		at += strspn(at, "/");
		n = strcspn(at, "/");
		if (n == 0)
			return 0;
		if (n >= FAT_NAME)
			return err_set(e, ENAMETOOLONG, "%s: a name in it is too long", path);
		if (!out->found)
			return err_set(e, ENOENT, "%s: there is no %s", path, out->name);
		if (!(out->entry.attr & FAT_ATTR_DIR))
			return err_set(e, ENOTDIR, "%s: %s is not a directory", path, out->name);
		snprintf(out->name, sizeof out->name, "%.*s", (int)n, at);
		at += n;
		if (str_eq(out->name, ".") || str_eq(out->name, "..")) {
			if (out->name[1])
				go_up(x, dirs, &depth, out);
			continue;
		}
		r = step(x, dirs[depth], path, out, e);
		if (r < 0)
			return r;
		if (out->found && (out->entry.attr & FAT_ATTR_DIR)) {
			if (++depth >= FAT_DEPTH)
				return err_set(e, ENAMETOOLONG, "%s: too deep", path);
			dirs[depth] = out->entry.cluster;
		}
	}
}

int fat_locate(struct fat *x, const char *path, struct fat_place *out, struct err *e)
{
	int r = fat_resolve(x, path, out, e);

	if (r == 0 && !out->found)
		r = err_set(e, ENOENT, "%s: there is no such file", path);
	return r;
}
