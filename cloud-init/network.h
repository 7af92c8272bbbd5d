/* A machine's network as intended, and the network-config that says so. */
#pragma once

#include "cloud-init/seed.h"

#include <stdint.h>

enum link_kind { LINK_ETHERNET, LINK_BOND, LINK_BRIDGE, LINK_VLAN };

struct seed_route {
	const char *to, *via; /* "192.0.2.0/24", "0.0.0.0/0", "::/0" */
	int64_t metric;       /* -1: not said */
};

/* A bond's or bridge's parameter under netplan's name: "mode", "mii-monitor-interval". */
struct seed_parameter {
	const char *name, *value;
};

struct seed_link {
	enum link_kind kind;
	const char *name; /* what the guest will call it; ethernets without get eth0, eth1... */
	const char *mac;  /* ethernets: the one to match; others: the one to have; may be NULL */
	bool dhcp4, dhcp6, none; /* none: on purpose without an address */
	const char *accept_ra;   /* "true", "false", or NULL: the guest's default */
	uint32_t mtu;            /* 0: not said */
	struct seed_list addresses, nameservers, search, members;
	struct seed_route *routes;
	size_t nroutes, routes_room;
	struct seed_parameter *parameters;
	size_t nparameters, parameters_room;
	uint16_t vlan; /* its number, on members.items[0] */
};

struct seed_network {
	struct seed_link *links;
	size_t count, room;
};

/* Adds the link that an option like "mac=52:54:00:12:34:56,address=192.0.2.10/24,gateway=192.0.2.1" describes. */
int network_add(struct arena *a, struct seed_network *n, enum link_kind kind, const char *spec,
		struct err *e);
/* Ethernets that are no members and have no address ask for one by DHCP. */
void network_settle(struct seed_network *n);
/* Members that are there, names used once, addresses that go with their gateways. */
int network_check(const struct seed_network *n, struct err *e);
/* version 2 (netplan's), or 1 for guests from before 2018. */
int network_write(struct arena *a, const struct seed_network *n, unsigned version,
		  struct seed_text *out, struct err *e);
