/* How guests could reach the network: bridges, tap, macvtap, Open vSwitch, forwarding, NICs with SR-IOV. */
#pragma once

#include "probe/fact.h"

struct host;
struct area;

struct network_facts {
	struct fact interfaces; /* num */
	struct fact bridges;    /* num; text: their names */
	struct fact nics;       /* num of interfaces with a device behind them; text: names */
	struct fact sriov;      /* num: virtual functions offered by NICs; text: which NICs */
	struct fact sriov_now;  /* num: virtual functions made */
	struct fact tun_node;   /* /dev/net/tun is the right device */
	struct fact ovs_socket; /* Open vSwitch's database answers here */
	struct fact forward4, forward6;
	struct fact
		bridge_filter; /* br_netfilter passes bridged packets to iptables; NO also when absent */
	struct fact macvtaps; /* num of macvtap and macvlan interfaces */
};

extern const struct area network_area;
