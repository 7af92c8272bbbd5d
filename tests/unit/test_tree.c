/* Folders taken as hosts: nothing in them may hang us, lead us out, or be taken for what it is not. */
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

struct place {
	char path[64];
	int dir;
	struct tree *t;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->path, "/tmp/vmint-tree-XXXXXX");
	if (!mkdtemp(p->path))
		return -1;
	p->dir = open(p->path, O_PATH | O_DIRECTORY);
	mkdirat(p->dir, "proc", 0755);
	*state = p;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct place *p = *state;

	tree_close(p->t);
	close(p->dir);
	nftw(p->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

static void put(struct place *p, const char *path, const void *data, size_t n)
{
	int fd = openat(p->dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(sys_write(fd, data, n), 0);
	close(fd);
}

static struct tree *opened(struct place *p)
{
	struct err e = {0};

	if (tree_open(&p->t, p->path, &e) < 0)
		fail_msg("%s", e.text);
	return p->t;
}

static void fifos_are_never_opened(void **state)
{
	struct place *p = *state;
	struct tree_names names;
	struct tree_stat st;
	const char *text;

	assert_int_equal(mkfifoat(p->dir, "proc/cpuinfo", 0644), 0);
	opened(p);
	assert_int_equal(tree_line(p->t, "/proc/cpuinfo", &text), -EINVAL);
	assert_int_equal(tree_list(p->t, "/proc/cpuinfo", &names), -ENOTDIR);
	assert_int_equal(tree_stat(p->t, "/proc/cpuinfo", &st), 0);
	assert_true(S_ISFIFO(st.mode));
}

static void symlinks_stay_inside_and_loops_end(void **state)
{
	struct place *p = *state;
	const char *text;

	put(p, "proc/version", "inside\n", 7);
	assert_int_equal(symlinkat("/proc/version", p->dir, "proc/absolute"), 0);
	assert_int_equal(symlinkat("../../../../../../proc/version", p->dir, "proc/up"), 0);
	assert_int_equal(symlinkat("/etc/passwd", p->dir, "proc/out"), 0);
	assert_int_equal(symlinkat("loop", p->dir, "proc/loop"), 0);
	assert_int_equal(symlinkat(".", p->dir, "proc/self"), 0);
	opened(p);
	assert_int_equal(tree_line(p->t, "/proc/absolute", &text), 0);
	assert_string_equal(text, "inside");
	assert_int_equal(tree_line(p->t, "/proc/up", &text), 0);
	assert_string_equal(text, "inside");
	assert_int_equal(tree_line(p->t, "/../../proc/version", &text), 0);
	assert_int_equal(tree_line(p->t, "/proc/out", &text), -ENOENT);
	assert_int_equal(tree_line(p->t, "/proc/loop", &text), -ELOOP);
	assert_int_equal(tree_line(p->t, "/proc/self/self/self/version", &text), 0);
	assert_int_equal(tree_link(p->t, "/proc/out", &text), 0);
	assert_string_equal(text, "/etc/passwd");
	assert_int_equal(tree_link(p->t, "/proc/version", &text), -EINVAL);
}

static void huge_files_stop_at_the_limit(void **state)
{
	struct place *p = *state;
	const char *text;
	size_t len;
	int fd = openat(p->dir, "proc/huge", O_WRONLY | O_CREAT, 0644);

	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	close(fd);
	put(p, "proc/small", "12345", 5);
	opened(p);
	assert_int_equal(tree_line(p->t, "/proc/huge", &text), -EFBIG);
	assert_int_equal(tree_read(p->t, "/proc/small", 4, &text, &len), -EFBIG);
	assert_int_equal(tree_read(p->t, "/proc/small", 3, &text, &len), -EFBIG);
	/* but whoever allows more gets it */
	assert_int_equal(tree_read(p->t, "/proc/small", 5, &text, &len), 0);
	assert_int_equal(len, 5);
	assert_int_equal(tree_read(p->t, "/proc/small", 4, &text, &len), -EFBIG);
}

static void devices_are_never_read(void **state)
{
	struct place *p = *state;
	const char *text;

	if (mknodat(p->dir, "proc/zero", S_IFCHR | 0666, makedev(1, 5)) != 0) {
		print_message("skip: only root makes device nodes\n");
		skip();
	}
	opened(p);
	assert_int_equal(tree_line(p->t, "/proc/zero", &text), -EINVAL);
}

static void junk_is_bytes_like_any_other(void **state)
{
	struct place *p = *state;
	char junk[4096];
	const char *text;
	int64_t num;
	size_t len;

	for (size_t i = 0; i < sizeof junk; i++)
		junk[i] = (char)(i * 7 + i / 256);
	put(p, "proc/junk", junk, sizeof junk);
	put(p, "proc/empty", "", 0);
	opened(p);
	assert_int_equal(tree_read(p->t, "/proc/junk", 1 << 20, &text, &len), 0);
	assert_int_equal(len, sizeof junk);
	assert_memory_equal(text, junk, sizeof junk);
	assert_int_equal(tree_line(p->t, "/proc/junk", &text), 0);
	assert_int_equal(tree_num(p->t, "/proc/junk", &num), -EINVAL);
	assert_int_equal(tree_line(p->t, "/proc/empty", &text), 0);
	assert_string_equal(text, "");
	assert_int_equal(tree_num(p->t, "/proc/empty", &num), -EINVAL);
}

static void unreadable_files_say_so(void **state)
{
	struct place *p = *state;
	const char *text;

	if (geteuid() == 0) {
		print_message("skip: root reads everything\n");
		skip();
	}
	put(p, "proc/secret", "x", 1);
	assert_int_equal(fchmodat(p->dir, "proc/secret", 0, 0), 0);
	opened(p);
	assert_int_equal(tree_line(p->t, "/proc/secret", &text), -EACCES);
}

static void crowded_folders_are_refused(void **state)
{
	struct place *p = *state;
	struct tree_names names;
	char from[32], name[32];

	/* Hard links: files would take ten times as long. */
	for (int i = 0; i <= TREE_NAMES_MAX; i++) {
		snprintf(from, sizeof from, "proc/%d", i / 30000 * 30000);
		snprintf(name, sizeof name, "proc/%d", i);
		if (i % 30000 == 0)
			put(p, name, "", 0);
		else
			assert_int_equal(linkat(p->dir, from, p->dir, name, 0), 0);
	}
	opened(p);
	assert_int_equal(tree_list(p->t, "/proc", &names), -EFBIG);
	unlinkat(p->dir, "proc/7", 0);
	tree_close(p->t);
	opened(p);
	assert_int_equal(tree_list(p->t, "/proc", &names), 0);
	assert_int_equal(names.count, TREE_NAMES_MAX);
}

static void odd_paths_answer(void **state)
{
	struct place *p = *state;
	struct tree_stat st;
	const char *text;
	char deep[8192];

	memset(deep, 'a', sizeof deep);
	deep[sizeof deep - 1] = '\0';
	opened(p);
	assert_int_equal(tree_line(p->t, deep, &text), -ENAMETOOLONG);
	assert_int_equal(tree_stat(p->t, "", &st), 0);
	assert_int_equal(tree_stat(p->t, "/", &st), 0);
	assert_int_equal(tree_stat(p->t, "//proc//.", &st), 0);
	assert_int_equal(tree_line(p->t, "/proc", &text), -EISDIR);
	for (size_t i = 0; i + 2 < sizeof deep; i += 2)
		memcpy(deep + i, "/a", 3);
	assert_int_equal(tree_line(p->t, deep, &text), -ENAMETOOLONG);
}

static void wrong_roots_are_refused_in_one_sentence(void **state)
{
	struct place *p = *state;
	struct tree *t = NULL;
	struct err e = {0};
	char path[128];

	unlinkat(p->dir, "proc", AT_REMOVEDIR);
	assert_int_equal(tree_open(&t, p->path, &e), -EINVAL);
	assert_non_null(strstr(e.text, "no proc, sys or dev in it: not a captured host"));
	snprintf(path, sizeof path, "%s/fifo", p->path);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(tree_open(&t, path, &e), -EINVAL);
	assert_non_null(strstr(e.text, "neither a folder nor a capture file"));
	assert_int_equal(tree_open(&t, "/nonexistent/x", &e), -ENOENT);
	assert_int_equal(tree_open(&t, "", &e), -ENOENT);
	assert_int_equal(tree_open(&t, "/dev/null", &e), -EINVAL);
	assert_null(t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fifos_are_never_opened),
		TEST(symlinks_stay_inside_and_loops_end),
		TEST(huge_files_stop_at_the_limit),
		TEST(devices_are_never_read),
		TEST(junk_is_bytes_like_any_other),
		TEST(unreadable_files_say_so),
		TEST(crowded_folders_are_refused),
		TEST(odd_paths_answer),
		TEST(wrong_roots_are_refused_in_one_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
