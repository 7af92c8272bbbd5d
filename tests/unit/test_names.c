/* Names of clones and hardware addresses. */
#include "provision/macs.h"
#include "provision/names.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void expect_names(const char *pattern, uint64_t start, uint64_t count, const char *all)
{
	struct arena a = {0};
	struct names out = {0};
	struct strbuf text = {0};
	struct err e = {0};

	assert_int_equal(names_expand(&a, pattern, "deb", start, count, &out, &e), 0);
	for (size_t i = 0; i < out.count; i++)
		strbuf_printf(&text, "%s%s", i ? " " : "", out.items[i]);
	assert_string_equal(strbuf_str(&text), all);
	strbuf_fini(&text);
	arena_fini(&a);
}

static void patterns_count_pad_and_run(void **state)
{
	(void)state;
	expect_names("web-{n:03}", 1, 3, "web-001 web-002 web-003");
	expect_names("{name}-{n}", 9, 2, "deb-9 deb-10");
	expect_names("db-{08..11}", 1, 1, "db-08 db-09 db-10 db-11");
	expect_names("r{1..2}-{n:02}", 5, 1, "r1-05 r2-06");
	expect_names("solo", 1, 1, "solo");
}

static void wrong_patterns_say_why(void **state)
{
	static const struct {
		const char *pattern, *says;
	} rows[] = {
		{"web", "gives all 2 clones one name"},
		{"web-{n", "a brace without its other"},
		{"web-}", "a brace without its other"},
		{"web-{x}", "{x} is none of"},
		{"web-{}", "{} is none of"},
		{"web-{n:}", "is none of"},
		{"web-{n:-3}", "is none of"},
		{"web-{n:99}", "is none of"},
		{"web-{5..2}", "runs backwards"},
		{"a{1..2}b{1..2}", "has two ranges"},
		{"a{1..9999999}", "makes more than"},
		{"{0..999999999999999999}", "makes more than"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena a = {0};
		struct names out = {0};
		struct err e = {0};

		assert_int_equal(names_expand(&a, rows[i].pattern, "d", 1, 2, &out, &e), -EINVAL);
		if (!strstr(e.text, rows[i].says))
			fail_msg("%s: \"%s\"", rows[i].pattern, e.text);
		arena_fini(&a);
	}
}

static void a_name_is_a_label_and_no_path(void **state)
{
	static const char *const good[] = {"a", "web-1", "WEB-1", "0db", "x--y"};
	static const char *const bad[] = {
		"",          "-a",
		"a-",        "a.b",
		"a/b",       "..",
		".",         "a b",
		"a_b",       "ä",
		"a\nb",      "base",
		"BASE",      "hosts",
		"a;rm",      "$(id)",
		"inventory", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(name_check(good[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (name_check(bad[i], NULL) == 0)
			fail_msg("'%s' passed", bad[i]);
	assert_int_equal(domain_check("example.org", NULL), 0);
	assert_int_equal(domain_check("a..b", NULL), -EINVAL);
	assert_int_equal(domain_check(".a", NULL), -EINVAL);
	assert_int_equal(domain_check("a.", NULL), -EINVAL);
	assert_int_equal(domain_check("", NULL), -EINVAL);
}

static void any_text_becomes_a_name(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(name_from(&a, "Debian 12.ova"), "debian-12-ova");
	assert_string_equal(name_from(&a, "../../etc"), "etc");
	assert_string_equal(name_from(&a, "///"), "vm");
	assert_string_equal(name_from(&a, "-x-"), "x");
	arena_fini(&a);
}

static void prefixes_are_even_and_short(void **state)
{
	struct mac_prefix p;
	uint8_t mac[6];

	(void)state;
	assert_int_equal(mac_prefix_parse("52:54:00", &p, NULL), 0);
	assert_int_equal(p.len, 3);
	assert_int_equal(mac_prefix_parse("0E", &p, NULL), 0);
	assert_int_equal(p.bytes[0], 0x0e);
	assert_int_equal(mac_prefix_parse("53", &p, NULL), -EINVAL);
	assert_int_equal(mac_prefix_parse("", &p, NULL), -EINVAL);
	assert_int_equal(mac_prefix_parse("52:", &p, NULL), -EINVAL);
	assert_int_equal(mac_prefix_parse("52:54:00:1:2", &p, NULL), -EINVAL);
	assert_int_equal(mac_prefix_parse("\x15\x12", &p, NULL), -EINVAL);
	assert_int_equal(mac_prefix_parse("02:00:00:00:00:01", &p, NULL), -EINVAL);
	assert_int_equal(mac_parse("02-00-00-00-00-0A", mac, NULL), 0);
	assert_int_equal(mac[5], 10);
	assert_int_equal(mac_parse("ff:ff:ff:ff:ff:ff", mac, NULL), -EINVAL);
	assert_int_equal(mac_parse("00:00:00:00:00:00", mac, NULL), -EINVAL);
	assert_int_equal(mac_parse("02:00:00:00:00:01:02", mac, NULL), -EINVAL);
}

/* A prefix of five octets leaves 256 addresses: all are given, once each, the 257th is refused. */
static void a_small_space_is_filled_without_collision(void **state)
{
	const struct identity_key key = {{7}};
	struct arena a = {0};
	struct seen taken = {.a = &a};
	struct mac_prefix p;
	struct err e = {0};
	bool used[256] = {false};
	uint8_t mac[6];

	(void)state;
	assert_int_equal(mac_prefix_parse("02:00:00:00:00", &p, NULL), 0);
	for (int i = 0; i < 256; i++) {
		assert_int_equal(
			mac_derive(&key, arena_printf(&a, "c%d", i), 0, &p, &taken, mac, &e), 0);
		assert_false(used[mac[5]]);
		used[mac[5]] = true;
	}
	assert_int_equal(mac_derive(&key, "late", 0, &p, &taken, mac, &e), -ENOSPC);
	arena_fini(&a);
}

static void addresses_are_the_same_for_ever(void **state)
{
	const struct identity_key key = {{1, 2, 3}};
	struct arena a = {0};
	struct seen one = {.a = &a}, two = {.a = &a};
	uint8_t x[6], y[6];

	(void)state;
	assert_int_equal(mac_derive(&key, "web-1", 0, &mac_prefix_default, &one, x, NULL), 0);
	assert_int_equal(mac_derive(&key, "web-1", 0, &mac_prefix_default, &two, y, NULL), 0);
	assert_memory_equal(x, y, 6);
	assert_int_equal(mac_derive(&key, "web-1", 1, &mac_prefix_default, &two, y, NULL), 0);
	assert_memory_not_equal(x, y, 6);
	arena_fini(&a);
}

static void counting_stays_in_its_block(void **state)
{
	static const uint8_t first[6] = {0x52, 0x54, 0, 0xff, 0xff, 0xfe};
	uint8_t mac[6];

	(void)state;
	assert_true(mac_count(first, 1, mac));
	assert_int_equal(mac[5], 0xff);
	assert_false(mac_count(first, 2, mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_count_pad_and_run),
		cmocka_unit_test(wrong_patterns_say_why),
		cmocka_unit_test(a_name_is_a_label_and_no_path),
		cmocka_unit_test(any_text_becomes_a_name),
		cmocka_unit_test(prefixes_are_even_and_short),
		cmocka_unit_test(a_small_space_is_filled_without_collision),
		cmocka_unit_test(addresses_are_the_same_for_ever),
		cmocka_unit_test(counting_stays_in_its_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
