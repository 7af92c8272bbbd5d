/* A host as seen through its files: this one, a captured folder, or a captured archive.
 * Everything probe knows it asks here, so that a capture is nothing but a record of the answers. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct strbuf;
struct tree;

struct tree_stat {
	mode_t mode;
	uid_t uid;
	gid_t gid;
	unsigned rdev_major, rdev_minor;
	uint64_t size;
	uint64_t dev, ino;
};

struct tree_names {
	char **names; /* sorted, without "." and ".." */
	size_t count;
};

enum {
	TREE_TEXT_MAX = 4 << 20, /* no file of /proc or /sys that we read comes near */
	TREE_NAMES_MAX = 50000,  /* nor any folder that we list */
};

/* This host. */
struct tree *tree_live(void);
/* A folder that holds proc/, sys/, dev/..., or an archive: a capture of ours, or any tar of such a folder.
 * -EINVAL with a sentence when the path is neither. */
int tree_open(struct tree **out, const char *path, struct err *e);
void tree_close(struct tree *t);

bool tree_is_live(const struct tree *t);
/* True when the tree answers questions that are not files (cpuid, ioctls): live, or a capture of ours. */
bool tree_has_answers(const struct tree *t);
/* What was opened, for messages: "/" or the path given. */
const char *tree_name(const struct tree *t);
/* Memory that lives as long as the tree. */
struct arena *tree_arena(struct tree *t);

/* Reads a whole file, NUL-terminated; *len may be NULL. Returns 0 or -errno: -EFBIG above limit,
 * -EINVAL for what is not a regular file. *text lives as long as the tree. */
int tree_read(struct tree *t, const char *path, size_t limit, const char **text, size_t *len);
/* A short file's first line without white space at the ends; *text is "" for an empty file. */
int tree_line(struct tree *t, const char *path, const char **text);
int tree_readf_line(struct tree *t, const char **text, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A file that holds one number (decimal or 0x...). -EINVAL when it holds something else. */
int tree_num(struct tree *t, const char *path, int64_t *out);
int tree_link(struct tree *t, const char *path, const char **target);
/* stat follows symlinks, lstat does not. */
int tree_stat(struct tree *t, const char *path, struct tree_stat *st);
int tree_lstat(struct tree *t, const char *path, struct tree_stat *st);
bool tree_exists(struct tree *t, const char *path);
/* -EFBIG above TREE_NAMES_MAX. */
int tree_list(struct tree *t, const char *path, struct tree_names *out);

/* A question that no file answers (an instruction, an ioctl, a library). Live: ask() is called, appends its
 * answer and returns >= 0 or -errno. Captured: the recorded answer. -ENODATA where neither can tell.
 * Key: "cpuid/0/1.0", "kvm/cap/9": stable, they are the capture's format. */
typedef int tree_ask(void *arg, struct strbuf *out);
int tree_answer(struct tree *t, const char *key, tree_ask *ask, void *arg, const char **text);

/* From here on remember everything that is asked, for tree_save. */
void tree_record(struct tree *t);
/* Appends a capture of everything asked since then: tree_open of these bytes answers the same, errors included.
 * Unless raw, what names the machine or a person is replaced. */
int tree_save(struct tree *t, struct strbuf *out, bool raw, struct err *e);
