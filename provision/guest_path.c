/* A guest's files as one tree over its mounts: paths, links, globs. */
#include "provision/guest_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The mount a path without links lies in, the deepest one. */
static const struct guest_mount *mount_of(struct guest *g, const char *path)
{
	const struct guest_mount *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < g->nmounts; i++) {
		const char *point = g->mounts[i].point;
		size_t n = str_eq(point, "/") ? 0 : strlen(point);

		if (strncmp(path, point, n) == 0 && (path[n] == '/' || !path[n]) &&
		    (!best || n >= longest)) {
			best = &g->mounts[i];
			longest = n;
		}
	}
	return best;
}

/* Where a path without links stands, and what is there. */
static int look(struct guest *g, struct guest_spot *s)
{
	const struct guest_mount *m = mount_of(g, s->path);

	if (!m || !(s->fs = guest_volume(g, m->volume)))
		return -ENOENT;
	s->volume = m->volume;
	s->inner = s->path + (str_eq(m->point, "/") ? 0 : strlen(m->point));
	if (!*s->inner)
		s->inner = "/";
	return guest_fs_stat(s->fs, s->inner, false, &s->st, NULL);
}

/* rest becomes target + "/" + what followed. */
static int splice(char rest[GUEST_PATH], const char *target, const char *tail)
{
	char text[GUEST_PATH];
	int n = snprintf(text, sizeof text, "%s%s%s", target, *tail ? "/" : "", tail);

	if (n < 0 || (size_t)n >= sizeof text)
		return -ENAMETOOLONG;
	memcpy(rest, text, (size_t)n + 1);
	return 0;
}

static void go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* One more name behind s->path; false when it does not fit. */
static bool go_down(char *path, const char *name, size_t n)
{
	size_t len = strlen(path);

	if (len + n + 2 > GUEST_PATH)
		return false;
	path[len] = '/';
	memcpy(path + len + 1, name, n);
	path[len + 1 + n] = '\0';
	return true;
}

struct walk {
	struct guest *g;
	struct arena scratch;
	char rest[GUEST_PATH];
	unsigned links;
	bool follow;
};

static int walk_link(struct walk *w, struct guest_spot *s, const char *tail)
{
	const char *target;
	int r = guest_fs_link(s->fs, &w->scratch, s->inner, &target, NULL);

	if (r < 0)
		return r;
	if (++w->links > GUEST_LINKS)
		return -ELOOP;
	if (*target == '/')
		s->path[0] = '\0';
	else
		go_up(s->path);
	return splice(w->rest, target, tail);
}

static int walk(struct walk *w, struct guest_spot *s)
{
	s->path[0] = '\0';
	for (;;) {
		const char *name = w->rest + strspn(w->rest, "/");
		size_t n = strcspn(name, "/");
		const char *tail = name + n + strspn(name + n, "/");
		int r;

		if (!n)
			return look(w->g, s);
		if (n == 2 && name[0] == '.' && name[1] == '.')
			go_up(s->path);
		else if (!(n == 1 && name[0] == '.') && !go_down(s->path, name, n))
			return -ENAMETOOLONG;
		r = look(w->g, s);
		if (r < 0)
			return r;
		if (S_ISLNK(s->st.mode) && (*tail || w->follow))
			r = walk_link(w, s, tail);
		else
			r = splice(w->rest, tail, "");
		if (r < 0)
			return r;
	}
}

int guest_find(struct guest *g, const char *path, bool follow, struct guest_spot *out)
{
	struct walk w = {.g = g, .follow = follow};
	int r = splice(w.rest, path, "");

	if (r == 0)
		r = walk(&w, out);
	arena_fini(&w.scratch);
	return r;
}

bool guest_has(struct guest *g, const char *path)
{
	struct guest_spot s;

	return guest_find(g, path, true, &s) == 0;
}

const char *guest_text(struct guest *g, struct arena *a, const char *path, size_t limit,
		       size_t *len)
{
	struct guest_spot s;
	const char *data;
	size_t n;

	if (guest_find(g, path, true, &s) < 0 || !S_ISREG(s.st.mode) || s.st.size > limit ||
	    guest_fs_read(s.fs, a, s.inner, limit, &data, &n, NULL) < 0)
		return NULL;
	if (len)
		*len = n;
	return arena_dupn(a, data, n);
}

void guest_names_of(struct guest *g, struct arena *a, const char *path, struct guest_names *out)
{
	struct guest_spot s;

	*out = (struct guest_names){0};
	if (guest_find(g, path, true, &s) < 0 || !S_ISDIR(s.st.mode) ||
	    guest_fs_list(s.fs, a, s.inner, out, NULL) < 0)
		*out = (struct guest_names){0};
}

/* ---- globs, one name of the pattern at a time ---- */

static void expand(struct guest *g, struct arena *a, const char *at, const char *name,
		   struct guest_list *out)
{
	struct guest_names names;
	const char *pattern = arena_printf(a, "/%s", name);

	if (!strpbrk(name, "*?")) {
		guest_list_add(a, out, arena_printf(a, "%s/%s", at, name));
		return;
	}
	guest_names_of(g, a, *at ? at : "/", &names);
	for (size_t i = 0; i < names.count && out->n < GUEST_GLOB_MAX; i++)
		if (place_matches(pattern, arena_printf(a, "/%s", names.names[i])))
			guest_list_add(a, out, arena_printf(a, "%s/%s", at, names.names[i]));
}

void guest_glob(struct guest *g, struct arena *a, const char *pattern, struct guest_list *out)
{
	struct guest_list front = {0}, next;
	struct guest_spot s;

	guest_list_add(a, &front, "");
	while (*(pattern += strspn(pattern, "/"))) {
		size_t n = strcspn(pattern, "/");
		const char *name = arena_dupn(a, pattern, n);

		next = (struct guest_list){0};
		for (size_t i = 0; i < front.n && next.n < GUEST_GLOB_MAX; i++)
			expand(g, a, front.items[i], name, &next);
		front = next;
		pattern += n;
	}
	for (size_t i = 0; i < front.n; i++)
		if (guest_find(g, front.items[i], false, &s) == 0)
			guest_list_add(a, out, arena_dup(a, s.path));
}
