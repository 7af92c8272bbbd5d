/* ACPI tables: acpidump's text, and a table's bytes. */
#include "probe/acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct acpi_tables all;
	struct acpi_iommu one;
	struct err e;

	acpi_dump_parse(&a, arena_dupn(&a, data, size), &all);
	for (size_t i = 0; i < all.count; i++)
		acpi_iommu_decode(&one, all.tables[i].bytes, all.tables[i].len, &e);
	acpi_iommu_decode(&one, data, size, &e);
	arena_fini(&a);
	return 0;
}
