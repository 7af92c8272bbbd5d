/* Files of a FAT filesystem. */
#include "provision/fat.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* New files carry this time: 2020-01-01, so that clones made tomorrow are the same. */
static const uint32_t new_time = 0x50210000;

static int64_t unix_time(uint32_t t)
{
	struct tm tm = {
		.tm_year = (int)(t >> 25) + 80,
		.tm_mon = (int)(t >> 21 & 15) - 1,
		.tm_mday = (int)(t >> 16 & 31),
		.tm_hour = (int)(t >> 11 & 31),
		.tm_min = (int)(t >> 5 & 63),
		.tm_sec = (int)(t & 31) * 2,
	};

	return timegm(&tm);
}

int fat_stat(struct guest_fs *fs, const char *path, bool follow, struct guest_stat *st,
	     struct err *e)
{
	struct fat_place p;
	int r = fat_locate((struct fat *)fs, path, &p, e);

	(void)follow;
	if (r < 0)
		return r;
	*st = (struct guest_stat){
		.mode = p.entry.attr & FAT_ATTR_DIR ? S_IFDIR | 0755 : S_IFREG | 0755,
		.size = p.entry.size,
		.ino = p.entry.cluster,
		.links = 1,
		.mtime = unix_time(p.entry.time),
	};
	return 0;
}

/* The clusters of a file, as many as its size needs; *extra is what follows them. */
static int chain_of(struct fat *x, const struct fat_entry *f, struct arena *a, uint32_t **out,
		    size_t *n, uint32_t *extra, struct err *e)
{
	size_t need = ((size_t)f->size + x->cluster - 1) / x->cluster;
	uint32_t c = f->cluster;
	int r = fat_table_load(x, e);

	if (r == 0 && need > x->clusters)
		r = err_set(e, EUCLEAN, "vfat: a file larger than the filesystem");
	if (r < 0)
		return r;
	*out = arena_alloc(a, need * sizeof **out);
	for (*n = 0; *n < need; ++*n) {
		if (!fat_exists(x, c))
			return err_set(e, EUCLEAN, "vfat: a file ends before its size");
		(*out)[*n] = c;
		r = fat_next(x, c, &c, e);
		if (r < 0)
			return r;
	}
	*extra = fat_exists(x, c) ? c : 0;
	return 0;
}

static int chain_io(struct fat *x, const uint32_t *chain, uint8_t *data, size_t n, bool write,
		    struct err *e)
{
	for (size_t i = 0; i * x->cluster < n; i++) {
		size_t at = i * x->cluster, part = n - at < x->cluster ? n - at : x->cluster;
		uint64_t off = fat_offset(x, chain[i]);
		int r = write ? disk_pwrite(x->fs.disk, data + at, part, off, e)
			      : disk_pread(x->fs.disk, data + at, part, off, e);

		/* What stood behind the end is not left to be found. */
		if (r == 0 && write && part < x->cluster)
			r = disk_zero(x->fs.disk, x->cluster - part, off + part, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int find_file(struct fat *x, const char *path, struct fat_place *p, struct err *e)
{
	int r = fat_locate(x, path, p, e);

	if (r == 0 && (p->entry.attr & FAT_ATTR_DIR))
		r = err_set(e, EISDIR, "%s: not a regular file", path);
	return r;
}

int fat_read(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
	     const char **data, size_t *len, struct err *e)
{
	struct fat *x = (struct fat *)fs;
	struct fat_place p;
	uint32_t *chain, extra;
	uint8_t *to;
	size_t n;
	int r = find_file(x, path, &p, e);

	if (r < 0)
		return r;
	if (p.entry.size > limit)
		return err_set(e, EFBIG, "%s: %u bytes are more than %zu", path, p.entry.size,
			       limit);
	r = chain_of(x, &p.entry, a, &chain, &n, &extra, e);
	if (r < 0)
		return err_in(e, r, "%s", path);
	to = arena_alloc(a, (size_t)p.entry.size + 1);
	r = chain_io(x, chain, to, p.entry.size, false, e);
	if (r < 0)
		return err_in(e, r, "%s", path);
	*data = (const char *)to;
	*len = p.entry.size;
	return 0;
}

int fat_list(struct guest_fs *fs, struct arena *a, const char *path, struct guest_names *out,
	     struct err *e)
{
	struct fat *x = (struct fat *)fs;
	struct fat_entry f;
	struct fat_place p;
	struct fat_dir d;
	size_t room = 0;
	int r = fat_locate(x, path, &p, e);

	if (r == 0 && !(p.entry.attr & FAT_ATTR_DIR))
		r = err_set(e, ENOTDIR, "%s: not a directory", path);
	if (r == 0)
		r = fat_dir_open(x, fat_dir_of(x, &p), &d, e);
	if (r < 0)
		return r;
	*out = (struct guest_names){0};
	for (size_t at = 0; fat_dir_next(&d, &at, &f);) {
		ARENA_GROW(a, out->names, out->count, room);
		out->names[out->count++] = arena_dup(a, f.name);
	}
	fat_dir_close(&d);
	guest_names_sort(out);
	return 0;
}

/* As many clusters as n bytes need: the file's own, then new ones; the rest is freed. */
static int fit_chain(struct fat *x, const struct fat_entry *f, struct arena *a, size_t n,
		     uint32_t **out, struct err *e)
{
	size_t need = (n + x->cluster - 1) / x->cluster, have, keep;
	uint32_t *old, extra, cut;
	int r = chain_of(x, f, a, &old, &have, &extra, e);

	if (r < 0)
		return r;
	keep = have < need ? have : need;
	cut = have > need ? old[need] : extra;
	*out = arena_alloc(a, (need + 1) * sizeof **out);
	if (keep)
		memcpy(*out, old, keep * sizeof **out);
	r = cut ? fat_free(x, cut, e) : 0;
	for (size_t i = keep; i < need && r == 0; i++)
		r = fat_take(x, &(*out)[i], e);
	for (size_t i = keep ? keep - 1 : 0; i < need && r == 0; i++)
		fat_point(x, (*out)[i], i + 1 < need ? (*out)[i + 1] : 0);
	return r;
}

/* The entry's cluster and size; its times stay. */
static int put_entry(struct fat *x, uint32_t parent, const struct fat_entry *f, uint32_t cluster,
		     uint32_t size, struct err *e)
{
	struct fat_dir d;
	int r = fat_dir_open(x, parent, &d, e);

	if (r < 0)
		return r;
	put_le16(d.bytes + f->at + 20, (uint16_t)(cluster >> 16));
	put_le16(d.bytes + f->at + 26, (uint16_t)cluster);
	put_le32(d.bytes + f->at + 28, size);
	r = fat_dir_put(x, &d, f->at, FAT_SLOT, e);
	fat_dir_close(&d);
	return r;
}

static int write_file(struct fat *x, const struct fat_place *p, const void *data, size_t n,
		      const char *path, struct err *e)
{
	struct arena a = {0};
	uint32_t *chain = NULL;
	int r = fit_chain(x, &p->entry, &a, n, &chain, e);

	if (r == 0)
		r = chain_io(x, chain, (uint8_t *)data, n, true, e);
	if (r == 0)
		r = put_entry(x, p->parent, &p->entry, n ? chain[0] : 0, (uint32_t)n, e);
	arena_fini(&a);
	return r < 0 ? err_in(e, r, "%s", path) : 0;
}

int fat_replace(struct guest_fs *fs, const char *path, const void *data, size_t n, struct err *e)
{
	struct fat_place p;
	int r = find_file((struct fat *)fs, path, &p, e);

	return r < 0 ? r : write_file((struct fat *)fs, &p, data, n, path, e);
}

static int add_entry(struct fat *x, const struct fat_place *p, const struct fat_entry *as,
		     const char *path, struct err *e)
{
	struct fat_dir d;
	int r = fat_dir_open(x, p->parent, &d, e);

	if (r < 0)
		return err_in(e, r, "%s", path);
	r = fat_dir_add(x, &d, p->name, as, e);
	fat_dir_close(&d);
	return r < 0 ? err_in(e, r, "%s", path) : 0;
}

int fat_create(struct guest_fs *fs, const char *path, const struct guest_new *as, const void *data,
	       size_t n, struct err *e)
{
	struct fat_entry blank = {.attr = FAT_ATTR_ARCHIVE, .time = new_time};
	struct fat *x = (struct fat *)fs;
	struct fat_place p;
	int r = fat_resolve(x, path, &p, e);

	(void)as;
	if (r < 0)
		return r;
	if (!p.found) {
		r = add_entry(x, &p, &blank, path, e);
		if (r < 0)
			return r;
	}
	return fat_replace(fs, path, data, n, e);
}

int fat_mkdir(struct guest_fs *fs, const char *path, const struct guest_new *as, struct err *e)
{
	struct fat_entry dir = {.attr = FAT_ATTR_DIR, .time = new_time};
	struct fat *x = (struct fat *)fs;
	SCOPED(free_at) uint8_t *bytes = xcalloc(1, x->cluster);
	struct fat_place p;
	int r = fat_resolve(x, path, &p, e);

	(void)as;
	if (r == 0 && p.found)
		r = err_set(e, EEXIST, "%s: it exists", path);
	if (r == 0)
		r = fat_table_load(x, e);
	if (r == 0)
		r = fat_take(x, &dir.cluster, e);
	if (r < 0)
		return r;
	for (int i = 0; i < 2; i++) {
		/* The root is cluster 0 for "..", also where it has a number. */
		uint32_t c = i == 0 ? dir.cluster : p.parent == x->root ? 0 : p.parent;
		uint8_t *s = bytes + (size_t)i * FAT_SLOT;

		memcpy(s, i == 0 ? ".          " : "..         ", 11);
		s[11] = FAT_ATTR_DIR;
		put_le16(s + 20, (uint16_t)(c >> 16));
		put_le32(s + 22, dir.time);
		put_le16(s + 26, (uint16_t)c);
	}
	r = disk_pwrite(fs->disk, bytes, x->cluster, fat_offset(x, dir.cluster), e);
	return r < 0 ? r : add_entry(x, &p, &dir, path, e);
}
