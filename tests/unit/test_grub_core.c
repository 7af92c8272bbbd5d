/* GRUB's BIOS image as grub-mkimage makes it, on a disk: unpacked, and an id in it pinned. */
#include "guest_image.h"

#include "base/bytes.h"
#include "provision/grub_core.h"

enum { DISK = 44 << 20, FIRST = 1 << 20, BOOT_SECTOR = 512 };

#define MODULES "/usr/lib/grub/i386-pc"

static bool have_grub(void)
{
	if (system("test -e " MODULES
		   "/lzma_decompress.img && command -v grub-mkimage >/dev/null && "
		   "PATH=$PATH:/sbin:/usr/sbin command -v mke2fs >/dev/null") == 0)
		return true;
	print_message("grub-mkimage, its i386-pc modules or mke2fs are not installed\n");
	return false;
}

/* As grub-install does without redundancy: boot.img names sector 1, diskboot.img the sectors behind it. */
static void install(struct image *m, struct disk *d)
{
	uint8_t boot[BOOT_SECTOR] = {0}, *core = xcalloc(1, 1 << 20);
	FILE *f = fopen(MODULES "/boot.img", "r");
	size_t n;

	assert_non_null(f);
	n = fread(boot, 1, sizeof boot, f);
	fclose(f);
	put_le64(boot + 0x5c, 1);
	put_le16(boot + 510, 0xaa55);
	assert_int_equal(disk_pwrite(d, boot, 440, 0, NULL), 0);
	assert_int_equal(disk_pwrite(d, boot + 510, 2, 510, NULL), 0);
	f = fopen(arena_printf(&m->a, "%s/core.img", m->dir), "r");
	assert_non_null(f);
	n = fread(core, 1, 1 << 20, f);
	fclose(f);
	put_le64(core + 0x1f4, 2);
	put_le16(core + 0x1fc, (uint16_t)((n - BOOT_SECTOR + 511) / 512));
	assert_int_equal(disk_pwrite(d, core, n, BOOT_SECTOR, NULL), 0);
	free(core);
}

static void make_core(struct image *m)
{
	put(m, "/../load.cfg", "search.fs_uuid " UUID " root\nset prefix=($root)/boot/grub\n");
	assert_int_equal(run(&m->a,
			     "grub-mkimage -O i386-pc -p /boot/grub -c %s/load.cfg -o %s/core.img "
			     "biosdisk part_msdos ext2 search_fs_uuid",
			     m->dir, m->dir),
			 0);
}

/* An MBR with one partition, which holds the image's filesystem; GRUB in front of it. */
static struct disk *disk_with(struct image *m)
{
	struct disk *d = disk_memory(DISK);
	uint8_t *p = disk_memory_bytes(d);

	assert_int_equal(disk_pread(m->base, p + FIRST, m->base->size, 0, NULL), 0);
	put_le32(p + 440, 0x12345678);
	p[446 + 4] = 0x83;
	put_le32(p + 446 + 8, FIRST / 512);
	put_le32(p + 446 + 12, (uint32_t)(m->base->size / 512));
	install(m, d);
	return d;
}

static struct disk *grub_disk(struct image *m)
{
	usual_files(m);
	make(m);
	make_core(m);
	return disk_with(m);
}

static void an_image_is_unpacked(void **state)
{
	struct image m;
	struct disk *d;
	const uint8_t *data;
	struct err e = {0};
	size_t len;

	(void)state;
	if (!have_grub() || !begin(&m))
		skip();
	d = grub_disk(&m);
	/* not in the clear */
	assert_null(memmem(disk_memory_bytes(d), FIRST, UUID, strlen(UUID)));
	if (grub_core_read(d, &m.a, &data, &len, &e) < 0)
		fail_msg("%s", e.text);
	assert_non_null(memmem(data, len, "search.fs_uuid " UUID, 15 + strlen(UUID)));
	/* another boot sector is none of ours */
	memset(disk_memory_bytes(d), 0, 440);
	assert_int_equal(grub_core_read(d, &m.a, &data, &len, &e), -ENOENT);
	disk_close(d);
	end(&m);
}

static void look(struct image *m, struct disk *d, const char *why)
{
	const struct identity id = identity_of("web-001");
	const struct guest_options o = {.ssh_keys = GUEST_SSH_KEEP};
	struct guest_plan plan = {0};
	const struct guest_change *c;
	struct guest *g = NULL;
	struct err e = {0};

	assert_int_equal(guest_open(&g, &m->a, &d, 1, &e), 0);
	assert_int_equal(guest_plan_make(g, &id, &o, &plan, &e), 0);
	c = change_of(&plan, "fs-uuid");
	assert_int_equal(c->action, GUEST_KEPT);
	if (!strstr(c->reason, why))
		fail_msg("%s", c->reason);
	/* the disk's id is not in it */
	assert_int_equal(change_of(&plan, "disk-id")->action, GUEST_CHANGED);
	guest_plan_fini(&plan);
	guest_close(g);
}

static void what_the_image_names_is_pinned(void **state)
{
	struct image m;
	struct disk *d;

	(void)state;
	if (!have_grub() || !begin(&m))
		skip();
	d = grub_disk(&m);
	look(&m, d, "core.img");
	/* an image that cannot be read may name where /boot is */
	memset(disk_memory_bytes(d) + 8192, 0x55, 4096);
	look(&m, d, "cannot be unpacked");
	disk_close(d);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_unpacked),
		cmocka_unit_test(what_the_image_names_is_pinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
