/* What cloud-init would not understand is found before anybody boots it, with its place. */
#include "base/str.h"
#include "cloud-init/check.h"
#include "cloud-init/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *text, *finding; /* the whole first finding, NULL: none at all */
};

static struct seed_text text_of(const char *s)
{
	return (struct seed_text){.bytes = s, .size = strlen(s)};
}

static void judge(const struct row *rows, size_t n,
		  void (*check)(struct seed_text, struct findings *))
{
	for (size_t i = 0; i < n; i++) {
		struct arena a = {0};
		struct findings f = {.a = &a, .name = "f"};

		check(text_of(rows[i].text), &f);
		if (!rows[i].finding && f.count)
			fail_msg("%s\n%s", rows[i].text, f.items[0].text);
		if (rows[i].finding && !f.count)
			fail_msg("%s\nexpected: %s", rows[i].text, rows[i].finding);
		if (rows[i].finding)
			assert_string_equal(f.items[0].text, rows[i].finding);
		arena_fini(&a);
	}
}

#define CC "#cloud-config\n"

static void cloud_configs_fit_the_schema_or_say_where_not(void **state)
{
	static const struct row rows[] = {
		{CC "packages: [a, [b, '1.0']]\n", NULL},
		{CC, NULL},
		{CC "packges: [a]\n", "f:2:1: packges: not known; did you mean 'packages'?"},
		{CC "packages: a\n", "f:2:11: packages: must be a list, not text"},
		{CC "hostname: 10\n",
		 "f:2:11: hostname: must be text, but is read as a whole number: put it in quotes"},
		{CC "hostname: yes\n",
		 "f:2:11: hostname: must be text, but is read as true or false: put it in quotes"},
		{CC "users:\n- name: a\n  expiredate: 2030-01-01\n",
		 "f:4:15: users[0].expiredate: must be text, but is read as a date: put it in "
		 "quotes"},
		{CC "users:\n- name: a\n  shel: /bin/sh\n",
		 "f:4:3: users[0].shel: not known; did you mean 'shell'?"},
		{CC "users:\n- nme: a\n", "f:3:3: users[0].nme: not known; did you mean 'name'?"},
		{CC "growpart: {mode: atuo}\n",
		 "f:2:18: growpart.mode: must be one of: auto, growpart, gpart, off; did "
		 "you mean 'auto'?"},
		{CC "packages: []\n", "f:2:11: packages: needs at least 1 item"},
		{CC "swap: {size: 1X}\n",
		 "f:2:14: swap.size: does not have the form ^([0-9]+)?\\.?[0-9]+[BKMGT]$"},
		{CC "runcmd: [ls\n",
		 "f:3:1: while parsing a flow sequence: did not find expected ',' or ']'"},
		{CC "a: 1\n---\nb: 2\n",
		 "f:3: a second YAML document begins here; there may be one only"},
		{CC "- a\n", "f:2:1: a cloud-config is a map (key: value), not a list"},
		{CC "hostname: a\nhostname: b\n",
		 "f:2:1: hostname: there again in line 3, which counts"},
		{CC "users: [{name: a, lock-passwd: true}]\n",
		 "f:2:32: users[0].lock-passwd: deprecated since cloud-init 22.3"},
		{CC "x: &x {name: a}\nusers: [{<<: *x}]\n", "f:2:1: x: not known"},
		{CC "users: [{<<: {name: a}, gecos: g}]\n", NULL},
	};

	(void)state;
	judge(rows, sizeof rows / sizeof *rows, check_user_data);
}

#define TAB "a tab: cloud-init's YAML wants blanks outside of quotes and blocks"

/* libyaml lets all of these pass. */
static void what_pyyaml_refuses_is_refused(void **state)
{
	static const struct row rows[] = {
		{CC "hostname:\tweb\n", "f:2:10: " TAB},
		{CC "hostname: web\t# mine\n", "f:2:14: " TAB},
		{CC "packages: [a,\tb]\n", "f:2:14: " TAB},
		{CC "packages: [caf\xc3\xa9,\ta]\n", "f:2:17: " TAB},
		{CC "final_message: a\tb\n", "f:2:17: " TAB},
		{CC "# a\tb\nfinal_message: \"a\tb\"\nruncmd:\n- |\n  a\tb\t\n- 'a\tb'\n", NULL},
		{CC "hostname: a\n...\nlocale: C\n",
		 "f:4: a second YAML document begins here; there may be one only"},
		{CC "hostname: a\n...\n# over\n", NULL},
		{CC "hostname: !mine a\n", "f:2:11: cloud-init knows no YAML tag '!mine'"},
		{CC "hostname: !!str 12\n", NULL},
		{CC "write_files: [{path: /a, content: !!binary aGVsbG8=}]\n", NULL},
		{CC "write_files: [{path: /a, content: !!binary aGVsbG8}]\n",
		 "f:2:35: the base64 text of this !!binary is not whole"},
		{CC "hostname: !!python/unicode web\n", NULL},
		{CC "runcmd: [[test, a, =, b]]\n",
		 "f:2:20: '=' has a meaning of its own in YAML: put it in quotes"},
		{CC "runcmd: [[test, a, '=', b]]\n", NULL},
		{CC "users: [{name: a, <<: [b]}]\n", "f:2:23: <<: wants a map, or a list of maps"},
		{CC "? [a]\n: b\n", "f:2:3: a key must be text, not a list"},
		{CC "hostname: caf\xe9\n", "f:2:14: incomplete UTF-8 octet sequence"},
		{CC "hostname: a\001\n", "f:2:12: control characters are not allowed"},
	};

	(void)state;
	judge(rows, sizeof rows / sizeof *rows, check_user_data);
}

static void user_data_is_told_by_its_header(void **state)
{
	static const struct row rows[] = {
		{"#!/bin/sh\nfoo: [\n", NULL},
		{"", NULL},
		{"## template: jinja\n#cloud-config\n{% if x %}\n", NULL},
		{"#include\nhttps://example.com/a\n# no\n", NULL},
		{"#include\nexample\n", "f:2: not a URL"},
		{"#cloud-config-jsonp\n[{\"op\": \"add\", \"path\": \"/a\", \"value\": 1}]\n",
		 NULL},
		{"\n#cloud-config-jsonp\n[{\"op\":\n]\n", "f:4:1: unexpected token near ']'"},
		{"#cloud-config-jsonp\n[{\"op\": \"put\", \"path\": \"/a\"}]\n",
		 "f:1: operation 1 of this JSON patch needs an \"op\" such as \"add\" and a "
		 "\"path\""},
		{"#!/bin/sh\r\n", "f:1: a carriage return ends the line of the interpreter"},
		{"# cloud-config\na: 1\n", "f:1: the first line is no header cloud-init knows, so "
					   "all of it would be ignored; did you mean "
					   "'#cloud-config'?"},
		{"#cloud-config-archive\n- type: text/cloud-config\n  content: |\n    packges: "
		 "[]\n",
		 "f:4:1: packges: not known; did you mean 'packages'?"},
		{"#cloud-config-archive\na: b\n",
		 "f:2:1: a cloud-config-archive is a list of parts"},
		{"MIME-Version: 1.0\nContent-Type: multipart/mixed; "
		 "boundary=\"b\"\n\n--b\nContent-Type: "
		 "text/cloud-config\n\nhostnam: x\n--b--\n",
		 "f:7:1: hostnam: not known; did you mean 'hostname'?"},
		{"MIME-Version: 1.0\nContent-Type: text/cloud-config\nContent-Transfer-Encoding: "
		 "base64\n\naG9zdG5hbTogeAo=\n",
		 "f:1:1: hostnam: not known; did you mean 'hostname'?"},
		{"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n",
		 "f: line 4: this multipart message has no closing boundary"},
	};

	(void)state;
	judge(rows, sizeof rows / sizeof *rows, check_user_data);
}

static void check_net(struct seed_text t, struct findings *f)
{
	const char *mac = "52:54:00:00:00:0a";
	struct seed_list macs = {.items = &mac, .count = 1};

	check_network_config(t, &macs, f);
}

#define V2 "version: 2\nethernets:\n  e:\n    "

static void networks_are_checked_beyond_the_schema(void **state)
{
	static const struct row rows[] = {
		{V2 "match: {macaddress: '52:54:00:00:00:0A'}\n", NULL},
		{V2 "dhcp4: true\n", NULL},
		{"network: {config: disabled}\n", NULL},
		{"ethernets: {}\n", "f:1:1: needs 'version': 1 or 2"},
		{"network: {version: 2}\nrenderer: networkd\n",
		 "f:2:1: renderer: not known beside 'network'"},
		{V2 "dhcpv4: true\n",
		 "f:4:5: ethernets.e.dhcpv4: not known here; did you mean 'dhcp4'?"},
		{V2 "match: {macaddress: 52:54:00:11:22:33}\n",
		 "f:4:25: ethernets.e.match.macaddress: must be text, but is read as a number to "
		 "the base 60: put it "
		 "in quotes"},
		{V2 "match: {macaddress: '52:54:00:00:00:0b'}\n",
		 "f:4:25: no interface of this machine has the MAC 52:54:00:00:00:0b: the guest "
		 "would come up without "
		 "this network"},
		{V2 "addresses: [192.0.2.1]\n",
		 "f:4:17: '192.0.2.1' is no address with a prefix such as 192.0.2.10/24"},
		{V2 "addresses: [192.0.2.1/33]\n",
		 "f:4:17: '192.0.2.1/33' is no address with a prefix such as 192.0.2.10/24"},
		{V2 "routes: [{to: default, via: 192.0.2.256}]\n",
		 "f:4:33: via: '192.0.2.256' is no IP address"},
		{V2 "routes: [{to: '::/0', via: 192.0.2.1}]\n",
		 "f:4:32: via: a gateway of IPv4 for a route of IPv6"},
		{"version: 2\nbonds: {b: {interfaces: [x]}}\n",
		 "f:2:26: interfaces: there is no link 'x'"},
		{"version: 2\nvlans: {v: {id: 4095, link: v}}\n",
		 "f:2:17: id: a VLAN has a number from 0 to 4094"},
		{"version: 1\nconfig:\n- type: physcal\n  name: e\n",
		 "f:3:9: config[0].type: must be one of: bond, bridge, physical, infiniband, "
		 "loopback, "
		 "nameserver, route, vlan; did you mean 'physical'?"},
		{"version: 1\nconfig:\n- {type: vlan, name: v, vlan_id: 1, vlan_link: e}\n",
		 "f:3:48: vlan_link: there is no device 'e'"},
	};

	(void)state;
	judge(rows, sizeof rows / sizeof *rows, check_net);
}

static void scalars_have_pyyamls_types(void **state)
{
	static const struct {
		const char *text;
		enum schema_type type;
	} rows[] = {
		{"", SCHEMA_NULL},
		{"NULL", SCHEMA_NULL},
		{"nULL", SCHEMA_STRING},
		{"on", SCHEMA_BOOLEAN},
		{"oN", SCHEMA_STRING},
		{"y", SCHEMA_STRING},
		{"0", SCHEMA_INTEGER},
		{"-1_0", SCHEMA_INTEGER},
		{"0o7", SCHEMA_STRING},
		{"08", SCHEMA_STRING},
		{"0x1F", SCHEMA_INTEGER},
		{"1:30", SCHEMA_INTEGER},
		{"1:60", SCHEMA_STRING},
		{"1.5", SCHEMA_NUMBER},
		{"1e3", SCHEMA_STRING},
		{"1.0e+3", SCHEMA_NUMBER},
		{".5", SCHEMA_NUMBER},
		{".", SCHEMA_STRING},
		{"1.2.3", SCHEMA_STRING},
		{".inf", SCHEMA_NUMBER},
		{"2030-01-01", SCHEMA_DATE},
		{"2030-1-1", SCHEMA_STRING},
		{"2030-01-01 10:00:00", SCHEMA_DATE},
		{"192.0.2.1", SCHEMA_STRING},
		{"12:34:56:11:22:33", SCHEMA_INTEGER},
		{"02:34:56:11:22:33", SCHEMA_STRING},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct yaml_node n = {
			.kind = YAML_TEXT, .text = rows[i].text, .len = strlen(rows[i].text)};

		if (schema_type_of(&n) != rows[i].type)
			fail_msg("%s: %d, expected %d", rows[i].text, schema_type_of(&n),
				 rows[i].type);
		n.quoted = true;
		assert_int_equal(schema_type_of(&n), SCHEMA_STRING);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cloud_configs_fit_the_schema_or_say_where_not),
		cmocka_unit_test(what_pyyaml_refuses_is_refused),
		cmocka_unit_test(user_data_is_told_by_its_header),
		cmocka_unit_test(networks_are_checked_beyond_the_schema),
		cmocka_unit_test(scalars_have_pyyamls_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
