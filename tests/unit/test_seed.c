/* Seeds: meta-data, host names, the ISO image. */
#include "base/bytes.h"
#include "base/str.h"
#include "cloud-init/carrier.h"
#include "cloud-init/carrier_text.h"
#include "cloud-init/check.h"
#include "cloud-init/config.h"
#include "cloud-init/mask.h"
#include "cloud-init/mime.h"
#include "cloud-init/network.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct seed_text text(const char *s)
{
	return (struct seed_text){s, strlen(s)};
}

static void host_names_follow_rfc_1123(void **state)
{
	static const char *const good[] = {"web-1", "1st", "a.b.example.com", "A"};
	static const char *const bad[] = {"",   "-a",          "a-",  "a..b",
					  "a.", "under_score", "a b", "${name}"};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(seed_check_hostname(good[i], &e), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(seed_check_hostname(bad[i], &e), -EINVAL);
}

static void the_instance_id_changes_with_the_contents(void **state)
{
	struct seed a = {.hostname = "one", .user_data = text("#cloud-config\n{}\n")}, b = a;
	struct seed_files fa, fb, fc;
	struct arena arena = {0};

	(void)state;
	assert_int_equal(seed_build(&arena, &a, &fa, NULL), 0);
	assert_int_equal(seed_build(&arena, &b, &fb, NULL), 0);
	assert_string_equal(fa.items[0].text.bytes, fb.items[0].text.bytes);
	b.user_data = text("#cloud-config\n{ }\n");
	assert_int_equal(seed_build(&arena, &b, &fc, NULL), 0);
	assert_string_not_equal(fa.items[0].text.bytes, fc.items[0].text.bytes);
	arena_fini(&arena);
}

static void whole_meta_data_is_not_mixed(void **state)
{
	struct seed s = {.hostname = "one", .meta_data = text("instance-id: i\n")};
	struct seed_files f;
	struct arena a = {0};

	(void)state;
	assert_int_equal(seed_build(&a, &s, &f, NULL), -EINVAL);
	s.hostname = NULL;
	assert_int_equal(seed_build(&a, &s, &f, NULL), 0);
	assert_ptr_equal(f.items[0].text.bytes, s.meta_data.bytes);
	arena_fini(&a);
}

static void words_stay_text_in_yaml(void **state)
{
	struct seed s = {.instance_id = "yes", .hostname = "10"};
	struct seed_files f;
	struct arena a = {0};

	(void)state;
	assert_int_equal(seed_build(&a, &s, &f, NULL), 0);
	assert_string_equal(f.items[0].text.bytes,
			    "instance-id: \"yes\"\nlocal-hostname: \"10\"\n");
	arena_fini(&a);
}

static void an_iso_is_the_same_every_time(void **state)
{
	struct seed_files f = {.items = {{"meta-data", text("x")}, {"user-data", text("y")}},
			       .count = 2};
	struct strbuf one = {0}, two = {0};

	(void)state;
	assert_int_equal(seed_iso(&f, SEED_LABEL, &one, NULL), 0);
	assert_int_equal(seed_iso(&f, SEED_LABEL, &two, NULL), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.text, two.text, one.len);
	assert_int_equal(one.len % 2048, 0);
	assert_memory_equal(one.text + 16 * 2048 + 40, "cidata ", 7);
	assert_int_equal(le32(one.text + 16 * 2048 + 80) * 2048, one.len);
	strbuf_fini(&one);
	strbuf_fini(&two);
}

static void names_a_carrier_cannot_hold_are_refused(void **state)
{
	static const char *const bad[] = {"", ".", "a/b", "tail.", "sp ace", "\xc3\xa4"};
	struct strbuf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct seed_files f = {.items = {{bad[i], text("x")}}, .count = 1};

		assert_int_equal(seed_iso(&f, SEED_LABEL, &out, NULL), -EINVAL);
	}
	assert_int_equal(out.len, 0);
}

/* The root folder is one sector: the most that may be asked of it. */
static void eight_longest_names_fit(void **state)
{
	char names[SEED_FILES_MAX][SEED_NAME_MAX + 1];
	struct seed_files f = {.count = SEED_FILES_MAX};
	struct strbuf out = {0};

	(void)state;
	for (size_t i = 0; i < SEED_FILES_MAX; i++) {
		memset(names[i], 'a', SEED_NAME_MAX);
		names[i][SEED_NAME_MAX - 1] = (char)('a' + i);
		names[i][SEED_NAME_MAX] = 0;
		f.items[i] = (struct seed_file){names[i], text("x")};
	}
	assert_int_equal(seed_iso(&f, SEED_LABEL, &out, NULL), 0);
	strbuf_fini(&out);
}

static void variables_are_put_in_once(void **state)
{
	static const struct {
		const char *text, *result; /* NULL: refused */
	} rows[] = {
		{"a ${x} b", "a 1 b"},  {"$x $ $", "$x $ $"}, {"$$", "$"},  {"$${x}", "${x}"},
		{"${loop}", "${loop}"}, {"${y}", NULL},       {"${", NULL}, {"${x", NULL},
		{"${}", NULL},          {"$$$$", "$$"},       {"", ""},     {"${x}${x}", "11"},
	};
	struct seed_variables v = {0};
	struct arena a = {0};

	(void)state;
	seed_variable_set(&a, &v, "x", "0");
	seed_variable_set(&a, &v, "x", "1");
	seed_variable_set(&a, &v, "loop", "${loop}");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *t = rows[i].text;
		int r = seed_substitute_str(&a, &v, &t, NULL);

		assert_int_equal(r, rows[i].result ? 0 : -EINVAL);
		assert_string_equal(t, rows[i].result ? rows[i].result : rows[i].text);
	}
	arena_fini(&a);
}

static void check_fits(struct arena *a, const struct seed_files *f, const char *name)
{
	struct findings found = {.a = a, .name = name};

	for (size_t i = 0; i < f->count; i++) {
		if (!str_eq(f->items[i].name, name))
			continue;
		if (str_eq(name, "network-config"))
			check_network_config(f->items[i].text, NULL, &found);
		else
			check_user_data(f->items[i].text, &found);
	}
	if (found.count)
		fail_msg("%s", found.items[0].text);
}

/* Whatever strange words the options hold. */
static void what_is_made_fits_the_schema(void **state)
{
	static const char *const words[] = {"yes", "10", "a: b\n\t\"", "#x", "- x", "12:30"};
	struct seed_config c = {.password_hash = "$6$salt$0123456789abcdef",
				.password_login = true,
				.grow = true,
				.timezone = "UTC",
				.locale = "C"};
	struct seed s = {.hostname = "10", .config = &c};
	struct seed_files f;
	struct arena a = {0};

	(void)state;
	assert_int_equal(config_add_user(&a, &c, "yes,sudo,system,home=/x,gecos=no", NULL), 0);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		seed_list_add(&a, &c.packages, words[i]);
		seed_list_add(&a, &c.run, words[i]);
		config_add_write(&a, &c,
				 (struct seed_write){.path = "/x", .content = text(words[i])});
	}
	config_add_write(&a, &c, (struct seed_write){.path = "/y", .content = {"\xff\0", 2, NULL}});
	assert_int_equal(config_add_host_key(&a, &c, text("-----BEGIN"), "ssh-rsa A", NULL), 0);
	assert_int_equal(seed_build(&a, &s, &f, NULL), 0);
	check_fits(&a, &f, "user-data");
	arena_fini(&a);
}

static void both_versions_of_a_network_fit_the_schema(void **state)
{
	static const struct {
		enum link_kind kind;
		const char *spec;
	} specs[] = {
		{LINK_ETHERNET, "mac=52:54:00:12:34:56,address=192.0.2.2/"
				"24,gateway=192.0.2.1,dns=::1,search=a.b,mtu=9000"},
		{LINK_ETHERNET,
		 "mac=52:54:00:AB:34:57,dhcp,accept-ra=no,route=2001:db8::/32@fe80::1@5"},
		{LINK_ETHERNET, "name=lan,mac=52:54:00:12:34:58,dns=192.0.2.9"},
		{LINK_BOND, "name=b,member=eth1,member=lan,mode=802.3ad,lacp-rate=fast,mii-monitor-"
			    "interval=100,address=2001:db8::2/64"},
		{LINK_VLAN, "name=v,link=b,id=4094,dhcp6"},
		{LINK_BRIDGE, "name=br,member=v,stp=false,priority=10,mac=52:54:00:12:34:59"},
	};

	(void)state;
	for (unsigned version = 1; version <= 2; version++) {
		struct seed_network n = {0};
		struct seed s = {.network = &n, .network_version = version};
		struct seed_files f;
		struct arena a = {0};

		for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
			assert_int_equal(network_add(&a, &n, specs[i].kind, specs[i].spec, NULL),
					 0);
		network_settle(&n);
		assert_int_equal(seed_build(&a, &s, &f, NULL), 0);
		check_fits(&a, &f, "network-config");
		arena_fini(&a);
	}
}

static void wrong_networks_are_refused(void **state)
{
	static const struct {
		enum link_kind kind;
		const char *spec;
	} bad[] = {
		{LINK_ETHERNET, "mac=52:54:00:12:34"},
		{LINK_ETHERNET, "address=192.0.2.1"},
		{LINK_ETHERNET, "gateway=x"},
		{LINK_ETHERNET, "route=192.0.2.0/24@::1"},
		{LINK_ETHERNET, "name=seventeen-letters"},
		{LINK_ETHERNET, "dhcp=yes"},
		{LINK_ETHERNET, "mac"},
		{LINK_ETHERNET, "member=x"},
		{LINK_BOND, "member=x"},
		{LINK_BOND, "name=b"},
		{LINK_VLAN, "name=v,link=e,id=4095"},
		{LINK_VLAN, "name=v,link=e,link=f"},
		{LINK_ETHERNET, "mtu=1"},
		{LINK_ETHERNET, "=x"},
	};
	struct seed_network n = {0};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (network_add(&a, &n, bad[i].kind, bad[i].spec, NULL) != -EINVAL)
			fail_msg("%s", bad[i].spec);
	assert_int_equal(n.count, 0);
	assert_int_equal(network_add(&a, &n, LINK_BRIDGE, "name=br,member=gone", NULL), 0);
	assert_int_equal(network_check(&n, NULL), -EINVAL);
	arena_fini(&a);
}

static void a_password_is_hashed_the_same_way_again(void **state)
{
	const char *one, *two, *other;
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	if (config_hash_password(&a, "secret", "me@host", &one, &e) == -ENOENT) {
		print_message("skipped: %s\n", e.text);
		skip();
	}
	assert_int_equal(config_hash_password(&a, "secret", "me@host", &two, NULL), 0);
	assert_int_equal(config_hash_password(&a, "secret", "me@other", &other, NULL), 0);
	assert_string_equal(one, two);
	assert_string_not_equal(one, other);
	assert_true(config_is_hash(one));
	assert_false(config_is_hash("secret"));
	assert_int_equal(config_hash_password(&a, "", "x", &one, NULL), -EINVAL);
	arena_fini(&a);
}

static void secrets_are_masked(void **state)
{
	static const char config[] =
		"#cloud-config\npassword: aaa\nusers:\n- name: x\n  passwd: aaa\n"
		"  gecos: seen\nchpasswd:\n  list: |\n    root:aaa\n"
		"ssh_keys: {rsa_private: 'aaa\n  aaa'}\nx: {hashed_passwd: aaa}\n"
		"runcmd:\n- aaa\nhostname: seen\n";
	const struct seed_file f = {"user-data", text(config)};
	struct strbuf b = {0};

	(void)state;
	seed_mask(&b, &f);
	assert_null(strstr(b.text, "aaa"));
	assert_non_null(strstr(b.text, "gecos: seen"));
	assert_non_null(strstr(b.text, "hostname: seen"));
	strbuf_fini(&b);
}

static void mime_comes_apart_as_it_was_joined(void **state)
{
	const struct mime_input in[] = {
		{text("#cloud-config\na: 1"), "a", NULL},
		{text("#!/bin/sh\n\xff ==vmint-part-0==\n"), "b", NULL},
	};
	struct mime_parts parts = {0};
	struct seed_text joined;
	struct arena a = {0};

	(void)state;
	assert_int_equal(mime_join(&a, in, 2, &joined, NULL), 0);
	assert_int_equal(mime_parse(&a, joined, &parts, NULL), 0);
	assert_int_equal(parts.count, 2);
	assert_string_equal(parts.items[0].type, "text/cloud-config");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(parts.items[i].text.size, in[i].text.size);
		assert_memory_equal(parts.items[i].text.bytes, in[i].text.bytes, in[i].text.size);
	}
	arena_fini(&a);
}

static void xml_keeps_line_ends_and_quotes(void **state)
{
	struct seed_variables v = {0};
	struct seed_text out;
	struct arena a = {0};

	(void)state;
	seed_variable_set(&a, &v, "k", "<a & \"b\">\n");
	assert_int_equal(ovf_environment(&a, &v, &out, NULL), 0);
	assert_non_null(strstr(out.bytes, "oe:value=\"&#60;a &#38; &#34;b&#34;&#62;&#10;\""));
	seed_variable_set(&a, &v, "k", "\x01");
	assert_int_equal(ovf_environment(&a, &v, &out, NULL), -EINVAL);
	arena_fini(&a);
}

static void a_fat_image_is_the_same_every_time(void **state)
{
	struct seed_files f = {.items = {{"meta-data", text("x")}, {"user-data", text("")}},
			       .count = 2};
	struct strbuf one = {0}, two = {0};

	(void)state;
	assert_int_equal(seed_vfat(&f, SEED_LABEL, &one, NULL), 0);
	assert_int_equal(seed_vfat(&f, SEED_LABEL, &two, NULL), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.text, two.text, one.len);
	assert_int_equal(le16(one.text + 19) * 512, one.len);
	strbuf_fini(&one);
	strbuf_fini(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_put_in_once),
		cmocka_unit_test(what_is_made_fits_the_schema),
		cmocka_unit_test(both_versions_of_a_network_fit_the_schema),
		cmocka_unit_test(wrong_networks_are_refused),
		cmocka_unit_test(a_password_is_hashed_the_same_way_again),
		cmocka_unit_test(secrets_are_masked),
		cmocka_unit_test(mime_comes_apart_as_it_was_joined),
		cmocka_unit_test(xml_keeps_line_ends_and_quotes),
		cmocka_unit_test(a_fat_image_is_the_same_every_time),
		cmocka_unit_test(host_names_follow_rfc_1123),
		cmocka_unit_test(the_instance_id_changes_with_the_contents),
		cmocka_unit_test(whole_meta_data_is_not_mixed),
		cmocka_unit_test(words_stay_text_in_yaml),
		cmocka_unit_test(an_iso_is_the_same_every_time),
		cmocka_unit_test(names_a_carrier_cannot_hold_are_refused),
		cmocka_unit_test(eight_longest_names_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
