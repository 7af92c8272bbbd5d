/* The check of network-config: first cloud-init's schema, then what a schema cannot say: that addresses are addresses,
 * that the links named are there, and that the MACs are this machine's. */
#include "cloud-init/check.h"

#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/address.h"
#include "cloud-init/pyyaml.h"
#include "cloud-init/schema.h"

#include <strings.h>

struct network {
	struct findings *f;
	const struct yaml_node *root; /* the map with "version" */
	const struct seed_list *macs;
};

static const char *text_of(const struct yaml_node *n)
{
	return n && n->kind == YAML_TEXT ? n->text : NULL;
}

static void check_mac(struct network *n, const struct yaml_node *mac, bool of_the_machine)
{
	const char *text = text_of(mac);

	if (!text)
		return;
	if (!address_is_mac(text)) {
		finding_add(n->f, false, mac, "'%.40s' is no MAC address", text);
		return;
	}
	for (size_t i = 0; n->macs && i < n->macs->count; i++)
		if (!strcasecmp(n->macs->items[i], text))
			return;
	if (n->macs && n->macs->count && of_the_machine)
		finding_add(n->f, false, mac,
			    "no interface of this machine has the MAC %s: the guest would come up "
			    "without this network",
			    text);
}

/* Of one value, or of each in a list. */
static void check_addresses(struct network *n, const struct yaml_node *list,
			    int (*family)(const char *), const char *what)
{
	size_t count = !list ? 0 : list->kind == YAML_LIST ? list->count : 1;

	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = list->kind == YAML_LIST ? list->items[i] : list;
		const char *text = text_of(item);

		/* netplan: an address may be a map's only key, with options below it. */
		if (item->kind == YAML_MAP && item->count)
			text = text_of(item->items[0]);
		if (text && !family(text))
			finding_add(n->f, false, item, "'%.60s' is no %s", text, what);
	}
}

static const char address_words[] = "IP address";
static const char prefix_words[] = "address with a prefix such as 192.0.2.10/24";

static int family_of_target(const char *text)
{
	int family = address_family(text);

	return family ? family : address_family_with_prefix(text);
}

static void check_route(struct network *n, const struct yaml_node *route)
{
	const struct yaml_node *to = yaml_get(route, "to"), *via = yaml_get(route, "via");
	const char *target = text_of(to), *gateway = text_of(via);
	int a = target ? family_of_target(target) : 0, b = gateway ? address_family(gateway) : 0;

	if (target && !a && !str_eq(target, "default"))
		finding_add(n->f, false, to, "to: '%.60s' is no network", target);
	if (gateway && !b)
		finding_add(n->f, false, via, "via: '%.60s' is no %s", gateway, address_words);
	if (a && b && a != b)
		finding_add(n->f, false, via, "via: a gateway of IPv%d for a route of IPv%d", b, a);
}

static const char *const kinds[] = {"ethernets", "bonds",         "bridges", "vlans", "wifis",
				    "tunnels",   "dummy-devices", "vrfs",    "modems"};

static bool has_link(const struct network *n, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (yaml_get(yaml_get(n->root, kinds[i]), name))
			return true;
	return false;
}

static void check_links_named(struct network *n, const struct yaml_node *list, const char *key)
{
	size_t count = !list ? 0 : list->kind == YAML_LIST ? list->count : 1;

	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = list->kind == YAML_LIST ? list->items[i] : list;

		if (text_of(item) && !has_link(n, item->text))
			finding_add(n->f, false, item, "%s: there is no link '%.40s'", key,
				    item->text);
	}
}

static void check_link_v2(struct network *n, const struct yaml_node *link)
{
	const struct yaml_node *match = yaml_get(link, "match"), *id = yaml_get(link, "id");
	const struct yaml_node *routes = yaml_get(link, "routes");
	int64_t number;

	if (link->kind != YAML_MAP)
		return;
	check_mac(n, yaml_get(match, "macaddress"), true);
	check_mac(n, yaml_get(link, "macaddress"), false);
	check_addresses(n, yaml_get(link, "addresses"), address_family_with_prefix, prefix_words);
	check_addresses(n, yaml_get(link, "gateway4"), address_family, address_words);
	check_addresses(n, yaml_get(link, "gateway6"), address_family, address_words);
	check_addresses(n, yaml_get(yaml_get(link, "nameservers"), "addresses"), address_family,
			address_words);
	for (size_t i = 0; routes && routes->kind == YAML_LIST && i < routes->count; i++)
		check_route(n, routes->items[i]);
	check_links_named(n, yaml_get(link, "interfaces"), "interfaces");
	check_links_named(n, yaml_get(link, "link"), "link");
	if (id && yaml_to_int(id, &number) && (number < 0 || number > 4094))
		finding_add(n->f, false, id, "id: a VLAN has a number from 0 to 4094");
	if (yaml_get(link, "set-name") && !match)
		finding_add(n->f, true, yaml_get(link, "set-name"),
			    "set-name: does nothing without a match");
}

static void check_v2(struct network *n)
{
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		const struct yaml_node *links = yaml_get(n->root, kinds[k]);

		for (size_t i = 1; links && links->kind == YAML_MAP && i < links->count; i += 2)
			check_link_v2(n, links->items[i]);
	}
}

static bool has_device(const struct yaml_node *config, const char *name)
{
	for (size_t i = 0; i < config->count; i++)
		if (str_eq(text_of(yaml_get(config->items[i], "name")), name))
			return true;
	return false;
}

static void check_devices_named(struct network *n, const struct yaml_node *config,
				const struct yaml_node *list, const char *key)
{
	size_t count = !list ? 0 : list->kind == YAML_LIST ? list->count : 1;

	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = list->kind == YAML_LIST ? list->items[i] : list;

		if (text_of(item) && !has_device(config, item->text))
			finding_add(n->f, false, item, "%s: there is no device '%.40s'", key,
				    item->text);
	}
}

/* v1 has the prefix behind the address or, the older way, as netmask beside it. */
static void check_subnet(struct network *n, const struct yaml_node *subnet)
{
	const struct yaml_node *address = yaml_get(subnet, "address");
	const char *type = text_of(yaml_get(subnet, "type"));

	if (subnet->kind != YAML_MAP)
		return;
	check_addresses(n, address, family_of_target, address_words);
	check_addresses(n, yaml_get(subnet, "gateway"), address_family, address_words);
	check_addresses(n, yaml_get(subnet, "dns_nameservers"), address_family, address_words);
	if (type && str_starts(type, "static") && !address)
		finding_add(n->f, false, subnet, "a static subnet needs an 'address'");
	if (type && str_starts(type, "static") && text_of(address) &&
	    address_family(address->text) == 4 && !yaml_get(subnet, "netmask"))
		finding_add(n->f, true, address, "address: no prefix and no netmask beside it");
}

static void check_v1(struct network *n)
{
	const struct yaml_node *config = yaml_get(n->root, "config");

	if (!config || config->kind != YAML_LIST)
		return;
	for (size_t i = 0; i < config->count; i++) {
		const struct yaml_node *d = config->items[i];
		const struct yaml_node *subnets = yaml_get(d, "subnets");
		const char *type = text_of(yaml_get(d, "type"));

		if (d->kind != YAML_MAP || !type)
			continue;
		/* InfiniBand's addresses are longer. */
		if (!str_eq(type, "infiniband"))
			check_mac(n, yaml_get(d, "mac_address"), str_eq(type, "physical"));
		for (size_t j = 0; subnets && subnets->kind == YAML_LIST && j < subnets->count; j++)
			check_subnet(n, subnets->items[j]);
		check_devices_named(n, config, yaml_get(d, "bond_interfaces"), "bond_interfaces");
		check_devices_named(n, config, yaml_get(d, "bridge_interfaces"),
				    "bridge_interfaces");
		check_devices_named(n, config, yaml_get(d, "vlan_link"), "vlan_link");
		if (str_eq(type, "nameserver"))
			check_addresses(n, yaml_get(d, "address"), address_family, address_words);
	}
}

/* The whole configuration may lie below the one key 'network'. */
static const struct yaml_node *unwrapped(const struct yaml_node *root, struct findings *found)
{
	const struct yaml_node *network = yaml_get(root, "network");

	for (size_t i = 0; network && i < root->count; i += 2)
		if (root->items[i]->kind == YAML_TEXT && !str_eq(root->items[i]->text, "network"))
			finding_add(found, false, root->items[i],
				    "%.60s: not known beside 'network'", root->items[i]->text);
	return network ? network : root;
}

void check_network_config(struct seed_text t, const struct seed_list *macs, struct findings *found)
{
	struct network n = {.f = found, .macs = macs};
	const struct yaml_node *version;
	struct yaml_node *root;

	if (!pyyaml_parse(t, found, &root) || yaml_is_null(root))
		return;
	n.root = unwrapped(root, found);
	if (n.root->kind != YAML_MAP) {
		finding_add(found, false, n.root, "a network-config is a map with 'version'");
		return;
	}
	if (str_eq(text_of(yaml_get(n.root, "config")), "disabled"))
		return;
	version = yaml_get(n.root, "version");
	if (!version || !(str_eq(text_of(version), "1") || str_eq(text_of(version), "2"))) {
		finding_add(found, false, version ? version : n.root,
			    version ? "version: must be 1 or 2" : "needs 'version': 1 or 2");
		return;
	}
	if (str_eq(version->text, "1")) {
		schema_check(n.root, SCHEMA_OF_NETWORK_V1, found);
		check_v1(&n);
	} else {
		schema_check(n.root, SCHEMA_OF_NETWORK_V2, found);
		check_v2(&n);
	}
}
