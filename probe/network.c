/* Network facts and rows. Names and counts only: addresses are nobody's business here. */
#include "probe/network.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/check_module.h"
#include "probe/host.h"

#include <errno.h>
#include <string.h>

#define NET "/sys/class/net"

enum {
	INTERFACES_MAX = 4096, /* a host of containers has hundreds */
	NAMES_LENGTH = 200,    /* enough to recognise them in a report */
	TUN_MAJOR = 10,
	TUN_MINOR = 200,
};

struct census {
	struct strbuf bridges, nics, sriov;
	int64_t nbridges, nnics, offered, made, macvtaps;
};

static void add_name(struct strbuf *b, const char *name)
{
	if (b->len < NAMES_LENGTH)
		strbuf_printf(b, "%s%s", b->len ? " " : "", name);
}

static int64_t read_count(struct host *h, const char *nic, const char *attr)
{
	int64_t n;
	const char *path = arena_printf(h->a, NET "/%s/device/%s", nic, attr);

	return tree_num(h->t, path, &n) == 0 && n > 0 && n <= UINT16_MAX ? n : 0;
}

static void count_nic(struct host *h, struct census *c, const char *name)
{
	int64_t offered = read_count(h, name, "sriov_totalvfs");

	c->nnics++;
	add_name(&c->nics, name);
	if (!offered)
		return;
	add_name(&c->sriov, name);
	c->offered += offered;
	c->made += read_count(h, name, "sriov_numvfs");
}

/* Live, one readlink tells devices from virtual interfaces; captured trees may hold plain folders. */
static void count_interface(struct host *h, struct census *c, const char *name)
{
	const char *path = arena_printf(h->a, NET "/%s", name), *target;
	bool linked = tree_link(h->t, path, &target) == 0;

	if (linked && !strstr(target, "/virtual/")) {
		count_nic(h, c, name);
		return;
	}
	if (str_eq(name, "lo"))
		return;
	if (!linked && tree_exists(h->t, arena_printf(h->a, "%s/device", path))) {
		count_nic(h, c, name);
	} else if (tree_exists(h->t, arena_printf(h->a, "%s/bridge", path))) {
		c->nbridges++;
		add_name(&c->bridges, name);
	} else if (str_starts(name, "macvtap") || str_starts(name, "macvlan")) {
		c->macvtaps++;
	}
}

static struct fact counted(struct host *h, int64_t n, const struct strbuf *names)
{
	struct fact f = fact_num(NET, n);

	if (!n)
		f.is = NO;
	f.text = names && names->len ? arena_dup(h->a, names->text) : NULL;
	return f;
}

static void read_interfaces(struct host *h)
{
	struct network_facts *n = &h->network;
	struct census c = {0};
	struct tree_names names;
	int r = tree_list(h->t, NET, &names);

	if (r < 0) {
		n->interfaces = n->bridges = n->nics = n->sriov = n->sriov_now = n->macvtaps =
			fact_unknown(NET, r);
		return;
	}
	for (size_t i = 0; i < names.count && i < INTERFACES_MAX; i++)
		count_interface(h, &c, names.names[i]);
	n->interfaces = counted(h, (int64_t)names.count, NULL);
	n->bridges = counted(h, c.nbridges, &c.bridges);
	n->nics = counted(h, c.nnics, &c.nics);
	n->sriov = counted(h, c.offered, &c.sriov);
	n->sriov_now = counted(h, c.made, NULL);
	n->macvtaps = counted(h, c.macvtaps, NULL);
	strbuf_fini(&c.bridges);
	strbuf_fini(&c.nics);
	strbuf_fini(&c.sriov);
}

static struct fact tun_node(struct host *h)
{
	const char *path = "/dev/net/tun";
	struct tree_stat st;
	int r = tree_stat(h->t, path, &st);

	if (r == -ENOENT || r == -ENOTDIR)
		return tree_exists(h->t, "/dev/null") ? fact_no(path) : fact_unknown(path, ENODATA);
	if (r < 0)
		return fact_unknown(path, r);
	if (!S_ISCHR(st.mode))
		return fact_because(path, false, "not a character device");
	return fact_because(path, st.rdev_major == TUN_MAJOR && st.rdev_minor == TUN_MINOR,
			    arena_printf(h->a, "%u:%u", st.rdev_major, st.rdev_minor));
}

static void gather(struct host *h)
{
	struct network_facts *n = &h->network;
	const char *filter = "/proc/sys/net/bridge/bridge-nf-call-iptables";

	read_interfaces(h);
	n->tun_node = tun_node(h);
	n->ovs_socket = fact_exists(h->t, "/run/openvswitch/db.sock");
	if (!fact_is_yes(n->ovs_socket))
		n->ovs_socket = fact_exists(h->t, "/var/run/openvswitch/db.sock");
	n->forward4 = fact_from_flag(h->t, "/proc/sys/net/ipv4/ip_forward");
	n->forward6 = fact_from_flag(h->t, "/proc/sys/net/ipv6/conf/all/forwarding");
	n->bridge_filter = fact_from_flag(h->t, filter);
	if (n->bridge_filter.err == ENOENT && fact_is_yes(n->interfaces))
		n->bridge_filter = fact_no(filter);
}

/* ---- rows ---- */

#define ROW(id_, member_, title_) FACT("network." id_, network.member_, title_)

static const struct fact_row facts[] = {
	ROW("interfaces", interfaces, "network interfaces"),
	ROW("bridges", bridges, "bridges"),
	ROW("nics", nics, "interfaces with a device behind them"),
	ROW("sriov", sriov, "virtual functions NICs offer"),
	ROW("sriov-now", sriov_now, "virtual functions of NICs that exist"),
	ROW("tun-node", tun_node, "/dev/net/tun is the tun device"),
	ROW("openvswitch", ovs_socket, "Open vSwitch runs"),
	ROW("forward4", forward4, "IPv4 is forwarded"),
	ROW("forward6", forward6, "IPv6 is forwarded"),
	ROW("bridge-filter", bridge_filter, "iptables sees bridged packets"),
	ROW("macvtaps", macvtaps, "macvtap and macvlan interfaces"),
};

static void judge_bridge(const struct host *h, struct finding *f)
{
	const struct network_facts *n = &h->network;

	if (finding_if_unknown(f, &n->bridges))
		return;
	finding_cite(f, &n->bridges);
	if (fact_is_yes(n->bridges))
		finding_pass(f, "%s", n->bridges.text);
	else
		finding_miss(f, "there is no bridge; guests can still have user mode networking");
}

static void judge_tun(const struct host *h, struct finding *f)
{
	const struct fact *node = &h->network.tun_node;

	if (finding_if_unknown(f, node))
		return;
	finding_cite(f, node);
	if (fact_is_yes(*node))
		finding_pass(f, NULL);
	else if (node->text)
		finding_miss(f, "/dev/net/tun is something else (%s)", node->text);
	else if (!module_can_be_had(h, MODULE_TUN))
		finding_module(f, h, MODULE_TUN);
	else
		finding_miss(f, "/dev/net/tun is missing");
}

static void judge_macvtap(const struct host *h, struct finding *f)
{
	finding_cite(f, &h->network.macvtaps);
	finding_module(f, h, MODULE_MACVTAP);
}

static void judge_ipvlan(const struct host *h, struct finding *f)
{
	finding_module(f, h, MODULE_IPVLAN);
}

static void judge_veth(const struct host *h, struct finding *f)
{
	finding_module(f, h, MODULE_VETH);
}

static void judge_ovs(const struct host *h, struct finding *f)
{
	const struct network_facts *n = &h->network;

	if (finding_if_unknown(f, &n->ovs_socket))
		return;
	finding_cite(f, &n->ovs_socket);
	if (fact_is_yes(n->ovs_socket))
		finding_pass(f, "it runs");
	else if (fact_is_yes(h->kernel.modules[MODULE_OPENVSWITCH].present))
		finding_absent(f, "its kernel part is here, but it does not run");
	else
		finding_absent(f, "it does not run here");
}

static void judge_forwarding(const struct host *h, struct finding *f)
{
	const struct network_facts *n = &h->network;

	if (finding_if_unknown(f, &n->forward4))
		return;
	finding_cite(f, &n->forward4);
	finding_cite(f, &n->forward6);
	finding_cite(f, &n->bridge_filter);
	if (!fact_is_yes(n->forward4))
		finding_skip(f, "off: guests behind NAT or a routed bridge stay inside; libvirt "
				"turns it on "
				"by itself");
	else if (fact_is_yes(n->bridge_filter))
		finding_pass(f, "and iptables sees bridged packets: its FORWARD policy applies to "
				"guests too");
	else
		finding_pass(f, NULL);
}

static void judge_sriov(const struct host *h, struct finding *f)
{
	const struct network_facts *n = &h->network;

	if (finding_if_unknown(f, &n->sriov))
		return;
	finding_cite(f, &n->sriov);
	finding_cite(f, &n->sriov_now);
	if (fact_is_yes(n->sriov))
		finding_pass(f, "%s: %lld virtual functions offered, %lld made", n->sriov.text,
			     (long long)n->sriov.num, (long long)n->sriov_now.num);
	else
		finding_absent(f, "no NIC here offers virtual functions");
}

static const struct check checks[] = {
	{
		.id = "network.bridge",
		.title = "a bridge is there",
		.category = CAT_NETWORK,
		.miss = WARN,
		.judge = judge_bridge,
		.why = "On a bridge guests are neighbours of the host's network. libvirt, Docker "
		       "and Incus make "
		       "one of their own (virbr0, docker0, incusbr0).",
		.fix = "ip link add br0 type bridge",
	},
	{
		.id = "network.tun",
		.title = "tap devices can be made (/dev/net/tun)",
		.category = CAT_NETWORK,
		.miss = WARN,
		.judge = judge_tun,
		.why = "A tap device is the host's end of a guest's network card for QEMU, "
		       "Firecracker and Cloud "
		       "Hypervisor; /dev/net/tun makes them.",
		.fix = "modprobe tun",
	},
	{
		.id = "network.macvtap",
		.title = "macvtap interfaces can be made",
		.category = CAT_NETWORK,
		.miss = WARN,
		.judge = judge_macvtap,
		.why = "A macvtap interface puts a guest on the network of a NIC without a bridge.",
	},
	{
		.id = "network.ipvlan",
		.title = "ipvlan interfaces can be made",
		.category = CAT_NETWORK,
		.miss = WARN,
		.judge = judge_ipvlan,
		.why = "Like macvlan, with the NIC's own MAC address: for containers on networks "
		       "that accept one address a port, wireless ones among them.",
	},
	{
		.id = "network.veth",
		.title = "pairs of virtual interfaces can be made (veth)",
		.category = CAT_NETWORK,
		.miss = WARN,
		.judge = judge_veth,
		.why = "One end is in the container, the other on the host's bridge: the network "
		       "of Docker, Podman, LXC and Kubernetes.",
	},
	{
		.id = "network.openvswitch",
		.title = "Open vSwitch",
		.category = CAT_NETWORK,
		.miss = WARN,
		.judge = judge_ovs,
		.why = "A switch in software for many hosts; an alternative to bridges.",
	},
	{
		.id = "network.forwarding",
		.title = "packets are forwarded",
		.category = CAT_NETWORK,
		.miss = WARN,
		.judge = judge_forwarding,
		.why = "Guests behind NAT or on a routed network reach others only where the host "
		       "forwards.",
	},
	{
		.id = "network.sriov",
		.title = "NICs with virtual functions (SR-IOV)",
		.category = CAT_NETWORK,
		.miss = WARN,
		.judge = judge_sriov,
		.why = "A virtual function gives a guest a piece of the NIC itself, without the "
		       "host in between.",
	},
};

const struct area network_area = {
	.name = "network",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = checks,
	.nchecks = ARRAY_SIZE(checks),
};
