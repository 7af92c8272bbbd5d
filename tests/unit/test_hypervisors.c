/* Who else is on this host, and who gets in whose way. */
#include "base/scope.h"
#include "probe/host.h"
#include "probe/report.h"
#include "tests/memory_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FILES = 10 };

#define LINUX(release)                                                                             \
	{                                                                                          \
		"/proc/sys/kernel/osrelease", release                                              \
	}
#define KVM                                                                                        \
	{"/sys/module/kvm/parameters/x", ""},                                                      \
	{                                                                                          \
		"/sys/module/kvm_intel/refcnt", "0"                                                \
	}
#define AT_LOAD(v)                                                                                 \
	{                                                                                          \
		"/sys/module/kvm/parameters/enable_virt_at_load", v                                \
	}
#define VIRTUALBOX(v, n)                                                                           \
	{"/sys/module/vboxdrv/version", v},                                                        \
	{                                                                                          \
		"/sys/module/vboxdrv/refcnt", n                                                    \
	}

static const struct {
	const char *name;
	struct memory_file files[FILES];
	enum verdict conflict;
	const char *fix; /* holds this; NULL: none */
} hosts[] = {
	{"KVM alone", {LINUX("6.12.1"), KVM, AT_LOAD("Y")}, PASS, NULL},
	{"nothing", {LINUX("6.12.1")}, PASS, NULL},
	{"old VirtualBox, KVM took VT-x",
	 {LINUX("6.12.1"), KVM, AT_LOAD("Y"), VIRTUALBOX("7.1.4 r165100", "0")},
	 FAIL,
	 "enable_virt_at_load=0"},
	{"old VirtualBox, KVM waits",
	 {LINUX("6.12.1"), KVM, AT_LOAD("N"), VIRTUALBOX("7.1.4 r165100", "0")},
	 PASS,
	 NULL},
	{"new VirtualBox, KVM took VT-x",
	 {LINUX("6.16.0"), KVM, AT_LOAD("Y"), VIRTUALBOX("7.2.10 r170000", "3")},
	 PASS,
	 NULL},
	{"new VirtualBox, KVM waits",
	 {LINUX("6.16.0"), KVM, AT_LOAD("N"), VIRTUALBOX("7.2.10", "0")},
	 FAIL,
	 "enable_virt_at_load=1"},
	{"new VirtualBox without KVM", {LINUX("6.16.0"), VIRTUALBOX("7.2.12", "0")}, PASS, NULL},
	{"old kernel, VirtualBox idle",
	 {LINUX("6.1.0"), KVM, VIRTUALBOX("7.0.20", "0")},
	 PASS,
	 NULL},
	{"old kernel, VirtualBox in use",
	 {LINUX("6.1.0"), KVM, VIRTUALBOX("7.0.20", "1")},
	 WARN,
	 "shut VirtualBox"},
	{"only its own modules use it",
	 {LINUX("6.1.0"),
	  KVM,
	  VIRTUALBOX("7.0.20", "2"),
	  {"/sys/module/vboxdrv/holders/vboxnetadp", ""},
	  {"/sys/module/vboxdrv/holders/vboxnetflt", ""}},
	 PASS,
	 NULL},
	{"VMware in use", {LINUX("6.1.0"), KVM, {"/sys/module/vmmon/refcnt", "2"}}, WARN, "VMware"},
	{"dom0", {LINUX("6.1.0"), {"/proc/xen/capabilities", "control_d"}}, WARN, "xl"},
};

static size_t files_of(const struct memory_file *files)
{
	size_t n = 0;

	while (n < FILES && files[n].path)
		n++;
	return n;
}

static void judge_conflict(struct finding *f, struct host *h)
{
	for (size_t i = 0; i < HYPERVISORS_CHECKS; i++)
		if (str_eq(hypervisors_checks[i].id, "hypervisors.conflict")) {
			*f = (struct finding){.check = &hypervisors_checks[i], .a = h->a};
			hypervisors_checks[i].judge(h, f);
		}
}

static void two_hypervisors_get_the_advice_of_their_versions(void **state)
{
	static const struct probe_options opt = {.trial = false};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct memory_tree m = {hosts[i].files, files_of(hosts[i].files)};
		struct tree *t = memory_tree_open(&m);
		struct finding f;
		struct host h;

		host_gather(&h, t, &opt);
		judge_conflict(&f, &h);
		if (f.verdict != hosts[i].conflict)
			fail_msg("%s: %s (%s)", hosts[i].name, verdict_name(f.verdict),
				 f.note ? f.note : "");
		if (hosts[i].fix ? !f.fix || !strstr(f.fix, hosts[i].fix) : f.fix != NULL)
			fail_msg("%s: fix '%s'", hosts[i].name, f.fix ? f.fix : "");
		tree_close(t);
	}
}

static void versions_are_ordered_by_their_numbers(void **state)
{
	(void)state;
	assert_true(hypervisors_version_cmp("7.2.10", "7.2.8") > 0);
	assert_true(hypervisors_version_cmp("7.2.10_Debian r1", "7.2.10") == 0);
	assert_true(hypervisors_version_cmp("7.1.99", "7.2") < 0);
	assert_true(hypervisors_version_cmp("", "7.2.10") < 0);
	assert_true(hypervisors_version_cmp("7.2", "7.2.0") == 0);
}

static void the_words_say_where_and_what(void **state)
{
	static const struct probe_options opt = {.trial = false};
	static const struct memory_file files[] = {
		{"/captured-uname.txt", "x86_64"},
		{"/proc/cpuinfo", "flags : fpu lm hypervisor\n"},
		{"/captured-virt-what-cpuid-helper.txt", "KVMKVMKVM\n"},
		{"/proc/self/ns/pid", "-> pid:[4026531836]"},
	};
	struct memory_tree m = {files, ARRAY_SIZE(files)};
	struct tree *t = memory_tree_open(&m);
	SCOPED(strbuf_fini) struct strbuf words = {0};
	struct host h;

	(void)state;
	host_gather(&h, t, &opt);
	hypervisors_words(&h, &words);
	assert_non_null(strstr(words.text, "x86_64 VM under KVM, not in a container"));
	assert_non_null(strstr(words.text, "Full virtualization"));
	assert_non_null(strstr(words.text, "Paravirtualization: none"));
	assert_non_null(strstr(words.text, "Containers, "));
	tree_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_hypervisors_get_the_advice_of_their_versions),
		cmocka_unit_test(versions_are_ordered_by_their_numbers),
		cmocka_unit_test(the_words_say_where_and_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
