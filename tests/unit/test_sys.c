/* File calls where the kernel has less to offer. */
#include "base/arena.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In a child whose first call finds no openat2, as before Linux 5.6. The answer: 0 or errno. */
static int opened_without_openat2(int dir, const char *path)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		int fd;

		setenv("VMINT_FAULT", "open:1:ENOSYS", 1);
		fd = sys_open_beneath(dir, path, O_RDONLY, 0);
		_exit(fd < 0 ? -fd : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void nothing_leads_out_without_openat2(void **state)
{
	char root[] = "/tmp/vmint-sys-XXXXXX";
	int dir;

	(void)state;
	assert_non_null(mkdtemp(root));
	dir = open(root, O_RDONLY | O_DIRECTORY);
	assert_true(dir >= 0);
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	assert_int_equal(mkdirat(dir, "a/b", 0700), 0);
	close(openat(dir, "a/b/file", O_WRONLY | O_CREAT, 0600));
	assert_int_equal(symlinkat("/etc", dir, "a/etc"), 0);
	assert_int_equal(symlinkat("b/file", dir, "a/link"), 0);

	assert_int_equal(opened_without_openat2(dir, "a/b/file"), 0);
	assert_int_equal(opened_without_openat2(dir, "a//b/"), 0);
	assert_int_equal(opened_without_openat2(dir, "a/none"), ENOENT);
	assert_int_equal(opened_without_openat2(dir, "a/link"), ELOOP);
	assert_int_equal(opened_without_openat2(dir, "a/etc/passwd"), ENOTDIR);
	assert_int_equal(opened_without_openat2(dir, "a/../a/b/file"), EXDEV);
	assert_int_equal(opened_without_openat2(dir, "/etc/passwd"), EXDEV);
	assert_int_equal(opened_without_openat2(dir, "a/b/file/"), ENOTDIR);

	unlinkat(dir, "a/link", 0);
	unlinkat(dir, "a/etc", 0);
	unlinkat(dir, "a/b/file", 0);
	unlinkat(dir, "a/b", AT_REMOVEDIR);
	unlinkat(dir, "a", AT_REMOVEDIR);
	close(dir);
	rmdir(root);
}

/* Opened before anybody writes, it reads as empty. */
static void a_fifo_is_read_when_its_writer_comes(void **state)
{
	char dir[] = "/tmp/vmint-fifo-XXXXXX", path[64];
	struct strbuf out = {0};
	pid_t child;
	int status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	child = fork();
	if (child == 0) {
		int fd;

		usleep(100000);
		fd = open(path, O_WRONLY);
		_exit(write(fd, "late\n", 5) == 5 ? 0 : 1);
	}
	assert_int_equal(sys_read_file(path, &out, 100), -EINVAL);
	assert_int_equal(sys_read_given(path, &out, 100), 0);
	assert_string_equal(strbuf_str(&out), "late\n");
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	strbuf_fini(&out);
	unlink(path);
	rmdir(dir);
}

/* Sanitizers end the program themselves. */
#ifndef __SANITIZE_ADDRESS__
static void no_memory_ends_the_program_without_a_dump(void **state)
{
	volatile size_t much = SIZE_MAX / 4;
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		close(STDERR_FILENO);
		_exit(xmalloc(much) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_leads_out_without_openat2),
		cmocka_unit_test(a_fifo_is_read_when_its_writer_comes),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(no_memory_ends_the_program_without_a_dump),
#endif
	};

	return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
