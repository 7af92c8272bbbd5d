/* Edits are data until a flush: then the filesystem is mounted for writing, all are made, and it is ejected. */
#include "provision/guestfs_remote.h"
#include "provision/guestfs_remote_folder.h"

#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PIECE = 1 << 20, PATH = 4096 }; /* a message to the appliance holds 4 MiB */

static const char label_name[] = "security.selinux";

/* ---- keeping ---- */

static struct remote_edit *keep(struct guest_fs *fs, enum remote_op op, const char *path)
{
	struct remote *r = remote_of(fs);

	ARENA_GROW(&r->kept, r->edits, r->n, r->room);
	r->edits[r->n] = (struct remote_edit){.op = op, .path = arena_dup(&r->kept, path)};
	return &r->edits[r->n++];
}

/* Paths are looked at when the edit is made: by then the filesystem is mounted anyway. */
int remote_replace(struct guest_fs *fs, const char *path, const void *data, size_t n, struct err *e)
{
	struct remote_edit *x = keep(fs, REMOTE_REPLACE, path);

	(void)e;
	x->data = arena_dupn(&fs->remote->kept, data, n);
	x->len = n;
	return 0;
}

int remote_create(struct guest_fs *fs, const char *path, const struct guest_new *as,
		  const void *data, size_t n, struct err *e)
{
	struct remote_edit *x = keep(fs, REMOTE_CREATE, path);

	(void)e;
	x->data = arena_dupn(&fs->remote->kept, data, n);
	x->len = n;
	x->as = *as;
	return 0;
}

int remote_mkdir(struct guest_fs *fs, const char *path, const struct guest_new *as, struct err *e)
{
	(void)e;
	keep(fs, REMOTE_MKDIR, path)->as = *as;
	return 0;
}

int remote_symlink(struct guest_fs *fs, const char *path, const char *target, struct err *e)
{
	struct remote_edit *x = keep(fs, REMOTE_LINK, path);

	(void)e;
	x->to = arena_dup(&fs->remote->kept, target);
	return 0;
}

int remote_remove(struct guest_fs *fs, const char *path, bool recursive, struct err *e)
{
	(void)e;
	keep(fs, REMOTE_REMOVE, path)->recursive = recursive;
	return 0;
}

int remote_rename(struct guest_fs *fs, const char *from, const char *to, struct err *e)
{
	struct remote_edit *x = keep(fs, REMOTE_RENAME, from);

	(void)e;
	x->to = arena_dup(&fs->remote->kept, to);
	return 0;
}

/* ---- making ---- */

struct making {
	struct guest_fs *fs;
	struct remote *r;
	guestfs_h *g;
	const char *root;
	struct arena *a;
};

static int write_all(struct making *m, const char *path, const struct remote_edit *x)
{
	size_t n = x->len < PIECE ? x->len : PIECE;
	int r = guestfs_write(m->g, path, x->data, n);

	for (size_t at = n; r == 0 && at < x->len; at += n) {
		n = x->len - at < PIECE ? x->len - at : PIECE;
		r = guestfs_write_append(m->g, path, x->data + at, n);
	}
	return r;
}

/* Into the file that is there: whatever it has besides its content stays, its times are put back. */
static int make_replaced(struct making *m, const char *path, const struct remote_edit *x)
{
	struct guestfs_statns *s = guestfs_lstatns(m->g, path);
	int r = s && S_ISREG(s->st_mode) ? 0 : -1;

	if (r == 0)
		r = write_all(m, path, x);
	if (r == 0)
		r = guestfs_utimens(m->g, path, s->st_atime_sec, s->st_atime_nsec, s->st_mtime_sec,
				    s->st_mtime_nsec);
	if (s)
		guestfs_free_statns(s);
	return r;
}

static size_t folder_length(const char *path)
{
	return (size_t)(strrchr(path, '/') - path);
}

/* The appliance runs without SELinux: what is new has no label of its own. A folder without one has none to give. */
static void label_as_parent(struct making *m, const char *path)
{
	remote_copy_attribute(m->g, label_name, arena_dupn(m->a, path, folder_length(path)), path);
}

static int own(struct making *m, const char *path, const struct guest_new *as)
{
	int r = guestfs_lchown(m->g, (int)as->uid, (int)as->gid, path);

	return r == 0 ? guestfs_chmod(m->g, (int)as->mode, path) : r;
}

/* A file that is there is written to; anything else is in the way. */
static int make_file(struct making *m, const char *path, const struct remote_edit *x)
{
	struct guestfs_statns *s = guestfs_lstatns(m->g, path);
	bool there = s, odd = s && !S_ISREG(s->st_mode);
	int r;

	if (s)
		guestfs_free_statns(s);
	if (odd)
		return guestfs_rm(m->g, path) < 0 ? -1 : make_file(m, path, x);
	r = write_all(m, path, x);
	if (r == 0 && !there)
		label_as_parent(m, path);
	return r == 0 ? own(m, path, &x->as) : r;
}

static int make_one(struct making *m, const struct remote_edit *x)
{
	const char *path = remote_path(m->r, m->a, m->root, x->path);
	int r;

	switch (x->op) {
	case REMOTE_REPLACE:
		return make_replaced(m, path, x);
	case REMOTE_CREATE:
		return make_file(m, path, x);
	case REMOTE_MKDIR:
		r = guestfs_mkdir_mode(m->g, path, (int)x->as.mode);
		if (r == 0)
			label_as_parent(m, path);
		return r == 0 ? own(m, path, &x->as) : r;
	case REMOTE_LINK:
		r = guestfs_ln_s(m->g, x->to, path);
		if (r == 0)
			label_as_parent(m, path);
		return r;
	case REMOTE_REMOVE:
		return x->recursive ? guestfs_rm_rf(m->g, path) : guestfs_rm(m->g, path);
	case REMOTE_RENAME:
		return guestfs_rename(m->g, path, remote_path(m->r, m->a, m->root, x->to));
	}
	return 0;
}

/* A new name in a folder that is there: its path without links. */
static int new_path(struct making *m, const char **path, struct err *e)
{
	const char *slash = strrchr(*path, '/');
	char parent[PATH], real[PATH];
	struct guest_stat st;
	int r;

	snprintf(parent, sizeof parent, "%.*s", slash > *path ? (int)(slash - *path) : 1, *path);
	r = remote_find(m->fs, parent, true, real, &st, e);
	if (r == 0 && !S_ISDIR(st.mode))
		r = err_set(e, ENOTDIR, "%s: no folder", parent);
	if (r == 0)
		*path = arena_printf(m->a, "%s%s", strcmp(real, "/") == 0 ? "" : real, slash);
	return r;
}

/* The same edit by a path without links; the appliance's kernel would look for absolute ones elsewhere. */
static int resolve(struct making *m, struct remote_edit *x, struct err *e)
{
	char real[PATH];
	struct guest_stat st;
	int r;

	remote_forget(m->r);
	if (x->op == REMOTE_REPLACE) {
		r = remote_find(m->fs, x->path, true, real, &st, e);
		if (r == 0 && !S_ISREG(st.mode))
			r = err_set(e, S_ISDIR(st.mode) ? EISDIR : EINVAL, "%s: no regular file",
				    x->path);
		if (r == 0)
			x->path = arena_dup(m->a, real);
		return r;
	}
	r = new_path(m, &x->path, e);
	return r == 0 && x->op == REMOTE_RENAME ? new_path(m, &x->to, e) : r;
}

/* Most paths have no links in them: those that have fail at first. */
static int make(struct making *m, const struct remote_edit *x, struct err *e)
{
	struct remote_edit again = *x;
	int r;

	if (make_one(m, x) == 0)
		return 0;
	r = resolve(m, &again, e);
	if (r < 0 || make_one(m, &again) == 0)
		return r;
	return appliance_error(m->g, e, x->path);
}

/* The last of the edits beside each other that take names with ids out of one folder. */
static bool ends_names(const struct remote *r, size_t i)
{
	const struct remote_edit *x = &r->edits[i], *next = x + 1;
	size_t n = folder_length(x->path);

	if ((x->op != REMOTE_RENAME && x->op != REMOTE_REMOVE) || !n ||
	    !remote_name_has_id(x->path))
		return false;
	return i + 1 == r->n || next->op != x->op || folder_length(next->path) != n ||
	       strncmp(next->path, x->path, n) != 0;
}

static int renew_folder(struct making *m, const struct remote_edit *x, struct err *e)
{
	const char *path = arena_dupn(m->a, x->path, folder_length(x->path));
	char real[PATH];
	struct guest_stat st;
	int r;

	remote_forget(m->r);
	r = remote_find(m->fs, path, true, real, &st, e);
	if (r == 0 && remote_renew_folder(m->g, remote_path(m->r, m->a, m->root, real)) < 0)
		r = appliance_error(m->g, e, path);
	return r;
}

static int make_all(struct guest_fs *fs, struct err *e)
{
	struct remote *r = fs->remote;
	struct arena a = {0};
	struct making m = {.fs = fs, .r = r, .a = &a};
	int x = remote_enter(fs, true, &m.g, &m.root, e);

	if (x < 0)
		return x;
	r->inside = m.g;
	r->inside_root = m.root;
	for (size_t i = 0; i < r->n && x == 0; i++) {
		x = make(&m, &r->edits[i], e);
		if (x == 0 && fs->ops->keeps_names && ends_names(r, i))
			x = renew_folder(&m, &r->edits[i], e);
	}
	r->inside = NULL;
	remote_leave(fs);
	arena_fini(&a);
	return x;
}

bool remote_pending(const struct guest_fs *fs)
{
	return fs->remote && fs->remote->n;
}

int remote_flush(struct guest_fs *fs, struct err *e)
{
	struct remote *r = fs->remote;
	struct err late = {0};
	int x, last;

	if (!remote_pending(fs))
		return 0;
	x = make_all(fs, e);
	last = appliance_eject(&r->at, x < 0 ? &late : e);
	remote_forget(r);
	arena_fini(&r->kept);
	r->edits = NULL;
	r->n = r->room = 0;
	return x < 0 ? x : last;
}
