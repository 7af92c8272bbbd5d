/* Identities that machines share. */
#include "provision/guest_audit.h"

#include "base/scope.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>

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
		cmocka_unit_test(one_machine_shares_nothing_with_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
