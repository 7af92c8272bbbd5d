/* What an engine implements; guestfs.c calls it after checking the arguments. */
#pragma once

#include "provision/guestfs.h"

enum { GUEST_LABEL = 260, GUEST_REASON = 240 };

struct guest_fs {
	const struct guest_fs_ops *ops;
	struct disk *disk; /* borrowed, or the engine's own overlay on it */
	const char *type;
	char uuid[UUID_TEXT];
	char label[GUEST_LABEL];
	char pinned[GUEST_REASON]; /* "" when the UUID may be changed */
	struct guest_fs_needs needs;
	char notice[GUEST_REASON];  /* what opening it did, or "" */
	struct remote *remote;      /* files in the appliance: guestfs_remote.h */
	char trouble[GUEST_REASON]; /* why its files cannot be read after all, or "" */
};

/* A new file, or the parts of it that are not content. */
struct guest_new {
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* Functions that an engine lacks are NULL and answered with -ENOTSUP. */
struct guest_fs_ops {
	const char *engine;
	/* Set when the appliance serves its files: the options of mount. */
	const char *mount_for_reading, *mount_for_writing;
	bool keeps_names; /* a name that goes leaves its bytes in the folder's block */
	int (*open)(struct disk *d, struct guest_fs **out, struct err *e);
	int (*flush)(struct guest_fs *fs, struct err *e);
	void (*close)(struct guest_fs *fs); /* frees fs */
	int (*stat)(struct guest_fs *fs, const char *path, bool follow, struct guest_stat *st,
		    struct err *e);
	int (*read)(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
		    const char **data, size_t *len, struct err *e);
	int (*link)(struct guest_fs *fs, struct arena *a, const char *path, const char **target,
		    struct err *e);
	int (*list)(struct guest_fs *fs, struct arena *a, const char *path, struct guest_names *out,
		    struct err *e);
	int (*replace)(struct guest_fs *fs, const char *path, const void *data, size_t n,
		       struct err *e);
	/* NULL: the whole file is read and replaced. */
	int (*patch)(struct guest_fs *fs, const char *path, size_t len,
		     const struct guest_patch *list, size_t n, struct err *e);
	int (*create)(struct guest_fs *fs, const char *path, const struct guest_new *as,
		      const void *data, size_t n, struct err *e);
	int (*mkdir)(struct guest_fs *fs, const char *path, const struct guest_new *as,
		     struct err *e);
	int (*symlink)(struct guest_fs *fs, const char *path, const char *target, struct err *e);
	int (*remove)(struct guest_fs *fs, const char *path, bool recursive, struct err *e);
	int (*rename)(struct guest_fs *fs, const char *from, const char *to, struct err *e);
	int (*owners)(struct guest_fs *fs, struct arena *a, struct guest_owner *list, size_t n,
		      bool names, struct err *e);
	int (*set_uuid)(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e);
};

extern const struct guest_fs_ops guest_ext_ops, guest_fat_ops, guest_swap_ops, guest_xfs_ops,
	guest_btrfs_ops, guest_luks_ops;

/* Why the UUID must stay, or NULL; a longer text than fits is cut. */
void guest_fs_pin(struct guest_fs *fs, const char *why);
/* Sorted by strcmp. */
void guest_names_sort(struct guest_names *n);
