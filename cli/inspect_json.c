/* The inspection as JSON: docs/inspect.schema.json. */
#include "cli/inspect.h"
#include "templates/ovf_names.h"

#include "base/json.h"

#include <string.h>

static void set_number(json_t *to, const char *key, uint64_t v)
{
	json_object_set_new(to, key, json_integer((json_int_t)(v > INT64_MAX ? INT64_MAX : v)));
}

static void set_bool(json_t *to, const char *key, bool v)
{
	json_object_set_new(to, key, json_boolean(v));
}

/* Absent rather than empty. */
static void set_some(json_t *to, const char *key, const char *text)
{
	if (text && *text)
		json_set_text(to, key, text);
}

static json_t *texts(const char *const *items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_text(items[i]));
	return list;
}

/* ---- machines ---- */

static json_t *item_json(struct inspection *i, const struct ovf_item *item)
{
	json_t *o = json_object();

	set_number(o, "type", item->type);
	json_set_text(o, "kind", ovf_resource_name(&i->t.a, item->type));
	json_set_text(o, "instance", item->instance);
	set_some(o, "name", item->name);
	set_some(o, "subtype", item->subtype);
	set_some(o, "address", item->address);
	set_some(o, "address_on_parent", item->address_on_parent);
	set_some(o, "parent", item->parent);
	set_some(o, "configuration", item->configuration);
	set_some(o, "bound", item->bound);
	if (item->has_quantity)
		set_number(o, "quantity", item->quantity);
	if (item->bytes)
		set_number(o, "bytes", item->bytes);
	if (item->nconnections)
		json_object_set_new(o, "connections", texts(item->connections, item->nconnections));
	if (item->nhost_resources)
		json_object_set_new(o, "host_resources",
				    texts(item->host_resources, item->nhost_resources));
	set_bool(o, "active", template_has_item(&i->t, item));
	return o;
}

static json_t *hardware_json(struct inspection *i, const struct ovf_hardware *h)
{
	json_t *o = json_object(), *items = json_array();

	set_some(o, "id", h->id);
	set_some(o, "system_type", h->system_type);
	for (size_t k = 0; k < h->nitems; k++)
		json_array_append_new(items, item_json(i, &h->items[k]));
	json_object_set_new(o, "items", items);
	return o;
}

static json_t *product_json(const struct ovf_product *p)
{
	json_t *o = json_object();

	set_some(o, "class", p->class_);
	set_some(o, "instance", p->instance);
	set_some(o, "product", p->product);
	set_some(o, "vendor", p->vendor);
	set_some(o, "version", *p->full_version ? p->full_version : p->version);
	set_some(o, "url", p->product_url);
	return o;
}

static json_t *system_json(struct inspection *i, const struct ovf_system *s)
{
	json_t *o = json_object(), *hardware = json_array(), *products = json_array(),
	       *children = json_array();

	json_set_text(o, "id", s->id);
	set_some(o, "name", s->name);
	set_bool(o, "collection", s->collection);
	set_some(o, "os", ovf_os_name(&i->t.a, s->os_id, s->os_type));
	set_some(o, "os_type", s->os_type);
	if (s->os_id)
		set_number(o, "os_id", s->os_id);
	set_some(o, "annotation", s->annotation);
	set_some(o, "transport", s->transport);
	if (s->neulas)
		json_object_set_new(o, "eulas", texts(s->eulas, s->neulas));
	for (size_t k = 0; k < s->nproducts; k++)
		json_array_append_new(products, product_json(&s->products[k]));
	json_object_set_new(o, "products", products);
	for (size_t k = 0; k < s->nhardware; k++)
		json_array_append_new(hardware, hardware_json(i, &s->hardware[k]));
	json_object_set_new(o, "hardware", hardware);
	for (size_t k = 0; k < s->nchildren; k++)
		json_array_append_new(children, system_json(i, &s->children[k]));
	json_object_set_new(o, "systems", children);
	return o;
}

/* ---- the other parts ---- */

static json_t *disk_json(const struct inspected_disk *d)
{
	json_t *o = json_object();

	json_set_text(o, "id", d->is->id);
	set_some(o, "href", d->is->href);
	if (d->is->npieces && (d->is->has_format || !d->problem))
		json_set_text(o, "format", disk_format_name(d->format));
	set_some(o, "type", d->type);
	set_some(o, "compression", d->is->compression);
	if (d->is->capacity)
		set_number(o, "capacity", d->is->capacity);
	if (d->size)
		set_number(o, "image_size", d->size);
	set_number(o, "stored", d->is->stored);
	set_number(o, "pieces", d->is->npieces);
	if (d->is->ovf && d->is->ovf->parent)
		json_set_text(o, "parent", d->is->ovf->parent->id);
	set_some(o, "problem", d->problem);
	set_some(o, "warning", d->warning);
	return o;
}

static json_t *property_json(const struct template_property *p)
{
	json_t *o = json_object();

	json_set_text(o, "name", p->name);
	json_set_text(o, "type", p->is->type);
	set_some(o, "qualifiers", p->is->qualifiers);
	if (!p->is->password)
		json_set_text(o, "value", p->value);
	set_some(o, "label", p->is->label);
	set_some(o, "description", p->is->description);
	set_bool(o, "user_configurable", p->is->user_configurable);
	set_bool(o, "password", p->is->password);
	set_bool(o, "chosen", p->chosen);
	return o;
}

static json_t *configuration_json(struct inspection *i, const struct ovf_config *c)
{
	json_t *o = json_object();

	json_set_text(o, "id", c->id);
	set_some(o, "label", c->label);
	set_some(o, "description", c->description);
	set_bool(o, "chosen", c == i->t.configuration);
	return o;
}

static json_t *network_json(const struct ovf_network *n)
{
	json_t *o = json_object();

	json_set_text(o, "name", n->name);
	set_some(o, "description", n->description);
	return o;
}

json_t *trust_json(const struct package *p, const struct trust *t, const char *problem,
		   bool digested)
{
	static const char *const states[] = {[SIGNATURE_NONE] = "none",
					     [SIGNATURE_SELF] = "self",
					     [SIGNATURE_TRUSTED] = "trusted"};
	json_t *o = json_object();

	set_bool(o, "ok", !problem);
	set_some(o, "problem", problem);
	set_bool(o, "manifest", p->manifest.count > 0);
	if (t->has_manifest)
		json_set_text(o, "digest", digest_kind_name(t->weakest));
	set_bool(o, "digests_checked", digested);
	json_set_text(o, "signature", states[t->signature]);
	set_some(o, "signer", t->signer);
	set_some(o, "issuer", t->issuer);
	set_some(o, "fingerprint", t->fingerprint);
	if (t->signature != SIGNATURE_NONE)
		set_bool(o, "expired", t->expired);
	return o;
}

static json_t *package_json(const struct package *p)
{
	json_t *o = json_object();

	json_set_text(o, "path", p->path);
	json_set_text(o, "kind", package_kind_name(p->kind));
	if (p->kind != PACKAGE_DISK) {
		json_set_text(o, "ovf",
			      p->ovf.version == OVF_0_9 ? "0.9"
			      : p->ovf.version == OVF_1 ? "1"
							: "2");
		json_set_text(o, "descriptor", p->descriptor_name);
	}
	set_some(o, "generator", p->ovf.generator);
	return o;
}

void inspect_json(struct inspection *i, struct strbuf *out)
{
	const struct ovf *v = &i->t.package.ovf;
	json_t *o = json_object(), *systems = json_array(), *disks = json_array(),
	       *networks = json_array(), *properties = json_array(), *configs = json_array();

	json_set_text(o, "schema", "vmint.inspect/1");
	json_set_text(o, "version", VMINT_VERSION);
	set_bool(o, "usable", !i->nproblems && !i->trust_problem);
	json_object_set_new(o, "package", package_json(&i->t.package));
	for (size_t k = 0; k < v->nsystems; k++)
		json_array_append_new(systems, system_json(i, &v->systems[k]));
	json_object_set_new(o, "systems", systems);
	for (size_t k = 0; k < i->t.ndisks; k++)
		json_array_append_new(disks, disk_json(&i->disks[k]));
	json_object_set_new(o, "disks", disks);
	for (size_t k = 0; k < v->nnetworks; k++)
		json_array_append_new(networks, network_json(&v->networks[k]));
	json_object_set_new(o, "networks", networks);
	for (size_t k = 0; k < v->nconfigs; k++)
		json_array_append_new(configs, configuration_json(i, &v->configs[k]));
	json_object_set_new(o, "configurations", configs);
	for (size_t k = 0; k < i->t.nproperties; k++)
		json_array_append_new(properties, property_json(&i->t.properties[k]));
	json_object_set_new(o, "properties", properties);
	json_object_set(o, "guest", i->guest_json ? i->guest_json : json_null());
	json_object_set_new(o, "trust",
			    trust_json(&i->t.package, &i->trust, i->trust_problem, i->digested));
	json_object_set_new(o, "warnings", texts(v->warnings, v->nwarnings));
	json_object_set_new(o, "problems", texts(i->problems, i->nproblems));
	json_add(out, o);
	json_decref(o);
}
