/* A filesystem of a guest, read and edited in-process over a struct disk. Nothing is mounted and nothing of the guest
 * is executed. Paths are absolute inside the filesystem; symlinks are resolved inside it, and never leave it. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "provision/identity.h"
#include "templates/disk.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct guest_fs;

struct guest_stat {
	mode_t mode; /* type and permissions */
	uid_t uid;
	gid_t gid;
	uint64_t size;
	uint64_t ino;
	unsigned links;
	int64_t mtime;
};

/* Bytes and where they go in a file. */
struct guest_patch {
	uint64_t off;
	const void *data;
	size_t n;
};

struct guest_names {
	char **names; /* sorted, without "." and ".." */
	size_t count;
};

enum {
	GUEST_FILE_MAX = 16 << 20, /* no configuration file is larger */
	GUEST_LARGE_MAX =
		256 << 20, /* no initial ramdisk is: read whole, patched and appended to */
};

/* Which engine serves type ("ext4", "vfat", "swap", ...): a row per engine. -ENOTSUP with a sentence for a type no
 * engine serves. d is borrowed and holds exactly the filesystem; writes go to it. */
int guest_fs_open(struct disk *d, const char *type, struct guest_fs **out, struct err *e);
/* Writes what is pending. A filesystem that was not changed is not written to. */
int guest_fs_flush(struct guest_fs *fs, struct err *e);
void guest_fs_close(struct guest_fs *fs);

const char *guest_fs_type(const struct guest_fs *fs); /* "ext4" */
const char *
guest_fs_engine(const struct guest_fs *fs); /* "libext2fs", "fat", "libguestfs": for the report */
const char *guest_fs_uuid(const struct guest_fs *fs); /* as blkid prints it; "" for none */
const char *guest_fs_label(const struct guest_fs *fs);
/* Why its UUID cannot be changed here, or NULL. */
const char *guest_fs_pinned(const struct guest_fs *fs);

/* The oldest kernel and GRUB that read it once it has a new UUID; zeros: any. */
struct guest_fs_needs {
	uint8_t kernel[2], grub[2]; /* major, minor */
};
struct guest_fs_needs guest_fs_needs(const struct guest_fs *fs);
/* False when it has none (swap), or when nothing reads them here. */
bool guest_fs_has_files(const struct guest_fs *fs);
/* Why nothing reads them, or NULL. */
const char *guest_fs_trouble(struct guest_fs *fs);

/* What was done to it on opening that is worth knowing, or NULL. */
const char *guest_fs_notice(const struct guest_fs *fs);

/* What stands at a byte of a filesystem. */
enum guest_space {
	GUEST_SPACE_FREE,
	GUEST_SPACE_META, /* the filesystem's own */
	GUEST_SPACE_JOURNAL,
	GUEST_SPACE_FILE
};

struct guest_owner {
	uint64_t off;
	enum guest_space space;
	const char *path; /* of a file or folder; "" for the others */
	bool slack;       /* behind the file's end */
};

/* Whose each byte is, the list in ascending order of off. names: whose file; it takes a walk through all of them. -ENOTSUP
 * where the engine cannot tell. */
int guest_fs_owners(struct guest_fs *fs, struct arena *a, struct guest_owner *list, size_t n,
		    bool names, struct err *e);

/* 0 or -errno; ENOENT is an answer. All sentences name the path. */
int guest_fs_stat(struct guest_fs *fs, const char *path, bool follow, struct guest_stat *st,
		  struct err *e);
int guest_fs_read(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
		  const char **data, size_t *len, struct err *e);
int guest_fs_link(struct guest_fs *fs, struct arena *a, const char *path, const char **target,
		  struct err *e);
int guest_fs_list(struct guest_fs *fs, struct arena *a, const char *path, struct guest_names *out,
		  struct err *e);

/* An engine may keep edits until the flush, or until something is read, and say only then why one failed. */
/* Replaces a regular file's content; mode, owner, ACLs, labels and other xattrs stay, and so do times. */
int guest_fs_replace(struct guest_fs *fs, const char *path, const void *data, size_t n,
		     struct err *e);
/* Bytes of a file, which is len long, are written over; at its end they make it longer. */
int guest_fs_patch(struct guest_fs *fs, const char *path, size_t len,
		   const struct guest_patch *list, size_t n, struct err *e);
/* Makes a new file (or replaces one) with this mode and owner; parents must exist. The SELinux label is its parent's. */
int guest_fs_create(struct guest_fs *fs, const char *path, mode_t mode, uid_t uid, gid_t gid,
		    const void *data, size_t n, struct err *e);
int guest_fs_mkdir(struct guest_fs *fs, const char *path, mode_t mode, uid_t uid, gid_t gid,
		   struct err *e);
int guest_fs_symlink(struct guest_fs *fs, const char *path, const char *target, struct err *e);
int guest_fs_remove(struct guest_fs *fs, const char *path, bool recursive, struct err *e);
int guest_fs_rename(struct guest_fs *fs, const char *from, const char *to, struct err *e);

/* The new UUID in the filesystem's own form: a UUID, or for FAT the serial from its first bytes. For ext4 with
 * metadata_csum and no seed every checksum is rewritten, or the seed feature added when seed is true. */
int guest_fs_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e);
