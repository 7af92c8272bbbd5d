/* Volume groups over two physical volumes: linear and striped logical volumes, ids changed with their checksums. */
#include "md_image.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/lvm_lv.h"
#include "provision/lvm_pv.h"
#include "provision/lvm_text.h"
#include "provision/storage.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SIZE = 1 << 20, MDA = 4096, MDA_SIZE = 256 << 10, PE_START = 512 << 10, PE = 32 << 10 };

static const char text[] =
	"vg0 {\nid = \"abcdef-0123-4567-89ab-cdef-0123-456789\"\nseqno = 3\n"
	"status = [\"RESIZEABLE\", \"READ\", \"WRITE\"]\nextent_size = 64\n"
	"description = \"a \\\"quoted\\\" word\" # and a comment\n"
	"physical_volumes {\n"
	"pv0 {\nid = \"AAAAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG\"\npe_start = 1024\n}\n"
	"pv1 {\nid = \"HHHHHH-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG\"\npe_start = 1024\n}\n}\n"
	"logical_volumes {\n"
	"root {\nid = \"rootid-0123-4567-89ab-cdef-0123-456789\"\nstatus = [\"READ\", "
	"\"VISIBLE\"]\n"
	"segment_count = 2\n"
	"segment1 {\nstart_extent = 0\nextent_count = 1\ntype = \"striped\"\nstripe_count = 1\n"
	"stripes = [\"pv1\", 2]\n}\n"
	"segment2 {\nstart_extent = 1\nextent_count = 2\ntype = \"striped\"\nstripe_count = 2\n"
	"stripe_size = 16\nstripes = [\"pv0\", 1,\n\"pv1\", 0]\n}\n}\n"
	"thin {\nid = \"thinid-0123-4567-89ab-cdef-0123-456789\"\nstatus = [\"VISIBLE\"]\n"
	"segment_count = 1\nsegment1 {\nstart_extent = 0\nextent_count = 1\ntype = \"thin\"\n}\n}\n"
	"}\n}\n";

/* A second implementation, bit by bit, so that a mistake is not made twice. */
static uint32_t crc(const uint8_t *p, size_t n)
{
	uint32_t c = 0xf597a6cf;

	while (n-- > 0) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return c;
}

/* at: where the text begins in the ring, which it may go around. */
static struct disk *make_pv(char first, uint32_t at)
{
	struct disk *d = disk_memory(SIZE);
	uint8_t *b = disk_memory_bytes(d), *label = b + 512, *mda = b + MDA;
	size_t n = strlen(text);

	memcpy(label, "LABELONE\1\0\0\0\0\0\0\0", 16);
	put_le32(label + 20, 32);
	memcpy(label + 24, "LVM2 001", 8);
	memcpy(label + 32, "AAAAAABBBBCCCCDDDDEEEEFFFFGGGGGG", 32);
	memset(label + 32, first, 6);
	put_le64(label + 64, SIZE);
	put_le64(label + 72, PE_START);
	put_le64(label + 104, MDA);
	put_le64(label + 112, MDA_SIZE);
	put_le32(label + 16, crc(label + 20, 492));
	memcpy(mda + 4, " LVM2 x[5A%r0N*>", 16);
	put_le32(mda + 20, 1);
	put_le64(mda + 24, MDA);
	put_le64(mda + 32, MDA_SIZE);
	put_le64(mda + 40, at);
	put_le64(mda + 48, n);
	put_le32(mda + 56, crc((const uint8_t *)text, n));
	put_le32(mda, crc(mda + 4, 508));
	for (size_t i = 0; i < n; i++)
		mda[at + i < MDA_SIZE ? at + i : 512 + at + i - MDA_SIZE] = (uint8_t)text[i];
	for (size_t i = PE_START; i < SIZE; i++)
		b[i] = (uint8_t)(first + (i - PE_START) / 8192);
	return d;
}

struct two {
	struct disk *disks[2];
	struct arena a;
	struct storage s;
};

static struct two open_two(uint32_t at)
{
	struct two t = {.disks = {make_pv('A', at), make_pv('H', at)}};

	return t;
}

static void two_gone(struct two *t)
{
	storage_close(&t->s);
	arena_fini(&t->a);
	disk_close(t->disks[0]);
	disk_close(t->disks[1]);
}

static void logical_volumes_are_put_together(void **state)
{
	SCOPED(two_gone) struct two t = open_two(512);
	const struct volume *root;
	uint8_t got[3 * PE];

	(void)state;
	assert_int_equal(storage_open(&t.s, &t.a, t.disks, 2, NULL), 0);
	assert_int_equal(t.s.nvolumes, 3);
	root = &t.s.volumes[2];
	assert_string_equal(root->device, "vg0/root");
	assert_int_equal(root->data->size, 3 * PE);
	assert_int_equal(disk_pread(root->data, got, sizeof got, 0, NULL), 0);
	/* One extent of pv1 from its third on; then 8 KiB of each, in turns. */
	assert_int_equal(got[0], 'H' + 2 * PE / 8192);
	assert_int_equal(got[PE - 1], 'H' + 3 * PE / 8192 - 1);
	assert_int_equal(got[PE], 'A' + PE / 8192);
	assert_int_equal(got[PE + 8192], 'H');
	assert_int_equal(got[PE + 2 * 8192], 'A' + PE / 8192 + 1);
	assert_int_equal(got[3 * PE - 1], 'H' + 3);
	assert_int_equal(disk_pwrite(root->data, "new", 3, PE + 8192 - 1, NULL), 0);
	assert_int_equal(disk_memory_bytes(t.disks[0])[PE_START + PE + 8191], 'n');
	assert_int_equal(disk_memory_bytes(t.disks[1])[PE_START], 'e');
	/* What cannot be assembled is said. */
	assert_int_equal(t.s.nwarnings, 1);
	assert_non_null(strstr(t.s.warnings[0], "vg0/thin: thin segments"));
	assert_null(t.s.groups[0].pinned);
	assert_int_equal(t.s.groups[0].nvolumes, 2);
}

static void a_byte_below_is_found_in_the_volume(void **state)
{
	SCOPED(two_gone) struct two t = open_two(512);
	static uint8_t seen[3 * PE];
	const struct volume *root;
	uint64_t at;

	(void)state;
	assert_int_equal(storage_open(&t.s, &t.a, t.disks, 2, NULL), 0);
	root = &t.s.volumes[2];
	for (size_t k = 0; k < 2; k++)
		for (uint64_t off = 0; off < SIZE; off++) {
			uint8_t byte;

			if (!lv_disk_find(root->data, t.s.volumes[k].data, off, &at))
				continue;
			assert_true(at < 3 * PE && !seen[at]++);
			assert_int_equal(disk_pread(root->data, &byte, 1, at, NULL), 0);
			assert_int_equal(byte, disk_memory_bytes(t.disks[k])[off]);
		}
	/* each of the volume's bytes from one place */
	assert_null(memchr(seen, 0, sizeof seen));
	assert_false(lv_disk_find(t.s.volumes[0].data, t.s.volumes[1].data, PE_START, &at));
}

static void change(struct two *t)
{
	const struct lvm_change changes[] = {
		{"abcdef-0123-4567-89ab-cdef-0123-456789",
		 "newvgi-0123-4567-89ab-cdef-0123-456789"},
		{"AAAAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG",
		 "newpv0-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG"},
	};

	assert_int_equal(storage_open(&t->s, &t->a, t->disks, 2, NULL), 0);
	assert_int_equal(storage_set_lvm(&t->s, changes, 2, NULL), 0);
	storage_close(&t->s);
	assert_int_equal(storage_open(&t->s, &t->a, t->disks, 2, NULL), 0);
}

/* The first physical volume is a mirror, one member of which is there: its superblock is behind it. */
static void a_physical_volume_may_be_an_array(void **state)
{
	const struct md_member_spec m = {.minor = 0,
					 .level = 1,
					 .places = 2,
					 .name = "host:5",
					 .size = SIZE + (64 << 10),
					 .used = SIZE};
	SCOPED(two_gone) struct two t = open_two(512);
	struct disk *mirror = disk_memory(m.size);
	const struct volume *root;
	uint8_t byte;

	(void)state;
	memcpy(disk_memory_bytes(mirror), disk_memory_bytes(t.disks[0]), SIZE);
	md_put(disk_memory_bytes(mirror), &m);
	disk_close(t.disks[0]);
	t.disks[0] = mirror;
	change(&t);
	assert_int_equal(t.s.nvolumes, 4);
	assert_string_equal(t.s.volumes[0].type, "linux_raid_member");
	assert_string_equal(t.s.volumes[2].device, "md5");
	assert_string_equal(t.s.volumes[2].uuid, "newpv0-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG");
	root = &t.s.volumes[3];
	assert_string_equal(root->device, "vg0/root");
	assert_int_equal(disk_pread(root->data, &byte, 1, PE, NULL), 0);
	assert_int_equal(byte, 'A' + PE / 8192);
}

static void ids_change_with_their_checksums(void **state)
{
	(void)state;
	/* The text goes around the ring's end at every place of its first ids. */
	for (uint32_t at = MDA_SIZE - 400; at < MDA_SIZE; at += 9) {
		SCOPED(two_gone) struct two t = open_two(at);
		const uint8_t *label = disk_memory_bytes(t.disks[0]) + 512;

		change(&t);
		assert_string_equal(t.s.groups[0].id, "newvgi-0123-4567-89ab-cdef-0123-456789");
		assert_string_equal(t.s.volumes[0].uuid, "newpv0-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG");
		assert_string_equal(t.s.volumes[1].uuid, "HHHHHH-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG");
		assert_int_equal(t.s.nvolumes, 3);
		assert_int_equal(le32(label + 16), crc(label + 20, 492));
	}
}

static void a_missing_volume_pins_the_group(void **state)
{
	SCOPED(two_gone) struct two t = open_two(512);

	(void)state;
	assert_int_equal(storage_open(&t.s, &t.a, t.disks, 1, NULL), 0);
	assert_non_null(strstr(t.s.groups[0].pinned, "pv1"));
	assert_int_equal(t.s.nvolumes, 1);
}

static void damage_is_said(void **state)
{
	SCOPED(two_gone) struct two t = open_two(512);

	(void)state;
	disk_memory_bytes(t.disks[0])[MDA + 600] ^= 1;
	disk_memory_bytes(t.disks[1])[MDA + 5] ^= 1;
	assert_int_equal(storage_open(&t.s, &t.a, t.disks, 2, NULL), 0);
	assert_int_equal(t.s.nwarnings, 2);
	assert_non_null(strstr(t.s.warnings[0], "checksum"));
}

static void ids_are_letters_and_digits(void **state)
{
	uint8_t raw[32];
	char id[LVM_ID_TEXT];

	(void)state;
	for (int i = 0; i < 32; i++)
		raw[i] = (uint8_t)(i * 9);
	lvm_id_format(raw, id);
	assert_int_equal(strlen(id), 38);
	assert_int_equal(
		strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"), 38);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logical_volumes_are_put_together),
		cmocka_unit_test(a_byte_below_is_found_in_the_volume),
		cmocka_unit_test(a_physical_volume_may_be_an_array),
		cmocka_unit_test(ids_change_with_their_checksums),
		cmocka_unit_test(a_missing_volume_pins_the_group),
		cmocka_unit_test(damage_is_said),
		cmocka_unit_test(ids_are_letters_and_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
