/* One open ext2/3/4 filesystem, as the files of this engine share it. */
#pragma once

#include "provision/ext_io.h"
#include "provision/guestfs_engine.h"

enum {
	EXT_DIR_MAX = 64 << 20,   /* bytes of one directory */
	EXT_NAMES_MAX = 1 << 20,  /* entries of one directory */
	EXT_RUNS_MAX = 1 << 20,   /* extents and mapping blocks of one file */
	EXT_DIR_SLOTS = 64,       /* directories kept parsed */
	EXT_SYMLINKS = 40,        /* as Linux */
	EXT_DEPTH = 128,          /* directories below each other */
	EXT_INODE_MAX = 4096,     /* bytes of one inode */
	EXT_GROUPS_MAX = 1 << 20, /* block groups of one filesystem */
};

struct ext_name {
	const char *name;
	ext2_ino_t ino;
};

/* One directory, parsed: its names in order. */
struct ext_dir {
	ext2_ino_t ino; /* 0: the slot is free */
	struct arena a;
	struct ext_name *names;
	size_t count, room;
	bool too_many;
};

struct ext {
	struct guest_fs fs;
	ext2_filsys e2;
	struct disk *over,
		*below; /* what recovery wrote, until something else is written below, too */
	bool changed;
	bool pending;                /* something is to be kept at all */
	bool cleared;                /* the journal's old blocks are zeros */
	bool keep_freed;             /* blocks that become free are not zeroed */
	int failed;                  /* while zeroing one of them */
	char readonly[GUEST_REASON]; /* why nothing may be written, or "" */
	struct ext_dir dirs[EXT_DIR_SLOTS];
};

/* An inode with everything behind its first 128 bytes. */
union ext_inode {
	struct ext2_inode_large large;
	struct ext2_inode small;
	uint8_t bytes[EXT_INODE_MAX];
};

/* Where a path ends. */
struct ext_place {
	ext2_ino_t parent; /* the directory that holds the last name */
	ext2_ino_t ino;    /* 0: there is no such name in it */
	char name[256];    /* the last name; "" for the root itself */
};

/* -errno with the library's sentence behind what was done: "/etc/fstab: cannot be read: ..." */
int ext_error(struct err *e, errcode_t code, const char *path, const char *verb);

int ext_inode_read(struct ext *x, ext2_ino_t ino, union ext_inode *out, const char *path,
		   struct err *e);
int ext_inode_write(struct ext *x, ext2_ino_t ino, union ext_inode *inode, const char *path,
		    struct err *e);
/* Refuses what libext2fs would loop on: a mapping with too many pieces or one that leads back to itself. */
int ext_inode_sane(struct ext *x, const union ext_inode *inode, const char *path, struct err *e);

/* The parsed directory, kept until something changes it. */
int ext_dir_get(struct ext *x, ext2_ino_t ino, const char *path, struct ext_dir **out,
		struct err *e);
void ext_dir_forget(struct ext *x, ext2_ino_t ino);
void ext_dirs_drop(struct ext *x);

/* Follows path inside the filesystem; the last name is followed too when it is a symlink and follow is set.
 * A missing last name is an answer (place->ino 0), a missing parent is -ENOENT. */
int ext_resolve(struct ext *x, const char *path, bool follow, struct ext_place *place,
		struct err *e);
/* The same, where it must exist. */
int ext_find(struct ext *x, const char *path, bool follow, struct ext_place *place, struct err *e);
int ext_symlink_target(struct ext *x, ext2_ino_t ino, const union ext_inode *inode, char out[4096],
		       struct err *e);

/* Gives back everything an inode has; its names are gone. */
int ext_inode_free(struct ext *x, ext2_ino_t ino, union ext_inode *inode, const char *path,
		   struct err *e);
/* Before a change of names in dir: whether there may be one, and the bitmaps. */
int ext_begin(struct ext *x, ext2_ino_t dir, const char *path, struct err *e);
/* Links ino under a name that is not there; the directory grows when it must. type: EXT2_FT_... */
int ext_add_name(struct ext *x, const struct ext_place *at, ext2_ino_t ino, int type,
		 const char *path, struct err *e);
int ext_flush(struct guest_fs *fs, struct err *e);

int ext_stat(struct guest_fs *fs, const char *path, bool follow, struct guest_stat *st,
	     struct err *e);
int ext_read(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
	     const char **data, size_t *len, struct err *e);
int ext_link(struct guest_fs *fs, struct arena *a, const char *path, const char **target,
	     struct err *e);
int ext_list(struct guest_fs *fs, struct arena *a, const char *path, struct guest_names *out,
	     struct err *e);
int ext_patch(struct guest_fs *fs, const char *path, size_t len, const struct guest_patch *list,
	      size_t n, struct err *e);
int ext_replace(struct guest_fs *fs, const char *path, const void *data, size_t n, struct err *e);
int ext_create(struct guest_fs *fs, const char *path, const struct guest_new *as, const void *data,
	       size_t n, struct err *e);
int ext_mkdir(struct guest_fs *fs, const char *path, const struct guest_new *as, struct err *e);
int ext_symlink(struct guest_fs *fs, const char *path, const char *target, struct err *e);
int ext_remove(struct guest_fs *fs, const char *path, bool recursive, struct err *e);
int ext_rename(struct guest_fs *fs, const char *from, const char *to, struct err *e);
/* ext_owner.c */
int ext_owners(struct guest_fs *fs, struct arena *a, struct guest_owner *list, size_t n, bool names,
	       struct err *e);
int ext_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e);
