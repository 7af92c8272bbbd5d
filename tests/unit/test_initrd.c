/* Initial ramdisks: searched through compression, overridden at the end. */
#include "provision/guest_initrd.h"

#include "base/scope.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OLD "53e8bffa-c678-48b9-b7cb-1a4d0bb03ead"
#define NEW "00112233-4455-4677-8899-aabbccddeeff"

static char microcode[] = "\0\1\2\3", setting[] = "RESUME=UUID=" OLD "\n";
static const struct initrd_member early = {"kernel/x86/microcode/a.bin", 0100644, microcode, 4};
static const struct initrd_member resume = {"conf/conf.d/resume", 0100644, setting,
					    sizeof setting - 1};

static void ids_are_found_and_overridden(void **state)
{
	struct arena a = {0};
	struct refs refs = {.a = &a};
	struct strbuf image = {0};
	struct initrd x, again;
	struct err e = {0};

	(void)state;
	refs_add(&refs, REF_UUID, "swap", OLD, NEW);
	initrd_append(&image, 0, &early, 1);
	initrd_append(&image, 0, &resume, 1);
	assert_int_equal(image.len % 4, 0);
	if (initrd_search(&a, image.text, image.len, &refs, &x, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(x.n, 1);
	image.len = 0;
	initrd_append(&image, 0, &resume, 1);
	assert_int_equal(initrd_search(&a, image.text, image.len, &refs, &x, &e), 0);
	assert_int_equal(x.n, 1);
	assert_null(x.stuck);
	assert_string_equal(x.members[0].name, "conf/conf.d/resume");
	assert_int_equal(refs_apply(&refs, x.members[0].data, x.members[0].len, REF_ANY), 1);
	image.len = 0;
	initrd_append(&image, 0, x.members, x.n);
	assert_int_equal(initrd_search(&a, image.text, image.len, &refs, &again, &e), 0);
	assert_int_equal(again.n, 0);
	strbuf_fini(&image);
	arena_fini(&a);
}

static void compressed(const char *tool, const char *flags)
{
	struct arena a = {0};
	struct refs refs = {.a = &a};
	struct strbuf archive = {0}, whole = {0};
	char name[] = "/tmp/vmint-initrd-XXXXXX";
	struct initrd x;
	struct err e = {0};
	char buf[4096];
	size_t n;
	FILE *f;

	if (system(arena_printf(&a, "command -v %s >/dev/null 2>&1", tool)) != 0) {
		arena_fini(&a);
		return;
	}
	refs_add(&refs, REF_UUID, "swap", OLD, NEW);
	initrd_append(&archive, 0, &resume, 1);
	assert_true(mkstemp(name) >= 0);
	f = fopen(name, "w");
	fwrite(archive.text, 1, archive.len, f);
	fclose(f);
	initrd_append(&whole, 0, &early, 1);
	f = popen(arena_printf(&a, "%s %s -c < %s", tool, flags, name), "r");
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		strbuf_addn(&whole, buf, n);
	pclose(f);
	remove(name);
	if (initrd_search(&a, whole.text, whole.len, &refs, &x, &e) < 0)
		fail_msg("%s: %s", tool, e.text);
	assert_int_equal(x.n, 1);
	assert_int_equal(x.members[0].len, resume.len);
	strbuf_fini(&archive);
	strbuf_fini(&whole);
	arena_fini(&a);
}

static void every_compression_is_read(void **state)
{
	(void)state;
	compressed("gzip", "");
	compressed("xz", "--check=crc32");
	compressed("zstd", "-q");
	compressed("lz4", "-l");
	compressed("bzip2", "");
}

static void damage_is_a_sentence(void **state)
{
	struct arena a = {0};
	struct refs refs = {.a = &a};
	struct initrd x;
	struct err e = {0};

	(void)state;
	refs_add(&refs, REF_UUID, "swap", OLD, NEW);
	assert_true(initrd_search(&a, "x", 1, &refs, &x, &e) < 0);
	assert_true(initrd_search(&a, "\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff", 16,
				  &refs, &x, &e) < 0);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_found_and_overridden),
		cmocka_unit_test(every_compression_is_read),
		cmocka_unit_test(damage_is_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
