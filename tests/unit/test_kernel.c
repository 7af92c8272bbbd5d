/* The kernel and its modules, on small hosts made for the purpose. */
#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"
#include "probe/modprobe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct probe_options no_options;

struct fixture {
	struct host h;
	struct tree *t;
};

/* Only the kernel's part: the others have tests of their own. */
static void open_host(struct fixture *f, const char *name)
{
	char path[128];
	struct err e;

	snprintf(path, sizeof path, "tests/fixtures/hosts/%s", name);
	memset(f, 0, sizeof *f);
	assert_int_equal(tree_open(&f->t, path, &e), 0);
	f->h.t = f->t;
	f->h.a = tree_arena(f->t);
	f->h.opt = &no_options;
	kernel_area.gather(&f->h);
}

static struct finding judge(struct fixture *f, const char *id)
{
	struct finding out = {.a = f->h.a};

	for (size_t i = 0; i < kernel_area.nchecks; i++)
		if (str_eq(kernel_area.checks[i].id, id))
			out.check = &kernel_area.checks[i];
	assert_non_null(out.check);
	out.check->judge(&f->h, &out);
	return out;
}

static void a_module_is_loaded_built_in_on_disk_or_not_built(void **state)
{
	struct fixture f;
	const struct module *m;

	(void)state;
	open_host(&f, "modules-intel");
	m = f.h.kernel.modules;
	assert_string_equal(f.h.kernel.release.text, "6.1.0-9-test");
	assert_int_equal(f.h.kernel.release.num, 6001);
	assert_string_equal(m[MODULE_KVM].present.text, "loaded");
	assert_string_equal(m[MODULE_LOOP].present.text, "built in"); /* by /sys/module */
	assert_string_equal(m[MODULE_TUN].present.text, "built in");  /* by the configuration */
	assert_int_equal(m[MODULE_VHOST_NET].present.is, NO);
	assert_string_equal(m[MODULE_VHOST_NET].on_disk.text,
			    "/lib/modules/6.1.0-9-test/kernel/drivers/vhost/vhost_net.ko.xz");
	assert_int_equal(m[MODULE_NBD].on_disk.is, NO);
	assert_int_equal(m[MODULE_OPENVSWITCH].config.is, NO);
	tree_close(f.t);
}

static void the_vendor_module_follows_the_processor(void **state)
{
	struct fixture f;
	struct finding v;

	(void)state;
	open_host(&f, "modules-intel");
	assert_string_equal(f.h.kernel.vendor_module.text, "kvm_intel");
	assert_int_equal(f.h.kernel.driver.is, NO);
	v = judge(&f, "kvm.vendor-module");
	assert_int_equal(v.verdict, WARN);
	assert_non_null(strstr(v.note, "kvm_intel"));
	tree_close(f.t);
}

static void what_keeps_a_module_out_is_named_by_file_and_line(void **state)
{
	struct fixture f;
	struct finding v;

	(void)state;
	open_host(&f, "modules-intel");
	v = judge(&f, "kvm.module-blacklist");
	assert_int_equal(v.verdict, WARN);
	assert_non_null(strstr(v.note, "/bin/false"));
	assert_non_null(strstr(v.fix, "/etc/modprobe.d/vbox.conf:5"));
	assert_non_null(strstr(judge(&f, "kvm.module").fix, "/etc/modprobe.d/vbox.conf:5"));
	tree_close(f.t);
}

static void gone_modules_ask_for_a_reboot(void **state)
{
	struct fixture f;
	struct finding v;

	(void)state;
	open_host(&f, "modules-gone");
	v = judge(&f, "kernel.modules-dir");
	assert_int_equal(v.verdict, WARN);
	assert_non_null(strstr(v.note, "6.8.0-2-test"));
	assert_non_null(strstr(judge(&f, "kvm.module").fix, "reboot"));
	tree_close(f.t);
}

static void a_module_refused_by_the_command_line_is_named_so(void **state)
{
	struct fixture f;
	struct finding v;

	(void)state;
	open_host(&f, "modules-gone");
	assert_true(f.h.kernel.modules[MODULE_KVM_AMD].refused);
	assert_false(f.h.kernel.modules[MODULE_KVM].refused);
	v = judge(&f, "kvm.module-blacklist");
	assert_int_equal(v.verdict, WARN);
	assert_non_null(strstr(v.fix, "module_blacklist="));
	tree_close(f.t);
}

static void parameters_and_policy_of_a_running_kvm_are_judged(void **state)
{
	struct fixture f;

	(void)state;
	open_host(&f, "modules-amd");
	assert_string_equal(f.h.kernel.driver.text, "kvm_amd");
	assert_int_equal(judge(&f, "kvm.module").verdict, PASS);
	assert_int_equal(judge(&f, "kvm.ept").verdict, WARN);
	assert_int_equal(judge(&f, "kvm.nested-param").verdict, PASS);
	assert_int_equal(judge(&f, "kvm.module-policy").verdict, PASS);
	assert_string_equal(f.h.kernel.lockdown.text, "integrity");
	assert_int_equal(f.h.kernel.secure_boot.is, YES);
	assert_int_equal(f.h.kernel.modules_disabled.is, YES);
	tree_close(f.t);
}

static void an_empty_host_is_unknown_not_no(void **state)
{
	struct fixture f;

	(void)state;
	open_host(&f, "empty");
	assert_int_equal(f.h.kernel.driver.is, UNKNOWN);
	assert_int_equal(f.h.kernel.config.is, UNKNOWN);
	assert_int_equal(judge(&f, "kvm.module").verdict, UNSURE);
	assert_int_equal(judge(&f, "kernel.version").verdict, UNSURE);
	tree_close(f.t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_is_loaded_built_in_on_disk_or_not_built),
		cmocka_unit_test(the_vendor_module_follows_the_processor),
		cmocka_unit_test(what_keeps_a_module_out_is_named_by_file_and_line),
		cmocka_unit_test(gone_modules_ask_for_a_reboot),
		cmocka_unit_test(a_module_refused_by_the_command_line_is_named_so),
		cmocka_unit_test(parameters_and_policy_of_a_running_kvm_are_judged),
		cmocka_unit_test(an_empty_host_is_unknown_not_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
