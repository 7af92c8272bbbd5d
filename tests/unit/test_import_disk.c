/* Importing disks: digests of every byte, errors at every step, many readers at once. */
#include "templates/disk_overlay.h"
#include "templates/disk_vmdk.h"
#include "templates/disk_vmdk_write.h"
#include "templates/import_disk.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 5 << 20, READERS = 4 };

static int add(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)e;
	strbuf_addn(ctx, p, n);
	return 0;
}

static struct disk *source(void)
{
	struct disk *d = disk_memory(SIZE);
	unsigned seed = 3;

	for (size_t i = 0; i < SIZE; i++)
		if (i / 65536 % 5)
			disk_memory_bytes(d)[i] = (uint8_t)((unsigned)rand_r(&seed) >> 4 & 63);
	return d;
}

static struct disk *stream_file(struct disk *src)
{
	SCOPED(strbuf_fini) struct strbuf out = {0};
	struct vmdk_sink to = {add, &out};

	assert_int_equal(vmdk_write(src, NULL, &to, NULL), 0);
	return disk_memory_of(out.text, out.len);
}

static int temp_file(void)
{
	int fd = sys_open("/tmp", O_TMPFILE | O_RDWR, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void every_byte_is_digested_once_and_in_order(void **state)
{
	SCOPED(disk_close_at) struct disk *src = source();
	SCOPED(disk_close_at) struct disk *file = stream_file(src);
	SCOPED(disk_close_at) struct disk *image = NULL;
	SCOPED(strbuf_fini) struct strbuf seen = {0};
	SCOPED(strbuf_fini) struct strbuf made = {0};
	SCOPED(close_at) int fd = temp_file();
	struct import_options o = {.input = add, .ctx = &seen, .threads = 3};

	(void)state;
	assert_int_equal(vmdk_open(file, NULL, &image, NULL), 0);
	assert_int_equal(import_disk(file, image, fd, &o, NULL), 0);
	assert_int_equal(seen.len, file->size);
	assert_memory_equal(seen.text, disk_memory_bytes(file), seen.len);
	assert_int_equal(sys_read_all(fd, &made, SIZE), 0);
	assert_int_equal(made.len, SIZE);
	assert_memory_equal(made.text, disk_memory_bytes(src), SIZE);
}

static void copies_without_a_fast_path_digest_the_same(void **state)
{
	SCOPED(disk_close_at) struct disk *src = source();
	SCOPED(strbuf_fini) struct strbuf seen = {0};
	SCOPED(strbuf_fini) struct strbuf made = {0};
	SCOPED(close_at) int fd = temp_file();
	struct import_options o = {.input = add, .ctx = &seen, .threads = 2};

	(void)state;
	assert_int_equal(import_disk(src, src, fd, &o, NULL), 0);
	assert_memory_equal(seen.text, disk_memory_bytes(src), SIZE);
	assert_int_equal(sys_read_all(fd, &made, SIZE), 0);
	assert_memory_equal(made.text, disk_memory_bytes(src), SIZE);
}

static void every_failed_read_is_reported(void **state)
{
	SCOPED(disk_close_at) struct disk *src = source();
	SCOPED(disk_close_at) struct disk *file = stream_file(src);
	int failures = 0, r = -EIO;

	(void)state;
	for (uint64_t nth = 1; r < 0; nth++) {
		SCOPED(disk_close_at) struct disk *bad = disk_fault(file, FAULT_READ, nth, EIO);
		SCOPED(disk_close_at) struct disk *image = NULL;
		SCOPED(close_at) int fd = temp_file();
		struct import_options o = {.qcow2 = nth % 2, .threads = 2};
		struct err e = {0};

		r = vmdk_open(bad, NULL, &image, &e);
		if (r == 0)
			r = import_disk(bad, image, fd, &o, &e);
		if (r < 0)
			assert_string_equal(e.text, "injected fault: Input/output error");
		failures += r < 0;
	}
	assert_true(failures > 10);
}

static int stop(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	return done > total / 2 ? -EINTR : 0;
}

static void progress_can_stop_it(void **state)
{
	SCOPED(disk_close_at) struct disk *src = source();
	SCOPED(disk_close_at) struct disk *file = stream_file(src);
	SCOPED(disk_close_at) struct disk *image = NULL;
	SCOPED(close_at) int fd = temp_file();
	struct import_options o = {.progress = stop};

	(void)state;
	assert_int_equal(vmdk_open(file, NULL, &image, NULL), 0);
	assert_int_equal(import_disk(file, image, fd, &o, NULL), -EINTR);
}

struct reader {
	struct disk *image, *truth;
	unsigned seed;
	int wrong;
};

static void *read_about(void *arg)
{
	struct reader *rd = arg;
	static _Thread_local uint8_t buf[100000];

	for (int i = 0; i < 300; i++) {
		uint64_t off = (unsigned)rand_r(&rd->seed) % SIZE;
		size_t n = (unsigned)rand_r(&rd->seed) % sizeof buf;

		if (n > SIZE - off)
			n = (size_t)(SIZE - off);
		if (disk_pread(rd->image, buf, n, off, NULL) < 0 ||
		    memcmp(buf, disk_memory_bytes(rd->truth) + off, n) != 0)
			rd->wrong++;
	}
	return NULL;
}

static void many_threads_read_one_disk(void **state)
{
	SCOPED(disk_close_at) struct disk *src = source();
	SCOPED(disk_close_at) struct disk *file = stream_file(src);
	SCOPED(disk_close_at) struct disk *image = NULL;
	struct reader readers[READERS];
	pthread_t ids[READERS];

	(void)state;
	assert_int_equal(vmdk_open(file, NULL, &image, NULL), 0);
	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (struct reader){image, src, i, 0};
		assert_int_equal(pthread_create(&ids[i], NULL, read_about, &readers[i]), 0);
	}
	for (unsigned i = 0; i < READERS; i++) {
		pthread_join(ids[i], NULL);
		assert_int_equal(readers[i].wrong, 0);
	}
}

static void rewriting_copies_what_nobody_changed(void **state)
{
	SCOPED(disk_close_at) struct disk *src = source();
	SCOPED(disk_close_at) struct disk *file = stream_file(src);
	SCOPED(disk_close_at) struct disk *image = NULL;
	SCOPED(disk_close_at) struct disk *overlay = NULL;
	SCOPED(strbuf_fini) struct strbuf out = {0};
	struct vmdk_sink to = {add, &out};

	(void)state;
	assert_int_equal(vmdk_open(file, NULL, &image, NULL), 0);
	overlay = disk_overlay(image);
	assert_int_equal(vmdk_rewrite(image, overlay, NULL, &to, NULL), 0);
	assert_int_equal(out.len, file->size);
	assert_memory_equal(out.text, disk_memory_bytes(file), out.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_digested_once_and_in_order),
		cmocka_unit_test(copies_without_a_fast_path_digest_the_same),
		cmocka_unit_test(every_failed_read_is_reported),
		cmocka_unit_test(progress_can_stop_it),
		cmocka_unit_test(many_threads_read_one_disk),
		cmocka_unit_test(rewriting_copies_what_nobody_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
