/* Names to inodes: directories parsed once, symlinks resolved inside the filesystem. */
#include "provision/ext.h"

#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- inodes ---- */

int ext_inode_read(struct ext *x, ext2_ino_t ino, union ext_inode *out, const char *path,
		   struct err *e)
{
	errcode_t code;

	if (ino == 0 || ino > x->e2->super->s_inodes_count)
		return err_set(e, EUCLEAN, "%s: its inode %u does not exist", path, ino);
	memset(out, 0, sizeof *out);
	code = ext2fs_read_inode_full(x->e2, ino, &out->small, (int)EXT2_INODE_SIZE(x->e2->super));
	return code ? ext_error(e, code, path, "read") : 0;
}

int ext_inode_write(struct ext *x, ext2_ino_t ino, union ext_inode *inode, const char *path,
		    struct err *e)
{
	errcode_t code = ext2fs_write_inode_full(x->e2, ino, &inode->small,
						 (int)EXT2_INODE_SIZE(x->e2->super));

	return code ? ext_error(e, code, path, "written") : 0;
}

/* ---- directories ---- */

static int name_order(const void *a, const void *b)
{
	return strcmp(((const struct ext_name *)a)->name, ((const struct ext_name *)b)->name);
}

/* Names that could not be a file's are left out: "." and "..", and what a hostile image may hold. */
static int add_name(ext2_ino_t dir, int entry, struct ext2_dir_entry *de, int offset, int blocksize,
		    char *buf, void *arg)
{
	struct ext_dir *d = arg;
	size_t n = (size_t)ext2fs_dirent_name_len(de);

	(void)dir;
	(void)entry;
	(void)offset;
	(void)blocksize;
	(void)buf;
	if (de->inode == 0 || n == 0 || memchr(de->name, '/', n) || memchr(de->name, '\0', n))
		return 0;
	if ((n == 1 && de->name[0] == '.') || (n == 2 && memcmp(de->name, "..", 2) == 0))
		return 0;
	if (d->count >= EXT_NAMES_MAX) {
		d->too_many = true;
		return DIRENT_ABORT;
	}
	ARENA_GROW(&d->a, d->names, d->count, d->room);
	d->names[d->count].name = arena_dupn(&d->a, de->name, n);
	d->names[d->count++].ino = de->inode;
	return 0;
}

static void dir_clear(struct ext_dir *d)
{
	arena_fini(&d->a);
	*d = (struct ext_dir){0};
}

void ext_dir_forget(struct ext *x, ext2_ino_t ino)
{
	struct ext_dir *d = &x->dirs[ino % EXT_DIR_SLOTS];

	if (d->ino == ino)
		dir_clear(d);
}

void ext_dirs_drop(struct ext *x)
{
	for (size_t i = 0; i < EXT_DIR_SLOTS; i++)
		dir_clear(&x->dirs[i]);
}

static int dir_check(struct ext *x, ext2_ino_t ino, const char *path, struct err *e)
{
	union ext_inode inode;
	int r = ext_inode_read(x, ino, &inode, path, e);

	if (r < 0)
		return r;
	if (!LINUX_S_ISDIR(inode.small.i_mode))
		return err_set(e, ENOTDIR, "%s: not a directory", path);
	if (inode.small.i_flags & EXT4_ENCRYPT_FL)
		return err_set(e, ENOKEY, "%s: the directory is encrypted", path);
	if (EXT2_I_SIZE(&inode.small) > EXT_DIR_MAX)
		return err_set(e, EFBIG, "%s: the directory is larger than %d MiB", path,
			       EXT_DIR_MAX >> 20);
	return ext_inode_sane(x, &inode, path, e);
}

int ext_dir_get(struct ext *x, ext2_ino_t ino, const char *path, struct ext_dir **out,
		struct err *e)
{
	struct ext_dir *d = &x->dirs[ino % EXT_DIR_SLOTS];
	errcode_t code;
	int r;

	*out = d;
	if (d->ino == ino)
		return 0;
	r = dir_check(x, ino, path, e);
	if (r < 0)
		return r;
	dir_clear(d);
	code = ext2fs_dir_iterate2(x->e2, ino, 0, NULL, add_name, d);
	if (code || d->too_many) {
		r = code ? ext_error(e, code, path, "listed")
			 : err_set(e, EFBIG, "%s: the directory has too many names", path);
		dir_clear(d);
		return r;
	}
	if (d->count > 1)
		qsort(d->names, d->count, sizeof *d->names, name_order);
	d->ino = ino;
	return 0;
}

static int dir_lookup(struct ext *x, ext2_ino_t dir, const char *name, const char *path,
		      ext2_ino_t *ino, struct err *e)
{
	struct ext_name key = {.name = name}, *found;
	struct ext_dir *d;
	int r = ext_dir_get(x, dir, path, &d, e);

	if (r < 0)
		return r;
	found = d->count ? bsearch(&key, d->names, d->count, sizeof key, name_order) : NULL;
	*ino = found ? found->ino : 0;
	return 0;
}

/* ---- paths ---- */

/* A path on its way: what is left of it, and the directories above where it stands. */
struct walk {
	struct ext *x;
	const char *path; /* as the caller wrote it, for sentences */
	char rest[8192];
	ext2_ino_t dirs[EXT_DEPTH]; /* dirs[0] is the root */
	size_t depth;
	unsigned symlinks;
};

int ext_symlink_target(struct ext *x, ext2_ino_t ino, const union ext_inode *inode, char out[4096],
		       struct err *e)
{
	uint64_t size = EXT2_I_SIZE(&inode->small);
	ext2_file_t f;
	unsigned got = 0;
	errcode_t code;

	if (size == 0 || size > 4095)
		return err_set(e, EUCLEAN, "symlink of %u bytes", (unsigned)size);
	if (inode->small.i_flags & EXT4_ENCRYPT_FL)
		return err_set(e, ENOKEY, "symlink is encrypted");
	if (size < sizeof inode->small.i_block &&
	    ext2fs_is_fast_symlink((struct ext2_inode *)&inode->small)) {
		memcpy(out, inode->small.i_block, size);
		out[size] = '\0';
		return 0;
	}
	if (ext_inode_sane(x, inode, "symlink", e) < 0)
		return -EUCLEAN;
	code = ext2fs_file_open2(x->e2, ino, (struct ext2_inode *)&inode->small, 0, &f);
	if (code)
		return ext_error(e, code, "symlink", "read");
	code = ext2fs_file_read(f, out, (unsigned)size, &got);
	ext2fs_file_close(f);
	if (code || got != size)
		return ext_error(e, code ? code : EIO, "symlink", "read");
	out[size] = '\0';
	return 0;
}

/* Takes the next name off rest; false at its end. Sets last when nothing but slashes follows. */
static bool next_name(struct walk *w, char name[256], bool *last, bool *long_name)
{
	char *p = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(p, "/"), skip;

	*long_name = n > 255;
	if (n == 0 || *long_name)
		return false;
	memcpy(name, p, n);
	name[n] = '\0';
	skip = n + strspn(p + n, "/");
	*last = p[skip] == '\0';
	memmove(w->rest, p + skip, strlen(p + skip) + 1);
	return true;
}

/* Puts a symlink's target before what is left. */
static int splice(struct walk *w, ext2_ino_t ino, const union ext_inode *inode, struct err *e)
{
	char target[4096];
	size_t n, left = strlen(w->rest);
	int r;

	if (++w->symlinks > EXT_SYMLINKS)
		return err_set(e, ELOOP, "%s: too many symlinks", w->path);
	r = ext_symlink_target(w->x, ino, inode, target, e);
	if (r < 0)
		return err_in(e, r, "%s", w->path);
	n = strlen(target);
	if (n + 1 + left >= sizeof w->rest)
		return err_set(e, ENAMETOOLONG, "%s: its symlinks make it too long", w->path);
	memmove(w->rest + n + 1, w->rest, left + 1);
	memcpy(w->rest, target, n);
	w->rest[n] = '/';
	if (target[0] == '/')
		w->depth = 0;
	return 0;
}

static int descend(struct walk *w, ext2_ino_t ino, struct err *e)
{
	if (w->depth + 1 >= EXT_DEPTH)
		return err_set(e, ENAMETOOLONG, "%s: too many directories below each other",
			       w->path);
	w->dirs[++w->depth] = ino;
	return 0;
}

/* One name. 1: the path ends here. */
static int step(struct walk *w, const char *name, bool last, bool follow, struct ext_place *place,
		struct err *e)
{
	union ext_inode inode;
	ext2_ino_t ino;
	int r;

	if (str_eq(name, "."))
		return 0;
	if (str_eq(name, "..")) {
		w->depth -= w->depth > 0;
		return 0;
	}
	r = dir_lookup(w->x, w->dirs[w->depth], name, w->path, &ino, e);
	if (r < 0)
		return r;
	if (ino == 0 && !last)
		return err_set(e, ENOENT, "%s: there is no %s", w->path, name);
	r = ino ? ext_inode_read(w->x, ino, &inode, w->path, e) : 0;
	if (r < 0)
		return r;
	if (ino && LINUX_S_ISLNK(inode.small.i_mode) && (!last || follow))
		return splice(w, ino, &inode, e);
	if (!last)
		return descend(w, ino, e);
	place->parent = w->dirs[w->depth];
	place->ino = ino;
	snprintf(place->name, sizeof place->name, "%s", name);
	return 1;
}

int ext_resolve(struct ext *x, const char *path, bool follow, struct ext_place *place,
		struct err *e)
{
	struct walk w = {.x = x, .path = path, .dirs = {EXT2_ROOT_INO}};
	bool last, long_name;
	char name[256];

	snprintf(w.rest, sizeof w.rest, "%s", path);
	while (next_name(&w, name, &last, &long_name)) {
		int r = step(&w, name, last, follow, place, e);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (long_name)
		return err_set(e, ENAMETOOLONG, "%s: a name in it is too long", path);
	/* It ended in "..", "." or at the root: a directory known by its place only. */
	*place = (struct ext_place){.ino = w.dirs[w.depth]};
	place->parent = w.dirs[w.depth > 0 ? w.depth - 1 : 0];
	return 0;
}

int ext_find(struct ext *x, const char *path, bool follow, struct ext_place *place, struct err *e)
{
	int r = ext_resolve(x, path, follow, place, e);

	if (r == 0 && place->ino == 0)
		r = err_set(e, ENOENT, "%s: there is no such file", path);
	return r;
}
