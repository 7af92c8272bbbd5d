/* Tools of captured hosts. */
#include "base/scope.h"
#include "probe/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct probe_options with_versions = {.versions = true};

static struct host *open_host(const char *path)
{
	struct host *h = xcalloc(1, sizeof *h);
	struct err e;

	assert_int_equal(tree_open(&h->t, path, &e), 0);
	h->a = tree_arena(h->t);
	h->opt = &with_versions;
	tools_area.gather(h);
	return h;
}

static void close_host(struct host *h)
{
	tree_close(h->t);
	free(h);
}

static struct finding judge(struct host *h, const char *id)
{
	struct finding f = {.a = h->a};

	for (size_t i = 0; i < tools_area.nchecks; i++)
		if (strcmp(tools_area.checks[i].id, id) == 0)
			f.check = &tools_area.checks[i];
	assert_non_null(f.check);
	f.check->judge(h, &f);
	return f;
}

static void tools_are_found_with_their_versions(void **state)
{
	struct host *h = open_host("tests/fixtures/hosts/debian-tools");

	(void)state;
	assert_string_equal(h->tools.found[TOOL_QEMU_IMG].text, "/usr/bin/qemu-img");
	assert_string_equal(h->tools.version[TOOL_QEMU_IMG].text, "1:7.2+dfsg-7");
	assert_string_equal(h->tools.found[TOOL_LIBVIRT].text, "/usr/sbin/libvirtd");
	assert_string_equal(h->tools.version[TOOL_LIBVIRT].text, "9.0.0-4+deb12u2");
	close_host(h);
}

static void a_local_build_is_no_package(void **state)
{
	struct host *h = open_host("tests/fixtures/hosts/debian-tools");

	(void)state;
	assert_string_equal(h->tools.found[TOOL_PODMAN].text, "/usr/local/bin/podman");
	assert_true(fact_is_unknown(h->tools.version[TOOL_PODMAN]));
	close_host(h);
}

static void a_missing_tool_comes_with_its_package(void **state)
{
	struct host *h = open_host("tests/fixtures/hosts/debian-tools");
	struct finding f = judge(h, "tools.swtpm");

	(void)state;
	assert_int_equal(f.verdict, SKIP);
	assert_true(f.missed);
	assert_non_null(strstr(f.fix, "swtpm"));
	close_host(h);
}

static void a_silent_libvirt_is_not_enough(void **state)
{
	struct host *h = open_host("tests/fixtures/hosts/debian-tools");
	struct finding f = judge(h, "tools.libvirt");

	(void)state;
	assert_int_equal(f.verdict, WARN);
	assert_false(f.missed);
	close_host(h);
}

static void a_tree_without_programs_tells_nothing_of_programs(void **state)
{
	struct host *h = open_host("tests/fixtures/hosts/intel-vfio-ready");

	(void)state;
	assert_true(fact_is_unknown(h->tools.found[TOOL_QEMU]));
	close_host(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tools_are_found_with_their_versions),
		cmocka_unit_test(a_local_build_is_no_package),
		cmocka_unit_test(a_missing_tool_comes_with_its_package),
		cmocka_unit_test(a_silent_libvirt_is_not_enough),
		cmocka_unit_test(a_tree_without_programs_tells_nothing_of_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
