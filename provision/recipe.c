/* A recipe: everything but the key and the name that decides what a clone is. */
#include "provision/plan.h"

#include "base/digest.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static void add_range(json_t *row, const struct spec_range *r)
{
	char text[IPV4_TEXT];

	if (!r->first) {
		json_set_text(row, "address", "dhcp");
		return;
	}
	/* Not where the range begins and ends: it may grow without changing who has what. */
	json_set_text(row, "address", "static");
	json_object_set_new(row, "prefix", json_integer(r->prefix));
	if (r->gateway) {
		ipv4_format(r->gateway, text);
		json_set_text(row, "gateway", text);
	}
	if (r->ndns) {
		json_t *dns = json_array();

		for (size_t i = 0; i < r->ndns; i++) {
			ipv4_format(r->dns[i], text);
			json_array_append_new(dns, json_text(text));
		}
		json_object_set_new(row, "dns", dns);
	}
}

static json_t *networks(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->spec->nnetworks; i++) {
		const struct spec_network *n = &p->spec->networks[i];
		json_t *row = json_object();

		if (n->network)
			json_set_text(row, "network", n->network);
		if (n->bridge)
			json_set_text(row, "bridge", n->bridge);
		if (n->model)
			json_set_text(row, "model", n->model);
		add_range(row, &n->range);
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *words(const char *const *items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_text(items[i]));
	return list;
}

/* By the disk's number. */
static json_t *grow(const struct spec *s)
{
	json_t *row = json_object();
	char number[24];

	for (size_t i = 0; i < s->ngrow; i++) {
		snprintf(number, sizeof number, "%zu", i);
		if (s->grow[i])
			json_object_set_new(row, number, json_integer((json_int_t)s->grow[i]));
	}
	return row;
}

static json_t *disk(const struct spec *s)
{
	json_t *row = json_object();

	json_set_text(row, "mode", disk_mode_name(s->mode));
	json_set_text(row, "format", s->disk_format ? s->disk_format : "qcow2");
	if (s->disk_bus)
		json_set_text(row, "bus", s->disk_bus);
	if (s->ngrow)
		json_object_set_new(row, "grow", grow(s));
	return row;
}

static json_t *extra_disks(const struct spec *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nextras; i++) {
		const struct spec_extra *x = &s->extras[i];
		json_t *row = json_object();

		json_object_set_new(row, "size", json_integer((json_int_t)x->size));
		if (x->format)
			json_set_text(row, "format", x->format);
		if (x->name)
			json_set_text(row, "name", x->name);
		if (x->serial)
			json_set_text(row, "serial", x->serial);
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *mac(const struct spec *s)
{
	static const uint8_t none[6];
	json_t *row = json_object();
	char text[MAC_TEXT];

	if (memcmp(s->mac_first, none, 6)) {
		mac_format(s->mac_first, text);
		json_set_text(row, "first", text);
	} else {
		mac_format(s->mac_prefix.bytes, text);
		text[s->mac_prefix.len * 3 - 1] = 0;
		json_set_text(row, "prefix", text);
	}
	return row;
}

/* What was asked for is named by a digest under the fleet's key: secrets in it cannot be tried out. */
static json_t *cloud(const struct plan *p)
{
	json_t *row = json_object();
	uint8_t raw[32] = {0};
	char hex[65];

	json_set_text(row, "carrier", carry_names[p->spec->cloud.carrier]);
	if (p->spec->cloud.asked && spec_cloud_digest(&p->spec->cloud, &p->key, raw, NULL) == 0) {
		hex_format(raw, 8, hex);
		json_set_text(row, "contents", hex);
	}
	return row;
}

json_t *recipe_of(const struct plan *p, const struct spec_clone *listed)
{
	const struct spec *s = p->spec;
	uint64_t cpus = listed && listed->cpus ? listed->cpus : s->cpus;
	uint64_t memory = listed && listed->memory ? listed->memory : s->memory;
	json_t *r = json_object(), *identity = json_object();

	json_set_text(r, "template", p->digest);
	json_object_set_new(r, "disk", disk(s));
	if (s->nextras)
		json_object_set_new(r, "extra-disks", extra_disks(s));
	json_object_set_new(r, "cpus", json_integer((json_int_t)(cpus ? cpus : p->source->cpus)));
	json_object_set_new(r, "memory",
			    json_integer((json_int_t)(memory ? memory : p->source->memory)));
	if (s->firmware != FIRMWARE_AUTO)
		json_set_text(r, "firmware", firmware_name(s->firmware));
	json_set_text(r, "domain", s->domain ? s->domain : "");
	json_object_set_new(r, "networks", networks(p));
	json_object_set_new(r, "mac", mac(s));
	json_object_set_new(r, "targets", words(s->targets, s->ntargets));
	json_set_text(identity, "machine-id", machine_id_name(s->machine_id));
	json_set_text(identity, "ssh-keys", ssh_keys_name(s->ssh_keys));
	json_set_text(identity, "ext4-seed", ext4_seed_name(s->ext4_seed));
	/* what nobody asked for is not named: fleets that are there stay what they are */
	if (s->serial_console != SERIAL_KEEP)
		json_set_text(identity, "serial-console", serial_name(s->serial_console));
	if (s->nclean)
		json_object_set_new(identity, "clean", words(s->clean, s->nclean));
	if (s->nplaces)
		json_set_text(identity, "places", s->places_id);
	if (s->engines != ENGINES_AUTO)
		json_set_text(identity, "engines", engines_name(s->engines));
	json_object_set_new(r, "identity", identity);
	if (s->cloud.asked || s->cloud.carrier != CARRY_AUTO)
		json_object_set_new(r, "cloud-init", cloud(p));
	return r;
}
