/* Names of /dev/disk/by-id: what they are made of, and what they become. */
#include "provision/by_id.h"
#include "provision/guest_parts.h"

#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void names_say_what_they_are_made_of(void **state)
{
	static const struct {
		const char *name;
		enum by_id_kind kind;
		const char *value;
		unsigned part;
	} rows[] = {
		{"virtio-0123456789abcdef0123-part1", BY_ID_DISK, "virtio-0123456789abcdef0123", 1},
		{"virtio-a-part1b", BY_ID_DISK, "virtio-a-part1b", 0},
		{"scsi-0QEMU_QEMU_HARDDISK_drive-scsi0-part14", BY_ID_DISK,
		 "scsi-0QEMU_QEMU_HARDDISK_drive-scsi0", 14},
		{"ata-QEMU_HARDDISK_QM00001", BY_ID_DISK, "ata-QEMU_HARDDISK_QM00001", 0},
		{"nvme-eui.0025385b71b00000-part2", BY_ID_DISK, "nvme-eui.0025385b71b00000", 2},
		{"wwn-0x5000c500a1b2c3d4-part", BY_ID_DISK, "wwn-0x5000c500a1b2c3d4-part", 0},
		{"wwn-0x5000c500a1b2c3d4-part12345", BY_ID_DISK, "wwn-0x5000c500a1b2c3d4-part12345",
		 0},
		{"dm-name-vg-root", BY_ID_MAPPER, "vg-root", 0},
		{"dm-uuid-LVM-abc", BY_ID_LV, "abc", 0},
		{"lvm-pv-uuid-a-b", BY_ID_PV, "a-b", 0},
		{"md-uuid-01234567:89abcdef:01234567:89abcdef", BY_ID_ARRAY,
		 "01234567:89abcdef:01234567:89abcdef", 0},
		{"dm-uuid-CRYPT-LUKS2-0123-luks", BY_ID_OTHER, "", 0},
		{"", BY_ID_OTHER, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct by_id b = by_id_read(rows[i].name);

		assert_int_equal(b.kind, rows[i].kind);
		assert_string_equal(b.value, rows[i].value);
		assert_int_equal(b.part, rows[i].part);
	}
}

static void serial_numbers_end_a_name(void **state)
{
	static const char serial[] = "0123456789abcdef0123";
	static const struct {
		const char *name;
		bool has;
	} rows[] = {
		{"virtio-0123456789abcdef0123", true},
		{"virtio-0123456789abcdef0123-part2", true},
		{"scsi-0QEMU_QEMU_HARDDISK_0123456789abcdef0123", true},
		{"ata-QEMU_HARDDISK_0123456789abcdef0123-part1", true},
		{"virtio-90123456789abcdef0123", false},
		{"virtio-0123456789abcdef012", false},
		{"virtio-", false},
		{"dm-name-0123456789abcdef0123", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct by_id b = by_id_read(rows[i].name);

		assert_int_equal(by_id_has_serial(&b, serial), rows[i].has);
	}
}

static void paths_of_disks_are_told(void **state)
{
	(void)state;
	assert_true(by_id_is_disk(BY_ID "virtio-abc-part1"));
	assert_false(by_id_is_disk(BY_ID "dm-name-vg-root"));
	assert_false(by_id_is_disk("/dev/disk/by-uuid/virtio-abc"));
}

static const char *first_only(void *ctx, const char *name)
{
	(*(size_t *)ctx)++;
	return strstr(name, "part1") ? "/dev/disk/by-uuid/1234" : NULL;
}

static void texts_keep_what_is_no_disk(void **state)
{
	static const char text[] = "/dev/disk/by-id/virtio-abc-part1 / ext4\n"
				   "/dev/disk/by-id/virtio-abc-part2 /x\n"
				   "root=/dev/disk/by-id/virtio-abc-part1,/dev/disk/by-id/"
				   "dm-name-vg-part1 /dev/disk/by-id/";
	static const char want[] = "/dev/disk/by-uuid/1234 / ext4\n"
				   "/dev/disk/by-id/virtio-abc-part2 /x\n"
				   "root=/dev/disk/by-uuid/1234,/dev/disk/by-id/"
				   "dm-name-vg-part1 /dev/disk/by-id/";
	struct strbuf out = {0};
	size_t asked = 0;

	(void)state;
	assert_int_equal(by_id_replace(text, sizeof text - 1, first_only, &asked, &out), 2);
	assert_string_equal(strbuf_str(&out), want);
	assert_int_equal(asked, 3);
	strbuf_fini(&out);
}

/* Whatever the length: the end of the text is not read over. */
static void cut_texts_stay(void **state)
{
	static const char text[] = BY_ID "virtio-abc-part1";

	(void)state;
	for (size_t n = 0; n < sizeof text - 1; n++) {
		struct strbuf out = {0};
		char *copy = malloc(n + 1);
		size_t asked = 0;

		assert_non_null(copy);
		memcpy(copy, text, n);
		by_id_replace(copy, n, first_only, &asked, &out);
		assert_int_equal(out.len, n);
		strbuf_fini(&out);
		free(copy);
	}
}

static void specs_lead_to_volumes(void **state)
{
	struct volume volumes[] = {
		{.device = "vda1", .type = "ext4", .uuid = "", .label = ""},
		{.device = "vda2",
		 .type = "LVM2_member",
		 .uuid = "5zzOGK-CJme-3cbf-KcoR-fmnE-AcpB-C9YxtV",
		 .label = ""},
		{.device = "vg-a/root", .type = "ext4", .uuid = "", .label = "", .logical = true},
	};
	struct lvm_volume lv = {"root", "aaaOGK-CJme-3cbf-KcoR-fmnE-AcpB-C9Yxta"};
	struct lvm_group group = {.name = "vg-a",
				  .id = "bbbOGK-CJme-3cbf-KcoR-fmnE-AcpB-C9Yxtb",
				  .volumes = &lv,
				  .nvolumes = 1};
	struct arena a = {0};
	struct guest g = {.a = &a};

	(void)state;
	g.storage = (struct storage){.a = &a,
				     .ndisks = 1,
				     .volumes = volumes,
				     .nvolumes = ARRAY_SIZE(volumes),
				     .groups = &group,
				     .ngroups = 1};
	assert_int_equal(guest_spec_volume(&g, BY_ID "virtio-abc-part1"), 0);
	assert_int_equal(guest_spec_volume(&g, BY_ID "wwn-0x5000-part2"), 1);
	assert_int_equal(guest_spec_volume(&g, BY_ID "wwn-0x5000-part3"), SIZE_MAX);
	assert_int_equal(
		guest_spec_volume(&g, BY_ID "lvm-pv-uuid-5zzOGK-CJme-3cbf-KcoR-fmnE-AcpB-C9YxtV"),
		1);
	assert_int_equal(guest_spec_volume(&g, BY_ID "dm-name-vg--a-root"), 2);
	assert_int_equal(guest_spec_volume(&g, BY_ID "dm-uuid-LVM-bbbOGKCJme3cbfKcoRfmnEAcpBC9Yxtb"
						     "aaaOGKCJme3cbfKcoRfmnEAcpBC9Yxta"),
			 2);
	assert_int_equal(guest_spec_volume(&g, BY_ID "dm-uuid-LVM-aaaOGKCJme3cbfKcoRfmnEAcpBC9Yxta"
						     "bbbOGKCJme3cbfKcoRfmnEAcpBC9Yxtb"),
			 SIZE_MAX);
	/* of two disks nobody knows which one it is */
	g.storage.ndisks = 2;
	assert_int_equal(guest_spec_volume(&g, BY_ID "virtio-abc-part1"), SIZE_MAX);
	/* but the root's, when fstab says so */
	g.root_disk = "virtio-abc";
	assert_int_equal(guest_spec_volume(&g, BY_ID "virtio-abc-part2"), 1);
	assert_int_equal(guest_spec_volume(&g, BY_ID "virtio-abcd-part2"), SIZE_MAX);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_say_what_they_are_made_of),
		cmocka_unit_test(serial_numbers_end_a_name),
		cmocka_unit_test(paths_of_disks_are_told),
		cmocka_unit_test(texts_keep_what_is_no_disk),
		cmocka_unit_test(cut_texts_stay),
		cmocka_unit_test(specs_lead_to_volumes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
