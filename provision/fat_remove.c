/* Removing and renaming in a FAT filesystem. */
#include "provision/fat.h"

#include "base/bytes.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static int drop_entry(struct fat *x, uint32_t parent, const struct fat_entry *f, bool content,
		      struct err *e)
{
	struct fat_dir d;
	int r = fat_dir_open(x, parent, &d, e);

	if (r < 0)
		return r;
	r = fat_dir_drop(x, &d, f, e);
	fat_dir_close(&d);
	if (r == 0)
		r = fat_table_load(x, e);
	return r == 0 && content && fat_exists(x, f->cluster) ? fat_free(x, f->cluster, e) : r;
}

/* The first entry of a directory; -ENOENT when it is empty. */
static int first_entry(struct fat *x, uint32_t dir, struct fat_entry *out, struct err *e)
{
	struct fat_dir d;
	size_t at = 0;
	bool any;
	int r = fat_dir_open(x, dir, &d, e);

	if (r < 0)
		return r;
	any = fat_dir_next(&d, &at, out);
	fat_dir_close(&d);
	return any ? 0 : -ENOENT;
}

/* Empties a directory from its leaves up; every round removes one entry or goes one down. */
static int empty_dir(struct fat *x, uint32_t dir, const char *path, struct err *e)
{
	uint32_t dirs[FAT_DEPTH] = {dir};
	struct fat_entry f[FAT_DEPTH];
	size_t depth = 0;

	for (;;) {
		int r = first_entry(x, dirs[depth], &f[depth], e);

		if (r == -ENOENT) {
			if (depth == 0)
				return 0;
			depth--;
			r = drop_entry(x, dirs[depth], &f[depth], true, e);
		} else if (r == 0 && !(f[depth].attr & FAT_ATTR_DIR)) {
			r = drop_entry(x, dirs[depth], &f[depth], true, e);
		} else if (r == 0) {
			if (depth + 1 == FAT_DEPTH || !fat_exists(x, f[depth].cluster))
				return err_set(e, EUCLEAN, "%s: a directory is damaged", path);
			dirs[depth + 1] = f[depth].cluster;
			depth++;
		}
		if (r < 0)
			return r;
	}
}

int fat_remove(struct guest_fs *fs, const char *path, bool recursive, struct err *e)
{
	struct fat *x = (struct fat *)fs;
	struct fat_place p;
	struct fat_entry f;
	int r = fat_locate(x, path, &p, e);

	if (r == 0 && (p.root || !p.entry.name[0]))
		r = err_set(e, EBUSY, "%s: cannot be removed", path);
	if (r < 0)
		return r;
	if (p.entry.attr & FAT_ATTR_DIR) {
		r = recursive ? empty_dir(x, p.entry.cluster, path, e)
			      : first_entry(x, p.entry.cluster, &f, e);
		if (r == 0 && !recursive)
			return err_set(e, ENOTEMPTY, "%s: the directory is not empty", path);
		if (r < 0 && r != -ENOENT)
			return err_in(e, r, "%s", path);
	}
	return drop_entry(x, p.parent, &p.entry, true, e);
}

/* A moved directory's ".." follows. */
static int set_parent(struct fat *x, uint32_t dir, uint32_t parent, struct err *e)
{
	struct fat_dir d;
	int r = fat_dir_open(x, dir, &d, e);

	if (r < 0)
		return r;
	parent = parent == x->root ? 0 : parent;
	if (d.size >= 2 * FAT_SLOT && memcmp(d.bytes + FAT_SLOT, "..         ", 11) == 0) {
		put_le16(d.bytes + FAT_SLOT + 20, (uint16_t)(parent >> 16));
		put_le16(d.bytes + FAT_SLOT + 26, (uint16_t)parent);
		r = fat_dir_put(x, &d, FAT_SLOT, FAT_SLOT, e);
	}
	fat_dir_close(&d);
	return r;
}

static int add_as(struct fat *x, const struct fat_place *to, const struct fat_entry *as,
		  struct err *e)
{
	struct fat_dir d;
	int r = fat_dir_open(x, to->parent, &d, e);

	if (r < 0)
		return r;
	r = fat_dir_add(x, &d, to->name, as, e);
	fat_dir_close(&d);
	return r;
}

/* True when path is from or below it: the same text, then a slash or the end. */
static bool is_below(const char *from, const char *path)
{
	size_t n = strlen(from);

	return strncasecmp(from, path, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

int fat_rename(struct guest_fs *fs, const char *from, const char *to, struct err *e)
{
	struct fat *x = (struct fat *)fs;
	struct fat_place old, new;
	bool is_dir;
	int r = fat_locate(x, from, &old, e);

	if (r == 0)
		r = fat_resolve(x, to, &new, e);
	if (r == 0 && (old.root || new.root || !old.entry.name[0]))
		r = err_set(e, EBUSY, "%s: cannot be renamed to %s", from, to);
	if (r < 0)
		return r;
	is_dir = old.entry.attr & FAT_ATTR_DIR;
	if (is_dir && is_below(from, to))
		return err_set(e, EINVAL, "%s: a directory cannot move into itself", from);
	/* Another spelling of the same name is not in its own way. */
	if (new.found && !(new.parent == old.parent &&new.entry.at == old.entry.at)) {
		if (new.entry.attr & FAT_ATTR_DIR)
			return err_set(e, EEXIST, "%s: it exists", to);
		r = drop_entry(x, new.parent, &new.entry, true, e);
	}
	if (r == 0)
		r = add_as(x, &new, &old.entry, e);
	if (r == 0)
		r = drop_entry(x, old.parent, &old.entry, false, e);
	if (r == 0 && is_dir && old.parent != new.parent)
		r = set_parent(x, old.entry.cluster, new.parent, e);
	return r < 0 ? err_in(e, r, "%s", from) : 0;
}
