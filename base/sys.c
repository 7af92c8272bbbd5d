/* Raw file calls live here and nowhere else. */
#include "base/sys.h"

#include "base/err.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- faults ---- */

static struct {
	bool read_env, on;
	char kind[8];
	long at;
	int code; /* 0: SIGKILL */
	atomic_long seen;
} fault;

static void fault_read_env(void)
{
	const char *text = getenv("VMINT_FAULT");
	char word[16];

	fault.read_env = true;
	if (!text || sscanf(text, "%7[a-z]:%ld:%15s", fault.kind, &fault.at, word) != 3)
		return;
	fault.on = true;
	for (int code = 1; code < 134; code++)
		if (str_eq(err_name(code), word))
			fault.code = code;
}

/* 0, or the -errno this call shall fail with. Kinds: open, read, write, rename, sync. */
static int fault_at(const char *kind)
{
	bool any;

	if (!fault.read_env)
		fault_read_env();
	if (!fault.on)
		return 0;
	any = str_eq(fault.kind, "any") && !str_eq(kind, "read") && !str_eq(kind, "open");
	if (!any && !str_eq(fault.kind, kind))
		return 0;
	if (atomic_fetch_add(&fault.seen, 1) + 1 != fault.at)
		return 0;
	if (!fault.code)
		raise(SIGKILL);
	return -fault.code;
}

/* ---- opening ---- */

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	int fd, r = fault_at("open");

	if (r)
		return r;
	do
		fd = openat(dir, path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int sys_open(const char *path, int flags, mode_t mode)
{
	return sys_openat(AT_FDCWD, path, flags, mode);
}

static int open_resolved(int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
		.resolve = resolve,
	};
	int tries = 0, r = fault_at("open");
	long fd;

	if (r)
		return r;
	do
		fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
	while (fd < 0 && (errno == EINTR || (errno == EAGAIN && tries++ < 64)));
	return fd < 0 ? -errno : (int)fd;
}

/* Kernels before 5.6 and some sandboxes have no openat2: folder by folder, none of them a link, none of them "..". */
static int open_step_by_step(int dir, const char *path, int flags, mode_t mode)
{
	SCOPED(close_at) int held = -1;
	char name[NAME_MAX + 1];

	for (;;) {
		size_t n = strcspn(path, "/"), gap = strspn(path + n, "/");
		bool last = !path[n + gap];
		int fd;

		if (n > NAME_MAX)
			return -ENAMETOOLONG;
		snprintf(name, sizeof name, "%.*s", (int)n, path);
		if (!n || str_eq(name, ".."))
			return -EXDEV;
		fd = sys_openat(held < 0 ? dir : held, name,
				O_NOFOLLOW | (last ? flags | (gap ? O_DIRECTORY : 0)
						   : O_PATH | O_DIRECTORY),
				last ? mode : 0);
		if (fd < 0 || last)
			return fd;
		close_at(&held);
		held = fd;
		path += n + gap;
	}
}

int sys_open_beneath(int dir, const char *path, int flags, mode_t mode)
{
	int fd = open_resolved(dir, path, flags, mode,
			       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

	return fd == -ENOSYS ? open_step_by_step(dir, path, flags, mode) : fd;
}

int sys_open_in_root(int dir, const char *path, int flags, mode_t mode)
{
	return open_resolved(dir, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int sys_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? -errno : copy;
}

int sys_close(int fd)
{
	/* After EINTR Linux has closed the descriptor: a second close could hit another thread's. */
	return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

/* ---- reading and writing ---- */

ssize_t sys_pread(int fd, void *buf, size_t n, uint64_t off)
{
	size_t done = 0;
	int r = fault_at("read");

	if (r)
		return r;
	if (off > INT64_MAX || n > SSIZE_MAX)
		return -EOVERFLOW;
	while (done < n) {
		ssize_t got = pread(fd, (char *)buf + done, n - done, (off_t)(off + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int sys_pwrite(int fd, const void *buf, size_t n, uint64_t off)
{
	size_t done = 0;
	int r = fault_at("write");

	if (r)
		return r;
	if (off > INT64_MAX || n > SSIZE_MAX)
		return -EOVERFLOW;
	while (done < n) {
		ssize_t put = pwrite(fd, (const char *)buf + done, n - done, (off_t)(off + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		done += (size_t)put;
	}
	return 0;
}

int sys_write(int fd, const void *buf, size_t n)
{
	size_t done = 0;
	int r = fault_at("write");

	if (r)
		return r;
	while (done < n) {
		ssize_t put = write(fd, (const char *)buf + done, n - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		done += (size_t)put;
	}
	return 0;
}

int sys_read_all(int fd, struct strbuf *out, size_t limit)
{
	char part[16384];
	int r = fault_at("read");

	if (r)
		return r;
	for (;;) {
		ssize_t got = read(fd, part, sizeof part);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		if ((size_t)got > limit)
			return -EFBIG;
		limit -= (size_t)got;
		strbuf_addn(out, part, (size_t)got);
	}
}

enum { WRITER_MS = 5000 };

/* Until its writers are done. A FIFO that nobody has opened for writing reads as empty at once: a writer may be a moment
 * late, but nobody is waited for without end. */
static int read_pipe(int fd, struct strbuf *out, size_t limit)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t before = out->len;
	int n, r;

	do
		n = poll(&p, 1, WRITER_MS);
	while (n < 0 && errno == EINTR);
	if (n < 0 || fcntl(fd, F_SETFL, O_RDONLY) < 0)
		return -errno;
	r = sys_read_all(fd, out, limit);
	return r == 0 && n == 0 && out->len == before ? -ENODATA : r;
}

static int read_named(const char *path, bool pipes, struct strbuf *out, size_t limit)
{
	SCOPED(close_at) int fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (pipes && S_ISFIFO(st.st_mode))
		return read_pipe(fd, out, limit);
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return sys_read_all(fd, out, limit);
}

int sys_read_file(const char *path, struct strbuf *out, size_t limit)
{
	return read_named(path, false, out, limit);
}

int sys_read_given(const char *path, struct strbuf *out, size_t limit)
{
	return read_named(path, true, out, limit);
}

/* ---- the rest ---- */

int sys_list(int dir, struct strbuf *names, size_t limit)
{
	int fd = sys_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (fd < 0)
		return fd;
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (errno = 0, entry = readdir(d))) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		if (!limit--)
			r = -EFBIG;
		else
			strbuf_addn(names, entry->d_name, strlen(entry->d_name) + 1);
	}
	if (r == 0 && errno)
		r = -errno;
	closedir(d);
	return r;
}

int sys_fstat(int fd, struct stat *st)
{
	return fstat(fd, st) < 0 ? -errno : 0;
}

int sys_statfs(const char *path, struct statfs *st)
{
	int r;

	do
		r = statfs(path, st);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

ssize_t sys_getxattr(const char *path, const char *name, void *value, size_t n)
{
	ssize_t got = getxattr(path, name, value, n);

	return got < 0 ? -errno : got;
}

int sys_truncate(int fd, uint64_t size)
{
	int r = fault_at("write");

	if (r)
		return r;
	if (size > INT64_MAX)
		return -EFBIG;
	return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

int64_t sys_seek(int fd, uint64_t off, int whence)
{
	off_t at;

	if (off > INT64_MAX)
		return -EOVERFLOW;
	at = lseek(fd, (off_t)off, whence);
	return at < 0 ? -errno : at;
}

int sys_punch(int fd, uint64_t off, uint64_t n)
{
	int r = fault_at("write");

	if (r)
		return r;
	if (off > INT64_MAX || n > INT64_MAX)
		return -EOVERFLOW;
	do
		r = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off, (off_t)n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int sys_reflink(int to, int from)
{
	int r = fault_at("write");

	if (r)
		return r;
	do
		r = ioctl(to, FICLONE, from);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int sys_sync(int fd)
{
	int r = fault_at("sync");

	if (r)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

int sys_begin_writeback(int fd)
{
	return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) < 0 ? -errno : 0;
}

int sys_sync_filesystem(int fd)
{
	int r = fault_at("sync");

	if (r)
		return r;
	return syncfs(fd) < 0 ? -errno : 0;
}

int sys_mkdirat(int dir, const char *path, mode_t mode)
{
	int r = fault_at("write");

	if (r)
		return r;
	return mkdirat(dir, path, mode) < 0 ? -errno : 0;
}

int sys_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int r = fault_at("rename");

	if (r)
		return r;
	return renameat(from_dir, from, to_dir, to) < 0 ? -errno : 0;
}

int sys_exchange(int from_dir, const char *from, int to_dir, const char *to)
{
	int r = fault_at("rename");

	if (r)
		return r;
	return renameat2(from_dir, from, to_dir, to, RENAME_EXCHANGE) < 0 ? -errno : 0;
}

int sys_chmod(int fd, mode_t mode)
{
	int r = fault_at("write");

	if (r)
		return r;
	return fchmod(fd, mode) < 0 ? -errno : 0;
}

int sys_lock(int fd, int wait)
{
	int r;

	do
		r = flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int sys_random(void *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = getrandom((char *)buf + done, n - done, 0);

		if (got < 0 && errno != EINTR)
			return -errno;
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

int sys_unlinkat(int dir, const char *path, int flags)
{
	int r = fault_at("write");

	if (r)
		return r;
	return unlinkat(dir, path, flags) < 0 ? -errno : 0;
}

int sys_linkat_fd(int fd, int dir, const char *path)
{
	char self[32];
	int r = fault_at("rename");

	if (r)
		return r;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, dir, path, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

static int write_and_sync(int fd, const void *data, size_t n)
{
	int r = sys_write(fd, data, n);

	return r < 0 ? r : sys_sync(fd);
}

int sys_write_whole(const char *path, const void *data, size_t n, mode_t mode)
{
	char staged[PATH_MAX];
	unsigned long long salt;
	int fd, r, len;

	if (getrandom(&salt, sizeof salt, 0) != sizeof salt)
		return -EIO;
	len = snprintf(staged, sizeof staged, "%s.%016llx.part", path, salt);
	if (len < 0 || (size_t)len >= sizeof staged)
		return -ENAMETOOLONG;
	fd = sys_open(staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	if (fd < 0)
		return fd;
	r = write_and_sync(fd, data, n);
	if (r < 0)
		close(fd);
	else
		r = sys_close(fd);
	if (r >= 0)
		r = sys_renameat(AT_FDCWD, staged, AT_FDCWD, path);
	if (r < 0)
		unlink(staged);
	return r;
}
