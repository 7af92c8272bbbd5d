/* The survey of initial ramdisks. */
#include "provision/guest_survey.h"

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
