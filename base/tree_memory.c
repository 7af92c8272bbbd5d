/* The in-memory tree: nodes found by (folder, name) in one hash table. */
#include "base/tree_memory.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/tree_backend.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { BUCKETS = 1 << 15, LINKS_MAX = 40 };

struct node {
	const char *name;
	struct node *parent; /* the root is its own */
	struct node *first, *next;
	struct node *next_in_bucket;
	struct tree_stat st;
	const char *data; /* a file's bytes, a symlink's target */
	size_t len;
	int error; /* reading answers this; 0 or -errno */
};

struct memory {
	struct arena arena;
	struct node *root;
	size_t nodes, bytes;
	struct node *buckets[BUCKETS];
};

/* ---- nodes ---- */

static unsigned bucket_of(const struct node *parent, const char *name, size_t n)
{
	uint64_t h = parent->st.ino;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)name[i]) * 0x100000001b3u;
	return (unsigned)((h ^ h >> 32) % BUCKETS);
}

static struct node *child(const struct memory *m, const struct node *parent, const char *name,
			  size_t n)
{
	struct node *node = m->buckets[bucket_of(parent, name, n)];

	while (node && (node->parent != parent || strncmp(node->name, name, n) != 0 ||
			node->name[n] != '\0' || node == parent))
		node = node->next_in_bucket;
	return node;
}

static struct node *node_new(struct memory *m, struct node *parent, const char *name, size_t n)
{
	struct node *node;
	unsigned b;

	if (m->nodes >= MEMORY_NODES_MAX)
		return NULL;
	node = arena_alloc(&m->arena, sizeof *node);
	node->name = arena_dupn(&m->arena, name, n);
	node->st.mode = S_IFDIR | 0755;
	node->st.ino = ++m->nodes;
	node->parent = parent ? parent : node;
	if (!parent)
		return node;
	b = bucket_of(parent, name, n);
	node->next_in_bucket = m->buckets[b];
	m->buckets[b] = node;
	node->next = parent->first;
	parent->first = node;
	return node;
}

struct memory *memory_new(void)
{
	struct memory *m = xcalloc(1, sizeof *m);

	m->root = node_new(m, NULL, "", 0);
	return m;
}

void memory_free(struct memory *m)
{
	if (!m)
		return;
	arena_fini(&m->arena);
	free(m);
}

/* The next component at *at without slashes, or false. */
static bool component(const char **at, const char **name, size_t *n)
{
	while (**at == '/')
		(*at)++;
	*name = *at;
	*n = strcspn(*at, "/");
	*at += *n;
	return *n > 0;
}

static bool is_dot(const char *name, size_t n)
{
	return n == 1 && name[0] == '.';
}

static bool is_dotdot(const char *name, size_t n)
{
	return n == 2 && name[0] == '.' && name[1] == '.';
}

/* ---- putting in ---- */

/* The node at path, made with all folders above it. Symlinks on the way are not followed: a member that goes
 * through one is an attack on whoever unpacks, not a file of the host. */
static int make(struct memory *m, const char *path, struct node **out)
{
	struct node *at = m->root;
	const char *name;
	size_t n;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	while (component(&path, &name, &n)) {
		struct node *next;

		if (is_dot(name, n))
			continue;
		if (n > NAME_MAX)
			return -ENAMETOOLONG;
		if (!S_ISDIR(at->st.mode))
			return -ENOTDIR;
		next = is_dotdot(name, n) ? at->parent : child(m, at, name, n);
		if (!next)
			next = node_new(m, at, name, n);
		if (!next)
			return -E2BIG;
		at = next;
	}
	*out = at;
	return 0;
}

int memory_add(struct memory *m, const char *path, const struct tree_stat *st, const void *data,
	       size_t len)
{
	struct node *node;
	uint64_t ino;
	int r;

	if (len > MEMORY_FILE_MAX || len > MEMORY_TOTAL_MAX - m->bytes)
		return -E2BIG;
	r = make(m, path, &node);
	if (r < 0)
		return r;
	if (!S_ISDIR(st->mode) && (node == m->root || node->first))
		return -EISDIR;
	ino = node->st.ino;
	node->st = *st;
	node->st.ino = ino;
	node->error = 0;
	node->data = arena_dupn(&m->arena, len ? data : "", len);
	node->len = len;
	m->bytes += len;
	return 0;
}

static struct node *find_plain(const struct memory *m, const char *path)
{
	struct node *at = m->root;
	const char *name;
	size_t n;

	while (at && component(&path, &name, &n))
		if (is_dotdot(name, n))
			at = at->parent;
		else if (!is_dot(name, n))
			at = child(m, at, name, n);
	return at;
}

int memory_add_hardlink(struct memory *m, const char *path, const char *target)
{
	struct node *node, *from = find_plain(m, target);
	int r;

	if (!from || S_ISDIR(from->st.mode))
		return -ENOENT;
	r = make(m, path, &node);
	if (r < 0)
		return r;
	if (node == m->root || node->first)
		return -EISDIR;
	node->st = from->st; /* one inode */
	node->data = from->data;
	node->len = from->len;
	node->error = from->error;
	return 0;
}

void memory_set_error(struct memory *m, const char *path, int error)
{
	struct node *node = find_plain(m, path);

	if (node)
		node->error = error;
}

/* ---- where the host begins ---- */

/* pu0 is hwloc's record of a bare CPU. */
const char *const host_marks[] = {"proc", "sys", "dev", "etc", "cpuid", "pu0"};
const size_t host_marks_count = ARRAY_SIZE(host_marks);

static bool is_host(const struct memory *m, const struct node *node)
{
	for (size_t i = 0; i < host_marks_count; i++)
		if (child(m, node, host_marks[i], strlen(host_marks[i])))
			return true;
	return child(m, node, "udev", 4); /* the capture of nothing but /run/udev */
}

/* Breadth first, so that proc/sys is not taken for a host of its own. */
static struct node *topmost_host(const struct memory *m, struct node **queue)
{
	size_t head = 0, tail = 0;

	queue[tail++] = m->root;
	while (head < tail) {
		struct node *at = queue[head++];

		if (is_host(m, at))
			return at;
		for (struct node *n = at->first; n; n = n->next)
			if (n->first)
				queue[tail++] = n;
	}
	return NULL;
}

int memory_find_host(struct memory *m)
{
	SCOPED(free_at) struct node **queue = xcalloc(m->nodes + 1, sizeof(struct node *));
	struct node *found = topmost_host(m, queue);
	struct tree_stat link = {.mode = S_IFLNK | 0777};

	if (!found)
		return -ENOENT;
	found->parent = found;
	m->root = found;
	/* A bare CPU's files lie at the top; whole hosts have them in cpuid/. Both names shall work. */
	if (child(m, found, "pu0", 3) && !child(m, found, "cpuid", 5))
		return memory_add(m, "cpuid", &link, ".", 1);
	return 0;
}

/* ---- asking ---- */

/* What is still to be walked, with a symlink's target put in front of it. */
static int splice(char work[PATH_MAX], const struct node *link, const char *rest)
{
	char joined[PATH_MAX];
	int n = snprintf(joined, sizeof joined, "%s/%s", link->data, rest);

	if (n < 0 || (size_t)n >= sizeof joined)
		return -ENAMETOOLONG;
	memcpy(work, joined, (size_t)n + 1);
	return 0;
}

static bool has_more(const char *rest)
{
	return rest[strspn(rest, "/")] != '\0';
}

static int resolve(const struct memory *m, const char *path, bool follow, struct node **out)
{
	char work[PATH_MAX];
	const char *at_text = work, *name;
	struct node *at = m->root;
	int links = 0;
	size_t n;

	if (strlen(path) >= sizeof work)
		return -ENAMETOOLONG;
	memcpy(work, path, strlen(path) + 1);
	while (component(&at_text, &name, &n)) {
		struct node *next;

		if (!S_ISDIR(at->st.mode))
			return -ENOTDIR;
		if (is_dot(name, n))
			continue;
		next = is_dotdot(name, n) ? at->parent : child(m, at, name, n);
		if (!next)
			return -ENOENT;
		if (S_ISLNK(next->st.mode) && (follow || has_more(at_text))) {
			if (++links > LINKS_MAX)
				return -ELOOP;
			if (splice(work, next, at_text) < 0)
				return -ENAMETOOLONG;
			at_text = work;
			if (next->data[0] == '/')
				at = m->root;
			continue;
		}
		at = next;
	}
	*out = at;
	return 0;
}

int memory_read(const struct memory *m, const char *path, size_t limit, struct strbuf *out)
{
	struct node *node;
	int r = resolve(m, path, true, &node);

	if (r < 0)
		return r;
	if (S_ISDIR(node->st.mode))
		return -EISDIR;
	if (!S_ISREG(node->st.mode))
		return -EINVAL;
	if (node->error)
		return node->error;
	if (node->len > limit)
		return -EFBIG;
	strbuf_addn(out, node->data, node->len);
	return 0;
}

int memory_link(const struct memory *m, const char *path, struct strbuf *out)
{
	struct node *node;
	int r = resolve(m, path, false, &node);

	if (r < 0)
		return r;
	if (!S_ISLNK(node->st.mode))
		return -EINVAL;
	strbuf_addn(out, node->data, node->len);
	return 0;
}

int memory_stat(const struct memory *m, const char *path, bool follow, struct tree_stat *st)
{
	struct node *node;
	int r = resolve(m, path, follow, &node);

	if (r == 0)
		*st = node->st;
	return r;
}

int memory_list(const struct memory *m, const char *path, struct strbuf *out)
{
	struct node *node;
	int r = resolve(m, path, true, &node), count = 0;

	if (r < 0)
		return r;
	if (!S_ISDIR(node->st.mode))
		return -ENOTDIR;
	for (struct node *n = node->first; n; n = n->next) {
		if (++count > TREE_NAMES_MAX)
			return -EFBIG;
		strbuf_addn(out, n->name, strlen(n->name) + 1);
	}
	return 0;
}

/* ---- as a tree ---- */

static void op_close(void *self)
{
	memory_free(self);
}

static int op_read(void *self, const char *path, size_t limit, struct strbuf *out)
{
	return memory_read(self, path, limit, out);
}

static int op_link(void *self, const char *path, struct strbuf *out)
{
	return memory_link(self, path, out);
}

static int op_stat(void *self, const char *path, bool follow, struct tree_stat *st)
{
	return memory_stat(self, path, follow, st);
}

static int op_list(void *self, const char *path, struct strbuf *out)
{
	return memory_list(self, path, out);
}

static const struct tree_backend memory_ops = {
	.close = op_close,
	.read = op_read,
	.link = op_link,
	.stat = op_stat,
	.list = op_list,
};

struct tree *memory_tree(const char *name, struct memory *m)
{
	return tree_new(name, &memory_ops, m);
}
