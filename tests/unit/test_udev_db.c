/* Device databases as udevadm prints them. */
#include "probe/udev_db.h"

#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "P: /devices/virtual/misc/kvm\n"
			   "N: kvm\n"
			   "E: SUBSYSTEM=misc\n"
			   "\n"
			   "P: /devices/pci0000:00/0000:00:02.0\r\n"
			   "E: DRIVER=i915\r\n"
			   "E: PCI_CLASS=30000\n"
			   "E: PCI_SLOT_NAME=0000:00:02.0\n"
			   "E: SUBSYSTEM=pci\n"
			   "\n"
			   "P: /devices/virtual/misc/vfio\n"
			   "E: DEVNAME=/dev/vfio/vfio";

static void records_become_devices(void **state)
{
	struct arena a = {0};
	struct udev_db db;

	(void)state;
	udev_db_parse(&a, text, &db);
	assert_int_equal(db.count, 3);
	assert_string_equal(db.devices[1].driver, "i915");
	assert_string_equal(db.devices[1].pci_slot, "0000:00:02.0");
	assert_null(db.devices[1].node);
	arena_fini(&a);
}

static void nodes_are_found_by_either_field(void **state)
{
	struct arena a = {0};
	struct udev_db db;

	(void)state;
	udev_db_parse(&a, text, &db);
	assert_true(udev_db_has_node(&db, "/dev/kvm"));
	assert_true(udev_db_has_node(&db, "/dev/vfio/vfio"));
	assert_false(udev_db_has_node(&db, "/dev/vhost-net"));
	assert_true(udev_db_has_subsystem(&db, "pci"));
	assert_false(udev_db_has_subsystem(&db, "iommu"));
	arena_fini(&a);
}

static void other_text_holds_no_devices(void **state)
{
	struct arena a = {0};
	struct udev_db db;

	(void)state;
	udev_db_parse(&a, "E: DEVNAME=/dev/kvm\nN: kvm\n{\"P: \"}\n", &db);
	assert_int_equal(db.count, 0);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_become_devices),
		cmocka_unit_test(nodes_are_found_by_either_field),
		cmocka_unit_test(other_text_holds_no_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
