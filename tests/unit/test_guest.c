/* The guest engine on small ext4 images made by mke2fs. */
#include "provision/guest.h"

#include "base/scope.h"
#include "base/str.h"
#include "provision/guestfs.h"
#include "templates/disk_overlay.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UUID "53e8bffa-c678-48b9-b7cb-1a4d0bb03ead"
#define MACHINE "0123456789abcdef0123456789abcdef"

struct image {
	char dir[64], file[80];
	struct arena a;
	struct disk *base, *disk;
};

static int run(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int run(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	const char *command;

	va_start(ap, fmt);
	command = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return system(command);
}

static void put(struct image *m, const char *path, const char *text)
{
	const char *full = arena_printf(&m->a, "%s/root%s", m->dir, path);
	FILE *f;

	run(&m->a, "mkdir -p $(dirname '%s')", full);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void usual_files(struct image *m)
{
	put(m, "/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n");
	put(m, "/etc/hostname", "template01\n");
	put(m, "/etc/hosts", "127.0.0.1 localhost\n127.0.1.1\ttemplate01.example.com template01\n");
	put(m, "/etc/machine-id", MACHINE "\n");
	put(m, "/etc/fstab", "UUID=" UUID " / ext4 rw 0 1\n");
	put(m, "/boot/grub/grub.cfg",
	    "search --fs-uuid --set=root " UUID "\nlinux /vmlinuz root=UUID=" UUID
	    " ro console=ttyS0\n");
	put(m, "/etc/netplan/01.yaml",
	    "network: {ethernets: {a: {match: {macaddress: '52:54:00:AA:BB:01'}, "
	    "addresses: [10.0.0.5/24]}}}\n");
	put(m,
	    "/etc/systemd/system/dev-disk-by\\x2duuid-"
	    "53e8bffa\\x2dc678\\x2d48b9\\x2db7cb\\x2d1a4d0bb03ead.device.d/x.conf",
	    "[Unit]\n");
	put(m, "/etc/custom.conf", "disk=" UUID "\n");
	put(m, "/etc/ssh/ssh_host_ed25519_key", "old\n");
	put(m, "/etc/ssh/ssh_host_ed25519_key.pub",
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl "
	    "a@b\n");
	put(m, "/var/lib/systemd/random-seed", "0123456789abcdef0123456789abcdef");
	put(m, "/var/log/journal/" MACHINE "/system.journal", "x");
	put(m, "/var/lib/dhcp/dhclient.leases", "lease {}\n");
	put(m, "/lib/modules/6.1.0-9-amd64/x", "");
	run(&m->a,
	    "chmod 600 %s/root/etc/ssh/ssh_host_ed25519_key; mkdir -p %s/root/var/lib/dbus; "
	    "ln -s /etc/machine-id %s/root/var/lib/dbus/machine-id",
	    m->dir, m->dir, m->dir);
}

static void make(struct image *m)
{
	struct err e = {0};

	snprintf(m->file, sizeof m->file, "%s/disk.raw", m->dir);
	assert_int_equal(
		run(&m->a,
		    "truncate -s 16M %s && PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext4 -U " UUID
		    " -d %s/root %s >/dev/null 2>&1",
		    m->file, m->dir, m->file),
		0);
	assert_int_equal(disk_raw_open(m->file, true, &m->base, &e), 0);
	m->disk = disk_overlay(m->base);
}

static bool begin(struct image *m)
{
	*m = (struct image){0};
	strcpy(m->dir, "/tmp/vmint-guest-XXXXXX");
	if (system("PATH=$PATH:/sbin:/usr/sbin; command -v mke2fs >/dev/null 2>&1") != 0) {
		print_message("mke2fs is not installed\n");
		return false;
	}
	assert_non_null(mkdtemp(m->dir));
	return true;
}

static void end(struct image *m)
{
	disk_close(m->disk);
	disk_close(m->base);
	run(&m->a, "rm -rf %s", m->dir);
	arena_fini(&m->a);
}

static const struct identity_key key = {{7}};

static struct identity identity_of(const char *name)
{
	struct identity id = {
		.key = &key, .name = name, .hostname = name, .domain = "", .nmacs = 1};
	struct err e = {0};

	memcpy(id.macs[0], "\x02\x11\x22\x33\x44\x55", 6);
	assert_int_equal(identity_uuid(&key, name, "machine-id", 0, &id.machine_id, &e), 0);
	return id;
}

static const struct guest_change *change_of(const struct guest_plan *p, const char *kind)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->changes[i].kind, kind))
			return &p->changes[i];
	return NULL;
}

static const char *text_of(struct image *m, struct guest_fs *fs, const char *path)
{
	struct err e = {0};
	const char *data = NULL;
	size_t n = 0;

	if (guest_fs_read(fs, &m->a, path, 1 << 20, &data, &n, &e) < 0)
		return NULL;
	return arena_dupn(&m->a, data, n);
}

static struct guest_fs *reopened(struct image *m)
{
	struct guest_fs *fs = NULL;
	struct err e = {0};

	assert_int_equal(guest_fs_open(m->disk, "ext4", &fs, &e), 0);
	return fs;
}

static void mint(struct image *m, const struct guest_options *o, struct guest_plan *plan)
{
	const struct identity id = identity_of("web-001");
	struct guest *g = NULL;
	struct err e = {0};

	assert_int_equal(guest_open(&g, &m->a, &m->disk, 1, &e), 0);
	if (guest_plan_make(g, &id, o, plan, &e) < 0)
		fail_msg("%s", e.text);
	if (guest_plan_apply(g, plan, &e) < 0)
		fail_msg("%s", e.text);
	guest_close(g);
}

static void facts_of_a_small_debian(void **state)
{
	struct image m;
	struct guest *g = NULL;
	struct err e = {0};
	const struct guest_facts *f;

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	make(&m);
	assert_int_equal(guest_open(&g, &m.a, &m.disk, 1, &e), 0);
	f = guest_facts(g);
	assert_true(f->linux_found);
	assert_string_equal(f->os_id, "debian");
	assert_string_equal(f->hostname, "template01");
	assert_string_equal(f->machine_id, MACHINE);
	assert_string_equal(f->kernel, "6.1.0-9-amd64");
	assert_string_equal(f->root->uuid, UUID);
	assert_string_equal(f->root->mountpoint, "/");
	assert_int_equal(f->nhost_keys, 1);
	assert_int_equal(f->nmacs, 1);
	assert_string_equal(f->macs[0].text, "52:54:00:aa:bb:01");
	assert_int_equal(f->serial_console, GUEST_YES);
	assert_int_equal(f->nwarnings, 0);
	guest_close(g);
	end(&m);
}

static void every_identity_changes_and_references_follow(void **state)
{
	const struct guest_options o = {0};
	struct guest_plan plan = {0};
	struct image m;
	struct guest_fs *fs;
	struct guest_stat st;
	const char *id, *uuid;
	struct err e = {0};

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	make(&m);
	mint(&m, &o, &plan);
	fs = reopened(&m);
	uuid = guest_fs_uuid(fs);
	assert_string_not_equal(uuid, UUID);
	assert_string_equal(change_of(&plan, "fs-uuid")->new_value, uuid);
	assert_string_equal(text_of(&m, fs, "/etc/hostname"), "web-001\n");
	assert_non_null(
		strstr(text_of(&m, fs, "/etc/hosts"), "127.0.1.1\tweb-001.example.com web-001\n"));
	id = change_of(&plan, "machine-id")->new_value;
	assert_string_equal(text_of(&m, fs, "/etc/machine-id"), arena_printf(&m.a, "%s\n", id));
	assert_string_equal(text_of(&m, fs, "/etc/fstab"),
			    arena_printf(&m.a, "UUID=%s / ext4 rw 0 1\n", uuid));
	assert_null(strstr(text_of(&m, fs, "/boot/grub/grub.cfg"), UUID));
	assert_string_equal(text_of(&m, fs, "/etc/custom.conf"),
			    arena_printf(&m.a, "disk=%s\n", uuid));
	assert_non_null(strstr(text_of(&m, fs, "/etc/netplan/01.yaml"),
			       "'02:11:22:33:44:55'}, addresses: [10.0.0.5/24]"));
	assert_non_null(
		strstr(text_of(&m, fs, "/etc/ssh/ssh_host_ed25519_key"), "OPENSSH PRIVATE"));
	assert_true(
		str_ends(text_of(&m, fs, "/etc/ssh/ssh_host_ed25519_key.pub"), " root@web-001\n"));
	assert_int_equal(guest_fs_stat(fs, "/etc/ssh/ssh_host_ed25519_key", false, &st, &e), 0);
	assert_int_equal(st.mode & 07777, 0600);
	assert_int_equal(plan.nhost_keys, 1);
	assert_string_not_equal(text_of(&m, fs, "/var/lib/systemd/random-seed"),
				"0123456789abcdef0123456789abcdef");
	assert_int_equal(guest_fs_stat(fs, "/var/log/journal/" MACHINE, false, &st, &e), -ENOENT);
	assert_int_equal(
		guest_fs_stat(fs, arena_printf(&m.a, "/var/log/journal/%s", id), false, &st, &e),
		0);
	assert_int_equal(guest_fs_stat(fs, "/var/lib/dhcp/dhclient.leases", false, &st, &e),
			 -ENOENT);
	assert_null(strstr(arena_printf(&m.a, "%s", change_of(&plan, "systemd-units")->new_value),
			   "53e8bffa"));
	guest_fs_close(fs);
	guest_plan_fini(&plan);
	end(&m);
}

static void a_plan_for_two_is_made_by_one_reading(void **state)
{
	const struct guest_options o = {0};
	const struct identity ids[] = {identity_of("a"), identity_of("b")};
	struct guest_plan plans[2] = {{{0}}};
	struct guest *g = NULL, *again = NULL;
	struct guest_fs *fs;
	struct image m;
	struct err e = {0};

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	make(&m);
	assert_int_equal(guest_open(&g, &m.a, &m.base, 1, &e), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(guest_plan_make(g, &ids[i], &o, &plans[i], &e), 0);
	assert_string_not_equal(change_of(&plans[0], "fs-uuid")->new_value,
				change_of(&plans[1], "fs-uuid")->new_value);
	assert_string_not_equal(plans[0].host_keys[0].fingerprint,
				plans[1].host_keys[0].fingerprint);
	assert_int_equal(guest_open(&again, &m.a, &m.disk, 1, &e), 0);
	assert_int_equal(guest_plan_apply(again, &plans[1], &e), 0);
	fs = reopened(&m);
	assert_string_equal(text_of(&m, fs, "/etc/hostname"), "b\n");
	guest_fs_close(fs);
	guest_close(again);
	guest_close(g);
	guest_plan_fini(&plans[0]);
	guest_plan_fini(&plans[1]);
	end(&m);
}

static void keeping_is_possible_and_said(void **state)
{
	const struct guest_options o = {
		.ssh_keys = GUEST_SSH_KEEP, .machine_id = GUEST_ID_KEEP, .keep_storage_ids = true};
	struct guest_plan plan = {0};
	struct guest_fs *fs;
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	make(&m);
	mint(&m, &o, &plan);
	fs = reopened(&m);
	assert_string_equal(guest_fs_uuid(fs), UUID);
	assert_int_equal(change_of(&plan, "fs-uuid")->action, GUEST_KEPT);
	assert_int_equal(change_of(&plan, "ssh-host-keys")->action, GUEST_KEPT);
	assert_string_equal(text_of(&m, fs, "/etc/machine-id"), MACHINE "\n");
	assert_string_equal(text_of(&m, fs, "/etc/ssh/ssh_host_ed25519_key"), "old\n");
	guest_fs_close(fs);
	guest_plan_fini(&plan);
	end(&m);
}

/* Links that go in circles or out, a folder and a FIFO and a giant where a file belongs. */
static void hostile_guests_are_survived(void **state)
{
	const struct guest_options o = {0};
	struct guest_plan plan = {0};
	struct guest_fs *fs;
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	run(&m.a,
	    "cd %s/root/etc && rm hostname hosts && ln -s /etc/hostname hostname && mkfifo hosts "
	    "&& "
	    "truncate -s 9M fstab && rm -r netplan && ln -s ../../../../../../etc netplan && rm "
	    "ssh/ssh_host_ed25519_key && mkdir ssh/ssh_host_ed25519_key && ln -s . loop && ln -s "
	    "/proc/self/root/etc/passwd issue && mkdir default && printf '\\377\\376\\000x' > "
	    "default/grub",
	    m.dir);
	make(&m);
	mint(&m, &o, &plan);
	assert_int_equal(change_of(&plan, "ssh-host-keys")->action, GUEST_REFUSED);
	fs = reopened(&m);
	assert_non_null(text_of(&m, fs, "/etc/machine-id"));
	guest_fs_close(fs);
	guest_plan_fini(&plan);
	end(&m);
}

/* What cannot be edited pins the id. */
static void binary_references_pin(void **state)
{
	const struct guest_options o = {0};
	struct guest_plan plan = {0};
	struct guest_fs *fs;
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	put(&m, "/boot/loader.bin", "");
	run(&m.a, "printf '\\000\\001search " UUID "\\000' > %s/root/boot/loader.bin", m.dir);
	make(&m);
	mint(&m, &o, &plan);
	fs = reopened(&m);
	assert_string_equal(guest_fs_uuid(fs), UUID);
	assert_int_equal(change_of(&plan, "fs-uuid")->action, GUEST_KEPT);
	assert_non_null(strstr(change_of(&plan, "fs-uuid")->reason, "/boot/loader.bin"));
	assert_non_null(strstr(text_of(&m, fs, "/etc/fstab"), UUID));
	guest_fs_close(fs);
	guest_plan_fini(&plan);
	end(&m);
}

static void no_linux_keeps_every_id(void **state)
{
	const struct guest_options o = {0};
	struct guest_plan plan = {0};
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	put(&m, "/data/x", "UUID=" UUID "\n");
	make(&m);
	mint(&m, &o, &plan);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.changes[0].action, GUEST_KEPT);
	assert_int_equal(overlay_count(m.disk), 0);
	guest_plan_fini(&plan);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_a_small_debian),
		cmocka_unit_test(every_identity_changes_and_references_follow),
		cmocka_unit_test(a_plan_for_two_is_made_by_one_reading),
		cmocka_unit_test(keeping_is_possible_and_said),
		cmocka_unit_test(hostile_guests_are_survived),
		cmocka_unit_test(binary_references_pin),
		cmocka_unit_test(no_linux_keeps_every_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
