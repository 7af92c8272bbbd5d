/* The parts of a spec that are lists of maps: named clones and networks. */
#include "provision/spec_keys.h"
#include "provision/names.h"

#include "base/scope.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* ---- addresses ---- */

bool ipv4_parse(const char *text, uint32_t *out)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1)
		return false;
	*out = ntohl(a.s_addr);
	return *out != 0;
}

void ipv4_format(uint32_t address, char out[IPV4_TEXT])
{
	struct in_addr a = {htonl(address)};

	inet_ntop(AF_INET, &a, out, IPV4_TEXT);
}

/* "10.0.0.10-10.0.0.99/24" or "10.0.0.10/24", which runs to the network's end. */
static bool range_parse(const char *text, struct spec_range *out)
{
	char copy[64], *slash, *dash;
	uint64_t prefix;
	uint32_t mask;

	if (strlen(text) >= sizeof copy)
		return false;
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (!slash || !num_parse(slash + 1, 10, &prefix) || prefix < 1 || prefix > 30)
		return false;
	*slash = 0;
	dash = strchr(copy, '-');
	if (dash)
		*dash = 0;
	mask = 0xffffffffu << (32 - prefix);
	if (!ipv4_parse(copy, &out->first))
		return false;
	out->last = (out->first | ~mask) - 1;
	if (dash && !ipv4_parse(dash + 1, &out->last))
		return false;
	out->prefix = (unsigned)prefix;
	return out->first <= out->last && !((out->first ^ out->last) & mask) &&
	       (out->first & ~mask) != 0 && (out->last | mask) != 0xffffffffu;
}

/* ---- names ---- */

static int read_mac_list(struct spec_reading *r, const struct yaml_node *n, struct spec_clone *c,
			 struct err *e)
{
	if (n->kind != YAML_LIST || n->count > IDENTITY_NICS_MAX)
		return yaml_err(e, r->name, n, "macs must be a list of at most %d addresses",
				IDENTITY_NICS_MAX);
	for (size_t i = 0; i < n->count; i++) {
		struct err why = {0};
		const char *text;
		int x = spec_scalar(r, n->items[i], "a MAC address", &text, e);

		if (x < 0)
			return x;
		if (mac_parse(text, c->macs[c->nmacs++], &why) < 0)
			return yaml_err(e, r->name, n->items[i], "%s", why.text);
	}
	return 0;
}

static int read_address_list(struct spec_reading *r, const struct yaml_node *n,
			     struct spec_clone *c, struct err *e)
{
	if (n->kind != YAML_LIST || n->count > IDENTITY_NICS_MAX)
		return yaml_err(e, r->name, n, "addresses must be a list of at most %d addresses",
				IDENTITY_NICS_MAX);
	for (size_t i = 0; i < n->count; i++) {
		const char *text;
		int x = spec_scalar(r, n->items[i], "an address", &text, e);

		if (x < 0)
			return x;
		if (!ipv4_parse(text, &c->addresses[c->naddresses++]))
			return yaml_err(e, r->name, n->items[i], "'%.60s' is no IPv4 address",
					text);
	}
	return 0;
}

static int read_clone_key(struct spec_reading *r, const struct yaml_node *key,
			  const struct yaml_node *n, struct spec_clone *c, struct err *e)
{
	static const char *const words[] = {"name", "macs", "addresses", "cpus", "memory"};
	struct err why = {0};
	const char *text, *near;
	size_t i = 0;
	int x;

	if (key->kind != YAML_TEXT ||
	    spec_word(key->text, words, ARRAY_SIZE(words), &i, NULL) < 0) {
		near = key->kind == YAML_TEXT ? str_nearest(key->text, words, ARRAY_SIZE(words))
					      : NULL;
		return yaml_err(e, r->name, key, "a clone has no such key%s%s%s",
				near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	if (i == 1)
		return read_mac_list(r, n, c, e);
	if (i == 2)
		return read_address_list(r, n, c, e);
	x = spec_scalar(r, n, words[i], &text, e);
	if (x < 0)
		return x;
	if (i == 0)
		c->name = text;
	else if (i == 3)
		x = spec_number(text, 1, 4096, &c->cpus, &why);
	else
		x = spec_size(text, 16 << 20, &c->memory, &why);
	return x < 0 ? yaml_err(e, r->name, n, "%s: %s", words[i], why.text) : 0;
}

static int check_listed(struct spec_reading *r, const struct yaml_node *n,
			const struct spec_clone *c, struct err *e)
{
	struct names out = {0};
	struct err why = {0};
	int x;

	if (!c->name)
		return yaml_err(e, r->name, n, "a clone without a name");
	x = names_sample(r->a, c->name, "vm", &out, &why);
	for (size_t i = 0; x == 0 && i < out.count; i++)
		x = name_check(out.items[i], &why);
	if (x < 0)
		return yaml_err(e, r->name, n, "%s", why.text);
	if (out.count > 1 && (c->nmacs || c->naddresses))
		return yaml_err(e, r->name, n,
				"a range of names cannot share one list of addresses");
	return 0;
}

static int read_clone(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	struct spec *s = r->s;
	struct spec_clone c = {.line = n->line, .column = n->column};
	int x = 0;

	if (n->kind == YAML_MAP)
		for (size_t i = 0; x == 0 && i < n->count; i += 2)
			x = read_clone_key(r, n->items[i], n->items[i + 1], &c, e);
	else
		x = spec_scalar(r, n, "a name", &c.name, e);
	if (x == 0)
		x = check_listed(r, n, &c, e);
	if (x < 0)
		return x;
	ARENA_GROW(r->a, s->clones, s->nclones, s->clones_room);
	s->clones[s->nclones++] = c;
	return 0;
}

int spec_read_names(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	int x = 0;

	if (n->kind != YAML_LIST || n->count == 0)
		return yaml_err(e, r->name, n, "names must be a list, such as [db, web-{01..20}]");
	for (size_t i = 0; x == 0 && i < n->count; i++)
		x = read_clone(r, n->items[i], e);
	return x;
}

/* ---- networks ---- */

static struct spec_network *current(struct spec_reading *r)
{
	return &r->s->networks[r->s->nnetworks];
}

static int name_text(const char **to, struct spec_reading *r, const char *value, struct err *e)
{
	if (!*value || strlen(value) > 128)
		return err_set(e, EINVAL, "a name has 1 to 128 characters");
	*to = arena_dup(r->a, value);
	return 0;
}

static int set_network(struct spec_reading *r, const char *value, struct err *e)
{
	return name_text(&current(r)->network, r, value, e);
}

static int set_bridge(struct spec_reading *r, const char *value, struct err *e)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	/* Linux allows more, but the tools that take these names do not. */
	if (strlen(value) > 15 || value[strspn(value, bytes)])
		return err_set(e, EINVAL,
			       "'%.40s' is no interface name (15 letters, digits, '-', '_', '.')",
			       value);
	return name_text(&current(r)->bridge, r, value, e);
}

static int set_model(struct spec_reading *r, const char *value, struct err *e)
{
	static const char *const words[] = {"virtio",  "e1000",   "e1000e",
					    "rtl8139", "vmxnet3", "pcnet"};
	size_t i = 0;
	int x = spec_word(value, words, ARRAY_SIZE(words), &i, e);

	current(r)->model = words[i];
	return x;
}

static int set_address(struct spec_reading *r, const char *value, struct err *e)
{
	if (str_eq(value, "dhcp"))
		return 0;
	if (range_parse(value, &current(r)->range))
		return 0;
	return err_set(e, EINVAL,
		       "'%.60s' is neither dhcp nor addresses of one network such as "
		       "10.0.0.10-10.0.0.99/24",
		       value);
}

static int set_gateway(struct spec_reading *r, const char *value, struct err *e)
{
	if (ipv4_parse(value, &current(r)->range.gateway))
		return 0;
	return err_set(e, EINVAL, "'%.60s' is no IPv4 address", value);
}

static int add_dns(struct spec_reading *r, const char *value, struct err *e)
{
	struct spec_range *range = &current(r)->range;

	if (range->ndns == SPEC_DNS_MAX)
		return err_set(e, EINVAL, "more than %d name servers", SPEC_DNS_MAX);
	if (ipv4_parse(value, &range->dns[range->ndns++]))
		return 0;
	return err_set(e, EINVAL, "'%.60s' is no IPv4 address", value);
}

static const struct spec_key network_keys[] = {
	{"network", .set = set_network}, {"bridge", .set = set_bridge},
	{"model", .set = set_model},     {"address", .set = set_address},
	{"gateway", .set = set_gateway}, {"dns", .set = add_dns, .list = true},
};

static int check_network(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	const struct spec_network *now = current(r);
	uint32_t mask = now->range.prefix ? 0xffffffffu << (32 - now->range.prefix) : 0;

	if (now->network && now->bridge)
		return yaml_err(e, r->name, n,
				"a card is on a network or on a bridge, not on both");
	if (!now->range.first && (now->range.gateway || now->range.ndns))
		return yaml_err(e, r->name, n,
				"gateway and dns come by DHCP here; they go with a fixed address");
	if (now->range.gateway && ((now->range.gateway ^ now->range.first) & mask))
		return yaml_err(e, r->name, n, "the gateway is outside of the network");
	if (now->range.gateway >= now->range.first && now->range.gateway <= now->range.last &&
	    now->range.first)
		return yaml_err(e, r->name, n, "the gateway is among the clones' addresses");
	return 0;
}

int spec_read_networks(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	int x = 0;

	if (n->kind != YAML_LIST || n->count == 0)
		return yaml_err(e, r->name, n, "networks must be a list, one entry a card");
	if (n->count > SPEC_NETWORKS_MAX)
		return yaml_err(e, r->name, n, "more than %d network cards", SPEC_NETWORKS_MAX);
	for (size_t i = 0; x == 0 && i < n->count; i++) {
		x = spec_read_map(r, n->items[i], "a network", network_keys,
				  ARRAY_SIZE(network_keys), e);
		if (x == 0)
			x = check_network(r, n->items[i], e);
		r->s->nnetworks += x == 0;
	}
	return x;
}
