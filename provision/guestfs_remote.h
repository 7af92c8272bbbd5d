/* Files of a filesystem that the appliance's kernel reads and writes: shared by the engines of XFS and btrfs, which know
 * only superblocks. Folders are read once and kept; edits are kept, too, and made all at once by a flush. */
#pragma once

#include "provision/appliance.h"
#include "provision/guestfs_engine.h"

enum { REMOTE_DIRS = 1024, REMOTE_PREFIX = 64 };

enum remote_op {
	REMOTE_REPLACE,
	REMOTE_CREATE,
	REMOTE_MKDIR,
	REMOTE_LINK,
	REMOTE_REMOVE,
	REMOTE_RENAME
};

struct remote_edit {
	enum remote_op op;
	const char *path, *to;
	const char *data;
	size_t len;
	struct guest_new as;
	bool recursive;
};

struct remote_name {
	const char *name;
	struct guest_stat st;
};

/* A folder as it was listed. */
struct remote_dir {
	struct remote_dir *next;
	const char *path;
	int r; /* -errno: it cannot be listed */
	struct remote_name *names;
	size_t n;
};

struct remote {
	struct appliance_fs at;
	struct arena mem, kept; /* folders; edits */
	struct remote_dir *dirs[REMOTE_DIRS];
	char prefix[REMOTE_PREFIX]; /* the subvolume that is the root, or "" */
	bool looked;                /* for the subvolume */
	struct guest_stat root;
	struct remote_edit *edits;
	size_t n, room;
	guestfs_h *inside; /* while edits are made: the appliance is ours */
	const char *inside_root;
};

/* The state of fs, made when first needed. */
struct remote *remote_of(struct guest_fs *fs);
void remote_close(struct guest_fs *fs);

/* The appliance, with fs mounted in it; -errno when its files are never read. */
int remote_enter(struct guest_fs *fs, bool write, guestfs_h **g, const char **root, struct err *e);
void remote_leave(struct guest_fs *fs);
/* path inside the appliance, where root is what appliance_enter said. */
const char *remote_path(struct remote *r, struct arena *a, const char *root, const char *path);
/* Links resolved inside the filesystem; the last one, too, when follow. */
int remote_find(struct guest_fs *fs, const char *path, bool follow, char out[4096],
		struct guest_stat *st, struct err *e);
/* Of guestfs_ls; NULL is allowed. */
void remote_free_names(char **names);
/* What is known of folders is no longer true. */
void remote_forget(struct remote *r);

/* ---- what the engines' tables hold ---- */
int remote_stat(struct guest_fs *fs, const char *path, bool follow, struct guest_stat *st,
		struct err *e);
int remote_read(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
		const char **data, size_t *len, struct err *e);
int remote_link(struct guest_fs *fs, struct arena *a, const char *path, const char **target,
		struct err *e);
int remote_list(struct guest_fs *fs, struct arena *a, const char *path, struct guest_names *out,
		struct err *e);
int remote_replace(struct guest_fs *fs, const char *path, const void *data, size_t n,
		   struct err *e);
int remote_create(struct guest_fs *fs, const char *path, const struct guest_new *as,
		  const void *data, size_t n, struct err *e);
int remote_mkdir(struct guest_fs *fs, const char *path, const struct guest_new *as, struct err *e);
int remote_symlink(struct guest_fs *fs, const char *path, const char *target, struct err *e);
int remote_remove(struct guest_fs *fs, const char *path, bool recursive, struct err *e);
int remote_rename(struct guest_fs *fs, const char *from, const char *to, struct err *e);
/* Whether there are edits that a flush would make. */
bool remote_pending(const struct guest_fs *fs);
int remote_flush(struct guest_fs *fs, struct err *e);
