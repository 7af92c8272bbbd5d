/* ACPI tables: one as bytes, or all of them as acpidump's hex text; what they say of IOMMUs. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acpi_table {
	char name[5]; /* "DMAR" */
	uint64_t address;
	const uint8_t *bytes;
	size_t len;
};

struct acpi_tables {
	struct acpi_table *tables; /* in the order of the text */
	size_t count;
};

/* What DMAR (Intel) or IVRS (AMD) promises. */
struct acpi_iommu {
	char name[5];
	unsigned
		units; /* remapping units; AMD lists a unit once per block kind, counted once here */
	unsigned reserved;   /* memory ranges firmware keeps mapped (RMRR, IVMD) */
	bool says_remapping; /* the table speaks of interrupt remapping at all (DMAR does) */
	bool remapping;      /* interrupt remapping is offered */
	bool checksum_ok;
};

/* Text of acpidump or fwts: other lines are passed over. Never fails; a table cut short keeps what was there. */
void acpi_dump_parse(struct arena *a, const char *text, struct acpi_tables *out);

/* All bytes add up to 0 and the header's length agrees. */
bool acpi_checksum_ok(const void *bytes, size_t len);

/* -EINVAL with a sentence: not DMAR or IVRS, or cut short. */
int acpi_iommu_decode(struct acpi_iommu *out, const void *bytes, size_t len, struct err *e);
