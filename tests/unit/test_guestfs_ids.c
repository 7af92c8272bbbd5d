/* New UUIDs of XFS, btrfs and LUKS, made by their own tools, judged by them, by blkid and by GRUB. */
#include "guest_tools.h"

#include "base/bytes.h"
#include "base/crc.h"
#include "base/str.h"
#include "provision/guestfs.h"
#include "provision/guestfs_btrfs_gaps.h"
#include "provision/guestfs_btrfs_super.h"
#include "provision/guestfs_xfs_inodes.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NEW_UUID "22222222-3333-4444-8555-666666666666"

static const struct uuid new_uuid = {{0x22, 0x22, 0x22, 0x22, 0x33, 0x33, 0x44, 0x44, 0x85, 0x55,
				      0x66, 0x66, 0x66, 0x66, 0x66, 0x66}};

/* check: says nothing bad of $i. changed: how many times the same new UUID was set. */
static const struct kind {
	const char *type, *tool, *make, *check;
	uint64_t size;
} kinds[] = {
	{"xfs", "mkfs.xfs", "mkfs.xfs -q -L root $i", "xfs_repair -n $i", 400 << 20},
	{"xfs", "mkfs.xfs", "mkfs.xfs -q -m crc=0,finobt=0 -L root $i", "xfs_repair -n $i",
	 400 << 20},
	{"xfs", "mkfs.xfs", "mkfs.xfs -q -d agcount=3 -i sparse=0 -s size=4096 -L root $i",
	 "xfs_repair -n $i", 600 << 20},
	{"xfs", "mkfs.xfs", "mkfs.xfs -q -d agcount=2,su=256k,sw=2 -l su=256k -L root $i",
	 "xfs_repair -n $i", 600 << 20},
	{"btrfs", "mkfs.btrfs", "mkfs.btrfs -q -L root $i", "btrfs check $i", 200 << 20},
	{"btrfs", "mkfs.btrfs", "mkfs.btrfs -q --csum sha256 -M -L root $i", "btrfs check $i",
	 120 << 20},
};

struct made {
	struct image image;
	struct disk *disk;
};

static void made_gone(struct made *m)
{
	disk_close(m->disk);
	image_gone(&m->image);
}

static struct made make(const struct kind *k)
{
	struct made m = {.image = image_new(k->size)};

	if (shell("i=%s; %s >/dev/null 2>&1", m.image.path, k->make) != 0)
		fail_msg("%s", k->make);
	m.disk = image_open(&m.image, false);
	return m;
}

static void rename_fs(const struct kind *k, struct disk *d, const struct uuid *u)
{
	struct err e = {0};
	struct guest_fs *fs;

	if (guest_fs_open(d, k->type, &fs, &e) < 0)
		fail_msg("%s: %s", k->make, e.text);
	assert_string_equal(guest_fs_label(fs), "root");
	assert_null(guest_fs_pinned(fs));
	if (guest_fs_set_uuid(fs, u, false, &e) < 0)
		fail_msg("%s: %s", k->make, e.text);
	guest_fs_close(fs);
}

static void uuid_is(const struct made *m, const struct kind *k, const char *want)
{
	char text[256];

	said(text, sizeof text, "blkid -p -o value -s UUID %s", m->image.path);
	if (strcmp(text, want) != 0)
		fail_msg("%s: blkid says %s", k->make, text);
}

static void is_clean(const struct made *m, const struct kind *k)
{
	if (shell("i=%s; %s >/tmp/vmint-ids.$$ 2>&1 || { cat /tmp/vmint-ids.$$; false; }; r=$?; "
		  "rm -f /tmp/vmint-ids.$$; exit $r",
		  m->image.path, k->check) != 0)
		fail_msg("after %s: %s", k->make, k->check);
}

static void a_new_uuid_is_accepted_by_everybody(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];
		struct uuid other = new_uuid;

		if (!have(k->tool))
			skip();
		SCOPED(made_gone) struct made m = make(k);

		/* and a second time, and back: the filesystem that has a metadata UUID already */
		other.bytes[0] = 0x99;
		rename_fs(k, m.disk, &other);
		rename_fs(k, m.disk, &new_uuid);
		uuid_is(&m, k, NEW_UUID);
		is_clean(&m, k);
	}
}

static void grub_finds_it_by_the_new_uuid(void **state)
{
	(void)state;
	if (!have("grub-fstest"))
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];
		char text[256];

		if (!have(k->tool))
			skip();
		SCOPED(made_gone) struct made m = make(k);

		said(text, sizeof text, "grub-fstest %s ls -- -l '(loop0)' 2>&1 | grep -o UUID",
		     m.image.path);
		if (strcmp(text, "UUID") != 0) {
			printf("this GRUB does not read %s at all\n", k->make);
			continue;
		}
		rename_fs(k, m.disk, &new_uuid);
		said(text, sizeof text,
		     "grub-fstest %s ls -- -l '(loop0)' 2>&1 | grep -o 'UUID [-0-9a-f]*'",
		     m.image.path);
		assert_string_equal(text, "UUID " NEW_UUID);
	}
}

static uint64_t xfs_log_at(const struct made *m)
{
	uint8_t sb[512];
	uint64_t log;

	disk_pread(m->disk, sb, sizeof sb, 0, NULL);
	log = be64(sb + 48);
	return ((log >> sb[124]) * be32(sb + 84) + (log & ((1ULL << sb[124]) - 1))) * be32(sb + 4);
}

/* What the kernel left in the log is taken off by dropping the unmount record's flag. */
static void an_xfs_with_work_in_its_log_keeps_its_uuid(void **state)
{
	const struct kind *k = &kinds[0];
	uint8_t block[512];
	struct guest_fs *fs;
	uint64_t log;

	(void)state;
	if (!have(k->tool))
		skip();
	SCOPED(made_gone) struct made m = make(k);

	log = xfs_log_at(&m);
	disk_pread(m.disk, block, sizeof block, log + 512, NULL);
	assert_true(block[9] & 0x20);
	block[9] = 0;
	disk_pwrite(m.disk, block, sizeof block, log + 512, NULL);
	assert_int_equal(guest_fs_open(m.disk, "xfs", &fs, NULL), 0);
	assert_non_null(strstr(guest_fs_pinned(fs), "not unmounted cleanly"));
	assert_int_equal(guest_fs_set_uuid(fs, &new_uuid, false, NULL), -ENOTSUP);
	guest_fs_close(fs);
}

/* A log in its second round: the unmount record first, then what the round before left. */
static uint64_t write_past(struct disk *d, uint64_t log)
{
	uint8_t b[512];
	uint64_t blocks;

	disk_pread(d, b, sizeof b, 0, NULL);
	blocks = (uint64_t)be32(b + 96) * be32(b + 4) / sizeof b;
	for (uint64_t i = 0; i < blocks; i++) {
		disk_pread(d, b, sizeof b, log + i * sizeof b, NULL);
		if (i == 0) {
			put_be32(b + 4, 2);  /* its round */
			put_be32(b + 16, 2); /* where it and the tail are */
			put_be32(b + 24, 2);
			put_le32(b + 32, 0); /* a checksum of 0 is none */
		} else if (i == 1) {
			put_be32(b, 2);
		} else {
			memset(b, 'q', sizeof b);
			put_be32(b, i % 7 ? 1 : 0xfeedbabe);
			put_be32(b + 4, 1);
		}
		disk_pwrite(d, b, sizeof b, log + i * sizeof b, NULL);
	}
	return blocks;
}

static void the_past_leaves_an_xfs_log_with_the_uuid(void **state)
{
	const struct kind *k = &kinds[0];
	uint8_t b[512];
	uint64_t log, blocks;

	(void)state;
	if (!have(k->tool))
		skip();
	SCOPED(made_gone) struct made m = make(k);

	log = xfs_log_at(&m);
	blocks = write_past(m.disk, log);
	is_clean(&m, k);
	rename_fs(k, m.disk, &new_uuid);
	for (uint64_t i = 2; i < blocks; i++) {
		disk_pread(m.disk, b, sizeof b, log + i * sizeof b, NULL);
		assert_int_equal(be32(b), 1);
		assert_true(bytes_are_zero(b + 4, sizeof b - 4));
	}
	disk_pread(m.disk, b, sizeof b, log, NULL);
	assert_int_equal(be32(b), 0xfeedbabe);
	assert_int_equal(be32(b + 4), 2);
	is_clean(&m, k);
}

/* The last of the 64 inodes that mkfs made, of which a few are in use. */
static void a_freed_inode_of_an_xfs_is_wiped(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct kind *k = &kinds[i];
		uint8_t sb[512], root[2048], freed[2048], got[2048];
		size_t size, head;
		uint64_t first;

		if (!have(k->tool))
			skip();
		SCOPED(made_gone) struct made m = make(k);

		disk_pread(m.disk, sb, sizeof sb, 0, NULL);
		size = be16(sb + 104);
		first = be64(sb + 56) * size;
		disk_pread(m.disk, root, size, first, NULL);
		disk_pread(m.disk, freed, size, first + 63 * size, NULL);
		assert_int_equal(be16(freed + 2), 0);
		head = freed[4] == 3 ? 176 : 100;
		memset(freed + head, 'q', size - head);
		if (freed[4] == 3) {
			put_le32(freed + 100, 0);
			put_le32(freed + 100, ~crc32c(~0U, freed, size));
		}
		disk_pwrite(m.disk, freed, size, first + 63 * size, NULL);
		is_clean(&m, k);
		assert_int_equal(xfs_inodes_wipe_free(m.disk, sb, NULL), 0);
		disk_pread(m.disk, got, size, first + 63 * size, NULL);
		assert_true(bytes_are_zero(got + head, size - head));
		assert_memory_equal(got, freed, 100);
		disk_pread(m.disk, got, size, first, NULL);
		assert_memory_equal(got, root, size);
		is_clean(&m, k);
		/* its tree leads nowhere */
		put_be32(sb + 84, 3);
		assert_int_equal(xfs_inodes_wipe_free(m.disk, sb, NULL), -EUCLEAN);
	}
}

static void a_btrfs_on_two_devices_keeps_its_uuid(void **state)
{
	struct image a = image_new(200 << 20), b = image_new(200 << 20);
	struct disk *d;
	struct guest_fs *fs;

	(void)state;
	if (!have("mkfs.btrfs"))
		skip();
	assert_int_equal(shell("mkfs.btrfs -q %s %s >/dev/null 2>&1", a.path, b.path), 0);
	d = image_open(&a, false);
	assert_int_equal(guest_fs_open(d, "btrfs", &fs, NULL), 0);
	assert_non_null(strstr(guest_fs_pinned(fs), "more than one device"));
	guest_fs_close(fs);
	disk_close(d);
	image_gone(&a);
	image_gone(&b);
}

enum { SECRETS = 400 };

static const char secret[] = "a machine's own secret";

static size_t secrets_in(struct disk *d)
{
	uint8_t *all = xmalloc(d->size), *p = all;
	size_t n = 0;

	assert_int_equal(disk_pread(d, all, d->size, 0, NULL), 0);
	while ((p = memmem(p, (size_t)(all + d->size - p), secret, sizeof secret - 1))) {
		p += sizeof secret - 1;
		n++;
	}
	free(all);
	return n;
}

/* mkfs.btrfs fills it from a folder of small files, which stand in the leaves. */
static void the_gaps_of_a_btrfs_are_wiped(void **state)
{
	static const struct {
		const char *options;
		size_t copies;
	} ways[] = {{"", 2}, {"--csum sha256 -m single", 1}, {"-M -n 4096 -m dup -d dup", 2}};
	SCOPED(image_gone) struct image folder = image_new(1);

	(void)state;
	if (!have("mkfs.btrfs"))
		skip();
	assert_int_equal(shell("rm %s; mkdir %s; for i in $(seq %d); do "
			       "printf '%%01200d %%s' $i \"%s\" >%s/$i; done",
			       folder.path, folder.path, SECRETS, secret, folder.path),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct made m = {.image = image_new(160 << 20)};
		uint8_t sb[BTRFS_SUPER];
		struct err e = {0};
		struct guest_fs *fs;

		if (shell("mkfs.btrfs -q %s --rootdir %s %s >/dev/null 2>&1", ways[i].options,
			  folder.path, m.image.path) != 0)
			fail_msg("%s", ways[i].options);
		m.disk = image_open(&m.image, false);
		assert_true(secrets_in(m.disk) > ways[i].copies * SECRETS);
		assert_int_equal(guest_fs_open(m.disk, "btrfs", &fs, &e), 0);
		assert_int_equal(guest_fs_set_uuid(fs, &new_uuid, false, &e), 0);
		guest_fs_close(fs);
		disk_pread(m.disk, sb, sizeof sb, 64 << 10, NULL);
		if (btrfs_gaps_wipe(m.disk, sb, &e) < 0)
			fail_msg("%s: %s", ways[i].options, e.text);
		assert_int_equal(secrets_in(m.disk), ways[i].copies * SECRETS);
		assert_int_equal(
			shell("btrfs check --check-data-csum %s >/dev/null 2>&1", m.image.path), 0);
		/* its tree leads nowhere */
		put_le64(sb + BTRFS_CHUNK_ROOT, le64(sb + BTRFS_CHUNK_ROOT) + 4096);
		assert_int_equal(btrfs_gaps_wipe(m.disk, sb, NULL), -EUCLEAN);
		made_gone(&m);
	}
	assert_int_equal(shell("rm -r %s; touch %s", folder.path, folder.path), 0);
}

static void a_luks_header_has_both_copies_changed(void **state)
{
	static const char *const versions[] = {"luks1", "luks2"};

	(void)state;
	if (!have("cryptsetup"))
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct made m = {.image = image_new(32 << 20)};
		struct err e = {0};
		struct guest_fs *fs;
		char text[256];

		if (shell("printf key | cryptsetup luksFormat -q --type %s --pbkdf pbkdf2 "
			  "--pbkdf-force-iterations 1000 %s - >/dev/null 2>&1",
			  versions[i], m.image.path) != 0) {
			image_gone(&m.image);
			skip();
		}
		m.disk = image_open(&m.image, false);
		assert_int_equal(guest_fs_open(m.disk, "crypto_LUKS", &fs, &e), 0);
		assert_null(guest_fs_pinned(fs));
		assert_false(guest_fs_has_files(fs));
		if (guest_fs_set_uuid(fs, &new_uuid, false, &e) < 0)
			fail_msg("%s: %s", versions[i], e.text);
		guest_fs_close(fs);
		said(text, sizeof text, "cryptsetup luksUUID %s", m.image.path);
		assert_string_equal(text, NEW_UUID);
		assert_int_equal(
			shell("printf key | cryptsetup open -q --test-passphrase %s", m.image.path),
			0);
		/* the second header alone */
		if (i == 1) {
			disk_zero(m.disk, 512, 0, NULL);
			said(text, sizeof text,
			     "cryptsetup repair -q %s >/dev/null 2>&1; "
			     "cryptsetup luksUUID %s",
			     m.image.path, m.image.path);
			assert_string_equal(text, NEW_UUID);
		}
		made_gone(&m);
	}
}

static void damage_is_refused(void **state)
{
	static const size_t at[] = {4, 84, 124, 101};
	const struct kind *k = &kinds[0];

	(void)state;
	if (!have(k->tool))
		skip();
	SCOPED(made_gone) struct made m = make(k);

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		uint8_t was, bad = 0x7f;
		struct guest_fs *fs;

		disk_pread(m.disk, &was, 1, at[i], NULL);
		disk_pwrite(m.disk, &bad, 1, at[i], NULL);
		assert_true(guest_fs_open(m.disk, "xfs", &fs, NULL) < 0);
		disk_pwrite(m.disk, &was, 1, at[i], NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_uuid_is_accepted_by_everybody),
		cmocka_unit_test(grub_finds_it_by_the_new_uuid),
		cmocka_unit_test(an_xfs_with_work_in_its_log_keeps_its_uuid),
		cmocka_unit_test(the_past_leaves_an_xfs_log_with_the_uuid),
		cmocka_unit_test(a_freed_inode_of_an_xfs_is_wiped),
		cmocka_unit_test(a_btrfs_on_two_devices_keeps_its_uuid),
		cmocka_unit_test(the_gaps_of_a_btrfs_are_wiped),
		cmocka_unit_test(a_luks_header_has_both_copies_changed),
		cmocka_unit_test(damage_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
