/* Whose a block is: free, the filesystem's own, the journal's, a file's. */
#include "provision/ext_walk.h"

#include "base/scope.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { JOURNAL_INODE = 8, FOLDERS_MAX = 1 << 20 };

struct owning {
	struct ext *x;
	struct arena *a;
	struct guest_owner *list;
	size_t n;
	/* of the inode at work */
	const char *path;
	enum guest_space space;
	uint64_t size;
};

struct folder {
	ext2_ino_t ino;
	const char *path;
};

/* The first of the list that is at off or behind it. */
static size_t first_from(const struct owning *w, uint64_t off)
{
	size_t from = 0, to = w->n;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (w->list[middle].off < off)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static int take_piece(void *arg, const struct ext_piece *p, struct err *e)
{
	struct owning *w = arg;
	uint64_t each = w->x->e2->blocksize, from = p->block * each, to = from + p->count * each;

	(void)e;
	for (size_t i = first_from(w, from); i < w->n && w->list[i].off < to; i++) {
		struct guest_owner *o = &w->list[i];

		o->space = w->space;
		o->path = w->path;
		o->slack = !p->node && p->first * each + (o->off - from) >= w->size;
	}
	return 0;
}

static void take_inode(struct owning *w, const union ext_inode *inode, const char *path,
		       enum guest_space space)
{
	struct ext_walk walk = {
		.disk = w->x->fs.disk,
		.block_size = w->x->e2->blocksize,
		.blocks = ext2fs_blocks_count(w->x->e2->super),
		.limit = EXT_RUNS_MAX,
		.visit = take_piece,
		.arg = w,
	};

	w->path = path;
	w->space = space;
	w->size = EXT2_I_SIZE(&inode->small);
	/* A damaged map owns what it could be followed to. */
	if (ext_has_blocks(inode->bytes))
		ext_walk_inode(&walk, inode->bytes, NULL);
}

/* ---- every name ---- */

static void take_folder(struct owning *w, const struct folder *at, struct folder **folders,
			size_t *n, size_t *room)
{
	struct ext_dir *d;
	union ext_inode inode;

	if (ext_dir_get(w->x, at->ino, at->path, &d, NULL) < 0)
		return;
	for (size_t i = 0; i < d->count; i++) {
		const char *path = arena_printf(w->a, "%s/%s", at->path, d->names[i].name);

		if (ext_inode_read(w->x, d->names[i].ino, &inode, path, NULL) < 0)
			continue;
		take_inode(w, &inode, path, GUEST_SPACE_FILE);
		if (!LINUX_S_ISDIR(inode.small.i_mode) || *n == FOLDERS_MAX)
			continue;
		ARENA_GROW(w->a, *folders, *n, *room);
		(*folders)[(*n)++] = (struct folder){d->names[i].ino, path};
	}
}

static void take_names(struct owning *w)
{
	struct folder *folders = NULL;
	size_t n = 0, room = 0;
	union ext_inode inode;

	if (ext_inode_read(w->x, JOURNAL_INODE, &inode, "journal", NULL) == 0)
		take_inode(w, &inode, "", GUEST_SPACE_JOURNAL);
	if (ext_inode_read(w->x, EXT2_ROOT_INO, &inode, "/", NULL) == 0)
		take_inode(w, &inode, "/", GUEST_SPACE_FILE);
	ARENA_GROW(w->a, folders, n, room);
	folders[n++] = (struct folder){EXT2_ROOT_INO, ""};
	/* a folder is a child of one only: the list ends */
	for (size_t i = 0; i < n; i++) {
		const struct folder at = folders[i];

		take_folder(w, &at, &folders, &n, &room);
	}
}

int ext_owners(struct guest_fs *fs, struct arena *a, struct guest_owner *list, size_t n, bool names,
	       struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct owning w = {.x = x, .a = a, .list = list, .n = n};
	uint64_t blocks = ext2fs_blocks_count(x->e2->super);
	errcode_t code = x->e2->block_map ? 0 : ext2fs_read_bitmaps(x->e2);
	size_t used = 0;

	if (code)
		return ext_error(e, code, "ext4", "read");
	for (size_t i = 0; i < n; i++) {
		uint64_t block = list[i].off / x->e2->blocksize;
		bool free = block >= x->e2->super->s_first_data_block && block < blocks &&
			    !ext2fs_test_block_bitmap2(x->e2->block_map, block);

		list[i].path = "";
		list[i].slack = false;
		list[i].space = free ? GUEST_SPACE_FREE : GUEST_SPACE_META;
		used += !free;
	}
	if (used && names)
		take_names(&w);
	return 0;
}
