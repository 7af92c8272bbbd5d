/* Initial ramdisks: their survey, and what is edited in them. */
#include "provision/guest_work.h"

#include "base/str.h"

#include <string.h>
#include <sys/stat.h>

static bool is_storage(const struct ref *r)
{
	return r->form != REF_MAC && r->form != REF_MACHINE_ID;
}

/* Which ids a stuck member holds is not worth a second reading: all of storage stay. */
static void pin_storage(struct guest_survey *s, const char *path, const char *what)
{
	const char *reason =
		arena_printf(s->a, "%s holds ids in %s, which cannot be overridden", path, what);

	for (size_t i = 0; i < s->old.n; i++)
		if (is_storage(&s->old.items[i]))
			guest_survey_pin(s, i, path, reason);
}

static void ramdisk(struct guest *g, struct guest_survey *s, struct found *f)
{
	struct initrd *x = arena_alloc(s->a, sizeof *x);
	struct arena mem = {0};
	struct guest_spot spot;
	struct err e = {0};
	const char *data;
	size_t len;
	int r;

	if (f->st.size > INITRD_MAX)
		guest_warn(g, "%s was not searched for ids: it is too large", f->path);
	if (f->st.size > INITRD_MAX || guest_find(g, f->path, false, &spot) < 0)
		return;
	r = guest_fs_read(spot.fs, &mem, spot.inner, INITRD_MAX, &data, &len, &e);
	if (r == 0)
		r = initrd_search(s->a, data, len, &s->old, x, &e);
	if (r < 0)
		guest_warn(g, "%s was not searched for ids: %s", f->path, e.text);
	else if (x->stuck)
		pin_storage(s, f->path, x->stuck);
	if (r == 0 && x->n) {
		f->len = len;
		f->initrd = x;
	}
	arena_fini(&mem);
}

void guest_ramdisks(struct guest *g, struct guest_survey *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->found[i].place->editor == EDIT_INITRD && S_ISREG(s->found[i].st.mode))
			ramdisk(g, s, &s->found[i]);
}

/* ---- editing ---- */

/* The copy of mdadm.conf by which the root is put together. */
static size_t member_names(struct work *w, struct initrd_member *m)
{
	struct strbuf out = {0};
	size_t n = 0;

	if (str_ends(m->name, "mdadm.conf") || strstr(m->name, "mdadm.conf.d/"))
		n = work_array_names(w, m->data, m->len, &out);
	if (n) {
		m->data = arena_dupn(w->a, out.text, out.len);
		m->len = out.len;
	}
	strbuf_fini(&out);
	return n;
}

/* A copy that may be written to. */
static struct initrd_member copy_of(struct work *w, const struct initrd_member *m)
{
	struct initrd_member c = *m;

	if (!m->raw) {
		c.data = arena_dupn(w->a, m->data, m->len);
		return c;
	}
	c.raw = arena_dupn(w->a, m->raw, m->raw_len);
	c.name = c.raw + (m->name - m->raw);
	c.data = c.raw + (m->data - m->raw);
	return c;
}

/* What is done to one ramdisk: references changed, members that go to its end, members changed where they stand. */
struct ramdisk_edit {
	size_t done, n, npatches;
	struct initrd_member *members;
	struct guest_patch *patches;
};

static void edit_member(struct work *w, struct ramdisk_edit *x, const struct initrd_member *m)
{
	struct initrd_member c = copy_of(w, m);
	size_t edited = initrd_edit(&c, &w->refs), named = member_names(w, &c);

	if (c.raw && edited)
		x->patches[x->npatches++] = (struct guest_patch){c.off, c.raw, c.raw_len};
	if (!c.raw || named)
		x->members[x->n++] = c;
	x->done += edited + named;
}

int work_ramdisk(struct work *w, const struct found *f, struct err *e)
{
	size_t n = f->initrd ? f->initrd->n : 0;
	struct ramdisk_edit x = {0};
	struct strbuf out = {0};

	(void)e;
	x.members = arena_alloc(w->a, n * sizeof *x.members);
	x.patches = arena_alloc(w->a, (n + 1) * sizeof *x.patches);
	for (size_t i = 0; i < n; i++)
		edit_member(w, &x, &f->initrd->members[i]);
	if (!x.done)
		return 0;
	if (x.n) {
		initrd_append(&out, f->len, x.members, x.n);
		x.patches[x.npatches++] =
			(struct guest_patch){f->len, arena_dupn(w->a, out.text, out.len), out.len};
	}
	work_patch(w, f, x.patches, x.npatches);
	work_say(w, f->place->id, f->path, "", "", GUEST_CHANGED,
		 arena_printf(w->a, "%s in %s %s", work_count(w, x.done, "reference"),
			      f->initrd->members[0].name,
			      x.n ? "overridden by an archive at its end"
				  : "changed where they stand"));
	strbuf_fini(&out);
	return 0;
}
