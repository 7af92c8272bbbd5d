/* Editors of configuration texts. */
#include "provision/places_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct edit_names names = {"template01", "example.com", "web-001", ""};
static const struct edit_names in_domain = {"template01", "example.com", "web-001", "prod.test"};

typedef size_t editor(const char *, size_t, const struct edit_names *, struct strbuf *);

static void edited(editor *f, const struct edit_names *n, const char *from, const char *to)
{
	struct strbuf out = {0};

	f(from, strlen(from), n, &out);
	assert_string_equal(strbuf_str(&out), to);
	strbuf_fini(&out);
}

static void host_name_files(void **state)
{
	(void)state;
	edited(edit_hostname, &names, "template01\n", "web-001\n");
	edited(edit_hostname, &names, "", "web-001\n");
	edited(edit_hostname, &names, "# mine\ntemplate01.example.com\n",
	       "# mine\nweb-001.example.com\n");
	edited(edit_hostname, &in_domain, "other.org\n", "web-001.prod.test\n");
	edited(edit_name_words, &names, "HOSTNAME=template01\nx=template01b template01.x\n",
	       "HOSTNAME=web-001\nx=template01b web-001.x\n");
}

static void hosts_lines(void **state)
{
	(void)state;
	edited(edit_hosts, &names,
	       "127.0.0.1\tlocalhost\n127.0.1.1\ttemplate01.example.com template01\n::1 localhost "
	       "# template01\n",
	       "127.0.0.1\tlocalhost\n127.0.1.1\tweb-001.example.com web-001\n::1 localhost # "
	       "template01\n");
	edited(edit_hosts, &in_domain, "10.0.0.5 template01.example.com template01",
	       "10.0.0.5 web-001.prod.test web-001");
	edited(edit_hosts, &names, "127.0.1.1 debian\n", "127.0.1.1\tweb-001\n");
	edited(edit_hosts, &names, "127.0.1.1 debian.a.b debian\n",
	       "127.0.1.1\tweb-001.example.com web-001\n");
	edited(edit_hosts, &names, "1.2.3.4 template012 x\n", "1.2.3.4 template012 x\n");
}

static void named(const char *from, const char *to, size_t times)
{
	struct strbuf out = {0};

	assert_int_equal(edit_mdadm(from, strlen(from), "old:0", "web-001:0", &out), times);
	assert_string_equal(strbuf_str(&out), to);
	strbuf_fini(&out);
}

static void arrays_in_mdadm_conf(void **state)
{
	(void)state;
	named("ARRAY /dev/md/0 UUID=1:2:3:4 name=old:0\n",
	      "ARRAY /dev/md/0 UUID=1:2:3:4 name=web-001:0\n", 1);
	named("array /dev/md0\n  NAME=\"old:0\" uuid=1\nHOMEHOST old\n",
	      "array /dev/md0\n  name=\"web-001:0\" uuid=1\nHOMEHOST web-001\n", 2);
	named("# name=old:0\nMAILADDR old\nname=old:01 xname=old:0 name=old: HOMEHOST old",
	      "# name=old:0\nMAILADDR old\nname=old:01 xname=old:0 name=old: HOMEHOST old", 0);
	named("", "", 0);
}

static void ids_in_texts(void **state)
{
	struct strbuf out = {0};
	struct uuid u;
	char mac[18], uuid[UUID_TEXT];
	const char *nqn = "nqn.2014-08.org.nvmexpress:uuid:53e8bffa-c678-48b9-b7cb-1a4d0bb03ead\n";
	const char *iqn = "## comment:x\nInitiatorName=iqn.1993-08.org.debian:01:8c2b3d\n";
	const char *nm = "[connection]\nid=x\nuuid=53e8bffa-c678-48b9-b7cb-1a4d0bb03ead\n";
	const char *text = "a 01:02 52:54:00:AA:BB:01, 00:01:52:54:00:aa:bb:01 52-54-00-aa-bb-02";
	size_t at = 0;

	(void)state;
	uuid_parse("00112233-4455-4677-8899-aabbccddeeff", &u);
	assert_int_equal(edit_uuid_text(nqn, strlen(nqn), &u, &out), 1);
	assert_string_equal(
		strbuf_str(&out),
		"nqn.2014-08.org.nvmexpress:uuid:00112233-4455-4677-8899-aabbccddeeff\n");
	out.len = 0;
	assert_int_equal(edit_initiator(iqn, strlen(iqn), "abc", &out), 1);
	assert_string_equal(strbuf_str(&out),
			    "## comment:x\nInitiatorName=iqn.1993-08.org.debian:01:abc\n");
	strbuf_fini(&out);
	assert_int_equal(mac_next(text, strlen(text), 0, mac), 8);
	assert_string_equal(mac, "52:54:00:aa:bb:01");
	assert_int_equal(mac_next(text, strlen(text), 9, mac), 51);
	assert_int_equal(mac_next(text, strlen(text), 52, mac), -1);
	assert_false(mac_is_machine("ff:ff:ff:ff:ff:ff"));
	assert_false(mac_is_machine("00:00:00:00:00:00"));
	assert_true(mac_is_machine("52:54:00:00:00:01"));
	assert_true(connection_uuid_next(nm, strlen(nm), &at, uuid));
	assert_string_equal(uuid, "53e8bffa-c678-48b9-b7cb-1a4d0bb03ead");
	assert_false(connection_uuid_next(nm, strlen(nm), &at, uuid));
}

static void fstab_lines(void **state)
{
	static const char text[] = "# c\n\nUUID=x / ext4 rw 0 1\n/dev/sda2\tnone\tswap sw 0 0\n"
				   "LABEL=a\\040b /my\\040data xfs\nalone\n\\000 /x";
	struct arena a = {0};
	struct fstab_entry *f;
	size_t n;

	(void)state;
	fstab_parse(&a, text, sizeof text - 1, &f, &n);
	assert_int_equal(n, 4);
	assert_string_equal(f[0].spec, "UUID=x");
	assert_string_equal(f[0].options, "rw");
	assert_string_equal(f[1].type, "swap");
	assert_string_equal(f[2].spec, "LABEL=a b");
	assert_string_equal(f[2].file, "/my data");
	assert_string_equal(f[2].options, "");
	assert_string_equal(f[3].spec, "\\000");
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_name_files),      cmocka_unit_test(hosts_lines),
		cmocka_unit_test(arrays_in_mdadm_conf), cmocka_unit_test(ids_in_texts),
		cmocka_unit_test(fstab_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
