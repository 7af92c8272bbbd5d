/* ext2/3/4 as mke2fs makes it: what is read, and that e2fsck finds nothing after it was changed. */
#include "guest_tools.h"

#include "base/str.h"
#include "provision/guestfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

/* The kinds of filesystem that templates hold. */
static const struct kind {
	const char *type, *options;
} kinds[] = {
	{"ext4", "-t ext4"},
	{"ext4", "-t ext4 -O metadata_csum_seed"},
	{"ext4", "-t ext4 -O inline_data -I 256"},
	{"ext4", "-t ext4 -O ^metadata_csum,uninit_bg"},
	{"ext4", "-t ext4 -b 1024 -O ^64bit"},
	{"ext3", "-t ext3"},
	{"ext2", "-t ext2 -b 1024 -I 128"},
};

struct open_fs {
	struct image image;
	struct disk *disk;
	struct guest_fs *fs;
};

static void open_fs_gone(struct open_fs *o)
{
	guest_fs_close(o->fs);
	disk_close(o->disk);
	image_gone(&o->image);
}

/* A small root filesystem with a bit of everything. */
static struct image make_image(const struct kind *k)
{
	struct image i = image_new(32 * MIB);

	assert_int_equal(
		shell("d=$(mktemp -d) && mkdir -p $d/etc/many $d/usr/lib $d/var && printf "
		      "'old-name\\n' "
		      ">$d/etc/hostname && chmod 640 $d/etc/hostname && ln -s "
		      "../usr/lib/os-release "
		      "$d/etc/os-release && echo NAME=Test >$d/usr/lib/os-release && ln -s "
		      "/etc/os-release "
		      "$d/abs && ln -s loop $d/loop && ln -s ../../../../etc/hostname $d/var/out "
		      "&& "
		      "head -c 300000 /dev/zero | tr '\\0' x >$d/big && seq 1 500 | sed "
		      "\"s|^|$d/etc/many/"
		      "a-file-with-a-long-name-|\" | xargs touch && mke2fs -q -F %s -L root -U "
		      "11111111-2222-4333-8444-555555555555 -d $d %s >/dev/null 2>&1; r=$?; rm -rf "
		      "$d; "
		      "exit $r",
		      k->options, i.path),
		0);
	return i;
}

static struct open_fs open_kind(const struct kind *k, bool readonly)
{
	struct open_fs o = {.image = make_image(k)};
	struct err e = {0};

	o.disk = image_open(&o.image, readonly);
	if (guest_fs_open(o.disk, k->type, &o.fs, &e) < 0)
		fail_msg("%s", e.text);
	return o;
}

static void files_are_read(void **state)
{
	(void)state;
	if (!have("mke2fs"))
		skip();
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		SCOPED(open_fs_gone) struct open_fs o = open_kind(&kinds[k], true);
		struct arena a = {0};
		struct guest_names names;
		struct guest_stat st;
		const char *data;
		size_t n;

		assert_string_equal(guest_fs_uuid(o.fs), "11111111-2222-4333-8444-555555555555");
		assert_string_equal(guest_fs_label(o.fs), "root");
		assert_int_equal(guest_fs_read(o.fs, &a, "/etc/hostname", 100, &data, &n, NULL), 0);
		assert_string_equal(data, "old-name\n");
		assert_int_equal(guest_fs_stat(o.fs, "/etc/hostname", true, &st, NULL), 0);
		assert_int_equal(st.mode, S_IFREG | 0640);
		assert_int_equal(guest_fs_read(o.fs, &a, "/big", 1 << 20, &data, &n, NULL), 0);
		assert_int_equal(n, 300000);
		assert_int_equal(data[299999], 'x');
		assert_int_equal(guest_fs_read(o.fs, &a, "/big", 1000, &data, &n, NULL), -EFBIG);
		assert_int_equal(guest_fs_list(o.fs, &a, "/etc/many", &names, NULL), 0);
		assert_int_equal(names.count, 500);
		assert_int_equal(guest_fs_stat(o.fs, "/nothing/here", true, &st, NULL), -ENOENT);
		assert_int_equal(guest_fs_list(o.fs, &a, "/big", &names, NULL), -ENOTDIR);
		arena_fini(&a);
	}
}

static void symlinks_stay_inside(void **state)
{
	(void)state;
	if (!have("mke2fs"))
		skip();
	SCOPED(open_fs_gone) struct open_fs o = open_kind(&kinds[0], true);
	struct arena a = {0};
	struct guest_stat st;
	const char *data;
	size_t n;

	assert_int_equal(guest_fs_read(o.fs, &a, "/abs", 100, &data, &n, NULL), 0);
	assert_string_equal(data, "NAME=Test\n");
	assert_int_equal(guest_fs_read(o.fs, &a, "/var/out", 100, &data, &n, NULL), 0);
	assert_string_equal(data, "old-name\n");
	assert_int_equal(guest_fs_link(o.fs, &a, "/abs", &data, NULL), 0);
	assert_string_equal(data, "/etc/os-release");
	assert_int_equal(guest_fs_stat(o.fs, "/loop", true, &st, NULL), -ELOOP);
	assert_int_equal(guest_fs_stat(o.fs, "/loop", false, &st, NULL), 0);
	assert_true(S_ISLNK(st.mode));
	arena_fini(&a);
}

/* EXT WRITES */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(symlinks_stay_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
