/* Trees from archives: found below their prefix, contained, limited, and never half read. */
#include "base/lazy_archive.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/tree_archive.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1 << 20 };

struct making {
	char *data;
	size_t used;
	struct archive *a;
};

static void begin(struct making *k, bool gzip)
{
	struct err e = {0};

	assert_int_equal(lazy_archive_load(&e), 0);
	k->data = xmalloc(ROOM);
	k->a = archive_write_new();
	archive_write_set_format_pax_restricted(k->a);
	if (gzip)
		archive_write_add_filter_gzip(k->a);
	assert_int_equal(archive_write_open_memory(k->a, k->data, ROOM, &k->used), ARCHIVE_OK);
}

static void put(struct making *k, const char *path, mode_t type, const char *text)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, 0644);
	if (type == S_IFLNK)
		archive_entry_set_symlink(entry, text);
	if (type == S_IFREG)
		archive_entry_set_size(entry, (la_int64_t)strlen(text));
	assert_int_equal(archive_write_header(k->a, entry), ARCHIVE_OK);
	if (type == S_IFREG && *text)
		assert_int_equal(archive_write_data(k->a, text, strlen(text)), strlen(text));
	archive_entry_free(entry);
}

static void done(struct making *k)
{
	archive_write_close(k->a);
	archive_write_free(k->a);
}

static void closed(struct tree **t)
{
	tree_close(*t);
}

static void host_is_found_below_its_prefix(void **state)
{
	SCOPED(closed) struct tree *t = NULL;
	struct making k;
	const char *text;
	struct err e = {0};

	(void)state;
	begin(&k, true);
	put(&k, "./some/where/proc/cpuinfo", S_IFREG, "processor : 0\n");
	put(&k, "some/where/sys/kernel/x", S_IFREG, "1\n");
	done(&k);
	assert_int_equal(tree_archive_parse(&t, "x", k.data, k.used, &e), 0);
	assert_int_equal(tree_line(t, "/proc/cpuinfo", &text), 0);
	assert_string_equal(text, "processor : 0");
	assert_int_equal(tree_line(t, "/sys/kernel/../kernel/x", &text), 0);
	assert_int_equal(tree_line(t, "/../../sys/kernel/x", &text), 0);
	assert_int_equal(tree_line(t, "/sys/kernel/y", &text), -ENOENT);
	assert_int_equal(tree_line(t, "/sys/kernel", &text), -EISDIR);
	assert_false(tree_has_answers(t));
	free(k.data);
}

static void a_folder_named_proc_inside_sys_is_not_the_root(void **state)
{
	SCOPED(closed) struct tree *t = NULL;
	struct making k;
	const char *text;
	struct err e = {0};

	(void)state;
	begin(&k, false);
	put(&k, "h/proc/sys/kernel/osrelease", S_IFREG, "5.4\n");
	done(&k);
	assert_int_equal(tree_archive_parse(&t, "x", k.data, k.used, &e), 0);
	assert_int_equal(tree_line(t, "/proc/sys/kernel/osrelease", &text), 0);
	free(k.data);
}

static void hostile_names_stay_inside(void **state)
{
	SCOPED(closed) struct tree *t = NULL;
	struct making k;
	struct tree_names names;
	struct tree_stat st;
	const char *text;
	struct err e = {0};

	(void)state;
	begin(&k, false);
	put(&k, "proc/version", S_IFREG, "one\n");
	put(&k, "../../proc/up", S_IFREG, "up\n");
	put(&k, "/proc/absolute", S_IFREG, "abs\n");
	put(&k, "proc/out", S_IFLNK, "../../../../proc/version");
	put(&k, "proc/abs", S_IFLNK, "/proc/version");
	put(&k, "proc/loop", S_IFLNK, "loop");
	put(&k, "proc/through", S_IFLNK, "/");
	put(&k, "proc/through/proc/evil", S_IFREG, "evil\n");
	put(&k, "proc/version", S_IFREG, "two\n");
	put(&k, "proc/version/below", S_IFREG, "x\n");
	put(&k, "dev/pipe", S_IFIFO, NULL);
	done(&k);
	assert_int_equal(tree_archive_parse(&t, "x", k.data, k.used, &e), 0);
	assert_int_equal(tree_line(t, "/proc/up", &text), 0);
	assert_int_equal(tree_line(t, "/proc/absolute", &text), 0);
	assert_int_equal(tree_line(t, "/proc/out", &text), 0);
	assert_string_equal(text, "two");
	assert_int_equal(tree_line(t, "/proc/abs", &text), 0);
	assert_int_equal(tree_line(t, "/proc/loop", &text), -ELOOP);
	assert_int_equal(tree_link(t, "/proc/loop", &text), 0);
	assert_int_equal(tree_line(t, "/proc/evil", &text), -ENOENT);
	assert_int_equal(tree_line(t, "/proc/through/proc/version", &text), 0);
	assert_int_equal(tree_line(t, "/proc/version/below", &text), -ENOTDIR);
	assert_int_equal(tree_line(t, "/dev/pipe", &text), -EINVAL);
	assert_int_equal(tree_stat(t, "/dev/pipe", &st), 0);
	assert_true(S_ISFIFO(st.mode));
	assert_int_equal(tree_list(t, "/dev", &names), 0);
	assert_int_equal(names.count, 1);
	free(k.data);
}

/* Every length that is too short must be told, and none may be taken for the whole. */
static void captures_cut_short_are_told(void **state)
{
	struct making k;
	char text[3000];

	(void)state;
	begin(&k, true);
	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = (char)('a' + (i * i) % 23);
	text[sizeof text - 1] = '\0';
	put(&k, "proc/a", S_IFREG, text);
	put(&k, "proc/b", S_IFREG, text);
	done(&k);
	for (size_t n = 1; n < k.used; n++) {
		struct tree *t = NULL;
		struct err e = {0};
		int r = tree_archive_parse(&t, "x.tar.gz", k.data, n, &e);

		if (r != -EINVAL || t)
			fail_msg("%zu of %zu bytes: %d", n, k.used, r);
		if (n > 2)
			assert_string_equal(e.text, "x.tar.gz: the capture is cut short");
	}
	free(k.data);
}

static void what_is_no_host_is_refused_with_one_sentence(void **state)
{
	struct tree *t = NULL;
	struct making k;
	struct err e = {0};

	(void)state;
	begin(&k, false);
	put(&k, "readme/me", S_IFREG, "x");
	done(&k);
	assert_int_equal(tree_archive_parse(&t, "x", k.data, k.used, &e), -EINVAL);
	assert_string_equal(e.text, "x: no proc, sys or dev in it: not a captured host");
	free(k.data);
	assert_int_equal(tree_archive_parse(&t, "x", "hello\n", 6, &e), -EINVAL);
	assert_string_equal(e.text, "x: neither a folder, a tar archive nor a capture");
	assert_int_equal(tree_archive_parse(&t, "x", "", 0, &e), -EINVAL);
}

static void ttar_is_read(void **state)
{
	static const char text[] = "# Archive created by ttar\n"
				   "Directory: sys\nMode: 755\n# - -\n"
				   "Path: sys/a\nLines: 1\nonceEOF\nMode: 644\n"
				   "Path: sys/b\nLines: 2\ntwo\nxNULLBYTEy\\NULLBYTE\nMode: 644\n"
				   "Path: sys/c\nSymlinkTo: a\n"
				   "Path: sys/d\nLines: 0\nMode: 444\n";
	SCOPED(closed) struct tree *t = NULL;
	struct tree *none = NULL;
	struct err e = {0};
	const char *got;
	size_t len;

	(void)state;
	assert_int_equal(tree_archive_parse(&t, "x", text, sizeof text - 1, &e), 0);
	assert_int_equal(tree_read(t, "/sys/c", 100, &got, &len), 0);
	assert_int_equal(len, 4);
	assert_int_equal(tree_read(t, "/sys/b", 100, &got, &len), 0);
	assert_int_equal(len, 16);
	assert_memory_equal(got, "two\nx\0yNULLBYTE\n", 16);
	assert_int_equal(tree_read(t, "/sys/d", 100, &got, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(tree_archive_parse(&none, "x", "Path: p\nLines: 9\na\n", 19, &e), -EINVAL);
	assert_string_equal(e.text, "x: the capture is cut short");
}

static void bare_cpu_records_are_found_both_ways(void **state)
{
	SCOPED(closed) struct tree *t = NULL;
	struct making k;
	const char *text;
	struct err e = {0};

	(void)state;
	begin(&k, false);
	put(&k, "AMD/pu0", S_IFREG, "x\n");
	done(&k);
	assert_int_equal(tree_archive_parse(&t, "x", k.data, k.used, &e), 0);
	assert_int_equal(tree_line(t, "/cpuid/pu0", &text), 0);
	assert_int_equal(tree_line(t, "/pu0", &text), 0);
	free(k.data);
}

static void limits_hold(void **state)
{
	struct memory *m = memory_new();
	struct tree_stat st = {.mode = S_IFREG | 0644};
	char path[64];
	int r = 0;
	size_t n;

	(void)state;
	for (n = 0; r == 0 && n <= MEMORY_NODES_MAX; n++) {
		snprintf(path, sizeof path, "proc/%zu", n);
		r = memory_add(m, path, &st, NULL, 0);
	}
	assert_int_equal(r, -E2BIG);
	assert_true(n < MEMORY_NODES_MAX);
	memory_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_is_found_below_its_prefix),
		cmocka_unit_test(a_folder_named_proc_inside_sys_is_not_the_root),
		cmocka_unit_test(hostile_names_stay_inside),
		cmocka_unit_test(captures_cut_short_are_told),
		cmocka_unit_test(what_is_no_host_is_refused_with_one_sentence),
		cmocka_unit_test(ttar_is_read),
		cmocka_unit_test(bare_cpu_records_are_found_both_ways),
		cmocka_unit_test(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
