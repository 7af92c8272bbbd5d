/* cloud-init's own files in the guest, so that it finds the clone's seed and nothing of the template's. */
#include "provision/guest_work.h"

#include <string.h>

int work_cloud_off(struct work *w, const struct found *f, struct err *e)
{
	(void)e;
	if (!w->o->cloud_seed) {
		work_say(w, f->place->id, f->path, "", "", GUEST_KEPT,
			 "no seed is made: cloud-init stays turned off");
		return 0;
	}
	work_edit(w, OP_REMOVE, f->volume, f->inner);
	work_say(w, f->place->id, f->path, "", "", GUEST_REMOVED,
		 "it kept cloud-init from starting");
	return 0;
}

static int edit_text(struct work *w, const struct found *f, const char *new_value,
		     const char *reason, size_t (*edit)(const char *, size_t, struct strbuf *))
{
	struct guest_edit *x = w->o->cloud_seed && f->data ? work_file(w, f) : NULL;
	struct strbuf out = {0};

	if (!x)
		return 0;
	if (edit(x->data, x->len, &out)) {
		work_set(w, f, strbuf_str(&out), out.len);
		work_say(w, f->place->id, f->path, "", new_value, GUEST_CHANGED, reason);
	}
	strbuf_fini(&out);
	return 0;
}

int work_cloud_sources(struct work *w, const struct found *f, struct err *e)
{
	(void)e;
	return edit_text(w, f, "NoCloud", "datasource_list was without it", edit_datasources);
}

int work_cloud_policy(struct work *w, const struct found *f, struct err *e)
{
	(void)e;
	return edit_text(w, f, "search", "it kept cloud-init from looking for a seed",
			 edit_identify_policy);
}

int work_cloud_network(struct work *w, const struct found *f, struct err *e)
{
	if (!w->o->cloud_network)
		return work_refs(w, f, e);
	work_edit(w, OP_REMOVE, f->volume, f->inner);
	work_say(w, f->place->id, f->path, "", "", GUEST_REMOVED,
		 "cloud-init writes it anew from the seed's network-config");
	return 0;
}
