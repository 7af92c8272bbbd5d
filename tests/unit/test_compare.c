/* Who can move where, and which feature forbids it. */
#include "base/json.h"
#include "base/scope.h"
#include "probe/compare.h"
#include "probe/cpu_features.h"
#include "probe/cpu_model.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define V1                                                                                         \
	"fpu tsc msr pae cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 "      \
	"syscall nx lm de pse mce"
#define V2 V1 " cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3"
#define V3 V2 " avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"

static json_t *report(const char *vendor, const char *features, const char *guest, int bits)
{
	json_t *root = json_pack("{s:s, s:{s:{s:s, s:s}, s:{s:s, s:i}}, s:{s:{s:[]}}}", "schema",
				 "vmint.probe/1", "facts", "cpu.vendor", "is", "yes", "text",
				 vendor, "cpu.physical-bits", "is", "yes", "number", bits,
				 "details", "cpu", "features");
	json_t *details = json_object_get(root, "details"), *list = json_array();
	const char *word;
	size_t n;

	while (str_word(&features, &word, &n))
		json_array_append_new(json_object_get(json_object_get(details, "cpu"), "features"),
				      json_stringn(word, n));
	while (guest && str_word(&guest, &word, &n))
		json_array_append_new(list, json_stringn(word, n));
	json_object_set_new(details, "kvm-guest-features", list);
	return root;
}

struct pair {
	json_t *reports[2];
	struct side sides[2];
	struct arena a;
	struct comparison c;
};

/* Takes the reports. */
static void make_pair(struct pair *p, json_t *a, json_t *b, const char *model)
{
	struct err e = {0};

	*p = (struct pair){.reports = {a, b}};
	assert_int_equal(side_init(&p->sides[0], "a", a, &e), 0);
	assert_int_equal(side_init(&p->sides[1], "b", b, &e), 0);
	assert_int_equal(compare(&p->c, &p->a, p->sides, 2, model, &e), 0);
}

static void free_pair(struct pair *p)
{
	arena_fini(&p->a);
	json_decref(p->reports[0]);
	json_decref(p->reports[1]);
}

static void the_missing_feature_is_named(void **state)
{
	struct pair p;

	(void)state;
	make_pair(&p, report("GenuineIntel", V3, NULL, 46), report("GenuineIntel", V2, NULL, 46),
		  NULL);
	assert_int_equal(compare_verdict(&p.c), MOVE_NO);
	assert_int_equal(p.c.nmoves, 2);
	assert_int_equal(p.c.moves[0].nlacking, 9);
	assert_int_equal(p.c.moves[1].can, MOVE_YES);
	assert_int_equal(p.sides[0].level, 3);
	assert_int_equal(p.c.level, 2);
	free_pair(&p);
}

static void features_that_no_guest_sees_forbid_nothing(void **state)
{
	struct pair p;

	(void)state;
	make_pair(
		&p,
		report("GenuineIntel", V2 " dtes64 monitor sgx vnmi tsc_deadline_timer", NULL, 40),
		report("GenuineIntel", V2, NULL, 40), NULL);
	assert_int_equal(compare_verdict(&p.c), MOVE_YES);
	free_pair(&p);
}

static void what_kvm_gives_counts_more_than_what_the_cpu_has(void **state)
{
	struct pair p;

	(void)state;
	make_pair(&p, report("AuthenticAMD", V3 " clzero", V2, 40),
		  report("AuthenticAMD", V2, V2, 40), NULL);
	assert_int_equal(compare_verdict(&p.c), MOVE_YES);
	free_pair(&p);
	make_pair(&p, report("AuthenticAMD", V3, V2 " avx", 40), report("AuthenticAMD", V3, V2, 40),
		  NULL);
	assert_int_equal(compare_verdict(&p.c), MOVE_NO);
	assert_string_equal(p.c.moves[0].lacking[0], "avx");
	free_pair(&p);
}

static void makers_and_address_widths_forbid(void **state)
{
	struct pair p;

	(void)state;
	make_pair(&p, report("GenuineIntel", V2, NULL, 40), report("AuthenticAMD", V2, NULL, 40),
		  NULL);
	assert_int_equal(compare_verdict(&p.c), MOVE_NO);
	assert_non_null(strstr(p.c.moves[0].reason, "different makers"));
	free_pair(&p);
	make_pair(&p, report("GenuineIntel", V2, NULL, 46), report("GenuineIntel", V2, NULL, 39),
		  NULL);
	assert_int_equal(p.c.moves[0].can, MOVE_NO);
	assert_int_equal(p.c.moves[1].can, MOVE_YES);
	free_pair(&p);
}

static void a_model_needs_its_features_on_both(void **state)
{
	struct pair p;
	char text[1024];

	(void)state;
	snprintf(text, sizeof text, "%s avx aes", cpu_model_find("Nehalem")->features);
	make_pair(&p, report("GenuineIntel", text, NULL, 46),
		  report("GenuineIntel", cpu_model_find("Nehalem")->features, NULL, 40), "Nehalem");
	assert_int_equal(compare_verdict(&p.c), MOVE_YES);
	assert_string_equal(p.c.models[0], "Nehalem-v1");
	free_pair(&p);
	make_pair(&p, report("GenuineIntel", text, NULL, 46), report("GenuineIntel", V1, NULL, 40),
		  "SandyBridge");
	assert_int_equal(compare_verdict(&p.c), MOVE_NO);
	assert_non_null(strstr(p.c.moves[0].reason, "does not start whole on a"));
	free_pair(&p);
}

static void unknown_is_not_no(void **state)
{
	struct pair p;

	(void)state;
	make_pair(&p, report("IBM/S390", "", NULL, 0), report("GenuineIntel", V2, NULL, 46), NULL);
	assert_int_equal(compare_verdict(&p.c), MOVE_UNKNOWN);
	assert_false(p.c.cpu_known);
	free_pair(&p);
}

static void facts_that_differ_are_listed_in_order(void **state)
{
	struct pair p;
	json_t *a = report("GenuineIntel", V2, NULL, 46), *b = report("GenuineIntel", V2, NULL, 46);

	(void)state;
	json_object_set_new(json_object_get(a, "facts"), "x", json_pack("{s:s}", "is", "unknown"));
	json_object_set_new(json_object_get(b, "facts"), "x", json_pack("{s:s}", "is", "no"));
	json_object_set_new(json_object_get(a, "facts"), "y", json_pack("{s:s}", "is", "yes"));
	json_object_set_new(json_object_get(b, "facts"), "y", json_pack("{s:s}", "is", "no"));
	json_object_set_new(json_object_get(b, "facts"), "kvm.speed",
			    json_pack("{s:s}", "is", "no"));
	make_pair(&p, a, b, NULL);
	assert_int_equal(p.c.ndifferences, 2);
	assert_string_equal(p.c.differences[0].id, "x");
	assert_null(p.c.differences[0].values[0]);
	assert_false(difference_is_known(&p.c.differences[0], 2));
	assert_true(difference_is_known(&p.c.differences[1], 2));
	free_pair(&p);
}

static void what_is_no_report_is_refused(void **state)
{
	struct side s;
	struct err e = {0};
	json_t *o = json_pack("{s:s}", "schema", "other/1");

	(void)state;
	assert_int_equal(side_init(&s, "x.json", o, &e), -EINVAL);
	assert_non_null(strstr(e.text, "x.json: not a report"));
	json_decref(o);
}

static void near_model_names_are_offered(void **state)
{
	struct comparison c;
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(compare(&c, &a, NULL, 0, "EPYC-Rom", &e), -EINVAL);
	assert_non_null(strstr(e.text, "did you mean 'EPYC-Rome'?"));
	arena_fini(&a);
}

/* ORDER features: the models' words are those of the table. */
static void every_word_of_every_model_is_a_known_feature(void **state)
{
	(void)state;
	assert_true(ncpu_features <= COMPARE_FEATURES);
	assert_true(ncpu_models > 50);
	for (size_t i = 0; i < ncpu_models; i++) {
		const char *at = cpu_models[i].features, *word;
		char name[64];
		size_t n;

		while (str_word(&at, &word, &n)) {
			snprintf(name, sizeof name, "%.*s", (int)n, word);
			if (!cpu_feature_find(name))
				fail_msg("%s: %s", cpu_models[i].name, name);
		}
	}
	assert_ptr_equal(cpu_model_find("EPYC-IBPB"), cpu_model_find("EPYC-v2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_missing_feature_is_named),
		cmocka_unit_test(features_that_no_guest_sees_forbid_nothing),
		cmocka_unit_test(what_kvm_gives_counts_more_than_what_the_cpu_has),
		cmocka_unit_test(makers_and_address_widths_forbid),
		cmocka_unit_test(a_model_needs_its_features_on_both),
		cmocka_unit_test(unknown_is_not_no),
		cmocka_unit_test(facts_that_differ_are_listed_in_order),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(near_model_names_are_offered),
		cmocka_unit_test(every_word_of_every_model_is_a_known_feature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
