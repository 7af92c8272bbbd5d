/* /proc/self/mountinfo. */
#include "probe/mountinfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char text[] =
	"27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"
	"24 27 0:6 / /dev rw,relatime shared:2 master:1 - devtmpfs devtmpfs rw,size=1k\n"
	"40 27 0:30 / /dev rw,nosuid,nodev - tmpfs tmpfs rw\n"
	"41 27 0:31 / /device rw - tmpfs tmpfs rw\n"
	"42 27 0:32 / /mnt/a\\040b\\134c rw - tmpfs tmp\\040fs rw\n"
	"broken line\n"
	"43 27 0:33 / /no/dash rw tmpfs tmpfs rw\n";

static void the_last_of_the_longest_mounts_covers_a_path(void **state)
{
	struct arena a = {0};
	struct mount_list m;

	(void)state;
	mountinfo_parse(&m, &a, text);
	assert_int_equal(m.count, 5);
	assert_string_equal(mountinfo_of(&m, "/dev/kvm")->type, "tmpfs");
	assert_true(mount_option(mountinfo_of(&m, "/dev/kvm")->options, "nodev"));
	assert_string_equal(mountinfo_of(&m, "/devices")->type, "ext4");
	assert_int_equal(mountinfo_of(&m, "/")->major, 254);
	arena_fini(&a);
}

static void escapes_are_undone(void **state)
{
	struct arena a = {0};
	struct mount_list m;

	(void)state;
	mountinfo_parse(&m, &a, text);
	assert_string_equal(m.lines[4].where, "/mnt/a b\\c");
	arena_fini(&a);
}

static void options_are_matched_whole(void **state)
{
	(void)state;
	assert_true(mount_option("rw,nodev", "nodev"));
	assert_false(mount_option("rw,nodevice", "nodev"));
	assert_false(mount_option("", "nodev"));
}

static void nothing_is_an_empty_list(void **state)
{
	struct arena a = {0};
	struct mount_list m;

	(void)state;
	mountinfo_parse(&m, &a, "");
	assert_int_equal(m.count, 0);
	assert_null(mountinfo_of(&m, "/dev/kvm"));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_of_the_longest_mounts_covers_a_path),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(options_are_matched_whole),
		cmocka_unit_test(nothing_is_an_empty_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
