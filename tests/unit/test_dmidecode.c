/* dmidecode's text. */
#include "base/arena.h"
#include "base/scope.h"
#include "probe/dmidecode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void fields_come_from_their_structures(void **state)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct dmi d;

	(void)state;
	dmidecode_parse(&a,
			"# dmidecode 3.3\n"
			"Handle 0x0000, DMI type 0, 24 bytes\nBIOS Information\n"
			"\tVendor: SeaBIOS\n\tVersion: 1.16\n"
			"\tCharacteristics:\n\t\tSystem is a virtual machine\n\n"
			"Handle 0x0100, DMI type 1, 27 bytes\nSystem Information\n"
			"\tManufacturer: QEMU\n\tProduct Name: Standard PC (Q35 + ICH9, 2009)\n"
			"\tVersion: Not Specified\n\n"
			"Handle 0x0400, DMI type 4, 42 bytes\nProcessor Information\n"
			"\tManufacturer: Intel\n\tVersion: pc-q35\n",
			&d);
	assert_true(d.found);
	assert_true(d.says_vm);
	assert_string_equal(dmi_get(&d, DMI_BIOS_VENDOR), "SeaBIOS");
	assert_string_equal(dmi_get(&d, DMI_BIOS_VERSION), "1.16");
	assert_string_equal(dmi_get(&d, DMI_SYS_VENDOR), "QEMU");
	assert_string_equal(dmi_get(&d, DMI_PRODUCT_NAME), "Standard PC (Q35 + ICH9, 2009)");
	assert_string_equal(dmi_get(&d, DMI_PRODUCT_VERSION), "");
	assert_string_equal(dmi_get(&d, DMI_BOARD_VENDOR), "");
}

static void old_and_quiet_texts_are_read_too(void **state)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct dmi d;

	(void)state;
	dmidecode_parse(&a,
			"Handle 0x0001\n\tDMI type 1, 25 bytes.\n\tSystem Information\n"
			"\t\tManufacturer: VMware, Inc.\n",
			&d);
	assert_string_equal(dmi_get(&d, DMI_SYS_VENDOR), "VMware, Inc.");
	dmidecode_parse(
		&a, "System Information\n\tManufacturer: Xen\n\nOn Board Devices\n\tVendor: x\n",
		&d);
	assert_string_equal(dmi_get(&d, DMI_SYS_VENDOR), "Xen");
	assert_string_equal(dmi_get(&d, DMI_BIOS_VENDOR), "");
}

static void the_first_structure_of_a_type_wins(void **state)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct dmi d;

	(void)state;
	dmidecode_parse(&a,
			"Handle 0x1, DMI type 2, 8 bytes\n\tManufacturer: First\n"
			"Handle 0x2, DMI type 2, 8 bytes\n\tManufacturer: Second\n"
			"\tProduct Name: Riser\n",
			&d);
	assert_string_equal(dmi_get(&d, DMI_BOARD_VENDOR), "First");
	assert_string_equal(dmi_get(&d, DMI_BOARD_NAME), "");
}

static void texts_without_a_table_find_nothing(void **state)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct dmi d;

	(void)state;
	dmidecode_parse(&a, "# dmidecode 3.3\n/dev/mem: Permission denied\n", &d);
	assert_false(d.found);
	assert_int_not_equal(d.err, 0);
	dmidecode_parse(&a, "", &d);
	assert_false(d.found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_from_their_structures),
		cmocka_unit_test(old_and_quiet_texts_are_read_too),
		cmocka_unit_test(the_first_structure_of_a_type_wins),
		cmocka_unit_test(texts_without_a_table_find_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
