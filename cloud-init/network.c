/* The network a machine shall have, from options. */
#include "cloud-init/network.h"

#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/address.h"
#include "cloud-init/network_words.h"
#include "cloud-init/spec.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { LINKS_MAX = 256, NAME_MAX_LINUX = 15 };

struct input {
	struct arena *a;
	struct seed_link *link;
	const char *value;
	struct err *e;
};

static int take_name(struct input *in)
{
	size_t n = strlen(in->value);

	for (const char *p = in->value; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			n = 0;
	if (!n || n > NAME_MAX_LINUX)
		return err_set(in->e, EINVAL, "'%.40s' is no name for an interface", in->value);
	in->link->name = in->value;
	return 0;
}

static int take_mac(struct input *in)
{
	char *mac = arena_dup(in->a, in->value);

	if (!address_is_mac(mac))
		return err_set(in->e, EINVAL, "'%.40s' is no MAC address", in->value);
	/* netplan compares with the kernel's lower case. */
	for (char *p = mac; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	in->link->mac = mac;
	return 0;
}

static int take_address(struct input *in)
{
	if (!address_family_with_prefix(in->value))
		return err_set(in->e, EINVAL, "'%.60s' is no address with a prefix (192.0.2.10/24)",
			       in->value);
	seed_list_add(in->a, &in->link->addresses, in->value);
	return 0;
}

static void add_route(struct input *in, struct seed_route route)
{
	struct seed_link *l = in->link;

	ARENA_GROW(in->a, l->routes, l->nroutes, l->routes_room);
	l->routes[l->nroutes++] = route;
}

/* 0.0.0.0/0 and not "default": cloud-init before 22 knows that only. */
static int take_gateway(struct input *in)
{
	int family = address_family(in->value);

	if (!family)
		return err_set(in->e, EINVAL, "'%.60s' is no IP address", in->value);
	add_route(in, (struct seed_route){family == 4 ? "0.0.0.0/0" : "::/0", in->value, -1});
	return 0;
}

/* "198.51.100.0/24@192.0.2.1", a metric behind a second "@". */
static int take_route(struct input *in)
{
	char *to = arena_dup(in->a, in->value), *via = strchr(to, '@'), *metric;
	struct seed_route route = {.metric = -1};
	uint64_t number;

	if (!via)
		return err_set(in->e, EINVAL, "route '%.60s': not NETWORK@GATEWAY", in->value);
	*via++ = 0;
	metric = strchr(via, '@');
	if (metric)
		*metric++ = 0;
	if (!address_family_with_prefix(to) ||
	    address_family(via) != address_family_with_prefix(to))
		return err_set(in->e, EINVAL,
			       "route '%.60s': a network with its prefix and a gateway of the same "
			       "family are wanted",
			       in->value);
	if (metric && (!num_parse(metric, 10, &number) || number > UINT32_MAX))
		return err_set(in->e, EINVAL, "route '%.60s': the metric is no number", in->value);
	route.to = to;
	route.via = via;
	if (metric)
		route.metric = (int64_t)number;
	add_route(in, route);
	return 0;
}

static int take_dns(struct input *in)
{
	if (!address_family(in->value))
		return err_set(in->e, EINVAL, "'%.60s' is no IP address", in->value);
	seed_list_add(in->a, &in->link->nameservers, in->value);
	return 0;
}

static int take_search(struct input *in)
{
	seed_list_add(in->a, &in->link->search, in->value);
	return seed_check_hostname(in->value, in->e);
}

static int take_member(struct input *in)
{
	if (in->link->kind == LINK_VLAN && in->link->members.count)
		return err_set(in->e, EINVAL, "a VLAN lies on one link only");
	seed_list_add(in->a, &in->link->members, in->value);
	return 0;
}

static int take_mtu(struct input *in)
{
	uint64_t n;

	if (!num_parse(in->value, 10, &n) || n < 68 || n > 65535)
		return err_set(in->e, EINVAL, "'%.40s' is no MTU (68 to 65535)", in->value);
	in->link->mtu = (uint32_t)n;
	return 0;
}

static int take_id(struct input *in)
{
	uint64_t n;

	if (!num_parse(in->value, 10, &n) || n > 4094)
		return err_set(in->e, EINVAL, "'%.40s' is no number of a VLAN (0 to 4094)",
			       in->value);
	in->link->vlan = (uint16_t)n;
	return 0;
}

static int take_ra(struct input *in)
{
	bool yes = str_eq(in->value, "yes") || str_eq(in->value, "true");

	if (!yes && !str_eq(in->value, "no") && !str_eq(in->value, "false"))
		return err_set(in->e, EINVAL, "accept-ra '%.40s' is neither yes nor no", in->value);
	in->link->accept_ra = yes ? "true" : "false";
	return 0;
}

static int take_dhcp(struct input *in)
{
	in->link->dhcp4 = in->link->dhcp6 = true;
	return 0;
}

static int take_dhcp4(struct input *in)
{
	in->link->dhcp4 = true;
	return 0;
}

static int take_dhcp6(struct input *in)
{
	in->link->dhcp6 = true;
	return 0;
}

static int take_none(struct input *in)
{
	in->link->none = true;
	return 0;
}

enum { ON_ETHERNET = 1, ON_BOND = 2, ON_BRIDGE = 4, ON_VLAN = 8, ON_ALL = 15 };

static const struct {
	const char *key;
	bool alone; /* has no value */
	unsigned on;
	int (*take)(struct input *in);
} keys[] = {
	{"name", false, ON_ALL, take_name},
	{"mac", false, ON_ALL, take_mac},
	{"address", false, ON_ALL, take_address},
	{"gateway", false, ON_ALL, take_gateway},
	{"route", false, ON_ALL, take_route},
	{"dns", false, ON_ALL, take_dns},
	{"search", false, ON_ALL, take_search},
	{"mtu", false, ON_ALL, take_mtu},
	{"accept-ra", false, ON_ALL, take_ra},
	{"dhcp", true, ON_ALL, take_dhcp},
	{"dhcp4", true, ON_ALL, take_dhcp4},
	{"dhcp6", true, ON_ALL, take_dhcp6},
	{"none", true, ON_ETHERNET, take_none},
	{"member", false, ON_BOND | ON_BRIDGE, take_member},
	{"link", false, ON_VLAN, take_member},
	{"id", false, ON_VLAN, take_id},
};

static const char *const options[] = {"--nic", "--bond", "--bridge", "--vlan"};

static int check_parameter(const struct network_parameter *p, const char *value, struct err *e)
{
	uint64_t n;

	if (p->kind_of_value == PARAMETER_NUMBER && (!num_parse(value, 10, &n) || n > UINT32_MAX))
		return err_set(e, EINVAL, "%s=%.40s: not a whole number", p->name, value);
	if (p->kind_of_value == PARAMETER_SWITCH && !str_eq(value, "true") &&
	    !str_eq(value, "false"))
		return err_set(e, EINVAL, "%s=%.40s: neither true nor false", p->name, value);
	return 0;
}

static int take_parameter(struct input *in, const struct spec_pair *pair)
{
	struct seed_link *l = in->link;
	const char *known[ARRAY_SIZE(keys) + 16];
	size_t n = 0;

	const struct network_parameter *p = network_parameter(l->kind, pair->key);

	if (pair->value && p) {
		ARENA_GROW(in->a, l->parameters, l->nparameters, l->parameters_room);
		l->parameters[l->nparameters++] = (struct seed_parameter){pair->key, pair->value};
		return check_parameter(p, pair->value, in->e);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].on & 1u << l->kind)
			known[n++] = keys[i].key;
	return spec_unknown(options[l->kind], pair->key, known, n, in->e);
}

static int take(struct input *in, const struct spec_pair *pair)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!str_eq(keys[i].key, pair->key) || !(keys[i].on & 1u << in->link->kind))
			continue;
		if (keys[i].alone != !pair->value)
			return err_set(in->e, EINVAL, "%s: '%s' %s", options[in->link->kind],
				       pair->key, pair->value ? "takes no value" : "needs a value");
		in->value = pair->value;
		return keys[i].take(in);
	}
	return take_parameter(in, pair);
}

int network_add(struct arena *a, struct seed_network *n, enum link_kind kind, const char *spec,
		struct err *e)
{
	struct seed_link link = {.kind = kind};
	struct input in = {.a = a, .link = &link, .e = e};
	struct spec_pair pair;
	int r;

	if (n->count == LINKS_MAX)
		return err_set(e, E2BIG, "more than %d interfaces", LINKS_MAX);
	while ((r = spec_next(a, &spec, &pair, e)) > 0) {
		r = take(&in, &pair);
		if (r < 0)
			break;
	}
	if (r < 0)
		return r;
	ARENA_GROW(a, n->links, n->count, n->room);
	if (!link.name && kind == LINK_ETHERNET)
		link.name = arena_printf(a, "eth%zu", n->count);
	if (!link.name || (kind != LINK_ETHERNET && !link.members.count))
		return err_set(e, EINVAL, "%s needs %s", options[kind],
			       !link.name          ? "name=NAME"
			       : kind == LINK_VLAN ? "link=NAME"
						   : "member=NAME");
	n->links[n->count++] = link;
	return 0;
}

static const struct seed_link *find_link(const struct seed_network *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (str_eq(n->links[i].name, name))
			return &n->links[i];
	return NULL;
}

static bool is_member(const struct seed_network *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		for (size_t j = 0; j < n->links[i].members.count; j++)
			if (str_eq(n->links[i].members.items[j], name))
				return true;
	return false;
}

void network_settle(struct seed_network *n)
{
	for (size_t i = 0; i < n->count; i++) {
		struct seed_link *l = &n->links[i];

		if (l->kind == LINK_ETHERNET && !l->none && !l->dhcp4 && !l->dhcp6 &&
		    !l->addresses.count)
			l->dhcp4 = !is_member(n, l->name);
	}
}

int network_check(const struct seed_network *n, struct err *e)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct seed_link *l = &n->links[i];

		if (find_link(n, l->name) != l)
			return err_set(e, EINVAL, "two interfaces are called '%s'", l->name);
		for (size_t j = 0; j < i; j++)
			if (l->mac && l->kind == LINK_ETHERNET &&
			    n->links[j].kind == LINK_ETHERNET && str_eq(l->mac, n->links[j].mac))
				return err_set(e, EINVAL, "'%s' and '%s' have the same MAC",
					       n->links[j].name, l->name);
		for (size_t j = 0; j < l->members.count; j++) {
			const struct seed_link *m = find_link(n, l->members.items[j]);

			if (!m || m == l)
				return err_set(e, EINVAL, "'%s': there is no interface '%.40s'",
					       l->name, l->members.items[j]);
		}
	}
	return 0;
}
