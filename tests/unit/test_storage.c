/* Partition tables made by sgdisk and sfdisk; what is on their partitions; new ids. */
#include "guest_tools.h"

#include "provision/storage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

static struct image gpt_image(void)
{
	struct image i = image_new(64 * MIB);

	assert_int_equal(shell("sgdisk -n 1:32768 -c 1:root -n 14:2048:4095 -t 14:ef02 "
			       "-n 15:4096:32767 -t 15:ef00 %s >/dev/null",
			       i.path),
			 0);
	return i;
}

static void gpt_partitions_are_listed_with_what_is_on_them(void **state)
{
	struct arena a = {0};
	struct storage s;
	char text[64];

	(void)state;
	if (!have("sgdisk") || !have("mke2fs"))
		skip();
	SCOPED(image_gone) struct image i = gpt_image();
	assert_int_equal(shell("mke2fs -q -F -E offset=%d -L top -U 11111111-2222-4333-8444-"
			       "555555555555 %s 40M >/dev/null 2>&1",
			       16 * MIB, i.path),
			 0);
	SCOPED(disk_close_at) struct disk *d = image_open(&i, true);
	assert_int_equal(storage_open(&s, &a, &d, 1, NULL), 0);
	assert_int_equal(s.disks[0].table, TABLE_GPT);
	assert_int_equal(s.nvolumes, 3);
	assert_string_equal(s.volumes[0].device, "vda1");
	assert_string_equal(s.volumes[0].type, "ext2");
	assert_string_equal(s.volumes[0].uuid, "11111111-2222-4333-8444-555555555555");
	assert_string_equal(s.volumes[0].label, "top");
	assert_string_equal(s.volumes[0].part->name, "root");
	assert_int_equal(s.volumes[0].part->start, 16 * MIB);
	assert_true(s.volumes[1].part->bios_boot);
	assert_true(s.volumes[2].part->esp);
	assert_string_equal(s.volumes[2].device, "vda15");
	said(text, sizeof text, "sgdisk -p %s | awk '/^Disk identifier/ {print tolower($4)}'",
	     i.path);
	assert_string_equal(s.disks[0].id, text);
	storage_close(&s);
	arena_fini(&a);
}

static const struct uuid disk_id = {
	{0xde, 0xad, 0xbe, 0xef, 0, 1, 0x42, 3, 0x84, 5, 6, 7, 8, 9, 10, 11}};
static const struct uuid part_id = {
	{0xab, 0xcd, 0xef, 0x01, 2, 3, 0x44, 5, 0x86, 7, 8, 9, 10, 11, 12, 13}};

static void change_gpt(const struct image *i)
{
	const struct uuid *guids[3] = {&part_id, NULL, NULL};
	SCOPED(disk_close_at) struct disk *d = image_open(i, false);
	struct arena a = {0};
	struct storage s;

	assert_int_equal(storage_open(&s, &a, &d, 1, NULL), 0);
	assert_int_equal(storage_set_ids(&s.disks[0], &disk_id, guids, NULL), 0);
	storage_close(&s);
	arena_fini(&a);
}

static void check_gpt(const struct image *i)
{
	char text[128];

	assert_int_equal(shell("sgdisk -v %s | grep -q 'No problems found'", i->path), 0);
	said(text, sizeof text, "sgdisk -p %s | awk '/^Disk identifier/ {print tolower($4)}'",
	     i->path);
	assert_string_equal(text, "deadbeef-0001-4203-8405-060708090a0b");
	said(text, sizeof text, "sgdisk -i 1 %s | awk '/unique GUID/ {print tolower($4)}'",
	     i->path);
	assert_string_equal(text, "abcdef01-0203-4405-8607-08090a0b0c0d");
}

static void gpt_ids_are_changed_in_both_copies(void **state)
{
	(void)state;
	if (!have("sgdisk"))
		skip();
	SCOPED(image_gone) struct image i = gpt_image();
	change_gpt(&i);
	check_gpt(&i);
	/* The backup alone says the same. */
	assert_int_equal(
		shell("dd if=/dev/zero of=%s bs=512 seek=1 count=33 conv=notrunc 2>/dev/null",
		      i.path),
		0);
	change_gpt(&i);
	check_gpt(&i);
}

static void the_backup_moves_to_the_end_of_a_grown_disk(void **state)
{
	(void)state;
	if (!have("sgdisk"))
		skip();
	SCOPED(image_gone) struct image i = gpt_image();
	assert_int_equal(truncate(i.path, 100 * MIB), 0);
	change_gpt(&i);
	check_gpt(&i);
	assert_int_equal(shell("test $(grep -ao 'EFI PART' %s "
			       "| wc -l) = 2",
			       i.path),
			 0);
}

static void a_table_is_made_to_fit_without_new_ids(void **state)
{
	char before[64], after[64];

	(void)state;
	if (!have("sgdisk"))
		skip();
	SCOPED(image_gone) struct image i = gpt_image();
	said(before, sizeof before, "sgdisk -p %s | grep '^Disk identifier'", i.path);
	assert_int_equal(shell("truncate -s 200M %s", i.path), 0);
	SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
	assert_int_equal(storage_fit(d, NULL), 0);
	said(after, sizeof after, "sgdisk -p %s | grep '^Disk identifier'", i.path);
	assert_string_equal(before, after);
	assert_int_equal(shell("sgdisk -v %s | grep -q 'No problems found'", i.path), 0);
	/* done again, nothing is left to do */
	assert_int_equal(storage_fit(d, NULL), 0);
	assert_int_equal(shell("sgdisk -v %s | grep -q 'No problems found'", i.path), 0);
}

static void a_disk_without_a_gpt_fits_already(void **state)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(MIB);

	(void)state;
	assert_int_equal(storage_fit(d, NULL), 0);
	assert_true(bytes_are_zero(disk_memory_bytes(d), MIB));
}

static void mbr_with_logical_partitions(void **state)
{
	SCOPED(image_gone) struct image i = image_new(64 * MIB);
	struct arena a = {0};
	struct storage s;
	char text[64];

	(void)state;
	if (!have("sfdisk") || !have("mkswap"))
		skip();
	assert_int_equal(shell("printf 'label: dos\\nlabel-id: "
			       "0x1234abcd\\n,16M,L,*\\n,,E\\n,8M,S\\n,8M,L\\n' "
			       "| sfdisk -q %s",
			       i.path),
			 0);
	SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
	assert_int_equal(storage_open(&s, &a, &d, 1, NULL), 0);
	assert_int_equal(s.disks[0].table, TABLE_MBR);
	assert_string_equal(s.disks[0].id, "1234abcd");
	assert_int_equal(s.disks[0].nparts, 3);
	assert_string_equal(s.disks[0].parts[1].guid, "1234abcd-05");
	assert_string_equal(s.disks[0].parts[2].guid, "1234abcd-06");
	assert_string_equal(s.disks[0].parts[1].type, "0x82");
	assert_int_equal(s.disks[0].parts[1].size, 8 * MIB);
	assert_int_equal(storage_set_ids(&s.disks[0], &disk_id, NULL, NULL), 0);
	assert_string_equal(s.disks[0].parts[1].guid, "deadbeef-05");
	said(text, sizeof text, "sfdisk --disk-id %s", i.path);
	assert_string_equal(text, "0xdeadbeef");
	storage_close(&s);
	arena_fini(&a);
}

static void a_disk_without_a_table_is_one_volume(void **state)
{
	SCOPED(image_gone) struct image i = image_new(16 * MIB);
	struct arena a = {0};
	struct storage s;

	(void)state;
	if (!have("mkswap"))
		skip();
	assert_int_equal(shell("mkswap -q -L sw -U 11111111-2222-4333-8444-555555555555 %s "
			       ">/dev/null 2>&1",
			       i.path),
			 0);
	SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
	assert_int_equal(storage_open(&s, &a, &d, 1, NULL), 0);
	assert_int_equal(s.disks[0].table, TABLE_NONE);
	assert_string_equal(s.volumes[0].device, "vda");
	assert_string_equal(s.volumes[0].type, "swap");
	assert_string_equal(s.volumes[0].uuid, "11111111-2222-4333-8444-555555555555");
	storage_close(&s);
	arena_fini(&a);
}

/* Kinds of content as blkid names them, each made by its own tool. */
static void contents_are_named_as_blkid_names_them(void **state)
{
	static const struct {
		const char *tool, *make;
	} kinds[] = {
		{"mke2fs", "mke2fs -q -F -t ext4 -L a $i"},
		{"mke2fs", "mke2fs -q -F -t ext3 $i"},
		{"mke2fs", "mke2fs -q -F -t ext2 $i"},
		{"mkfs.vfat", "mkfs.vfat -n BOOT $i"},
		{"mkfs.vfat", "mkfs.vfat -F 32 $i"},
		{"mkfs.vfat", "truncate -s 16M $i; mkfs.vfat -F 12 $i"},
		{"mkfs.xfs", "mkfs.xfs -q $i"},
		{"mkfs.btrfs", "mkfs.btrfs -q -L data $i"},
		{"mkswap", "mkswap -p 16384 $i"},
		{"mksquashfs", "mksquashfs /etc/hostname $i -noappend -quiet"},
		{"mkfs.minix", "mkfs.minix $i"},
	};

	(void)state;
	if (!have("blkid"))
		skip();
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		SCOPED(image_gone) struct image i = image_new(320 * (uint64_t)MIB);
		char text[256];
		struct arena a = {0};
		struct storage s;

		if (!have(kinds[k].tool))
			continue;
		assert_int_equal(shell("i=%s; %s >/dev/null 2>&1", i.path, kinds[k].make), 0);
		SCOPED(disk_close_at) struct disk *d = image_open(&i, true);
		assert_int_equal(storage_open(&s, &a, &d, 1, NULL), 0);
		said(text, sizeof text, "blkid -p -o value -s TYPE %s", i.path);
		assert_string_equal(s.volumes[0].type, text);
		said(text, sizeof text, "blkid -p -o value -s UUID %s", i.path);
		assert_string_equal(s.volumes[0].uuid, text);
		said(text, sizeof text, "blkid -p -o value -s LABEL %s", i.path);
		assert_string_equal(s.volumes[0].label, text);
		storage_close(&s);
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gpt_partitions_are_listed_with_what_is_on_them),
		cmocka_unit_test(gpt_ids_are_changed_in_both_copies),
		cmocka_unit_test(a_table_is_made_to_fit_without_new_ids),
		cmocka_unit_test(a_disk_without_a_gpt_fits_already),
		cmocka_unit_test(the_backup_moves_to_the_end_of_a_grown_disk),
		cmocka_unit_test(mbr_with_logical_partitions),
		cmocka_unit_test(a_disk_without_a_table_is_one_volume),
		cmocka_unit_test(contents_are_named_as_blkid_names_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
