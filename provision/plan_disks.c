/* The disks of a clone: the template's, as large as the spec says, and blank ones. */
#include "provision/plan.h"

#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- ids ---- */

static int given_serial(const char *pattern, const char *name, char out[21], struct err *e)
{
	const char *at = strstr(pattern, "${name}");
	size_t n = (size_t)(at - pattern), all = strlen(pattern) - strlen("${name}") + strlen(name);

	if (all > SPEC_SERIAL_MAX)
		return err_set(e, EINVAL,
			       "%s: the serial '%s' has %zu characters; %d are the limit", name,
			       pattern, all, SPEC_SERIAL_MAX);
	memcpy(out, pattern, n);
	memcpy(out + n, name, strlen(name));
	strcpy(out + n + strlen(name), at + strlen("${name}"));
	return 0;
}

int clone_disk_serial(const struct plan *p, const struct clone *c, size_t i, char out[21],
		      struct err *e)
{
	const struct spec_extra *x = i < p->ndisks ? p->disks[i].extra : NULL;
	char path[40], hex[65];
	uint8_t raw[32];
	int r;

	if (x && x->serial)
		return given_serial(x->serial, c->name, out, e);
	snprintf(path, sizeof path, "disk/%zu/serial", i);
	r = identity_derive(&p->key, c->name, path, 0, raw, e);
	if (r < 0)
		return r;
	hex_format(raw, 32, hex);
	memcpy(out, hex, 20);
	out[20] = 0;
	return 0;
}

int clone_disk_uuid(const struct plan *p, const struct clone *c, size_t i, struct uuid *out,
		    struct err *e)
{
	char path[40];

	snprintf(path, sizeof path, "disk/%zu/image", i);
	return identity_uuid(&p->key, c->name, path, 0, out, e);
}

static int take_serial(const struct plan *p, struct seen *seen, const struct clone *c, size_t disk,
		       struct err *e)
{
	const char *mine, *other;
	char serial[SPEC_SERIAL_MAX + 1];
	int r;

	if (!p->disks[disk].extra || !p->disks[disk].extra->serial)
		return 0;
	r = clone_disk_serial(p, c, disk, serial, e);
	if (r < 0)
		return r;
	mine = arena_printf(p->a, "%s's disk %zu", c->name, disk);
	other = seen_add(seen, arena_dup(p->a, serial), mine);
	if (other && !str_eq(other, mine))
		return err_set(e, EEXIST, "%s and %s would have the serial '%s'", other, mine,
			       serial);
	return 0;
}

/* Serials that the spec gives are of no two disks, here or in the ledger. */
static int check_serials(const struct plan *p, struct err *e)
{
	struct seen seen = {.a = p->a};
	const json_t *record;
	size_t i;
	int r = 0;

	json_array_foreach(p->ledger->clones, i, record)
	{
		const json_t *rows = json_object_get(record, "disks");
		const char *name = json_get_text(record, "name");

		for (size_t k = 0; name && k < json_array_size(rows); k++) {
			const char *serial = json_get_text(json_array_get(rows, k), "serial");

			if (serial)
				seen_add(&seen, serial,
					 arena_printf(p->a, "%s's disk %zu", name, k));
		}
	}
	for (i = 0; r == 0 && i < p->nclones; i++)
		for (size_t k = 0; r == 0 && k < p->ndisks; k++)
			r = take_serial(p, &seen, &p->clones[i], k, e);
	return r;
}

/* ---- how many, how large ---- */

/* What a bus has room for in the machines that are described; the others have more than there are disks. */
static size_t bus_room(const char *bus)
{
	return str_eq(bus, "ide") ? 4 : str_eq(bus, "sata") ? 6 : SPEC_DISKS_MAX;
}

static const char *bus_of(const struct spec *s, const struct source *source, size_t i)
{
	if (s->disk_bus)
		return s->disk_bus;
	if (i < source->ndisks)
		return source->disks[i].bus;
	return source->ndisks ? source->disks[0].bus : "virtio";
}

int plan_check_disks(const struct spec *s, const struct source *source, struct err *e)
{
	size_t n = source->ndisks + s->nextras;
	const char *bus = bus_of(s, source, source->ndisks);

	if (s->ngrow > source->ndisks)
		return err_set(e, EINVAL, "grow: disk %zu: the template has %zu (the first is 0)",
			       s->ngrow - 1, source->ndisks);
	/* A template that has more stays as it is. */
	if (s->nextras && n > bus_room(bus))
		return err_set(e, EINVAL, "extra-disks: %zu disks, and %s has room for %zu", n, bus,
			       bus_room(bus));
	return 0;
}

static int grown(const struct spec *s, size_t i, uint64_t size, uint64_t *out, struct err *e)
{
	uint64_t want = i < s->ngrow ? s->grow[i] : 0;

	if (want && want < size)
		return err_set(e, EINVAL,
			       "grow: disk %zu has %" PRIu64 " bytes in the template, and %" PRIu64
			       " are fewer: disks are not made smaller",
			       i, size, want);
	*out = want ? want : size;
	return 0;
}

static void add_extra(struct plan *p, const struct spec_extra *x)
{
	struct plan_disk *d = &p->disks[p->ndisks];

	d->format = x->format ? x->format : p->spec->disk_format ? p->spec->disk_format : "qcow2";
	d->file = x->name ? arena_printf(p->a, "disk%zu-%s.%s", p->ndisks, x->name, d->format)
			  : arena_printf(p->a, "disk%zu.%s", p->ndisks, d->format);
	d->bus = bus_of(p->spec, p->source, p->ndisks);
	d->size = x->size;
	d->extra = x;
	p->ndisks++;
}

int plan_disks(struct plan *p, const uint64_t *sizes, struct err *e)
{
	const struct spec *s = p->spec;
	size_t n = p->source->ndisks;
	int r = 0;

	p->disks = arena_alloc(p->a, (n + s->nextras + 1) * sizeof *p->disks);
	p->ndisks = n;
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct plan_disk *d = &p->disks[i];

		d->format = s->disk_format ? s->disk_format : "qcow2";
		d->file = arena_printf(p->a, "disk%zu.%s", i, d->format);
		d->bus = bus_of(s, p->source, i);
		r = grown(s, i, sizes[i], &d->size, e);
	}
	for (size_t k = 0; k < s->nextras; k++)
		add_extra(p, &s->extras[k]);
	return r == 0 ? check_serials(p, e) : r;
}
