/* The guest engine on small ext4 images made by mke2fs. */
#include "guest_image.h"

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

/* Its own key generation would add kinds that known_hosts does not know. */
static void cloud_init_makes_no_host_keys(void **state)
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
	    "cd %s/root && mkdir -p etc/cloud/cloud.cfg.d usr/bin && : > usr/bin/cloud-init && : > "
	    "etc/cloud/cloud.cfg && echo old > etc/ssh/ssh_host_ecdsa_key",
	    m.dir);
	make(&m);
	mint(&m, &o, &plan);
	assert_int_equal(plan.nhost_keys, 2);
	fs = reopened(&m);
	assert_string_equal(text_of(&m, fs, "/etc/cloud/cloud.cfg.d/99_vmint_ssh_keys.cfg"),
			    "# The host keys are this machine's own already.\n"
			    "ssh_deletekeys: false\n"
			    "ssh_genkeytypes: [ecdsa, ed25519]\n");
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

static void firmware_is_told_by_what_boots(void **state)
{
	const struct guest_part_id esp = {"vda1", "", "esp"}, root = {"vda2", "", ""};
	const struct guest_disk_ids with = {"vda", "gpt", "", 1, &esp},
				    without = {"vda", "gpt", "", 1, &root};
	const char *uefi[] = {"grub uefi signed"}, *both[] = {"grub uefi signed", "grub bios"};
	struct guest_facts f = {
		.disks = &with, .ndisks = 1, .bootloaders = uefi, .nbootloaders = 1};

	(void)state;
	assert_true(guest_needs_uefi(&f));
	f.bootloaders = both;
	f.nbootloaders = 2;
	assert_false(guest_needs_uefi(&f));
	f.nbootloaders = 0;
	assert_true(guest_needs_uefi(&f));
	f.disks = &without;
	assert_false(guest_needs_uefi(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_a_small_debian),
		cmocka_unit_test(every_identity_changes_and_references_follow),
		cmocka_unit_test(a_plan_for_two_is_made_by_one_reading),
		cmocka_unit_test(keeping_is_possible_and_said),
		cmocka_unit_test(cloud_init_makes_no_host_keys),
		cmocka_unit_test(hostile_guests_are_survived),
		cmocka_unit_test(binary_references_pin),
		cmocka_unit_test(no_linux_keeps_every_id),
		cmocka_unit_test(firmware_is_told_by_what_boots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
