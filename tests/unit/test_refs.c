/* Ids in every form they are written in. */
#include "provision/refs.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OLD "53e8bffa-c678-48b9-b7cb-1a4d0bb03ead"
#define NEW "00112233-4455-4677-8899-aabbccddeeff"

static void replaced(const struct refs *r, const char *from, const char *to, size_t times)
{
	char text[512];

	strcpy(text, from);
	assert_int_equal(refs_apply(r, text, strlen(text), REF_ANY), times);
	assert_string_equal(text, to);
}

/* The search leaps: an id is found wherever it begins, also right behind what looks like its beginning. */
static void found_at_every_offset(void **state)
{
	static const char *const ids[] = {OLD, "F3DD-8F3E", "52:54:00:AA:BB:01"};
	struct arena a = {0};
	struct refs r = {.a = &a};
	char text[128];
	struct ref_hit hit;

	(void)state;
	assert_true(refs_add(&r, REF_UUID, "vda1", OLD, NEW));
	assert_true(refs_add(&r, REF_FAT, "vda15", "F3DD-8F3E", "1A2B-3C4D"));
	assert_true(refs_add(&r, REF_MAC, "mac", "52:54:00:aa:bb:01", "02:11:22:33:44:5f"));
	for (size_t i = 0; i < 3; i++)
		for (size_t at = 0; at < 40; at++) {
			size_t n = strlen(ids[i]);

			memset(text, 'z', sizeof text);
			if (at > 12)
				memcpy(text + at - 9, ids[i], 8);
			memcpy(text + at, ids[i], n);
			assert_true(refs_next(&r, text, at + n, 0, REF_ANY, &hit));
			assert_int_equal(hit.ref, i);
			assert_int_equal(hit.off, at);
			assert_false(refs_next(&r, text, at + n - 1, 0, REF_ANY, &hit));
		}
	arena_fini(&a);
}

static void every_written_form_follows(void **state)
{
	struct arena a = {0};
	struct refs r = {.a = &a};

	(void)state;
	assert_true(refs_add(&r, REF_UUID, "vda1", OLD, NEW));
	assert_true(refs_add(&r, REF_FAT, "vda15", "F3DD-8F3E", "1A2B-3C4D"));
	assert_true(refs_add(&r, REF_PARTUUID, "vda1", "9a8b7c6d-01", "01234567-01"));
	assert_true(refs_add(&r, REF_MACHINE_ID, "machine-id", "0123456789abcdef0123456789abcdef",
			     "fedcba9876543210fedcba9876543210"));
	assert_true(refs_add(&r, REF_MAC, "mac", "52:54:00:aa:bb:01", "02:11:22:33:44:5f"));
	assert_true(refs_add(&r, REF_LVM, "pv", "5zzOGK-CJme-3cbf-KcoR-fmnE-AcpB-C9YxtV",
			     "AAAAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG"));
	assert_false(refs_add(&r, REF_UUID, "again", OLD, NEW));
	assert_false(refs_add(&r, REF_UUID, "not one", "53e8bffa", NEW));

	replaced(&r, "UUID=" OLD " / ext4\nroot=UUID=53E8BFFA-C678-48B9-B7CB-1A4D0BB03EAD ro",
		 "UUID=" NEW " / ext4\nroot=UUID=00112233-4455-4677-8899-AABBCCDDEEFF ro", 2);
	replaced(&r, "53e8bffac67848b9b7cb1a4d0bb03ead", "00112233445546778899aabbccddeeff", 1);
	replaced(&r,
		 "dev-disk-by\\x2duuid-53e8bffa\\x2dc678\\x2d48b9\\x2db7cb\\x2d1a4d0bb03ead.swap",
		 "dev-disk-by\\x2duuid-00112233\\x2d4455\\x2d4677\\x2d8899\\x2daabbccddeeff.swap",
		 1);
	replaced(&r, "UUID=F3DD-8F3E /boot/efi vfat; f3dd-8f3e; UUID=\"F3DD-8F3E\"",
		 "UUID=1A2B-3C4D /boot/efi vfat; 1a2b-3c4d; UUID=\"1A2B-3C4D\"", 3);
	replaced(&r, "boot-efi by\\x2duuid-F3DD\\x2d8F3E.mount",
		 "boot-efi by\\x2duuid-1A2B\\x2d3C4D.mount", 1);
	replaced(&r, "PARTUUID=9a8b7c6d-01 9A8B7C6D-01 9a8b7c6d-02",
		 "PARTUUID=01234567-01 01234567-01 9a8b7c6d-02", 2);
	replaced(&r, "/boot/0123456789abcdef0123456789abcdef/6.1/linux",
		 "/boot/fedcba9876543210fedcba9876543210/6.1/linux", 1);
	replaced(&r, "52:54:00:AA:BB:01 enx525400aabb01 52-54-00-aa-bb-01",
		 "02:11:22:33:44:5F enx02112233445f 02-11-22-33-44-5f", 3);
	replaced(&r, "5zzOGKCJme3cbfKcoRfmnEAcpBC9YxtV", "AAAAAABBBBCCCCDDDDEEEEFFFFGGGGGG", 1);
	/* a group's id and a volume's, with nothing between */
	assert_true(refs_add(&r, REF_LVM, "lv", "aaaOGK-CJme-3cbf-KcoR-fmnE-AcpB-C9Yxta",
			     "HHHHHH-IIII-JJJJ-KKKK-LLLL-MMMM-NNNNNN"));
	replaced(&r,
		 "/dev/disk/by-id/dm-uuid-LVM-5zzOGKCJme3cbfKcoRfmnEAcpBC9YxtV"
		 "aaaOGKCJme3cbfKcoRfmnEAcpBC9Yxta /x",
		 "/dev/disk/by-id/dm-uuid-LVM-AAAAAABBBBCCCCDDDDEEEEFFFFGGGGGG"
		 "HHHHHHIIIIJJJJKKKKLLLLMMMMNNNNNN /x",
		 2);
	replaced(&r, "/dev/disk/by-id/lvm-pv-uuid-5zzOGK-CJme-3cbf-KcoR-fmnE-AcpB-C9YxtV",
		 "/dev/disk/by-id/lvm-pv-uuid-AAAAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG", 1);
	arena_fini(&a);
}

/* mdadm, blkid and GRUB write an array's id in their own ways; the first format of md has its words the other way round. */
static void arrays_are_written_in_many_ways(void **state)
{
	struct arena a = {0};
	struct refs r = {.a = &a};
	char swapped[] = "\x67\x45\x23\x01\xef\xcd\xab\x89\x76\x54\x32\x10\xfe\xdc\xba\x98";

	(void)state;
	assert_true(refs_add(&r, REF_MD, "md0", "01234567:89abcdef:10325476:98badcfe",
			     "a0a1a2a3:b0b1b2b3:c0c1c2c3:d0d1d2d3"));
	assert_false(refs_add(&r, REF_MD, "md0", OLD, NEW));
	replaced(&r, "ARRAY /dev/md0 UUID=01234567:89ABCDEF:10325476:98BADCFE name=x:0",
		 "ARRAY /dev/md0 UUID=A0A1A2A3:B0B1B2B3:C0C1C2C3:D0D1D2D3 name=x:0", 1);
	replaced(&r, "rd.md.uuid=01234567:89abcdef:10325476:98badcfe md-uuid-01234567:89abcdef:",
		 "rd.md.uuid=a0a1a2a3:b0b1b2b3:c0c1c2c3:d0d1d2d3 md-uuid-01234567:89abcdef:", 1);
	replaced(&r, "(mduuid/0123456789abcdef1032547698badcfe)/boot/grub",
		 "(mduuid/a0a1a2a3b0b1b2b3c0c1c2c3d0d1d2d3)/boot/grub", 1);
	replaced(&r, "01234567-89ab-cdef-1032-547698badcfe", "a0a1a2a3-b0b1-b2b3-c0c1-c2c3d0d1d2d3",
		 1);
	assert_int_equal(refs_apply(&r, swapped, 16, REF_ANY), 1);
	assert_memory_equal(swapped, "\xa3\xa2\xa1\xa0\xb3\xb2\xb1\xb0\xc3\xc2\xc1\xc0", 12);
	arena_fini(&a);
}

static void neighbours_are_other_ids(void **state)
{
	struct arena a = {0};
	struct refs r = {.a = &a};

	(void)state;
	refs_add(&r, REF_FAT, "vda15", "c678-48b9", "1a2b-3c4d");
	refs_add(&r, REF_PARTUUID, "vda1", "53e8bffa-c6", "01234567-c6");
	replaced(&r, OLD, OLD, 0);
	replaced(&r, "0c678-48b9 c678-48b9f", "0c678-48b9 c678-48b9f", 0);
	arena_fini(&a);
}

static void binary_forms_follow_and_pinned_ones_stay(void **state)
{
	struct arena a = {0};
	struct refs r = {.a = &a};
	char bytes[] = "\x53\xe8\xbf\xfa\xc6\x78\x48\xb9\xb7\xcb\x1a\x4d\x0b\xb0\x3e\xad";
	char guid[] = "\xfa\xbf\xe8\x53\x78\xc6\xb9\x48\xb7\xcb\x1a\x4d\x0b\xb0\x3e\xad";
	struct ref_hit hit;

	(void)state;
	refs_add(&r, REF_UUID, "vda1", OLD, NEW);
	assert_true(refs_next(&r, bytes, 16, 0, REF_ANY, &hit));
	assert_int_equal(hit.len, 16);
	assert_int_equal(refs_apply(&r, guid, 16, REF_ANY), 1);
	assert_memory_equal(guid, "\x33\x22\x11\x00\x55\x44\x77\x46\x88\x99", 10);
	refs_old(&r, OLD)->pinned = true;
	assert_int_equal(refs_apply(&r, bytes, 16, REF_ANY), 0);
	assert_true(refs_next(&r, bytes, 16, 0, REF_ANY, &hit));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_written_form_follows),
		cmocka_unit_test(arrays_are_written_in_many_ways),
		cmocka_unit_test(found_at_every_offset),
		cmocka_unit_test(neighbours_are_other_ids),
		cmocka_unit_test(binary_forms_follow_and_pinned_ones_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
