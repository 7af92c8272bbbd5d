/* Disk images made to hurt: each is refused, with its sentence. The images are made by our writers, then bent. */
#include "templates/disk_format.h"
#include "templates/disk_qcow2.h"
#include "templates/disk_qcow2_write.h"
#include "templates/disk_vmdk_write.h"
#include "templates/import_disk.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 300000 / 512 * 512 };

static int temp_file(void)
{
	int fd = sys_open("/tmp", O_TMPFILE | O_RDWR, 0600);

	assert_true(fd >= 0);
	return fd;
}

static struct disk *source(void)
{
	struct disk *d = disk_memory(SIZE);

	for (size_t i = 0; i < SIZE; i++)
		disk_memory_bytes(d)[i] = (uint8_t)(i * i >> 7);
	return d;
}

static void make_qcow2(struct strbuf *out)
{
	SCOPED(disk_close_at) struct disk *d = source();
	SCOPED(close_at) int fd = temp_file();

	assert_int_equal(qcow2_write(fd, d, NULL, NULL), 0);
	assert_int_equal(sys_read_all(fd, out, 16 << 20), 0);
}

static int add(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)e;
	strbuf_addn(ctx, p, n);
	return 0;
}

static void make_vmdk(struct strbuf *out)
{
	SCOPED(disk_close_at) struct disk *d = source();
	struct vmdk_sink to = {add, out};

	assert_int_equal(vmdk_write(d, NULL, &to, NULL), 0);
}

/* Opens, walks every extent, reads everything: the first error. */
static int use(enum disk_format f, const char *data, size_t n, struct err *e)
{
	SCOPED(disk_close_at) struct disk *file = disk_memory_of(data, n);
	SCOPED(disk_close_at) struct disk *d = NULL;
	static uint8_t buf[1 << 20];
	int r = disk_image_open(file, f, NULL, &d, e);

	for (uint64_t at = 0; r == 0 && at < d->size;) {
		struct extent x;

		r = disk_extent(d, d->size - at, at, &x, e);
		if (r < 0)
			break;
		assert_true(x.len <= sizeof buf);
		r = disk_pread(d, buf, (size_t)x.len, at, e);
		at += x.len;
	}
	return r;
}

static int import(const char *data, size_t n, struct err *e)
{
	SCOPED(disk_close_at) struct disk *file = disk_memory_of(data, n);
	SCOPED(disk_close_at) struct disk *d = NULL;
	SCOPED(close_at) int fd = temp_file();
	int r = disk_image_open(file, DISK_VMDK, NULL, &d, e);

	return r < 0 ? r : import_disk(file, d, fd, NULL, e);
}

static void expect(const char *what, int r, const struct err *e, const char *sentence)
{
	print_message("%-40s %s\n", what, r < 0 ? e->text : "ACCEPTED");
	assert_true(r == -EINVAL || r == -ENOTSUP || r == -ENOENT || r == -EFBIG);
	if (!strstr(e->text, sentence))
		fail_msg("%s: \"%s\" lacks \"%s\"", what, e->text, sentence);
}

/* One field of a good image set to a bad value. */
struct bend {
	const char *what;
	uint32_t at;
	uint8_t width;
	uint64_t value;
	const char *sentence;
};

static const struct bend qcow2_bends[] = {
	{"version 4", 4, 4, 4, "qcow2: version 4"},
	{"huge clusters", 20, 4, 40, "clusters of 2^40 bytes"},
	{"tiny clusters", 20, 4, 3, "clusters of 2^3 bytes"},
	{"encrypted", 32, 4, 1, "it is encrypted"},
	{"LUKS inside", 32, 4, 2, "it is encrypted"},
	{"capacity 2^63", 24, 8, UINT64_C(1) << 63, "a capacity of 9223372036854775808"},
	{"capacity without tables", 24, 8, UINT64_C(1) << 50, "an L1 table of only 1 entries"},
	{"huge L1", 36, 4, 0x7fffffff, "an L1 table of 2147483647 entries"},
	{"L1 past the end", 40, 8, UINT64_C(1) << 40, "the L1 table reaches past the end"},
	{"L1 nowhere", 40, 8, UINT64_MAX & ~UINT64_C(0xffff), "the L1 table reaches past"},
	{"L1 not aligned", 40, 8, 13, "not at a cluster's start"},
	{"marked corrupt", 72, 8, 2, "it is marked corrupt"},
	{"external data file", 72, 8, 4, "its data is in another file"},
	{"unknown feature", 72, 8, 1 << 9, "unknown incompatible features 0x200"},
	{"refcount order", 96, 4, 64, "refcounts of 2^64 bits"},
	{"header length", 100, 4, 90, "a header of 90 bytes"},
	{"huge extension", 104, 8, UINT64_C(0x11112222fffffff0), "extension of 4294967280 bytes"},
	{"data file extension", 104, 8, UINT64_C(0x4441544100000004), "in another file"},
	{"L2 past the end", 65536, 8, UINT64_C(1) << 40, "an L2 table reaches past the end"},
	{"L2 not aligned", 65536, 8, 65536 + 512, "an L2 table not at a cluster's start"},
};

static void put(char *p, uint8_t width, uint64_t value, bool little)
{
	for (unsigned i = 0; i < width; i++)
		p[little ? i : width - 1u - i] = (char)(value >> (8 * i));
}

static void qcow2_headers_that_lie(void **state)
{
	SCOPED(strbuf_fini) struct strbuf good = {0};
	SCOPED(free_at) char *bad = NULL;
	struct err e = {0};

	(void)state;
	make_qcow2(&good);
	assert_int_equal(use(DISK_QCOW2, good.text, good.len, &e), 0);
	bad = xmalloc(good.len);
	for (size_t i = 0; i < ARRAY_SIZE(qcow2_bends); i++) {
		const struct bend *b = &qcow2_bends[i];

		memcpy(bad, good.text, good.len);
		put(bad + b->at, b->width, b->value, false);
		expect(b->what, use(DISK_QCOW2, bad, good.len, &e), &e, b->sentence);
	}
}

static const struct {
	const char *name, *sentence;
} backings[] = {
	{"/etc/passwd", "it needs the backing file \"/etc/passwd\""},
	{"json:{\"driver\":\"file\",\"filename\":\"/etc/shadow\"}", "is not a plain name"},
	{"nbd://10.0.0.1/x", "is not a plain name"},
	{"a\033[2Jb", "control characters"},
};

static void qcow2_backing_files(void **state)
{
	SCOPED(strbuf_fini) struct strbuf good = {0};
	struct err e = {0};

	(void)state;
	make_qcow2(&good);
	put(good.text + 8, 8, 512, false);
	for (size_t i = 0; i < ARRAY_SIZE(backings); i++) {
		put(good.text + 16, 4, strlen(backings[i].name), false);
		strcpy(good.text + 512, backings[i].name);
		expect("backing file", use(DISK_QCOW2, good.text, good.len, &e), &e,
		       backings[i].sentence);
	}
	put(good.text + 16, 4, 400000000, false);
	expect("long backing name", use(DISK_QCOW2, good.text, good.len, &e), &e,
	       "a backing file name of 400000000 bytes");
}

static void qcow2_tables_that_lie(void **state)
{
	static const struct bend words[] = {
		{"data past the end", 0, 8, UINT64_C(1) << 50, "data cluster past the end"},
		{"data not aligned", 0, 8, 65536 + 1024, "which is none"},
		{"compressed past the end", 0, 8, UINT64_C(1) << 62 | 1 << 30, "past the end"},
		{"compressed garbage", 0, 8, UINT64_C(1) << 62 | 131072, "is damaged"},
	};
	SCOPED(strbuf_fini) struct strbuf good = {0};
	uint64_t l2;
	struct err e = {0};

	(void)state;
	make_qcow2(&good);
	l2 = be64(good.text + 65536) & 0xffffffff;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		put(good.text + l2, 8, words[i].value, false);
		expect(words[i].what, use(DISK_QCOW2, good.text, good.len, &e), &e,
		       words[i].sentence);
	}
}

static void qcow2_cut_short(void **state)
{
	SCOPED(strbuf_fini) struct strbuf good = {0};
	static const size_t sizes[] = {4, 71, 104, 65536, 65540, 131072};
	struct err e = {0};

	(void)state;
	make_qcow2(&good);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		int r = use(sizes[i] < 8 ? DISK_RAW : DISK_QCOW2, good.text, sizes[i], &e);

		if (sizes[i] >= 8)
			expect("qcow2 cut short", r, &e, "qcow2: ");
	}
}

static const struct bend vmdk_bends[] = {
	{"version 9", 4, 4, 9, "vmdk: version 9"},
	{"absurd capacity", 12, 8, 281474976645121, "footer disagrees"},
	{"no grains", 20, 8, 0, "footer disagrees"},
	{"text mode transfer", 73, 4, 0x0a0d0a0d, "transfer in text mode"},
	{"grain tables elsewhere", 44, 4, 100000, "footer disagrees"},
	{"directory in front, past the end", 56, 8, 1 << 20, "cannot hold the grain directory"},
	{"compression 7", 77, 2, 7, "compression algorithm 7"},
	{"long descriptor", 36, 8, 1 << 20, "footer disagrees"},
	{"not compressed", 8, 4, 1, "footer disagrees"},
};

static const struct bend both_bends[] = {
	{"absurd capacity", 12, 8, 281474976645121, "cannot hold the grain directory"},
	{"capacity 2^63", 12, 8, UINT64_C(1) << 62, "a capacity of"},
	{"no grains", 20, 8, 0, "grains of 0 sectors"},
	{"odd grains", 20, 8, 100, "grains of 100 sectors"},
	{"huge grains", 20, 8, UINT64_C(1) << 40, "grains of 1099511627776 sectors"},
	{"huge grain tables", 44, 4, 100000, "grain tables of 100000 entries"},
	{"no grain tables", 44, 4, 0, "grain tables of 0 entries"},
	{"long descriptor", 36, 8, 1 << 20, "a descriptor of 1048576 sectors"},
	{"descriptor past the end", 28, 8, 1 << 20, "descriptor reaches past the end"},
	{"not compressed", 8, 4, 1, "streamOptimized, but its grains are not compressed"},
	{"capacity differs", 12, 8, 700, "the descriptor says 585 sectors, the header says 700"},
};

static void vmdk_headers_that_lie(void **state)
{
	SCOPED(strbuf_fini) struct strbuf good = {0};
	SCOPED(free_at) char *bad = NULL;
	struct err e = {0};

	(void)state;
	make_vmdk(&good);
	assert_int_equal(use(DISK_VMDK, good.text, good.len, &e), 0);
	assert_int_equal(import(good.text, good.len, &e), 0);
	bad = xmalloc(good.len);
	for (size_t i = 0; i < ARRAY_SIZE(vmdk_bends); i++) {
		const struct bend *b = &vmdk_bends[i];

		memcpy(bad, good.text, good.len);
		put(bad + b->at, b->width, b->value, true);
		expect(b->what, use(DISK_VMDK, bad, good.len, &e), &e, b->sentence);
	}
	for (size_t i = 0; i < ARRAY_SIZE(both_bends); i++) {
		const struct bend *b = &both_bends[i];

		memcpy(bad, good.text, good.len);
		put(bad + b->at, b->width, b->value, true);
		put(bad + good.len - 1024 + b->at, b->width, b->value, true);
		expect(b->what, use(DISK_VMDK, bad, good.len, &e), &e, b->sentence);
	}
	expect("cut short", use(DISK_VMDK, good.text, good.len - 512, &e), &e, "no footer");
	expect("cut to the header", use(DISK_VMDK, good.text, 600, &e), &e, "no footer");
	expect("cut to less", use(DISK_VMDK, good.text, 100, &e), &e, "shorter than its header");
}

/* The descriptor inside, with some words replaced by others of the same length. */
static const struct {
	const char *what, *from, *to, *sentence;
} words[] = {
	{"extent is a path", "\"disk.vmdk\"", "\"/etc/pass\"", "is a path, not a member's name"},
	{"extent is a path up", "\"disk.vmdk\"", "\"../x.vmdk\"", "is a path"},
	{"extent is a device", "SPARSE \"disk.vmdk\"", "VMFSRDM \"sda\"     ", "type VMFSRDM"},
	{"extent is flat", "SPARSE \"disk", "FLAT   \"disk", "with other extents than itself"},
	{"create type lies", "\"streamOptimized\"", "\"monolithicFlat\" ", "it is monolithicFlat"},
	{"sparse says compressed", "\"streamOptimized\"", "\"monolithicSparse", "it is"},
	{"a parent", "parentCID=ffffffff", "parentCID=00000007", "it needs the parent disk"},
	{"no create type", "createType", "creatType ", "names no createType"},
	{"no extent", "RW 585 SPARSE", "#W 585 SPARSE", "names no extent"},
	{"sectors overflow", "RW 585 SPARSE \"disk.vmdk\"", "RW 99999999999999999 ZERO ",
	 "an extent of 99999999999999999 sectors"},
	{"control characters", "\"disk.vmdk\"", "\"\033[2J.vmd\"", "control characters"},
};

static void vmdk_descriptors_that_lie(void **state)
{
	SCOPED(strbuf_fini) struct strbuf good = {0};
	SCOPED(free_at) char *bad = NULL;
	struct err e = {0};

	(void)state;
	make_vmdk(&good);
	bad = xmalloc(good.len);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char *at;

		memcpy(bad, good.text, good.len);
		at = memmem(bad, good.len, words[i].from, strlen(words[i].from));
		assert_non_null(at);
		memcpy(at, words[i].to, strlen(words[i].to));
		expect(words[i].what, use(DISK_VMDK, bad, good.len, &e), &e, words[i].sentence);
	}
}

#define HEAD "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n"

static const struct {
	const char *what, *text, *sentence;
} texts[] = {
	{"flat host file", HEAD "createType=\"monolithicFlat\"\nRW 100 FLAT \"/etc/passwd\" 0\n",
	 "extent \"/etc/passwd\" is a path"},
	{"flat device", HEAD "createType=\"monolithicFlat\"\nRW 100 FLAT \"/dev/sda\" 0\n",
	 "extent \"/dev/sda\" is a path"},
	{"extent not in the package", HEAD "createType=\"vmfs\"\nRW 100 VMFS \"x-flat.vmdk\"\n",
	 "its extent \"x-flat.vmdk\" is not in the package"},
	{"device type", HEAD "createType=\"fullDevice\"\nRW 100 FLAT \"x\" 0\n", "type fullDevice"},
	{"unquoted extent", HEAD "createType=\"vmfs\"\nRW 1048576 VMFS =====PATH=====\n",
	 "extent line"},
	{"two create types", HEAD "createType=\"vmfs\"\ncreateType=\"monolithicFlat\"\n",
	 "two create types"},
	{"absurd extents",
	 HEAD "createType=\"vmfs\"\nRW 18000000000000000 ZERO\nRW 18000000000000000 ZERO\n",
	 "an absurd capacity"},
	{"CID", "# Disk DescriptorFile\nversion=1\nCID=123456789\n", "CID \"123456789\""},
};

static void vmdk_text_files_that_lie(void **state)
{
	SCOPED(strbuf_fini) struct strbuf many = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		expect(texts[i].what, use(DISK_VMDK, texts[i].text, strlen(texts[i].text), &e), &e,
		       texts[i].sentence);
	strbuf_add(&many, HEAD "createType=\"vmfs\"\n");
	for (int i = 0; i < 5000; i++)
		strbuf_add(&many, "RW 1 ZERO\n");
	expect("many extents", use(DISK_VMDK, many.text, many.len, &e), &e, "more than 4096");
	strbuf_add(&many, HEAD);
	while (many.len < 2 << 20)
		strbuf_add(&many, "################");
	expect("long text", use(DISK_VMDK, many.text, many.len, &e), &e, "a descriptor of");
}

/* Grains begin behind 128 sectors of header and descriptor. */
static void vmdk_grains_that_lie(void **state)
{
	static const struct bend bends[] = {
		{"another grain's marker", 65536, 8, 128, "is there twice"},
		{"grain behind the disk", 65536, 8, 1 << 30, "grain"},
		{"grain longer than the file", 65544, 4, 0xffffffff, "marker"},
		{"grain cut short", 65544, 4, 10, ""},
		{"damaged grain", 65600, 8, 0xabababababababab, "grain 0 is damaged"},
	};
	SCOPED(strbuf_fini) struct strbuf good = {0};
	SCOPED(free_at) char *bad = NULL;
	struct err e = {0};

	(void)state;
	make_vmdk(&good);
	bad = xmalloc(good.len);
	for (size_t i = 0; i < ARRAY_SIZE(bends); i++) {
		const struct bend *b = &bends[i];

		memcpy(bad, good.text, good.len);
		put(bad + b->at, b->width, b->value, true);
		expect(b->what, use(DISK_VMDK, bad, good.len, &e), &e, "vmdk: ");
		expect(b->what, import(bad, good.len, &e), &e, b->sentence);
	}
}

/* A reader of tables and a reader of markers must not see two different disks. */
static void vmdk_tables_that_disagree_with_the_grains(void **state)
{
	SCOPED(strbuf_fini) struct strbuf good = {0};
	struct err e = {0};
	char *gt;
	uint64_t gd;

	(void)state;
	make_vmdk(&good);
	gd = le64(good.text + good.len - 1024 + 56) * 512;
	gt = good.text + (uint64_t)le32(good.text + gd) * 512;
	assert_int_equal(le32(gt), 128);
	put(gt, 4, 0, true);
	expect("a grain left out", import(good.text, good.len, &e), &e, "disagree with grain 0");
	put(gt, 4, le32(gt + 4), true);
	expect("two grains at one place", import(good.text, good.len, &e), &e, "disagree");
	expect("two grains at one place", use(DISK_VMDK, good.text, good.len, &e), &e, "marker");
	put(gt, 4, UINT32_MAX, true);
	expect("grain past the end", use(DISK_VMDK, good.text, good.len, &e), &e, "past the end");
	put(good.text + gd, 4, UINT32_MAX, true);
	expect("table past the end", use(DISK_VMDK, good.text, good.len, &e), &e, "past the end");
}

static void formats_must_be_what_they_are_called(void **state)
{
	SCOPED(strbuf_fini) struct strbuf qcow2 = {0};
	SCOPED(strbuf_fini) struct strbuf vmdk = {0};
	struct err e = {0};
	char vhd[1024] = {0};

	(void)state;
	make_qcow2(&qcow2);
	make_vmdk(&vmdk);
	expect("raw that is qcow2", use(DISK_RAW, qcow2.text, qcow2.len, &e), &e,
	       "it should be raw, but it is qcow2");
	expect("vmdk that is qcow2", use(DISK_VMDK, qcow2.text, qcow2.len, &e), &e,
	       "it should be vmdk, but it is qcow2");
	expect("raw that is vmdk", use(DISK_RAW, vmdk.text, vmdk.len, &e), &e,
	       "it should be raw, but it is vmdk");
	memcpy(vhd + 512, "conectix", 8);
	vhd[512 + 63] = 4;
	expect("differencing vhd", use(DISK_VHD, vhd, sizeof vhd, &e), &e, "needs its parent");
	memcpy(vhd + 512, "koly", 4);
	expect("dmg", use(DISK_DMG, vhd, sizeof vhd, &e), &e, "dmg images are not read");
	expect("vdi", use(DISK_VDI, "plain bytes", 11, &e), &e, "it should be vdi, but it is raw");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qcow2_headers_that_lie),
		cmocka_unit_test(qcow2_backing_files),
		cmocka_unit_test(qcow2_tables_that_lie),
		cmocka_unit_test(qcow2_cut_short),
		cmocka_unit_test(vmdk_headers_that_lie),
		cmocka_unit_test(vmdk_descriptors_that_lie),
		cmocka_unit_test(vmdk_text_files_that_lie),
		cmocka_unit_test(vmdk_grains_that_lie),
		cmocka_unit_test(vmdk_tables_that_disagree_with_the_grains),
		cmocka_unit_test(formats_must_be_what_they_are_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
