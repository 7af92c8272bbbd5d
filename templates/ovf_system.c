/* Virtual systems and collections of them. */
#include "templates/ovf_read.h"

#include <string.h>

static void read_os(struct ovf_reading *r, struct ovf_system *s, const struct xml_node *n)
{
	uint64_t id = 0;

	if (num_parse(ovf_attr(n, "id"), 10, &id) && id < 1000)
		s->os_id = (unsigned)id;
	s->os_xml = n;
	s->os_version = ovf_attr(n, "version");
	s->os_type = ovf_attr(n, "osType");
	s->os_description = ovf_text(r, n, "Description");
}

static size_t count_children(const struct xml_node *n, const char *name)
{
	size_t count = 0;

	XML_EACH(c, n)
	count += str_eq(c->name, name);
	return count;
}

static uint64_t number(const struct xml_node *n, const char *name)
{
	uint64_t v = 0;

	return num_parse(ovf_attr(n, name), 10, &v) ? v : 0;
}

static void read_startup(struct ovf_reading *r, struct ovf_system *s, const struct xml_node *n)
{
	s->startup = arena_alloc(r->a, count_children(n, "Item") * sizeof *s->startup);
	s->nstartup = 0;
	XML_EACH(c, n)
	if (str_eq(c->name, "Item"))
		s->startup[s->nstartup++] = (struct ovf_startup){
			.xml = c,
			.id = ovf_attr(c, "id"),
			.order = number(c, "order"),
			.start_delay = number(c, "startDelay"),
			.start_action = ovf_attr(c, "startAction"),
			.stop_delay = number(c, "stopDelay"),
			.stop_action = ovf_attr(c, "stopAction"),
		};
}

static void read_resources(struct ovf_reading *r, struct ovf_system *s, const struct xml_node *n)
{
	s->resources = arena_alloc(r->a, count_children(n, "Item") * sizeof *s->resources);
	s->nresources = 0;
	XML_EACH(c, n)
	if (str_eq(c->name, "Item"))
		ovf_read_item(r, c, &s->resources[s->nresources++]);
}

static bool is_system(const struct xml_node *n)
{
	return str_eq(ovf_kind(n), "VirtualSystem") ||
	       str_eq(ovf_kind(n), "VirtualSystemCollection");
}

static size_t count_kind(const struct xml_node *n, const char *kind)
{
	size_t count = 0;

	XML_EACH(c, n)
	count += str_eq(ovf_kind(c), kind);
	return count;
}

static size_t count_systems(const struct xml_node *n)
{
	return count_kind(n, "VirtualSystem") + count_kind(n, "VirtualSystemCollection");
}

static void read_part(struct ovf_reading *r, struct ovf_system *s, const struct xml_node *n)
{
	const char *kind = ovf_kind(n);

	if (str_eq(kind, "OperatingSystemSection"))
		read_os(r, s, n);
	else if (str_eq(kind, "VirtualHardwareSection"))
		ovf_read_hardware(r, s, n);
	else if (str_eq(kind, "ProductSection") || str_eq(kind, "PropertySection"))
		ovf_read_product(r, s, n);
	else if (str_eq(kind, "StartupSection"))
		read_startup(r, s, n);
	else if (str_eq(kind, "ResourceAllocationSection"))
		read_resources(r, s, n);
	else if (str_eq(kind, "EulaSection"))
		s->eulas[s->neulas++] = ovf_text(r, n, "License");
	else if (str_eq(kind, "AnnotationSection"))
		s->annotation = ovf_text(r, n, "Annotation");
	else if (str_eq(n->name, "Machine") && strstr(n->ns, "virtualbox"))
		s->vbox_uuid = ovf_attr(n, "uuid");
}

/* The depth is bounded by xml_parse's limit on nesting. */
static void read_system(struct ovf_reading *r, const struct xml_node *n, struct ovf_system *s)
{
	size_t products = count_kind(n, "ProductSection") + count_kind(n, "PropertySection");

	*s = (struct ovf_system){
		.xml = n,
		.collection = str_eq(ovf_kind(n), "VirtualSystemCollection"),
		.id = ovf_attr(n, "id"),
		.name = ovf_text(r, n, "Name"),
		.info = ovf_text(r, n, "Info"),
		.os_version = "",
		.os_type = "",
		.os_description = "",
		.annotation = "",
		.transport = "",
	};
	s->hardware =
		arena_alloc(r->a, count_kind(n, "VirtualHardwareSection") * sizeof *s->hardware);
	s->products = arena_alloc(r->a, products * sizeof *s->products);
	s->eulas = arena_alloc(r->a, count_kind(n, "EulaSection") * sizeof *s->eulas);
	s->children = arena_alloc(r->a, count_systems(n) * sizeof *s->children);
	XML_EACH(c, n)
	{
		if (is_system(c))
			read_system(r, c, &s->children[s->nchildren++]);
		else
			read_part(r, s, c);
	}
}

void ovf_read_systems(struct ovf_reading *r, const struct xml_node *root)
{
	struct ovf *o = r->ovf;

	o->systems = arena_alloc(r->a, count_systems(root) * sizeof *o->systems);
	XML_EACH(c, root)
	if (is_system(c))
		read_system(r, c, &o->systems[o->nsystems++]);
}
