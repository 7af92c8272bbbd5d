/* Identities that machines share. */
#include "provision/guest_audit.h"

#include "base/scope.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void what_two_machines_share_is_said_once(void **state)
{
	static const struct guest_host_key key = {"ed25519", "/etc/ssh/k", "", "SHA256:x"};
	static const struct guest_filesystem root = {"vda1", "ext4", "AAAA", "", "/", "", NULL};
	const struct guest_facts facts[] = {
		{.hostname = "a",
		 .machine_id = "0123456789abcdef0123456789abcdef",
		 .host_keys = &key,
		 .nhost_keys = 1,
		 .filesystems = &root,
		 .nfilesystems = 1},
		{.hostname = "b",
		 .machine_id = "0123456789ABCDEF0123456789abcdef",
		 .host_keys = &key,
		 .nhost_keys = 1},
		{.hostname = "c", .machine_id = "uninitialized"},
		{.hostname = "b", .machine_id = "", .filesystems = &root, .nfilesystems = 1},
	};
	struct arena a = {0};
	struct audit x = {.a = &a};
	struct audit_shared *s;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		audit_add(&x, "machine", &facts[i]);
	audit_compare(&x, &s, &n);
	assert_int_equal(n, 4);
	assert_string_equal(s[0].kind, "machine-id");
	assert_int_equal(s[0].n, 2);
	assert_string_equal(s[1].kind, "hostname");
	assert_string_equal(s[1].value, "b");
	assert_int_equal(s[1].items[1]->machine, 3);
	assert_string_equal(s[2].kind, "ssh-host-key");
	assert_string_equal(s[3].kind, "fs-uuid");
	arena_fini(&a);
}

/* Groups, locks and arrays have kinds of their own; a record beside the image tells of the outside. */
static void ids_of_lvm_and_of_the_outside(void **state)
{
	static const struct guest_lvm_id lvm = {"lvm-vg", "vg", "AbCdEf-1"};
	static const struct guest_filesystem fs[] = {
		{"vda1", "crypto_LUKS", "LLLL", "", "", "", NULL},
		{"vda2", "linux_raid_member", "MMMM", "", "", "", NULL},
		{"vda3", "LVM2_member", "PPPP", "", "", "", NULL}};
	const struct guest_facts f = {
		.filesystems = fs, .nfilesystems = ARRAY_SIZE(fs), .lvm = &lvm, .nlvm = 1};
	static const char *const kinds[] = {"mac",    "smbios-uuid", "vmgenid", "lvm-pv",
					    "lvm-vg", "luks-uuid",   "md-uuid", "disk-serial"};
	char path[] = "/tmp/vmint-audit-XXXXXX";
	static const char json[] =
		"{\"clone\": {\"smbios_uuid\": \"S\", \"vmgenid\": \"G\", \"macs\": "
		"[\"02:00:00:00:00:07\", 5], \"disks\": [{\"serial\": \"x1\"}, 3]}}";
	struct arena a = {0};
	struct audit x = {.a = &a};
	struct audit_shared *s;
	int fd = mkstemp(path);
	size_t n;

	(void)state;
	assert_int_equal(write(fd, json, sizeof json - 1), sizeof json - 1);
	close(fd);
	for (int i = 0; i < 2; i++) {
		audit_add(&x, i ? "b" : "a", &f);
		audit_add_record(&x, path);
	}
	/* none beside it, or none that can be read, is nothing */
	audit_add_record(&x, "/tmp/vmint-audit-nothing");
	audit_add_record(&x, "/proc/self/exe");
	unlink(path);
	audit_compare(&x, &s, &n);
	assert_int_equal(n, ARRAY_SIZE(kinds));
	for (size_t i = 0; i < n; i++)
		assert_string_equal(s[i].kind, kinds[i]);
	arena_fini(&a);
}

static void one_machine_shares_nothing_with_itself(void **state)
{
	static const struct guest_mac macs[] = {{"02:00:00:00:00:01", "/a"},
						{"02:00:00:00:00:01", "/b"}};
	const struct guest_facts f = {.macs = macs, .nmacs = 2};
	struct arena a = {0};
	struct audit x = {.a = &a};
	struct audit_shared *s;
	struct err e = {0};
	size_t n;

	(void)state;
	audit_add(&x, "machine", &f);
	audit_compare(&x, &s, &n);
	assert_int_equal(n, 0);
	assert_true(audit_path(&x, "/nonexistent/image", &e) < 0);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_two_machines_share_is_said_once),
		cmocka_unit_test(ids_of_lvm_and_of_the_outside),
		cmocka_unit_test(one_machine_shares_nothing_with_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
