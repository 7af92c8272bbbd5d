/* The trial's parent and its record: time limits, crashes, JSON there and back, classes. */
#include "probe/trial.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Stands for an ioctl that never returns. */
static void child_that_hangs(struct trial_notes *n, const struct trial_plan *plan)
{
	(void)plan;
	n->steps[STEP_OPEN].state = STEP_PASSED;
	n->steps[STEP_CREATE_VM].state = STEP_ENTERED;
	for (;;)
		pause();
}

static void child_that_dies(struct trial_notes *n, const struct trial_plan *plan)
{
	(void)plan;
	n->steps[STEP_CREATE_VM].state = STEP_ENTERED;
	_exit(1);
}

static void child_that_succeeds(struct trial_notes *n, const struct trial_plan *plan)
{
	(void)plan;
	n->steps[STEP_HLT].state = STEP_PASSED;
	n->done = 1;
}

static void a_child_that_hangs_is_killed_and_its_step_named(void **state)
{
	struct trial_plan plan = {.limit_ms = 20, .child = child_that_hangs};
	struct trial t;

	(void)state;
	trial_run(&t, &plan);
	assert_int_equal(t.end, TRIAL_KILLED);
	assert_int_equal(t.notes.steps[STEP_OPEN].state, STEP_PASSED);
	assert_int_equal(t.notes.steps[STEP_CREATE_VM].state, STEP_HUNG);
	assert_int_equal(trial_first_failure(&t.notes), STEP_CREATE_VM);
}

/* A machine that stands still for longer than the limit: its parent does not run, and then neither is done. */
static void child_of_a_machine_that_stops(struct trial_notes *n, const struct trial_plan *plan)
{
	kill(getppid(), SIGSTOP);
	usleep((plan->limit_ms + 300) * 1000);
	kill(getppid(), SIGCONT);
	usleep(10000);
	child_that_succeeds(n, plan);
}

static void time_in_which_nothing_ran_does_not_count(void **state)
{
	struct trial_plan plan = {.limit_ms = 600, .child = child_of_a_machine_that_stops};
	struct trial t;

	(void)state;
	trial_run(&t, &plan);
	assert_int_equal(t.end, TRIAL_ENDED);
	assert_int_equal(t.notes.steps[STEP_HLT].state, STEP_PASSED);
}

static void a_child_that_dies_is_told_from_one_that_ends(void **state)
{
	struct trial_plan dies = {.limit_ms = 1000, .child = child_that_dies};
	struct trial_plan ends = {.limit_ms = 1000, .child = child_that_succeeds};
	struct trial t;

	(void)state;
	trial_run(&t, &dies);
	assert_int_equal(t.end, TRIAL_CRASHED);
	assert_int_equal(t.notes.steps[STEP_CREATE_VM].state, STEP_HUNG);
	trial_run(&t, &ends);
	assert_int_equal(t.end, TRIAL_ENDED);
	assert_int_equal(t.notes.steps[STEP_HLT].state, STEP_PASSED);
}

static void what_is_no_kvm_fails_at_its_own_step(void **state)
{
	struct trial_plan absent = {
		.path = "/nonexistent/kvm", .run_guest = true, .limit_ms = 1000};
	struct trial_plan null = {.path = "/dev/null", .run_guest = true, .limit_ms = 1000};
	struct trial t;

	(void)state;
	trial_run(&t, &absent);
	assert_int_equal(t.end, TRIAL_ENDED);
	assert_int_equal(trial_first_failure(&t.notes), STEP_OPEN);
	assert_int_equal(t.notes.steps[STEP_OPEN].err, ENOENT);
	trial_run(&t, &null);
	assert_int_equal(trial_first_failure(&t.notes), STEP_API);
	assert_int_equal(t.notes.steps[STEP_API].err, ENOTTY);
}

static void a_trial_survives_its_json(void **state)
{
	struct trial a = {.end = TRIAL_KILLED}, b;
	struct strbuf text = {0}, again = {0};

	(void)state;
	a.notes.rdonly_err = -1;
	a.notes.ngroups = 2;
	a.notes.groups[1] = 104;
	a.notes.loop_count = 1ull << 40;
	a.notes.limit_as = UINT64_MAX;
	a.notes.steps[STEP_CMPXCHG16B] = (struct step_result){
		.state = STEP_FAILED, .exit = 17, .suberror = 1, .rip = 0x4000};
	a.notes.steps[STEP_OPEN] = (struct step_result){.state = STEP_FAILED, .err = EACCES};
	trial_format(&text, &a);
	assert_true(trial_parse(&b, text.text));
	trial_format(&again, &b);
	assert_string_equal(text.text, again.text);
	assert_memory_equal(&a, &b, sizeof a);
	strbuf_fini(&text);
	strbuf_fini(&again);
}

static void a_damaged_record_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"{\"end\":\"never\"}",
		"{\"end\":7}",
		"{\"end\":\"ended\",\"steps\":{\"open\":{\"state\":\"maybe\"}}}",
		"{\"end\":\"ended\",\"steps\":{\"open\":{\"state\":\"failed\",\"errno\":-1}}}",
	};
	struct trial t;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(trial_parse(&t, bad[i]));
}

static struct trial_notes measured(uint64_t guest_ns, uint64_t exit_ns)
{
	return (struct trial_notes){.loop_count = 1000,
				    .loop_guest_ns = guest_ns,
				    .native_count = 1000,
				    .native_ns = 300,
				    .exit_count = 10,
				    .exit_ns = exit_ns * 10};
}

static void the_class_follows_speed_first_and_exits_then(void **state)
{
	struct trial_notes hardware = measured(310, 1200), nested = measured(330, 25000);
	struct trial_notes pvm = measured(580000, 8000), nothing = {0};

	(void)state;
	assert_int_equal(trial_class(&hardware), CLASS_BARE_METAL);
	assert_int_equal(trial_class(&nested), CLASS_NESTED);
	assert_int_equal(trial_class(&pvm), CLASS_EMULATED);
	assert_int_equal(trial_class(&nothing), CLASS_UNKNOWN);
	assert_true(trial_slowdown(&pvm) > 1900 && trial_slowdown(&pvm) < 2000);
}

static void every_exit_has_words(void **state)
{
	struct step_result emulation = {.state = STEP_FAILED, .exit = 17, .suberror = 1};
	struct step_result strange = {.state = STEP_FAILED, .exit = 4711};
	struct step_result refused = {.state = STEP_FAILED, .err = EBUSY};

	(void)state;
	assert_non_null(strstr(exit_meaning(&emulation), "emulator"));
	assert_string_equal(exit_name(17), "KVM_EXIT_INTERNAL_ERROR");
	assert_non_null(exit_meaning(&strange));
	assert_non_null(strstr(exit_meaning(&refused), "busy"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_that_hangs_is_killed_and_its_step_named),
		cmocka_unit_test(time_in_which_nothing_ran_does_not_count),
		cmocka_unit_test(a_child_that_dies_is_told_from_one_that_ends),
		cmocka_unit_test(what_is_no_kvm_fails_at_its_own_step),
		cmocka_unit_test(a_trial_survives_its_json),
		cmocka_unit_test(a_damaged_record_is_refused),
		cmocka_unit_test(the_class_follows_speed_first_and_exits_then),
		cmocka_unit_test(every_exit_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
