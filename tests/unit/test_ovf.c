/* OVF descriptors: what is read, what is refused, what is only a problem. */
#include "templates/ovf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NS                                                                                         \
	"xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" "                                        \
	"xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\" "                                    \
	"xmlns:rasd=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"                          \
	"CIM_ResourceAllocationSettingData\""

#define MACHINE                                                                                    \
	"<VirtualSystem ovf:id='vm'><Info/><OperatingSystemSection "                               \
	"ovf:id='96'><Info/></OperatingSystemSection>"                                             \
	"<VirtualHardwareSection><Info/>"                                                          \
	"<Item><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>"       \
	"<rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>"                                    \
	"<Item><rasd:AllocationUnits>byte * "                                                      \
	"2^20</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID>"                          \
	"<rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>512</"                      \
	"rasd:VirtualQuantity></Item>"                                                             \
	"<Item><rasd:HostResource>ovf:/disk/d1</rasd:HostResource><rasd:InstanceID>3</"            \
	"rasd:InstanceID>"                                                                         \
	"<rasd:ResourceType>17</rasd:ResourceType></Item>"                                         \
	"</VirtualHardwareSection></VirtualSystem>"

#define ENVELOPE(refs, disks, rest)                                                                \
	"<?xml version='1.0'?><Envelope " NS "><References>" refs                                  \
	"</References><DiskSection><Info/>" disks "</DiskSection>" rest "</Envelope>"

#define FILE1 "<File ovf:id='f1' ovf:href='d.vmdk' ovf:size='10'/>"
#define DISK1                                                                                      \
	"<Disk ovf:diskId='d1' ovf:fileRef='f1' ovf:capacity='4' "                                 \
	"ovf:capacityAllocationUnits='byte * 2^30'/>"

#define WITH(parts) "<VirtualSystem ovf:id='vm'><Info/>" parts "</VirtualSystem>"
#define PRODUCT(of, no)                                                                            \
	"<ProductSection ovf:class='" of "' ovf:instance='" no "'><Info/></ProductSection>"
#define PROPERTY(type, qualifiers, value)                                                          \
	"<ProductSection><Info/><Property ovf:key='k' ovf:type='" type                             \
	"' ovf:qualifiers=\"" qualifiers "\" ovf:value='" value "'/></ProductSection>"
#define HARDWARE(more)                                                                             \
	"<VirtualHardwareSection><Info/><Item><rasd:InstanceID>1</rasd:InstanceID>"                \
	"<rasd:ResourceType>10</rasd:ResourceType>" more "</Item></VirtualHardwareSection>"

static int read_text(struct arena *a, const char *text, struct ovf *o, struct err *e)
{
	return ovf_read(a, text, strlen(text), "t.ovf", o, e);
}

static void a_machine_is_read(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct ovf o;

	(void)state;
	assert_int_equal(read_text(&a, ENVELOPE(FILE1, DISK1, MACHINE), &o, &e), 0);
	assert_int_equal(o.version, OVF_1);
	assert_int_equal(o.nproblems, 0);
	assert_int_equal(o.ndisks, 1);
	assert_ptr_equal(o.disks[0].file, &o.files[0]);
	assert_true(o.disks[0].capacity == 4ull << 30);
	assert_int_equal(o.nsystems, 1);
	assert_int_equal(o.systems[0].os_id, 96);
	assert_int_equal(o.systems[0].hardware[0].nitems, 3);
	assert_int_equal(o.systems[0].hardware[0].items[0].quantity, 2);
	assert_true(o.systems[0].hardware[0].items[1].bytes == 512ull << 20);
	arena_fini(&a);
}

static void what_is_no_descriptor_is_refused(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{"", "t.ovf:"},
		{"<html/>", "not an OVF descriptor: the document is a <html>"},
		{"<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/3'/>",
		 "not an OVF version that is known"},
		{"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><Envelope " NS
		 ">&a;</Envelope>",
		 "a DOCTYPE"},
		{"<Envelope " NS "><References></Envelope>", "t.ovf:1:"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = {0};
		struct ovf o;

		assert_true(read_text(&a, cases[i].text, &o, &e) < 0);
		if (!strstr(e.text, cases[i].sentence))
			fail_msg("'%s' is not in '%s'", cases[i].sentence, e.text);
	}
	arena_fini(&a);
}

/* A vendor's attribute may have any name, and stand first. */
static void a_vendors_attribute_is_not_taken_for_the_standards(void **state)
{
	static const char text[] =
		ENVELOPE("<File ovf:id='f1' x:href='../x' ovf:href='d.vmdk' xmlns:x='http://x/'/>",
			 "<Disk x:capacity='1' ovf:diskId='d1' ovf:fileRef='f1' capacity='9' "
			 "xmlns:x='http://x/'/>",
			 MACHINE);
	struct arena a = {0};
	struct err e = {0};
	struct ovf o;

	(void)state;
	assert_int_equal(read_text(&a, text, &o, &e), 0);
	assert_int_equal(o.nproblems, 0);
	assert_string_equal(o.files[0].href, "d.vmdk");
	assert_true(o.disks[0].capacity == 9);
	arena_fini(&a);
}

static void messages_name_the_line(void **state)
{
	static const char text[] =
		"<?xml version='1.0'?>\n<Envelope " NS ">\n<References/>\n"
		"<DiskSection>\n<Info/>\n<Disk ovf:diskId='d'\n"
		"ovf:fileRef='absent'/>\n</DiskSection>\n" MACHINE "\n\n\n\n</Envelope>";
	struct arena a = {0};
	struct err e = {0};
	struct ovf o;

	(void)state;
	assert_int_equal(read_text(&a, text, &o, &e), 0);
	assert_true(o.nproblems > 0);
	/* Where the tag ends. */
	assert_true(str_starts(o.problems[0], "t.ovf:7: "));
	arena_fini(&a);
}

static void what_cannot_be_used_is_a_problem(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ENVELOPE("<File ovf:id='f1' ovf:href='../../etc/shadow'/>", DISK1, MACHINE),
		 "leaves the package"},
		{ENVELOPE("<File ovf:id='f1' ovf:href='/etc/shadow'/>", DISK1, MACHINE),
		 "leaves the package"},
		{ENVELOPE("<File ovf:id='f1' ovf:href='file:///etc/shadow'/>", DISK1, MACHINE),
		 "is remote"},
		{ENVELOPE("<File ovf:id='f1' ovf:href='http://169.254.169.254/x'/>", DISK1,
			  MACHINE),
		 "is remote"},
		{ENVELOPE("<File ovf:id='f1' ovf:href='a\\b'/>", DISK1, MACHINE), "backslash"},
		{ENVELOPE("<File ovf:id='f1' ovf:href='d' ovf:size='-1'/>", DISK1, MACHINE),
		 "is not a size"},
		{ENVELOPE(FILE1 FILE1, DISK1, MACHINE), "two files have the id 'f1'"},
		{ENVELOPE(FILE1, DISK1 DISK1, MACHINE), "two disks have the diskId 'd1'"},
		{ENVELOPE(FILE1,
			  "<Disk ovf:diskId='d1' ovf:capacity='9' "
			  "ovf:capacityAllocationUnits='byte * 2^70'/>",
			  MACHINE),
		 "not a unit of capacity"},
		{ENVELOPE(FILE1,
			  "<Disk ovf:diskId='d1' ovf:capacity='9999999999999' "
			  "ovf:capacityAllocationUnits='byte * 2^40'/>",
			  MACHINE),
		 "larger than any disk"},
		{ENVELOPE(FILE1, "<Disk ovf:diskId='d1' ovf:capacity='0'/>", MACHINE),
		 "has no capacity"},
		{ENVELOPE(FILE1, "<Disk ovf:diskId='d1' ovf:fileRef='f9' ovf:capacity='1'/>",
			  MACHINE),
		 "names the file 'f9'"},
		{ENVELOPE(FILE1, "<Disk ovf:diskId='d1' ovf:capacity='1' ovf:parentRef='d1'/>",
			  MACHINE),
		 "is a loop"},
		{ENVELOPE(FILE1, "<Disk ovf:diskId='d2' ovf:capacity='1'/>", MACHINE),
		 "names the disk 'd1', which is not there"},
		{ENVELOPE(FILE1, DISK1, ""), "describes no virtual system"},
		{ENVELOPE(FILE1, DISK1, "<AnnotationSection><Info/></AnnotationSection>" MACHINE),
		 "<AnnotationSection> does not belong into the envelope"},
		{ENVELOPE(FILE1, DISK1, "<ProductSection><Info/></ProductSection>" MACHINE),
		 "<ProductSection> does not belong into the envelope"},
		{ENVELOPE(FILE1, DISK1,
			  "<NetworkSection><Info/><Network/></NetworkSection>" MACHINE),
		 "a network without a name"},
		{ENVELOPE("", "", WITH(PRODUCT("a", "1") PRODUCT("a", "1"))),
		 "two products have the class 'a' and instance '1'"},
		{ENVELOPE("", "", WITH(HARDWARE("<x:New xmlns:x='urn:x' ovf:required='true'/>"))),
		 "<New> of item '1' must be understood"},
		{ENVELOPE("", "", WITH(PROPERTY("uint8", "", "256"))), "\"256\" is no uint8"},
		{ENVELOPE("", "", WITH(PROPERTY("sint8", "", "-129"))), "\"-129\" is no sint8"},
		{ENVELOPE("", "", WITH(PROPERTY("boolean", "", "maybe"))),
		 "\"maybe\" is no boolean"},
		{ENVELOPE("", "", WITH(PROPERTY("real32", "", "1,5"))), "\"1,5\" is no real32"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool found = false;
		struct err e = {0};
		struct ovf o;

		if (read_text(&a, cases[i].text, &o, &e) < 0)
			fail_msg("%s", e.text);
		for (size_t k = 0; k < o.nproblems; k++)
			found = found || strstr(o.problems[k], cases[i].sentence);
		if (!found)
			fail_msg("no problem says '%s'", cases[i].sentence);
	}
	arena_fini(&a);
}

static bool is_warned_of(const struct ovf *o, const char *sentence)
{
	for (size_t k = 0; k < o->nwarnings; k++)
		if (strstr(o->warnings[k], sentence))
			return true;
	return false;
}

/* What may be meant is let pass, with a sentence. */
static void what_looks_wrong_is_a_warning(void **state)
{
	static const struct {
		const char *text, *sentence; /* NULL: none */
	} cases[] = {
		{ENVELOPE(FILE1, DISK1 "<Disk ovf:diskId='d2' ovf:fileRef='f1' ovf:capacity='1'/>",
			  MACHINE),
		 "the disks 'd1' and 'd2' come from one file"},
		{ENVELOPE("", "", WITH("")), "has no hardware section"},
		{ENVELOPE("", "", WITH(HARDWARE("<rasd:Connection>lan</rasd:Connection>"))),
		 "item '1' is on the network 'lan', which NetworkSection does not list"},
		{ENVELOPE("", "",
			  "<NetworkSection><Info/><Network ovf:name='lan'/></NetworkSection>" WITH(
				  HARDWARE("<rasd:Connection ovf:required='true'>lan"
					   "</rasd:Connection>"
					   "<x:New xmlns:x='urn:x' ovf:required='false'/>")
					  PRODUCT("a", "1") PRODUCT("a", "2"))),
		 NULL},
		{ENVELOPE("", "", WITH(HARDWARE("") PROPERTY("text", "", "x"))),
		 "the type \"text\" of the property 'k' is not known"},
		{ENVELOPE("", "", WITH(HARDWARE("") PROPERTY("int", "", "many"))),
		 "the property 'k' is \"many\" by default, but it must be of the type int"},
		{ENVELOPE("", "", WITH(HARDWARE("") PROPERTY("string", "MinLen(8)", "short"))),
		 "but it must have at least 8 characters"},
		{ENVELOPE("", "", WITH(HARDWARE("") PROPERTY("string", "ValueMap{'a'}", "b"))),
		 "but it must be one of"},
		{ENVELOPE("", "", WITH(HARDWARE("") PROPERTY("uint16", "MinLen(1)", ""))), NULL},
		{ENVELOPE("", "", WITH(HARDWARE("") PROPERTY("uint16", "", "${port}"))), NULL},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *sentence = cases[i].sentence;
		struct err e = {0};
		struct ovf o;

		assert_int_equal(read_text(&a, cases[i].text, &o, &e), 0);
		if (o.nproblems)
			fail_msg("%s", o.problems[0]);
		if (sentence ? !is_warned_of(&o, sentence) : o.nwarnings > 0)
			fail_msg("%s", sentence ? sentence : o.warnings[0]);
	}
	arena_fini(&a);
}

static void units_are_multiplied_exactly_or_refused(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
	} cases[] = {
		{"", 1},
		{"byte", 1},
		{"byte * 2^30", 1ull << 30},
		{"byte*1024", 1024},
		{"MegaBytes", 1 << 20},
		{"GB", 1 << 30},
		{"byte * 2^70", 0},
		{"byte * ", 0},
		{"furlong", 0},
		{"byte * 10^3 * 2", 2000},
		{"hertz * 10^6", 1000000},
		{"byte * 2 ^ 20", 1 << 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t v = 0;
		bool ok = ovf_unit_parse(cases[i].text, &v);

		if (ok != (cases[i].bytes != 0) || v != cases[i].bytes)
			fail_msg("'%s' is %llu", cases[i].text, (unsigned long long)v);
	}
}

static void deep_documents_are_refused(void **state)
{
	struct strbuf b = {0};
	struct arena a = {0};
	struct err e = {0};
	struct ovf o;

	(void)state;
	strbuf_add(&b, "<Envelope " NS ">");
	for (int i = 0; i < 100; i++)
		strbuf_add(&b, "<a>");
	assert_true(read_text(&a, strbuf_str(&b), &o, &e) < 0);
	assert_non_null(strstr(e.text, "deeper than 64"));
	strbuf_fini(&b);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_is_read),
		cmocka_unit_test(what_is_no_descriptor_is_refused),
		cmocka_unit_test(a_vendors_attribute_is_not_taken_for_the_standards),
		cmocka_unit_test(messages_name_the_line),
		cmocka_unit_test(what_cannot_be_used_is_a_problem),
		cmocka_unit_test(what_looks_wrong_is_a_warning),
		cmocka_unit_test(units_are_multiplied_exactly_or_refused),
		cmocka_unit_test(deep_documents_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
