/* A disk lent over NBD, read and written by QEMU; disks changed behind it, and its gate. */
#include "guest_tools.h"

#include "templates/disk_export.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { DISK = 64 << 10, SIZE = 1 << 20 };

/* qemu-io's commands; 0 when all went well. */
static int qemu(const struct disk_export *x, const char *commands)
{
	return shell("qemu-io -f raw %s 'nbd:unix:%s' >/tmp/vmint-qemu-io.$$ 2>&1; r=$?; "
		     "grep -q 'Pattern verification failed\\|failed:' /tmp/vmint-qemu-io.$$ && "
		     "r=1; rm -f /tmp/vmint-qemu-io.$$; exit $r",
		     commands, disk_export_socket(x));
}

static struct disk_export *lend(struct disk *d)
{
	struct disk_export *x = NULL;
	struct err e = {0};

	if (disk_export_open(SIZE, &x, &e) < 0)
		fail_msg("%s", e.text);
	disk_export_put(x, d);
	disk_export_gate(x, true);
	return x;
}

static void qemu_reads_and_writes_it(void **state)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(DISK);
	struct disk_export *x;

	(void)state;
	if (!have("qemu-io"))
		skip();
	x = lend(d);
	memset(disk_memory_bytes(d) + 1024, 0x41, 512);
	assert_int_equal(qemu(x, "-c 'read -P 0x41 1024 512' -c 'write -P 0x42 4096 8192' "
				 "-c 'write -z 1024 512' -c flush -c 'read -P 0 1024 512'"),
			 0);
	assert_int_equal(disk_memory_bytes(d)[4096], 0x42);
	assert_int_equal(disk_memory_bytes(d)[12287], 0x42);
	assert_int_equal(disk_memory_bytes(d)[1024], 0);
	/* behind its end: zeros, and nowhere to write */
	assert_int_equal(qemu(x, "-c 'read -P 0 65536 65536'"), 0);
	assert_int_not_equal(qemu(x, "-c 'write 65536 512'"), 0);
	disk_export_close(x);
}

static void what_is_given_back_becomes_zeros(void **state)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(DISK);
	struct disk_export *x;

	(void)state;
	if (!have("qemu-io"))
		skip();
	x = lend(d);
	memset(disk_memory_bytes(d), 0x41, DISK);
	/* -d unmap: qemu-io drops discards otherwise; the second one goes past the end */
	assert_int_equal(qemu(x, "-d unmap -c 'discard 4096 8192' -c 'discard 61440 65536'"), 0);
	assert_int_equal(disk_memory_bytes(d)[4095], 0x41);
	assert_int_equal(disk_memory_bytes(d)[4096], 0);
	assert_int_equal(disk_memory_bytes(d)[12287], 0);
	assert_int_equal(disk_memory_bytes(d)[12288], 0x41);
	assert_int_equal(disk_memory_bytes(d)[DISK - 1], 0);
	disk_export_close(x);
}

static void a_read_only_disk_is_not_written(void **state)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(DISK);
	struct disk_export *x;

	(void)state;
	if (!have("qemu-io"))
		skip();
	d->readonly = true;
	x = lend(d);
	assert_int_not_equal(qemu(x, "-c 'write -P 1 0 512'"), 0);
	assert_int_equal(disk_memory_bytes(d)[0], 0);
	assert_int_equal(qemu(x, "-c 'read -P 0 0 512'"), 0);
	disk_export_close(x);
}

static void a_disk_is_changed_for_another(void **state)
{
	SCOPED(disk_close_at) struct disk *one = disk_memory(DISK);
	SCOPED(disk_close_at) struct disk *two = disk_memory(DISK);
	struct disk_export *x;

	(void)state;
	if (!have("qemu-io"))
		skip();
	x = lend(one);
	memset(disk_memory_bytes(two), 2, DISK);
	disk_export_put(x, two);
	assert_int_equal(qemu(x, "-c 'read -P 2 0 512' -c 'write -P 3 0 512'"), 0);
	assert_int_equal(disk_memory_bytes(one)[0], 0);
	assert_int_equal(disk_memory_bytes(two)[0], 3);
	disk_export_close(x);
}

static void *open_later(void *x)
{
	usleep(200000);
	disk_export_gate(x, true);
	return NULL;
}

static void requests_wait_at_a_closed_gate(void **state)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(DISK);
	struct disk_export *x;
	pthread_t t;

	(void)state;
	if (!have("qemu-io"))
		skip();
	x = lend(d);
	disk_export_gate(x, false);
	assert_int_not_equal(shell("timeout 0.2 qemu-io -f raw -c 'read 0 512' 'nbd:unix:%s' "
				   ">/dev/null 2>&1",
				   disk_export_socket(x)),
			     0);
	assert_int_equal(pthread_create(&t, NULL, open_later, x), 0);
	assert_int_equal(qemu(x, "-c 'write -P 4 0 512'"), 0);
	pthread_join(t, NULL);
	assert_int_equal(disk_memory_bytes(d)[0], 4);
	disk_export_close(x);
}

static void it_ends_with_nobody_there(void **state)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(DISK);
	struct disk_export *x = lend(d);
	char path[128];

	(void)state;
	snprintf(path, sizeof path, "%s", disk_export_socket(x));
	assert_int_equal(access(path, F_OK), 0);
	disk_export_close(x);
	assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_reads_and_writes_it),
		cmocka_unit_test(what_is_given_back_becomes_zeros),
		cmocka_unit_test(a_read_only_disk_is_not_written),
		cmocka_unit_test(a_disk_is_changed_for_another),
		cmocka_unit_test(requests_wait_at_a_closed_gate),
		cmocka_unit_test(it_ends_with_nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
