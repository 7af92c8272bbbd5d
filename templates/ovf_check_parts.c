/* What the items, properties and sections of a virtual system must hold. */
#include "templates/ovf_property.h"
#include "templates/ovf_read.h"

#include "base/scope.h"

#include <string.h>
#include <strings.h>

/* ---- items ---- */

const char *ovf_resource_id(const char *text, const char *kind)
{
	size_t n = strlen(kind);

	if (str_starts(text, "ovf:"))
		text += 4;
	while (*text == '/')
		text++;
	return !strncmp(text, kind, n) && text[n] == '/' ? text + n + 1 : NULL;
}

static void check_host_resource(struct ovf_reading *r, const struct ovf_item *i, const char *text)
{
	const char *disk = ovf_resource_id(text, "disk"), *file = ovf_resource_id(text, "file");

	if (disk && !ovf_find_disk(r->ovf, disk))
		ovf_problem(r, i->xml, "item '%.40s' names the disk '%.60s', which is not there",
			    i->instance, disk);
	if (file && !ovf_find_file(r->ovf, file))
		ovf_problem(r, i->xml, "item '%.40s' names the file '%.60s', which is not there",
			    i->instance, file);
}

/* Instance ids are unique among the items that hold in one configuration. */
static bool same_item(const struct ovf_item *a, const struct ovf_item *b)
{
	return str_eq(a->instance, b->instance) && str_eq(a->configuration, b->configuration) &&
	       str_eq(a->bound, b->bound);
}

static void check_item_configuration(struct ovf_reading *r, const struct ovf_item *i)
{
	const char *at = i->configuration, *word;
	size_t n;

	while (str_word(&at, &word, &n)) {
		bool known = false;

		for (size_t k = 0; k < r->ovf->nconfigs; k++)
			known = known || (strlen(r->ovf->configs[k].id) == n &&
					  !memcmp(r->ovf->configs[k].id, word, n));
		if (!known)
			ovf_problem(
				r, i->xml,
				"item '%.40s' is of the configuration '%.*s', which is not there",
				i->instance, n > 60 ? 60 : (int)n, word);
	}
}

/* What CIM says of resources, and what vendors add that is read here. */
static bool is_understood(const char *name)
{
	static const char *const known[] = {
		"Address",         "AddressOnParent",
		"AllocationUnits", "AutomaticAllocation",
		"Caption",         "AutomaticDeallocation",
		"Connection",      "ConsumerVisibility",
		"Description",     "ElementName",
		"HostResource",    "InstanceID",
		"InstanceId",      "Limit",
		"MappingBehavior", "OtherResourceType",
		"Parent",          "PoolID",
		"Reservation",     "ResourceSubType",
		"ResourceType",    "VirtualQuantity",
		"BusNumber",       "VirtualQuantityUnits",
		"Weight",          "CoresPerSocket",
		"Config",          "ExtraConfig",
	};

	for (size_t k = 0; k < ARRAY_SIZE(known); k++)
		if (str_eq(name, known[k]))
			return true;
	return false;
}

static void check_elements(struct ovf_reading *r, const struct ovf_item *i)
{
	XML_EACH(c, i->xml)
	if (ovf_attr_true(c, "required", false) && !is_understood(c->name))
		ovf_problem(r, c,
			    "<%.60s> of item '%.40s' must be understood by its own word, and is "
			    "not",
			    c->name, i->instance);
}

static void check_connections(struct ovf_reading *r, const struct ovf_item *i)
{
	for (size_t k = 0; k < i->nconnections; k++) {
		bool known = !*i->connections[k];

		for (size_t n = 0; n < r->ovf->nnetworks; n++)
			known = known || str_eq(r->ovf->networks[n].name, i->connections[k]);
		if (!known)
			ovf_warn(r, i->xml,
				 "item '%.40s' is on the network '%.60s', which NetworkSection "
				 "does not list",
				 i->instance, i->connections[k]);
	}
}

static void check_item(struct ovf_reading *r, const struct ovf_hardware *h,
		       const struct ovf_item *i)
{
	static const char *const bounds[] = {"normal", "min", "max", ""};
	bool known = false;

	for (size_t b = 0; b < ARRAY_SIZE(bounds); b++)
		known = known || str_eq(i->bound, bounds[b]);
	if (!known)
		ovf_problem(r, i->xml, "\"%.40s\" is not a bound", i->bound);
	if (!*i->instance)
		ovf_problem(r, i->xml, "an item without an InstanceID");
	if (!i->type && i->required && !xml_child(i->xml, "ResourceType"))
		ovf_problem(r, i->xml, "item '%.40s' has no ResourceType", i->instance);
	check_item_configuration(r, i);
	check_elements(r, i);
	check_connections(r, i);
	for (size_t k = 0; k < i->nhost_resources; k++)
		check_host_resource(r, i, i->host_resources[k]);
	for (const struct ovf_item *j = h->items; j < i; j++) {
		if (!same_item(i, j))
			continue;
		if (*i->bound && !str_eq(i->bound, "normal"))
			ovf_problem(r, i->xml, "two \"%.20s\" bounds of item '%.40s'", i->bound,
				    i->instance);
		else
			ovf_warn(r, i->xml, "two items have the InstanceID '%.40s'", i->instance);
	}
}

/* ---- properties ---- */

/* A value that is empty is for the user to give, and one with a variable is not known yet. */
static void check_value(struct ovf_reading *r, const struct ovf_property *q, const char *value)
{
	const char *problem;

	if (!*value || strstr(value, "${"))
		return;
	problem = ovf_type_problem(r->a, q->type, value);
	if (problem && ovf_type_of(q->type) == OVF_TYPE_STANDARD) {
		ovf_problem(r, q->xml, "\"%.40s\" is no %.20s: the value of the property '%.60s'",
			    value, q->type, q->key);
		return;
	}
	if (!problem)
		problem = ovf_qualifier_problem(r->a, q->qualifiers, value);
	if (problem)
		ovf_warn(r, q->xml, "the property '%.60s' is \"%.40s\" by default, but %.200s",
			 q->key, value, problem);
}

static void check_property(struct ovf_reading *r, const struct ovf_product *p,
			   const struct ovf_property *q)
{
	if (!*q->key)
		ovf_problem(r, q->xml, "a property without a key");
	if (strpbrk(q->key, " \t\n"))
		ovf_problem(r, q->xml, "the property key \"%.60s\" holds white space", q->key);
	/* DSP0243 forbids them; many appliances have keys such as guestinfo.hostname all the same. */
	if (strpbrk(q->key, ".:"))
		ovf_warn(r, q->xml, "the property key \"%.60s\" holds a '.' or ':'", q->key);
	if (!*q->type)
		ovf_problem(r, q->xml, "the property '%.60s' has no type", q->key);
	else if (ovf_type_of(q->type) == OVF_TYPE_UNKNOWN)
		ovf_warn(r, q->xml, "the type \"%.40s\" of the property '%.60s' is not known",
			 q->type, q->key);
	check_value(r, q, q->value);
	for (size_t i = 0; i < q->nvalues; i++)
		check_value(r, q, q->values[i].value);
	for (const struct ovf_property *o = p->properties; o < q; o++)
		if (str_eq(o->key, q->key))
			ovf_problem(r, q->xml, "two properties have the key '%.60s'", q->key);
}

/* Class and instance stand before the keys of a product's properties. */
static void check_product(struct ovf_reading *r, const struct ovf_system *s,
			  const struct ovf_product *p)
{
	for (const struct ovf_product *o = s->products; o < p && *p->class_; o++)
		if (str_eq(o->class_, p->class_) && str_eq(o->instance, p->instance))
			ovf_problem(r, p->xml,
				    "two products have the class '%.60s' and instance '%.40s'",
				    p->class_, p->instance);
	for (size_t k = 0; k < p->nproperties; k++)
		check_property(r, p, &p->properties[k]);
}

/* ---- the rest of a system ---- */

static void check_startup(struct ovf_reading *r, const struct ovf_system *s)
{
	for (size_t i = 0; i < s->nstartup; i++) {
		bool known = false;

		for (size_t k = 0; k < s->nchildren; k++)
			known = known || str_eq(s->children[k].id, s->startup[i].id);
		if (!known)
			ovf_problem(
				r, s->startup[i].xml,
				"the start order names '%.60s', which is not in this collection",
				s->startup[i].id);
	}
}

void ovf_check_parts(struct ovf_reading *r, const struct ovf_system *s)
{
	if (s->os_xml && !xml_attr(s->os_xml, "id"))
		ovf_problem(r, s->os_xml, "an operating system without an id");
	for (size_t i = 0; i < s->nhardware; i++)
		for (size_t k = 0; k < s->hardware[i].nitems; k++)
			check_item(r, &s->hardware[i], &s->hardware[i].items[k]);
	for (size_t i = 0; i < s->nproducts; i++)
		check_product(r, s, &s->products[i]);
	check_startup(r, s);
}
