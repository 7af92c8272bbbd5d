/* Templates: choices, chunks, compression, parents, and disks that are not what the descriptor says. */
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/disk_concat.h"
#include "templates/ovf_names.h"
#include "templates/template.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char head[] = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" "
			   "xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\">";
static const char raw_uri[] = "http://en.wikipedia.org/wiki/Byte";

struct folder {
	char path[64];
	struct strbuf names;
};

static void put_file(struct folder *f, const char *name, const void *data, size_t n)
{
	char path[200];
	int fd;

	snprintf(path, sizeof path, "%s/%s", f->path, name);
	fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(sys_write(fd, data, n), 0);
	close(fd);
	strbuf_addn(&f->names, name, strlen(name) + 1);
}

static void put_descriptor(struct folder *f, const char *files, const char *disks, const char *rest)
{
	struct strbuf text = {0};

	strbuf_printf(
		&text,
		"%s<References>%s</References><DiskSection><Info/>%s</DiskSection>%s</Envelope>",
		head, files, disks, rest);
	put_file(f, "t.ovf", text.text, text.len);
	strbuf_fini(&text);
}

static void make(struct folder *f)
{
	*f = (struct folder){.path = "/tmp/vmint-test-XXXXXX"};
	assert_non_null(mkdtemp(f->path));
}

static void unmake(struct folder *f)
{
	for (const char *n = strbuf_str(&f->names); n < f->names.text + f->names.len;
	     n += strlen(n) + 1) {
		char path[200];

		snprintf(path, sizeof path, "%s/%s", f->path, n);
		unlink(path);
	}
	rmdir(f->path);
	strbuf_fini(&f->names);
}

/* Opens disk 0; returns what opening it said. */
static int open_first(struct folder *f, const struct template_choices *o, struct template *t,
		      struct template_image *x, struct err *e)
{
	*x = (struct template_image){0};
	assert_int_equal(template_open(t, f->path, o, e), 0);
	assert_true(t->ndisks > 0);
	return template_disk_open(t, &t->disks[0], x, e);
}

static void must_refuse(struct folder *f, const char *word)
{
	struct template_image x;
	struct err e = {0};
	struct template t;

	assert_true(open_first(f, NULL, &t, &x, &e) < 0);
	if (!strstr(e.text, word))
		fail_msg("\"%s\" does not say \"%s\"", e.text, word);
	template_image_close(&x);
	template_close(&t);
	unmake(f);
}

static const char system_xml[] = "<VirtualSystem ovf:id=\"v\"><Info/></VirtualSystem>";

static void chunks_become_one_disk(void **state)
{
	struct template_image x;
	struct err e = {0};
	char data[1500], back[1500];
	struct template t;
	struct folder f;

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7);
	make(&f);
	put_file(&f, "d.raw.000000000", data, 1024);
	put_file(&f, "d.raw.000000001", data + 1024, 476);
	put_descriptor(
		&f,
		"<File ovf:id=\"f\" ovf:href=\"d.raw\" ovf:chunkSize=\"1024\" ovf:size=\"1500\"/>",
		"<Disk ovf:diskId=\"d\" ovf:fileRef=\"f\" ovf:capacity=\"2048\"/>", system_xml);
	assert_int_equal(open_first(&f, NULL, &t, &x, &e), 0);
	assert_int_equal(x.image->size, 1500);
	assert_int_equal(disk_pread(x.image, back, sizeof back, 0, &e), 0);
	assert_memory_equal(back, data, sizeof data);
	template_image_close(&x);
	template_close(&t);
	unmake(&f);
}

/* gzip of 4,000 zeros. */
static const uint8_t zeros_gz[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x01, 0x0d, 0x00,
	0x00, 0x00, 0xc2, 0xa0, 0xf7, 0x4f, 0x6d, 0x0e, 0x37, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x78, 0x34, 0xb8, 0x35, 0x43, 0xf1, 0xa0, 0x0f, 0x00, 0x00};

static void a_file_that_is_not_compressed_is_refused(void **state)
{
	struct folder f;

	(void)state;
	make(&f);
	put_file(&f, "d.raw.gz", "plain text, no gzip", 19);
	put_descriptor(&f, "<File ovf:id=\"f\" ovf:href=\"d.raw.gz\" ovf:compression=\"gzip\"/>",
		       "<Disk ovf:diskId=\"d\" ovf:fileRef=\"f\" ovf:capacity=\"4096\" "
		       "ovf:format=\"http://en.wikipedia.org/wiki/Byte\"/>",
		       system_xml);
	must_refuse(&f, "compressed by gzip, and is not");
}

/* What a descriptor does not say is not guessed. */
static void a_compression_that_is_kept_secret_is_refused(void **state)
{
	static const struct {
		const char *name, *format, *sentence;
	} rows[] = {
		{"d.vmdk.gz",
		 "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized",
		 "'d.vmdk.gz' is compressed by gzip"},
		{"d.vmdk",
		 "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized",
		 "'d.vmdk' is compressed by gzip"},
		{"d.raw.gz", "http://en.wikipedia.org/wiki/Byte",
		 "'d.raw.gz' is compressed by gzip"},
		{"d.raw.gz", "", "the name 'd.raw.gz'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf file = {0}, disk = {0};
		struct folder f;

		make(&f);
		put_file(&f, rows[i].name, zeros_gz, sizeof zeros_gz);
		strbuf_printf(&file, "<File ovf:id=\"f\" ovf:href=\"%s\"/>", rows[i].name);
		strbuf_printf(&disk,
			      "<Disk ovf:diskId=\"d\" ovf:fileRef=\"f\" "
			      "ovf:capacity=\"4096\" ovf:format=\"%s\"/>",
			      rows[i].format);
		put_descriptor(&f, file.text, disk.text, system_xml);
		strbuf_fini(&file);
		strbuf_fini(&disk);
		must_refuse(&f, rows[i].sentence);
	}
}

/* A raw disk is any bytes. */
static void a_raw_disk_may_begin_as_gzip_does(void **state)
{
	char data[512] = "\x1f\x8b\b";
	struct folder f;
	struct template t;
	struct template_image x;
	struct err e = {0};

	(void)state;
	make(&f);
	put_file(&f, "d.raw", data, sizeof data);
	put_descriptor(&f, "<File ovf:id=\"f\" ovf:href=\"d.raw\"/>",
		       "<Disk ovf:diskId=\"d\" ovf:fileRef=\"f\" ovf:capacity=\"512\"/>",
		       system_xml);
	assert_int_equal(open_first(&f, NULL, &t, &x, &e), 0);
	template_image_close(&x);
	template_close(&t);
	unmake(&f);
}

static void damage_in_a_compressed_file_is_found(void **state)
{
	uint8_t bad[sizeof zeros_gz];
	struct folder f;

	(void)state;
	memcpy(bad, zeros_gz, sizeof bad);
	bad[12] ^= 0xff;
	make(&f);
	put_file(&f, "d.raw.gz", bad, sizeof bad);
	put_descriptor(&f, "<File ovf:id=\"f\" ovf:href=\"d.raw.gz\" ovf:compression=\"gzip\"/>",
		       "<Disk ovf:diskId=\"d\" ovf:fileRef=\"f\" ovf:capacity=\"4096\" "
		       "ovf:format=\"http://en.wikipedia.org/wiki/Byte\"/>",
		       system_xml);
	must_refuse(&f, "damaged");
}

static void an_image_larger_than_its_promise_is_refused(void **state)
{
	struct folder f;
	char data[1024] = {1};

	(void)state;
	make(&f);
	put_file(&f, "d.raw", data, sizeof data);
	put_descriptor(&f, "<File ovf:id=\"f\" ovf:href=\"d.raw\"/>",
		       "<Disk ovf:diskId=\"d\" ovf:fileRef=\"f\" ovf:capacity=\"512\"/>",
		       system_xml);
	must_refuse(&f, "more than the 512");
}

static void a_format_that_lies_is_refused(void **state)
{
	char data[1024] = "QFI\xfb\0\0\0\3";
	struct strbuf disk = {0};
	struct folder f;

	(void)state;
	make(&f);
	put_file(&f, "d.img", data, sizeof data);
	strbuf_printf(&disk,
		      "<Disk ovf:diskId=\"d\" ovf:fileRef=\"f\" ovf:capacity=\"1024\" "
		      "ovf:format=\"%s\"/>",
		      raw_uri);
	put_descriptor(&f, "<File ovf:id=\"f\" ovf:href=\"d.img\"/>", disk.text, system_xml);
	strbuf_fini(&disk);
	must_refuse(&f, "should be raw, but it is qcow2");
}

static void parents_that_stand_on_each_other_end(void **state)
{
	struct folder f;
	struct template t;
	struct err e = {0};
	char data[512] = {1};

	(void)state;
	make(&f);
	put_file(&f, "d.raw", data, sizeof data);
	put_descriptor(&f, "<File ovf:id=\"f\" ovf:href=\"d.raw\"/>",
		       "<Disk ovf:diskId=\"d\" ovf:fileRef=\"f\" ovf:capacity=\"512\" "
		       "ovf:parentRef=\"e\"/>"
		       "<Disk ovf:diskId=\"e\" ovf:fileRef=\"f\" ovf:capacity=\"512\" "
		       "ovf:parentRef=\"d\"/>",
		       system_xml);
	assert_int_equal(template_open(&t, f.path, NULL, &e), 0);
	assert_int_equal(template_check(&t, &e), -EINVAL);
	assert_non_null(strstr(e.text, "is a loop"));
	template_close(&t);
	unmake(&f);
}

static const char product[] =
	"<VirtualSystem ovf:id=\"v\"><Info/><ProductSection ovf:class=\"org\"><Info/>"
	"<Property ovf:key=\"size\" ovf:type=\"uint32\" ovf:value=\"1\" "
	"ovf:userConfigurable=\"true\" "
	"ovf:qualifiers=\"MinValue(1) MaxValue(9)\"/>"
	"<Property ovf:key=\"zone\" ovf:type=\"string\" ovf:value=\"a\" "
	"ovf:userConfigurable=\"true\" "
	"ovf:qualifiers='ValueMap{\"a\", \"b\"}'/>"
	"<Property ovf:key=\"fixed\" ovf:type=\"string\" ovf:value=\"x\"/>"
	"</ProductSection></VirtualSystem>";

static int try_property(struct folder *f, const char *text, uint64_t *capacity)
{
	const char *list[] = {text};
	struct template_choices o = {.properties = list, .nproperties = 1};
	struct err e = {0};
	struct template t;
	int r = template_open(&t, f->path, &o, &e);

	if (r == 0)
		*capacity = t.disks[0].capacity;
	template_close(&t);
	return r;
}

static void properties_are_checked_and_decide_capacities(void **state)
{
	uint64_t capacity = 0;
	struct folder f;

	(void)state;
	make(&f);
	put_descriptor(&f, "",
		       "<Disk ovf:diskId=\"d\" ovf:capacity=\"${size}\" "
		       "ovf:capacityAllocationUnits=\"byte * 2^20\"/>",
		       product);
	assert_int_equal(try_property(&f, "zone=b", &capacity), 0);
	assert_int_equal(capacity, 1 << 20);
	assert_int_equal(try_property(&f, "org.size=5", &capacity), 0);
	assert_int_equal(capacity, 5 << 20);
	assert_int_equal(try_property(&f, "size=10", &capacity), -EINVAL);
	assert_int_equal(try_property(&f, "size=-1", &capacity), -EINVAL);
	assert_int_equal(try_property(&f, "size=many", &capacity), -EINVAL);
	assert_int_equal(try_property(&f, "zone=c", &capacity), -EINVAL);
	assert_int_equal(try_property(&f, "fixed=y", &capacity), -EINVAL);
	assert_int_equal(try_property(&f, "absent=y", &capacity), -EINVAL);
	assert_int_equal(try_property(&f, "size", &capacity), -EINVAL);
	unmake(&f);
}

static void systems_have_names(void **state)
{
	SCOPED(arena_fini) struct arena a = {0};

	(void)state;
	assert_string_equal(ovf_os_name(&a, 96, "debian12_64Guest"), "Debian 12, 64 bit");
	assert_string_equal(ovf_os_name(&a, 0, "ubuntu64Guest"), "Ubuntu, 64 bit");
	assert_string_equal(ovf_os_name(&a, 0, "otherGuest64"), "Other, 64 bit");
	assert_string_equal(ovf_os_name(&a, 0, "windows2019srv_64Guest"),
			    "Windows Server 2019, 64 bit");
	assert_string_equal(ovf_os_name(&a, 101, ""), "Linux, 64 bit");
	assert_string_equal(ovf_os_name(&a, 0, "somethingNew"), "somethingNew");
	assert_null(ovf_os_name(&a, 0, ""));
	assert_string_equal(ovf_resource_name(&a, 6), "SCSI controller");
	assert_string_equal(ovf_resource_name(&a, 77), "resource type 77");
}

static void text_from_outside_is_harmless(void **state)
{
	struct strbuf b = {0};

	(void)state;
	strbuf_add_plain(&b,
			 "a\x1b[31m\nb\t c\x7f\xc2\x9b"
			 "d\xe2\x80\xae"
			 "e\xff\xc0\xaf ü€",
			 0);
	assert_string_equal(b.text, "a?[31m b c??d?e??? ü€");
	strbuf_fini(&b);
	strbuf_add_plain(&b, "abcdef", 3);
	assert_string_equal(b.text, "abc...");
	strbuf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_become_one_disk),
		cmocka_unit_test(a_file_that_is_not_compressed_is_refused),
		cmocka_unit_test(a_compression_that_is_kept_secret_is_refused),
		cmocka_unit_test(a_raw_disk_may_begin_as_gzip_does),
		cmocka_unit_test(damage_in_a_compressed_file_is_found),
		cmocka_unit_test(an_image_larger_than_its_promise_is_refused),
		cmocka_unit_test(a_format_that_lies_is_refused),
		cmocka_unit_test(parents_that_stand_on_each_other_end),
		cmocka_unit_test(properties_are_checked_and_decide_capacities),
		cmocka_unit_test(systems_have_names),
		cmocka_unit_test(text_from_outside_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
