/* New ids of md arrays: the array's, its members' own, and the host's name in an array's name. */
#include "provision/guest_work.h"
#include "provision/storage_md.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/scope.h"

#include <string.h>
#include <strings.h>

static int new_uuid(struct work *w, const char *path, struct uuid *u, struct err *e)
{
	return identity_uuid(w->id->key, w->id->name, path, 0, u, e);
}

static const char *uuid_text(struct arena *a, const struct uuid *u)
{
	char text[MD_UUID_TEXT];

	md_uuid_format(u, text);
	return arena_dup(a, text);
}

/* ---- the home host, by which mdadm tells its own arrays from foreign ones ---- */

/* What the clone calls itself where the template called itself host; NULL: that is another host's name. */
static const char *new_host(struct work *w, const char *host, size_t n)
{
	const struct edit_names *names = &w->names;
	const char *full = w->g->facts.hostname;
	bool is_full = strlen(full) == n && strncasecmp(host, full, n) == 0;
	bool is_short = strlen(names->old_name) == n && strncasecmp(host, names->old_name, n) == 0;
	const char *domain = *names->domain ? names->domain : names->old_domain;

	if (!n || (!is_full && !is_short))
		return NULL;
	return is_short || !*domain ? names->name
				    : arena_printf(w->a, "%s.%s", names->name, domain);
}

/* Format 0.90 has no name: half of the UUID is a digest of the host's. In the order in which the UUID is written. */
static int host_half(const char *host, uint8_t out[8], struct err *e)
{
	uint8_t digest[DIGEST_MAX];
	int r = digest_of(DIGEST_SHA1, host, strlen(host), digest, e);

	for (size_t i = 0; r == 0 && i < 8; i++)
		out[i] = digest[i ^ 3];
	return r;
}

static int keep_home(struct work *w, const struct md_super *m, struct uuid *u, struct err *e)
{
	const char *host = w->g->facts.hostname, *to = new_host(w, host, strlen(host));
	uint8_t half[8];
	int r = to && m->minor == 90 ? host_half(host, half, e) : 1;

	if (r != 0)
		return r < 0 ? r : 0;
	return memcmp(m->array.bytes + 8, half, 8) == 0 ? host_half(to, u->bytes + 8, e) : 0;
}

/* ---- its name ---- */

static bool holds(const struct found *f, const char *text)
{
	return f->data && memmem(f->data, f->len, text, strlen(text));
}

static bool holds_ref(const struct work *w, const struct found *f, const struct ref *ref)
{
	struct ref_hit hit;

	for (size_t at = 0; guest_survey_hit(w->s, f->data, f->len, at, &hit);
	     at = hit.off + hit.len)
		if (&w->s->old.items[hit.ref] == ref)
			return true;
	return false;
}

/* A name has no fixed length: it follows in mdadm.conf and in the copies that its UUID leads to, and nowhere else. */
static const char *who_names(struct work *w, const struct md_array *x)
{
	const struct ref *ref = refs_old(&w->s->old, x->uuid);

	for (size_t i = 0; i < w->s->n; i++) {
		const struct found *f = &w->s->found[i];

		if (!holds(f, x->name) || f->initrd)
			continue;
		if (!str_eq(f->place->id, "mdadm"))
			return arena_printf(w->a, "%s calls it so", f->path);
		if (!holds_ref(w, f, ref))
			return arena_printf(w->a,
					    "%s calls it so without its UUID, and so may an "
					    "initial ramdisk",
					    f->path);
	}
	return NULL;
}

static void plan_name(struct work *w, const struct md_array *x, const char *kept,
		      struct md_change *c)
{
	const char *colon = strchr(x->name, ':'),
		   *host = colon ? new_host(w, x->name, (size_t)(colon - x->name)) : NULL, *name;

	if (!host)
		return;
	name = arena_printf(w->a, "%s%s", host, colon);
	if (!kept)
		kept = who_names(w, x);
	if (!kept && strlen(name) >= MD_NAME - 1)
		kept = "the new host name leaves no room: an array's name has at most 31 bytes";
	if (kept) {
		work_say(w, "md-name", x->device, x->name, "", GUEST_KEPT, kept);
		return;
	}
	c->old_name = x->name;
	c->name = name;
	work_say(w, "md-name", x->device, x->name, name, GUEST_CHANGED, "");
}

/* ---- ids ---- */

static int plan_member(struct work *w, const struct md_array *x, size_t i, const char *kept,
		       struct md_change *c, struct err *e)
{
	const struct md_member *m = &x->members[i];
	const char *device = w->g->storage.volumes[m->volume].device, *old_text;
	struct uuid *u = arena_alloc(w->a, sizeof *u);
	int r;

	if (m->super.minor == 90)
		return 0;
	old_text = uuid_text(w->a, &m->super.device);
	if (!kept)
		kept = work_pin(w, old_text);
	if (kept) {
		work_say(w, "md-device-uuid", device, old_text, "", GUEST_KEPT, kept);
		return 0;
	}
	r = new_uuid(w, arena_printf(w->a, "md/%s/%s", x->uuid, device), u, e);
	if (r < 0)
		return r;
	c->devices[i] = u;
	refs_add(&w->refs, REF_MD, device, old_text, uuid_text(w->a, u));
	work_say(w, "md-device-uuid", device, old_text, uuid_text(w->a, u), GUEST_CHANGED, "");
	return 0;
}

static int plan_uuid(struct work *w, const struct md_array *x, const char *kept,
		     struct md_change *c, struct err *e)
{
	int r;

	if (kept) {
		work_say(w, "md-uuid", x->device, x->uuid, "", GUEST_KEPT, kept);
		return 0;
	}
	r = new_uuid(w, arena_printf(w->a, "md/%s/uuid", x->uuid), &c->to, e);
	if (r == 0)
		r = keep_home(w, &x->members[0].super, &c->to, e);
	if (r < 0)
		return r;
	refs_add(&w->refs, REF_MD, x->device, x->uuid, uuid_text(w->a, &c->to));
	work_say(w, "md-uuid", x->device, x->uuid, uuid_text(w->a, &c->to), GUEST_CHANGED, "");
	return 0;
}

static int plan_array(struct work *w, const struct md_array *x, struct err *e)
{
	struct guest_edits *edits = w->plan->edits;
	const char *whole = x->why ? x->why : work_all_kept(w);
	const char *kept = whole ? whole : work_pin(w, x->uuid);
	struct md_change c = {.from = x->members[0].super.array, .ndevices = x->nmembers};
	int r;

	c.to = c.from;
	c.devices = arena_alloc(w->a, x->nmembers * sizeof(struct uuid *));
	r = plan_uuid(w, x, kept, &c, e);
	for (size_t i = 0; i < x->nmembers && r == 0; i++)
		r = plan_member(w, x, i, whole, &c, e);
	if (r < 0)
		return r;
	plan_name(w, x, kept, &c);
	if (whole)
		return 0;
	ARENA_GROW(w->a, edits->md, edits->nmd, edits->md_room);
	edits->md[edits->nmd++] = c;
	return 0;
}

int work_arrays(struct work *w, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < w->g->storage.narrays && r == 0; i++)
		r = plan_array(w, &w->g->storage.arrays[i], e);
	return r;
}

/* ---- in texts ---- */

size_t work_array_names(const struct work *w, const char *text, size_t len, struct strbuf *out)
{
	const struct guest_edits *x = w->plan->edits;
	size_t done = 0;

	strbuf_addn(out, text, len);
	for (size_t i = 0; i < x->nmd; i++) {
		struct strbuf next = {0};

		if (!x->md[i].name)
			continue;
		done += edit_mdadm(strbuf_str(out), out->len, x->md[i].old_name, x->md[i].name,
				   &next);
		strbuf_fini(out);
		*out = next;
	}
	return done;
}
