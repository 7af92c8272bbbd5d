/* The one door to the kernel's file calls: EINTR, short counts, O_CLOEXEC and -errno are settled here,
 * and faults are injected here. Everything returns 0, a count or a descriptor, or -errno. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct statfs;
struct strbuf;

int sys_open(const char *path, int flags, mode_t mode);
int sys_openat(int dir, const char *path, int flags, mode_t mode);
/* Stays below dir: no "..", no symlinks, no mount crossings by magic links. */
int sys_open_beneath(int dir, const char *path, int flags, mode_t mode);
/* dir is taken as "/": symlinks and ".." stay inside it. */
int sys_open_in_root(int dir, const char *path, int flags, mode_t mode);
int sys_dup(int fd);
int sys_close(int fd); /* for descriptors whose close may report a write error */

/* The whole range, or fewer bytes only at end of file. */
ssize_t sys_pread(int fd, void *buf, size_t n, uint64_t off);
int sys_pwrite(int fd, const void *buf, size_t n, uint64_t off);
int sys_write(int fd, const void *buf, size_t n);
/* Appends everything up to end of file; -EFBIG when there is more than limit. */
int sys_read_all(int fd, struct strbuf *out, size_t limit);
/* Opens a regular file without following it into devices or FIFOs, and reads it whole. */
int sys_read_file(const char *path, struct strbuf *out, size_t limit);
/* The same for a file that a person names: also a pipe, be it the shell's, <(...) or /dev/stdin, or a FIFO. -ENODATA when
 * nobody begins to write to it for some seconds. */
int sys_read_given(const char *path, struct strbuf *out, size_t limit);

/* Appends the names in a folder, each with its NUL, in any order, without "." and ".."; -EFBIG above limit names.
 * dir stays open, its position undefined. */
int sys_list(int dir, struct strbuf *names, size_t limit);

int sys_fstat(int fd, struct stat *st);
int sys_statfs(const char *path, struct statfs *st);
ssize_t sys_getxattr(const char *path, const char *name, void *value, size_t n);
int sys_truncate(int fd, uint64_t size);
/* lseek: where data or a hole begins (SEEK_DATA, SEEK_HOLE), or the end (SEEK_END). */
int64_t sys_seek(int fd, uint64_t off, int whence);
/* Makes a hole: the range reads as zeros and takes no room. */
int sys_punch(int fd, uint64_t off, uint64_t n);
/* Makes `to` hold what `from` holds, by sharing its blocks: -EOPNOTSUPP, -EINVAL or another where the filesystem cannot. */
int sys_reflink(int to, int from);
int sys_sync(int fd);
/* Starts writing all of a file's dirty pages to the disk; waits for none of them. */
int sys_begin_writeback(int fd);
int sys_sync_filesystem(int fd);
int sys_mkdirat(int dir, const char *path, mode_t mode);
int sys_renameat(int from_dir, const char *from, int to_dir, const char *to);
/* Both names change places at once; -EINVAL or -ENOSYS where the filesystem cannot. */
int sys_exchange(int from_dir, const char *from, int to_dir, const char *to);
int sys_unlinkat(int dir, const char *path, int flags);
int sys_chmod(int fd, mode_t mode);
/* An exclusive lock on the file, which ends with the process: -EWOULDBLOCK when another has it and wait is 0. */
int sys_lock(int fd, int wait);
/* Bytes that nobody can guess. */
int sys_random(void *buf, size_t n);
int sys_linkat_fd(int fd, int dir,
		  const char *path); /* gives an O_TMPFILE a name; -EEXIST if taken */

/* Writes text to path whole or not at all: staged under an unguessable name beside it, synced, renamed. */
int sys_write_whole(const char *path, const void *data, size_t n, mode_t mode);

/* Fault injection for the tests: VMINT_FAULT="write:17:EIO" makes the 17th write-like call of the process fail,
 * "any:40:KILL" kills the process at the 40th call of any kind that changes something. */
