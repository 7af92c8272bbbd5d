/* A host made of a few lines, for tests: rows of path and text. */
#pragma once

#include "base/str.h"
#include "base/tree_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* path "@KEY" answers a question; text "-> x" is a symlink to x; text NULL is a folder. */
struct memory_file {
	const char *path;
	const char *text;
	size_t len; /* 0: the text's own */
};

struct memory_tree {
	const struct memory_file *files;
	size_t count;
};

static inline const struct memory_file *memory_find(const struct memory_tree *m, const char *path)
{
	for (size_t i = 0; i < m->count; i++)
		if (str_eq(m->files[i].path, path))
			return &m->files[i];
	return NULL;
}

static inline bool memory_is_link(const struct memory_file *f)
{
	return f->text && str_starts(f->text, "-> ");
}

static inline size_t memory_len(const struct memory_file *f)
{
	return f->len ? f->len : strlen(f->text);
}

static inline bool memory_is_folder(const struct memory_tree *m, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < m->count; i++)
		if (str_starts(m->files[i].path, path) && m->files[i].path[n] == '/')
			return true;
	return false;
}

static inline int memory_read(void *self, const char *path, size_t limit, struct strbuf *out)
{
	const struct memory_file *f = memory_find(self, path);

	if (!f)
		return memory_is_folder(self, path) ? -EISDIR : -ENOENT;
	if (!f->text)
		return -EISDIR;
	if (memory_is_link(f))
		return -EINVAL;
	if (memory_len(f) > limit)
		return -EFBIG;
	strbuf_addn(out, f->text, memory_len(f));
	return 0;
}

static inline int memory_link(void *self, const char *path, struct strbuf *out)
{
	const struct memory_file *f = memory_find(self, path);

	if (!f)
		return -ENOENT;
	if (!memory_is_link(f))
		return -EINVAL;
	strbuf_add(out, f->text + 3);
	return 0;
}

static inline int memory_stat(void *self, const char *path, bool follow, struct tree_stat *st)
{
	const struct memory_file *f = memory_find(self, path);

	(void)follow;
	if (!f && !memory_is_folder(self, path))
		return -ENOENT;
	st->mode = f && f->text ? S_IFREG | 0644 : S_IFDIR | 0755;
	return 0;
}

static inline bool memory_listed(const struct strbuf *out, const char *name, size_t len)
{
	for (size_t at = 0; at < out->len; at += strlen(out->text + at) + 1)
		if (strlen(out->text + at) == len && !memcmp(out->text + at, name, len))
			return true;
	return false;
}

static inline int memory_list(void *self, const char *path, struct strbuf *out)
{
	const struct memory_tree *m = self;
	size_t n = strlen(path);

	for (size_t i = 0; i < m->count; i++) {
		const char *p = m->files[i].path;
		size_t len;

		if (!str_starts(p, path) || p[n] != '/')
			continue;
		len = strcspn(p + n + 1, "/");
		if (!len || memory_listed(out, p + n + 1, len))
			continue;
		strbuf_addn(out, p + n + 1, len);
		strbuf_addc(out, '\0');
	}
	return out->len ? 0 : -ENOENT;
}

static inline int memory_answer(void *self, const char *key, struct strbuf *out)
{
	const struct memory_tree *m = self;

	for (size_t i = 0; i < m->count; i++)
		if (m->files[i].path[0] == '@' && str_eq(m->files[i].path + 1, key)) {
			strbuf_add(out, m->files[i].text);
			return 0;
		}
	return -ENODATA;
}

static inline void memory_close(void *self)
{
	(void)self;
}

/* m must outlive the tree. */
static inline struct tree *memory_tree_open(struct memory_tree *m)
{
	static const struct tree_backend ops = {
		.close = memory_close,
		.read = memory_read,
		.link = memory_link,
		.stat = memory_stat,
		.list = memory_list,
		.answer = memory_answer,
	};

	return tree_new("memory", &ops, m);
}
