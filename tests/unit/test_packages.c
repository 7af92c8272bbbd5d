/* Versions out of package databases. */
#include "base/scope.h"
#include "probe/packages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"qemu-utils", "libvirt-daemon"};

static const char dpkg[] = "Package: libvirt-daemon\n"
			   "Status: deinstall ok config-files\n"
			   "Version: 9.0.0-4\n"
			   "\n"
			   "Package: qemu\n"
			   "Status: install ok installed\n"
			   "Version: 1\n"
			   "Description: speaks of\n"
			   " Package: qemu-utils\n"
			   "\n"
			   "Package: qemu-utils\n"
			   "Status: install ok installed\n"
			   "Priority: optional\n"
			   "Version: 1:7.2+dfsg-7\n"
			   "Description: last one\n";

static void dpkg_tells_what_is_installed_now(void **state)
{
	SCOPED(strbuf_fini) struct strbuf out = {0};

	(void)state;
	packages_from_dpkg(dpkg, names, ARRAY_SIZE(names), &out);
	assert_string_equal(strbuf_str(&out), "qemu-utils 1:7.2+dfsg-7\n");
}

static void half_installed_is_not_installed(void **state)
{
	SCOPED(strbuf_fini) struct strbuf out = {0};

	(void)state;
	packages_from_dpkg("Package: qemu-utils\nStatus: install ok half-installed\nVersion: 1\n",
			   names, ARRAY_SIZE(names), &out);
	packages_from_dpkg("Package: qemu-utils", names, ARRAY_SIZE(names), &out);
	assert_string_equal(strbuf_str(&out), "");
}

static void apk_tells_versions(void **state)
{
	SCOPED(strbuf_fini) struct strbuf out = {0};

	(void)state;
	packages_from_apk("C:Q1\nP:qemu-utils\nV:9.1.0-r2\n\nP:qemu\nV:2\n", names,
			  ARRAY_SIZE(names), &out);
	assert_string_equal(strbuf_str(&out), "qemu-utils 9.1.0-r2\n");
}

static void pacman_has_versions_in_names(void **state)
{
	SCOPED(strbuf_fini) struct strbuf out = {0};
	char *dirs[] = {(char *)"ALPM_DB_VERSION", (char *)"qemu-utils-9.1.0-1",
			(char *)"qemu-utils-extra-1.0-1", (char *)"-", (char *)"a-b"};
	struct tree_names list = {.names = dirs, .count = ARRAY_SIZE(dirs)};

	(void)state;
	packages_from_pacman(&list, names, ARRAY_SIZE(names), &out);
	assert_string_equal(strbuf_str(&out), "qemu-utils 9.1.0-1\n");
}

static void a_version_is_found_by_whole_name(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(packages_find(&a, "qemu-utils 2\nqemu 1\n", "qemu"), "1");
	assert_null(packages_find(&a, "qemu-utils 2\n", "qemu"));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dpkg_tells_what_is_installed_now),
		cmocka_unit_test(half_installed_is_not_installed),
		cmocka_unit_test(apk_tells_versions),
		cmocka_unit_test(pacman_has_versions_in_names),
		cmocka_unit_test(a_version_is_found_by_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
