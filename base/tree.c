/* Trees: asking, remembering, and the two that are folders: this host and a captured one. */
#include "base/tree.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/tree_backend.h"
#include "base/tree_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

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

/* ---- folders: "/" itself, or a folder taken as "/" ---- */

struct folder {
	int dir; /* -1: this host */
};

static int folder_open(const struct folder *f, const char *path, int flags)
{
	if (f->dir < 0)
		return sys_open(path, flags, 0);
	while (*path == '/')
		path++;
	return sys_open_in_root(f->dir, *path ? path : ".", flags, 0);
}

static int folder_read(void *self, const char *path, size_t limit, struct strbuf *out)
{
	struct stat st;
	int r;
	/* O_PATH first: opening a FIFO or a device of a hostile folder must not happen at all. */
	SCOPED(close_at) int probe_fd = folder_open(self, path, O_PATH);
	SCOPED(close_at) int fd = -1;

	if (probe_fd < 0)
		return probe_fd;
	r = sys_fstat(probe_fd, &st);
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	fd = folder_open(self, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	return sys_read_all(fd, out, limit);
}

static int folder_link(void *self, const char *path, struct strbuf *out)
{
	char target[PATH_MAX];
	SCOPED(close_at) int fd = folder_open(self, path, O_PATH | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", target, sizeof target);
	if (n < 0)
		return errno == ENOENT ? -EINVAL : -errno; /* "": not a symlink */
	strbuf_addn(out, target, (size_t)n);
	return 0;
}

static int folder_stat(void *self, const char *path, bool follow, struct tree_stat *out)
{
	SCOPED(close_at) int fd = folder_open(self, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = sys_fstat(fd, &st);
	if (r < 0)
		return r;
	*out = (struct tree_stat){
		.mode = st.st_mode,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.rdev_major = major(st.st_rdev),
		.rdev_minor = minor(st.st_rdev),
		.size = (uint64_t)st.st_size,
		.dev = st.st_dev,
		.ino = st.st_ino,
	};
	return 0;
}

static int folder_list(void *self, const char *path, struct strbuf *out)
{
	SCOPED(close_at) int fd = folder_open(self, path, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? fd : sys_list(fd, out, TREE_NAMES_MAX);
}

static void folder_close(void *self)
{
	struct folder *f = self;

	close_at(&f->dir);
	free(f);
}

static const struct tree_backend folder_ops = {
	.close = folder_close,
	.read = folder_read,
	.link = folder_link,
	.stat = folder_stat,
	.list = folder_list,
};

static struct tree *folder_tree(const char *name, int dir)
{
	struct folder *f = xcalloc(1, sizeof *f);

	f->dir = dir;
	return tree_new(name, &folder_ops, f);
}

struct tree *tree_live(void)
{
	struct tree *t = folder_tree("/", -1);

	t->live = true;
	return t;
}

static bool holds_host(int dir)
{
	const struct folder f = {.dir = dir};

	for (size_t i = 0; i < host_marks_count; i++) {
		SCOPED(close_at) int fd = folder_open(&f, host_marks[i], O_PATH);

		if (fd >= 0)
			return true;
	}
	return false;
}

int tree_open(struct tree **out, const char *path, struct err *e)
{
	SCOPED(close_at) int probe_fd = sys_open(path, O_PATH, 0);
	SCOPED(close_at) int fd = -1;
	struct stat st;
	int r = probe_fd < 0 ? probe_fd : sys_fstat(probe_fd, &st);

	if (r < 0)
		return err_sys(e, r, "%s", path);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: neither a folder nor a capture file", path);
	fd = sys_open(path, S_ISDIR(st.st_mode) ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, fd, "%s", path);
	if (S_ISREG(st.st_mode))
		return tree_archive_open(out, path, fd, e);
	if (!holds_host(fd))
		return err_set(e, EINVAL, "%s: no proc, sys or dev in it: not a captured host",
			       path);
	*out = folder_tree(path, TAKE_FD(fd));
	return 0;
}
