/* Opening a template and deciding about its disks. */
#include "templates/template.h"
#include "templates/ovf_names.h"

#include "base/bytes.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* ---- which disks machines have ---- */

static bool item_names(const struct ovf_item *item, const char *disk, const char *file)
{
	for (size_t i = 0; i < item->nhost_resources; i++) {
		const char *d = ovf_resource_id(item->host_resources[i], "disk");
		const char *f = ovf_resource_id(item->host_resources[i], "file");

		if ((d && str_eq(d, disk)) || (f && file && str_eq(f, file)))
			return true;
	}
	return false;
}

struct naming {
	const struct ovf_disk *disk;
	bool any, found;
};

static void look_for_disk(const struct ovf_system *s, void *arg)
{
	struct naming *n = arg;

	for (size_t h = 0; h < s->nhardware; h++)
		for (size_t i = 0; i < s->hardware[h].nitems; i++) {
			const struct ovf_item *item = &s->hardware[h].items[i];

			n->any = n->any || item->nhost_resources > 0;
			n->found = n->found || item_names(item, n->disk->id,
							  n->disk->file ? n->disk->file->id : NULL);
		}
}

static bool is_parent(const struct ovf *o, const struct ovf_disk *d)
{
	for (size_t i = 0; i < o->ndisks; i++)
		if (o->disks[i].parent == d)
			return true;
	return false;
}

/* A disk that only others stand on is no disk of a machine. */
static bool is_used(const struct ovf *o, const struct ovf_disk *d)
{
	struct naming n = {.disk = d};

	ovf_each_system(o, look_for_disk, &n);
	return n.found || !n.any || !is_parent(o, d);
}

/* ---- capacity ---- */

static const char *decide_capacity(struct template *t, struct template_disk *d)
{
	const struct ovf_disk *o = d->ovf;
	uint64_t value;

	d->capacity = o->capacity;
	if (!o->capacity_property)
		return NULL;
	for (size_t i = 0; i < t->nproperties; i++) {
		const struct template_property *p = &t->properties[i];

		if (!str_eq(p->is->key, o->capacity_property) &&
		    !str_eq(p->name, o->capacity_property))
			continue;
		if (!num_parse(p->value, 10, &value) || !value)
			return arena_printf(
				&t->a,
				"its capacity is the property '%s', whose value \"%.40s\" is "
				"no size: give it by --property",
				p->name, p->value);
		if (!mul_fits(value, o->capacity_unit, &d->capacity) || d->capacity > INT64_MAX)
			return arena_printf(&t->a,
					    "its capacity, the property '%s', is larger than any "
					    "disk can be",
					    p->name);
		return NULL;
	}
	return arena_printf(&t->a, "its capacity is the property '%s', which is not there",
			    o->capacity_property);
}

/* ---- format ---- */

static bool format_by_name(const char *name, enum disk_format *f)
{
	const char *dot = strrchr(name, '.');

	if (!dot || !dot[1])
		return false;
	if (!strcasecmp(dot, ".dd") || !strcasecmp(dot, ".bin")) {
		*f = DISK_RAW;
		return true;
	}
	return disk_format_parse(dot + 1, f);
}

/* The URI says it; where that is unknown, the name does. The magic has to agree when the disk is opened. */
static const char *decide_format(struct template *t, struct template_disk *d)
{
	const char *name = d->href;

	d->has_format =
		ovf_format_parse(d->ovf->format, &d->format) || format_by_name(name, &d->format);
	if (d->has_format)
		return NULL;
	if (*d->ovf->format)
		return arena_printf(&t->a, "the format \"%.100s\" is not known", d->ovf->format);
	return arena_printf(&t->a, "neither the descriptor nor the name '%.120s' tells its format",
			    name);
}

/* ---- the list ---- */

static const char *keep_sentence(struct template *t, const struct err *e)
{
	const char *text = e->text;
	size_t n = strlen(t->package.path);

	if (!strncmp(text, t->package.path, n) && str_starts(text + n, ": "))
		text += n + 2;
	return arena_dup(&t->a, text);
}

static void describe(struct template *t, struct template_disk *d, const struct ovf_disk *o)
{
	struct err e = {0};

	*d = (struct template_disk){
		.ovf = o,
		.id = o->id,
		.href = o->file ? o->file->href : "",
		.compression = o->file && !str_eq(o->file->compression, "identity")
				       ? o->file->compression
				       : "",
		.used = is_used(&t->package.ovf, o),
	};
	d->problem = decide_capacity(t, d);
	if (d->problem || !o->file)
		return;
	d->problem = decide_format(t, d);
	if (package_file(&t->package, o->file, &d->pieces, &d->npieces, &e) < 0) {
		d->npieces = 0;
		d->problem = keep_sentence(t, &e);
	}
	for (size_t i = 0; i < d->npieces; i++)
		d->stored += d->pieces[i].size;
}

/* "disk.raw.xz" holds "disk.raw". */
static const char *without_compression(struct template *t, const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	if (n <= m || strcasecmp(name + n - m, suffix) != 0)
		return name;
	return arena_dupn(&t->a, name, n - m);
}

static int bare_image(struct template *t, const struct template_choices *o, struct err *e)
{
	struct template_disk *d = t->disks = arena_alloc(&t->a, sizeof *d);
	const struct member *m = &t->package.members[0];

	t->ndisks = 1;
	*d = (struct template_disk){
		.id = m->name,
		.href = without_compression(t, m->name, t->package.suffix),
		.compression = t->package.compression,
		.pieces = m,
		.npieces = 1,
		.stored = m->size,
		.used = true,
	};
	if (!o || !o->disk_format)
		return 0;
	d->has_format = disk_format_parse(o->disk_format, &d->format);
	return d->has_format ? 0
			     : err_set(e, EINVAL, "there is no disk format '%s'", o->disk_format);
}

int template_open(struct template *t, const char *path, const struct template_choices *o,
		  struct err *e)
{
	const struct ovf *ovf = &t->package.ovf;
	int r;

	*t = (struct template){.package = {.fd = -1}};
	r = package_open(&t->package, &t->a, path, e);
	if (r == 0)
		r = template_choose(t, o, e);
	if (r == 0 && t->package.kind == PACKAGE_DISK)
		return bare_image(t, o, e);
	if (r < 0)
		return r;
	t->ndisks = ovf->ndisks;
	t->disks = arena_alloc(&t->a, (ovf->ndisks + 1) * sizeof *t->disks);
	for (size_t i = 0; i < ovf->ndisks; i++)
		describe(t, &t->disks[i], &ovf->disks[i]);
	return 0;
}

void template_close(struct template *t)
{
	package_close(&t->package);
	arena_fini(&t->a);
	*t = (struct template){.package = {.fd = -1}};
}

int template_check(const struct template *t, struct err *e)
{
	const struct ovf *o = &t->package.ovf;

	if (o->nproblems)
		return err_set(e, EINVAL, "%s: %s", t->package.path, o->problems[0]);
	for (size_t i = 0; i < t->ndisks; i++)
		if (t->disks[i].problem)
			return err_set(e, EINVAL, "%s: disk '%.80s': %s", t->package.path,
				       t->disks[i].id, t->disks[i].problem);
	return 0;
}
