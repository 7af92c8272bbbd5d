/* Descriptor edits. */
#include "templates/ovf_write.h"

#include "base/str.h"
#include "base/xml_escape.h"

#include <inttypes.h>
#include <string.h>

void ovf_write_begin(struct ovf_writer *w, struct arena *a, const struct ovf *ovf)
{
	*w = (struct ovf_writer){.ovf = ovf, .x = {.a = a}};
}

/* ---- attributes ---- */

static const struct xml_attr *find_attr(const struct xml_node *n, const char *name)
{
	for (size_t i = 0; i < n->nattrs; i++)
		if (str_eq(n->attrs[i].name, name))
			return &n->attrs[i];
	return NULL;
}

/* A new attribute gets the prefix of one that the element has: documents differ in how they call the namespace. */
static void set(struct ovf_writer *w, const struct xml_node *n, const char *name, const char *like,
		const char *value)
{
	const struct xml_attr *old = find_attr(n, name), *model = find_attr(n, like);
	const char *prefix = model && model->prefix ? model->prefix : "";

	if (old && str_eq(old->value, value))
		return;
	xml_set_attr(&w->x, n, *prefix ? arena_printf(w->x.a, "%s:%s", prefix, name) : name, value);
}

static void set_number(struct ovf_writer *w, const struct xml_node *n, const char *name,
		       const char *like, uint64_t v)
{
	set(w, n, name, like, arena_printf(w->x.a, "%" PRIu64, v));
}

static void unset(struct ovf_writer *w, const struct xml_node *n, const char *name)
{
	if (find_attr(n, name))
		xml_remove_attr(&w->x, n, name);
}

/* ---- parts ---- */

void ovf_rename_file(struct ovf_writer *w, const struct ovf_file *f, const char *href,
		     uint64_t size)
{
	set(w, f->xml, "href", "id", href);
	set_number(w, f->xml, "size", "href", size);
	unset(w, f->xml, "chunkSize");
}

void ovf_write_file(struct ovf_writer *w, const struct ovf_file *f, const char *href, uint64_t size)
{
	ovf_rename_file(w, f, href, size);
	unset(w, f->xml, "compression");
}

void ovf_write_disk(struct ovf_writer *w, const struct ovf_disk *d, uint64_t capacity,
		    const char *format)
{
	uint64_t unit = d->capacity_unit ? d->capacity_unit : 1;

	if (d->capacity_property || d->capacity != capacity) {
		if (capacity % unit) {
			unit = 1;
			unset(w, d->xml, "capacityAllocationUnits");
		}
		set_number(w, d->xml, "capacity", "diskId", capacity / unit);
	}
	if (format)
		set(w, d->xml, "format", "diskId", format);
	unset(w, d->xml, "parentRef");
	if (d->has_populated && d->populated > capacity)
		unset(w, d->xml, "populatedSize");
}

void ovf_write_name(struct ovf_writer *w, const struct ovf_system *s, const char *name)
{
	const struct xml_node *old = xml_child(s->xml, "Name"), *info = xml_child(s->xml, "Info");
	const char *prefix = s->xml->prefix ? s->xml->prefix : "";
	struct strbuf raw = {0};

	if (old) {
		xml_set_text(&w->x, old, name);
		return;
	}
	strbuf_printf(&raw, "<%s%sName>", prefix, *prefix ? ":" : "");
	xml_escape(&raw, name, false);
	strbuf_printf(&raw, "</%s%sName>", prefix, *prefix ? ":" : "");
	xml_insert(&w->x, info ? info : s->xml, info ? XML_AFTER : XML_FIRST_INSIDE,
		   strbuf_str(&raw));
	strbuf_fini(&raw);
}

/* The value that counts may be an attribute or a <Value> of the configuration: the attribute wins where those
 * are gone. */
void ovf_write_property(struct ovf_writer *w, const struct ovf_property *p, const char *value)
{
	set(w, p->xml, "value", "key", value);
	for (size_t i = 0; i < p->nvalues; i++)
		set(w, p->values[i].xml, "value", "configuration", value);
}

void ovf_write_default(struct ovf_writer *w, const struct ovf_config *c)
{
	for (size_t i = 0; i < w->ovf->nconfigs; i++) {
		const struct ovf_config *other = &w->ovf->configs[i];

		if (other == c)
			set(w, other->xml, "default", "id", "true");
		else
			unset(w, other->xml, "default");
	}
}

void ovf_drop_file(struct ovf_writer *w, const struct ovf_file *f)
{
	xml_remove(&w->x, f->xml);
}

void ovf_drop_disk(struct ovf_writer *w, const struct ovf_disk *d)
{
	xml_remove(&w->x, d->xml);
}

int ovf_write_end(struct ovf_writer *w, struct strbuf *out, struct err *e)
{
	struct arena a = {0};
	struct ovf again;
	int r = xml_edit(&w->ovf->doc, &w->x, w->ovf->name, out, e);

	if (r == 0)
		r = err_in(e, ovf_read(&a, strbuf_str(out), out->len, w->ovf->name, &again, e),
			   "the changed descriptor");
	arena_fini(&a);
	return r;
}
