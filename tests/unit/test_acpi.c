/* ACPI tables as text and as bytes. */
#include "base/bytes.h"
#include "base/scope.h"
#include "probe/acpi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char two_tables[] =
	"acpidump        Test 1 of 1: Dump ACPI tables.\n"
	"FACS @ 0xbf6e2fc0\n"
	"  0000: 46 41 43 53 40 00 00 00 00 00 00 00 00 00 00 00  FACS@...........\n"
	"  0010: 01 02 03 ff                                      ....\n"
	"\n"
	"DMAR @ 0x00000000                                                            \n"
	"  0000: 44 4d 41 52  DMAR\n"
	"  0020: 44 4d 41 52  a line that does not follow\n";

static void text_becomes_tables(void **state)
{
	struct arena a = {0};
	struct acpi_tables t;

	(void)state;
	acpi_dump_parse(&a, two_tables, &t);
	assert_int_equal(t.count, 2);
	assert_string_equal(t.tables[0].name, "FACS");
	assert_int_equal(t.tables[0].address, 0xbf6e2fc0);
	assert_int_equal(t.tables[0].len, 20);
	assert_int_equal(t.tables[0].bytes[19], 0xff);
	assert_int_equal(t.tables[1].len, 4);
	arena_fini(&a);
}

/* A DMAR with one unit and one reserved range. */
static void make_dmar(uint8_t b[88])
{
	uint8_t sum = 0;

	memset(b, 0, 88);
	memcpy(b, "DMAR", 4);
	put_le32(b + 4, 88);
	b[37] = 1;
	put_le16(b + 48 + 2, 16);
	put_le16(b + 64, 1);
	put_le16(b + 64 + 2, 24);
	for (int i = 0; i < 88; i++)
		sum = (uint8_t)(sum + b[i]);
	b[9] = (uint8_t)-sum;
}

static void a_dmar_is_decoded(void **state)
{
	struct acpi_iommu t;
	uint8_t b[88];

	(void)state;
	make_dmar(b);
	assert_int_equal(acpi_iommu_decode(&t, b, sizeof b, NULL), 0);
	assert_int_equal(t.units, 1);
	assert_int_equal(t.reserved, 1);
	assert_true(t.remapping);
	assert_true(t.checksum_ok);
	b[10] ^= 1;
	assert_false(acpi_checksum_ok(b, sizeof b));
}

static void lengths_that_lie_are_refused(void **state)
{
	struct acpi_iommu t;
	uint8_t b[88];

	(void)state;
	make_dmar(b);
	put_le16(b + 48 + 2, 0);
	assert_int_equal(acpi_iommu_decode(&t, b, sizeof b, NULL), -EINVAL);
	put_le16(b + 48 + 2, 1000);
	assert_int_equal(acpi_iommu_decode(&t, b, sizeof b, NULL), -EINVAL);
	put_le32(b + 4, 89);
	assert_int_equal(acpi_iommu_decode(&t, b, sizeof b, NULL), -EINVAL);
	assert_int_equal(acpi_iommu_decode(&t, b, 40, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_tables),
		cmocka_unit_test(a_dmar_is_decoded),
		cmocka_unit_test(lengths_that_lie_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
