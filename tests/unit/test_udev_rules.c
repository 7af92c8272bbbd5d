/* What udev's rules make of a node. */
#include "probe/udev_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct udev_effect effect_of(struct arena *a, const char *text)
{
	struct udev_effect e = {0};

	udev_rules_apply(&e, a, text, "50-x.rules", "kvm", "misc");
	return e;
}

static void debians_rule_is_understood(void **state)
{
	struct arena a = {0};
	struct udev_effect e = effect_of(
		&a, "# KERNEL==\"kvm\", MODE=\"0777\"\n"
		    "ACTION==\"remove\", GOTO=\"default_end\"\n"
		    "KERNEL==\"kvm\", GROUP=\"kvm\", MODE=\"0660\", OPTIONS+=\"static_node=kvm\"\n"
		    "KERNEL==\"vfio\", MODE=\"0666\"\n"
		    "SUBSYSTEM==\"misc\", KERNEL==\"kvm\", TAG+=\"uaccess\"\n");

	(void)state;
	assert_true(e.matched && e.has_mode && e.static_node && e.uaccess);
	assert_int_equal(e.mode, 0660);
	assert_string_equal(e.group, "kvm");
	assert_string_equal(e.file, "50-x.rules");
	arena_fini(&a);
}

static void later_rules_win_and_alternatives_match(void **state)
{
	struct arena a = {0};
	struct udev_effect e = effect_of(&a, "KERNEL==\"kvm\", MODE=\"0660\"\n"
					     "KERNEL==\"vfio|kv*\", \\\n  MODE=\"0666\"\n");

	(void)state;
	assert_int_equal(e.mode, 0666);
	arena_fini(&a);
}

static void what_cannot_be_judged_does_not_count(void **state)
{
	struct arena a = {0};
	struct udev_effect e = effect_of(&a, "KERNEL==\"kvm\", ENV{X}==\"1\", MODE=\"0666\"\n"
					     "KERNEL==\"kvm\", SUBSYSTEM!=\"misc\", MODE=\"0666\"\n"
					     "MODE=\"0666\"\n"
					     "KERNEL==\"kvm\", MODE=\"99999\"\n"
					     "KERNEL==\"kvm\" MODE=\n"
					     "KERNEL==\"kvm");

	(void)state;
	assert_false(e.has_mode);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debians_rule_is_understood),
		cmocka_unit_test(later_rules_win_and_alternatives_match),
		cmocka_unit_test(what_cannot_be_judged_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
