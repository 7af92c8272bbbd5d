/* Strings, sizes and errors. */
#include "base/bytes.h"
#include "base/err.h"
#include "base/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void words_are_matched_whole(void **state)
{
	(void)state;
	assert_true(str_has_word("fpu vmx svm", "vmx"));
	assert_false(str_has_word("fpu avmx vmxx", "vmx"));
	assert_false(str_has_word("", "vmx"));
}

static void sizes_are_binary_multiples(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_true(size_parse("4096", &v));
	assert_int_equal(v, 4096);
	assert_true(size_parse("2GiB", &v));
	assert_int_equal(v, 2ull << 30);
	assert_true(size_parse("16M", &v));
	assert_int_equal(v, 16 << 20);
	assert_false(size_parse("", &v));
	assert_false(size_parse("12X", &v));
	assert_false(size_parse("99999999999999E", &v));
	assert_int_equal(v, 16 << 20);
}

static void numbers_are_whole_strings(void **state)
{
	uint64_t v;
	int64_t s;

	(void)state;
	assert_true(num_parse(" 12\n", 10, &v));
	assert_int_equal(v, 12);
	assert_false(num_parse("12a", 10, &v));
	assert_false(num_parse("-1", 10, &v));
	assert_false(num_parse("99999999999999999999999", 10, &v));
	assert_true(num_parse_signed("-1\n", 10, &s));
	assert_int_equal(s, -1);
}

static void near_words_are_found(void **state)
{
	static const char *const words[] = {"probe", "clone", "verify"};

	(void)state;
	assert_string_equal(str_nearest("prob", words, 3), "probe");
	assert_string_equal(str_nearest("clnoe", words, 3), "clone");
	assert_null(str_nearest("zzzz", words, 3));
}

static void errors_gain_context_in_front(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_sys(&e, -ENOENT, "open %s", "x"), -ENOENT);
	assert_int_equal(err_in(&e, -ENOENT, "template"), -ENOENT);
	assert_string_equal(e.text, "template: open x: No such file or directory");
	assert_int_equal(err_set(NULL, EINVAL, "x"), -EINVAL);
}

static void sums_that_do_not_fit_are_refused(void **state)
{
	uint64_t v = 1;

	(void)state;
	assert_false(add_fits(UINT64_MAX, 1, &v));
	assert_false(mul_fits(UINT64_MAX, 2, &v));
	assert_true(range_inside(10, 0, 10));
	assert_false(range_inside(10, 1, 10));
	assert_false(range_inside(UINT64_MAX, 2, UINT64_MAX));
}

static void lines_keep_their_shape_and_lose_escapes(void **state)
{
	struct strbuf b = {0};

	(void)state;
	strbuf_add_lines(&b, "a\tb  c\n\033]0;x\007\033[31mred\xe8\xef\xbf\xbf\303\251\r", false);
	assert_string_equal(strbuf_str(&b), "a\tb  c\n?]0;x??[31mred??\303\251?");
	b.len = 0;
	strbuf_add_lines(&b, "\033[1;31mred\033[0m \033[2J", true);
	assert_string_equal(strbuf_str(&b), "\033[1;31mred\033[0m ?[2J");
	strbuf_fini(&b);
}

static void zeros_are_written_in_place(void **state)
{
	struct strbuf b = {0};
	char *at = strbuf_zeros(&b, 3);

	(void)state;
	assert_memory_equal(at, "\0\0\0", 4);
	memcpy(at, "abc", 3);
	strbuf_add(&b, "d");
	at = strbuf_zeros(&b, 100);
	assert_int_equal(b.len, 104);
	assert_ptr_equal(at, b.text + 4);
	assert_memory_equal(b.text, "abcd\0", 5);
	assert_int_equal(at[99] | at[100], 0);
	strbuf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_matched_whole),
		cmocka_unit_test(sizes_are_binary_multiples),
		cmocka_unit_test(numbers_are_whole_strings),
		cmocka_unit_test(near_words_are_found),
		cmocka_unit_test(errors_gain_context_in_front),
		cmocka_unit_test(lines_keep_their_shape_and_lose_escapes),
		cmocka_unit_test(sums_that_do_not_fit_are_refused),
		cmocka_unit_test(zeros_are_written_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
