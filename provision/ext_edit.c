/* Changing what is in an ext2/3/4 filesystem. */
#include "provision/ext.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char quota_reason[] =
	"the filesystem keeps quotas, which an offline change makes wrong";

/* Before the first change: whether there may be one, and the bitmaps. */
static int begin(struct ext *x, const char *path, struct err *e)
{
	errcode_t code = 0;

	if (x->readonly[0])
		return err_set(e, EUCLEAN, "%s: %s", path, x->readonly);
	if (x->e2->super->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_QUOTA)
		return err_set(e, ENOTSUP, "%s: %s", path, quota_reason);
	if (!x->e2->block_map || !x->e2->inode_map)
		code = ext2fs_read_bitmaps(x->e2);
	if (code)
		return ext_error(e, code, path, "changed");
	x->changed = x->pending = true;
	return 0;
}

/* What the kernel would find changed behind its back, or what cannot be written without a key. */
static int editable(const union ext_inode *inode, const char *path, struct err *e)
{
	static const struct {
		uint32_t flag;
		const char *why;
	} rows[] = {
		{EXT4_ENCRYPT_FL, "it is encrypted"},
		{EXT4_VERITY_FL, "it is protected by fs-verity"},
		{EXT4_CASEFOLD_FL, "the directory ignores case"},
		{EXT2_COMPRBLK_FL, "it is compressed"},
		{EXT4_EA_INODE_FL, "it holds another file's attributes"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (inode->small.i_flags & rows[i].flag)
			return err_set(e, ENOTSUP, "%s: cannot be changed: %s", path, rows[i].why);
	return 0;
}

int ext_begin(struct ext *x, ext2_ino_t dir, const char *path, struct err *e)
{
	union ext_inode inode;
	int r = begin(x, path, e);

	if (r == 0)
		r = ext_inode_read(x, dir, &inode, path, e);
	return r < 0 ? r : editable(&inode, path, e);
}

/* ---- content ---- */

static errcode_t write_at(ext2_file_t f, const struct guest_patch *p, unsigned each)
{
	errcode_t code = ext2fs_file_llseek(f, p->off, EXT2_SEEK_SET, NULL);

	for (size_t done = 0; done < p->n && !code;) {
		unsigned want = p->n - done < each ? (unsigned)(p->n - done) : each, part = 0;

		code = ext2fs_file_write(f, (const char *)p->data + done, want, &part);
		done += part;
		if (!code && part == 0)
			code = EIO;
	}
	return code;
}

/* whole: the file ends behind the last one. */
static int write_blocks(struct ext *x, ext2_ino_t ino, union ext_inode *inode,
			const struct guest_patch *list, size_t n, bool whole, const char *path,
			struct err *e)
{
	/* 1.47 copies the whole of a write into three blocks of memory before it sees that it does not fit inline. */
	const unsigned each =
		inode->small.i_flags & EXT4_INLINE_DATA_FL ? x->e2->blocksize : 1U << 30;
	errcode_t code, closed;
	ext2_file_t f;

	code = ext2fs_file_open2(x->e2, ino, &inode->small, EXT2_FILE_WRITE, &f);
	if (code)
		return ext_error(e, code, path, "written");
	for (size_t i = 0; i < n && !code; i++)
		code = write_at(f, &list[i], each);
	if (!code)
		code = ext2fs_file_flush(f);
	if (!code && whole && list->n < EXT2_I_SIZE(&inode->small))
		code = ext2fs_file_set_size2(f, (ext2_off64_t)list->n);
	closed = ext2fs_file_close(f);
	if (!code)
		code = closed;
	return code ? ext_error(e, code, path, "written") : 0;
}

/* Inline data is set as a whole while it fits; libext2fs moves it to blocks when a write does not. */
static int write_content(struct ext *x, ext2_ino_t ino, union ext_inode *inode,
			 const struct guest_patch *all, const char *path, struct err *e)
{
	size_t n = all->n;
	errcode_t code;
	int r;

	if (!(inode->small.i_flags & EXT4_INLINE_DATA_FL) || n > EXT2_I_SIZE(&inode->small))
		return write_blocks(x, ino, inode, all, 1, true, path, e);
	code = ext2fs_inline_data_set(x->e2, ino, &inode->small, (void *)all->data, n);
	if (code)
		return ext_error(e, code, path, "written");
	r = ext_inode_read(x, ino, inode, path, e);
	if (r < 0)
		return r;
	inode->small.i_size = (uint32_t)n;
	/* the library leaves the old end */
	if (n < sizeof inode->small.i_block)
		memset((uint8_t *)inode->small.i_block + n, 0, sizeof inode->small.i_block - n);
	return ext_inode_write(x, ino, inode, path, e);
}

/* As it was before the content changed. */
static int restore_times(struct ext *x, ext2_ino_t ino, const union ext_inode *was,
			 const char *path, struct err *e)
{
	union ext_inode now;
	int r = ext_inode_read(x, ino, &now, path, e);

	if (r < 0)
		return r;
	now.small.i_atime = was->small.i_atime;
	now.small.i_mtime = was->small.i_mtime;
	now.small.i_ctime = was->small.i_ctime;
	now.large.i_atime_extra = was->large.i_atime_extra;
	now.large.i_mtime_extra = was->large.i_mtime_extra;
	now.large.i_ctime_extra = was->large.i_ctime_extra;
	return ext_inode_write(x, ino, &now, path, e);
}

/* What is written to a file: patches of one that is that long, or all of it. */
struct writing {
	const struct guest_patch *list;
	size_t n, len;
	bool whole;
};

static int write_inode(struct ext *x, ext2_ino_t ino, const struct writing *w, const char *path,
		       struct err *e)
{
	union ext_inode inode, was;
	int r = ext_inode_read(x, ino, &inode, path, e);

	if (r < 0)
		return r;
	if (!w->whole && w->len != EXT2_I_SIZE(&inode.small))
		return err_set(e, EINVAL, "%s: it has another length than %zu", path, w->len);
	if (!LINUX_S_ISREG(inode.small.i_mode))
		return err_set(e, EINVAL, "%s: not a regular file", path);
	if (EXT2_I_SIZE(&inode.small) > (w->whole ? GUEST_FILE_MAX : GUEST_LARGE_MAX))
		return err_set(e, EFBIG, "%s: larger than a configuration file", path);
	was = inode;
	r = editable(&inode, path, e);
	if (r == 0)
		r = ext_inode_sane(x, &inode, path, e);
	if (r == 0)
		r = w->whole ? write_content(x, ino, &inode, w->list, path, e)
			     : write_blocks(x, ino, &inode, w->list, w->n, false, path, e);
	return r < 0 ? r : restore_times(x, ino, &was, path, e);
}

static int write_file(struct guest_fs *fs, const char *path, const struct writing *w, struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct ext_place place;
	int r = ext_find(x, path, true, &place, e);

	if (r == 0)
		r = begin(x, path, e);
	return r < 0 ? r : write_inode(x, place.ino, w, path, e);
}

int ext_patch(struct guest_fs *fs, const char *path, size_t len, const struct guest_patch *list,
	      size_t n, struct err *e)
{
	return write_file(fs, path, &(struct writing){list, n, len, false}, e);
}

int ext_replace(struct guest_fs *fs, const char *path, const void *data, size_t n, struct err *e)
{
	const struct guest_patch all = {0, data, n};

	return write_file(fs, path, &(struct writing){&all, 1, 0, true}, e);
}

/* ---- new names ---- */

int ext_add_name(struct ext *x, const struct ext_place *at, ext2_ino_t ino, int type,
		 const char *path, struct err *e)
{
	errcode_t code = ext2fs_link(x->e2, at->parent, at->name, ino, type);

	if (code == EXT2_ET_DIR_NO_SPACE) {
		code = ext2fs_expand_dir(x->e2, at->parent);
		if (!code)
			code = ext2fs_link(x->e2, at->parent, at->name, ino, type);
	}
	ext_dir_forget(x, at->parent);
	return code ? ext_error(e, code, path, "made") : 0;
}

/* The folder that will hold a new name. */
static int ready_for(struct ext *x, const char *path, bool follow, struct ext_place *place,
		     struct err *e)
{
	int r = ext_resolve(x, path, follow, place, e);

	if (r == 0 && !place->name[0])
		r = err_set(e, EEXIST, "%s: it exists", path);
	return r < 0 ? r : ext_begin(x, place->parent, path, e);
}

/* A file without SELinux's label keeps a guest from starting; its folder's label is right for most. */
static int copy_label(struct ext *x, ext2_ino_t from, ext2_ino_t to, const char *path,
		      struct err *e)
{
	struct ext2_xattr_handle *h = NULL;
	void *value = NULL;
	size_t n = 0;
	errcode_t code;

	if (!(x->e2->super->s_feature_compat & EXT2_FEATURE_COMPAT_EXT_ATTR))
		return 0;
	code = ext2fs_xattrs_open(x->e2, from, &h);
	if (!code)
		code = ext2fs_xattrs_read(h);
	if (!code && ext2fs_xattr_get(h, "security.selinux", &value, &n))
		value = NULL;
	if (h)
		ext2fs_xattrs_close(&h);
	if (code || !value)
		return code ? ext_error(e, code, path, "labelled") : 0;
	code = ext2fs_xattrs_open(x->e2, to, &h);
	if (!code)
		code = ext2fs_xattrs_read(h);
	if (!code)
		code = ext2fs_xattr_set(h, "security.selinux", value, n);
	if (h)
		ext2fs_xattrs_close(&h);
	ext2fs_free_mem(&value);
	return code ? ext_error(e, code, path, "labelled") : 0;
}

static int set_owner(struct ext *x, ext2_ino_t ino, const struct guest_new *as, const char *path,
		     struct err *e)
{
	union ext_inode inode;
	int r = ext_inode_read(x, ino, &inode, path, e);

	if (r < 0)
		return r;
	inode.small.i_mode = (uint16_t)((inode.small.i_mode & LINUX_S_IFMT) | as->mode);
	inode.small.i_uid = (uint16_t)as->uid;
	inode.small.osd2.linux2.l_i_uid_high = (uint16_t)(as->uid >> 16);
	inode.small.i_gid = (uint16_t)as->gid;
	inode.small.osd2.linux2.l_i_gid_high = (uint16_t)(as->gid >> 16);
	return ext_inode_write(x, ino, &inode, path, e);
}

/* An empty file, linked. */
static int new_file(struct ext *x, const struct ext_place *at, ext2_ino_t *out, const char *path,
		    struct err *e)
{
	struct ext2_inode inode = {
		.i_mode = LINUX_S_IFREG | 0600,
		.i_links_count = 1,
		.i_atime = (uint32_t)x->e2->now,
		.i_ctime = (uint32_t)x->e2->now,
		.i_mtime = (uint32_t)x->e2->now,
	};
	ext2_extent_handle_t extents;
	errcode_t code = ext2fs_new_inode(x->e2, at->parent, inode.i_mode, NULL, out);
	int r;

	if (code)
		return ext_error(e, code, path, "made");
	r = ext_add_name(x, at, *out, EXT2_FT_REG_FILE, path, e);
	if (r < 0)
		return r;
	ext2fs_inode_alloc_stats2(x->e2, *out, +1, 0);
	if (x->e2->super->s_feature_incompat & EXT3_FEATURE_INCOMPAT_EXTENTS) {
		code = ext2fs_extent_open2(x->e2, *out, &inode, &extents);
		if (!code)
			ext2fs_extent_free(extents);
	}
	if (!code)
		code = ext2fs_write_new_inode(x->e2, *out, &inode);
	return code ? ext_error(e, code, path, "made") : 0;
}

int ext_create(struct guest_fs *fs, const char *path, const struct guest_new *as, const void *data,
	       size_t n, struct err *e)
{
	struct ext *x = (struct ext *)fs;
	const struct guest_patch all = {0, data, n};
	struct ext_place place;
	bool is_new;
	int r = ready_for(x, path, true, &place, e);

	if (r < 0)
		return r;
	is_new = place.ino == 0;
	if (is_new)
		r = new_file(x, &place, &place.ino, path, e);
	if (r == 0 && is_new)
		r = copy_label(x, place.parent, place.ino, path, e);
	if (r == 0)
		r = write_inode(x, place.ino, &(struct writing){&all, 1, 0, true}, path, e);
	return r < 0 ? r : set_owner(x, place.ino, as, path, e);
}

int ext_mkdir(struct guest_fs *fs, const char *path, const struct guest_new *as, struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct ext_place place;
	errcode_t code;
	int r = ready_for(x, path, false, &place, e);

	if (r == 0 && place.ino)
		r = err_set(e, EEXIST, "%s: it exists", path);
	if (r < 0)
		return r;
	code = ext2fs_mkdir(x->e2, place.parent, 0, place.name);
	if (code == EXT2_ET_DIR_NO_SPACE) {
		code = ext2fs_expand_dir(x->e2, place.parent);
		if (!code)
			code = ext2fs_mkdir(x->e2, place.parent, 0, place.name);
	}
	ext_dir_forget(x, place.parent);
	if (code)
		return ext_error(e, code, path, "made");
	r = ext_find(x, path, false, &place, e);
	if (r == 0)
		r = copy_label(x, place.parent, place.ino, path, e);
	return r < 0 ? r : set_owner(x, place.ino, as, path, e);
}

int ext_symlink(struct guest_fs *fs, const char *path, const char *target, struct err *e)
{
	struct ext *x = (struct ext *)fs;
	struct ext_place place;
	errcode_t code;
	int r = ready_for(x, path, false, &place, e);

	if (r == 0 && place.ino)
		r = err_set(e, EEXIST, "%s: it exists", path);
	if (r == 0 && (!target[0] || strlen(target) >= x->e2->blocksize))
		r = err_set(e, EINVAL, "%s: a target of %zu bytes", path, strlen(target));
	if (r < 0)
		return r;
	code = ext2fs_symlink(x->e2, place.parent, 0, place.name, target);
	if (code == EXT2_ET_DIR_NO_SPACE) {
		code = ext2fs_expand_dir(x->e2, place.parent);
		if (!code)
			code = ext2fs_symlink(x->e2, place.parent, 0, place.name, target);
	}
	ext_dir_forget(x, place.parent);
	if (code)
		return ext_error(e, code, path, "made");
	r = ext_find(x, path, false, &place, e);
	return r < 0 ? r : copy_label(x, place.parent, place.ino, path, e);
}
