/* Which engine serves a filesystem, and the checks every engine relies on. */
#include "provision/guestfs_remote.h"

#include "base/arena.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct engine {
	const char *type;
	const struct guest_fs_ops *ops; /* NULL: recognised only */
	const char *reason;
};

static const struct engine engines[] = {
	{"ext2", &guest_ext_ops, NULL},
	{"ext3", &guest_ext_ops, NULL},
	{"ext4", &guest_ext_ops, NULL},
	{"vfat", &guest_fat_ops, NULL},
	{"swap", &guest_swap_ops, NULL},
	{"swsuspend", &guest_swap_ops, NULL},
	{"xfs", &guest_xfs_ops, NULL},
	{"btrfs", &guest_btrfs_ops, NULL},
	{"crypto_LUKS", &guest_luks_ops, NULL},
	{"linux_raid_member", NULL,
	 "a member of an md array, which is opened as a whole or not at all"},
	{"LVM2_member", NULL, "an LVM physical volume: its logical volumes are opened instead"},
};

static const struct engine *engine_of(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		if (str_eq(engines[i].type, type))
			return &engines[i];
	return NULL;
}

int guest_fs_open(struct disk *d, const char *type, struct guest_fs **out, struct err *e)
{
	const struct engine *engine = engine_of(type);
	int r;

	if (!engine)
		return err_set(e, ENOTSUP, "%s: no engine reads this type", *type ? type : "empty");
	if (!engine->ops)
		return err_set(e, ENOTSUP, "%s", engine->reason);
	r = engine->ops->open(d, out, e);
	if (r < 0)
		return r;
	(*out)->ops = engine->ops;
	if (!(*out)->disk)
		(*out)->disk = d;
	(*out)->type = engine->type;
	return 0;
}

int guest_fs_flush(struct guest_fs *fs, struct err *e)
{
	return fs->ops->flush ? fs->ops->flush(fs, e) : 0;
}

void guest_fs_close(struct guest_fs *fs)
{
	if (!fs)
		return;
	remote_close(fs);
	fs->ops->close(fs);
}

const char *guest_fs_type(const struct guest_fs *fs)
{
	return fs->type;
}

const char *guest_fs_engine(const struct guest_fs *fs)
{
	return fs->ops->mount_for_reading && guest_fs_has_files(fs) ? "libguestfs"
								    : fs->ops->engine;
}

const char *guest_fs_uuid(const struct guest_fs *fs)
{
	return fs->uuid;
}

const char *guest_fs_label(const struct guest_fs *fs)
{
	return fs->label;
}

const char *guest_fs_pinned(const struct guest_fs *fs)
{
	return fs->pinned[0] ? fs->pinned : NULL;
}

struct guest_fs_needs guest_fs_needs(const struct guest_fs *fs)
{
	return fs->needs;
}

bool guest_fs_has_files(const struct guest_fs *fs)
{
	if (fs->ops->mount_for_reading && !appliance_is_there(NULL))
		return false;
	return fs->ops->read && !fs->trouble[0];
}

const char *guest_fs_trouble(struct guest_fs *fs)
{
	struct err e = {0};

	if (!fs->trouble[0] && fs->ops->mount_for_reading && !appliance_is_there(&e)) {
		snprintf(fs->trouble, sizeof fs->trouble, "%s: its files cannot be read: %.180s",
			 fs->type, e.text);
	}
	return fs->trouble[0] ? fs->trouble : NULL;
}

void guest_fs_pin(struct guest_fs *fs, const char *why)
{
	size_t n = why ? strnlen(why, sizeof fs->pinned - 1) : 0;

	if (n)
		memcpy(fs->pinned, why, n);
	fs->pinned[n] = '\0';
}

const char *guest_fs_notice(const struct guest_fs *fs)
{
	return fs->notice[0] ? fs->notice : NULL;
}

static int path_check(const char *path, struct err *e)
{
	if (path[0] != '/')
		return err_set(e, EINVAL, "%s: not an absolute path", path);
	if (strlen(path) > 4095)
		return err_set(e, ENAMETOOLONG, "%.60s...: the path is too long", path);
	return 0;
}

/* The checks of every call that names a file. */
static int ready(struct guest_fs *fs, bool has, bool writes, const char *path, struct err *e)
{
	if (!has)
		return err_set(e, ENOTSUP, "%s: not possible on %s", path, fs->type);
	if (writes && fs->disk->readonly)
		return err_set(e, EROFS, "%s: the disk is read-only", path);
	return path_check(path, e);
}

int guest_fs_stat(struct guest_fs *fs, const char *path, bool follow, struct guest_stat *st,
		  struct err *e)
{
	int r = ready(fs, fs->ops->stat, false, path, e);

	return r < 0 ? r : fs->ops->stat(fs, path, follow, st, e);
}

int guest_fs_read(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
		  const char **data, size_t *len, struct err *e)
{
	int r = ready(fs, fs->ops->read, false, path, e);

	if (limit > GUEST_LARGE_MAX)
		limit = GUEST_LARGE_MAX;
	return r < 0 ? r : fs->ops->read(fs, a, path, limit, data, len, e);
}

int guest_fs_link(struct guest_fs *fs, struct arena *a, const char *path, const char **target,
		  struct err *e)
{
	int r = ready(fs, fs->ops->link, false, path, e);

	return r < 0 ? r : fs->ops->link(fs, a, path, target, e);
}

int guest_fs_list(struct guest_fs *fs, struct arena *a, const char *path, struct guest_names *out,
		  struct err *e)
{
	int r = ready(fs, fs->ops->list, false, path, e);

	return r < 0 ? r : fs->ops->list(fs, a, path, out, e);
}

int guest_fs_replace(struct guest_fs *fs, const char *path, const void *data, size_t n,
		     struct err *e)
{
	int r = ready(fs, fs->ops->replace, true, path, e);

	if (r == 0 && n > GUEST_FILE_MAX)
		r = err_set(e, EFBIG, "%s: larger than a configuration file", path);
	return r < 0 ? r : fs->ops->replace(fs, path, data, n, e);
}

static int patch_by_replacing(struct guest_fs *fs, const char *path, size_t len,
			      const struct guest_patch *list, size_t n, struct err *e)
{
	SCOPED(arena_fini) struct arena mem = {0};
	struct strbuf whole = {0};
	const char *now;
	size_t had;
	int r = guest_fs_read(fs, &mem, path, GUEST_LARGE_MAX, &now, &had, e);

	if (r < 0)
		return r;
	if (had != len)
		return err_set(e, EINVAL, "%s: it has %zu bytes, not %zu", path, had, len);
	strbuf_addn(&whole, now, len);
	for (size_t i = 0; i < n; i++)
		if (list[i].off == len)
			strbuf_addn(&whole, list[i].data, list[i].n);
		else
			memcpy(whole.text + list[i].off, list[i].data, list[i].n);
	r = fs->ops->replace(fs, path, whole.text, whole.len, e);
	strbuf_fini(&whole);
	return r;
}

/* Inside the file, but for the last, which may begin at its end. */
static bool patches_fit(size_t len, const struct guest_patch *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool behind = list[i].off == len && i == n - 1;

		if (behind && (list[i].n > GUEST_FILE_MAX || len > GUEST_LARGE_MAX - list[i].n))
			return false;
		if (!behind && (list[i].off > len || list[i].n > len - list[i].off))
			return false;
	}
	return len <= GUEST_LARGE_MAX;
}

int guest_fs_patch(struct guest_fs *fs, const char *path, size_t len,
		   const struct guest_patch *list, size_t n, struct err *e)
{
	int r = ready(fs, fs->ops->replace, true, path, e);

	if (r == 0 && !patches_fit(len, list, n))
		r = err_set(e, EFBIG, "%s: larger than an initial ramdisk", path);
	if (r < 0)
		return r;
	return fs->ops->patch ? fs->ops->patch(fs, path, len, list, n, e)
			      : patch_by_replacing(fs, path, len, list, n, e);
}

int guest_fs_create(struct guest_fs *fs, const char *path, mode_t mode, uid_t uid, gid_t gid,
		    const void *data, size_t n, struct err *e)
{
	struct guest_new as = {.mode = mode & 07777, .uid = uid, .gid = gid};
	int r = ready(fs, fs->ops->create, true, path, e);

	if (r == 0 && n > GUEST_FILE_MAX)
		r = err_set(e, EFBIG, "%s: larger than a configuration file", path);
	return r < 0 ? r : fs->ops->create(fs, path, &as, data, n, e);
}

int guest_fs_mkdir(struct guest_fs *fs, const char *path, mode_t mode, uid_t uid, gid_t gid,
		   struct err *e)
{
	struct guest_new as = {.mode = mode & 07777, .uid = uid, .gid = gid};
	int r = ready(fs, fs->ops->mkdir, true, path, e);

	return r < 0 ? r : fs->ops->mkdir(fs, path, &as, e);
}

int guest_fs_symlink(struct guest_fs *fs, const char *path, const char *target, struct err *e)
{
	int r = ready(fs, fs->ops->symlink, true, path, e);

	return r < 0 ? r : fs->ops->symlink(fs, path, target, e);
}

int guest_fs_remove(struct guest_fs *fs, const char *path, bool recursive, struct err *e)
{
	int r = ready(fs, fs->ops->remove, true, path, e);

	return r < 0 ? r : fs->ops->remove(fs, path, recursive, e);
}

int guest_fs_rename(struct guest_fs *fs, const char *from, const char *to, struct err *e)
{
	int r = ready(fs, fs->ops->rename, true, from, e);

	if (r == 0)
		r = path_check(to, e);
	return r < 0 ? r : fs->ops->rename(fs, from, to, e);
}

int guest_fs_owners(struct guest_fs *fs, struct arena *a, struct guest_owner *list, size_t n,
		    bool names, struct err *e)
{
	if (!fs->ops->owners)
		return err_set(e, ENOTSUP, "%s: whose a block is cannot be told", fs->type);
	return fs->ops->owners(fs, a, list, n, names, e);
}

int guest_fs_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e)
{
	if (!fs->ops->set_uuid)
		return err_set(e, ENOTSUP, "%s: its UUID cannot be changed", fs->type);
	if (fs->disk->readonly)
		return err_set(e, EROFS, "%s: the disk is read-only", fs->type);
	if (fs->pinned[0])
		return err_set(e, ENOTSUP, "%s", fs->pinned);
	/* nobody else may have it mounted */
	if (fs->remote && appliance_eject(&fs->remote->at, e) < 0)
		return -EIO;
	return fs->ops->set_uuid(fs, u, seed, e);
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void guest_names_sort(struct guest_names *n)
{
	if (n->count > 1)
		qsort(n->names, n->count, sizeof *n->names, name_order);
}
