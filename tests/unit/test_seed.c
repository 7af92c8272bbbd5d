/* Seeds: meta-data, host names, the ISO image. */
#include "base/bytes.h"
#include "base/str.h"
#include "cloud-init/carrier.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
