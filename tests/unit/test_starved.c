/* Starved by its host, or broken: what a boot got of the processors, what its kernel said, and how it ended. */
#include "base/scope.h"
#include "provision/boot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A boot of so many seconds that asks for one processor and gets this share, and is idle behind busy. */
static struct boot_meter boot(unsigned seconds, double share, unsigned busy)
{
	struct boot_load l = {0};
	struct boot_meter m = {0};

	for (unsigned i = 1; i <= seconds; i++) {
		l.at = i;
		l.had += i <= busy ? share : 0.01;
		l.missed += i <= busy ? 1 - share : 0;
		boot_meter_add(&m, l);
	}
	return m;
}

static void shares_are_of_the_last_half(void **state)
{
	struct boot_meter none = {0}, m;

	(void)state;
	assert_true(boot_meter_share(&none) == 1);
	for (unsigned n = 2; n < 400; n++) {
		m = boot(n, 0.25, n);
		assert_true(boot_meter_share(&m) > 0.24 && boot_meter_share(&m) < 0.26);
		assert_true(m.last.at - m.before.at >= n / 2);
	}
	/* starved once, idle since: it does not wait for a processor */
	m = boot(300, 0.25, 60);
	assert_true(boot_meter_share(&m) == 1);
}

static const char *judge(enum boot_end end, double share, const char *console, struct arena *a)
{
	struct boot_result r = {.end = end, .meter = boot(100, share, 100)};

	console_watch_feed(&r.console, console, strlen(console));
	return boot_starved(&r, a);
}

static void what_comes_too_late_is_the_hosts(void **state)
{
	static const struct {
		enum boot_end end;
		double share;
		const char *console;
		const char *why; /* NULL: the guest's own fault, or none */
	} rows[] = {
		{BOOT_TIMEOUT, 0.2, "", "20 % of the processor time"},
		{BOOT_TIMEOUT, 0.9, "", NULL},
		{BOOT_TIMEOUT, 0.7, "", NULL},
		{BOOT_TIMEOUT, 0.7, "watchdog: BUG: soft lockup - CPU#1 stuck for 26s!\r\n",
		 "70 % of the processor time it asked for: soft lockup - CPU#1 stuck"},
		{BOOT_TIMEOUT, 0.9, "rcu: INFO: rcu_sched self-detected stall on CPU\r\n", NULL},
		{BOOT_FAILED, 0.2, "You are in emergency mode.\r\n", "20 %"},
		{BOOT_FAILED, 0.9, "You are in emergency mode.\r\n", NULL},
		{BOOT_FAILED, 0.2, "(initramfs) ", "20 %"},
		{BOOT_FAILED, 0.2, "grub rescue> ", NULL},
		{BOOT_FAILED, 0.2, "No bootable device.\r\n", NULL},
		{BOOT_FAILED, 0.2, "Kernel panic - not syncing: VFS: Unable to mount root fs\r\n",
		 NULL},
		{BOOT_FAILED, 0.9,
		 "[    0.1] Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with "
		 "apic=debug\r\n",
		 "missed its timer: [    0.1] Kernel panic - not syncing: IO-APIC + timer"},
		{BOOT_FAILED, 0.9, "Kernel panic - not syncing: softlockup: hung tasks\r\n",
		 "missed its timer"},
		/* the words alone are no panic */
		{BOOT_TIMEOUT, 0.9, "IO-APIC + timer doesn't work\r\n", NULL},
		{BOOT_LOGIN, 0.2, "web-1 login: ", NULL},
		{BOOT_LOGIN, 0.2, "Timed out waiting for device /dev/x.\r\nweb-1 login: ", "20 %"},
		{BOOT_LOGIN, 0.9, "Timed out waiting for device /dev/x.\r\nweb-1 login: ", NULL},
		{BOOT_RESETS, 0.2, "", NULL},
		{BOOT_ENDED, 0.2, "", NULL},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = judge(rows[i].end, rows[i].share, rows[i].console, &a);

		if (!rows[i].why)
			assert_null(why);
		else if (!why || !strstr(why, rows[i].why))
			fail_msg("row %zu: %s", i, why ? why : "(nothing)");
	}
	arena_fini(&a);
}

static void a_button_that_is_not_heard_in_time(void **state)
{
	struct boot_result r = {.end = BOOT_LOGIN, .power_asked = true};
	struct arena a = {0};

	(void)state;
	r.meter = boot(100, 0.2, 100);
	assert_non_null(boot_starved(&r, &a));
	r.powered_off = true;
	assert_null(boot_starved(&r, &a));
	arena_fini(&a);
}

/* Stalls are no failures by themselves. */
static void stalls_are_counted_not_noted(void **state)
{
	static const char text[] = "clocksource: timekeeping watchdog on CPU0: Marking clocksource "
				   "'tsc' as unstable\r\nINFO: rcu_preempt detected stalls on "
				   "CPUs/tasks:\r\nweb-1 login: ";
	struct console_watch w = {0};

	(void)state;
	console_watch_feed(&w, text, sizeof text - 1);
	assert_int_equal(w.end, CONSOLE_LOGIN);
	assert_int_equal(w.nnotes, 0);
	assert_int_equal(w.stalls, 2);
	assert_string_equal(w.stall, "detected stalls on CPUs/tasks:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_of_the_last_half),
		cmocka_unit_test(what_comes_too_late_is_the_hosts),
		cmocka_unit_test(a_button_that_is_not_heard_in_time),
		cmocka_unit_test(stalls_are_counted_not_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
