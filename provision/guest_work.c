/* Keeping a plan's edits and rows. */
#include "provision/guest_work.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void work_say(struct work *w, const char *kind, const char *where, const char *old_value,
	      const char *new_value, enum guest_action action, const char *reason)
{
	struct guest_plan *p = w->plan;

	ARENA_GROW(w->a, p->changes, p->n, w->rows);
	p->changes[p->n++] = (struct guest_change){
		.kind = arena_dup(w->a, kind),
		.where = arena_dup(w->a, where),
		.old_value = arena_dup(w->a, old_value ? old_value : ""),
		.new_value = arena_dup(w->a, new_value ? new_value : ""),
		.action = action,
		.reason = arena_dup(w->a, reason ? reason : ""),
	};
}

struct guest_edit *work_edit(struct work *w, enum edit_op op, size_t volume, const char *path)
{
	struct guest_edits *x = w->plan->edits;

	ARENA_GROW(w->a, x->items, x->n, x->room);
	x->items[x->n] =
		(struct guest_edit){.op = op, .volume = volume, .path = arena_dup(w->a, path)};
	return &x->items[x->n++];
}

struct guest_edit *work_planned(struct work *w, size_t volume, const char *inner)
{
	struct guest_edits *x = w->plan->edits;

	for (size_t i = x->n; i > 0; i--)
		if (x->items[i - 1].op <= OP_CREATE && x->items[i - 1].volume == volume &&
		    str_eq(x->items[i - 1].path, inner))
			return &x->items[i - 1];
	return NULL;
}

struct guest_edit *work_file(struct work *w, const struct found *f)
{
	struct guest_edit *x = work_planned(w, f->volume, f->inner);

	if (x)
		return x;
	if (!f->data)
		return NULL;
	x = work_edit(w, OP_WRITE, f->volume, f->inner);
	x->data = arena_dupn(w->a, f->data, f->len);
	x->len = f->len;
	return x;
}

void work_set(struct work *w, const struct found *f, const char *text, size_t len)
{
	struct guest_edit *x = work_planned(w, f->volume, f->inner);

	if (!x)
		x = work_edit(w, OP_WRITE, f->volume, f->inner);
	x->data = arena_dupn(w->a, text, len);
	x->len = len;
	x->patches = NULL;
}

void work_patch(struct work *w, const struct found *f, const struct guest_patch *list, size_t n)
{
	struct guest_edit *x = work_edit(w, OP_WRITE, f->volume, f->inner);

	x->patches = list;
	x->npatches = n;
	x->len = f->len;
}

const char *work_count(struct work *w, size_t n, const char *what)
{
	return arena_printf(w->a, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

/* A file that is there keeps its mode, owner and labels. */
struct guest_edit *work_edit_at(struct work *w, size_t volume, const char *inner, bool exists)
{
	struct guest_edit *x = work_planned(w, volume, inner);

	return x ? x : work_edit(w, exists ? OP_WRITE : OP_CREATE, volume, inner);
}

bool work_create(struct work *w, const char *path, mode_t mode, const char *text, size_t len)
{
	const char *slash = strrchr(path, '/');
	struct guest_spot s;
	struct guest_edit *x;

	if (guest_find(w->g, path, true, &s) == 0) {
		if (!S_ISREG(s.st.mode))
			return false;
		x = work_edit_at(w, s.volume, s.inner, true);
	} else {
		const char *folder = arena_dupn(w->a, path, (size_t)(slash - path));

		/* a link that leads nowhere is not ours to follow */
		if (guest_find(w->g, path, false, &s) != -ENOENT)
			return false;
		if (guest_find(w->g, folder, true, &s) < 0 || !S_ISDIR(s.st.mode))
			return false;
		x = work_edit_at(
			w, s.volume,
			arena_printf(w->a, "%s%s", str_eq(s.inner, "/") ? "" : s.inner, slash),
			false);
	}
	x->data = arena_dupn(w->a, text, len);
	x->len = len;
	x->mode = mode;
	return true;
}

bool work_has_folder(const struct work *w, size_t volume, const char *inner)
{
	const struct guest_edits *x = w->plan->edits;

	for (size_t i = 0; i < x->n; i++)
		if (x->items[i].op == OP_FOLDER && x->items[i].volume == volume &&
		    str_eq(x->items[i].path, inner))
			return true;
	return false;
}

void work_keep(struct work *w, const char *path, size_t volume)
{
	struct guest_edits *x = w->plan->edits;
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++)
		if (x->items[i].op != OP_REMOVE || x->items[i].volume != volume ||
		    !str_eq(x->items[i].path, path))
			x->items[n++] = x->items[i];
	x->n = n;
}

int work_random(void *p, size_t n, struct err *e)
{
	uint8_t *b = p;

	for (size_t done = 0; done < n; done += 256)
		if (getentropy(b + done, n - done < 256 ? n - done : 256) < 0)
			return err_sys(e, errno, "random numbers");
	return 0;
}
