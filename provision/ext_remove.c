/* Removing and renaming in an ext2/3/4 filesystem. */
#include "provision/ext_walk.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int links_add(struct ext *x, ext2_ino_t dir, int n, const char *path, struct err *e)
{
	union ext_inode inode;
	int r = ext_inode_read(x, dir, &inode, path, e);

	if (r < 0)
		return r;
	/* 1: more subdirectories than can be counted. */
	if (inode.small.i_links_count > 1)
		inode.small.i_links_count = (uint16_t)(inode.small.i_links_count + n);
	return ext_inode_write(x, dir, &inode, path, e);
}

/* What an inode holds itself: a short link's target, a small file, attributes. */
static int wipe_inode(struct ext *x, ext2_ino_t ino, const char *path, struct err *e)
{
	unsigned size = EXT2_INODE_SIZE(x->e2->super), at;
	union ext_inode inode;
	int r = ext_inode_read(x, ino, &inode, path, e);

	if (r < 0)
		return r;
	memset(inode.small.i_block, 0, sizeof inode.small.i_block);
	inode.small.i_flags = 0;
	inode.small.i_size = inode.small.i_size_high = 0;
	at = EXT2_GOOD_OLD_INODE_SIZE +
	     (size > EXT2_GOOD_OLD_INODE_SIZE ? inode.large.i_extra_isize : 0);
	if (at < size)
		memset(inode.bytes + at, 0, size - at);
	return ext_inode_write(x, ino, &inode, path, e);
}

int ext_inode_free(struct ext *x, ext2_ino_t ino, union ext_inode *inode, const char *path,
		   struct err *e)
{
	errcode_t code = 0;
	int r = ext_inode_sane(x, inode, path, e);

	if (r < 0)
		return r;
	inode->small.i_links_count = 0;
	inode->small.i_dtime = (uint32_t)x->e2->now;
	r = ext_inode_write(x, ino, inode, path, e);
	if (r < 0)
		return r;
	if (inode->small.i_file_acl || inode->small.osd2.linux2.l_i_file_acl_high)
		code = ext2fs_free_ext_attr(x->e2, ino, NULL);
	if (!code && inode->small.i_blocks && ext_has_blocks(inode->bytes))
		code = ext2fs_punch(x->e2, ino, NULL, NULL, 0, ~(blk64_t)0);
	if (code)
		return ext_error(e, code, path, "removed");
	ext2fs_inode_alloc_stats2(x->e2, ino, -1, LINUX_S_ISDIR(inode->small.i_mode));
	return wipe_inode(x, ino, path, e);
}

/* ---- what is left of names ---- */

struct wiping {
	ext2_filsys e2;
	bool indexed;
};

/* Blocks that hold an index instead of names look like one long entry. */
static bool is_index(const struct wiping *w, const char *block)
{
	const struct ext2_dir_entry *first = (const struct ext2_dir_entry *)block;

	return w->indexed && ((!first->inode && first->rec_len == (uint16_t)w->e2->blocksize) ||
			      (ext2fs_dirent_name_len(first) == 1 && first->name[0] == '.'));
}

static int wipe_gap(ext2_ino_t dir, int entry, struct ext2_dir_entry *de, int offset, int blocksize,
		    char *buf, void *arg)
{
	const struct wiping *w = arg;
	unsigned len, used = 8;

	(void)dir;
	(void)entry;
	(void)offset;
	(void)blocksize;
	if (is_index(w, buf) || ext2fs_get_rec_len(w->e2, de, &len) || len <= used)
		return 0;
	if (de->inode)
		used += (unsigned)ext2fs_dirent_name_len(de);
	if (used >= len || bytes_are_zero((char *)de + used, len - used))
		return 0;
	memset((char *)de + used, 0, len - used);
	return DIRENT_CHANGED;
}

/* A removed name stays in its block until another one is written over it: not here. */
static int wipe_names(struct ext *x, ext2_ino_t dir, const char *path, struct err *e)
{
	struct wiping w = {.e2 = x->e2};
	union ext_inode inode;
	errcode_t code;
	int r = ext_inode_read(x, dir, &inode, path, e);

	if (r < 0)
		return r;
	w.indexed = inode.small.i_flags & EXT2_INDEX_FL;
	code = ext2fs_dir_iterate2(x->e2, dir, DIRENT_FLAG_INCLUDE_EMPTY, NULL, wipe_gap, &w);
	return code ? ext_error(e, code, path, "cleaned") : 0;
}

/* Takes one name out of dir; a directory must be empty. */
static int drop_name(struct ext *x, ext2_ino_t dir, const char *name, ext2_ino_t ino,
		     const char *path, struct err *e)
{
	union ext_inode inode;
	bool is_dir;
	errcode_t code;
	int r = ext_inode_read(x, ino, &inode, path, e);

	if (r < 0)
		return r;
	code = ext2fs_unlink(x->e2, dir, name, ino, 0);
	ext_dir_forget(x, dir);
	ext_dir_forget(x, ino);
	if (code)
		return ext_error(e, code, path, "removed");
	is_dir = LINUX_S_ISDIR(inode.small.i_mode);
	if (is_dir)
		r = links_add(x, dir, -1, path, e);
	if (r < 0 || inode.small.i_links_count == 0)
		return r;
	if (is_dir || inode.small.i_links_count == 1)
		return ext_inode_free(x, ino, &inode, path, e);
	inode.small.i_links_count--;
	return ext_inode_write(x, ino, &inode, path, e);
}

/* ---- trees ---- */

struct open_dir {
	ext2_ino_t ino, parent;
	const char *name;
	struct ext_name *names;
	size_t count, at;
};

struct tree_walk {
	struct ext *x;
	struct arena *a;
	const char *path;
	struct open_dir stack[EXT_DEPTH];
	size_t depth;
};

static int push(struct tree_walk *t, ext2_ino_t parent, const char *name, ext2_ino_t ino,
		struct err *e)
{
	struct open_dir *o = &t->stack[t->depth];
	struct ext_dir *d;
	int r;

	if (t->depth == EXT_DEPTH)
		return err_set(e, ELOOP, "%s: too many directories below each other", t->path);
	for (size_t i = 0; i < t->depth; i++)
		if (t->stack[i].ino == ino)
			return err_set(e, EUCLEAN, "%s: a directory is inside itself", t->path);
	r = ext_dir_get(t->x, ino, t->path, &d, e);
	if (r < 0)
		return r;
	*o = (struct open_dir){.ino = ino, .parent = parent, .name = name, .count = d->count};
	o->names = arena_alloc(t->a, d->count * sizeof *o->names);
	for (size_t i = 0; i < d->count; i++)
		o->names[i] = (struct ext_name){arena_dup(t->a, d->names[i].name), d->names[i].ino};
	t->depth++;
	return 0;
}

static int drop_tree(struct tree_walk *t, struct err *e)
{
	while (t->depth > 0) {
		struct open_dir *o = &t->stack[t->depth - 1];
		const struct ext_name *n;
		union ext_inode inode;
		int r;

		if (o->at == o->count) {
			r = drop_name(t->x, o->parent, o->name, o->ino, t->path, e);
			t->depth--;
		} else {
			n = &o->names[o->at++];
			r = ext_inode_read(t->x, n->ino, &inode, t->path, e);
			if (r == 0 && LINUX_S_ISDIR(inode.small.i_mode))
				r = push(t, o->ino, n->name, n->ino, e);
			else if (r == 0)
				r = drop_name(t->x, o->ino, n->name, n->ino, t->path, e);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int drop_dir(struct ext *x, const struct ext_place *place, bool recursive, const char *path,
		    struct err *e)
{
	SCOPED(free_at) struct tree_walk *t = xcalloc(1, sizeof *t);
	struct arena a = {0};
	int r;

	*t = (struct tree_walk){.x = x, .a = &a, .path = path};
	r = push(t, place->parent, place->name, place->ino, e);
	if (r == 0 && t->stack[0].count && !recursive)
		r = err_set(e, ENOTEMPTY, "%s: the directory is not empty", path);
	if (r == 0)
		r = drop_tree(t, e);
	arena_fini(&a);
	return r;
}

int ext_remove(struct guest_fs *fs, const char *path, bool recursive, struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct ext_place place;
	union ext_inode inode;
	int r = ext_find(x, path, false, &place, e);

	if (r == 0 && !place.name[0])
		r = err_set(e, EBUSY, "%s: cannot be removed", path);
	if (r == 0)
		r = ext_begin(x, place.parent, path, e);
	if (r == 0)
		r = ext_inode_read(x, place.ino, &inode, path, e);
	if (r < 0)
		return r;
	if (LINUX_S_ISDIR(inode.small.i_mode))
		r = drop_dir(x, &place, recursive, path, e);
	else
		r = drop_name(x, place.parent, place.name, place.ino, path, e);
	return r < 0 ? r : wipe_names(x, place.parent, path, e);
}

/* ---- renaming ---- */

static int file_type(unsigned mode)
{
	static const uint8_t types[16] = {
		[LINUX_S_IFREG >> 12] = EXT2_FT_REG_FILE, [LINUX_S_IFDIR >> 12] = EXT2_FT_DIR,
		[LINUX_S_IFCHR >> 12] = EXT2_FT_CHRDEV,   [LINUX_S_IFBLK >> 12] = EXT2_FT_BLKDEV,
		[LINUX_S_IFIFO >> 12] = EXT2_FT_FIFO,     [LINUX_S_IFSOCK >> 12] = EXT2_FT_SOCK,
		[LINUX_S_IFLNK >> 12] = EXT2_FT_SYMLINK,
	};

	return types[mode >> 12 & 15];
}

static int set_dotdot(ext2_ino_t dir, int entry, struct ext2_dir_entry *de, int offset,
		      int blocksize, char *buf, void *arg)
{
	(void)dir;
	(void)entry;
	(void)offset;
	(void)blocksize;
	(void)buf;
	if (ext2fs_dirent_name_len(de) != 2 || memcmp(de->name, "..", 2) != 0)
		return 0;
	de->inode = *(const ext2_ino_t *)arg;
	return DIRENT_CHANGED | DIRENT_ABORT;
}

static int move_dir(struct ext *x, ext2_ino_t ino, ext2_ino_t from, ext2_ino_t to, const char *path,
		    struct err *e)
{
	errcode_t code =
		ext2fs_dir_iterate2(x->e2, ino, DIRENT_FLAG_INCLUDE_EMPTY, NULL, set_dotdot, &to);
	int r;

	if (code)
		return ext_error(e, code, path, "moved");
	r = links_add(x, from, -1, path, e);
	return r < 0 ? r : links_add(x, to, +1, path, e);
}

/* A directory does not go below itself. */
static int not_below(struct ext *x, ext2_ino_t dir, ext2_ino_t ino, const char *path, struct err *e)
{
	for (int i = 0; i < EXT_DEPTH; i++) {
		ext2_ino_t up;

		if (dir == ino)
			return err_set(e, EINVAL, "%s: a directory cannot move into itself", path);
		if (dir == EXT2_ROOT_INO)
			return 0;
		if (ext2fs_lookup(x->e2, dir, "..", 2, NULL, &up))
			break;
		dir = up;
	}
	return err_set(e, EUCLEAN, "%s: its folder leads nowhere", path);
}

/* What is in the way goes, unless it is a directory. */
static int clear_target(struct ext *x, const struct ext_place *to, const char *path, struct err *e)
{
	union ext_inode inode;
	int r;

	if (!to->ino)
		return 0;
	r = ext_inode_read(x, to->ino, &inode, path, e);
	if (r < 0)
		return r;
	if (LINUX_S_ISDIR(inode.small.i_mode))
		return err_set(e, EEXIST, "%s: it exists", path);
	return drop_name(x, to->parent, to->name, to->ino, path, e);
}

int ext_rename(struct guest_fs *fs, const char *from, const char *to, struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct ext_place old = {0}, new = {0};
	union ext_inode inode;
	bool is_dir = false;
	errcode_t code;
	int r = ext_find(x, from, false, &old, e);

	if (r == 0)
		r = ext_resolve(x, to, false, &new, e);
	if (r == 0 && (!old.name[0] || !new.name[0]))
		r = err_set(e, EBUSY, "%s: cannot be renamed to %s", from, to);
	if (r < 0 || old.ino == new.ino)
		return r;
	r = ext_begin(x, old.parent, from, e);
	if (r == 0)
		r = ext_begin(x, new.parent, to, e);
	if (r == 0)
		r = ext_inode_read(x, old.ino, &inode, from, e);
	if (r == 0 && (is_dir = LINUX_S_ISDIR(inode.small.i_mode)))
		r = not_below(x, new.parent, old.ino, from, e);
	if (r == 0)
		r = clear_target(x, &new, to, e);
	if (r == 0)
		r = ext_add_name(x, &new, old.ino, file_type(inode.small.i_mode), to, e);
	if (r < 0)
		return r;
	code = ext2fs_unlink(x->e2, old.parent, old.name, old.ino, 0);
	ext_dir_forget(x, old.parent);
	ext_dir_forget(x, old.ino);
	if (code)
		return ext_error(e, code, from, "renamed");
	r = wipe_names(x, old.parent, from, e);
	if (r < 0)
		return r;
	return is_dir && old.parent != new.parent
		       ? move_dir(x, old.ino, old.parent, new.parent, from, e)
		       : 0;
}
