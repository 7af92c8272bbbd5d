/* libguestfs, loaded when first needed. Its header comes with a package of a hundred others, so what is used of its
 * stable interface is declared here. */
#pragma once

#include "base/lazy.h"

#include <stdint.h>

typedef struct guestfs_h guestfs_h;
typedef void guestfs_error_handler(guestfs_h *g, void *ctx, const char *text);

struct guestfs_statns {
	int64_t st_dev, st_ino, st_mode, st_nlink, st_uid, st_gid, st_rdev, st_size, st_blksize,
		st_blocks, st_atime_sec, st_atime_nsec, st_mtime_sec, st_mtime_nsec, st_ctime_sec,
		st_ctime_nsec, st_spare[6];
};

struct guestfs_statns_list {
	uint32_t len;
	struct guestfs_statns *val;
};

enum {
	GUESTFS_DRIVE_FORMAT = 1,
	GUESTFS_DRIVE_PROTOCOL = 5,
	GUESTFS_DRIVE_SERVER = 6,
	GUESTFS_DRIVE_CACHE = 9,
	GUESTFS_DRIVE_DISCARD = 10,
	GUESTFS_DRIVE_END = -1,
};

guestfs_h *guestfs_create(void);
void guestfs_close(guestfs_h *g);
const char *guestfs_last_error(guestfs_h *g);
int guestfs_last_errno(guestfs_h *g);
void guestfs_set_error_handler(guestfs_h *g, guestfs_error_handler *handler, void *ctx);
int guestfs_set_autosync(guestfs_h *g, int on);
int guestfs_set_backend(guestfs_h *g, const char *name);
int guestfs_add_drive_opts(guestfs_h *g, const char *name, ...);
int guestfs_launch(guestfs_h *g);
int guestfs_shutdown(guestfs_h *g);
int guestfs_mkmountpoint(guestfs_h *g, const char *path);
int guestfs_mount_options(guestfs_h *g, const char *options, const char *device, const char *point);
int guestfs_umount(guestfs_h *g, const char *point);
int guestfs_fstrim(guestfs_h *g, const char *point, ...); /* ends with GUESTFS_DRIVE_END */
int guestfs_blockdev_flushbufs(guestfs_h *g, const char *device);
char **guestfs_ls(guestfs_h *g, const char *path);
struct guestfs_statns *guestfs_lstatns(guestfs_h *g, const char *path);
void guestfs_free_statns(struct guestfs_statns *st);
struct guestfs_statns_list *guestfs_lstatnslist(guestfs_h *g, const char *path, char *const *names);
void guestfs_free_statns_list(struct guestfs_statns_list *list);
char *guestfs_readlink(guestfs_h *g, const char *path);
char *guestfs_read_file(guestfs_h *g, const char *path, size_t *len);
int guestfs_tar_out(guestfs_h *g, const char *path, const char *file);
int guestfs_write(guestfs_h *g, const char *path, const char *data, size_t n);
int guestfs_write_append(guestfs_h *g, const char *path, const char *data, size_t n);
int guestfs_utimens(guestfs_h *g, const char *path, int64_t asec, int64_t ansec, int64_t msec,
		    int64_t mnsec);
int guestfs_chmod(guestfs_h *g, int mode, const char *path);
int guestfs_lchown(guestfs_h *g, int uid, int gid, const char *path);
char *guestfs_lgetxattr(guestfs_h *g, const char *path, const char *name, size_t *len);
int guestfs_lsetxattr(guestfs_h *g, const char *name, const char *value, int len, const char *path);
int guestfs_mkdir_mode(guestfs_h *g, const char *path, int mode);
int guestfs_ln_s(guestfs_h *g, const char *target, const char *path);
int guestfs_rm(guestfs_h *g, const char *path);
int guestfs_rm_rf(guestfs_h *g, const char *path);
int guestfs_rmdir(guestfs_h *g, const char *path);
int guestfs_rename(guestfs_h *g, const char *from, const char *to);

#define GUESTFS_FUNCTIONS(X)                                                                       \
	X(guestfs_add_drive_opts)                                                                  \
	X(guestfs_blockdev_flushbufs)                                                              \
	X(guestfs_chmod)                                                                           \
	X(guestfs_close)                                                                           \
	X(guestfs_create)                                                                          \
	X(guestfs_fstrim)                                                                          \
	X(guestfs_free_statns)                                                                     \
	X(guestfs_free_statns_list)                                                                \
	X(guestfs_last_errno)                                                                      \
	X(guestfs_last_error)                                                                      \
	X(guestfs_launch)                                                                          \
	X(guestfs_lchown)                                                                          \
	X(guestfs_lgetxattr)                                                                       \
	X(guestfs_ln_s)                                                                            \
	X(guestfs_ls)                                                                              \
	X(guestfs_lsetxattr)                                                                       \
	X(guestfs_lstatns)                                                                         \
	X(guestfs_lstatnslist)                                                                     \
	X(guestfs_mkdir_mode)                                                                      \
	X(guestfs_mkmountpoint)                                                                    \
	X(guestfs_mount_options)                                                                   \
	X(guestfs_read_file)                                                                       \
	X(guestfs_readlink)                                                                        \
	X(guestfs_rename)                                                                          \
	X(guestfs_rm)                                                                              \
	X(guestfs_rm_rf)                                                                           \
	X(guestfs_rmdir)                                                                           \
	X(guestfs_set_autosync)                                                                    \
	X(guestfs_set_backend)                                                                     \
	X(guestfs_set_error_handler)                                                               \
	X(guestfs_shutdown)                                                                        \
	X(guestfs_tar_out)                                                                         \
	X(guestfs_umount)                                                                          \
	X(guestfs_utimens)                                                                         \
	X(guestfs_write)                                                                           \
	X(guestfs_write_append)

LAZY_LIBRARY(guestfs, GUESTFS_FUNCTIONS)

#ifndef LAZY_NO_REDIRECT
#define guestfs_add_drive_opts lazy_guestfs.guestfs_add_drive_opts
#define guestfs_blockdev_flushbufs lazy_guestfs.guestfs_blockdev_flushbufs
#define guestfs_chmod lazy_guestfs.guestfs_chmod
#define guestfs_close lazy_guestfs.guestfs_close
#define guestfs_create lazy_guestfs.guestfs_create
#define guestfs_free_statns lazy_guestfs.guestfs_free_statns
#define guestfs_free_statns_list lazy_guestfs.guestfs_free_statns_list
#define guestfs_last_errno lazy_guestfs.guestfs_last_errno
#define guestfs_last_error lazy_guestfs.guestfs_last_error
#define guestfs_launch lazy_guestfs.guestfs_launch
#define guestfs_lchown lazy_guestfs.guestfs_lchown
#define guestfs_lgetxattr lazy_guestfs.guestfs_lgetxattr
#define guestfs_ln_s lazy_guestfs.guestfs_ln_s
#define guestfs_ls lazy_guestfs.guestfs_ls
#define guestfs_lsetxattr lazy_guestfs.guestfs_lsetxattr
#define guestfs_lstatns lazy_guestfs.guestfs_lstatns
#define guestfs_lstatnslist lazy_guestfs.guestfs_lstatnslist
#define guestfs_mkdir_mode lazy_guestfs.guestfs_mkdir_mode
#define guestfs_mkmountpoint lazy_guestfs.guestfs_mkmountpoint
#define guestfs_mount_options lazy_guestfs.guestfs_mount_options
#define guestfs_read_file lazy_guestfs.guestfs_read_file
#define guestfs_readlink lazy_guestfs.guestfs_readlink
#define guestfs_rename lazy_guestfs.guestfs_rename
#define guestfs_rm lazy_guestfs.guestfs_rm
#define guestfs_rm_rf lazy_guestfs.guestfs_rm_rf
#define guestfs_rmdir lazy_guestfs.guestfs_rmdir
#define guestfs_set_autosync lazy_guestfs.guestfs_set_autosync
#define guestfs_set_backend lazy_guestfs.guestfs_set_backend
#define guestfs_set_error_handler lazy_guestfs.guestfs_set_error_handler
#define guestfs_shutdown lazy_guestfs.guestfs_shutdown
#define guestfs_tar_out lazy_guestfs.guestfs_tar_out
#define guestfs_fstrim lazy_guestfs.guestfs_fstrim
#define guestfs_umount lazy_guestfs.guestfs_umount
#define guestfs_utimens lazy_guestfs.guestfs_utimens
#define guestfs_write lazy_guestfs.guestfs_write
#define guestfs_write_append lazy_guestfs.guestfs_write_append
#endif
