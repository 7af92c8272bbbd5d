/* The catalogue of areas, checks and facts as a whole. */
#include "probe/host.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_area_is_listed_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < nareas; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(areas[i]->name, areas[k]->name);
}

static bool seen_before(size_t area, size_t check, const char *id)
{
	for (size_t i = 0; i <= area; i++)
		for (size_t k = 0; k < (i == area ? check : areas[i]->nchecks); k++)
			if (str_eq(areas[i]->checks[k].id, id))
				return true;
	return false;
}

static void check_ids_are_unique_and_depend_on_earlier_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < nareas; i++)
		for (size_t k = 0; k < areas[i]->nchecks; k++) {
			const struct check *c = &areas[i]->checks[k];

			if (seen_before(i, k, c->id))
				fail_msg("%s is there twice", c->id);
			if (c->after && !seen_before(i, k, c->after))
				fail_msg("%s comes before %s", c->id, c->after);
			if (c->miss == FAIL && !c->fix && !c->judge)
				fail_msg("%s has no fix", c->id);
		}
}

static void fact_ids_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < nareas; i++)
		for (size_t k = 0; k < areas[i]->nfacts; k++)
			for (size_t j = 0; j < k; j++)
				assert_string_not_equal(areas[i]->facts[k].id,
							areas[i]->facts[j].id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_area_is_listed_once),
		cmocka_unit_test(check_ids_are_unique_and_depend_on_earlier_ones),
		cmocka_unit_test(fact_ids_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
