/* Trees that are folders: this host, and a captured one; and opening whichever kind a path holds. */
#include "base/tree.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/tree_archive.h"
#include "base/tree_backend.h"
#include "base/tree_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

struct folder {
	int dir; /* -1: this host */
};

static int folder_open(const struct folder *f, const char *path, int flags)
{
	if (f->dir < 0)
		return sys_open(path, flags, 0);
	while (*path == '/')
		path++;
	return sys_open_in_root(f->dir, *path ? path : ".", flags, 0);
}

static int folder_read(void *self, const char *path, size_t limit, struct strbuf *out)
{
	struct stat st;
	int r;
	/* O_PATH first: opening a FIFO or a device of a hostile folder must not happen at all. */
	SCOPED(close_at) int probe_fd = folder_open(self, path, O_PATH);
	SCOPED(close_at) int fd = -1;

	if (probe_fd < 0)
		return probe_fd;
	r = sys_fstat(probe_fd, &st);
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	fd = folder_open(self, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	return sys_read_all(fd, out, limit);
}

static int folder_link(void *self, const char *path, struct strbuf *out)
{
	char target[PATH_MAX];
	SCOPED(close_at) int fd = folder_open(self, path, O_PATH | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", target, sizeof target);
	if (n < 0)
		return errno == ENOENT ? -EINVAL : -errno; /* "": not a symlink */
	strbuf_addn(out, target, (size_t)n);
	return 0;
}

static int folder_stat(void *self, const char *path, bool follow, struct tree_stat *out)
{
	SCOPED(close_at) int fd = folder_open(self, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r < 0)
		return r;
	*out = (struct tree_stat){
		.mode = st.st_mode,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.rdev_major = major(st.st_rdev),
		.rdev_minor = minor(st.st_rdev),
		.size = (uint64_t)st.st_size,
		.dev = st.st_dev,
		.ino = st.st_ino,
	};
	return 0;
}

static int folder_list(void *self, const char *path, struct strbuf *out)
{
	SCOPED(close_at) int fd = folder_open(self, path, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? fd : sys_list(fd, out, TREE_NAMES_MAX);
}

static void folder_close(void *self)
{
	struct folder *f = self;

	close_at(&f->dir);
	free(f);
}

static const struct tree_backend folder_ops = {
	.close = folder_close,
	.read = folder_read,
	.link = folder_link,
	.stat = folder_stat,
	.list = folder_list,
};

static struct tree *folder_tree(const char *name, int dir)
{
	struct folder *f = xcalloc(1, sizeof *f);

	f->dir = dir;
	return tree_new(name, &folder_ops, f);
}

struct tree *tree_live(void)
{
	struct tree *t = folder_tree("/", -1);

	tree_set_live(t);
	return t;
}

static bool holds_host(int dir)
{
	const struct folder f = {.dir = dir};

	for (size_t i = 0; i < host_marks_count; i++) {
		SCOPED(close_at) int fd = folder_open(&f, host_marks[i], O_PATH);

		if (fd >= 0)
			return true;
	}
	return false;
}

int tree_open(struct tree **out, const char *path, struct err *e)
{
	SCOPED(close_at) int probe_fd = sys_open(path, O_PATH, 0);
	SCOPED(close_at) int fd = -1;
	struct stat st;
	int r = probe_fd < 0 ? probe_fd : sys_fstat(probe_fd, &st);

	if (r < 0)
		return err_sys(e, r, "%s", path);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: neither a folder nor a capture file", path);
	fd = sys_open(path, S_ISDIR(st.st_mode) ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, fd, "%s", path);
	if (S_ISREG(st.st_mode))
		return tree_archive_open(out, path, fd, e);
	if (!holds_host(fd))
		return err_set(e, EINVAL, "%s: no proc, sys or dev in it: not a captured host",
			       path);
	*out = folder_tree(path, TAKE_FD(fd));
	return 0;
}
