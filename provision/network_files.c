/* Writers and editors of network files. */
#include "provision/network_files.h"

#include "base/scope.h"

#include <stdio.h>
#include <string.h>

static int family_of(const char *address)
{
	return strchr(address, ':') ? 6 : 4;
}

static bool has_family(const struct seed_link *l, int family)
{
	for (size_t i = 0; i < l->addresses.count; i++)
		if (family_of(l->addresses.items[i]) == family)
			return true;
	return false;
}

static const char *gateway_of(const struct seed_link *l, int family)
{
	for (size_t i = 0; i < l->nroutes; i++)
		if (str_ends(l->routes[i].to, "/0") && family_of(l->routes[i].via) == family)
			return l->routes[i].via;
	return NULL;
}

static void add_words(struct strbuf *out, const char *before, const struct seed_list *l,
		      const char *between, const char *after)
{
	if (!l->count)
		return;
	strbuf_add(out, before);
	for (size_t i = 0; i < l->count; i++)
		strbuf_printf(out, "%s%s", i ? between : "", l->items[i]);
	strbuf_add(out, after);
}

/* ---- systemd-networkd ---- */

void network_networkd(struct strbuf *out, const struct seed_link *l)
{
	strbuf_printf(out, "[Match]\nMACAddress=%s\n\n[Network]\nDHCP=%s\n", l->mac,
		      l->dhcp4 && l->dhcp6 ? "yes"
		      : l->dhcp4           ? "ipv4"
		      : l->dhcp6           ? "ipv6"
					   : "no");
	for (size_t i = 0; i < l->addresses.count; i++)
		strbuf_printf(out, "Address=%s\n", l->addresses.items[i]);
	for (size_t i = 0; i < l->nameservers.count; i++)
		strbuf_printf(out, "DNS=%s\n", l->nameservers.items[i]);
	add_words(out, "Domains=", &l->search, " ", "\n");
	if (l->mtu)
		strbuf_printf(out, "\n[Link]\nMTUBytes=%u\n", l->mtu);
	for (size_t i = 0; i < l->nroutes; i++) {
		const struct seed_route *r = &l->routes[i];

		strbuf_printf(out, "\n[Route]\nDestination=%s\nGateway=%s\n", r->to, r->via);
		if (r->metric >= 0)
			strbuf_printf(out, "Metric=%lld\n", (long long)r->metric);
	}
}

void network_name(struct strbuf *out, const struct seed_link *l)
{
	strbuf_printf(out, "[Match]\nMACAddress=%s\n\n[Link]\nName=%s\n", l->mac, l->name);
}

/* ---- NetworkManager ---- */

static void manager_family(struct strbuf *out, const struct seed_link *l, int family)
{
	bool fixed = has_family(l, family), dhcp = family == 4 ? l->dhcp4 : l->dhcp6;
	const char *gateway = gateway_of(l, family);
	size_t n = 0, k = 0;

	strbuf_printf(out, "\n[ipv%d]\nmethod=%s\n", family,
		      fixed         ? "manual"
		      : dhcp        ? "auto"
		      : family == 4 ? "disabled"
				    : "ignore");
	for (size_t i = 0; i < l->addresses.count; i++)
		if (family_of(l->addresses.items[i]) == family)
			strbuf_printf(out, "address%zu=%s\n", ++n, l->addresses.items[i]);
	if (gateway && fixed)
		strbuf_printf(out, "gateway=%s\n", gateway);
	for (size_t i = 0; i < l->nroutes; i++)
		if (family_of(l->routes[i].via) == family && !str_ends(l->routes[i].to, "/0"))
			strbuf_printf(out, "route%zu=%s,%s\n", ++k, l->routes[i].to,
				      l->routes[i].via);
	n = 0;
	for (size_t i = 0; i < l->nameservers.count; i++)
		if (family_of(l->nameservers.items[i]) == family)
			strbuf_printf(out, "%s%s;", n++ ? "" : "dns=", l->nameservers.items[i]);
	strbuf_add(out, n ? "\n" : "");
	if (fixed)
		add_words(out, "dns-search=", &l->search, ";", ";\n");
}

/* Goes before the profiles that are there: those of a lower priority wait. */
void network_manager(struct strbuf *out, const struct seed_link *l, const char *uuid)
{
	strbuf_printf(out,
		      "[connection]\nid=%s\nuuid=%s\ntype=ethernet\nautoconnect=true\n"
		      "autoconnect-priority=500\n\n[ethernet]\nmac-address=%s\n",
		      l->name, uuid, l->mac);
	if (l->mtu)
		strbuf_printf(out, "mtu=%u\n", l->mtu);
	manager_family(out, l, 4);
	manager_family(out, l, 6);
}

/* ---- netplan ---- */

int network_netplan(struct arena *a, const struct seed_network *n, const char *renderer,
		    struct strbuf *out, struct err *e)
{
	struct seed_text text, line;
	int r = network_write(a, n, 2, &text, e);

	if (r < 0)
		return r;
	strbuf_add(out, "network:\n");
	if (renderer)
		strbuf_printf(out, "  renderer: %s\n", renderer);
	while (seed_text_line(&text, &line))
		strbuf_printf(out, "  %.*s\n", (int)line.size, line.bytes);
	return 0;
}

/* ---- ifupdown ---- */

static void add_stanza(struct strbuf *out, const struct seed_link *l, int family)
{
	const char *inet = family == 4 ? "inet" : "inet6", *gateway = gateway_of(l, family);
	bool dhcp = family == 4 ? l->dhcp4 : l->dhcp6, first = true;

	if (!has_family(l, family)) {
		if (dhcp)
			strbuf_printf(out, "iface %s %s dhcp\n", l->name, inet);
		return;
	}
	for (size_t i = 0; i < l->addresses.count; i++) {
		if (family_of(l->addresses.items[i]) != family)
			continue;
		strbuf_printf(out, "iface %s %s static\n\taddress %s\n", l->name, inet,
			      l->addresses.items[i]);
		if (first && gateway)
			strbuf_printf(out, "\tgateway %s\n", gateway);
		if (first && l->mtu)
			strbuf_printf(out, "\tmtu %u\n", l->mtu);
		if (first)
			add_words(out, "\tdns-nameservers ", &l->nameservers, " ", "\n");
		if (first)
			add_words(out, "\tdns-search ", &l->search, " ", "\n");
		for (size_t k = 0; first && k < l->nroutes; k++)
			if (family_of(l->routes[k].via) == family &&
			    !str_ends(l->routes[k].to, "/0"))
				strbuf_printf(out, "\tup ip route add %s via %s || true\n",
					      l->routes[k].to, l->routes[k].via);
		first = false;
	}
}

void network_ifupdown(struct strbuf *out, const struct seed_link *l)
{
	strbuf_printf(out, "auto %s\n", l->name);
	add_stanza(out, l, 4);
	add_stanza(out, l, 6);
}

/* "iface NAME inet static": the name, or NULL. */
static const char *iface_name(const char *line, size_t n, size_t *len)
{
	const char *at = line, *word;
	size_t k;
	char copy[256];

	if (n >= sizeof copy)
		return NULL;
	memcpy(copy, line, n);
	copy[n] = '\0';
	at = copy;
	if (!str_word(&at, &word, &k) || k != 5 || memcmp(word, "iface", 5) ||
	    !str_word(&at, &word, len))
		return NULL;
	return line + (word - copy);
}

static bool begins_stanza(const char *line, size_t n)
{
	static const char *const words[] = {"iface",  "auto",   "allow-",       "mapping",
					    "source", "rename", "no-auto-down", "no-scripts"};

	while (n && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (n >= strlen(words[i]) && !memcmp(line, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Lines of a stanza that say what the new ones say; scripts and the like stay. */
static bool says_address(const char *line, size_t n)
{
	static const char *const words[] = {"address", "netmask",     "gateway", "broadcast",
					    "network", "pointopoint", "dns-",    "hwaddress",
					    "metric",  "mtu"};

	while (n && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (n >= strlen(words[i]) && !memcmp(line, words[i], strlen(words[i])))
			return true;
	return false;
}

size_t edit_interfaces(const char *text, size_t len, const struct seed_link *l, struct strbuf *out)
{
	struct seed_text rest = {text, len}, line;
	bool ours = false, four = l->dhcp4 || has_family(l, 4);
	size_t changed = 0;

	while (seed_text_line(&rest, &line)) {
		size_t n = 0;
		const char *name = iface_name(line.bytes, line.size, &n);

		if (begins_stanza(line.bytes, line.size)) {
			ours = name && n == strlen(l->name) && !memcmp(name, l->name, n);
			if (ours && !changed++)
				add_stanza(out, l, 4);
			if (ours)
				continue;
		}
		/* Scripts of the first stanza go with the first of the new ones. */
		if (ours && (changed > 1 || !four || says_address(line.bytes, line.size)))
			continue;
		strbuf_printf(out, "%.*s\n", (int)line.size, line.bytes);
	}
	if (changed)
		add_stanza(out, l, 6);
	return changed;
}

const char *interfaces_name(struct arena *a, const char *text, size_t len, size_t at)
{
	struct seed_text rest = {text, len}, line;
	const char *last = "";
	size_t found = 0;

	while (seed_text_line(&rest, &line)) {
		size_t n = 0;
		const char *name = iface_name(line.bytes, line.size, &n);

		if (!name || (n == 2 && !memcmp(name, "lo", 2)) ||
		    (strlen(last) == n && !memcmp(last, name, n)))
			continue;
		last = arena_dupn(a, name, n);
		if (found++ == at)
			return last;
	}
	return NULL;
}

/* ---- ifcfg ---- */

static void ifcfg_settings(struct strbuf *out, const struct seed_link *l)
{
	const char *gateway = gateway_of(l, 4), *gateway6 = gateway_of(l, 6);
	size_t n = 0, six = 0;

	strbuf_printf(out, "BOOTPROTO=%s\n",
		      l->dhcp4           ? "dhcp"
		      : has_family(l, 4) ? "static"
					 : "none");
	for (size_t i = 0; i < l->addresses.count; i++) {
		const char *address = l->addresses.items[i], *slash = strchr(address, '/');
		char suffix[24] = "";

		if (family_of(address) == 6) {
			if (!six++)
				strbuf_printf(out, "IPV6INIT=yes\nIPV6_AUTOCONF=no\nIPV6ADDR=%s\n",
					      address);
			continue;
		}
		if (n)
			snprintf(suffix, sizeof suffix, "%zu", n);
		n++;
		strbuf_printf(out, "IPADDR%s=%.*s\nPREFIX%s=%s\n", suffix, (int)(slash - address),
			      address, suffix, slash + 1);
	}
	if (gateway)
		strbuf_printf(out, "GATEWAY=%s\n", gateway);
	if (gateway6)
		strbuf_printf(out, "IPV6_DEFAULTGW=%s\n", gateway6);
	for (size_t i = 0; i < l->nameservers.count; i++)
		strbuf_printf(out, "DNS%zu=%s\n", i + 1, l->nameservers.items[i]);
	add_words(out, "DOMAIN=\"", &l->search, " ", "\"\n");
	if (l->mtu)
		strbuf_printf(out, "MTU=%u\n", l->mtu);
}

void network_ifcfg(struct strbuf *out, const struct seed_link *l)
{
	strbuf_printf(out, "TYPE=Ethernet\nDEVICE=%s\nHWADDR=%s\nONBOOT=yes\n", l->name, l->mac);
	ifcfg_settings(out, l);
}

size_t edit_ifcfg(const char *text, size_t len, const struct seed_link *l, struct strbuf *out)
{
	static const char *const keys[] = {
		"BOOTPROTO", "IPADDR",         "NETMASK",  "PREFIX",       "GATEWAY",
		"NETWORK",   "BROADCAST",      "DNS",      "DOMAIN",       "MTU",
		"IPV6ADDR",  "IPV6_DEFAULTGW", "IPV6INIT", "IPV6_AUTOCONF"};
	struct seed_text rest = {text, len}, line;
	size_t changed = 0;

	while (seed_text_line(&rest, &line)) {
		bool ours = false;

		for (size_t i = 0; i < ARRAY_SIZE(keys) && !ours; i++)
			ours = line.size > strlen(keys[i]) &&
			       !memcmp(line.bytes, keys[i], strlen(keys[i]));
		changed += ours;
		if (!ours)
			strbuf_printf(out, "%.*s\n", (int)line.size, line.bytes);
	}
	ifcfg_settings(out, l);
	return changed + 1;
}

/* ---- what is there ---- */

static bool line_says(const char *line, size_t n, const char *key)
{
	size_t k = strlen(key);

	while (n && (*line == ' ' || *line == '\t' || *line == '-')) {
		line++;
		n--;
	}
	return n >= k && !memcmp(line, key, k);
}

bool network_is_static(const char *text, size_t len)
{
	static const char *const keys[] = {"Address=", "address1=", "addresses1=", "IPADDR",
					   "address "};
	struct seed_text rest = {text, len}, line;
	unsigned servers = 0, number = 0;

	while (seed_text_line(&rest, &line)) {
		number++;
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (line_says(line.bytes, line.size, keys[i]))
				return true;
		if (line_says(line.bytes, line.size, "nameservers:"))
			servers = number;
		/* netplan has a list of that name for both. */
		if (line_says(line.bytes, line.size, "addresses:") &&
		    !(servers && number - servers <= 2))
			return true;
	}
	return false;
}
