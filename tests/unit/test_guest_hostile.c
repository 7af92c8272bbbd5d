/* Templates that mean harm, or cannot be cloned as they are: skipped or kept with a sentence, and nothing outside of
 * the image is touched. */
#include "guest_image.h"

#include "base/bytes.h"

enum { BIG = 17 << 20 };

static bool warned(const struct guest_facts *f, const char *words)
{
	for (size_t i = 0; i < f->nwarnings; i++)
		if (strstr(f->warnings[i], words))
			return true;
	return false;
}

static const struct guest_facts *facts_of(struct image *m, struct disk *d, struct guest **g)
{
	struct err e = {0};

	if (guest_open(g, &m->a, &d, 1, &e) < 0)
		fail_msg("%s", e.text);
	return guest_facts(*g);
}

/* debugfs on the image before it is opened again. */
static void damage(struct image *m, const char *commands)
{
	put(m, "/../commands", commands);
	disk_close(m->disk);
	disk_close(m->base);
	assert_int_equal(
		run(&m->a,
		    "PATH=$PATH:/sbin:/usr/sbin debugfs -w -f %s/commands %s >/dev/null 2>&1",
		    m->dir, m->file),
		0);
	assert_int_equal(disk_raw_open(m->file, true, &m->base, NULL), 0);
	m->disk = disk_overlay(m->base);
}

static void minted(struct image *m, struct guest_plan *plan)
{
	const struct guest_options o = {.ssh_keys = GUEST_SSH_KEEP};

	mint(m, &o, plan);
}

static void links_and_special_files_lead_nowhere(void **state)
{
	struct guest_plan plan = {0};
	struct guest_fs *fs;
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	put(&m, "/../outside", "template01\n");
	run(&m.a,
	    "cd %s/root && rm etc/hostname etc/hosts && ln -s %s/outside etc/hostname && mkfifo "
	    "etc/hosts && "
	    "ln -s ../../../../../..%s/outside etc/mailname && ln -s loop etc/loop && mkdir "
	    "etc/iscsi && "
	    "ln -s /etc/loop etc/iscsi/initiatorname.iscsi && ln -s . etc/netplan/again && ln "
	    "etc/fstab "
	    "etc/crypttab && mkdir -p etc/network && ln -s /proc/self/environ "
	    "etc/network/interfaces",
	    m.dir, m.dir, m.dir);
	make(&m);
	minted(&m, &plan);
	fs = reopened(&m);
	/* the file on the host is as it was */
	assert_int_equal(run(&m.a, "test \"$(cat %s/outside)\" = template01", m.dir), 0);
	/* one file by two names has the new reference once */
	assert_null(strstr(text_of(&m, fs, "/etc/crypttab"), UUID));
	assert_string_equal(text_of(&m, fs, "/etc/crypttab"), text_of(&m, fs, "/etc/fstab"));
	guest_fs_close(fs);
	guest_plan_fini(&plan);
	end(&m);
}

static void giants_are_skipped_with_a_sentence(void **state)
{
	const struct identity id = identity_of("web-001");
	const struct guest_options o = {.ssh_keys = GUEST_SSH_KEEP};
	const struct guest_facts *f;
	struct guest_plan plan = {0};
	struct guest *g = NULL;
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	run(&m.a, "truncate -s 100M %s/root/etc/crypttab", m.dir);
	make(&m);
	f = facts_of(&m, m.disk, &g);
	assert_int_equal(guest_plan_make(g, &id, &o, &plan, NULL), 0);
	assert_true(warned(f, "/etc/crypttab: 104857600 bytes are too many"));
	guest_close(g);
	for (size_t i = 0; i < plan.n; i++)
		assert_string_not_equal(plan.changes[i].where, "/etc/crypttab");
	guest_plan_fini(&plan);
	end(&m);
}

static void cycles_and_broken_trees_end(void **state)
{
	static const char *const commands[] = {
		"link /etc /etc/netplan/cycle\n",
		"set_inode_field /etc/fstab block[2] 0xffffffff\nset_inode_field /etc/fstab "
		"block[5] "
		"0xfffffff0\n",
		"set_inode_field /etc block[0] 0xdeadbeef\n",
		"set_inode_field /etc/machine-id size 0xffffffffffff\n",
		"set_inode_field /etc/hosts flags 0x40800\n", /* encrypted */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct identity id = identity_of("web-001");
		const struct guest_options o = {.ssh_keys = GUEST_SSH_KEEP};
		struct guest_plan plan = {0};
		struct guest *g = NULL;
		struct err e = {0};
		struct image m;

		if (!begin(&m))
			skip();
		usual_files(&m);
		make(&m);
		damage(&m, commands[i]);
		/* a sentence, or a plan without what is damaged */
		if (guest_open(&g, &m.a, &m.disk, 1, &e) == 0 &&
		    guest_plan_make(g, &id, &o, &plan, &e) == 0 &&
		    guest_plan_apply(g, &plan, &e) == 0)
			e.code = 0;
		else
			assert_true(e.text[0] != '\0');
		guest_plan_fini(&plan);
		guest_close(g);
		end(&m);
	}
}

/* What cannot be cloned as it is says so before anything is written. */
static void what_cannot_be_done_is_said(void **state)
{
	static const struct {
		size_t at, n;
		const char *bytes, *words;
	} rows[] = {
		{4086, 10, "S1SUSPEND\0", "hibernated"},
		{4086, 10, "LINHIB0001", "hibernated"},
		{0, 8, "LUKS\xba\xbe\0\1", "encrypted"},
		{0, 8, "verity\0\0", "verity"},
	};
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct disk *d = disk_memory(1 << 20);
		struct guest *g = NULL;
		const struct guest_facts *f;

		memcpy(disk_memory_bytes(d) + rows[i].at, rows[i].bytes, rows[i].n);
		if (rows[i].at)
			put_le32(disk_memory_bytes(d) + 1024, 1);
		f = facts_of(&m, d, &g);
		if (!warned(f, rows[i].words))
			fail_msg("row %zu: %s", i, f->nwarnings ? f->warnings[0] : "no warning");
		assert_true(warned(f, "no Linux was found"));
		guest_close(g);
		disk_close(d);
	}
	end(&m);
}

/* The kernel's command line is inside: the id stays. */
static void a_unified_image_pins(void **state)
{
	struct guest_plan plan = {0};
	const struct guest_change *c;
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	put(&m, "/boot/EFI/Linux/kernel.efi", "MZ root=UUID=" UUID " ro");
	make(&m);
	minted(&m, &plan);
	/* small and not signed, it is changed */
	assert_int_equal(change_of(&plan, "fs-uuid")->action, GUEST_CHANGED);
	guest_plan_fini(&plan);
	disk_close(m.disk);
	disk_close(m.base);
	run(&m.a, "truncate -s %d %s/root/boot/EFI/Linux/kernel.efi", BIG, m.dir);
	make(&m);
	minted(&m, &plan);
	c = change_of(&plan, "fs-uuid");
	assert_int_equal(c->action, GUEST_KEPT);
	assert_non_null(strstr(c->reason, "unified kernel image"));
	guest_plan_fini(&plan);
	end(&m);
}

/* Ramdisks are larger than configuration files: searched and changed all the same. */
static void a_large_ramdisk_is_searched(void **state)
{
	struct guest_plan plan = {0};
	struct guest_stat st;
	struct guest_fs *fs;
	struct image m;

	(void)state;
	if (!begin(&m) || system("command -v cpio >/dev/null") != 0)
		skip();
	usual_files(&m);
	run(&m.a,
	    "mkdir -p %s/i/conf/conf.d && echo RESUME=UUID=" UUID
	    " >%s/i/conf/conf.d/resume && head -c 18000000 "
	    "/dev/zero >%s/i/firmware && cd %s/i && find . | cpio -o -H newc --quiet "
	    ">%s/root/boot/initrd.img-6.1",
	    m.dir, m.dir, m.dir, m.dir, m.dir);
	make(&m);
	minted(&m, &plan);
	assert_int_equal(change_of(&plan, "fs-uuid")->action, GUEST_CHANGED);
	assert_non_null(strstr(change_of(&plan, "initramfs")->reason, "where they stand"));
	fs = reopened(&m);
	assert_int_equal(guest_fs_stat(fs, "/boot/initrd.img-6.1", true, &st, NULL), 0);
	assert_true(st.size > 18000000);
	guest_fs_close(fs);
	guest_plan_fini(&plan);
	end(&m);
}

/* Names are bytes of a text to us, and the clone's own must be one. */
static void names_are_no_commands(void **state)
{
	static const char *const names[] = {"a$(reboot)",      "a'b", "a\nb", "-a",
					    "!!python/object", "a b"};
	struct guest_plan plan = {0};
	struct guest_fs *fs;
	struct guest *g = NULL;
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	put(&m, "/etc/hostname", "$(touch${IFS}outside)';\n");
	make(&m);
	facts_of(&m, m.disk, &g);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct identity id = identity_of("x");
		const struct guest_options o = {.ssh_keys = GUEST_SSH_KEEP};
		struct err e = {0};

		id.hostname = names[i];
		assert_int_equal(guest_plan_make(g, &id, &o, &plan, &e), -EINVAL);
		assert_true(e.text[0] != '\0');
	}
	guest_close(g);
	minted(&m, &plan);
	fs = reopened(&m);
	assert_string_equal(text_of(&m, fs, "/etc/hostname"), "web-001\n");
	guest_fs_close(fs);
	guest_plan_fini(&plan);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_and_special_files_lead_nowhere),
		cmocka_unit_test(giants_are_skipped_with_a_sentence),
		cmocka_unit_test(cycles_and_broken_trees_end),
		cmocka_unit_test(what_cannot_be_done_is_said),
		cmocka_unit_test(a_unified_image_pins),
		cmocka_unit_test(a_large_ramdisk_is_searched),
		cmocka_unit_test(names_are_no_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
