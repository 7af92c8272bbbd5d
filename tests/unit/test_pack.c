/* What packages are made of: names, tar headers, descriptor edits. */
#include "base/bytes.h"
#include "base/scope.h"
#include "templates/own_names.h"
#include "templates/ovf_write.h"
#include "templates/pack.h"
#include "templates/tar_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void names_are_harmless_and_differ(void **state)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct own_names n = {.a = &a};
	char lengthy[300];

	(void)state;
	memset(lengthy, 'x', sizeof lengthy - 1);
	lengthy[sizeof lengthy - 1] = '\0';
	assert_string_equal(own_name(&n, "a/b/disk.vmdk", ".raw"), "disk.raw");
	assert_string_equal(own_name(&n, "Disk.vmdk", ".raw"), "Disk-2.raw");
	assert_string_equal(own_name(&n, "../..", NULL), "file..");
	assert_string_equal(own_name(&n, "-rf", NULL), "file-rf");
	assert_string_equal(own_name(&n, "a b\n;$(c).iso", NULL), "a_b____c_.iso");
	assert_string_equal(own_name(&n, "", ".raw"), "file.raw");
	assert_true(strlen(own_name(&n, lengthy, ".qcow2")) <= TAR_NAME_MAX);
}

static void sizes_above_8_gib_are_base_256(void **state)
{
	uint8_t h[TAR_BLOCK];
	unsigned sum = 0;

	(void)state;
	tar_header(h, "d.vmdk", 8589934591, 0);
	assert_memory_equal(h + 124, "77777777777", 12);
	tar_header(h, "d.vmdk", 8589934592, 0);
	assert_int_equal(h[124], 0x80);
	assert_true(be64(h + 128) == 8589934592);
	for (size_t i = 0; i < sizeof h; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	assert_int_equal(strtoul((char *)h + 148, NULL, 8), sum);
	assert_memory_equal(h + 257, "ustar\00000", 8);
}

static const char source[] =
	"<?xml version=\"1.0\"?>\n<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"\n"
	" xmlns:o=\"http://schemas.dmtf.org/ovf/envelope/1\"><!-- kept -->\n"
	"<References><File o:href=\"a.vmdk.gz\" o:id=\"f\" o:compression=\"gzip\" "
	"o:chunkSize=\"5\"/></References>\n"
	"<DiskSection><Info/><Disk o:diskId=\"d\" o:fileRef=\"f\" o:capacity=\"1\" "
	"o:capacityAllocationUnits=\"byte * 2^30\"/></DiskSection>\n"
	"<VirtualSystem o:id=\"v\"><Info>i</Info><ProductSection><Info/>"
	"<Property o:key=\"k\" o:type=\"string\" o:value=\"old\"/></ProductSection></VirtualSystem>"
	"</Envelope>\n";

static const char expected[] =
	"<?xml version=\"1.0\"?>\n<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"\n"
	" xmlns:o=\"http://schemas.dmtf.org/ovf/envelope/1\"><!-- kept -->\n"
	"<References><File o:href=\"a.raw\" o:id=\"f\" o:size=\"7\"/></References>\n"
	"<DiskSection><Info/><Disk o:diskId=\"d\" o:fileRef=\"f\" o:capacity=\"513\""
	" o:format=\"urn:x\"/></DiskSection>\n"
	"<VirtualSystem o:id=\"v\"><Info>i</Info><Name>a &amp; b</Name><ProductSection><Info/>"
	"<Property o:key=\"k\" o:type=\"string\" o:value=\"new\"/></ProductSection></VirtualSystem>"
	"</Envelope>\n";

static void a_descriptor_changes_where_it_is_told(void **state)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct strbuf out = {0};
	struct ovf_writer w;
	struct err e = {0};
	struct ovf ovf;

	(void)state;
	assert_int_equal(ovf_read(&a, source, strlen(source), "t.ovf", &ovf, &e), 0);
	ovf_write_begin(&w, &a, &ovf);
	ovf_write_file(&w, &ovf.files[0], "a.raw", 7);
	ovf_write_disk(&w, &ovf.disks[0], 513, "urn:x");
	ovf_write_name(&w, &ovf.systems[0], "a & b");
	ovf_write_property(&w, &ovf.systems[0].products[0].properties[0], "new");
	assert_int_equal(ovf_write_end(&w, &out, &e), 0);
	assert_string_equal(out.text, expected);
	strbuf_fini(&out);
}

static void units_stay_where_they_fit(void **state)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct strbuf out = {0};
	struct ovf_writer w;
	struct err e = {0};
	struct ovf ovf;

	(void)state;
	assert_int_equal(ovf_read(&a, source, strlen(source), "t.ovf", &ovf, &e), 0);
	ovf_write_begin(&w, &a, &ovf);
	ovf_write_disk(&w, &ovf.disks[0], 3ull << 30, NULL);
	assert_int_equal(ovf_write_end(&w, &out, &e), 0);
	assert_non_null(
		strstr(out.text, "o:capacity=\"3\" o:capacityAllocationUnits=\"byte * 2^30\""));
	strbuf_fini(&out);
}

static void targets_are_found(void **state)
{
	(void)state;
	assert_int_equal(pack_target_find("vsphere6")->digest, DIGEST_SHA1);
	assert_int_equal(pack_target_find("vsphere8")->digest, DIGEST_SHA256);
	assert_null(pack_target_find("vsphere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_harmless_and_differ),
		cmocka_unit_test(sizes_above_8_gib_are_base_256),
		cmocka_unit_test(a_descriptor_changes_where_it_is_told),
		cmocka_unit_test(units_stay_where_they_fit),
		cmocka_unit_test(targets_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
