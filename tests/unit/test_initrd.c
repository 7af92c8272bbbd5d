/* Initial ramdisks: searched through compression, overridden at the end. */
#include "provision/cpio.h"
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

/* An archive of one member, through a tool; false when that is not installed. */
static bool pressed(struct strbuf *out, const char *tool, const char *flags,
		    const struct initrd_member *m)
{
	char name[] = "/tmp/vmint-initrd-XXXXXX", command[128], buf[4096];
	struct strbuf archive = {0};
	size_t n;
	FILE *f;

	snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", tool);
	if (system(command) != 0)
		return false;
	initrd_append(&archive, 0, m, 1);
	assert_true(mkstemp(name) >= 0);
	f = fopen(name, "w");
	fwrite(archive.text, 1, archive.len, f);
	fclose(f);
	snprintf(command, sizeof command, "%s %s -c < %s", tool, flags, name);
	f = popen(command, "r");
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		strbuf_addn(out, buf, n);
	pclose(f);
	remove(name);
	strbuf_fini(&archive);
	return true;
}

static void compressed(const char *tool, const char *flags)
{
	struct arena a = {0};
	struct refs refs = {.a = &a};
	struct strbuf whole = {0};
	struct initrd x;
	struct err e = {0};
	size_t front;

	refs_add(&refs, REF_UUID, "swap", OLD, NEW);
	initrd_append(&whole, 0, &early, 1);
	front = whole.len;
	if (pressed(&whole, tool, flags, &resume)) {
		if (initrd_search(&a, whole.text, whole.len, &refs, &x, &e) < 0)
			fail_msg("%s: %s", tool, e.text);
		assert_int_equal(x.front, front);
		assert_int_equal(x.tail, whole.len);
		assert_int_equal(x.n, 1);
		assert_null(x.members[0].raw);
		assert_int_equal(x.members[0].len, resume.len);
	}
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

/* ---- archives that are not compressed ---- */

static char names[] = OLD, body[] = "\177ELF\0" OLD, script[] = "test -e " OLD "\n";
static const struct initrd_member link_of = {"etc/" OLD ".device", 0120777, names, 36},
				  hook = {"hooks/" OLD ".sh", 0100755, script, sizeof script - 1},
				  program = {"bin/a", 0100755, body, sizeof body};

struct plain {
	struct arena a;
	struct refs refs;
	struct strbuf image;
	struct initrd x;
};

static void search_plain(struct plain *p, const struct initrd_member *list, size_t n)
{
	struct err e = {0};

	p->refs = (struct refs){.a = &p->a};
	refs_add(&p->refs, REF_UUID, "swap", OLD, NEW);
	initrd_append(&p->image, 0, list, n);
	if (initrd_search(&p->a, p->image.text, p->image.len, &p->refs, &p->x, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(p->x.front, p->image.len);
	assert_int_equal(p->x.tail, p->image.len);
}

static void plain_gone(struct plain *p)
{
	strbuf_fini(&p->image);
	arena_fini(&p->a);
}

static void plain_archives_are_changed_where_they_stand(void **state)
{
	const struct initrd_member list[] = {early, resume, link_of, hook};
	struct plain p = {0};
	struct cpio_member m;
	size_t at = 0, n = 0;

	(void)state;
	search_plain(&p, list, 4);
	assert_int_equal(p.x.n, 3);
	assert_null(p.x.stuck);
	for (size_t i = 0; i < p.x.n; i++) {
		struct initrd_member *x = &p.x.members[i];

		assert_int_equal(initrd_edit(x, &p.refs), i == 0 ? 1 : 2);
		memcpy(p.image.text + x->off, x->raw, x->raw_len);
	}
	assert_null(memmem(p.image.text, p.image.len, OLD, 36));
	while (cpio_at(p.image.text, p.image.len, at, &m) && !m.last) {
		at = m.next;
		n++;
	}
	assert_int_equal(n, 4);
	plain_gone(&p);
}

static void plain_programs_keep_their_ids(void **state)
{
	struct plain p = {0};

	(void)state;
	search_plain(&p, &program, 1);
	assert_int_equal(p.x.n, 0);
	assert_string_equal(p.x.stuck, "bin/a");
	plain_gone(&p);
}

/* The kernel adds up the bodies of archives that say so. */
static void sums_are_made_anew(void **state)
{
	struct plain p = {0};
	struct cpio_member m;
	char sum[9];
	unsigned want = 0;

	(void)state;
	search_plain(&p, &resume, 1);
	p.x.members[0].raw[5] = '2';
	assert_int_equal(initrd_edit(&p.x.members[0], &p.refs), 1);
	assert_true(cpio_at(p.x.members[0].raw, p.x.members[0].raw_len, 0, &m));
	for (size_t i = 0; i < m.size; i++)
		want += (unsigned char)p.x.members[0].raw[m.body + i];
	snprintf(sum, sizeof sum, "%08X", want);
	assert_memory_equal(p.x.members[0].raw + CPIO_HEADER - 8, sum, 8);
	plain_gone(&p);
}

/* An earlier clone's archive behind a compressed one: what it overrides is not looked at any more. */
static void what_overrides_is_what_counts(void **state)
{
	struct arena a = {0};
	struct refs refs = {.a = &a};
	struct strbuf whole = {0};
	struct initrd x;
	struct err e = {0};
	size_t end;

	(void)state;
	if (!pressed(&whole, "gzip", "", &resume))
		skip();
	end = whole.len;
	refs_add(&refs, REF_UUID, "swap", OLD, NEW);
	initrd_append(&whole, 0, &resume, 1);
	if (initrd_search(&a, whole.text, whole.len, &refs, &x, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(x.front, 0);
	assert_int_equal(x.tail, cpio_aligned(end));
	assert_int_equal(x.n, 1);
	assert_non_null(x.members[0].raw);
	strbuf_fini(&whole);
	arena_fini(&a);
}

/* Wherever an archive is cut, nothing behind it is read. */
static void cut_archives_are_survived(void **state)
{
	const struct initrd_member list[] = {early, resume, link_of};
	struct plain p = {0};

	(void)state;
	search_plain(&p, list, 3);
	for (size_t n = 0; n < p.image.len; n++) {
		char *cut = malloc(n + 1);
		struct arena a = {0};
		struct initrd x;
		struct err e;

		assert_non_null(cut);
		memcpy(cut, p.image.text, n);
		initrd_search(&a, cut, n, &p.refs, &x, &e);
		arena_fini(&a);
		free(cut);
	}
	plain_gone(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_found_and_overridden),
		cmocka_unit_test(every_compression_is_read),
		cmocka_unit_test(damage_is_a_sentence),
		cmocka_unit_test(plain_archives_are_changed_where_they_stand),
		cmocka_unit_test(plain_programs_keep_their_ids),
		cmocka_unit_test(sums_are_made_anew),
		cmocka_unit_test(what_overrides_is_what_counts),
		cmocka_unit_test(cut_archives_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
