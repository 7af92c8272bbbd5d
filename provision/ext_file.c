/* Reading what is in an ext2/3/4 filesystem. */
#include "provision/ext.h"

#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int find_inode(struct ext *x, const char *path, bool follow, struct ext_place *place,
		      union ext_inode *inode, struct err *e)
{
	int r = ext_find(x, path, follow, place, e);

	return r < 0 ? r : ext_inode_read(x, place->ino, inode, path, e);
}

int ext_stat(struct guest_fs *fs, const char *path, bool follow, struct guest_stat *st,
	     struct err *e)
{
	struct ext_place place;
	union ext_inode inode;
	int r = find_inode((struct ext *)fs, path, follow, &place, &inode, e);

	if (r < 0)
		return r;
	*st = (struct guest_stat){
		.mode = inode.small.i_mode,
		.uid = inode_uid(inode.small),
		.gid = inode_gid(inode.small),
		.size = EXT2_I_SIZE(&inode.small),
		.ino = place.ino,
		.links = inode.small.i_links_count,
		.mtime = inode.small.i_mtime,
	};
	return 0;
}

static int readable(const union ext_inode *inode, const char *path, size_t limit, struct err *e)
{
	uint64_t size = EXT2_I_SIZE(&inode->small);

	if (!LINUX_S_ISREG(inode->small.i_mode))
		return err_set(e, LINUX_S_ISDIR(inode->small.i_mode) ? EISDIR : EINVAL,
			       "%s: not a regular file", path);
	if (inode->small.i_flags & EXT4_ENCRYPT_FL)
		return err_set(e, ENOKEY, "%s: the file is encrypted", path);
	if (size > limit)
		return err_set(e, EFBIG, "%s: %" PRIu64 " bytes are more than %zu", path, size,
			       limit);
	return 0;
}

int ext_read(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
	     const char **data, size_t *len, struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct ext_place place;
	union ext_inode inode;
	unsigned got = 0, size;
	ext2_file_t f;
	errcode_t code;
	char *text;
	int r = find_inode(x, path, true, &place, &inode, e);

	if (r == 0)
		r = readable(&inode, path, limit, e);
	if (r == 0)
		r = ext_inode_sane(x, &inode, path, e);
	if (r < 0)
		return r;
	size = (unsigned)EXT2_I_SIZE(&inode.small);
	code = ext2fs_file_open2(x->e2, place.ino, &inode.small, 0, &f);
	if (code)
		return ext_error(e, code, path, "read");
	text = arena_alloc(a, (size_t)size + 1);
	code = size ? ext2fs_file_read(f, text, size, &got) : 0;
	ext2fs_file_close(f);
	if (code || got != size)
		return ext_error(e, code ? code : EIO, path, "read");
	*data = text;
	*len = size;
	return 0;
}

int ext_link(struct guest_fs *fs, struct arena *a, const char *path, const char **target,
	     struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct ext_place place;
	union ext_inode inode;
	char text[4096];
	int r = find_inode(x, path, false, &place, &inode, e);

	if (r == 0 && !LINUX_S_ISLNK(inode.small.i_mode))
		r = err_set(e, EINVAL, "%s: not a symlink", path);
	if (r < 0)
		return r;
	r = ext_symlink_target(x, place.ino, &inode, text, e);
	if (r < 0)
		return err_in(e, r, "%s", path);
	*target = arena_dup(a, text);
	return 0;
}

int ext_list(struct guest_fs *fs, struct arena *a, const char *path, struct guest_names *out,
	     struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct ext_place place;
	struct ext_dir *d;
	int r = ext_find(x, path, true, &place, e);

	if (r == 0)
		r = ext_dir_get(x, place.ino, path, &d, e);
	if (r < 0)
		return r;
	out->names = arena_alloc(a, d->count * sizeof *out->names);
	out->count = d->count;
	for (size_t i = 0; i < d->count; i++)
		out->names[i] = arena_dup(a, d->names[i].name);
	return 0;
}
