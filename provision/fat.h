/* One open FAT12/16/32 filesystem, as the files of this engine share it. */
#pragma once

#include "provision/guestfs_engine.h"

enum {
	FAT_TABLE_MAX = 64 << 20, /* bytes of one FAT */
	FAT_DIR_MAX = 4 << 20,    /* bytes of one directory: more than the format allows */
	FAT_SLOT = 32,
	FAT_NAME = 256 * 3 + 1,
	FAT_DEPTH = 64,
	FAT_ATTR_READONLY = 0x01,
	FAT_ATTR_LABEL = 0x08,
	FAT_ATTR_DIR = 0x10,
	FAT_ATTR_ARCHIVE = 0x20,
	FAT_ATTR_LONG = 0x0f,
};

struct fat {
	struct guest_fs fs;
	unsigned bits;      /* 12, 16, 32 */
	uint32_t sector;    /* bytes */
	uint32_t cluster;   /* bytes */
	uint32_t clusters;  /* 2 .. clusters + 1 exist */
	uint64_t tables_at; /* bytes */
	unsigned tables;
	uint32_t table_size; /* bytes of one */
	uint64_t root_at;    /* the fixed root of FAT12/16 */
	uint32_t root_size;  /* its bytes, 0 for FAT32 */
	uint32_t root;       /* its first cluster for FAT32 */
	uint64_t data_at;
	uint64_t info_at, backup_at; /* 0: none */
	uint8_t *table;              /* read when first needed */
	uint32_t dirty_from, dirty_to;
	int64_t freed; /* clusters, since the last flush */
	uint32_t hint; /* where free ones may be */
	bool changed;
};

/* ---- the table ---- */

int fat_table_load(struct fat *x, struct err *e);
/* 0: the end; -EUCLEAN when it leads nowhere. *next is a cluster that exists. */
int fat_next(struct fat *x, uint32_t cluster, uint32_t *next, struct err *e);
bool fat_exists(const struct fat *x, uint32_t cluster);
bool fat_is_free(const struct fat *x, uint32_t cluster); /* of one that exists */
uint64_t fat_offset(const struct fat *x, uint32_t cluster);
/* A free cluster, marked as the end of a chain. */
int fat_take(struct fat *x, uint32_t *cluster, struct err *e);
void fat_point(struct fat *x, uint32_t cluster, uint32_t next); /* 0: the end */
/* Frees a whole chain, as long as it makes sense. */
int fat_free(struct fat *x, uint32_t first, struct err *e);

/* ---- directories ---- */

/* A directory read whole. */
struct fat_dir {
	struct arena a;
	uint32_t first; /* 0: the fixed root */
	uint8_t *bytes;
	size_t size;
	uint32_t *chain; /* its clusters; NULL for the fixed root */
	size_t nchain;
};

struct fat_entry {
	char name[FAT_NAME];
	char brief[13];  /* the 8.3 name */
	size_t from, at; /* the first slot and the 8.3 one, in the directory's bytes */
	uint8_t attr;
	uint32_t cluster, size;
	uint32_t time; /* date << 16 | time */
};

int fat_dir_open(struct fat *x, uint32_t first, struct fat_dir *out, struct err *e);
void fat_dir_close(struct fat_dir *d);
/* The next entry from *at on; false at the end. Volume labels, "." and ".." are left out. */
bool fat_dir_next(const struct fat_dir *d, size_t *at, struct fat_entry *out);
bool fat_dir_find(const struct fat_dir *d, const char *name, struct fat_entry *out);
/* Writes [at, at+n) of the directory's bytes. */
int fat_dir_put(struct fat *x, const struct fat_dir *d, size_t at, size_t n, struct err *e);
/* Makes an entry named name like as (attr, cluster, size, time). */
int fat_dir_add(struct fat *x, struct fat_dir *d, const char *name, const struct fat_entry *as,
		struct err *e);
int fat_dir_drop(struct fat *x, struct fat_dir *d, const struct fat_entry *entry, struct err *e);

/* Where a path ends. */
struct fat_place {
	uint32_t parent; /* first cluster of the directory that holds it */
	bool root;       /* the root itself: entry is made up */
	bool found;
	char name[FAT_NAME];
	struct fat_entry entry;
};

int fat_resolve(struct fat *x, const char *path, struct fat_place *out, struct err *e);
int fat_locate(struct fat *x, const char *path, struct fat_place *out, struct err *e);
/* The directory a place is; the root's first cluster is 0 for FAT12/16. */
uint32_t fat_dir_of(const struct fat *x, const struct fat_place *p);

int fat_stat(struct guest_fs *fs, const char *path, bool follow, struct guest_stat *st,
	     struct err *e);
int fat_read(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
	     const char **data, size_t *len, struct err *e);
int fat_list(struct guest_fs *fs, struct arena *a, const char *path, struct guest_names *out,
	     struct err *e);
int fat_replace(struct guest_fs *fs, const char *path, const void *data, size_t n, struct err *e);
int fat_create(struct guest_fs *fs, const char *path, const struct guest_new *as, const void *data,
	       size_t n, struct err *e);
int fat_mkdir(struct guest_fs *fs, const char *path, const struct guest_new *as, struct err *e);
int fat_remove(struct guest_fs *fs, const char *path, bool recursive, struct err *e);
int fat_owners(struct guest_fs *fs, struct arena *a, struct guest_owner *list, size_t n, bool names,
	       struct err *e);
int fat_rename(struct guest_fs *fs, const char *from, const char *to, struct err *e);
