/* From a survey and an identity to a plan; nothing is written here. */
#include "provision/guest_work.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void split_name(struct work *w)
{
	const char *full = w->g->facts.hostname, *dot = full ? strchr(full, '.') : NULL;

	w->names = (struct edit_names){
		.old_name = !full ? ""
			    : dot ? arena_dupn(w->a, full, (size_t)(dot - full))
				  : full,
		.old_domain = dot ? dot + 1 : "",
		.name = w->id->hostname,
		.domain = w->id->domain ? w->id->domain : "",
	};
}

/* Files that a Linux has even when the template had none. */
static void create(struct work *w, const char *kind, const char *path, mode_t mode,
		   const char *value)
{
	const char *text = arena_printf(w->a, "%s\n", value);

	if (work_create(w, path, mode, text, strlen(text)))
		work_say(w, kind, path, "", value, GUEST_CHANGED, "");
	else
		work_say(w, kind, path, "", "", GUEST_REFUSED, "what is there is no file");
}

static void create_missing(struct work *w)
{
	if (!guest_has(w->g, "/etc/hostname") && !guest_has(w->g, "/etc/HOSTNAME"))
		create(w, "hostname", "/etc/hostname", 0644, w->id->hostname);
	if (w->o->machine_id != GUEST_ID_KEEP && !guest_has(w->g, "/etc/machine-id") &&
	    guest_has(w->g, "/usr/lib/systemd/systemd"))
		create(w, "machine-id", "/etc/machine-id", 0444, w->machine_id);
}

static int plan_files(struct work *w, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < w->s->n && r == 0; i++)
		r = work_found(w, &w->s->found[i], e);
	if (r < 0)
		return r;
	create_missing(w);
	work_console(w);
	r = work_network(w, e);
	if (r < 0)
		return r;
	return work_missing_keys(w, e);
}

static int check(const struct identity *id, struct err *e)
{
	size_t n = strlen(id->hostname ? id->hostname : "");

	if (!n || n > 63)
		return err_set(e, EINVAL, "a host name has 1 to 63 characters");
	for (size_t i = 0; i < n; i++) {
		char c = id->hostname[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c == '-' && i && i < n - 1)))
			return err_set(
				e, EINVAL,
				"%s: a host name is made of letters, digits and inner dashes",
				id->hostname);
	}
	return 0;
}

int guest_look(struct guest *g, const struct guest_options *o, struct err *e)
{
	return guest_survey_make(g, o->places, o->nplaces, e);
}

int guest_plan_make(struct guest *g, const struct identity *id, const struct guest_options *o,
		    struct guest_plan *out, struct err *e)
{
	struct guest_plan plan = {0};
	struct work w = {.g = g, .id = id, .o = o, .plan = &plan, .a = &plan.mem};
	int r = check(id, e);

	if (r == 0)
		r = guest_look(g, o, e);
	if (r < 0)
		return r;
	w.s = g->survey;
	w.refs.a = w.a;
	plan.edits = arena_alloc(w.a, sizeof *plan.edits);
	split_name(&w);
	r = work_storage(&w, e);
	if (r == 0)
		r = work_ids(&w, e);
	if (r == 0 && g->facts.linux_found)
		r = plan_files(&w, e);
	if (r < 0) {
		arena_fini(&plan.mem);
		return r;
	}
	*out = plan;
	return 0;
}

/* The folders on the way that are not there; owned by root, for root only where the file is. */
static int put_folders(struct work *w, const char *path, mode_t mode, struct guest_spot *at,
		       struct err *e)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *folder = arena_dupn(w->a, path, (size_t)(slash - path));
		struct guest_spot s;
		int r = guest_find(w->g, folder, true, &s);

		if (r == -ENOENT && *at->path) {
			/* Below one that is made by this plan, or that is there. */
			const char *inner =
				arena_printf(w->a, "%s%s", at->path, strrchr(folder, '/'));

			snprintf(at->path, sizeof at->path, "%s", inner);
			if (!work_has_folder(w, at->volume, inner))
				work_edit(w, OP_FOLDER, at->volume, inner)->mode =
					mode & 077 ? 0755 : 0700;
			continue;
		}
		if (r < 0 || !S_ISDIR(s.st.mode))
			return err_set(e, r < 0 ? -r : ENOTDIR, "%s: no folder of the guest's",
				       folder);
		at->volume = s.volume;
		snprintf(at->path, sizeof at->path, "%s", str_eq(s.inner, "/") ? "" : s.inner);
	}
	return 0;
}

int guest_plan_put(struct guest *g, struct guest_plan *p, const char *kind, const char *path,
		   mode_t mode, const char *data, size_t len, struct err *e)
{
	struct work w = {.g = g, .plan = p, .a = &p->mem, .rows = p->n};
	struct guest_spot at = {0}, s;
	struct guest_edit *x;
	bool there = guest_find(g, path, true, &s) == 0;
	int r = 0;

	if (there && !S_ISREG(s.st.mode))
		return err_set(e, EEXIST, "%s: what is there is no file", path);
	if (!there)
		r = put_folders(&w, path, mode, &at, e);
	if (r < 0)
		return r;
	x = there ? work_edit_at(&w, s.volume, s.inner, false)
		  : work_edit_at(&w, at.volume,
				 arena_printf(w.a, "%s%s", at.path, strrchr(path, '/')), false);
	x->op = OP_CREATE;
	x->data = arena_dupn(w.a, data, len);
	x->len = len;
	x->mode = mode;
	work_keep(&w, x->path, x->volume);
	work_say(&w, kind, path, "", "", GUEST_CHANGED, there ? "written anew" : "written");
	return 0;
}

void guest_plan_fini(struct guest_plan *p)
{
	for (size_t i = 0; p->edits && i < p->edits->n; i++)
		if (p->edits->items[i].data)
			explicit_bzero(p->edits->items[i].data, p->edits->items[i].len);
	arena_fini(&p->mem);
	*p = (struct guest_plan){0};
}
