/* The ordered pipeline. */
#include "base/pool.h"
#include "base/scope.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { JOBS = 2000, SLOTS = 5 };

struct job {
	int number, square;
};

struct test {
	int made, taken, fail_make, fail_work, fail_take;
	atomic_int in_flight;
};

static int make(void *ctx, void *slot, struct err *e)
{
	struct test *t = ctx;

	if (t->made == t->fail_make)
		return err_set(e, EIO, "making %d", t->made);
	if (t->made == JOBS)
		return 0;
	((struct job *)slot)->number = t->made++;
	return 1;
}

static int work(void *ctx, void *slot, struct err *e)
{
	struct test *t = ctx;
	struct job *j = slot;

	assert_true(atomic_fetch_add(&t->in_flight, 1) < SLOTS);
	j->square = j->number * j->number;
	atomic_fetch_sub(&t->in_flight, 1);
	return j->number == t->fail_work ? err_set(e, EIO, "working on %d", j->number) : 0;
}

static int take(void *ctx, void *slot, struct err *e)
{
	struct test *t = ctx;
	struct job *j = slot;

	assert_int_equal(j->number, t->taken);
	assert_int_equal(j->square, t->taken * t->taken);
	if (t->taken++ == t->fail_take)
		return err_set(e, ENOSPC, "taking %d", j->number);
	return 0;
}

static const struct pipeline stages = {make, work, take};

static int run(struct test *t, unsigned threads, struct err *e)
{
	struct job jobs[SLOTS];
	void *slots[SLOTS];

	for (int i = 0; i < SLOTS; i++)
		slots[i] = &jobs[i];
	return pipeline_run(&stages, t, slots, SLOTS, threads, e);
}

static void results_come_in_order(void **state)
{
	(void)state;
	for (unsigned threads = 0; threads < 6; threads++) {
		struct test t = {.fail_make = -1, .fail_work = -1, .fail_take = -1};

		assert_int_equal(run(&t, threads, NULL), 0);
		assert_int_equal(t.taken, JOBS);
	}
}

static void first_error_in_order_stops_everything(void **state)
{
	struct test t = {.fail_make = -1, .fail_work = 700, .fail_take = -1};
	struct err e = {0};

	(void)state;
	assert_int_equal(run(&t, 3, &e), -EIO);
	assert_string_equal(e.text, "working on 700");
	assert_int_equal(t.taken, 700);
	t = (struct test){.fail_make = 100, .fail_work = -1, .fail_take = -1};
	assert_int_equal(run(&t, 3, &e), -EIO);
	assert_string_equal(e.text, "making 100");
	t = (struct test){.fail_make = -1, .fail_work = -1, .fail_take = 5};
	assert_int_equal(run(&t, 3, &e), -ENOSPC);
	assert_string_equal(e.text, "taking 5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_come_in_order),
		cmocka_unit_test(first_error_in_order_stops_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
