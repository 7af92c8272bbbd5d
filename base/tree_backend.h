/* What a kind of tree must be able to do. Private to base/tree*.c. */
#pragma once

#include "base/tree.h"

struct tree_backend {
	void (*close)(void *self);
	/* Appends the file's bytes; 0 or -errno (-EINVAL: not a regular file, -EFBIG: above limit). */
	int (*read)(void *self, const char *path, size_t limit, struct strbuf *out);
	int (*link)(void *self, const char *path, struct strbuf *out);
	int (*stat)(void *self, const char *path, bool follow, struct tree_stat *st);
	/* Appends the names one after the other, each with its NUL, in any order. */
	int (*list)(void *self, const char *path, struct strbuf *out);
	/* NULL where no answers are kept. -ENODATA for a question that was not recorded. */
	int (*answer)(void *self, const char *key, struct strbuf *out);
};

struct tree *tree_new(const char *name, const struct tree_backend *ops, void *self);
/* Questions that no file answers are asked for real. */
void tree_set_live(struct tree *t);

/* One remembered answer. kind: 'r' read, 'l' link, 's' stat, 'S' lstat, 'd' list, 'a' answer. */
struct tree_memo {
	char kind;
	bool inner; /* only asked to find another answer, which is enough by itself */
	const char *key;
	int result;       /* >= 0 or -errno */
	const char *data; /* NUL-terminated */
	size_t len;
	size_t limit; /* reads: what the caller allowed */
	struct tree_stat st;
	struct tree_memo *next_in_bucket, *next;
};

/* What the tree shall answer from now on without asking its backend. data may be NULL when len is 0; st too. */
void tree_preset(struct tree *t, const struct tree_memo *answer);
/* What is known of this question already, or NULL. */
const struct tree_memo *tree_recall(const struct tree *t, char kind, const char *key);

/* All that was asked since tree_record, oldest first. */
const struct tree_memo *tree_memos(const struct tree *t);

/* Archives: tars of a captured folder, and our own captures. In tree_archive.c. */
int tree_archive_open(struct tree **out, const char *path, int fd, struct err *e);
