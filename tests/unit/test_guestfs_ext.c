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

enum { IMAGE = 16 << 20, MANY = 200 };

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

/* A small root filesystem with a bit of everything, made once. */
static char tree_path[] = "/tmp/vmint-tree-XXXXXX";

static int make_tree(void **state)
{
	(void)state;
	if (!mkdtemp(tree_path))
		return -1;
	return shell(
		"cd %s && mkdir -p etc/many usr/lib var && printf 'old-name\\n' >etc/hostname && "
		"chmod 640 etc/hostname && ln -s ../usr/lib/os-release etc/os-release && "
		"echo NAME=Test >usr/lib/os-release && ln -s /etc/os-release abs && ln -s loop "
		"loop && "
		"ln -s ../../../../etc/hostname var/out && head -c 300000 /dev/zero | tr '\\0' x "
		">big && "
		"cd etc/many && seq -f 'a-file-with-a-long-name-%%g' 1 200 | xargs touch",
		tree_path);
}

static int drop_tree(void **state)
{
	(void)state;
	return shell("rm -rf %s", tree_path);
}

static struct image make_image(const struct kind *k)
{
	struct image i = image_new(IMAGE);

	assert_int_equal(
		shell("mke2fs -q -F %s -L root -U 11111111-2222-4333-8444-555555555555 -d %s %s "
		      ">/dev/null 2>&1",
		      k->options, tree_path, i.path),
		0);
	return i;
}

static struct open_fs open_kind(const struct kind *k, bool readonly)
{
	struct open_fs o = {.image = make_image(k)};
	struct err e = {0};

	o.disk = image_in_memory(&o.image);
	o.disk->readonly = readonly;
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
		assert_int_equal(names.count, MANY);
		assert_int_equal(guest_fs_stat(o.fs, "/nothing/here", true, &st, NULL), -ENOENT);
		assert_int_equal(guest_fs_list(o.fs, &a, "/big", &names, NULL), -ENOTDIR);
		arena_fini(&a);
	}
}

/* An initial ramdisk of a distribution's usual size. */
static void large_files_are_read_and_patched(void **state)
{
	enum { LARGE = 40 << 20 };
	static const struct guest_patch list[] = {
		{0, "zz", 2}, {LARGE - 1, "y", 1}, {LARGE, "more", 4}};
	SCOPED(image_gone) struct image i = image_new(64 << 20);
	struct arena a = {0};
	struct guest_fs *fs;
	const char *data;
	size_t n;

	(void)state;
	if (!have("mke2fs") || !have("debugfs") || !have("e2fsck"))
		skip();
	assert_int_equal(
		shell("head -c %d /dev/zero | tr '\\0' x >%s.big && mke2fs -q -F -t ext4 %s && "
		      "debugfs -w -R 'write %s.big initrd' %s >/dev/null 2>&1; rm %s.big",
		      LARGE, i.path, i.path, i.path, i.path, i.path),
		0);
	SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
	assert_int_equal(guest_fs_open(d, "ext4", &fs, NULL), 0);
	assert_int_equal(guest_fs_read(fs, &a, "/initrd", GUEST_FILE_MAX, &data, &n, NULL), -EFBIG);
	assert_int_equal(guest_fs_read(fs, &a, "/initrd", GUEST_LARGE_MAX, &data, &n, NULL), 0);
	assert_int_equal(n, LARGE);
	assert_int_equal(guest_fs_patch(fs, "/initrd", LARGE, list, 3, NULL), 0);
	assert_int_equal(guest_fs_flush(fs, NULL), 0);
	arena_fini(&a);
	a = (struct arena){0};
	assert_int_equal(guest_fs_read(fs, &a, "/initrd", GUEST_LARGE_MAX, &data, &n, NULL), 0);
	assert_int_equal(n, LARGE + 4);
	assert_memory_equal(data + LARGE - 1, "ymore", 5);
	assert_memory_equal(data, "zzx", 3);
	arena_fini(&a);
	guest_fs_close(fs);
	assert_int_equal(shell("e2fsck -fn %s >/dev/null 2>&1", i.path), 0);
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

static void close_fs(struct open_fs *o)
{
	struct err e = {0};

	if (guest_fs_flush(o->fs, &e) < 0)
		fail_msg("%s", e.text);
	guest_fs_close(o->fs);
	o->fs = NULL;
	image_keep(&o->image, o->disk);
}

static void is_clean(const struct open_fs *o, const struct kind *k)
{
	if (shell("e2fsck -fn %s >/tmp/vmint-e2fsck.$$ 2>&1 || { cat /tmp/vmint-e2fsck.$$; false; "
		  "}; "
		  "r=$?; rm -f /tmp/vmint-e2fsck.$$; exit $r",
		  o->image.path) != 0)
		fail_msg("e2fsck complains about %s", k->options);
}

static void dump_is(const struct open_fs *o, const char *command, const char *want)
{
	char text[256];

	said(text, sizeof text, "debugfs -R '%s' %s 2>/dev/null", command, o->image.path);
	assert_string_equal(text, want);
}

#define OK(call)                                                                                   \
	do {                                                                                       \
		struct err e_ = {0};                                                               \
		struct err *e = &e_;                                                               \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", kinds[k].options, e_.text);                             \
	} while (0)

static void replaced_files_keep_everything_else(void **state)
{
	(void)state;
	if (!have("mke2fs") || !have("debugfs"))
		skip();
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		SCOPED(open_fs_gone) struct open_fs o = open_kind(&kinds[k], false);
		char big[20000];
		struct guest_stat was, now;

		memset(big, 'b', sizeof big);
		OK(guest_fs_stat(o.fs, "/etc/hostname", true, &was, e));
		OK(guest_fs_replace(o.fs, "/etc/hostname", "web-001.example\n", 16, e));
		OK(guest_fs_stat(o.fs, "/etc/hostname", true, &now, e));
		assert_int_equal(now.size, 16);
		assert_int_equal(now.mode, was.mode);
		assert_int_equal(now.mtime, was.mtime);
		assert_int_equal(now.ino, was.ino);
		/* Through a symlink, growing over several blocks, and shrinking to nothing. */
		OK(guest_fs_replace(o.fs, "/abs", big, sizeof big, e));
		OK(guest_fs_replace(o.fs, "/big", "", 0, e));
		OK(guest_fs_patch(o.fs, "/etc/hostname", 16, &(struct guest_patch){16, big, 5000},
				  1, e));
		OK(guest_fs_stat(o.fs, "/etc/hostname", true, &now, e));
		assert_int_equal(now.size, 5016);
		assert_int_equal(guest_fs_patch(o.fs, "/etc/hostname", 16,
						&(struct guest_patch){16, "x", 1}, 1, NULL),
				 -EINVAL);
		OK(guest_fs_replace(o.fs, "/etc/hostname", "web-001", 7, e));
		OK(guest_fs_patch(o.fs, "/etc/hostname", 7,
				  &(struct guest_patch){7, ".example\n", 9}, 1, e));
		OK(guest_fs_patch(o.fs, "/etc/hostname", 16, &(struct guest_patch){4, "00", 2}, 1,
				  e));
		OK(guest_fs_patch(o.fs, "/etc/hostname", 16, &(struct guest_patch){0, "w", 1}, 1,
				  e));
		close_fs(&o);
		is_clean(&o, &kinds[k]);
		dump_is(&o, "cat /etc/hostname", "web-001.example");
		assert_int_equal(
			shell("debugfs -R 'cat /usr/lib/os-release' %s 2>/dev/null | tr -d b "
			      "| cmp - /dev/null",
			      o.image.path),
			0);
		dump_is(&o, "cat /big", "");
	}
}

/* SELinux's label and an ACL, as debugfs puts them there. */
static void attributes_stay_and_labels_are_inherited(void **state)
{
	(void)state;
	if (!have("mke2fs") || !have("debugfs"))
		skip();
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		SCOPED(open_fs_gone) struct open_fs o = {.image = make_image(&kinds[k])};
		char big[6000];

		memset(big, 'q', sizeof big);
		assert_int_equal(
			shell("printf 'ea_set /etc/hostname security.selinux "
			      "system_u:object_r:hostname_etc_t:s0\\n"
			      "ea_set /etc/hostname user.note kept\\n"
			      "ea_set /etc security.selinux system_u:object_r:etc_t:s0\\n' | "
			      "debugfs -w -f - %s >/dev/null 2>&1",
			      o.image.path),
			0);
		o.disk = image_in_memory(&o.image);
		OK(guest_fs_open(o.disk, kinds[k].type, &o.fs, e));
		OK(guest_fs_replace(o.fs, "/etc/hostname", big, sizeof big, e));
		OK(guest_fs_create(o.fs, "/etc/machine-info", 0644, 0, 0, "x", 1, e));
		OK(guest_fs_mkdir(o.fs, "/etc/dir", 0755, 0, 0, e));
		OK(guest_fs_create(o.fs, "/etc/dir/in", 0644, 0, 0, "x", 1, e));
		OK(guest_fs_remove(o.fs, "/etc/dir", true, e));
		close_fs(&o);
		is_clean(&o, &kinds[k]);
		dump_is(&o, "ea_get -V /etc/hostname security.selinux",
			"system_u:object_r:hostname_etc_t:s0");
		dump_is(&o, "ea_get -V /etc/hostname user.note", "kept");
		dump_is(&o, "ea_get -V /etc/machine-info security.selinux",
			"system_u:object_r:etc_t:s0");
	}
}

static void names_are_made_moved_and_removed(void **state)
{
	(void)state;
	if (!have("mke2fs") || !have("debugfs"))
		skip();
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		SCOPED(open_fs_gone) struct open_fs o = open_kind(&kinds[k], false);
		struct guest_stat st;
		char name[64];

		OK(guest_fs_mkdir(o.fs, "/etc/ssh", 0755, 0, 0, e));
		OK(guest_fs_create(o.fs, "/etc/ssh/key", 0600, 7, 70000, "secret\n", 7, e));
		OK(guest_fs_create(o.fs, "/etc/hostname", 0644, 0, 0, "again\n", 6, e));
		OK(guest_fs_symlink(o.fs, "/etc/link", "ssh/key", e));
		for (int i = 0; i < 120; i++) {
			snprintf(name, sizeof name, "/etc/many/another-file-%d", i);
			OK(guest_fs_create(o.fs, name, 0644, 0, 0, name, strlen(name), e));
		}
		OK(guest_fs_mkdir(o.fs, "/etc/ssh/a", 0700, 0, 0, e));
		OK(guest_fs_mkdir(o.fs, "/etc/ssh/a/b", 0700, 0, 0, e));
		OK(guest_fs_rename(o.fs, "/etc/ssh/a", "/var/moved", e));
		assert_int_equal(guest_fs_rename(o.fs, "/var", "/var/moved/b/x", NULL), -EINVAL);
		OK(guest_fs_rename(o.fs, "/etc/many/another-file-7", "/etc/hostname", e));
		assert_int_equal(guest_fs_remove(o.fs, "/var", false, NULL), -ENOTEMPTY);
		OK(guest_fs_remove(o.fs, "/usr", true, e));
		OK(guest_fs_remove(o.fs, "/loop", false, e));
		for (int i = 1; i <= MANY; i++) {
			snprintf(name, sizeof name, "/etc/many/a-file-with-a-long-name-%d", i);
			OK(guest_fs_remove(o.fs, name, false, e));
		}
		assert_int_equal(guest_fs_stat(o.fs, "/usr", true, &st, NULL), -ENOENT);
		OK(guest_fs_stat(o.fs, "/etc/link", true, &st, e));
		assert_int_equal(st.mode, S_IFREG | 0600);
		assert_int_equal(st.gid, 70000);
		assert_int_equal(guest_fs_mkdir(o.fs, "/etc/ssh", 0755, 0, 0, NULL), -EEXIST);
		assert_int_equal(guest_fs_create(o.fs, "/etc/ssh", 0755, 0, 0, "", 0, NULL),
				 -EINVAL);
		close_fs(&o);
		is_clean(&o, &kinds[k]);
		dump_is(&o, "cat /etc/ssh/key", "secret");
		dump_is(&o, "cat /etc/hostname", "/etc/many/another-file-7");
	}
}

static const struct uuid fresh = {
	{0xaa, 0xbb, 0xcc, 0xdd, 1, 2, 0x43, 4, 0x85, 6, 7, 8, 9, 10, 11, 12}};

static void a_new_uuid_leaves_a_clean_filesystem(void **state)
{
	(void)state;
	if (!have("mke2fs") || !have("e2fsck"))
		skip();
	for (int seed = 0; seed < 2; seed++) {
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			SCOPED(open_fs_gone) struct open_fs o = open_kind(&kinds[k], false);
			char text[64];

			OK(guest_fs_replace(o.fs, "/etc/hostname", "x\n", 2, e));
			OK(guest_fs_set_uuid(o.fs, &fresh, seed, e));
			assert_string_equal(guest_fs_uuid(o.fs),
					    "aabbccdd-0102-4304-8506-0708090a0b0c");
			/* And it can be changed further. */
			OK(guest_fs_create(o.fs, "/etc/new", 0644, 0, 0, "y\n", 2, e));
			close_fs(&o);
			is_clean(&o, &kinds[k]);
			said(text, sizeof text, "blkid -p -o value -s UUID %s", o.image.path);
			assert_string_equal(text, "aabbccdd-0102-4304-8506-0708090a0b0c");
			/* Nothing of the old one is left: 11111111-2222-4333-8444-555555555555. */
			assert_int_not_equal(
				shell("LC_ALL=C grep -aqP "
				      "'\\x11\\x11\\x11\\x11\\x22\\x22\\x43\\x33\\x84\\x44\\x55"
				      "' %s",
				      o.image.path),
				0);
			/* The backup superblocks have it too. */
			assert_int_equal(shell("e2fsck -fn -b $(dumpe2fs %s 2>/dev/null | sed -n "
					       "'s/.*Backup superblock at \\([0-9]*\\).*/\\1/p' | "
					       "head -n 1) %s >/dev/null 2>&1; test $? -le 4",
					       o.image.path, o.image.path),
					 0);
		}
	}
}

static void what_is_not_clean_is_not_written(void **state)
{
	(void)state;
	if (!have("mke2fs") || !have("debugfs"))
		skip();
	SCOPED(image_gone) struct image i = make_image(&kinds[0]);
	assert_int_equal(shell("debugfs -w -R 'ssv state 3' %s >/dev/null 2>&1", i.path), 0);
	SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
	struct guest_fs *fs;
	struct err e = {0};

	assert_int_equal(guest_fs_open(d, "ext4", &fs, NULL), 0);
	assert_non_null(guest_fs_pinned(fs));
	assert_int_equal(guest_fs_replace(fs, "/etc/hostname", "x", 1, &e), -EUCLEAN);
	assert_non_null(strstr(e.text, "recorded errors"));
	assert_int_equal(guest_fs_set_uuid(fs, &fresh, false, NULL), -ENOTSUP);
	guest_fs_close(fs);
}

/* A wrong checksum is found before anything is written. */
static void damage_is_not_made_to_look_whole(void **state)
{
	(void)state;
	if (!have("mke2fs") || !have("debugfs"))
		skip();
	SCOPED(image_gone) struct image i = make_image(&kinds[0]);
	SCOPED(image_gone) struct image was = image_new(0);
	assert_int_equal(shell("debugfs -w -R 'set_inode_field /etc/hostname checksum 0x1234' %s "
			       ">/dev/null 2>&1; cp %s %s",
			       i.path, i.path, was.path),
			 0);
	SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
	struct guest_fs *fs;

	assert_int_equal(guest_fs_open(d, "ext4", &fs, NULL), 0);
	assert_int_equal(guest_fs_set_uuid(fs, &fresh, false, NULL), -EUCLEAN);
	guest_fs_close(fs);
	assert_int_equal(shell("cmp %s %s", i.path, was.path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(large_files_are_read_and_patched),
		cmocka_unit_test(symlinks_stay_inside),
		cmocka_unit_test(replaced_files_keep_everything_else),
		cmocka_unit_test(attributes_stay_and_labels_are_inherited),
		cmocka_unit_test(names_are_made_moved_and_removed),
		cmocka_unit_test(a_new_uuid_leaves_a_clean_filesystem),
		cmocka_unit_test(what_is_not_clean_is_not_written),
		cmocka_unit_test(damage_is_not_made_to_look_whole),
	};

	return cmocka_run_group_tests(tests, make_tree, drop_tree);
}
