/* md arrays: superblocks of all formats read and changed, members put together, and what is left alone. */
#include "guest_tools.h"
#include "md_image.h"

#include "base/str.h"
#include "provision/lvm_lv.h"
#include "provision/md_mirror.h"
#include "provision/storage.h"
#include "provision/storage_md.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* libblkid does not look for arrays on what could be a floppy disk. */
enum { SIZE = 2 << 20, KIB = 1024 };

static const unsigned minors[] = {90, 0, 1, 2};

static struct md_member_spec member(unsigned minor, unsigned number)
{
	return (struct md_member_spec){
		.minor = minor,
		.level = 1,
		.places = 2,
		.number = number,
		.role = (uint16_t)number,
		.name = "template01:0",
		.size = SIZE,
		.data = minor == 90 || minor == 0 ? 0 : 128 * KIB,
		.used = 512 * KIB,
		.events = 17,
	};
}

struct set {
	struct disk *disks[3];
	size_t n;
	struct arena a;
	struct storage s;
};

static void set_gone(struct set *t)
{
	storage_close(&t->s);
	arena_fini(&t->a);
	for (size_t i = 0; i < t->n; i++)
		disk_close(t->disks[i]);
}

/* Each byte of the data says which member and which 4 KiB it is of. */
static void add(struct set *t, const struct md_member_spec *m)
{
	struct disk *d = disk_memory(m->size);
	uint8_t *b = disk_memory_bytes(d);

	for (uint64_t i = 0; i < m->used && m->level != 1; i++)
		b[m->data + i] = (uint8_t)(0x40 * m->number + i / 4096 % 0x40);
	md_put(b, m);
	t->disks[t->n++] = d;
}

static void open_set(struct set *t)
{
	struct err e = {0};

	if (storage_open(&t->s, &t->a, t->disks, t->n, &e) < 0)
		fail_msg("%s", e.text);
}

static struct set pair(unsigned minor, bool bitmap)
{
	struct set t = {.n = 0};

	for (unsigned i = 0; i < 2; i++) {
		struct md_member_spec m = member(minor, i);

		m.bitmap = bitmap;
		add(&t, &m);
	}
	return t;
}

static void a_mirror_is_put_together_in_all_formats(void **state)
{
	static const char *const versions[] = {"0.90", "1.0", "1.1", "1.2"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(minors); i++) {
		SCOPED(set_gone) struct set t = pair(minors[i], i % 2);
		const struct volume *v;

		open_set(&t);
		assert_int_equal(t.s.nwarnings, 0);
		assert_int_equal(t.s.nvolumes, 3);
		assert_string_equal(t.s.volumes[0].type, "linux_raid_member");
		assert_string_equal(t.s.volumes[0].uuid, "01234567-89ab-cdef-1032-547698badcfe");
		v = &t.s.volumes[2];
		assert_string_equal(v->device, minors[i] == 90 ? "md3" : "md0");
		assert_int_equal(v->data->size, 512 * KIB);
		assert_string_equal(t.s.arrays[0].uuid, MD_TEXT);
		assert_string_equal(t.s.arrays[0].version, versions[i]);
		assert_string_equal(t.s.arrays[0].level, "raid1");
		assert_ptr_equal(v->array, t.s.volumes[1].member_of);
	}
}

static void what_is_written_is_on_every_member(void **state)
{
	SCOPED(set_gone) struct set t = pair(2, true);
	struct disk *d;
	struct extent x;
	uint64_t at;

	(void)state;
	open_set(&t);
	d = t.s.volumes[2].data;
	assert_int_equal(disk_pwrite(d, "new", 3, 5000, NULL), 0);
	for (size_t i = 0; i < 2; i++)
		assert_memory_equal(disk_memory_bytes(t.disks[i]) + 128 * KIB + 5000, "new", 3);
	assert_int_equal(disk_zero(d, 2, 5000, NULL), 0);
	assert_memory_equal(disk_memory_bytes(t.disks[1]) + 128 * KIB + 5000, "\0\0w", 3);
	assert_int_equal(disk_extent(d, 100, 0, &x, NULL), 0);
	assert_true(md_mirror_find(d, t.s.volumes[1].data, 128 * KIB + 7, &at));
	assert_int_equal(at, 7);
	assert_false(md_mirror_find(d, t.s.volumes[1].data, 128 * KIB - 1, &at));
	assert_false(md_mirror_find(d, t.s.volumes[1].data, 128 * KIB + d->size, &at));
	assert_false(md_mirror_find(t.s.volumes[0].data, t.s.volumes[0].data, 0, &at));
}

static void a_filesystem_is_found_in_the_array_alone(void **state)
{
	struct md_member_spec m = member(0, 0);
	struct set t = {.n = 0};

	(void)state;
	add(&t, &m);
	/* What begins a member of this format begins its first filesystem. */
	memcpy(disk_memory_bytes(t.disks[0]) + 4086, "SWAPSPACE2", 10);
	open_set(&t);
	assert_int_equal(t.s.nvolumes, 2);
	assert_string_equal(t.s.volumes[0].type, "linux_raid_member");
	assert_string_equal(t.s.volumes[1].type, "swap");
	set_gone(&t);
}

static void stripes_and_lines_are_put_together(void **state)
{
	(void)state;
	for (int level = -1; level < 1; level++) {
		struct set t = {.n = 0};
		const struct volume *v;
		uint8_t byte;
		uint64_t at;

		/* in the wrong order, so that places count */
		for (unsigned i = 2; i-- > 0;) {
			struct md_member_spec m = member(2, i);

			m.level = level;
			m.chunk = 8192;
			m.used = 500 * KIB; /* 62.5 chunks */
			add(&t, &m);
		}
		open_set(&t);
		assert_int_equal(t.s.nwarnings, 0);
		v = &t.s.volumes[2];
		assert_int_equal(v->data->size, 2 * 62 * 8192);
		assert_int_equal(disk_pread(v->data, &byte, 1, 62 * 8192, NULL), 0);
		/* the 32nd row of two chunks, or the second member's first byte */
		assert_int_equal(byte, level == 0 ? 31 * 2 : 0x40);
		assert_true(lv_disk_find(v->data, t.s.volumes[0].data, 128 * KIB + 8192, &at));
		assert_int_equal(at, level == 0 ? 3 * 8192 : 63 * 8192);
		set_gone(&t);
	}
}

static void a_mirror_may_have_one_member(void **state)
{
	struct md_member_spec m = member(2, 1);
	struct set t = {.n = 0};

	(void)state;
	/* alone it is what the array is, stopped or not */
	m.dirty = true;
	add(&t, &m);
	open_set(&t);
	assert_int_equal(t.s.nvolumes, 2);
	assert_null(t.s.arrays[0].why);
	set_gone(&t);
}

/* ---- left alone ---- */

struct odd {
	struct md_member_spec a, b;
	bool alone;
	const char *why;
};

static void left_alone(const struct odd *o)
{
	struct set t = {.n = 0};

	add(&t, &o->a);
	if (!o->alone)
		add(&t, &o->b);
	open_set(&t);
	assert_int_equal(t.s.narrays, 1);
	if (!t.s.arrays[0].why || !strstr(t.s.arrays[0].why, o->why))
		fail_msg("%s: %s", o->why, t.s.arrays[0].why ? t.s.arrays[0].why : "assembled");
	assert_int_equal(t.s.nvolumes, t.n);
	assert_non_null(strstr(t.s.warnings[0], o->why));
	set_gone(&t);
}

static void what_is_in_the_middle_of_something_is_left_alone(void **state)
{
	static const struct {
		uint32_t bits;
		const char *why;
	} features[] = {{2, "rebuilt"},         {4, "reshaped"},       {8, "bad blocks"},
			{16, "replaced"},       {256, "cluster"},      {512, "journal"},
			{1024, "parity (PPL)"}, {1 << 20, "not known"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		struct odd o = {member(2, 0), member(2, 1), false, features[i].why};

		o.a.features = o.b.features = features[i].bits;
		left_alone(&o);
	}
}

static void members_that_differ_are_left_alone(void **state)
{
	struct odd o = {member(2, 0), member(2, 1), false, "not at the same point"};

	(void)state;
	o.b.events++;
	left_alone(&o);
	o = (struct odd){member(1, 0), member(1, 1), false, "may differ"};
	o.a.dirty = o.b.dirty = true;
	left_alone(&o);
	o = (struct odd){member(2, 0), member(2, 1), false, "another shape"};
	o.b.used -= 4096;
	left_alone(&o);
	o = (struct odd){member(2, 0), member(2, 0), false, "same place"};
	left_alone(&o);
	o = (struct odd){member(90, 0), member(90, 0), false, "same place"};
	left_alone(&o);
	o = (struct odd){member(2, 0), member(2, 1), false, "do not agree"};
	o.b.role = 0xffff;
	left_alone(&o);
}

static void other_levels_and_missing_members_are_left_alone(void **state)
{
	struct odd o = {member(2, 0), member(2, 1), false, "raid5 is not"};

	(void)state;
	o.a.level = o.b.level = 5;
	left_alone(&o);
	o = (struct odd){.a = member(2, 0), .alone = true, .why = "1 of its 2 members"};
	o.a.level = 0;
	o.a.chunk = 4096;
	left_alone(&o);
	o = (struct odd){.a = member(2, 0), .alone = true, .why = "marked as failed"};
	o.a.role = 0xfffe;
	o.a.level = 1;
	left_alone(&(struct odd){.a = o.a, .alone = true, .why = "in sync"});
}

static void damage_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(minors); i++) {
		struct md_member_spec m = member(minors[i], 0);
		struct set t = {.n = 0};

		add(&t, &m);
		disk_memory_bytes(t.disks[0])[md_place(&m) + 200] ^= 1;
		open_set(&t);
		assert_string_equal(t.s.volumes[0].type, "linux_raid_member");
		assert_int_equal(t.s.narrays, 0);
		assert_non_null(strstr(t.s.warnings[0], "checksum"));
		set_gone(&t);
	}
}

static void sizes_are_held_against_the_volume(void **state)
{
	static const struct {
		uint64_t data, used;
	} windows[] = {{128 * KIB, SIZE}, {0, 512 * KIB}, {UINT64_MAX / 2, 512}, {SIZE, 512}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		struct md_member_spec m = member(2, 0);
		struct disk *d = disk_memory(SIZE);
		struct md_super s;
		struct err e = {0};

		m.data = windows[i].data;
		m.used = windows[i].used;
		md_put(disk_memory_bytes(d), &m);
		assert_int_equal(md_super_read(d, &s, &e), -EUCLEAN);
		assert_non_null(strstr(e.text, "md: "));
		disk_close(d);
	}
}

static void a_bitmap_of_another_array_is_left_alone(void **state)
{
	struct md_member_spec m = member(2, 0);
	struct set t = {.n = 0};

	(void)state;
	m.bitmap = true;
	add(&t, &m);
	disk_memory_bytes(t.disks[0])[8192 + 8] ^= 1;
	open_set(&t);
	assert_non_null(strstr(t.s.arrays[0].why, "bitmap"));
	set_gone(&t);
}

/* One entry, in sectors. */
static void put_table(struct disk *d, uint32_t start, uint32_t size)
{
	uint8_t *b = disk_memory_bytes(d);

	b[446 + 4] = 0xfd;
	put_le32(b + 446 + 8, start);
	put_le32(b + 446 + 12, size);
	put_le16(b + 510, 0xaa55);
}

static void a_whole_disk_is_a_member_before_it_has_a_table(void **state)
{
	/* the second is of an array that is larger than this member */
	static const uint32_t sizes[] = {128, SIZE};
	struct md_member_spec m = member(0, 0);
	struct set t = {.n = 0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		t = (struct set){.n = 0};
		add(&t, &m);
		put_table(t.disks[0], 64, sizes[i]);
		open_set(&t);
		assert_int_equal(t.s.disks[0].table, TABLE_NONE);
		assert_string_equal(t.s.volumes[0].device, "vda");
		assert_non_null(strstr(t.s.warnings[0], "partition table"));
		set_gone(&t);
	}
	/* the last partition's own, at the same place */
	t = (struct set){.n = 0};
	m = member(90, 0);
	add(&t, &m);
	put_table(t.disks[0], 128, SIZE / 512 - 128);
	open_set(&t);
	assert_int_equal(t.s.disks[0].table, TABLE_MBR);
	assert_string_equal(t.s.volumes[0].device, "vda1");
	assert_string_equal(t.s.volumes[0].type, "linux_raid_member");
	set_gone(&t);
}

/* ---- new ids ---- */

static const struct uuid to = {{0xa0, 0xa1, 0xa2, 0xa3, 0xb0, 0xb1, 0xb2, 0xb3, 0xc0, 0xc1, 0xc2,
				0xc3, 0xd0, 0xd1, 0xd2, 0xd3}};
static const struct uuid own = {{9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1}};
#define TO_TEXT "a0a1a2a3:b0b1b2b3:c0c1c2c3:d0d1d2d3"

static void change(struct set *t)
{
	const struct uuid *devices[] = {&own, NULL};
	struct md_change c = {.to = to, .name = "web-001:0", .devices = devices, .ndevices = 2};
	struct err e = {0};

	memcpy(c.from.bytes, md_uuid, 16);
	open_set(t);
	if (storage_set_md(&t->s, &c, 1, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(storage_set_md(&t->s, &(struct md_change){.from = to}, 1, &e), -EINVAL);
	storage_close(&t->s);
	open_set(t);
}

static void ids_change_on_all_members_with_their_checksums(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(minors); i++) {
		SCOPED(set_gone) struct set t = pair(minors[i], i % 2);
		const struct md_member_spec m = member(minors[i], 0);
		const uint8_t *b = disk_memory_bytes(t.disks[0]);

		change(&t);
		assert_int_equal(t.s.nwarnings, 0);
		assert_int_equal(t.s.nvolumes, 3);
		assert_string_equal(t.s.arrays[0].uuid, TO_TEXT);
		assert_string_equal(t.s.arrays[0].name, minors[i] == 90 ? "" : "web-001:0");
		b += md_place(&m);
		if (minors[i] == 90) {
			assert_int_equal(le32(b + 4 * 38), md_sum(b, 4096, 4 * 38));
			continue;
		}
		assert_int_equal(le32(b + 216), md_sum(b, 256 + 16, 216));
		assert_memory_equal(b + 168, own.bytes, 16);
		assert_int_equal(disk_memory_bytes(t.disks[1])[md_place(&m) + 168], 0xd1);
	}
}

/* mdadm and blkid read it as it is meant. */
static void other_tools_read_the_new_ids(void **state)
{
	(void)state;
	if (!have("mdadm") || !have("blkid"))
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(minors); i++) {
		SCOPED(set_gone) struct set t = pair(minors[i], i % 2);
		SCOPED(image_gone) struct image f = image_new(SIZE);
		SCOPED(disk_close_at) struct disk *d = image_open(&f, false);
		const struct md_member_spec m = member(minors[i], 0);
		char text[256];

		change(&t);
		assert_int_equal(disk_pwrite(d, disk_memory_bytes(t.disks[0]), SIZE, 0, NULL), 0);
		said(text, sizeof text, "mdadm --examine --brief %s | grep -o 'UUID=[^ ]*'",
		     f.path);
		assert_string_equal(text, "UUID=" TO_TEXT);
		said(text, sizeof text, "mdadm --examine %s 2>&1 | sed -n 's/.*Checksum.*- //p'",
		     f.path);
		assert_string_equal(text, "correct");
		said(text, sizeof text, "blkid -p -o value -s UUID %s", f.path);
		assert_string_equal(text, "a0a1a2a3-b0b1-b2b3-c0c1-c2c3d0d1d2d3");
		if (!(i % 2))
			continue;
		said(text, sizeof text,
		     "tail -c +%llu %s >%s.bitmap; mdadm --examine-bitmap %s.bitmap | "
		     "sed -n 's/.*UUID : //p'; rm %s.bitmap",
		     (unsigned long long)(m.minor == 0 ? md_place(&m) - 4096 : 8192) + 1, f.path,
		     f.path, f.path, f.path);
		assert_string_equal(text, TO_TEXT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mirror_is_put_together_in_all_formats),
		cmocka_unit_test(what_is_written_is_on_every_member),
		cmocka_unit_test(a_filesystem_is_found_in_the_array_alone),
		cmocka_unit_test(stripes_and_lines_are_put_together),
		cmocka_unit_test(a_mirror_may_have_one_member),
		cmocka_unit_test(what_is_in_the_middle_of_something_is_left_alone),
		cmocka_unit_test(members_that_differ_are_left_alone),
		cmocka_unit_test(other_levels_and_missing_members_are_left_alone),
		cmocka_unit_test(damage_is_said),
		cmocka_unit_test(sizes_are_held_against_the_volume),
		cmocka_unit_test(a_bitmap_of_another_array_is_left_alone),
		cmocka_unit_test(a_whole_disk_is_a_member_before_it_has_a_table),
		cmocka_unit_test(ids_change_on_all_members_with_their_checksums),
		cmocka_unit_test(other_tools_read_the_new_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
