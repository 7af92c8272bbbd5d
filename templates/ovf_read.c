/* The envelope: references, disks, networks, configurations, and the tree of virtual systems. */
#include "templates/ovf_read.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int ovf_refuse(struct ovf_reading *r, const struct xml_node *at, const char *fmt, ...)
{
	char text[sizeof r->e->text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(r->e, EINVAL, "%s:%u: %s", r->ovf->name, at ? at->line : 1, text);
}

__attribute__((format(printf, 3, 0))) static const char *
located(struct ovf_reading *r, const struct xml_node *at, const char *fmt, va_list ap)
{
	const char *text = arena_vprintf(r->a, fmt, ap);

	return arena_printf(r->a, "%s:%u: %s", r->ovf->name, at->line, text);
}

void ovf_warn(struct ovf_reading *r, const struct xml_node *at, const char *fmt, ...)
{
	struct ovf *o = r->ovf;
	va_list ap;

	ARENA_GROW(r->a, o->warnings, o->nwarnings, r->warnings_room);
	va_start(ap, fmt);
	o->warnings[o->nwarnings++] = located(r, at, fmt, ap);
	va_end(ap);
}

void ovf_problem(struct ovf_reading *r, const struct xml_node *at, const char *fmt, ...)
{
	struct ovf *o = r->ovf;
	va_list ap;

	ARENA_GROW(r->a, o->problems, o->nproblems, r->problems_room);
	va_start(ap, fmt);
	o->problems[o->nproblems++] = located(r, at, fmt, ap);
	va_end(ap);
}

const char *ovf_kind(const struct xml_node *n)
{
	static const char *const kinds[] = {
		"DiskSection",
		"NetworkSection",
		"VirtualSystem",
		"VirtualSystemCollection",
		"VirtualHardwareSection",
		"OperatingSystemSection",
		"ProductSection",
		"PropertySection",
		"EulaSection",
		"AnnotationSection",
		"DeploymentOptionSection",
		"StartupSection",
		"InstallSection",
		"ResourceAllocationSection",
	};
	const char *type;

	if (!str_eq(n->name, "Section") && !str_eq(n->name, "Content"))
		return n->name;
	type = xml_attr(n, "type");
	if (type && strchr(type, ':'))
		type = strchr(type, ':') + 1;
	for (size_t i = 0; type && i < ARRAY_SIZE(kinds); i++)
		if (str_starts(type, kinds[i]) && str_eq(type + strlen(kinds[i]), "_Type"))
			return kinds[i];
	return n->name;
}

const struct xml_node *ovf_section(const struct xml_node *n, const char *kind)
{
	XML_EACH(c, n)
	if (str_eq(ovf_kind(c), kind))
		return c;
	return NULL;
}

const char *ovf_text(struct ovf_reading *r, const struct xml_node *n, const char *child)
{
	const char *text = xml_child_text(n, child);

	return text ? str_trim(arena_dup(r->a, text)) : "";
}

const char *ovf_attr(const struct xml_node *n, const char *name)
{
	const char *v = xml_attr(n, name);

	return v ? v : "";
}

bool ovf_attr_true(const struct xml_node *n, const char *name, bool otherwise)
{
	const char *v = xml_attr(n, name);

	if (!v)
		return otherwise;
	return str_eq(v, "true") || str_eq(v, "1");
}

static size_t count_children(const struct xml_node *n, const char *name)
{
	size_t count = 0;

	XML_EACH(c, n)
	count += str_eq(c->name, name);
	return count;
}

/* An attribute that is a size in bytes; absent is fine. Returns whether there is one. */
static bool read_size(struct ovf_reading *r, const struct xml_node *n, const char *name,
		      uint64_t *out)
{
	const char *text = xml_attr(n, name);

	if (!text)
		return false;
	if (num_parse(text, 10, out) && *out <= INT64_MAX)
		return true;
	*out = 0;
	ovf_problem(r, n, "ovf:%s=\"%.40s\" is not a size", name, text);
	return false;
}

/* ---- References ---- */

static void read_file(struct ovf_reading *r, const struct xml_node *n, struct ovf_file *f)
{
	*f = (struct ovf_file){
		.xml = n,
		.id = ovf_attr(n, "id"),
		.href = ovf_attr(n, "href"),
		.compression = ovf_attr(n, "compression"),
	};
	if (str_eq(f->compression, "identity"))
		f->compression = "";
	f->has_size = read_size(r, n, "size", &f->size);
	f->has_chunk = read_size(r, n, "chunkSize", &f->chunk);
}

static void read_references(struct ovf_reading *r, const struct xml_node *refs)
{
	struct ovf *o = r->ovf;

	o->files = arena_alloc(r->a, count_children(refs, "File") * sizeof *o->files);
	XML_EACH(c, refs)
	if (str_eq(c->name, "File"))
		read_file(r, c, &o->files[o->nfiles++]);
}

/* ---- DiskSection ---- */

static const char *property_name(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	if (!str_starts(text, "${") || n < 4 || text[n - 1] != '}')
		return NULL;
	return arena_dupn(a, text + 2, n - 3);
}

static void read_capacity(struct ovf_reading *r, struct ovf_disk *d)
{
	const char *text = ovf_attr(d->xml, "capacity");
	const char *unit = ovf_attr(d->xml, "capacityAllocationUnits");

	if (!ovf_unit_parse(unit, &d->capacity_unit))
		ovf_problem(r, d->xml, "\"%.60s\" is not a unit of capacity", unit);
	d->capacity_property = property_name(r->a, text);
	if (d->capacity_property || !*text)
		return;
	if (!num_parse(text, 10, &d->capacity_value))
		ovf_problem(r, d->xml, "the capacity \"%.40s\" of disk '%.60s' is not a number",
			    text, d->id);
	else if (!mul_fits(d->capacity_value, d->capacity_unit, &d->capacity) ||
		 d->capacity > (uint64_t)INT64_MAX)
		ovf_problem(r, d->xml,
			    "the capacity of disk '%.60s' is larger than any disk can be", d->id);
}

static void read_disk(struct ovf_reading *r, const struct xml_node *n, struct ovf_disk *d)
{
	const char *ref = xml_attr(n, "fileRef");

	*d = (struct ovf_disk){
		.xml = n, .id = ovf_attr(n, "diskId"), .format = ovf_attr(n, "format")};
	d->file = ref && *ref ? ovf_find_file(r->ovf, ref) : NULL;
	if (ref && *ref && !d->file)
		ovf_problem(r, n,
			    "disk '%.60s' names the file '%.60s', which References does not list",
			    d->id, ref);
	read_capacity(r, d);
	d->has_populated = read_size(r, n, "populatedSize", &d->populated);
}

static bool is_loop(const struct ovf *o, const struct ovf_disk *d)
{
	size_t steps = 0;

	while (d && steps++ <= o->ndisks)
		d = d->parent;
	return d;
}

static void link_parents(struct ovf_reading *r)
{
	for (size_t i = 0; i < r->ovf->ndisks; i++) {
		struct ovf_disk *d = &r->ovf->disks[i];
		const char *ref = xml_attr(d->xml, "parentRef");

		if (!ref || !*ref)
			continue;
		d->parent = ovf_find_disk(r->ovf, ref);
		if (!d->parent)
			ovf_problem(r, d->xml,
				    "disk '%.60s' is a delta of '%.60s', which is not there", d->id,
				    ref);
		if (!is_loop(r->ovf, d))
			continue;
		d->parent = NULL;
		ovf_problem(r, d->xml, "the chain of delta disks at '%.60s' is a loop", d->id);
	}
}

static void read_disks(struct ovf_reading *r, const struct xml_node *section)
{
	struct ovf *o = r->ovf;

	o->disks = arena_alloc(r->a, count_children(section, "Disk") * sizeof *o->disks);
	XML_EACH(c, section)
	if (str_eq(c->name, "Disk"))
		read_disk(r, c, &o->disks[o->ndisks++]);
	link_parents(r);
}

/* ---- networks and configurations ---- */

static void read_networks(struct ovf_reading *r, const struct xml_node *section)
{
	struct ovf *o = r->ovf;

	o->networks = arena_alloc(r->a, count_children(section, "Network") * sizeof *o->networks);
	XML_EACH(c, section)
	if (str_eq(c->name, "Network"))
		o->networks[o->nnetworks++] = (struct ovf_network){
			.xml = c,
			.name = ovf_attr(c, "name"),
			.description = ovf_text(r, c, "Description"),
		};
}

static void read_configs(struct ovf_reading *r, const struct xml_node *section)
{
	struct ovf *o = r->ovf;

	o->configs =
		arena_alloc(r->a, count_children(section, "Configuration") * sizeof *o->configs);
	XML_EACH(c, section)
	if (str_eq(c->name, "Configuration"))
		o->configs[o->nconfigs++] = (struct ovf_config){
			.xml = c,
			.id = ovf_attr(c, "id"),
			.label = ovf_text(r, c, "Label"),
			.description = ovf_text(r, c, "Description"),
			.is_default = ovf_attr_true(c, "default", false),
		};
}

/* ---- the envelope ---- */

static int read_version(struct ovf_reading *r, const struct xml_node *root)
{
	static const struct {
		const char *ns;
		enum ovf_version version;
	} known[] = {
		{"http://schemas.dmtf.org/ovf/envelope/1", OVF_1},
		{"http://schemas.dmtf.org/ovf/envelope/2", OVF_2},
		{"http://www.vmware.com/schema/ovf/1/envelope", OVF_0_9},
		{"http://schemas.dmtf.org/ovf/1/envelope", OVF_1},
	};

	if (!str_eq(root->name, "Envelope"))
		return ovf_refuse(r, root, "not an OVF descriptor: the document is a <%.60s>",
				  root->name);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (str_eq(root->ns, known[i].ns)) {
			r->ovf->version = known[i].version;
			return 0;
		}
	}
	return ovf_refuse(r, root, "not an OVF version that is known here: namespace \"%.80s\"",
			  root->ns);
}

/* In the order of need: disks name files, systems name disks. */
static int read_envelope(struct ovf_reading *r, const struct xml_node *root)
{
	const struct xml_node *n;
	int x = read_version(r, root);

	if (x < 0)
		return x;
	r->ovf->lang = ovf_attr(root, "lang");
	r->ovf->generator = ovf_attr(root, "buildId");
	n = xml_child(root, "References");
	if (n)
		read_references(r, n);
	else
		ovf_problem(r, root, "the descriptor has no References");
	n = ovf_section(root, "DiskSection");
	if (n)
		read_disks(r, n);
	n = ovf_section(root, "NetworkSection");
	if (n)
		read_networks(r, n);
	n = ovf_section(root, "DeploymentOptionSection");
	if (n)
		read_configs(r, n);
	ovf_read_systems(r, root);
	return 0;
}

int ovf_read(struct arena *a, const char *text, size_t len, const char *name, struct ovf *out,
	     struct err *e)
{
	struct ovf o = {.name = arena_dup(a, name)};
	struct ovf_reading r = {.a = a, .ovf = &o, .e = e};
	int x = xml_parse(a, text, len, name, &o.doc, e);

	if (x == 0)
		x = read_envelope(&r, o.doc.root);
	if (x < 0)
		return x;
	ovf_check(&r);
	*out = o;
	return 0;
}

/* ---- asking ---- */

static void each(const struct ovf_system *list, size_t n,
		 void (*fn)(const struct ovf_system *, void *), void *arg)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].collection)
			each(list[i].children, list[i].nchildren, fn, arg);
		else
			fn(&list[i], arg);
	}
}

void ovf_each_system(const struct ovf *ovf, void (*fn)(const struct ovf_system *, void *),
		     void *arg)
{
	each(ovf->systems, ovf->nsystems, fn, arg);
}

const struct ovf_file *ovf_find_file(const struct ovf *ovf, const char *id)
{
	for (size_t i = 0; i < ovf->nfiles; i++)
		if (str_eq(ovf->files[i].id, id))
			return &ovf->files[i];
	return NULL;
}

const struct ovf_disk *ovf_find_disk(const struct ovf *ovf, const char *id)
{
	for (size_t i = 0; i < ovf->ndisks; i++)
		if (str_eq(ovf->disks[i].id, id))
			return &ovf->disks[i];
	return NULL;
}
