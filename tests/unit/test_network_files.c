/* Addresses in the words of each network stack. */
#include "provision/network_files.h"

#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct seed_link link_of(struct arena *a, const char *spec)
{
	struct seed_network n = {0};
	struct err e = {0};

	if (network_add(a, &n, LINK_ETHERNET, spec, &e) < 0)
		fail_msg("%s", e.text);
	network_settle(&n);
	return n.links[0];
}

#define FIXED                                                                                      \
	"name=eth0,mac=02:00:00:00:00:01,address=10.0.0.9/"                                        \
	"24,gateway=10.0.0.1,dns=10.0.0.2,search=x.org"

static void whole(void (*write)(struct strbuf *, const struct seed_link *), const char *spec,
		  const char *wanted)
{
	struct arena a = {0};
	struct strbuf out = {0};
	const struct seed_link l = link_of(&a, spec);

	write(&out, &l);
	assert_string_equal(strbuf_str(&out), wanted);
	strbuf_fini(&out);
	arena_fini(&a);
}

static void each_stack_has_its_words(void **state)
{
	(void)state;
	whole(network_networkd, FIXED ",address=2001:db8::9/64,gateway=2001:db8::1",
	      "[Match]\nMACAddress=02:00:00:00:00:01\n\n[Network]\nDHCP=no\nAddress=10.0.0.9/24\n"
	      "Address=2001:db8::9/64\nDNS=10.0.0.2\nDomains=x.org\n\n[Route]\nDestination=0.0.0.0/"
	      "0\n"
	      "Gateway=10.0.0.1\n\n[Route]\nDestination=::/0\nGateway=2001:db8::1\n");
	whole(network_ifupdown, FIXED ",address=2001:db8::9/64,gateway=2001:db8::1",
	      "auto eth0\niface eth0 inet static\n\taddress 10.0.0.9/24\n\tgateway 10.0.0.1\n"
	      "\tdns-nameservers 10.0.0.2\n\tdns-search x.org\n"
	      "iface eth0 inet6 static\n\taddress 2001:db8::9/64\n\tgateway 2001:db8::1\n"
	      "\tdns-nameservers 10.0.0.2\n\tdns-search x.org\n");
	whole(network_ifcfg, FIXED,
	      "TYPE=Ethernet\nDEVICE=eth0\nHWADDR=02:00:00:00:00:01\nONBOOT=yes\nBOOTPROTO=static\n"
	      "IPADDR=10.0.0.9\nPREFIX=24\nGATEWAY=10.0.0.1\nDNS1=10.0.0.2\nDOMAIN=\"x.org\"\n");
	whole(network_ifupdown, "name=eth1,mac=02:00:00:00:00:01",
	      "auto eth1\niface eth1 inet dhcp\n");
}

static void networkmanager_gets_a_connection(void **state)
{
	struct arena a = {0};
	struct strbuf out = {0};
	const struct seed_link l = link_of(&a, FIXED ",route=10.9.0.0/16@10.0.0.3");

	(void)state;
	network_manager(&out, &l, "u-u-i-d");
	assert_non_null(strstr(out.text, "\nuuid=u-u-i-d\n"));
	assert_non_null(strstr(out.text, "[ethernet]\nmac-address=02:00:00:00:00:01\n"));
	assert_non_null(strstr(out.text,
			       "[ipv4]\nmethod=manual\naddress1=10.0.0.9/24\ngateway=10.0.0.1\n"
			       "route1=10.9.0.0/16,10.0.0.3\ndns=10.0.0.2;\ndns-search=x.org;\n"));
	assert_non_null(strstr(out.text, "[ipv6]\nmethod=ignore\n"));
	strbuf_fini(&out);
	arena_fini(&a);
}

static void edited(size_t (*edit)(const char *, size_t, const struct seed_link *, struct strbuf *),
		   const char *spec, const char *from, const char *to)
{
	struct arena a = {0};
	struct strbuf out = {0};
	const struct seed_link l = link_of(&a, spec);

	edit(from, strlen(from), &l, &out);
	assert_string_equal(strbuf_str(&out), to);
	strbuf_fini(&out);
	arena_fini(&a);
}

static void a_stanza_is_rewritten_and_its_scripts_stay(void **state)
{
	(void)state;
	edited(edit_interfaces,
	       "name=ens3,mac=02:00:00:00:00:01,address=10.0.0.9/24,gateway=10.0.0.1",
	       "source /etc/network/interfaces.d/*\nauto lo ens3\niface lo inet loopback\n\n"
	       "iface ens3 inet static\n\taddress 10.0.0.5\n\tnetmask 255.255.255.0\n"
	       "\tgateway 10.0.0.254\n\tup ethtool -K ens3 tso off\n# mine\niface ens4 inet dhcp\n"
	       "iface ens3 inet6 auto\n\taccept_ra 2\n",
	       "source /etc/network/interfaces.d/*\nauto lo ens3\niface lo inet loopback\n\n"
	       "iface ens3 inet static\n\taddress 10.0.0.9/24\n\tgateway 10.0.0.1\n"
	       "\tup ethtool -K ens3 tso off\n# mine\niface ens4 inet dhcp\n");
	edited(edit_interfaces, "name=ens3,mac=02:00:00:00:00:01",
	       "iface ens3 inet static\n address 10.0.0.5/24\n", "iface ens3 inet dhcp\n");
	/* another card, of which this one's name is the beginning */
	edited(edit_interfaces, FIXED, "iface eth00 inet dhcp\n", "iface eth00 inet dhcp\n");
}

static void ifcfg_keeps_its_other_keys(void **state)
{
	(void)state;
	edited(edit_ifcfg, FIXED,
	       "DEVICE=ens192\nBOOTPROTO=static\nIPADDR=10.0.0.5\nNETMASK=255.255.255.0\n"
	       "GATEWAY=10.0.0.254\nDNS1=1.1.1.1\nUUID=0\nZONE=public\n",
	       "DEVICE=ens192\nUUID=0\nZONE=public\nBOOTPROTO=static\nIPADDR=10.0.0.9\nPREFIX=24\n"
	       "GATEWAY=10.0.0.1\nDNS1=10.0.0.2\nDOMAIN=\"x.org\"\n");
}

static void names_of_cards_are_found_in_order(void **state)
{
	static const char text[] = "auto lo\niface lo inet loopback\niface ens3 inet dhcp\n"
				   "iface ens3 inet6 auto\n  iface ens4 inet static\n";
	struct arena a = {0};

	(void)state;
	assert_string_equal(interfaces_name(&a, text, sizeof text - 1, 0), "ens3");
	assert_string_equal(interfaces_name(&a, text, sizeof text - 1, 1), "ens4");
	assert_null(interfaces_name(&a, text, sizeof text - 1, 2));
	arena_fini(&a);
}

static void fixed_addresses_are_told_from_others(void **state)
{
	static const struct {
		const char *text;
		bool fixed;
	} rows[] = {
		{"network:\n  ethernets:\n    a:\n      addresses: [10.0.0.1/8]\n", true},
		{"network:\n  ethernets:\n    a:\n      dhcp4: true\n      nameservers:\n"
		 "        addresses: [1.1.1.1]\n",
		 false},
		{"iface a inet static\n  address 10.0.0.1\n", true},
		{"iface a inet dhcp\n", false},
		{"[Match]\nMACAddress=02:00:00:00:00:01\n[Network]\nDHCP=yes\n", false},
		{"[Network]\nAddress=10.0.0.1/8\n", true},
		{"[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\n", true},
		{"BOOTPROTO=dhcp\n", false},
		{"IPADDR0=10.0.0.1\n", true},
		{"# address 10.0.0.1\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (network_is_static(rows[i].text, strlen(rows[i].text)) != rows[i].fixed)
			fail_msg("%s", rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stack_has_its_words),
		cmocka_unit_test(networkmanager_gets_a_connection),
		cmocka_unit_test(a_stanza_is_rewritten_and_its_scripts_stay),
		cmocka_unit_test(ifcfg_keeps_its_other_keys),
		cmocka_unit_test(names_of_cards_are_found_in_order),
		cmocka_unit_test(fixed_addresses_are_told_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
