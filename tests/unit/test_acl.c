/* ACLs of device nodes. */
#include "probe/acl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* setfacl -m u:1000:rw on a node of mode 0660: user::rw-, user:1000:rw-, group::rw-, mask::rw-, other::--- */
static const char granted[] = "02000000"
			      "01000600ffffffff"
			      "02000600e8030000"
			      "04000600ffffffff"
			      "10000600ffffffff"
			      "20000000ffffffff";

static void an_acl_from_the_kernel_is_read(void **state)
{
	struct acl acl;

	(void)state;
	assert_true(acl_parse_hex(&acl, granted));
	assert_int_equal(acl.count, 5);
	assert_int_equal(acl.entries[1].tag, ACL_USER);
	assert_int_equal(acl.entries[1].id, 1000);
	assert_int_equal(acl_effective(&acl, &acl.entries[1]), 6);
}

static void the_mask_limits_users_and_groups_but_not_the_owner(void **state)
{
	struct acl acl = {
		.count = 3,
		.entries = {{ACL_OWNER, 6, 0}, {ACL_USER, 6, 1000}, {ACL_MASK, 4, 0}},
	};

	(void)state;
	assert_int_equal(acl_effective(&acl, &acl.entries[0]), 6);
	assert_int_equal(acl_effective(&acl, &acl.entries[1]), 4);
}

static void what_is_no_acl_is_refused(void **state)
{
	static const char *const bad[] = {"0", "zz", "02", "0200000001", "03000000", "0200000g"};
	struct acl acl;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(acl_parse_hex(&acl, bad[i]));
	assert_true(acl_parse_hex(&acl, ""));
	assert_int_equal(acl.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_acl_from_the_kernel_is_read),
		cmocka_unit_test(the_mask_limits_users_and_groups_but_not_the_owner),
		cmocka_unit_test(what_is_no_acl_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
