/* Who is wanted, who is there, and who everybody will be. */
#include "provision/plan.h"
#include "provision/names.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

/* ---- small parts ---- */

int key_id(const struct identity_key *key, char out[17], struct err *e)
{
	char hex[65];
	uint8_t raw[32];
	int r = identity_derive(key, "", "key-id", 0, raw, e);

	if (r < 0)
		return r;
	hex_format(raw, 32, hex);
	memcpy(out, hex, 16);
	out[16] = 0;
	return 0;
}

/* ---- names ---- */

struct naming {
	struct plan *p;
	struct seen lower;
	size_t room;
};

/* Share i of n: by position, so that any list is spread evenly. */
static bool in_share(const struct spec *s, size_t position)
{
	return !s->shards || position % s->shards == s->shard - 1;
}

static int add_name(struct naming *n, const char *name, const struct spec_clone *listed,
		    struct err *e)
{
	struct plan *p = n->p;
	const char *other, *lower = name_lower(p->a, name);
	struct clone *c;
	int r = name_check(name, e);

	if (r < 0)
		return r;
	if (p->nclones == NAMES_MAX)
		return err_set(e, EINVAL, "more than %d clones", NAMES_MAX);
	other = seen_add(&n->lower, lower, name);
	if (other)
		return err_set(e, EINVAL, "two clones are called '%s'%s", name,
			       str_eq(other, name) ? "" : " (upper and lower case are one)");
	ARENA_GROW(p->a, p->clones, p->nclones, n->room);
	c = &p->clones[p->nclones];
	*c = (struct clone){.name = name, .lower = lower, .listed = listed};
	c->state = in_share(p->spec, p->nclones) ? CLONE_MAKE : CLONE_FOREIGN;
	p->nclones++;
	return 0;
}

static int add_listed(struct naming *n, const struct spec_clone *listed, struct err *e)
{
	const struct spec *s = n->p->spec;
	struct names names = {0};
	int r = names_expand(n->p->a, listed->name, n->p->source->name, s->start, 1, &names, e);

	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = add_name(n, names.items[i], listed, e);
	if (r < 0 && s->file)
		return err_in(e, r, "%s:%u:%u", s->file, listed->line, listed->column);
	return r;
}

static int name_all(struct plan *p, struct err *e)
{
	struct naming n = {.p = p, .lower = {.a = p->a}};
	const struct spec *s = p->spec;
	struct names names = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nclones; i++)
		r = add_listed(&n, &s->clones[i], e);
	if (r < 0 || s->nclones)
		return r;
	r = names_expand(p->a, s->pattern ? s->pattern : "{name}-{n:03}", p->source->name, s->start,
			 s->count, &names, e);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = add_name(&n, names.items[i], NULL, e);
	return r;
}

/* ---- who is there ---- */

static int refuse_change(const struct clone *c, const json_t *was, struct err *e)
{
	char what[300];

	recipe_difference(was, c->recipe, what, sizeof what);
	return err_set(e, EEXIST,
		       "%s is there and was made of something else (%s); --replace makes it anew",
		       c->name, what);
}

/* Addresses the spec gives a clone must be those it has. */
static bool same_listed(const struct plan *p, const struct clone *c, const json_t *record)
{
	const json_t *macs = json_object_get(record, "macs");
	const json_t *addresses = json_object_get(record, "addresses");
	char text[MAC_TEXT], ip[IPV4_TEXT];

	for (size_t i = 0; c->listed && i < c->listed->nmacs && i < p->nnics; i++) {
		mac_format(c->listed->macs[i], text);
		if (!str_eq(json_string_value(json_array_get(macs, i)), text))
			return false;
	}
	for (size_t i = 0; c->listed && i < c->listed->naddresses && i < p->nnics; i++) {
		ipv4_format(c->listed->addresses[i], ip);
		if (!str_eq(json_string_value(json_array_get(addresses, i)), ip))
			return false;
	}
	return true;
}

static int find_there(struct plan *p, struct clone *c, bool replace, struct err *e)
{
	const json_t *record = ledger_find(p->ledger, c->lower);
	const char *was = record ? json_get_text(record, "recipe") : NULL;

	if (!record || c->state == CLONE_FOREIGN)
		return 0;
	if (!str_eq(json_get_text(record, "name"), c->name))
		return err_set(e, EEXIST, "%s: '%s' is there, and upper and lower case are one",
			       c->name, json_get_text(record, "name"));
	if (was && str_eq(was, c->recipe_id) && same_listed(p, c, record)) {
		c->state = CLONE_THERE;
		return 0;
	}
	c->state = CLONE_REPLACE;
	return replace ? 0
		       : refuse_change(c, was ? json_object_get(p->ledger->recipes, was) : NULL, e);
}

static int choose_recipe(struct plan *p, struct clone *c, struct err *e)
{
	char id[17];
	int r;

	if (!c->listed || (!c->listed->cpus && !c->listed->memory)) {
		c->recipe = json_incref(p->recipe);
		c->recipe_id = p->recipe_id;
	} else {
		c->recipe = recipe_of(p, c->listed);
		r = recipe_id(c->recipe, id, e);
		if (r < 0)
			return r;
		c->recipe_id = arena_dup(p->a, id);
	}
	c->cpus = (unsigned)json_integer_value(json_object_get(c->recipe, "cpus"));
	c->memory = (uint64_t)json_integer_value(json_object_get(c->recipe, "memory"));
	return 0;
}

/* ---- addresses ---- */

struct addressing {
	struct plan *p;
	struct seen macs, addresses;
};

static void take_list(struct seen *s, const json_t *list, const char *owner)
{
	const json_t *v;
	size_t i;

	json_array_foreach((json_t *)list, i,
			   v) if (json_is_string(v) && !str_eq(json_string_value(v), "dhcp"))
		seen_add(s, json_string_value(v), owner);
}

/* All that is given away: the ledger's, except what is made anew, and the template's own. */
static void take_known(struct addressing *t)
{
	const struct plan *p = t->p;
	struct seen anew = {.a = p->a};
	const json_t *record;
	size_t i;

	for (i = 0; i < p->nclones; i++)
		if (p->clones[i].state != CLONE_THERE)
			seen_add(&anew, p->clones[i].name, "");

	for (i = 0; i < p->source->nnics; i++) {
		uint8_t mac[6];
		char text[MAC_TEXT];

		if (mac_parse(p->source->nics[i].mac, mac, NULL) == 0) {
			mac_format(mac, text);
			seen_add(&t->macs, arena_dup(p->a, text), "the template");
		}
	}
	json_array_foreach(p->ledger->clones, i, record)
	{
		const char *name = json_get_text(record, "name");

		if (seen_find(&anew, name))
			continue;
		take_list(&t->macs, json_object_get(record, "macs"), name);
		take_list(&t->addresses, json_object_get(record, "addresses"), name);
	}
}

static int take_given(struct seen *s, const struct clone *c, const char *text, struct err *e)
{
	const char *other = seen_add(s, arena_dup(s->a, text), c->name);

	if (other && !str_eq(other, c->name))
		return err_set(e, EEXIST, "%s: %s belongs to %s", c->name, text, other);
	return 0;
}

/* What the spec gives by hand goes before what is worked out. */
static int take_listed(struct addressing *t, struct clone *c, struct err *e)
{
	const struct spec_clone *l = c->listed;
	char mac[MAC_TEXT], ip[IPV4_TEXT];
	int r = 0;

	if (!l)
		return 0;
	if (l->nmacs > t->p->nnics || l->naddresses > t->p->nnics)
		return err_set(e, EINVAL, "%s: more addresses than its %zu network cards", c->name,
			       t->p->nnics);
	for (size_t i = 0; r == 0 && i < l->nmacs; i++) {
		memcpy(c->macs[i], l->macs[i], 6);
		mac_format(l->macs[i], mac);
		r = take_given(&t->macs, c, mac, e);
	}
	for (size_t i = 0; r == 0 && i < l->naddresses; i++) {
		c->addresses[i] = l->addresses[i];
		ipv4_format(l->addresses[i], ip);
		r = take_given(&t->addresses, c, ip, e);
	}
	return r;
}

/* From position * cards + card on, the first that nobody has. */
static int count_mac(struct addressing *t, struct clone *c, size_t position, size_t nic,
		     struct err *e)
{
	const struct plan *p = t->p;
	char text[MAC_TEXT];

	for (uint64_t step = position * p->nnics + nic;
	     mac_count(p->spec->mac_first, step, c->macs[nic]); step++) {
		mac_format(c->macs[nic], text);
		if (!seen_find(&t->macs, text)) {
			seen_add(&t->macs, arena_dup(p->a, text), c->name);
			return 0;
		}
	}
	return err_set(e, ENOSPC, "%s: the MAC addresses that begin at the first one are used up",
		       c->name);
}

static int give_mac(struct addressing *t, struct clone *c, size_t position, size_t nic,
		    struct err *e)
{
	static const uint8_t none[6];
	const struct spec *s = t->p->spec;

	if (c->listed && nic < c->listed->nmacs)
		return 0;
	if (memcmp(s->mac_first, none, 6))
		return count_mac(t, c, position, nic, e);
	return mac_derive(&t->p->key, c->name, (unsigned)nic, &s->mac_prefix, &t->macs,
			  c->macs[nic], e);
}

static int give_address(struct addressing *t, struct clone *c, size_t position, size_t nic,
			struct err *e)
{
	const struct spec *s = t->p->spec;
	const struct spec_range *range = nic < s->nnetworks ? &s->networks[nic].range : NULL;
	char text[IPV4_TEXT];

	if (!range || !range->first || (c->listed && nic < c->listed->naddresses))
		return 0;
	for (uint64_t at = (uint64_t)range->first + position; at <= range->last; at++) {
		ipv4_format((uint32_t)at, text);
		if (seen_find(&t->addresses, text))
			continue;
		seen_add(&t->addresses, arena_dup(t->p->a, text), c->name);
		c->addresses[nic] = (uint32_t)at;
		return 0;
	}
	return err_set(e, ENOSPC, "%s: the addresses of network %zu are used up", c->name, nic + 1);
}

static int give_addresses(struct plan *p, struct err *e)
{
	struct addressing t = {.p = p, .macs = {.a = p->a}, .addresses = {.a = p->a}};
	int r = 0;

	take_known(&t);
	for (size_t i = 0; r == 0 && i < p->nclones; i++)
		if (p->clones[i].state != CLONE_THERE)
			r = take_listed(&t, &p->clones[i], e);
	for (size_t i = 0; r == 0 && i < p->nclones; i++) {
		struct clone *c = &p->clones[i];

		for (size_t k = 0; r == 0 && c->state != CLONE_THERE && k < p->nnics; k++) {
			r = give_mac(&t, c, i, k, e);
			if (r == 0)
				r = give_address(&t, c, i, k, e);
		}
	}
	return r;
}

/* ---- the rest of an identity ---- */

static int derive_ids(const struct plan *p, struct clone *c, struct err *e)
{
	const struct {
		const char *path;
		struct uuid *to;
	} rows[] = {
		{"machine-id", &c->machine_id},
		{"smbios/uuid", &c->smbios},
		{"vmgenid", &c->vmgenid},
		{"instance-id", &c->instance},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		r = identity_uuid(&p->key, c->name, rows[i].path, 0, rows[i].to, e);
	return r;
}

/* The large spaces: two clones with one of these would mean one key under two fleets, or a broken derivation. */
static int prove_distinct(const struct plan *p, struct err *e)
{
	static const char *const keys[] = {"machine_id", "smbios_uuid", "vmgenid", "instance_id"};
	struct seen ids = {.a = p->a}, planned = {.a = p->a};
	const json_t *record;
	size_t i;

	for (i = 0; i < p->nclones; i++)
		seen_add(&planned, p->clones[i].name, "");
	json_array_foreach(p->ledger->clones, i, record)
	{
		const char *name = json_get_text(record, "name");

		for (size_t k = 0; k < ARRAY_SIZE(keys) && !seen_find(&planned, name); k++)
			if (json_get_text(record, keys[k]))
				seen_add(&ids, json_get_text(record, keys[k]), name);
	}
	for (i = 0; i < p->nclones; i++) {
		const struct clone *c = &p->clones[i];
		const struct uuid *all[] = {&c->machine_id, &c->smbios, &c->vmgenid, &c->instance};

		for (size_t k = 0; c->state != CLONE_FOREIGN && k < ARRAY_SIZE(all); k++) {
			char *text = arena_alloc(p->a, UUID_TEXT);
			const char *other;

			uuid_format(all[k], text);
			other = seen_add(&ids, text, c->name);
			if (other)
				return err_set(e, EEXIST, "%s and %s would share the id %s",
					       c->name, other, text);
		}
	}
	return 0;
}

static void count_states(struct plan *p)
{
	size_t *const counts[] = {[CLONE_MAKE] = &p->make,
				  [CLONE_THERE] = &p->there,
				  [CLONE_REPLACE] = &p->replace,
				  [CLONE_FOREIGN] = &p->foreign};

	for (size_t i = 0; i < p->nclones; i++)
		*counts[p->clones[i].state] += 1;
}

int plan_make(struct plan *p, bool replace, struct err *e)
{
	int r = key_id(&p->key, p->key_id, e);

	p->nnics = p->spec->nnetworks ? p->spec->nnetworks : p->source->nnics;
	p->recipe = recipe_of(p, NULL);
	if (r == 0)
		r = recipe_id(p->recipe, p->recipe_id, e);
	if (r == 0)
		r = name_all(p, e);
	for (size_t i = 0; r == 0 && i < p->nclones; i++) {
		r = choose_recipe(p, &p->clones[i], e);
		if (r == 0)
			r = find_there(p, &p->clones[i], replace, e);
		if (r == 0 && p->clones[i].state < CLONE_FOREIGN)
			r = derive_ids(p, &p->clones[i], e);
	}
	if (r == 0)
		r = give_addresses(p, e);
	if (r == 0)
		r = prove_distinct(p, e);
	count_states(p);
	return r;
}

void plan_fini(struct plan *p)
{
	for (size_t i = 0; i < p->nclones; i++)
		json_decref(p->clones[i].recipe);
	json_decref(p->recipe);
	p->recipe = NULL;
	p->nclones = 0;
}
