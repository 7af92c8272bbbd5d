/* YAML trees, and the documents that are refused. */
#include "base/str.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int parse(struct arena *a, const char *text, struct yaml_node **out, struct err *e)
{
	return yaml_parse(a, text, strlen(text), "x.yaml", out, e);
}

static void a_map_remembers_lines(void **state)
{
	struct arena a = {0};
	struct yaml_node *n = NULL;
	const struct yaml_node *v;
	struct err e = {0};

	(void)state;
	assert_int_equal(parse(&a, "id: kvm\nlist:\n  - one\n  - two\n", &n, &e), 0);
	v = yaml_get(n, "list");
	assert_non_null(v);
	assert_int_equal(v->kind, YAML_LIST);
	assert_int_equal(v->count, 2);
	assert_int_equal(v->items[1]->line, 4);
	assert_int_equal(v->items[1]->column, 5);
	assert_string_equal(yaml_get(n, "id")->text, "kvm");
	arena_fini(&a);
}

static void refuses(const char *text, const char *sentence)
{
	struct arena a = {0};
	struct yaml_node *n = NULL;
	struct err e = {0};

	assert_true(parse(&a, text, &n, &e) < 0);
	if (!strstr(e.text, sentence))
		fail_msg("'%s' is not in '%s'", sentence, e.text);
	arena_fini(&a);
}

static void bad_documents_get_a_line_and_a_reason(void **state)
{
	(void)state;
	refuses("a: 1\na: 2\n", "x.yaml:2:1: the key 'a' is there twice");
	refuses("a: [1, 2\nb: 3\n", "x.yaml:2:");
	refuses("a: *nothing\n", "x.yaml:1:4: an alias to an anchor that is not there");
	refuses("a: &x [*x]\n", "an alias inside the value that it names");
	refuses("a: \"\\0\"\n", "NUL byte");
	refuses("\xff\xfe\xfd", "x.yaml");
	refuses("a: 1\nb: \001\n", "x.yaml:2:4: control characters are not allowed");
}

static void alias_bombs_are_refused(void **state)
{
	struct strbuf b = {0};

	(void)state;
	strbuf_add(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++) {
		strbuf_printf(&b, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			strbuf_printf(&b, "%s*a%d", j ? "," : "", i - 1);
		strbuf_add(&b, "]\n");
	}
	refuses(strbuf_str(&b), "more than 200000 values");
	strbuf_fini(&b);
}

static void deep_nesting_is_refused(void **state)
{
	char deep[201];

	(void)state;
	memset(deep, '[', 200);
	deep[200] = '\0';
	refuses(deep, "nested deeper than 64 levels");
}

static void scalars_read_as_yaml_words(void **state)
{
	struct arena a = {0};
	struct yaml_node *n = NULL;
	struct err e = {0};
	bool b = false;
	int64_t i;

	(void)state;
	assert_int_equal(parse(&a, "[yes, \"yes\", 12, ~, '']", &n, &e), 0);
	assert_true(yaml_to_bool(n->items[0], &b) && b);
	assert_false(yaml_to_bool(n->items[1], &b));
	assert_true(yaml_to_int(n->items[2], &i) && i == 12);
	assert_true(yaml_is_null(n->items[3]));
	assert_false(yaml_is_null(n->items[4]));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_remembers_lines),
		cmocka_unit_test(bad_documents_get_a_line_and_a_reason),
		cmocka_unit_test(alias_bombs_are_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(scalars_read_as_yaml_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
