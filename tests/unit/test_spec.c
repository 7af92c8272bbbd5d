/* The spec of vmint clone: what it says, and where it is wrong. */
#include "provision/spec.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int read_text(struct spec *s, struct arena *a, const char *text, struct err *e)
{
	spec_init(s);
	return spec_read(s, a, text, strlen(text), "f.yaml", e);
}

static void the_example_is_a_spec(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct spec s;

	(void)state;
	if (read_text(&s, &a, spec_example(), &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(s.count, 20);
	assert_string_equal(s.pattern, "web-{n:03}");
	assert_int_equal(s.ntargets, 2);
	assert_int_equal(s.memory, 2ull << 30);
	assert_int_equal(spec_check(&s, &e), 0);
	arena_fini(&a);
}

static void lists_are_read_whole(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	char ip[IPV4_TEXT];
	struct spec s;

	(void)state;
	assert_int_equal(
		read_text(&s, &a,
			  "names:\n- web-{01..20}\n- {name: db, cpus: 4, memory: 8G,\n"
			  "   macs: ['52:54:00:12:34:56'], addresses: [10.0.0.5]}\n"
			  "networks:\n- {bridge: br0, address: 10.0.0.10-10.0.0.99/24,\n"
			  "   gateway: 10.0.0.1, dns: [1.1.1.1, 9.9.9.9]}\n- network: lan\n",
			  &e),
		0);
	assert_int_equal(s.nclones, 2);
	assert_int_equal(s.clones[1].cpus, 4);
	assert_int_equal(s.clones[1].macs[0][5], 0x56);
	assert_int_equal(s.nnetworks, 2);
	ipv4_format(s.networks[0].range.last, ip);
	assert_string_equal(ip, "10.0.0.99");
	assert_int_equal(s.networks[0].range.ndns, 2);
	arena_fini(&a);
}

static void sizes_belong_to_their_disks(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct spec s;

	(void)state;
	assert_int_equal(read_text(&s, &a, "disk: {grow: 20G}", &e), 0);
	assert_int_equal(s.ngrow, 1);
	assert_int_equal(s.grow[0], 20ull << 30);
	assert_int_equal(read_text(&s, &a, "disk:\n  grow: [2=1T, 1G]", &e), 0);
	assert_int_equal(s.ngrow, 3);
	assert_int_equal(s.grow[0], 1ull << 30);
	assert_int_equal(s.grow[1], 0);
	assert_int_equal(s.grow[2], 1ull << 40);
	assert_int_equal(spec_option(&s, &a, "disk.grow", "--grow", "1=3G", true, &e), 0);
	assert_int_equal(s.grow[0], 0);
	assert_int_equal(s.grow[1], 3ull << 30);
	assert_int_equal(s.ngrow, 2);
	arena_fini(&a);
}

static void extra_disks_are_sizes_or_maps(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct spec s;

	(void)state;
	assert_int_equal(read_text(&s, &a,
				   "template: t\noutput: o\nextra-disks:\n- 10G\n"
				   "- {size: 1T, format: raw, name: data, serial: 'd-${name}'}\n",
				   &e),
			 0);
	assert_int_equal(s.nextras, 2);
	assert_int_equal(s.extras[0].size, 10ull << 30);
	assert_null(s.extras[0].name);
	assert_string_equal(s.extras[1].format, "raw");
	assert_string_equal(s.extras[1].name, "data");
	assert_string_equal(s.extras[1].serial, "d-${name}");
	/* every target must take every disk */
	assert_int_equal(spec_option(&s, &a, "targets", "-t", "ovf", true, &e), 0);
	assert_int_equal(spec_option(&s, &a, "disk.mode", "--disk", "full", true, &e), 0);
	assert_int_equal(spec_option(&s, &a, "disk.format", "--disk-format", "vmdk", true, &e), 0);
	assert_int_equal(spec_check(&s, &e), -ENOTSUP);
	assert_non_null(strstr(e.text, "extra disk 2: target ovf takes vmdk disks only"));
	assert_int_equal(spec_option(&s, &a, "extra-disks", "--extra-disk", "5G", true, &e), 0);
	assert_int_equal(s.nextras, 1);
	assert_int_equal(spec_check(&s, &e), 0);
	arena_fini(&a);
}

static const struct {
	const char *text, *says;
} wrong[] = {
	{"", "f.yaml:1:1: the spec is empty"},
	{"[1]", "f.yaml:1:1: the spec must be a map"},
	{"text", "f.yaml:1:1: the spec must be a map"},
	{"cuont: 3", "f.yaml:1:1: the spec has no key 'cuont'; did you mean 'count'?"},
	{"count: 3\nzzz: 1", "f.yaml:2:1: the spec has no key 'zzz'"},
	{"count: three", "f.yaml:1:8: count: 'three' is not a whole number"},
	{"count: 0", "f.yaml:1:8: count: 0 is outside of 1 to"},
	{"count: -1", "f.yaml:1:8: count: '-1' is not a whole number"},
	{"count: 99999999", "f.yaml:1:8: count: 99999999 is outside"},
	{"count: [3]", "f.yaml:1:8: count must be one value, not a list"},
	{"count: {a: 3}", "f.yaml:1:8: count must be one value, not a map"},
	{"count:", "f.yaml:1:7: count has no value"},
	{"name: 'web-{q}'", "f.yaml:1:7: name: name pattern 'web-{q}': {q} is none of"},
	{"name: ''", "name: "},
	{"start: x", "f.yaml:1:8: start: 'x' is not a whole number"},
	{"domain: a..b", "f.yaml:1:9: domain: an empty part of the domain"},
	{"domain: -a", "f.yaml:1:9: domain: part of the domain '-a': a hyphen"},
	{"template: ''", "f.yaml:1:11: template: the value is empty"},
	{"disk: linked", "f.yaml:1:7: disk must be a map of keys and values"},
	{"disk:\n  mode: thin", "f.yaml:2:9: mode: 'thin' is none of linked, full"},
	{"disk:\n  mode: lnked", "did you mean 'linked'?"},
	{"disk:\n  formt: raw", "f.yaml:2:3: disk has no key 'formt'; did you mean 'format'?"},
	{"disk:\n  format: qed", "f.yaml:2:11: format: 'qed' is none of qcow2, raw, vmdk, vdi"},
	{"disk:\n  grow: {a: 1}", "f.yaml:2:9: grow must be one value, not a map"},
	{"disk:\n  grow: big", "f.yaml:2:9: grow: 'big' is not a size"},
	{"disk:\n  grow: 1K", "f.yaml:2:9: grow: 1024 bytes is too small"},
	{"disk:\n  grow: 1048577", "f.yaml:2:9: grow: '1048577' does not end at a sector"},
	{"disk:\n  grow: [1G, x=2G]", "f.yaml:2:14: grow: 'x' is not a whole number"},
	{"disk:\n  grow: [1G, 32=2G]", "f.yaml:2:14: grow: 32 is outside of 0 to 31"},
	{"disk:\n  grow: [1G, 0=2G]", "f.yaml:2:14: grow: disk 0 has two sizes"},
	{"disk:\n  grow: [1G, [2G]]", "f.yaml:2:14: grow must be one value, not a list"},
	{"extra-disks: 1G", "f.yaml:1:14: extra-disks must be a list, such as"},
	{"extra-disks:\n- big", "f.yaml:2:3: extra-disks: 'big' is not a size"},
	{"extra-disks:\n- [1G]", "f.yaml:2:3: an extra disk must be one value, not a list"},
	{"extra-disks:\n- {name: data}", "f.yaml:2:3: an extra disk without a size"},
	{"extra-disks:\n- {size: 100}", "f.yaml:2:10: size: 100 bytes is too small"},
	{"extra-disks:\n- {size: 1G, nmae: data}", "f.yaml:2:14: an extra disk has no key 'nmae'"},
	{"extra-disks:\n- {size: 1G, name: a/b}", "f.yaml:2:20: name: 'a/b' is no name of 1 to 32"},
	{"extra-disks:\n- {size: 1G, format: ext4}", "f.yaml:2:22: format: 'ext4' is none of"},
	{"extra-disks:\n- {size: 1G, serial: D}",
	 "f.yaml:2:22: serial: 'D' would be every clone's"},
	{"extra-disks:\n- {size: 1G, serial: 'a b${name}'}",
	 "f.yaml:2:22: serial: 'a b${name}' has"},
	{"extra-disks:\n- {size: 1G, name: a}\n- {size: 2G, name: a}",
	 "f.yaml:3:3: two extra disks are called 'a'"},
	{"extra-disks:\n- {size: 1G, serial: 'd${name}'}\n- {size: 2G, serial: 'd${name}'}",
	 "f.yaml:3:3: two extra disks have the serial"},
	{"extra-disks: [1G,1G,1G,1G,1G,1G,1G,1G,1G,1G,1G,1G,1G,1G,1G,1G,1G]",
	 "f.yaml:1:63: more than 16 extra disks"},
	{"hardware:\n  cpus: 0", "f.yaml:2:9: cpus: 0 is outside of 1 to 4096"},
	{"hardware:\n  memory: lots", "f.yaml:2:11: memory: 'lots' is not a size"},
	{"hardware:\n  memory: 1K", "f.yaml:2:11: memory: 1024 bytes is too small"},
	{"mac:\n  prefix: '01'", "f.yaml:2:11: prefix: MAC prefix '01' is a group's"},
	{"mac:\n  prefix: zz", "f.yaml:2:11: prefix: 'zz' is no MAC prefix"},
	{"mac:\n  first: 52:54", "f.yaml:2:10: first: '52:54' is no MAC address"},
	{"identity:\n  machine-id: random", "f.yaml:2:15: machine-id: 'random' is none of"},
	{"identity:\n  sshkeys: keep", "f.yaml:2:3: identity has no key 'sshkeys'; did you mean"},
	{"targets: qemu", "f.yaml:1:10: targets must be a list"},
	{"targets: [qemu, vbxo]", "f.yaml:1:17: targets: 'vbxo' is none of"},
	{"targets: [qemu, qemu]", "f.yaml:1:17: targets: 'qemu' is named twice"},
	{"sync: sometimes", "f.yaml:1:7: sync: 'sometimes' is none of end, each, none"},
	{"shard: 9/8", "f.yaml:1:8: shard: there is no share 9 of 8"},
	{"shard: 1/x", "f.yaml:1:8: shard: '1/x' is no share"},
	{"names: web", "f.yaml:1:8: names must be a list"},
	{"names:\n- a/b", "f.yaml:2:3: name 'a/b': only letters"},
	{"names:\n- ..", "f.yaml:2:3: name '..': only letters"},
	{"names:\n- {cpus: 3}", "f.yaml:2:3: a clone without a name"},
	{"names:\n- {nmae: a}", "f.yaml:2:4: a clone has no such key; did you mean 'name'?"},
	{"names:\n- {name: a, macs: [ff]}", "f.yaml:2:20: 'ff' is no MAC address"},
	{"names:\n- {name: a, addresses: [300.1.1.1]}", "f.yaml:2:25: '300.1.1.1' is no IPv4"},
	{"names:\n- {name: 'a{1..2}', macs: ['02:00:00:00:00:01']}", "f.yaml:2:3: a range"},
	{"networks: default", "f.yaml:1:11: networks must be a list"},
	{"networks:\n- {network: a, bridge: b}", "f.yaml:2:3: a card is on a network or on a"},
	{"networks:\n- {address: 10.0.0.1}", "f.yaml:2:13: address: '10.0.0.1' is neither dhcp"},
	{"networks:\n- {address: 10.0.0.9-10.0.0.1/24}", "is neither dhcp nor addresses"},
	{"networks:\n- {address: 10.0.0.9-10.0.1.1/24}", "is neither dhcp nor addresses"},
	{"networks:\n- {gateway: 10.0.0.1}", "f.yaml:2:3: gateway and dns come by DHCP"},
	{"networks:\n- {address: 10.0.0.9/24, gateway: 10.1.0.1}",
	 "f.yaml:2:3: the gateway is out"},
	{"networks:\n- {address: 10.0.0.1/24, gateway: 10.0.0.1}", "the gateway is among"},
	{"networks:\n- {model: ne2000}", "f.yaml:2:11: model: 'ne2000' is none of"},
	{"networks:\n- {bridge: a/b}", "f.yaml:2:12: bridge: 'a/b' is no interface name"},
	{"cloud-init: yes", "f.yaml:1:13: cloud-init must be a map of keys and values"},
	{"cloud-init:\n  runcmds: [a]",
	 "f.yaml:2:3: cloud-init has no key 'runcmds'; did you mean"},
	{"cloud-init:\n  carrier: cd", "f.yaml:2:12: carrier: 'cd' is none of auto, iso"},
	{"cloud-init:\n  users:\n  - alice", "f.yaml:3:5: users must be a map"},
	{"cloud-init:\n  users:\n  - {nmae: a}", "f.yaml:3:6: users has no key 'nmae'; did you"},
	{"cloud-init:\n  users:\n  - {name: 'a b'}", "f.yaml:3:5: users: --user: 'a b' is no name"},
	{"cloud-init:\n  users:\n  - {name: a, password-hash: x}",
	 "f.yaml:3:30: password-hash: no"},
	{"cloud-init:\n  write-files:\n  - {path: etc}", "f.yaml:3:12: path: 'etc' is no absolute"},
	{"cloud-init:\n  write-files:\n  - {path: /a}", "f.yaml:3:5: write-files: /a: content or"},
	{"cloud-init:\n  write-files:\n  - {path: /a, permissions: rw}",
	 "f.yaml:3:29: permissions"},
	{"cloud-init:\n  meta-data: {instance-id: i}", "f.yaml:2:15: meta-data: 'instance-id' is"},
	{"cloud-init:\n  bonds: ['name=b,membr=a']", "f.yaml:2:11: bonds: --bond knows no 'membr'"},
	{"cloud-init:\n  network-version: 3", "f.yaml:2:20: network-version: 3 is outside"},
	{"count: 1\ncount: 2", "f.yaml:2:1:"},
	{"a: [", "f.yaml:"},
};

static void wrong_specs_are_told_where_and_why(void **state)
{
	(void)state;
	assert_true(ARRAY_SIZE(wrong) >= 40);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct arena a = {0};
		struct err e = {0};
		struct spec s;

		assert_int_equal(read_text(&s, &a, wrong[i].text, &e), -EINVAL);
		if (!str_starts(e.text, "f.yaml:") || !strstr(e.text, wrong[i].says))
			fail_msg("<%s>: \"%s\"", wrong[i].text, e.text);
		arena_fini(&a);
	}
}

static void options_are_checked_like_keys(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct spec s;

	(void)state;
	spec_init(&s);
	assert_int_equal(spec_option(&s, &a, "disk.mode", "--disk", "fll", true, &e), -EINVAL);
	assert_string_equal(e.text, "--disk: 'fll' is none of linked, full; did you mean 'full'?");
	assert_int_equal(spec_option(&s, &a, "targets", "--target", "qemu", true, &e), 0);
	assert_int_equal(spec_option(&s, &a, "targets", "--target", "libvirt", false, &e), 0);
	assert_int_equal(s.ntargets, 2);
	assert_int_equal(spec_option(&s, &a, "targets", "--target", "qemu", true, &e), 0);
	assert_int_equal(s.ntargets, 1);
	arena_fini(&a);
}

static void what_does_not_go_together_is_refused(void **state)
{
	struct err e = {0};
	struct spec s;

	(void)state;
	spec_init(&s);
	assert_int_equal(spec_check(&s, &e), -EINVAL);
	s.template = "t";
	assert_int_equal(spec_check(&s, &e), -EINVAL);
	s.output = "o";
	assert_int_equal(spec_check(&s, &e), 0);
	s.disk_format = "raw";
	assert_int_equal(spec_check(&s, &e), -EINVAL);
	s.mode = DISKS_FULL;
	assert_int_equal(spec_check(&s, &e), 0);
	assert_int_equal(spec_shard(&s, "2/3", &e), 0);
	assert_int_equal(spec_check(&s, &e), -EINVAL);
	s.key_file = "k";
	assert_int_equal(spec_check(&s, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_is_a_spec),
		cmocka_unit_test(lists_are_read_whole),
		cmocka_unit_test(extra_disks_are_sizes_or_maps),
		cmocka_unit_test(sizes_belong_to_their_disks),
		cmocka_unit_test(wrong_specs_are_told_where_and_why),
		cmocka_unit_test(options_are_checked_like_keys),
		cmocka_unit_test(what_does_not_go_together_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
