/* Files, folders and symlinks held in memory and answered as a tree. Symlinks are followed inside it only.
 * Private to base/tree*.c and their tests. */
#pragma once

#include "base/tree.h"

struct memory;

enum {
	MEMORY_NODES_MAX = 200000,
	MEMORY_FILE_MAX = 16 << 20,
	MEMORY_TOTAL_MAX = 256 << 20,
};

struct memory *memory_new(void);
void memory_free(struct memory *m);

/* Puts a node at path, making the folders above it. "..", "." and a leading "/" never leave the root.
 * st->mode says what it is. data, len: a file's bytes or a symlink's target; copied. What is there already is
 * replaced, except that a folder stays a folder and nothing goes through a symlink (-ENOTDIR).
 * -E2BIG: too many nodes or bytes; -ENAMETOOLONG. */
int memory_add(struct memory *m, const char *path, const struct tree_stat *st, const void *data,
	       size_t len);
/* Another name for a file that is there already; -ENOENT when it is not. */
int memory_add_hardlink(struct memory *m, const char *path, const char *target);
/* Reading the file at path answers this -errno from now on. */
void memory_set_error(struct memory *m, const char *path, int error);

/* Makes the topmost folder that looks like a host's root (it holds proc, sys, ...) the root. -ENOENT: none does. */
int memory_find_host(struct memory *m);
/* Any of these in a folder shows that it is a host's root. */
extern const char *const host_marks[];
extern const size_t host_marks_count;

/* The questions of struct tree_backend. */
int memory_read(const struct memory *m, const char *path, size_t limit, struct strbuf *out);
int memory_link(const struct memory *m, const char *path, struct strbuf *out);
int memory_stat(const struct memory *m, const char *path, bool follow, struct tree_stat *st);
int memory_list(const struct memory *m, const char *path, struct strbuf *out);

/* A tree of it; takes m. */
struct tree *memory_tree(const char *name, struct memory *m);
