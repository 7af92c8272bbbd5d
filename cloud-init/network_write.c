/* network-config, version 2 and version 1. */
#include "cloud-init/network.h"

#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/address.h"
#include "cloud-init/network_words.h"
#include "cloud-init/yaml_write.h"

#include <errno.h>
#include <string.h>

static const struct network_parameter parameters[] = {
	{LINK_BOND, "mode", "bond-mode", PARAMETER_TEXT},
	{LINK_BOND, "primary", "bond-primary", PARAMETER_TEXT},
	{LINK_BOND, "lacp-rate", "bond-lacp_rate", PARAMETER_TEXT},
	{LINK_BOND, "transmit-hash-policy", "bond-xmit_hash_policy", PARAMETER_TEXT},
	{LINK_BOND, "mii-monitor-interval", "bond-miimon", PARAMETER_NUMBER},
	{LINK_BOND, "up-delay", "bond-updelay", PARAMETER_NUMBER},
	{LINK_BOND, "down-delay", "bond-downdelay", PARAMETER_NUMBER},
	{LINK_BOND, "min-links", "bond-min_links", PARAMETER_NUMBER},
	{LINK_BOND, "ad-select", "bond-ad_select", PARAMETER_TEXT},
	{LINK_BOND, "arp-interval", "bond-arp_interval", PARAMETER_NUMBER},
	{LINK_BOND, "fail-over-mac-policy", "bond-fail_over_mac", PARAMETER_TEXT},
	{LINK_BOND, "gratuitous-arp", "bond-num_grat_arp", PARAMETER_NUMBER},
	{LINK_BOND, "primary-reselect-policy", "bond-primary_reselect", PARAMETER_TEXT},
	{LINK_BRIDGE, "stp", "bridge_stp", PARAMETER_SWITCH},
	{LINK_BRIDGE, "priority", "bridge_bridgeprio", PARAMETER_NUMBER},
	{LINK_BRIDGE, "forward-delay", "bridge_fd", PARAMETER_NUMBER},
	{LINK_BRIDGE, "hello-time", "bridge_hello", PARAMETER_NUMBER},
	{LINK_BRIDGE, "max-age", "bridge_maxage", PARAMETER_NUMBER},
	{LINK_BRIDGE, "ageing-time", "bridge_ageing", PARAMETER_NUMBER},
};

const struct network_parameter *network_parameter(enum link_kind kind, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++)
		if (parameters[i].kind == kind && str_eq(parameters[i].name, name))
			return &parameters[i];
	return NULL;
}

static void write_list(struct strbuf *b, unsigned indent, const char *key,
		       const struct seed_list *l)
{
	if (!l->count)
		return;
	strbuf_printf(b, "%*s%s:\n", (int)indent, "", key);
	for (size_t i = 0; i < l->count; i++)
		yaml_write_item(b, indent, l->items[i]);
}

static void write_parameter(struct strbuf *b, unsigned indent, const char *key,
			    const struct network_parameter *p, const char *value)
{
	bool old = str_eq(key, p->v1), on = str_eq(value, "true");

	/* Version 1 has words for switches, in quotes lest they become true and false. */
	if (p->kind_of_value == PARAMETER_SWITCH && old)
		yaml_write_pair(b, indent, key, on ? "on" : "off");
	else if (p->kind_of_value == PARAMETER_TEXT)
		yaml_write_pair(b, indent, key, value);
	else
		strbuf_printf(b, "%*s%s: %s\n", (int)indent, "", key, value);
}

static void write_route_v2(struct strbuf *b, const struct seed_route *r)
{
	strbuf_add(b, "    - to: ");
	yaml_write_str(b, r->to);
	strbuf_addc(b, '\n');
	yaml_write_pair(b, 6, "via", r->via);
	if (r->metric >= 0)
		strbuf_printf(b, "      metric: %lld\n", (long long)r->metric);
}

static void write_match(struct strbuf *b, const struct seed_link *l)
{
	if (!l->mac)
		return;
	if (l->kind != LINK_ETHERNET) {
		yaml_write_pair(b, 4, "macaddress", l->mac);
		return;
	}
	strbuf_add(b, "    match:\n");
	yaml_write_pair(b, 6, "macaddress", l->mac);
	/* Renderers for ifupdown and sysconfig need the name, and set it by the MAC. */
	yaml_write_pair(b, 4, "set-name", l->name);
}

static void write_link_v2(struct strbuf *b, const struct seed_link *l)
{
	strbuf_add(b, "  ");
	yaml_write_str(b, l->name);
	strbuf_add(b, ":\n");
	write_match(b, l);
	if (l->kind == LINK_VLAN) {
		strbuf_printf(b, "    id: %u\n", l->vlan);
		yaml_write_pair(b, 4, "link", l->members.items[0]);
	} else {
		write_list(b, 4, "interfaces", &l->members);
	}
	strbuf_printf(b, "    dhcp4: %s\n    dhcp6: %s\n", l->dhcp4 ? "true" : "false",
		      l->dhcp6 ? "true" : "false");
	if (l->accept_ra)
		strbuf_printf(b, "    accept-ra: %s\n", l->accept_ra);
	if (l->mtu)
		strbuf_printf(b, "    mtu: %u\n", l->mtu);
	write_list(b, 4, "addresses", &l->addresses);
	if (l->nroutes)
		strbuf_add(b, "    routes:\n");
	for (size_t i = 0; i < l->nroutes; i++)
		write_route_v2(b, &l->routes[i]);
	if (l->nameservers.count || l->search.count)
		strbuf_add(b, "    nameservers:\n");
	write_list(b, 6, "addresses", &l->nameservers);
	write_list(b, 6, "search", &l->search);
	if (l->nparameters)
		strbuf_add(b, "    parameters:\n");
	for (size_t i = 0; i < l->nparameters; i++)
		write_parameter(b, 6, l->parameters[i].name,
				network_parameter(l->kind, l->parameters[i].name),
				l->parameters[i].value);
}

static void write_v2(struct strbuf *b, const struct seed_network *n)
{
	static const char *const groups[] = {"ethernets", "bonds", "bridges", "vlans"};

	strbuf_add(b, "version: 2\n");
	for (size_t k = 0; k < ARRAY_SIZE(groups); k++) {
		bool begun = false;

		for (size_t i = 0; i < n->count; i++) {
			if (n->links[i].kind != (enum link_kind)k)
				continue;
			if (!begun)
				strbuf_printf(b, "%s:\n", groups[k]);
			begun = true;
			write_link_v2(b, &n->links[i]);
		}
	}
}

static bool is_default(const struct seed_route *r)
{
	return str_eq(r->to, "0.0.0.0/0") || str_eq(r->to, "::/0");
}

static int family_of(const char *address)
{
	return strchr(address, ':') ? 6 : 4;
}

/* A family's routes go with its first address; a default one without metric is that address's gateway. */
static void write_routes_v1(struct strbuf *b, const struct seed_link *l, int family)
{
	bool begun = false;

	for (size_t i = 0; i < l->nroutes; i++) {
		const struct seed_route *r = &l->routes[i];

		if (family_of(r->via) != family)
			continue;
		if (is_default(r) && r->metric < 0)
			yaml_write_pair(b, 4, "gateway", r->via);
	}
	for (size_t i = 0; i < l->nroutes; i++) {
		const struct seed_route *r = &l->routes[i];

		if (family_of(r->via) != family || (is_default(r) && r->metric < 0))
			continue;
		strbuf_add(b, begun ? "" : "    routes:\n");
		begun = true;
		/* With its prefix behind it: a "prefix: 0" of its own is taken for none. */
		strbuf_add(b, "    - network: ");
		yaml_write_str(b, r->to);
		strbuf_addc(b, '\n');
		yaml_write_pair(b, 6, "gateway", r->via);
		if (r->metric >= 0)
			strbuf_printf(b, "      metric: %lld\n", (long long)r->metric);
	}
}

static void write_subnets_v1(struct strbuf *b, const struct seed_link *l)
{
	bool seen[7] = {0};

	if (l->dhcp4 || l->dhcp6 || l->addresses.count)
		strbuf_add(b, "  subnets:\n");
	if (l->dhcp4)
		strbuf_add(b, "  - type: dhcp4\n");
	if (l->dhcp6)
		strbuf_add(b, "  - type: dhcp6\n");
	for (size_t i = 0; i < l->addresses.count; i++) {
		int family = family_of(l->addresses.items[i]);

		/* Not "static6": cloud-init's NetworkManager renderer takes that for automatic. */
		strbuf_add(b, "  - type: static\n");
		yaml_write_pair(b, 4, "address", l->addresses.items[i]);
		if (!seen[family])
			write_routes_v1(b, l, family);
		seen[family] = true;
		if (i)
			continue;
		write_list(b, 4, "dns_nameservers", &l->nameservers);
		write_list(b, 4, "dns_search", &l->search);
	}
}

static void write_link_v1(struct strbuf *b, const struct seed_link *l)
{
	static const char *const types[] = {"physical", "bond", "bridge", "vlan"};

	strbuf_printf(b, "- type: %s\n", types[l->kind]);
	yaml_write_pair(b, 2, "name", l->name);
	if (l->mac)
		yaml_write_pair(b, 2, "mac_address", l->mac);
	if (l->mtu)
		strbuf_printf(b, "  mtu: %u\n", l->mtu);
	if (l->accept_ra)
		strbuf_printf(b, "  accept-ra: %s\n", l->accept_ra);
	if (l->kind == LINK_VLAN) {
		yaml_write_pair(b, 2, "vlan_link", l->members.items[0]);
		strbuf_printf(b, "  vlan_id: %u\n", l->vlan);
	}
	if (l->kind == LINK_BOND || l->kind == LINK_BRIDGE) {
		write_list(b, 2, l->kind == LINK_BOND ? "bond_interfaces" : "bridge_interfaces",
			   &l->members);
		strbuf_add(b, l->nparameters ? "  params:\n" : "  params: {}\n");
	}
	for (size_t i = 0; i < l->nparameters; i++) {
		const struct network_parameter *p =
			network_parameter(l->kind, l->parameters[i].name);

		write_parameter(b, 4, p->v1, p, l->parameters[i].value);
	}
	write_subnets_v1(b, l);
}

/* Version 1 hangs these on an address; without one they would be lost. */
static void write_loose_dns_v1(struct strbuf *b, const struct seed_network *n)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct seed_link *l = &n->links[i];

		if (l->addresses.count || (!l->nameservers.count && !l->search.count))
			continue;
		strbuf_add(b, "- type: nameserver\n");
		if (!l->nameservers.count)
			strbuf_add(b, "  address: []\n");
		write_list(b, 2, "address", &l->nameservers);
		write_list(b, 2, "search", &l->search);
	}
}

int network_write(struct arena *a, const struct seed_network *n, unsigned version,
		  struct seed_text *out, struct err *e)
{
	struct strbuf b = {0};
	int r = network_check(n, e);

	if (r < 0)
		return r;
	if (version != 1 && version != 2)
		return err_set(e, EINVAL, "there is no network-config of version %u", version);
	if (version == 2)
		write_v2(&b, n);
	else
		strbuf_add(&b, "version: 1\nconfig:\n");
	for (size_t i = 0; version == 1 && i < n->count; i++)
		write_link_v1(&b, &n->links[i]);
	if (version == 1)
		write_loose_dns_v1(&b, n);
	*out = (struct seed_text){.bytes = arena_dupn(a, strbuf_str(&b), b.len), .size = b.len};
	strbuf_fini(&b);
	return 0;
}
