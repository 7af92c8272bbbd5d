/* The disk layer: ranges, slices, overlays, faults, raw files. */
#include "templates/disk.h"
#include "templates/disk_overlay.h"

#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { KIB = 1024 };

static int temp_file(uint64_t size)
{
	int fd = sys_open("/tmp", O_TMPFILE | O_RDWR, 0600);

	assert_true(fd >= 0);
	assert_int_equal(sys_truncate(fd, size), 0);
	return fd;
}

static struct disk *patterned(size_t size)
{
	struct disk *d = disk_memory(size);

	for (size_t i = 0; i < size; i++)
		disk_memory_bytes(d)[i] = (uint8_t)(i / 512 + 1);
	return d;
}

static void ranges_are_checked_once_for_all(void **state)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(1000);
	struct err e = {0};
	struct extent x;
	char b[16];

	(void)state;
	assert_int_equal(disk_pread(d, b, 16, 984, &e), 0);
	assert_int_equal(disk_pread(d, b, 16, 985, &e), -EINVAL);
	assert_int_equal(disk_pread(d, b, 16, UINT64_MAX - 3, &e), -EINVAL);
	assert_int_equal(disk_pwrite(d, b, 1, 1000, &e), -EINVAL);
	assert_int_equal(disk_zero(d, 1001, 0, &e), -EINVAL);
	assert_int_equal(disk_extent(d, 0, 0, &x, &e), -EINVAL);
	d->readonly = true;
	assert_int_equal(disk_pwrite(d, b, 1, 0, &e), -EROFS);
	assert_string_equal(e.text, "the disk is opened read-only");
}

static void slice_stays_inside_its_window(void **state)
{
	SCOPED(disk_close_at) struct disk *whole = patterned(8 * KIB);
	SCOPED(disk_close_at) struct disk *part = NULL;
	uint8_t b[512];

	(void)state;
	assert_int_equal(disk_slice(whole, 4096, 4097, &part, NULL), -EINVAL);
	assert_int_equal(disk_slice(whole, UINT64_MAX, 2, &part, NULL), -EINVAL);
	assert_int_equal(disk_slice(whole, 1024, 2048, &part, NULL), 0);
	assert_int_equal(disk_pread(part, b, 512, 0, NULL), 0);
	assert_int_equal(b[0], 3);
	assert_int_equal(disk_pread(part, b, 512, 1537, NULL), -EINVAL);
	assert_int_equal(disk_zero(part, 512, 1536, NULL), 0);
	assert_int_equal(disk_memory_bytes(whole)[2560], 0);
	assert_int_equal(disk_memory_bytes(whole)[3072], 7);
}

static void raw_tells_holes_from_data(void **state)
{
	SCOPED(disk_close_at) struct disk *d = NULL;
	struct extent x;
	char b[4096];

	(void)state;
	assert_int_equal(disk_raw_fd(temp_file(1 << 20), false, &d, NULL), 0);
	memset(b, 'x', sizeof b);
	assert_int_equal(disk_pwrite(d, b, sizeof b, 512 * KIB, NULL), 0);
	assert_int_equal(disk_extent(d, 1 << 20, 0, &x, NULL), 0);
	if (x.kind == EXTENT_DATA)
		skip(); /* the filesystem of /tmp does not tell */
	assert_int_equal(x.len, 512 * KIB);
	assert_int_equal(disk_extent(d, 512 * KIB, 512 * KIB, &x, NULL), 0);
	assert_int_equal(x.kind, EXTENT_DATA);
	assert_int_equal(x.len, 4096);
	assert_int_equal(disk_zero(d, 8192, 508 * KIB, NULL), 0);
	assert_int_equal(disk_pread(d, b, 4096, 510 * KIB, NULL), 0);
	assert_true(bytes_are_zero(b, 2048));
}

static void raw_refuses_what_is_no_file(void **state)
{
	struct disk *d = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(disk_raw_open("/dev/null", true, &d, &e), -EINVAL);
	assert_string_equal(e.text, "/dev/null: neither a regular file nor a block device");
	assert_int_equal(disk_raw_open("/nonexistent/x", true, &d, &e), -ENOENT);
}

static void a_longer_disk_is_zeros_behind_its_end(void **state)
{
	SCOPED(disk_close_at) struct disk *below = disk_memory(1000);
	SCOPED(disk_close_at) struct disk *d = disk_longer(below, 5000);
	uint8_t buf[200];
	struct extent x;

	(void)state;
	memset(disk_memory_bytes(below), 7, 1000);
	memset(buf, 9, sizeof buf);
	assert_int_equal(disk_pread(d, buf, sizeof buf, 900, NULL), 0);
	assert_int_equal(buf[99], 7);
	assert_true(bytes_are_zero(buf + 100, 100));
	assert_int_equal(disk_pread(d, buf, sizeof buf, 4800, NULL), 0);
	assert_true(bytes_are_zero(buf, sizeof buf));
	assert_int_equal(disk_pread(d, buf, 2, 4999, NULL), -EINVAL);
	assert_int_equal(disk_extent(d, 5000, 0, &x, NULL), 0);
	assert_int_equal(x.len, 1000);
	assert_int_equal(x.kind, EXTENT_DATA);
	assert_int_equal(disk_extent(d, 4000, 1000, &x, NULL), 0);
	assert_int_equal(x.len, 4000);
	assert_int_equal(x.kind, EXTENT_HOLE);
	assert_int_equal(disk_pwrite(d, buf, 1, 0, NULL), -EROFS);
}

static void overlay_keeps_writes_to_itself(void **state)
{
	SCOPED(disk_close_at) struct disk *base = patterned(100 * KIB + 100);
	SCOPED(disk_close_at) struct disk *o = disk_overlay(base);
	uint8_t b[100 * KIB + 100];
	struct overlay_run run;

	(void)state;
	memset(b, 0xee, sizeof b);
	assert_int_equal(disk_pwrite(o, b, 5000, 4090, NULL), 0);
	assert_int_equal(disk_pwrite(o, b, 100, 100 * KIB, NULL), 0);
	assert_int_equal(disk_zero(o, 4096, 40 * KIB, NULL), 0);
	assert_int_equal(disk_pread(o, b, sizeof b, 0, NULL), 0);
	for (size_t i = 0; i < sizeof b; i++) {
		uint8_t want = (uint8_t)(i / 512 + 1);

		if ((i >= 4090 && i < 9090) || i >= 100 * KIB)
			want = 0xee;
		else if (i / 4096 == 10)
			want = 0;
		assert_int_equal(b[i], want);
	}
	assert_int_equal(disk_memory_bytes(base)[4090], 4090 / 512 + 1);
	assert_int_equal(overlay_count(o), 5);
	assert_true(overlay_next(o, 0, &run) && run.off == 0 && run.len == 4096);
	assert_true(overlay_next(o, 8192, &run) && run.off == 8192 && run.data);
	assert_true(overlay_next(o, 12288, &run) && run.off == 40 * KIB && !run.data);
	assert_true(overlay_next(o, 41 * KIB, &run) && run.off == 40 * KIB);
	assert_true(overlay_next(o, 44 * KIB, &run) && run.off == 100 * KIB && run.len == 100);
	assert_false(overlay_next(o, run.off + run.len, &run));
	assert_false(overlay_next(o, 104 * KIB, &run));
	overlay_reset(o);
	assert_false(overlay_next(o, 0, &run));
	assert_int_equal(disk_pread(o, b, 1, 4090, NULL), 0);
	assert_int_equal(b[0], 4090 / 512 + 1);
}

static void overlay_extents_follow_what_was_written(void **state)
{
	SCOPED(disk_close_at) struct disk *base = disk_memory(64 * KIB);
	SCOPED(disk_close_at) struct disk *o = disk_overlay(base);
	struct extent x;
	char b[8192] = "data";

	(void)state;
	assert_int_equal(disk_pwrite(o, b, sizeof b, 16 * KIB, NULL), 0);
	assert_int_equal(disk_extent(o, 64 * KIB, 0, &x, NULL), 0);
	assert_true(x.kind == EXTENT_ZERO && x.len == 16 * KIB);
	assert_int_equal(disk_extent(o, 48 * KIB, 16 * KIB, &x, NULL), 0);
	assert_true(x.kind == EXTENT_DATA && x.len == 8192);
	assert_int_equal(disk_zero(o, 4096, 16 * KIB, NULL), 0);
	assert_int_equal(disk_extent(o, 48 * KIB, 16 * KIB, &x, NULL), 0);
	assert_true(x.kind == EXTENT_ZERO && x.len == 4096);
}

static void overlay_agrees_with_plain_memory_under_random_writes(void **state)
{
	enum { SIZE = 300 * KIB + 7 };
	SCOPED(disk_close_at) struct disk *base = patterned(SIZE);
	SCOPED(disk_close_at) struct disk *truth = patterned(SIZE);
	SCOPED(disk_close_at) struct disk *o = disk_overlay(base);
	static uint8_t b[SIZE];
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 500; i++) {
		uint64_t off = (unsigned)rand_r(&seed) % SIZE;
		uint64_t n = (unsigned)rand_r(&seed) % (SIZE - off) % 20000;

		memset(b, i, n);
		if (i % 3 == 0) {
			assert_int_equal(disk_zero(o, n, off, NULL), 0);
			assert_int_equal(disk_zero(truth, n, off, NULL), 0);
		} else {
			assert_int_equal(disk_pwrite(o, b, n, off, NULL), 0);
			assert_int_equal(disk_pwrite(truth, b, n, off, NULL), 0);
		}
	}
	assert_int_equal(disk_pread(o, b, SIZE, 0, NULL), 0);
	assert_memory_equal(b, disk_memory_bytes(truth), SIZE);
}

static void nth_operation_fails(void **state)
{
	SCOPED(disk_close_at) struct disk *base = disk_memory(4096);
	SCOPED(disk_close_at) struct disk *f = disk_fault(base, FAULT_WRITE, 2, EIO);
	struct err e = {0};
	char b[8] = {0};

	(void)state;
	assert_int_equal(disk_pwrite(f, b, 8, 0, &e), 0);
	assert_int_equal(disk_pread(f, b, 8, 0, &e), 0);
	assert_int_equal(disk_pwrite(f, b, 8, 0, &e), -EIO);
	assert_string_equal(e.text, "injected fault: Input/output error");
	assert_int_equal(disk_pwrite(f, b, 8, 0, &e), 0);
}

static void kept_disks_close_with_the_top(void **state)
{
	struct disk *below = disk_memory(4096), *top = NULL;

	(void)state;
	assert_int_equal(disk_slice(below, 0, 10, &top, NULL), 0);
	disk_close(disk_keep(disk_keep(top, below), disk_memory(1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_checked_once_for_all),
		cmocka_unit_test(slice_stays_inside_its_window),
		cmocka_unit_test(raw_tells_holes_from_data),
		cmocka_unit_test(raw_refuses_what_is_no_file),
		cmocka_unit_test(a_longer_disk_is_zeros_behind_its_end),
		cmocka_unit_test(overlay_keeps_writes_to_itself),
		cmocka_unit_test(overlay_extents_follow_what_was_written),
		cmocka_unit_test(overlay_agrees_with_plain_memory_under_random_writes),
		cmocka_unit_test(nth_operation_fails),
		cmocka_unit_test(kept_disks_close_with_the_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
