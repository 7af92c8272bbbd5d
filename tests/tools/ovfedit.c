/* Rewrites descriptors the way import and pack do, and reads them back: only what was changed may differ.
 * usage: ovfedit OUT-FOLDER FILE...     prints "not ok: ..." lines and "ovfedit: N passed, N failed" */
#include "base/scope.h"
#include "base/sys.h"
#include "templates/ovf_write.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the model as text ---- */

static void pairs(struct strbuf *b, const char *what, const struct ovf_pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strbuf_printf(b, "%s %s=%s\n", what, p[i].key, p[i].value);
}

static void item(struct strbuf *b, const struct ovf_item *i)
{
	strbuf_printf(b,
		      "item %d %u %s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s %d %d %d %" PRIu64 " %" PRIu64
		      "\n",
		      i->form, i->type, i->instance, i->name, i->description, i->subtype,
		      i->other_type, i->address, i->address_on_parent, i->parent, i->units,
		      i->allocation, i->configuration, i->bound, i->has_quantity, i->required,
		      i->automatic, i->quantity, i->bytes);
	for (size_t k = 0; k < i->nconnections; k++)
		strbuf_printf(b, " on %s\n", i->connections[k]);
	for (size_t k = 0; k < i->nhost_resources; k++)
		strbuf_printf(b, " from %s\n", i->host_resources[k]);
	pairs(b, " config", i->configs, i->nconfigs);
}

static void product(struct strbuf *b, const struct ovf_product *p)
{
	strbuf_printf(b, "product %s|%s|%s|%s|%s|%s|%s|%s|%s|%s\n", p->class_, p->instance, p->info,
		      p->product, p->vendor, p->version, p->full_version, p->product_url,
		      p->vendor_url, p->application_url);
	for (size_t i = 0; i < p->nproperties; i++) {
		const struct ovf_property *q = &p->properties[i];

		strbuf_printf(b, "property %s|%s|%s|%s|%s|%s|%s %d %d %d\n", q->key, q->type,
			      q->qualifiers, q->value, q->label, q->description, q->category,
			      q->user_configurable, q->required, q->password);
		pairs(b, " value", q->values, q->nvalues);
	}
}

static void dump_system(struct strbuf *b, const struct ovf_system *s)
{
	strbuf_printf(b, "system %d %s|%s|%s|%u|%s|%s|%s|%s|%s|%s\n", s->collection, s->id, s->name,
		      s->info, s->os_id, s->os_version, s->os_type, s->os_description,
		      s->annotation, s->transport, s->vbox_uuid ? s->vbox_uuid : "-");
	for (size_t h = 0; h < s->nhardware; h++) {
		strbuf_printf(b, "hardware %s|%s|%s|%s\n", s->hardware[h].id,
			      s->hardware[h].system_type, s->hardware[h].system_id,
			      s->hardware[h].instance);
		for (size_t i = 0; i < s->hardware[h].nitems; i++)
			item(b, &s->hardware[h].items[i]);
		pairs(b, "config", s->hardware[h].configs, s->hardware[h].nconfigs);
		pairs(b, "extra", s->hardware[h].extra, s->hardware[h].nextra);
	}
	for (size_t i = 0; i < s->nproducts; i++)
		product(b, &s->products[i]);
	for (size_t i = 0; i < s->neulas; i++)
		strbuf_printf(b, "eula %s\n", s->eulas[i]);
	for (size_t i = 0; i < s->nstartup; i++)
		strbuf_printf(b, "startup %s %" PRIu64 " %s\n", s->startup[i].id,
			      s->startup[i].order, s->startup[i].start_action);
	for (size_t i = 0; i < s->nresources; i++)
		item(b, &s->resources[i]);
	for (size_t i = 0; i < s->nchildren; i++)
		dump_system(b, &s->children[i]);
}

static void dump(struct strbuf *b, const struct ovf *o)
{
	strbuf_printf(b, "ovf %d %s\n", o->version, o->lang ? o->lang : "-");
	for (size_t i = 0; i < o->nfiles; i++)
		strbuf_printf(b, "file %s|%s|%s %d %d %" PRIu64 "\n", o->files[i].id,
			      o->files[i].href, o->files[i].compression, o->files[i].has_size,
			      o->files[i].has_chunk, o->files[i].size);
	for (size_t i = 0; i < o->ndisks; i++)
		strbuf_printf(b, "disk %s|%s|%s|%s|%s %" PRIu64 "\n", o->disks[i].id,
			      o->disks[i].file ? o->disks[i].file->id : "-",
			      o->disks[i].parent ? o->disks[i].parent->id : "-", o->disks[i].format,
			      o->disks[i].capacity_property ? o->disks[i].capacity_property : "-",
			      o->disks[i].capacity);
	for (size_t i = 0; i < o->nnetworks; i++)
		strbuf_printf(b, "network %s|%s\n", o->networks[i].name,
			      o->networks[i].description);
	for (size_t i = 0; i < o->nconfigs; i++)
		strbuf_printf(b, "configuration %s|%s|%s %d\n", o->configs[i].id,
			      o->configs[i].label, o->configs[i].description,
			      o->configs[i].is_default);
	for (size_t i = 0; i < o->nsystems; i++)
		dump_system(b, &o->systems[i]);
}

/* ---- edits: in the document, and the same in the model ---- */

static void edit_properties(struct ovf_writer *w, struct ovf_system *s)
{
	for (size_t p = 0; p < s->nproducts; p++)
		for (size_t q = 0; q < s->products[p].nproperties; q++) {
			struct ovf_property *x = &s->products[p].properties[q];

			if (q % 2 || !*x->key)
				continue;
			ovf_write_property(w, x, "n<e>w & \"it\"");
			x->value = "n<e>w & \"it\"";
			for (size_t v = 0; v < x->nvalues; v++)
				x->values[v].value = x->value;
		}
	for (size_t i = 0; i < s->nchildren; i++)
		edit_properties(w, &s->children[i]);
}

static void edit(struct ovf_writer *w, struct arena *a, struct ovf *o)
{
	for (size_t i = 0; i < o->nfiles; i++) {
		struct ovf_file *f = &o->files[i];

		f->href = arena_printf(a, "new-%zu.bin", i);
		ovf_write_file(w, f, f->href, 1000 + i);
		f->compression = "";
		f->has_chunk = false;
		f->has_size = true;
		f->size = 1000 + i;
	}
	for (size_t i = 0; i < o->ndisks; i++) {
		struct ovf_disk *d = &o->disks[i];

		ovf_write_disk(w, d, (77ull << 20) + 512 * i, "http://www.example.com/format");
		d->capacity = (77ull << 20) + 512 * i;
		d->capacity_property = NULL;
		d->format = "http://www.example.com/format";
		d->parent = NULL;
	}
	if (o->nsystems) {
		ovf_write_name(w, &o->systems[0], "a & b");
		o->systems[0].name = "a & b";
	}
	for (size_t i = 0; i < o->nsystems; i++)
		edit_properties(w, &o->systems[i]);
	if (o->nconfigs) {
		ovf_write_default(w, &o->configs[o->nconfigs - 1]);
		for (size_t i = 0; i < o->nconfigs; i++)
			o->configs[i].is_default = i + 1 == o->nconfigs;
	}
}

/* ---- judging ---- */

static bool complain(const char *file, const char *what)
{
	printf("not ok: %s: %s\n", file, what);
	return false;
}

static const char *first_difference(struct arena *a, const char *x, const char *y)
{
	const char *line_x, *line_y;
	size_t nx, ny;

	for (;;) {
		bool more_x = str_line(&x, &line_x, &nx), more_y = str_line(&y, &line_y, &ny);

		if (!more_x && !more_y)
			return NULL;
		if (more_x && more_y && nx == ny && !memcmp(line_x, line_y, nx))
			continue;
		return arena_printf(a, "expected '%.*s', read '%.*s'", more_x ? (int)nx : 0,
				    more_x ? line_x : "", more_y ? (int)ny : 0,
				    more_y ? line_y : "");
	}
}

static bool same_model(struct arena *a, const char *file, const struct ovf *want,
		       const struct strbuf *written)
{
	struct strbuf x = {0}, y = {0};
	const char *difference;
	struct err e = {0};
	struct ovf again;

	if (ovf_read(a, strbuf_str(written), written->len, file, &again, &e) < 0)
		return complain(file, e.text);
	dump(&x, want);
	dump(&y, &again);
	difference = first_difference(a, strbuf_str(&x), strbuf_str(&y));
	strbuf_fini(&x);
	strbuf_fini(&y);
	return !difference || complain(file, difference);
}

static void save(const char *folder, const char *file, const struct strbuf *text)
{
	const char *slash = strrchr(file, '/');
	char path[4096];
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, slash ? slash + 1 : file);
	fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || sys_write(fd, strbuf_str(text), text->len) < 0)
		complain(path, "cannot be written");
	close_at(&fd);
}

/* -1: no descriptor. */
static int judge(const char *folder, const char *file)
{
	struct strbuf text = {0}, same = {0}, changed = {0};
	struct arena a = {0};
	struct ovf_writer w;
	struct err e = {0};
	struct ovf o;
	int ok = -1;

	if (sys_read_file(file, &text, 32 << 20) == 0 &&
	    ovf_read(&a, strbuf_str(&text), text.len, file, &o, &e) == 0) {
		ovf_write_begin(&w, &a, &o);
		ok = ovf_write_end(&w, &same, &e) == 0 || complain(file, e.text);
		if (ok && (same.len != o.doc.len || memcmp(same.text, o.doc.source, same.len) != 0))
			ok = complain(file, "written without a change, and differs");
		if (ok)
			ok = same_model(&a, file, &o, &same);
		edit(&w, &a, &o);
		if (ok)
			ok = ovf_write_end(&w, &changed, &e) == 0 || complain(file, e.text);
		if (ok)
			ok = same_model(&a, file, &o, &changed);
		if (ok)
			save(folder, file, &changed);
	}
	strbuf_fini(&text);
	strbuf_fini(&same);
	strbuf_fini(&changed);
	arena_fini(&a);
	return ok;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;

	for (int i = 2; i < argc; i++) {
		int ok = judge(argv[1], argv[i]);

		passed += ok == 1;
		failed += ok == 0;
	}
	printf("ovfedit: %d passed, %d failed\n", passed, failed);
	return failed ? 1 : 0;
}
