/* VirtualHardwareSection and ProductSection. */
#include "templates/ovf_read.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <string.h>

/* OVF 1.x and 2.x spell some names differently from 0.9. */
static const char *either(struct ovf_reading *r, const struct xml_node *n, const char *now,
			  const char *before)
{
	const char *text = ovf_text(r, n, now);

	return *text ? text : ovf_text(r, n, before);
}

static const char **texts(struct ovf_reading *r, const struct xml_node *n, const char *name,
			  size_t *count)
{
	const char **list;
	size_t total = 0;

	*count = 0;
	XML_EACH(c, n)
	total += str_eq(c->name, name);
	list = arena_alloc(r->a, total * sizeof *list);
	XML_EACH(c, n)
	if (str_eq(c->name, name))
		list[(*count)++] = str_trim(arena_dup(r->a, c->text));
	return list;
}

/* <vmw:Config vmw:key= vmw:value=/> and its like. */
static struct ovf_pair *pairs(struct ovf_reading *r, const struct xml_node *n, const char *name,
			      size_t *count)
{
	struct ovf_pair *list;
	size_t total = 0;

	*count = 0;
	XML_EACH(c, n)
	total += str_eq(c->name, name) && xml_attr(c, "key");
	list = arena_alloc(r->a, total * sizeof *list);
	XML_EACH(c, n)
	if (str_eq(c->name, name) && xml_attr(c, "key"))
		list[(*count)++] = (struct ovf_pair){
			.xml = c, .key = ovf_attr(c, "key"), .value = ovf_attr(c, "value")};
	return list;
}

static void read_quantity(struct ovf_reading *r, struct ovf_item *i)
{
	const char *text = ovf_text(r, i->xml, "VirtualQuantity");
	uint64_t unit = 1;

	if (!*text || str_starts(text, "${"))
		return;
	if (!num_parse(text, 10, &i->quantity)) {
		ovf_problem(r, i->xml, "the quantity \"%.40s\" of item '%.40s' is not a number",
			    text, i->instance);
		return;
	}
	i->has_quantity = true;
	if (i->type != OVF_MEMORY)
		return;
	/* Producers that leave the unit of memory out mean megabytes. */
	if (!*i->units)
		unit = 1 << 20;
	else if (!ovf_unit_parse(i->units, &unit))
		ovf_problem(r, i->xml, "\"%.60s\" is not a unit of memory", i->units);
	if (!mul_fits(i->quantity, unit, &i->bytes) || i->bytes > (uint64_t)INT64_MAX)
		ovf_problem(r, i->xml, "more memory than any machine can have");
}

void ovf_read_item(struct ovf_reading *r, const struct xml_node *n, struct ovf_item *i)
{
	uint64_t type = 0;
	const char *text = ovf_text(r, n, "ResourceType");

	*i = (struct ovf_item){
		.xml = n,
		.form = str_eq(n->name, "StorageItem")        ? OVF_STORAGE_ITEM
			: str_eq(n->name, "EthernetPortItem") ? OVF_ETHERNET_ITEM
							      : OVF_ITEM,
		.instance = either(r, n, "InstanceID", "InstanceId"),
		.name = either(r, n, "ElementName", "Caption"),
		.description = ovf_text(r, n, "Description"),
		.subtype = ovf_text(r, n, "ResourceSubType"),
		.other_type = ovf_text(r, n, "OtherResourceType"),
		.address = ovf_text(r, n, "Address"),
		.address_on_parent = ovf_text(r, n, "AddressOnParent"),
		.parent = ovf_text(r, n, "Parent"),
		.units = ovf_text(r, n, "AllocationUnits"),
		.configuration = ovf_attr(n, "configuration"),
		.bound = ovf_attr(n, "bound"),
		.required = ovf_attr_true(n, "required", true),
		.automatic = str_eq(ovf_text(r, n, "AutomaticAllocation"), "true"),
	};
	if (*text && (!num_parse(text, 10, &type) || type > 65535))
		ovf_problem(r, n, "\"%.40s\" is not a resource type", text);
	i->type = (unsigned)type;
	i->connections = texts(r, n, "Connection", &i->nconnections);
	i->host_resources = texts(r, n, "HostResource", &i->nhost_resources);
	i->configs = pairs(r, n, "Config", &i->nconfigs);
	read_quantity(r, i);
}

static bool is_item(const struct xml_node *n)
{
	return str_eq(n->name, "Item") || str_eq(n->name, "StorageItem") ||
	       str_eq(n->name, "EthernetPortItem");
}

void ovf_read_hardware(struct ovf_reading *r, struct ovf_system *s, const struct xml_node *n)
{
	struct ovf_hardware *h = &s->hardware[s->nhardware];
	const struct xml_node *system = xml_child(n, "System");
	size_t total = 0;

	*h = (struct ovf_hardware){
		.xml = n,
		.id = ovf_attr(n, "id"),
		.system_type =
			system ? either(r, system, "VirtualSystemType", "virtualSystemType") : "",
		.system_id = system ? ovf_text(r, system, "VirtualSystemIdentifier") : "",
		.instance = system ? either(r, system, "InstanceID", "InstanceId") : "",
	};
	if (!*s->transport)
		s->transport = ovf_attr(n, "transport");
	XML_EACH(c, n)
	total += is_item(c);
	h->items = arena_alloc(r->a, total * sizeof *h->items);
	XML_EACH(c, n)
	if (is_item(c))
		ovf_read_item(r, c, &h->items[h->nitems++]);
	h->configs = pairs(r, n, "Config", &h->nconfigs);
	h->extra = pairs(r, n, "ExtraConfig", &h->nextra);
	s->nhardware++;
}

/* ---- ProductSection ---- */

static void read_property(struct ovf_reading *r, const struct xml_node *n, const char *category,
			  struct ovf_property *p)
{
	size_t total = 0;

	*p = (struct ovf_property){
		.xml = n,
		.key = ovf_attr(n, "key"),
		.type = ovf_attr(n, "type"),
		.qualifiers = ovf_attr(n, "qualifiers"),
		.value = ovf_attr(n, "value"),
		.label = ovf_text(r, n, "Label"),
		.description = ovf_text(r, n, "Description"),
		.category = category,
		.user_configurable = ovf_attr_true(n, "userConfigurable", false),
		.required = ovf_attr_true(n, "required", false),
		.password = ovf_attr_true(n, "password", false),
	};
	XML_EACH(c, n)
	total += str_eq(c->name, "Value");
	p->values = arena_alloc(r->a, total * sizeof *p->values);
	XML_EACH(c, n)
	{
		if (!str_eq(c->name, "Value"))
			continue;
		p->values[p->nvalues++] = (struct ovf_pair){.xml = c,
							    .key = ovf_attr(c, "configuration"),
							    .value = ovf_attr(c, "value")};
		/* Before 1.1 the default stood in a Value element without a configuration. */
		if (!*p->value && !xml_attr(c, "configuration"))
			p->value = ovf_attr(c, "value");
	}
}

void ovf_read_product(struct ovf_reading *r, struct ovf_system *s, const struct xml_node *n)
{
	struct ovf_product *p = &s->products[s->nproducts++];
	const char *category = "";
	size_t total = 0;

	*p = (struct ovf_product){
		.xml = n,
		.class_ = ovf_attr(n, "class"),
		.instance = ovf_attr(n, "instance"),
		.info = ovf_text(r, n, "Info"),
		.product = ovf_text(r, n, "Product"),
		.vendor = ovf_text(r, n, "Vendor"),
		.version = ovf_text(r, n, "Version"),
		.full_version = ovf_text(r, n, "FullVersion"),
		.product_url = ovf_text(r, n, "ProductUrl"),
		.vendor_url = ovf_text(r, n, "VendorUrl"),
		.application_url = ovf_text(r, n, "AppUrl"),
	};
	XML_EACH(c, n)
	total += str_eq(c->name, "Property");
	p->properties = arena_alloc(r->a, total * sizeof *p->properties);
	XML_EACH(c, n)
	{
		if (str_eq(c->name, "Category"))
			category = str_trim(arena_dup(r->a, c->text));
		else if (str_eq(c->name, "Property"))
			read_property(r, c, category, &p->properties[p->nproperties++]);
	}
}
