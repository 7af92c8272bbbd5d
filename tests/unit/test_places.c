/* The table of places, and the user's rows. */
#include "provision/places.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void globs_stay_inside_one_name(void **state)
{
	(void)state;
	assert_true(place_matches("/etc/ssh/ssh_host_*_key", "/etc/ssh/ssh_host_rsa_key"));
	assert_false(place_matches("/etc/ssh/ssh_host_*_key", "/etc/ssh/ssh_host_rsa_key.pub"));
	assert_false(place_matches("/etc/*", "/etc/ssh/x"));
	assert_true(place_matches("/boot/*/*/initrd*", "/boot/id/6.1/initrd"));
	assert_false(place_matches("/home/*", "/home/.hidden"));
	assert_true(place_matches("/root/.*_history", "/root/.bash_history"));
	assert_true(place_matches("/a/*b*c", "/a/xbybzc"));
	assert_false(place_matches("/a", "/ab"));
}

static void rows_are_whole_and_ids_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < places_count(); i++) {
		const struct place *p = places_at(i);

		assert_true(p->id[0] && p->missed[0] && p->paths[0]);
		for (size_t k = 0; k < 12 && p->paths[k]; k++)
			assert_true(p->paths[k][0] == '/');
		assert_int_equal(p->editor == EDIT_NONE,
				 p->action == PLACE_REMOVE || p->action == PLACE_REPORT);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(p->id, places_at(k)->id);
	}
}

static int read_rows(const char *text, struct err *e)
{
	struct arena a = {0};
	struct place *rows;
	size_t n;
	int r = places_read(&a, text, strlen(text), "places.yaml", &rows, &n, e);

	if (r == 0) {
		assert_int_equal(n, 1);
		assert_string_equal(rows[0].id, "agent");
		assert_string_equal(rows[0].paths[0], "/opt/agent/id");
	}
	arena_fini(&a);
	return r;
}

static void user_rows_are_checked(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(read_rows("- {id: agent, path: /opt/agent/id, action: remove}\n", &e), 0);
	assert_int_equal(
		read_rows("- id: agent\n  paths: [/opt/agent/id, /x]\n  action: uuid\n", &e), 0);
	assert_true(read_rows("- {id: agent, path: /opt/../id, action: remove}\n", &e) < 0);
	assert_non_null(strstr(e.text, "places.yaml:1:"));
	assert_true(read_rows("- {id: agent, path: /x, action: explode}\n", &e) < 0);
	assert_true(read_rows("- {id: agent, action: remove}\n", &e) < 0);
	assert_true(read_rows("id: agent\n", &e) < 0);
	assert_true(read_rows("- [1]\n", &e) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs_stay_inside_one_name),
		cmocka_unit_test(rows_are_whole_and_ids_unique),
		cmocka_unit_test(user_rows_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
