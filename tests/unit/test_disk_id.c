/* Ids of foreign images: set in what qemu-img made, read again, and refused where the image is damaged. */
#include "guest_tools.h"

#include "templates/disk_id.h"
#include "templates/disk_nbd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct disk_ids ids = {
	{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x47, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
	 0},
	{0x21, 0x22, 0x33, 0x44, 0x55, 0x66, 0x47, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
	 1},
};

static const struct {
	enum disk_format format;
	const char *qemus;
} formats[] = {{DISK_VDI, "vdi"}, {DISK_VHD, "vpc"}, {DISK_VHDX, "vhdx"}};

/* Something is in it, so that a VHDX has written its log. */
static struct image made(const char *format)
{
	struct image i = image_new(0);

	assert_int_equal(shell("head -c 3000000 /dev/urandom >%s.in; truncate -s 40M %s.in; "
			       "qemu-img convert -f raw -O %s %s.in %s; rm %s.in",
			       i.path, i.path, format, i.path, i.path, i.path),
			 0);
	return i;
}

static void an_id_that_was_set_is_read(void **state)
{
	(void)state;
	if (!have("qemu-img"))
		skip();
	for (size_t k = 0; k < ARRAY_SIZE(formats); k++) {
		SCOPED(image_gone) struct image i = made(formats[k].qemus);
		char before[64], after[64];
		uint8_t id[16];

		said(before, sizeof before,
		     "qemu-img convert -f %s -O raw %s %s.raw; md5sum <%s.raw", formats[k].qemus,
		     i.path, i.path, i.path);
		SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
		assert_int_equal(disk_ids_write(d, formats[k].format, &ids, NULL), 0);
		assert_int_equal(disk_id_read(d, formats[k].format, id, NULL), 0);
		assert_memory_equal(id, ids.image, 16);
		said(after, sizeof after,
		     "qemu-img convert -f %s -O raw %s %s.raw; md5sum <%s.raw; "
		     "rm %s.raw",
		     formats[k].qemus, i.path, i.path, i.path, i.path);
		assert_string_equal(before, after);
		/* vpc has no check */
		assert_int_equal(shell("[ %s = vpc ] || qemu-img check -q -f %s %s",
				       formats[k].qemus, formats[k].qemus, i.path),
				 0);
	}
}

static void damaged_images_are_refused(void **state)
{
	uint8_t id[16];

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(formats); k++) {
		SCOPED(disk_close_at) struct disk *none = disk_memory(0);
		SCOPED(disk_close_at) struct disk *zeros = disk_memory(1 << 20);

		assert_int_equal(disk_id_read(none, formats[k].format, id, NULL), -EINVAL);
		assert_int_equal(disk_id_read(zeros, formats[k].format, id, NULL), -EINVAL);
		assert_int_equal(disk_ids_write(zeros, formats[k].format, &ids, NULL), -EINVAL);
	}
	assert_int_equal(disk_id_read(NULL, DISK_QCOW2, id, NULL), -ENOTSUP);
}

static void a_vhdx_may_not_point_outside(void **state)
{
	uint8_t id[16], bytes[8];
	struct err e = {0};

	(void)state;
	if (!have("qemu-img"))
		skip();
	SCOPED(image_gone) struct image i = made("vhdx");
	SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
	/* one region table damaged: the other one serves */
	assert_int_equal(disk_pwrite(d, "\xff", 1, 196608 + 40, NULL), 0);
	assert_int_equal(disk_id_read(d, DISK_VHDX, id, NULL), 0);
	assert_int_equal(disk_pwrite(d, "\xff", 1, 262144 + 40, NULL), 0);
	assert_int_equal(disk_id_read(d, DISK_VHDX, id, &e), -EINVAL);
	assert_non_null(strstr(e.text, "no region table is right"));
	/* a header with a wrong checksum is not written over */
	memset(bytes, 0xee, sizeof bytes);
	assert_int_equal(disk_pwrite(d, bytes, sizeof bytes, 65536 + 80, NULL), 0);
	assert_int_equal(disk_ids_write(d, DISK_VHDX, &ids, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_that_was_set_is_read),
		cmocka_unit_test(damaged_images_are_refused),
		cmocka_unit_test(a_vhdx_may_not_point_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
