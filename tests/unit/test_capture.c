/* A capture answers as the host did: every kind of question, errors included. */
#include "base/scope.h"
#include "base/str.h"
#include "base/tree_archive.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void closed(struct tree **t)
{
	tree_close(*t);
}

static int answer_binary(void *arg, struct strbuf *out)
{
	(void)arg;
	strbuf_addn(out, "a\0b\xff", 4);
	return 7;
}

static int answer_refused(void *arg, struct strbuf *out)
{
	(void)arg;
	(void)out;
	return -EACCES;
}

static struct tree *captured(struct tree *live, bool raw, struct err *e)
{
	struct strbuf bytes = {0};
	struct tree *t = NULL;

	assert_int_equal(tree_save(live, &bytes, raw, e), 0);
	if (tree_archive_parse(&t, "x.vmint", bytes.text, bytes.len, e) < 0)
		fail_msg("%s", e->text);
	strbuf_fini(&bytes);
	return t;
}

static void expect_same_stat(struct tree *a, struct tree *b, const char *path)
{
	struct tree_stat x = {0}, y = {0};

	assert_int_equal(tree_stat(a, path, &x), tree_stat(b, path, &y));
	assert_memory_equal(&x, &y, sizeof x);
	assert_int_equal(tree_lstat(a, path, &x), tree_lstat(b, path, &y));
	assert_memory_equal(&x, &y, sizeof x);
}

static void ask_all(struct tree *t, struct tree_names *names)
{
	struct tree_stat st;
	const char *text;

	tree_line(t, "/proc/version", &text);
	tree_line(t, "/proc/../proc/version", &text);
	tree_line(t, "/proc/none", &text);
	tree_line(t, "/proc", &text);
	tree_link(t, "/proc/self/exe", &text);
	tree_list(t, "/proc/sys/kernel", names);
	tree_stat(t, "/dev/null", &st);
	tree_lstat(t, "/dev/null", &st);
	tree_answer(t, "test/binary", answer_binary, NULL, &text);
	tree_answer(t, "test/refused", answer_refused, NULL, &text);
}

static void every_answer_is_the_same(void **state)
{
	SCOPED(closed) struct tree *live = tree_live();
	SCOPED(closed) struct tree *t = NULL;
	struct tree_names names, again;
	const char *x, *y;
	struct err e = {0};
	size_t n;

	(void)state;
	tree_record(live);
	ask_all(live, &names);
	t = captured(live, true, &e);
	assert_true(tree_has_answers(t));
	assert_false(tree_is_live(t));
	tree_line(live, "/proc/version", &x);
	assert_int_equal(tree_line(t, "/proc/version", &y), 0);
	assert_string_equal(x, y);
	assert_int_equal(tree_line(t, "/proc/../proc/version", &y), 0);
	assert_string_equal(x, y);
	assert_int_equal(tree_line(t, "/proc/none", &y), -ENOENT);
	assert_int_equal(tree_line(t, "/proc", &y), -EISDIR);
	assert_int_equal(tree_link(t, "/proc/self/exe", &y), 0);
	assert_int_equal(tree_list(t, "/proc/sys/kernel", &again), 0);
	assert_int_equal(again.count, names.count);
	for (n = 0; n < names.count; n++)
		assert_string_equal(again.names[n], names.names[n]);
	expect_same_stat(live, t, "/dev/null");
	assert_int_equal(tree_answer(t, "test/binary", NULL, NULL, &y), 7);
	assert_memory_equal(y, "a\0b\xff", 5);
	assert_int_equal(tree_answer(t, "test/refused", NULL, NULL, &y), -EACCES);
}

static void what_was_not_asked_is_not_known(void **state)
{
	SCOPED(closed) struct tree *live = tree_live();
	SCOPED(closed) struct tree *t = NULL;
	struct tree_names names;
	const char *text;
	struct err e = {0};

	(void)state;
	tree_record(live);
	ask_all(live, &names);
	t = captured(live, false, &e);
	assert_int_equal(tree_line(t, "/proc/meminfo", &text), -ENODATA);
	assert_int_equal(tree_line(t, "/proc/sys/kernel/osrelease", &text), -ENODATA);
	/* but its folder was listed, and it is not in it */
	assert_int_equal(tree_line(t, "/proc/sys/kernel/nothing_like_it", &text), -ENOENT);
	assert_int_equal(tree_answer(t, "cpuid/0/0.0", answer_binary, NULL, &text), -ENODATA);
}

static void refuse(const char *index, const char *sentence)
{
	struct memory *m = memory_new();
	struct tree *t = NULL;
	struct err e = {0};

	assert_int_equal(capture_read(&t, "x", m, index, strlen(index), &e), -EINVAL);
	assert_null(t);
	assert_non_null(strstr(e.text, sentence));
	memory_free(m);
}

static void a_broken_index_is_told(void **state)
{
	(void)state;
	refuse("{", "vmint-capture.json:1");
	refuse("[]", "no schema");
	refuse("{\"schema\":\"vmint.capture/9\",\"items\":[]}", "another version");
	refuse("{\"schema\":\"vmint.capture/1\",\"items\":[{}]}", "without kind or key");
	refuse("{\"schema\":\"vmint.capture/1\",\"items\":[{\"kind\":\"read\",\"key\":\"/a\"}]}",
	       "'/a' has no answer");
	refuse("{\"schema\":\"vmint.capture/1\",\"items\":"
	       "[{\"kind\":\"read\",\"key\":\"/a\",\"member\":\"root/a\"}]}",
	       "cut short: root/a is not in it");
	refuse("{\"schema\":\"vmint.capture/1\",\"items\":"
	       "[{\"kind\":\"answer\",\"key\":{\"hex\":\"6\"},\"text\":\"\"}]}",
	       "without kind or key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_is_the_same),
		cmocka_unit_test(what_was_not_asked_is_not_known),
		cmocka_unit_test(a_broken_index_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
