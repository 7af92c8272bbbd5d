/* cloud-init in the guest: editors of its configuration, and the table of carriers. */
#include "provision/carry.h"
#include "provision/places_edit.h"

#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void edited(size_t (*f)(const char *, size_t, struct strbuf *), const char *from,
		   const char *to)
{
	struct strbuf out = {0};
	size_t n = f(from, strlen(from), &out);

	assert_string_equal(strbuf_str(&out), to);
	assert_int_equal(n, !str_eq(from, to));
	strbuf_fini(&out);
}

static void nocloud_joins_a_list_in_every_form(void **state)
{
	(void)state;
	edited(edit_datasources, "datasource_list: [ Ec2, None ]\nx: 1\n",
	       "datasource_list: [ NoCloud, Ec2, None ]\nx: 1\n");
	edited(edit_datasources, "a: 1\ndatasource_list: [None]",
	       "a: 1\ndatasource_list: [NoCloud, None]");
	edited(edit_datasources, "datasource_list: []\n", "datasource_list: [NoCloud]\n");
	edited(edit_datasources, "datasource_list: [\rEc2]\n",
	       "datasource_list: [\rNoCloud, Ec2]\n");
	edited(edit_datasources, "datasource_list: [\rNoCloud, Ec2]\n",
	       "datasource_list: [\rNoCloud, Ec2]\n");
	edited(edit_datasources, "datasource_list: [\n  Ec2,\n  None ]\nb: 2\n",
	       "datasource_list: [\n  NoCloud, Ec2,\n  None ]\nb: 2\n");
	edited(edit_datasources, "datasource_list:\n- Ec2\n- None\nb: 2\n",
	       "datasource_list:\n- NoCloud\n- Ec2\n- None\nb: 2\n");
	edited(edit_datasources, "datasource_list:\n  - Ec2\nb: 2\n",
	       "datasource_list:\n  - NoCloud\n  - Ec2\nb: 2\n");
	edited(edit_datasources, "datasource_list:\n", "datasource_list: [NoCloud, None]\n");
	edited(edit_datasources, "datasource_list:", "datasource_list: [NoCloud, None]\n");
}

static void a_list_with_nocloud_keeps_every_byte(void **state)
{
	(void)state;
	edited(edit_datasources, "# datasource_list: [Ec2]\n", "# datasource_list: [Ec2]\n");
	edited(edit_datasources, "datasource_list: ['NoCloud', None]\n",
	       "datasource_list: ['NoCloud', None]\n");
	edited(edit_datasources, "datasource_list:\n- Ec2\n- NoCloud\n",
	       "datasource_list:\n- Ec2\n- NoCloud\n");
	/* another word that begins like it */
	edited(edit_datasources, "datasource_list: [NoCloudish]\n",
	       "datasource_list: [NoCloud, NoCloudish]\n");
}

static void ds_identify_is_made_to_look(void **state)
{
	(void)state;
	edited(edit_identify_policy, "policy: disabled\n",
	       "policy: search,found=first,maybe=all,notfound=disabled\n");
	edited(edit_identify_policy, "datasource: Ec2\n", "");
	edited(edit_identify_policy, "datasource: NoCloud\npolicy: search,found=all\n",
	       "datasource: NoCloud\npolicy: search,found=all\n");
}

static const struct guest_cloud there = {
	.installed = true, .nocloud = true, .ovf = true, .datasources = "", .policy = ""};

static struct carry_choice decide(struct arena *a, struct guest_cloud cloud, bool asked,
				  bool attaches, bool smbios)
{
	struct guest_facts *g = arena_alloc(a, sizeof *g);
	struct carry_facts f = {g, asked, true, attaches, smbios};

	g->linux_found = true;
	g->cloud = cloud;
	return carry_decide(a, &f);
}

static void the_guest_decides_the_carrier(void **state)
{
	struct guest_cloud off = there, masked = there, ovf = there, none = {0}, new_systemd = {0};
	struct arena a = {0};

	(void)state;
	off.off = "/etc/cloud/cloud-init.disabled";
	masked.off_for_good = "/etc/systemd/system/cloud-init.service";
	ovf.nocloud = false;
	new_systemd.systemd = 255;
	assert_int_equal(decide(&a, there, false, true, true).carrier, CARRY_ISO);
	assert_int_equal(decide(&a, there, true, false, true).carrier, CARRY_GUEST);
	assert_int_equal(decide(&a, ovf, true, true, true).carrier, CARRY_OVF);
	assert_int_equal(decide(&a, off, false, true, true).carrier, CARRY_NONE);
	assert_int_equal(decide(&a, off, true, true, true).carrier, CARRY_ISO);
	assert_int_equal(decide(&a, none, false, true, true).carrier, CARRY_NONE);
	assert_int_equal(decide(&a, new_systemd, false, true, true).carrier, CARRY_NONE);
	assert_int_equal(decide(&a, new_systemd, true, true, true).carrier, CARRY_CREDENTIALS);
	assert_false(decide(&a, none, false, true, true).refused);
	assert_true(decide(&a, none, true, true, true).refused);
	assert_true(decide(&a, new_systemd, true, true, false).refused);
	assert_true(decide(&a, masked, true, true, true).refused);
	assert_non_null(strstr(decide(&a, masked, true, true, true).reason, masked.off_for_good));
	arena_fini(&a);
}

static void every_choice_has_a_reason(void **state)
{
	struct arena a = {0};

	(void)state;
	for (unsigned bits = 0; bits < 256; bits++) {
		struct guest_cloud c = {.installed = bits & 1,
					.nocloud = bits & 2,
					.ovf = bits & 4,
					.systemd = bits & 8 ? 257 : 239,
					.off = bits & 16 ? "/off" : NULL};
		struct carry_choice x = decide(&a, c, bits & 32, bits & 64, bits & 128);

		assert_int_not_equal(x.carrier, CARRY_AUTO);
		assert_true(*x.reason);
		assert_true(!x.refused || x.carrier == CARRY_NONE);
		/* what was asked for gets there, or is refused */
		assert_true(!(bits & 32) || x.refused || x.carrier != CARRY_NONE);
	}
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nocloud_joins_a_list_in_every_form),
		cmocka_unit_test(a_list_with_nocloud_keeps_every_byte),
		cmocka_unit_test(ds_identify_is_made_to_look),
		cmocka_unit_test(the_guest_decides_the_carrier),
		cmocka_unit_test(every_choice_has_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
