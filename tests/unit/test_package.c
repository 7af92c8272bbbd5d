/* Packages: tar members in place, and the hostile ones refused by name and reason. */
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/package.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char descriptor[] = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" "
				 "xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\">"
				 "<References><File ovf:id=\"f\" ovf:href=\"d.vmdk\"/></References>"
				 "<DiskSection><Info/><Disk ovf:diskId=\"d\" ovf:fileRef=\"f\" "
				 "ovf:capacity=\"1\"/></DiskSection>"
				 "<VirtualSystem ovf:id=\"v\"><Info/></VirtualSystem></Envelope>";

/* One ustar member. size_field: what the header says, in octal or raw; NULL: the truth. */
static void tar_add(struct strbuf *tar, const char *name, char type, const char *data,
		    const char *size_field)
{
	char h[512] = {0};
	unsigned sum = 0;
	size_t n = strlen(data);

	snprintf(h, 100, "%s", name);
	snprintf(h + 100, 8, "0000644");
	snprintf(h + 108, 8, "0000000");
	snprintf(h + 116, 8, "0000000");
	if (size_field)
		memcpy(h + 124, size_field, 12);
	else
		snprintf(h + 124, 12, "%011o", (unsigned)n);
	snprintf(h + 136, 12, "00000000000");
	memset(h + 148, ' ', 8);
	h[156] = type;
	if (type == '1' || type == '2')
		snprintf(h + 157, 100, "/etc/passwd");
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof h; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	strbuf_addn(tar, h, sizeof h);
	strbuf_addn(tar, data, n);
	while (tar->len % 512)
		strbuf_addc(tar, '\0');
}

static void tar_end(struct strbuf *tar)
{
	char zeros[1024] = {0};

	strbuf_addn(tar, zeros, sizeof zeros);
}

static int open_bytes(struct package *p, struct arena *a, const struct strbuf *b,
		      const char *suffix, struct err *e)
{
	char path[64];
	int fd, r;

	snprintf(path, sizeof path, "/tmp/vmint-test-XXXXXX%s", suffix);
	fd = mkstemps(path, (int)strlen(suffix));
	assert_true(fd >= 0);
	assert_int_equal(sys_write(fd, strbuf_str(b), b->len), 0);
	close(fd);
	r = package_open(p, a, path, e);
	unlink(path);
	return r;
}

static void an_ova_is_read_in_place(void **state)
{
	struct strbuf tar = {0};
	struct arena a = {0};
	struct package p;
	struct err e = {0};
	const struct member *m;
	const struct member *pieces;
	size_t n;
	const char *text;

	(void)state;
	tar_add(&tar, "x.ovf", '0', descriptor, NULL);
	tar_add(&tar, "d.vmdk", '0', "hello", NULL);
	tar_end(&tar);
	if (open_bytes(&p, &a, &tar, ".ova", &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(p.kind, PACKAGE_OVA);
	assert_int_equal(p.ovf.ndisks, 1);
	assert_int_equal(package_member(&p, "d.vmdk", &m, &e), 0);
	assert_int_equal(m->size, 5);
	assert_int_equal(package_read(&p, m, 100, &text, &e), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(package_file(&p, p.ovf.disks[0].file, &pieces, &n, &e), 0);
	assert_int_equal(n, 1);
	package_close(&p);
	arena_fini(&a);
	strbuf_fini(&tar);
}

static void refused(struct strbuf *tar, const char *sentence)
{
	struct arena a = {0};
	struct package p;
	struct err e = {0};

	if (open_bytes(&p, &a, tar, ".ova", &e) == 0)
		fail_msg("accepted, '%s' expected", sentence);
	if (!strstr(e.text, sentence))
		fail_msg("'%s' is not in '%s'", sentence, e.text);
	assert_null(strchr(e.text, '\033'));
	arena_fini(&a);
	strbuf_fini(tar);
}

static void hostile_members_are_refused(void **state)
{
	static const struct {
		const char *name;
		char type;
		const char *size, *sentence;
	} cases[] = {
		{"../../etc/x", '0', NULL,
		 "'../../etc/x' is refused: a path that leaves the package"},
		{"a/../../x", '0', NULL, "a path that leaves the package"},
		{"/etc/x", '0', NULL, "an absolute path"},
		{"c:x", '0', NULL, "an absolute path"},
		{"a\\b", '0', NULL, "an absolute path"},
		{"a\033[2J", '0', NULL, "a control character in the name"},
		{"link", '2', NULL, "a symbolic link"},
		{"hard", '1', NULL, "a hard link"},
		{"dev", '3', NULL, "a device"},
		{"blk", '4', NULL, "a device"},
		{"fifo", '6', NULL, "a FIFO"},
		{"x.ovf", '0', NULL, "two members have this name"},
		{"big", '0', "77777777777\0", "cut short"},
		{"neg", '0', "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct strbuf tar = {0};

		tar_add(&tar, "x.ovf", '0', descriptor, NULL);
		tar_add(&tar, cases[i].name, cases[i].type, "", cases[i].size);
		tar_end(&tar);
		refused(&tar, cases[i].sentence);
	}
}

static void odd_archives_are_refused(void **state)
{
	struct strbuf tar = {0};

	(void)state;
	tar_add(&tar, "x.ovf", '0', descriptor, NULL);
	tar_add(&tar, "y.ovf", '0', descriptor, NULL);
	tar_end(&tar);
	refused(&tar, "two .ovf files");

	tar_add(&tar, "d.vmdk", '0', "x", NULL);
	tar_end(&tar);
	refused(&tar, "there is no .ovf descriptor");

	tar_add(&tar, "x.ovf", '0', descriptor, NULL);
	tar_end(&tar);
	tar_add(&tar, "hidden.ovf", '0', descriptor, NULL);
	refused(&tar, "there is data behind the archive's end");

	tar_add(&tar, "x.ovf", '0', descriptor, NULL);
	tar_add(&tar, "x.mf", '0', "MD5(x.ovf)= 00\n", NULL);
	tar_end(&tar);
	refused(&tar, "an algorithm that is not accepted");

	strbuf_add(&tar, "this is not a tar");
	refused(&tar, "not an OVA");

	tar_add(&tar, "x.ovf", '0', descriptor, NULL);
	tar.len -= 100;
	refused(&tar, "cut short");
}

static void a_folder_is_read_without_following_links(void **state)
{
	char folder[] = "/tmp/vmint-test-XXXXXX", path[64];
	struct arena a = {0};
	struct package p;
	struct err e = {0};
	const struct member *pieces;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/x.ovf", folder);
	assert_int_equal(sys_write_whole(path, descriptor, sizeof descriptor - 1, 0600), 0);
	snprintf(path, sizeof path, "%s/d.vmdk", folder);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(package_open(&p, &a, folder, &e), 0);
	assert_true(package_file(&p, p.ovf.disks[0].file, &pieces, &n, &e) < 0);
	assert_non_null(strstr(e.text, "links are not followed"));
	package_close(&p);

	unlink(path);
	assert_int_equal(sys_write_whole(path, "hello", 5, 0600), 0);
	assert_int_equal(package_open(&p, &a, folder, &e), 0);
	assert_int_equal(package_file(&p, p.ovf.disks[0].file, &pieces, &n, &e), 0);
	assert_int_equal(pieces[0].size, 5);
	package_close(&p);
	unlink(path);
	snprintf(path, sizeof path, "%s/x.ovf", folder);
	unlink(path);
	rmdir(folder);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ova_is_read_in_place),
		cmocka_unit_test(hostile_members_are_refused),
		cmocka_unit_test(odd_archives_are_refused),
		cmocka_unit_test(a_folder_is_read_without_following_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
