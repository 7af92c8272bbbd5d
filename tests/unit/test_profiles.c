/* The built-in profiles and the check tables must agree. */
#include "probe/host.h"
#include "probe/profile.h"
#include "probe/report.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_built_in_profile_reads(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_true(nprofile_texts >= 15);
	assert_string_equal(profile_texts[0].id, "kvm");
	for (size_t i = 0; i < nprofile_texts; i++) {
		struct profile p;
		struct err e = {0};

		if (profile_find(&a, profile_texts[i].id, &p, &e) < 0)
			fail_msg("%s", e.text);
		assert_string_equal(p.id, profile_texts[i].id);
		assert_true(*p.title && *p.about);
	}
	arena_fini(&a);
}

static void wrong_profiles_are_refused_with_a_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{"id: x\nrequire: [kvm.nod]\n",
		 "p.yaml:2:11: there is no check 'kvm.nod'; did you mean 'kvm.node'?"},
		{"id: x\nrequires: [kvm.node]\n",
		 "p.yaml:2:1: there is no key 'requires' in a profile; did you mean 'require'?"},
		{"id: x\nrequire: kvm.node\n", "p.yaml:2:10: a list of check ids is expected here"},
		{"id: x\n", "needs at least one check under 'require'"},
		{"require: [kvm.node]\n", "needs an 'id'"},
		{"- id\n", "not a profile"},
		{"", "not a profile"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct profile p;
		struct err e = {0};

		assert_true(profile_parse(&a, cases[i].text, strlen(cases[i].text), "p.yaml", &p,
					  &e) < 0);
		if (!strstr(e.text, cases[i].sentence))
			fail_msg("'%s' is not in '%s'", cases[i].sentence, e.text);
	}
	arena_fini(&a);
}

static void check_tables_hold_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < nareas; i++) {
		for (size_t j = 0; j < areas[i]->nchecks; j++) {
			const struct check *c = &areas[i]->checks[j];

			if (check_find(c->id) != c)
				fail_msg("%s: two checks have this id", c->id);
			if (!c->why || !*c->why)
				fail_msg("%s: does not say why it matters", c->id);
			if (c->miss == FAIL && !c->fix)
				fail_msg("%s: can fail without a fix", c->id);
			if (c->after && !check_find(c->after))
				fail_msg("%s: comes after %s, which is not there", c->id, c->after);
			if (c->after && check_find(c->after) == c)
				fail_msg("%s: comes after itself", c->id);
		}
	}
}

/* `after` must name an earlier row: findings are judged in order. */
static void after_names_an_earlier_row(void **state)
{
	const char *seen[1024];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < nareas; i++) {
		for (size_t j = 0; j < areas[i]->nchecks; j++) {
			const struct check *c = &areas[i]->checks[j];
			bool earlier = !c->after;

			for (size_t k = 0; k < n; k++)
				earlier = earlier || str_eq(seen[k], c->after);
			if (!earlier)
				fail_msg("%s: %s is not an earlier row", c->id, c->after);
			seen[n++] = c->id;
		}
	}
}

static void fact_ids_are_unique(void **state)
{
	const char *seen[2048];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < nareas; i++)
		for (size_t j = 0; j < areas[i]->nfacts; j++) {
			for (size_t k = 0; k < n; k++)
				if (str_eq(seen[k], areas[i]->facts[j].id))
					fail_msg("%s: two facts have this id", seen[k]);
			seen[n++] = areas[i]->facts[j].id;
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_built_in_profile_reads),
		cmocka_unit_test(wrong_profiles_are_refused_with_a_place),
		cmocka_unit_test(check_tables_hold_together),
		cmocka_unit_test(after_names_an_earlier_row),
		cmocka_unit_test(fact_ids_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
