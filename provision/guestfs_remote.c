/* Reading: a folder costs two calls, with the attributes of all that is in it; a file costs one. */
#include "provision/guestfs_remote.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINKS = 40, PATH = 4096 };

/* Where distributions put the root on btrfs, when the default subvolume is not it. */
static const char *const roots[] = {"/@rootfs", "/@", "/root"};

struct remote *remote_of(struct guest_fs *fs)
{
	if (!fs->remote) {
		fs->remote = xcalloc(1, sizeof *fs->remote);
		fs->remote->at = (struct appliance_fs){
			.disk = fs->disk,
			.uuid = fs->uuid,
			.read_options = fs->ops->mount_for_reading,
			.write_options = fs->ops->mount_for_writing,
		};
	}
	return fs->remote;
}

void remote_close(struct guest_fs *fs)
{
	if (!fs->remote)
		return;
	appliance_eject(&fs->remote->at, NULL);
	arena_fini(&fs->remote->mem);
	arena_fini(&fs->remote->kept);
	free(fs->remote);
	fs->remote = NULL;
}

const char *remote_path(struct remote *r, struct arena *a, const char *root, const char *path)
{
	return arena_printf(a, "%s%s%s", root, r->prefix, strcmp(path, "/") == 0 ? "" : path);
}

static struct guest_stat stat_of(const struct guestfs_statns *s)
{
	return (struct guest_stat){
		.mode = (mode_t)s->st_mode,
		.uid = (uid_t)s->st_uid,
		.gid = (gid_t)s->st_gid,
		.size = (uint64_t)s->st_size,
		.ino = (uint64_t)s->st_ino,
		.links = (unsigned)s->st_nlink,
		.mtime = s->st_mtime_sec,
	};
}

static int stat_at(guestfs_h *g, const char *path, struct guest_stat *st)
{
	struct guestfs_statns *s = guestfs_lstatns(g, path);

	if (!s)
		return appliance_error(g, NULL, path);
	*st = stat_of(s);
	guestfs_free_statns(s);
	return 0;
}

/* A system whose root is a subvolume that is not mounted by default. */
static int find_prefix(struct guest_fs *fs, guestfs_h *g, const char *root)
{
	struct remote *r = fs->remote;
	struct guest_stat st;
	char path[128];

	r->looked = true;
	for (size_t i = 0; i < ARRAY_SIZE(roots) && strcmp(fs->type, "btrfs") == 0; i++) {
		snprintf(path, sizeof path, "%s/etc", root);
		if (stat_at(g, path, &st) == 0)
			break;
		snprintf(path, sizeof path, "%s%s/etc", root, roots[i]);
		if (stat_at(g, path, &st) == 0)
			snprintf(r->prefix, sizeof r->prefix, "%s", roots[i]);
		if (r->prefix[0])
			break;
	}
	snprintf(path, sizeof path, "%s%s", root, r->prefix);
	return stat_at(g, path, &r->root);
}

/* When the appliance does not start or mount, no file of this filesystem is ever read. */
int remote_enter(struct guest_fs *fs, bool write, guestfs_h **g, const char **root, struct err *e)
{
	struct remote *r = remote_of(fs);
	struct err why = {0};
	int x;

	if (r->inside) {
		*g = r->inside;
		*root = r->inside_root;
		return 0;
	}
	if (fs->trouble[0])
		return err_set(e, EIO, "%s", fs->trouble);
	x = appliance_enter(&r->at, write, g, root, &why);
	if (x == 0 && !r->looked) {
		x = find_prefix(fs, *g, *root);
		if (x < 0) {
			appliance_error(*g, &why, "reading");
			appliance_leave();
		}
	}
	if (x < 0) {
		snprintf(fs->trouble, sizeof fs->trouble, "%s: its files cannot be read: %.180s",
			 fs->type, why.text);
		return err_set(e, -x, "%s", fs->trouble);
	}
	return 0;
}

void remote_leave(struct guest_fs *fs)
{
	if (!fs->remote->inside)
		appliance_leave();
}

/* ---- folders ---- */

static size_t bucket_of(const char *path)
{
	uint32_t h = 2166136261u;

	for (; *path; path++)
		h = (h ^ (uint8_t)*path) * 16777619u;
	return h % REMOTE_DIRS;
}

void remote_forget(struct remote *r)
{
	arena_fini(&r->mem);
	memset(r->dirs, 0, sizeof r->dirs);
}

void remote_free_names(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

static int name_order(const void *a, const void *b)
{
	return strcmp(((const struct remote_name *)a)->name, ((const struct remote_name *)b)->name);
}

static int list_inside(struct remote *r, guestfs_h *g, const char *root, struct remote_dir *d)
{
	struct arena scratch = {0};
	const char *path = remote_path(r, &scratch, root, d->path);
	char **names = guestfs_ls(g, path);
	struct guestfs_statns_list *list = names ? guestfs_lstatnslist(g, path, names) : NULL;
	int x = list ? 0 : appliance_error(g, NULL, path);

	if (list) {
		d->names = arena_alloc(&r->mem, list->len * sizeof *d->names);
		for (size_t i = 0; i < list->len && names[i]; i++)
			if (list->val[i].st_ino >= 0)
				d->names[d->n++] = (struct remote_name){
					arena_dup(&r->mem, names[i]), stat_of(&list->val[i])};
		if (d->n)
			qsort(d->names, d->n, sizeof *d->names, name_order);
		guestfs_free_statns_list(list);
	}
	remote_free_names(names);
	arena_fini(&scratch);
	return x;
}

/* path is free of links. */
static int folder(struct guest_fs *fs, const char *path, struct remote_dir **out, struct err *e)
{
	struct remote *r = remote_of(fs);
	struct remote_dir **bucket = &r->dirs[bucket_of(path)], *d = *bucket;
	const char *root;
	guestfs_h *g;
	int x;

	while (d && strcmp(d->path, path) != 0)
		d = d->next;
	if (!d) {
		x = remote_enter(fs, false, &g, &root, e);
		if (x < 0)
			return x;
		d = arena_alloc(&r->mem, sizeof *d);
		d->path = arena_dup(&r->mem, path);
		d->r = list_inside(r, g, root, d);
		remote_leave(fs);
		d->next = *bucket;
		*bucket = d;
	}
	*out = d;
	return d->r < 0 ? err_sys(e, d->r, "%s", path) : 0;
}

static int look(struct guest_fs *fs, const char *path, struct guest_stat *st, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct remote_name key = {.name = slash + 1}, *hit = NULL;
	struct remote_dir *d;
	char parent[PATH];
	int r;

	snprintf(parent, sizeof parent, "%.*s", slash > path ? (int)(slash - path) : 1, path);
	r = folder(fs, parent, &d, e);
	if (r < 0)
		return r;
	if (!slash[1]) {
		*st = fs->remote->root;
		return 0;
	}
	if (d->n)
		hit = bsearch(&key, d->names, d->n, sizeof *d->names, name_order);
	if (!hit)
		return err_set(e, ENOENT, "%s: there is no such file", path);
	*st = hit->st;
	return 0;
}

/* ---- paths ---- */

static int read_link(struct guest_fs *fs, const char *path, char out[PATH], struct err *e)
{
	struct remote *r = remote_of(fs);
	struct arena scratch = {0};
	const char *root;
	guestfs_h *g;
	char *text;
	int x = remote_enter(fs, false, &g, &root, e);

	if (x < 0)
		return x;
	text = guestfs_readlink(g, remote_path(r, &scratch, root, path));
	if (!text)
		x = appliance_error(g, e, path);
	else if (strlen(text) >= PATH)
		x = err_set(e, ENAMETOOLONG, "%s: the link is too long", path);
	else
		memcpy(out, text, strlen(text) + 1);
	remote_leave(fs);
	free(text);
	arena_fini(&scratch);
	return x;
}

struct walk {
	char done[PATH], rest[PATH];
	unsigned links;
};

/* One more name behind done, or one less. */
static int step(struct walk *w, const char *name, size_t n)
{
	size_t len = strlen(w->done);

	if (n == 1 && *name == '.')
		return 0;
	if (n == 2 && name[0] == '.' && name[1] == '.') {
		char *slash = strrchr(w->done, '/');

		if (slash)
			*slash = '\0';
		return 0;
	}
	if (len + n + 2 > PATH)
		return -ENAMETOOLONG;
	w->done[len] = '/';
	memcpy(w->done + len + 1, name, n);
	w->done[len + 1 + n] = '\0';
	return 0;
}

/* rest becomes the link's target and what followed the link. */
static int turn(struct guest_fs *fs, struct walk *w, struct err *e)
{
	char target[PATH], text[PATH];
	int n, r = read_link(fs, w->done, target, e);

	if (r < 0)
		return r;
	if (++w->links > LINKS)
		return err_set(e, ELOOP, "%s: too many links", w->done);
	n = snprintf(text, sizeof text, "%s/%s", target, w->rest);
	if (n < 0 || n >= PATH)
		return err_set(e, ENAMETOOLONG, "%s: the link is too long", w->done);
	memcpy(w->rest, text, (size_t)n + 1);
	if (*target == '/')
		w->done[0] = '\0';
	else
		step(w, "..", 2);
	return 0;
}

int remote_find(struct guest_fs *fs, const char *path, bool follow, char out[4096],
		struct guest_stat *st, struct err *e)
{
	struct walk w = {.links = 0};
	int r;

	snprintf(w.rest, sizeof w.rest, "%s", path);
	for (;;) {
		char *name = w.rest + strspn(w.rest, "/");
		size_t n = strcspn(name, "/");

		if (!n)
			break;
		r = step(&w, name, n);
		if (r < 0)
			return err_set(e, -r, "%s: the path is too long", path);
		memmove(w.rest, name + n, strlen(name + n) + 1);
		r = look(fs, w.done[0] ? w.done : "/", st, e);
		if (r < 0)
			return r;
		if (S_ISLNK(st->mode) && (follow || w.rest[strspn(w.rest, "/")]))
			r = turn(fs, &w, e);
		else if (!S_ISDIR(st->mode) && w.rest[strspn(w.rest, "/")])
			r = err_set(e, ENOTDIR, "%s: no folder", w.done);
		if (r < 0)
			return r;
	}
	snprintf(out, PATH, "%s", w.done[0] ? w.done : "/");
	return look(fs, out, st, e);
}

/* ---- the engine's reading: what was edited is read as it will be ---- */

static int find(struct guest_fs *fs, const char *path, bool follow, char real[PATH],
		struct guest_stat *st, struct err *e)
{
	int r = remote_flush(fs, e);

	return r < 0 ? r : remote_find(fs, path, follow, real, st, e);
}

int remote_stat(struct guest_fs *fs, const char *path, bool follow, struct guest_stat *st,
		struct err *e)
{
	char real[PATH];

	return find(fs, path, follow, real, st, e);
}

static int read_inside(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
		       const char **data, size_t *len, struct err *e)
{
	struct arena scratch = {0};
	const char *root;
	guestfs_h *g;
	char *text;
	size_t n = 0;
	int r = remote_enter(fs, false, &g, &root, e);

	if (r < 0)
		return r;
	text = guestfs_read_file(g, remote_path(fs->remote, &scratch, root, path), &n);
	if (!text)
		r = appliance_error(g, e, path);
	remote_leave(fs);
	if (r == 0 && n > limit)
		r = err_set(e, EFBIG, "%s: it has grown", path);
	if (r == 0) {
		*data = arena_dupn(a, text, n);
		*len = n;
	}
	free(text);
	arena_fini(&scratch);
	return r;
}

int remote_read(struct guest_fs *fs, struct arena *a, const char *path, size_t limit,
		const char **data, size_t *len, struct err *e)
{
	char real[PATH];
	struct guest_stat st;
	int r = find(fs, path, true, real, &st, e);

	if (r < 0)
		return r;
	if (!S_ISREG(st.mode))
		return err_set(e, S_ISDIR(st.mode) ? EISDIR : EINVAL, "%s: no regular file", path);
	if (st.size > limit)
		return err_set(e, EFBIG, "%s: %llu bytes are more than %zu", path,
			       (unsigned long long)st.size, limit);
	return read_inside(fs, a, real, limit, data, len, e);
}

int remote_link(struct guest_fs *fs, struct arena *a, const char *path, const char **target,
		struct err *e)
{
	char real[PATH], text[PATH];
	struct guest_stat st;
	int r = find(fs, path, false, real, &st, e);

	if (r == 0 && !S_ISLNK(st.mode))
		r = err_set(e, EINVAL, "%s: no link", path);
	if (r == 0)
		r = read_link(fs, real, text, e);
	if (r == 0)
		*target = arena_dup(a, text);
	return r;
}

int remote_list(struct guest_fs *fs, struct arena *a, const char *path, struct guest_names *out,
		struct err *e)
{
	char real[PATH];
	struct guest_stat st;
	struct remote_dir *d;
	int r = find(fs, path, true, real, &st, e);

	if (r == 0 && !S_ISDIR(st.mode))
		r = err_set(e, ENOTDIR, "%s: no folder", path);
	if (r == 0)
		r = folder(fs, real, &d, e);
	if (r < 0)
		return r;
	out->names = arena_alloc(a, d->n * sizeof(char *));
	out->count = d->n;
	for (size_t i = 0; i < d->n; i++)
		out->names[i] = arena_dup(a, d->names[i].name);
	return 0;
}
