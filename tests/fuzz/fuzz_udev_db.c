/* udevadm info --export-db. */
#include "probe/udev_db.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct udev_db db;

	udev_db_parse(&a, arena_dupn(&a, data, size), &db);
	udev_db_has_node(&db, "/dev/kvm");
	udev_db_has_subsystem(&db, "iommu");
	arena_fini(&a);
	return 0;
}
