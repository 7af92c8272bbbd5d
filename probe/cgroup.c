/* Control groups: reading where they are. Nothing is ever written there. */
#include "probe/cgroup.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/mountinfo.h"

#include <errno.h>
#include <string.h>

const char *cgroup_kind_name(enum cgroup_kind k)
{
	static const char *const names[] = {"unknown", "none", "v1", "hybrid", "v2"};

	return names[k];
}

void cgroup_parse(struct cgroup_lines *out, struct arena *a, const char *text)
{
	const char *line;
	size_t n;

	out->count = 0;
	while (out->count < CGROUPS_MAX && str_line(&text, &line, &n)) {
		const char *first = memchr(line, ':', n), *second;
		size_t rest = first ? n - (size_t)(first + 1 - line) : 0;

		second = first ? memchr(first + 1, ':', rest) : NULL;
		if (!second || second + 1 == line + n || second[1] != '/')
			continue;
		out->lines[out->count++] = (struct cgroup_line){
			.controllers = arena_dupn(a, first + 1, (size_t)(second - first - 1)),
			.path = arena_dupn(a, second + 1, (size_t)(line + n - second - 1)),
		};
	}
}

bool cgroup_lists(const char *controllers, const char *name)
{
	size_t len = strlen(name);

	while (*controllers) {
		size_t n = strcspn(controllers, ", \t\n");

		if (n == len && !memcmp(controllers, name, n))
			return true;
		controllers += n;
		controllers += strspn(controllers, ", \t\n");
	}
	return false;
}

/* The mount shows the hierarchy from root on; a path outside it ("/..", another container's) is not visible. */
static const char *own_folder(struct arena *a, const struct mount_line *m, const char *path)
{
	size_t n = strlen(m->root);

	if (!path || strstr(path, "/.."))
		return m->where;
	if (str_eq(m->root, "/"))
		n = 0;
	else if (strncmp(path, m->root, n) != 0 || (path[n] && path[n] != '/'))
		return m->where;
	path += n;
	return path[strspn(path, "/")] ? arena_printf(a, "%s%s", m->where, path) : m->where;
}

static const char *path_in(const struct cgroup_lines *own, const char *controllers)
{
	for (size_t i = 0; i < own->count; i++) {
		const char *c = own->lines[i].controllers;

		if (!controllers ? !*c : *c && str_eq(c, controllers))
			return own->lines[i].path;
	}
	return NULL;
}

/* The controllers among a v1 mount's options: "rw,cpu,cpuacct" -> "cpu,cpuacct". */
static const char *mounted_controllers(struct arena *a, const char *options)
{
	static const char *const others[] = {"rw",       "ro",  "xattr", "clone_children",
					     "noprefix", "all", "none"};
	struct strbuf out = {0};
	const char *text;

	while (options && *options) {
		size_t n = strcspn(options, ",");
		bool skip = memchr(options, '=', n) && strncmp(options, "name=", 5) != 0;

		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			skip = skip || (n == strlen(others[i]) && !memcmp(options, others[i], n));
		if (n && !skip) {
			strbuf_add(&out, out.len ? "," : "");
			strbuf_addn(&out, options, n);
		}
		options += n;
		options += *options == ',';
	}
	text = arena_dup(a, strbuf_str(&out));
	strbuf_fini(&out);
	return text;
}

static void add_mount(struct cgroup_view *v, struct arena *a, const struct mount_line *m,
		      const struct cgroup_lines *own)
{
	bool v2 = str_eq(m->type, "cgroup2");
	struct cgroup_dir d = {.mount = m->where};

	if ((!v2 && !str_eq(m->type, "cgroup")) || v->count == CGROUPS_MAX)
		return;
	if (!v2)
		d.controllers = mounted_controllers(a, m->super_options);
	d.dir = own_folder(a, m, path_in(own, d.controllers));
	v->dirs[v->count++] = d;
}

const struct cgroup_dir *cgroup_v1(const struct cgroup_view *v, const char *controller)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->dirs[i].controllers && cgroup_lists(v->dirs[i].controllers, controller))
			return &v->dirs[i];
	return NULL;
}

const struct cgroup_dir *cgroup_v2(const struct cgroup_view *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (!v->dirs[i].controllers)
			return &v->dirs[i];
	return NULL;
}

/* A v1 hierarchy with a name only ("name=systemd") has no controller. */
static bool has_controllers(const struct cgroup_dir *d)
{
	return d->controllers && *d->controllers && strncmp(d->controllers, "name=", 5) != 0;
}

/* "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0": what captures of other tools have instead of mountinfo. */
static int read_mounts(struct mount_list *out, struct tree *t)
{
	const char *text, *line;
	size_t n, room = 0;
	int r = tree_read(t, "/proc/mounts", TREE_TEXT_MAX, &text, NULL);

	if (r < 0)
		return r;
	while (out->count < MOUNTS_MAX && str_line(&text, &line, &n)) {
		const char *at = arena_dupn(tree_arena(t), line, n), *words[4];
		size_t len, k = 0;

		while (k < 4 && str_word(&at, &words[k], &len)) {
			words[k] = arena_dupn(tree_arena(t), words[k], len);
			k++;
		}
		if (k < 4)
			continue;
		ARENA_GROW(tree_arena(t), out->lines, out->count, room);
		out->lines[out->count++] = (struct mount_line){
			.root = "/",
			.where = words[1],
			.type = words[2],
			.options = words[3],
			.source = words[0],
			.super_options = words[3],
		};
	}
	return 0;
}

void cgroup_look(struct cgroup_view *out, struct tree *t)
{
	struct mount_list mounts = {0};
	struct cgroup_lines own = {.count = 0};
	const char *text;
	bool v1 = false;
	int r = mountinfo_read(&mounts, t);

	if (r == -ENOENT || r == -ENODATA)
		r = read_mounts(&mounts, t);
	*out = (struct cgroup_view){.kind = CGROUP_UNKNOWN, .err = -r};
	if (r < 0)
		return;
	if (tree_read(t, "/proc/self/cgroup", TREE_TEXT_MAX, &text, NULL) == 0)
		cgroup_parse(&own, tree_arena(t), text);
	for (size_t i = 0; i < mounts.count; i++)
		add_mount(out, tree_arena(t), &mounts.lines[i], &own);
	for (size_t i = 0; i < out->count; i++)
		v1 = v1 || has_controllers(&out->dirs[i]);
	if (cgroup_v2(out))
		out->kind = v1 ? CGROUP_HYBRID : CGROUP_V2;
	else
		out->kind = out->count ? CGROUP_V1 : CGROUP_NONE;
}
