/* FAT12, 16 and 32 as mkfs.vfat makes them: what is read, and that fsck.fat finds nothing after it was changed. */
#include "guest_tools.h"

#include "provision/guestfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct kind {
	const char *options;
	uint64_t size;
} kinds[] = {
	{"-F 12", 4 << 20},
	{"-F 16", 32 << 20},
	{"-F 32 -s 1", 64 << 20},
	{"-F 32 -s 1 -S 4096", 300 << 20},
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

static struct open_fs open_kind(const struct kind *k)
{
	struct open_fs o = {.image = image_new(k->size)};
	struct err e = {0};

	assert_int_equal(
		shell("mkfs.vfat %s -n BOOT -i 12345678 %s >/dev/null", k->options, o.image.path),
		0);
	assert_int_equal(
		shell("d=$(mktemp -d) && mkdir -p $d/EFI/debian && printf 'search old\\n' "
		      ">$d/EFI/debian/grub.cfg && head -c 70000 /dev/zero | tr '\\0' k "
		      ">$d/EFI/debian/shimx64.efi && MTOOLS_SKIP_CHECK=1 mcopy -Q -s -i %s "
		      "$d/EFI :: ; r=$?; rm -rf $d; exit $r",
		      o.image.path),
		0);
	o.disk = image_open(&o.image, false);
	if (guest_fs_open(o.disk, "vfat", &o.fs, &e) < 0)
		fail_msg("%s", e.text);
	return o;
}

static void is_clean(struct open_fs *o, const struct kind *k)
{
	struct err e = {0};

	if (guest_fs_flush(o->fs, &e) < 0)
		fail_msg("%s", e.text);
	if (shell("fsck.fat -n %s >/tmp/vmint-fsck.$$ 2>&1; r=$?; [ $r = 0 ] || cat "
		  "/tmp/vmint-fsck.$$; "
		  "rm -f /tmp/vmint-fsck.$$; exit $r",
		  o->image.path) != 0)
		fail_msg("fsck.fat complains about %s", k->options);
}

static bool tools(void)
{
	return have("mkfs.vfat") && have("mcopy") && have("fsck.fat");
}

#define OK(call)                                                                                   \
	do {                                                                                       \
		struct err e_ = {0};                                                               \
		struct err *e = &e_;                                                               \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", kinds[k].options, e_.text);                             \
	} while (0)

static void files_are_read(void **state)
{
	(void)state;
	if (!tools())
		skip();
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		SCOPED(open_fs_gone) struct open_fs o = open_kind(&kinds[k]);
		struct arena a = {0};
		struct guest_names names;
		struct guest_stat st;
		const char *data;
		size_t n;

		assert_string_equal(guest_fs_uuid(o.fs), "1234-5678");
		assert_string_equal(guest_fs_label(o.fs), "BOOT");
		OK(guest_fs_read(o.fs, &a, "/efi/Debian/../debian/GRUB.CFG", 100, &data, &n, e));
		assert_string_equal(data, "search old\n");
		OK(guest_fs_read(o.fs, &a, "/EFI/debian/shimx64.efi", 1 << 20, &data, &n, e));
		assert_int_equal(n, 70000);
		assert_int_equal(data[69999], 'k');
		OK(guest_fs_list(o.fs, &a, "/EFI/debian", &names, e));
		assert_int_equal(names.count, 2);
		assert_string_equal(names.names[0], "grub.cfg");
		OK(guest_fs_stat(o.fs, "/EFI", true, &st, e));
		assert_true(S_ISDIR(st.mode));
		assert_int_equal(guest_fs_stat(o.fs, "/no/where", true, &st, NULL), -ENOENT);
		arena_fini(&a);
	}
}

static void files_grow_shrink_appear_and_go(void **state)
{
	(void)state;
	if (!tools())
		skip();
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		SCOPED(open_fs_gone) struct open_fs o = open_kind(&kinds[k]);
		static const struct guest_patch list[] = {{0, "s", 1}, {6, " it\n", 4}};
		char name[96], text[256], big[40000];

		memset(big, 'z', sizeof big);
		OK(guest_fs_replace(o.fs, "/EFI/debian/grub.cfg", "search new\n", 11, e));
		is_clean(&o, &kinds[k]);
		OK(guest_fs_replace(o.fs, "/EFI/debian/grub.cfg", big, sizeof big, e));
		is_clean(&o, &kinds[k]);
		OK(guest_fs_replace(o.fs, "/EFI/debian/shimx64.efi", "", 0, e));
		OK(guest_fs_replace(o.fs, "/EFI/debian/grub.cfg", "search", 6, e));
		OK(guest_fs_patch(o.fs, "/EFI/debian/grub.cfg", 6, list, 2, e));
		OK(guest_fs_mkdir(o.fs, "/loader", 0755, 0, 0, e));
		OK(guest_fs_mkdir(o.fs, "/loader/entries", 0755, 0, 0, e));
		is_clean(&o, &kinds[k]);
		for (int i = 0; i < 60; i++) {
			snprintf(name, sizeof name,
				 "/loader/entries/0123456789abcdef-6.1.0-%d.conf", i);
			OK(guest_fs_create(o.fs, name, 0644, 0, 0, name, strlen(name), e));
		}
		is_clean(&o, &kinds[k]);
		for (int i = 0; i < 60; i += 2) {
			snprintf(name, sizeof name,
				 "/loader/entries/0123456789abcdef-6.1.0-%d.conf", i);
			OK(guest_fs_remove(o.fs, name, false, e));
		}
		OK(guest_fs_rename(o.fs, "/loader/entries/0123456789abcdef-6.1.0-1.conf",
				   "/loader/entries/fedcba9876543210-6.1.0-1.conf", e));
		OK(guest_fs_rename(o.fs, "/loader/entries", "/EFI/entries", e));
		OK(guest_fs_create(o.fs, "/PLAIN.TXT", 0644, 0, 0, "x", 1, e));
		OK(guest_fs_create(o.fs,
				   "/gr\xc3\xbc\xc3\x9f"
				   "e.txt",
				   0644, 0, 0, "x", 1, e));
		is_clean(&o, &kinds[k]);
		said(text, sizeof text, "mtype -i %s ::/EFI/entries/fedcba9876543210-6.1.0-1.conf",
		     o.image.path);
		assert_string_equal(text, "/loader/entries/0123456789abcdef-6.1.0-1.conf");
		said(text, sizeof text, "mtype -i %s ::/EFI/debian/grub.cfg", o.image.path);
		assert_string_equal(text, "search it");
		assert_int_equal(guest_fs_remove(o.fs, "/EFI", false, NULL), -ENOTEMPTY);
		OK(guest_fs_remove(o.fs, "/EFI", true, e));
		is_clean(&o, &kinds[k]);
	}
}

static void the_serial_is_in_both_boot_sectors(void **state)
{
	static const struct uuid u = {{0xca, 0xfe, 0xf0, 0x0d}};

	(void)state;
	if (!tools() || !have("blkid"))
		skip();
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		SCOPED(open_fs_gone) struct open_fs o = open_kind(&kinds[k]);
		char text[64];

		OK(guest_fs_set_uuid(o.fs, &u, false, e));
		assert_string_equal(guest_fs_uuid(o.fs), "CAFE-F00D");
		is_clean(&o, &kinds[k]);
		said(text, sizeof text, "blkid -p -o value -s UUID %s", o.image.path);
		assert_string_equal(text, "CAFE-F00D");
	}
}

static void a_full_filesystem_says_so(void **state)
{
	static char big[8 << 20];
	struct err e = {0};

	(void)state;
	if (!tools())
		skip();
	SCOPED(open_fs_gone) struct open_fs o = open_kind(&kinds[0]);
	assert_int_equal(guest_fs_replace(o.fs, "/EFI/debian/grub.cfg", big, sizeof big, &e),
			 -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(files_grow_shrink_appear_and_go),
		cmocka_unit_test(the_serial_is_in_both_boot_sectors),
		cmocka_unit_test(a_full_filesystem_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
