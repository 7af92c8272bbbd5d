/* Staging folders: made, recognised when their maker has died, renamed into place. */
#include "base/staging.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ENTRIES_MAX = 100000, TRIES = 8, DEPTH_MAX = 4 };

static const char prefix[] = ".vmint-staging-";

static bool is_ours(const char *name)
{
	size_t n = sizeof prefix - 1;

	return str_starts(name, prefix) && strlen(name) == n + 32 &&
	       strspn(name + n, "0123456789abcdef") == 32;
}

/* ---- removal ---- */

static int remove_entries(int dir, int depth)
{
	struct strbuf names = {0};
	int r = sys_list(dir, &names, ENTRIES_MAX);

	for (const char *n = strbuf_str(&names); r == 0 && n < names.text + names.len;
	     n += strlen(n) + 1) {
		r = sys_unlinkat(dir, n, 0);
		if ((r == -EISDIR || r == -EPERM) && depth < DEPTH_MAX) {
			SCOPED(close_at)
			int sub = sys_openat(dir, n, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

			r = sub < 0 ? sub : remove_entries(sub, depth + 1);
			if (r == 0)
				r = sys_unlinkat(dir, n, AT_REMOVEDIR);
		}
	}
	strbuf_fini(&names);
	return r;
}

/* One that another run holds is left alone: its lock is taken, and ends when it does. */
static void remove_if_dead(int parent, const char *name)
{
	SCOPED(close_at) int fd = sys_openat(parent, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
	struct stat st;

	if (fd < 0 || sys_fstat(fd, &st) < 0 || st.st_uid != geteuid() || sys_lock(fd, 0) < 0)
		return;
	if (S_ISREG(st.st_mode))
		sys_unlinkat(parent, name, 0);
	else if (S_ISDIR(st.st_mode) && remove_entries(fd, 0) == 0)
		sys_unlinkat(parent, name, AT_REMOVEDIR);
}

static void sweep(int parent)
{
	struct strbuf names = {0};

	if (sys_list(parent, &names, ENTRIES_MAX) == 0)
		for (const char *n = strbuf_str(&names); n < names.text + names.len;
		     n += strlen(n) + 1)
			if (is_ours(n))
				remove_if_dead(parent, n);
	strbuf_fini(&names);
}

/* ---- beginning ---- */

/* "a/b/" is b in a; "b" is b in ".". */
static int split(const char *path, char *folder, size_t room, char *final, size_t final_room,
		 struct err *e)
{
	size_t n = strlen(path), from;

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (from = n; from > 0 && path[from - 1] != '/';)
		from--;
	if (n == from || n - from >= final_room || from >= room)
		return err_set(e, EINVAL, "'%s' is no name for something new", path);
	memcpy(final, path + from, n - from);
	final[n - from] = '\0';
	if (str_eq(final, ".") || str_eq(final, ".."))
		return err_set(e, EINVAL, "'%s' is no name for something new", path);
	snprintf(folder, room, "%.*s", from ? (int)from : 1, from ? path : ".");
	return 0;
}

static int check_free(const struct staging *s, struct err *e)
{
	SCOPED(close_at) int fd = sys_openat(s->parent, s->final, O_RDONLY | O_DIRECTORY, 0);
	struct strbuf names = {0};
	int r;

	if (fd == -ENOENT)
		return 0;
	if (fd == -ENOTDIR)
		return err_set(e, EEXIST, "%s is there already, and is no folder", s->shown);
	if (fd < 0)
		return err_sys(e, fd, "%s", s->shown);
	r = sys_list(fd, &names, 1);
	strbuf_fini(&names);
	return r == 0 && !names.len ? 0 : err_set(e, EEXIST, "%s is there already", s->shown);
}

static void make_name(char *out, size_t n)
{
	uint64_t salt[2];

	sys_random(salt, sizeof salt);
	snprintf(out, n, "%s%016" PRIx64 "%016" PRIx64, prefix, salt[0], salt[1]);
}

static int make(struct staging *s, struct err *e)
{
	for (int tries = 0; tries < TRIES; tries++) {
		struct stat st;
		int r;

		make_name(s->name, sizeof s->name);
		r = sys_mkdirat(s->parent, s->name, 0700);
		if (r < 0)
			return err_sys(e, r, "%s", s->shown);
		s->fd = sys_openat(s->parent, s->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		/* Another run may have taken it for a leftover before it was locked. */
		if (s->fd >= 0 && sys_lock(s->fd, 0) == 0 && sys_fstat(s->fd, &st) == 0 &&
		    st.st_nlink > 0)
			return 0;
		close_at(&s->fd);
		s->fd = -1;
	}
	return err_set(e, EBUSY, "%s: a folder beside it cannot be locked", s->shown);
}

int staging_open(struct staging *s, const char *path, struct err *e)
{
	char folder[4096];
	int r;

	*s = (struct staging){.parent = -1, .fd = -1, .shown = path};
	r = split(path, folder, sizeof folder, s->final, sizeof s->final, e);
	if (r < 0)
		return r;
	s->parent = sys_open(folder, O_RDONLY | O_DIRECTORY, 0);
	if (s->parent < 0)
		return err_sys(e, s->parent, "%s", folder);
	sweep(s->parent);
	r = check_free(s, e);
	if (r == 0)
		r = make(s, e);
	if (r < 0)
		staging_drop(s);
	return r;
}

/* ---- ending ---- */

static void end(struct staging *s)
{
	close_at(&s->fd);
	close_at(&s->parent);
	*s = (struct staging){.parent = -1, .fd = -1};
}

int staging_commit(struct staging *s, bool sync, struct err *e)
{
	int r = sync ? sys_sync(s->fd) : 0;

	if (r == 0)
		r = sys_renameat(s->parent, s->name, s->parent, s->final);
	if (r == -ENOTEMPTY || r == -EEXIST)
		return err_set(e, EEXIST, "%s is there already", s->shown);
	if (r < 0)
		return err_sys(e, r, "%s", s->shown);
	/* What is dropped from now on has its final name. */
	snprintf(s->name, sizeof s->name, "%s", "");
	r = sync ? sys_sync(s->parent) : 0;
	if (r < 0)
		return err_sys(e, r, "%s", s->shown);
	end(s);
	return 0;
}

void staging_drop(struct staging *s)
{
	if (s->parent > 0 && s->fd > 0 && remove_entries(s->fd, 0) == 0)
		sys_unlinkat(s->parent, *s->name ? s->name : s->final, AT_REMOVEDIR);
	if (s->shown)
		end(s);
}

/* ---- files ---- */

static void end_file(struct staged_file *s)
{
	close_at(&s->fd);
	close_at(&s->parent);
	*s = (struct staged_file){.parent = -1, .fd = -1};
}

static int make_file(struct staged_file *s)
{
	s->fd = sys_openat(s->parent, ".", O_TMPFILE | O_RDWR, 0600);
	if (s->fd != -EOPNOTSUPP && s->fd != -EISDIR && s->fd != -EINVAL)
		return s->fd < 0 ? s->fd : 0;
	make_name(s->name, sizeof s->name);
	s->fd = sys_openat(s->parent, s->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	return s->fd < 0 ? s->fd : sys_lock(s->fd, 0);
}

int staged_file_open(struct staged_file *s, const char *path, struct err *e)
{
	char folder[4096];
	int there, r;

	*s = (struct staged_file){.parent = -1, .fd = -1, .shown = path};
	r = split(path, folder, sizeof folder, s->final, sizeof s->final, e);
	if (r < 0)
		return r;
	s->parent = sys_open(folder, O_RDONLY | O_DIRECTORY, 0);
	if (s->parent < 0)
		return err_sys(e, s->parent, "%s", folder);
	sweep(s->parent);
	there = sys_openat(s->parent, s->final, O_PATH | O_NOFOLLOW, 0);
	if (there >= 0) {
		close(there);
		r = err_set(e, EEXIST, "%s is there already", path);
	} else {
		r = make_file(s);
		if (r < 0)
			err_sys(e, r, "%s", path);
	}
	if (r < 0)
		staged_file_drop(s);
	return r;
}

int staged_file_commit(struct staged_file *s, struct err *e)
{
	int r = sys_sync(s->fd);

	if (r == 0)
		r = sys_linkat_fd(s->fd, s->parent, s->final);
	if (r == -EEXIST)
		return err_set(e, EEXIST, "%s is there already", s->shown);
	if (r == 0) {
		r = sys_sync(s->parent);
		if (r < 0)
			sys_unlinkat(s->parent, s->final, 0);
	}
	if (r < 0)
		return err_sys(e, r, "%s", s->shown);
	if (*s->name)
		sys_unlinkat(s->parent, s->name, 0);
	end_file(s);
	return 0;
}

void staged_file_drop(struct staged_file *s)
{
	if (s->fd > 0 && *s->name)
		sys_unlinkat(s->parent, s->name, 0);
	if (s->shown)
		end_file(s);
}
