/* Trees: asking and remembering. */
#include "base/tree.h"

#include "base/str.h"
#include "base/tree_backend.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

struct tree {
	const char *name;
	const struct tree_backend *ops;
	void *self;
	struct arena arena;
	bool live, recording;
	unsigned asking; /* inside an ask(): what it reads is part of its answer */
	struct tree_memo *first, **last;
	struct tree_memo *buckets[BUCKETS];
};

/* ---- remembering ---- */

static unsigned bucket_of(char kind, const char *key)
{
	unsigned h = (unsigned char)kind;

	while (*key)
		h = h * 31 + (unsigned char)*key++;
	return h % BUCKETS;
}

static struct tree_memo *find(const struct tree *t, char kind, const char *key)
{
	struct tree_memo *m = t->buckets[bucket_of(kind, key)];

	while (m && (m->kind != kind || strcmp(m->key, key) != 0))
		m = m->next_in_bucket;
	return m;
}

static const struct tree_memo *recall(struct tree *t, char kind, const char *key)
{
	struct tree_memo *m = find(t, kind, key);

	if (m && !t->asking)
		m->inner = false;
	return m;
}

/* Takes over buf's bytes by copying them into the arena. */
static struct tree_memo *remember(struct tree *t, char kind, const char *key, int result,
				  const struct strbuf *buf)
{
	struct tree_memo *m = arena_alloc(&t->arena, sizeof *m);
	unsigned b = bucket_of(kind, key);

	m->kind = kind;
	m->inner = t->asking > 0;
	m->key = arena_dup(&t->arena, key);
	m->result = result;
	m->len = buf && result >= 0 ? buf->len : 0;
	m->data = arena_dupn(&t->arena, m->len ? buf->text : "", m->len);
	m->next_in_bucket = t->buckets[b];
	t->buckets[b] = m;
	*t->last = m;
	t->last = &m->next;
	return m;
}

void tree_preset(struct tree *t, const struct tree_memo *answer)
{
	const struct strbuf buf = {.text = (char *)answer->data, .len = answer->len};

	struct tree_memo *m = remember(t, answer->kind, answer->key, answer->result, &buf);

	m->st = answer->st;
	m->limit = SIZE_MAX; /* nobody can be asked again */
}

const struct tree_memo *tree_recall(const struct tree *t, char kind, const char *key)
{
	return find(t, kind, key);
}

void tree_record(struct tree *t)
{
	t->recording = true;
}

const struct tree_memo *tree_memos(const struct tree *t)
{
	return t->recording ? t->first : NULL;
}

/* ---- asking ---- */

int tree_read(struct tree *t, const char *path, size_t limit, const char **text, size_t *len)
{
	const struct tree_memo *m = recall(t, 'r', path);

	/* What was too big for one caller may be wanted by the next. */
	if (!m || (m->result == -EFBIG && limit > m->limit)) {
		struct tree_memo *now;
		struct strbuf buf = {0};
		int r = t->ops->read(t->self, path, limit, &buf);

		now = remember(t, 'r', path, r, &buf);
		now->limit = limit;
		m = now;
		strbuf_fini(&buf);
	}
	if (m->result < 0)
		return m->result;
	if (m->len > limit)
		return -EFBIG;
	*text = m->data;
	if (len)
		*len = m->len;
	return 0;
}

int tree_line(struct tree *t, const char *path, const char **text)
{
	const char *all, *line;
	size_t n;
	int r = tree_read(t, path, TREE_TEXT_MAX, &all, NULL);

	if (r < 0)
		return r;
	*text = "";
	if (str_line(&all, &line, &n))
		*text = str_trim(arena_dupn(&t->arena, line, n));
	return 0;
}

int tree_readf_line(struct tree *t, const char **text, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, sizeof path, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof path)
		return -ENAMETOOLONG;
	return tree_line(t, path, text);
}

int tree_num(struct tree *t, const char *path, int64_t *out)
{
	const char *text;
	int r = tree_line(t, path, &text);

	if (r < 0)
		return r;
	return num_parse_signed(text, 0, out) ? 0 : -EINVAL;
}

int tree_link(struct tree *t, const char *path, const char **target)
{
	const struct tree_memo *m = recall(t, 'l', path);

	if (!m) {
		struct strbuf buf = {0};
		int r = t->ops->link(t->self, path, &buf);

		m = remember(t, 'l', path, r, &buf);
		strbuf_fini(&buf);
	}
	if (m->result < 0)
		return m->result;
	*target = m->data;
	return 0;
}

static int stat_any(struct tree *t, const char *path, bool follow, struct tree_stat *st)
{
	char kind = follow ? 's' : 'S';
	const struct tree_memo *m = recall(t, kind, path);

	if (!m) {
		struct tree_stat now = {0};
		int r = t->ops->stat(t->self, path, follow, &now);

		struct tree_memo *made = remember(t, kind, path, r, NULL);

		made->st = now;
		m = made;
	}
	if (m->result < 0)
		return m->result;
	*st = m->st;
	return 0;
}

int tree_stat(struct tree *t, const char *path, struct tree_stat *st)
{
	return stat_any(t, path, true, st);
}

int tree_lstat(struct tree *t, const char *path, struct tree_stat *st)
{
	return stat_any(t, path, false, st);
}

bool tree_exists(struct tree *t, const char *path)
{
	struct tree_stat st;

	return tree_stat(t, path, &st) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int tree_list(struct tree *t, const char *path, struct tree_names *out)
{
	const struct tree_memo *m = recall(t, 'd', path);
	struct tree_names names = {0};
	size_t room = 0;

	if (!m) {
		struct strbuf buf = {0};
		int r = t->ops->list(t->self, path, &buf);

		m = remember(t, 'd', path, r, &buf);
		strbuf_fini(&buf);
	}
	if (m->result < 0)
		return m->result;
	for (const char *p = m->data; p < m->data + m->len; p += strlen(p) + 1) {
		ARENA_GROW(&t->arena, names.names, names.count, room);
		names.names[names.count++] = (char *)p;
	}
	if (names.count)
		qsort(names.names, names.count, sizeof *names.names, by_name);
	*out = names;
	return 0;
}

int tree_answer(struct tree *t, const char *key, tree_ask *ask, void *arg, const char **text)
{
	const struct tree_memo *m = recall(t, 'a', key);

	if (!m) {
		struct strbuf buf = {0};
		int r = -ENODATA;

		if (t->live) {
			t->asking++;
			r = ask(arg, &buf);
			t->asking--;
		} else if (t->ops->answer)
			r = t->ops->answer(t->self, key, &buf);
		m = remember(t, 'a', key, r, &buf);
		strbuf_fini(&buf);
	}
	if (text)
		*text = m->data;
	return m->result;
}

/* ---- life ---- */

struct tree *tree_new(const char *name, const struct tree_backend *ops, void *self)
{
	struct tree *t = xcalloc(1, sizeof *t);

	t->name = arena_dup(&t->arena, name);
	t->ops = ops;
	t->self = self;
	t->last = &t->first;
	return t;
}

void tree_close(struct tree *t)
{
	if (!t)
		return;
	t->ops->close(t->self);
	arena_fini(&t->arena);
	free(t);
}

void tree_set_live(struct tree *t)
{
	t->live = true;
}

bool tree_is_live(const struct tree *t)
{
	return t->live;
}

bool tree_has_answers(const struct tree *t)
{
	return t->live || t->ops->answer;
}

const char *tree_name(const struct tree *t)
{
	return t->name;
}

struct arena *tree_arena(struct tree *t)
{
	return &t->arena;
}
