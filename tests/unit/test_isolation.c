/* Control groups, limits, memory and ids, on small hosts made for the purpose. */
#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

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
	who_gather(&f->h);
	isolation_area.gather(&f->h);
	memory_area.gather(&f->h);
}

static struct finding judge(struct fixture *f, const char *id)
{
	static const struct area *const parts[] = {&isolation_area, &memory_area};
	struct finding out = {.a = f->h.a};

	for (size_t p = 0; p < ARRAY_SIZE(parts); p++)
		for (size_t i = 0; i < parts[p]->nchecks; i++)
			if (str_eq(parts[p]->checks[i].id, id))
				out.check = &parts[p]->checks[i];
	assert_non_null(out.check);
	out.check->judge(&f->h, &out);
	return out;
}

static void cgroup_lines_that_are_not_the_kernels_are_left_out(void **state)
{
	struct arena a = {0};
	struct cgroup_lines l;

	(void)state;
	cgroup_parse(&l, &a, "5:cpu,cpuacct:/a\nnonsense\n0::/user.slice/x\n::\n7:x\n8:io:rel\n");
	assert_int_equal(l.count, 2);
	assert_string_equal(l.lines[0].controllers, "cpu,cpuacct");
	assert_string_equal(l.lines[0].path, "/a");
	assert_string_equal(l.lines[1].controllers, "");
	assert_string_equal(l.lines[1].path, "/user.slice/x");
	arena_fini(&a);
}

static void controllers_are_matched_whole(void **state)
{
	(void)state;
	assert_true(cgroup_lists("cpuset cpu io", "cpu"));
	assert_false(cgroup_lists("cpuset,cpuacct", "cpu"));
	assert_false(cgroup_lists("", "cpu"));
}

static void the_lowest_limit_above_counts(void **state)
{
	struct fixture f;

	(void)state;
	open_host(&f, "cgroup2-user");
	assert_string_equal(f.h.isolation.cgroup.text, "v2");
	assert_int_equal(f.h.memory.cgroup_limit.is, YES);
	assert_int_equal(f.h.memory.cgroup_limit.num, 256 << 20);
	assert_string_equal(f.h.memory.cgroup_limit.source, "/sys/fs/cgroup/user.slice/memory.max");
	assert_int_equal(f.h.memory.usable.num, 156 << 20);
	assert_int_equal(judge(&f, "memory.enough").verdict, WARN);
	assert_int_equal(judge(&f, "memory.cgroup-limit").verdict, WARN);
	tree_close(f.t);
}

static void delegated_controllers_belong_to_the_user(void **state)
{
	struct fixture f;

	(void)state;
	open_host(&f, "cgroup2-user");
	/* Whoever unpacked the fixture owns its folders; the user asked about is 1000. */
	assert_int_equal(f.h.who.uid, 1000);
	assert_int_not_equal(f.h.isolation.delegated.is, UNKNOWN);
	assert_int_equal(judge(&f, "isolation.controllers").verdict, WARN);
	assert_string_equal(judge(&f, "isolation.controllers").note, "missing: cpuset");
	tree_close(f.t);
}

static void device_rules_of_v2_are_not_missing(void **state)
{
	struct fixture f;

	(void)state;
	open_host(&f, "cgroup2-user");
	assert_string_equal(f.h.isolation.devices.text, "BPF");
	tree_close(f.t);
}

static void each_switch_that_forbids_user_namespaces_is_named(void **state)
{
	struct fixture f;
	struct finding v;

	(void)state;
	open_host(&f, "cgroup2-user");
	v = judge(&f, "isolation.userns");
	assert_int_equal(v.verdict, WARN);
	assert_non_null(strstr(v.fix, "apparmor_restrict_unprivileged_userns=0"));
	tree_close(f.t);
}

static void subordinate_ids_are_summed_by_name_or_number(void **state)
{
	(void)state;
	assert_int_equal(subids_of("bob:1:5\nalice:100000:65536\n1000:7:4\n", "alice", "1000"),
			 65540);
	assert_int_equal(subids_of("alice:1\nalice::\nalice\nalicex:1:9\n", "alice", "1000"), 0);
	assert_int_equal(subids_of("alice:1:99999999999999999999\n", "alice", "1"), 0);
}

static void memory_is_read_in_its_units(void **state)
{
	uint64_t v;

	(void)state;
	assert_true(meminfo_value("MemTotal:  16 kB\nMemFree: 8 kB\n", "MemFree", &v));
	assert_int_equal(v, 8);
	assert_false(meminfo_value("MemTotalX: 16 kB\nMemTotal\n", "MemTotal", &v));
	assert_false(meminfo_value("MemTotal:", "MemTotal", &v));
}

static void huge_pages_are_counted_per_size_and_node(void **state)
{
	struct fixture f;
	const struct memory *m;

	(void)state;
	open_host(&f, "numa-hugepages");
	m = &f.h.memory;
	assert_int_equal(m->nodes.num, 2);
	assert_int_equal(m->hugepages_2m.num, 64);
	assert_int_equal(m->hugepages.num, 60 << 21);
	assert_int_equal(m->npools, 3);
	assert_int_equal(m->pools[2].node, 1);
	assert_int_equal(m->pools[2].total, 40);
	assert_int_equal(m->hugepages_1g.is, NO);
	assert_int_equal(judge(&f, "memory.hugepages").verdict, PASS);
	tree_close(f.t);
}

static void a_v1_limit_of_all_pages_is_no_limit(void **state)
{
	struct fixture f;

	(void)state;
	open_host(&f, "numa-hugepages");
	assert_string_equal(f.h.isolation.cgroup.text, "v1");
	assert_int_equal(f.h.memory.cgroup_limit.is, NO);
	assert_int_equal(f.h.isolation.controllers[CONTROLLER_IO].is, YES);
	tree_close(f.t);
}

static void only_nodes_with_memory_count(void **state)
{
	struct fixture f;

	(void)state;
	open_host(&f, "numa-hugepages"); /* node7 has none */
	assert_true(tree_exists(f.t, "/sys/devices/system/node/node7/cpulist"));
	assert_int_equal(f.h.memory.nodes.num, 2);
	tree_close(f.t);
}

static void an_empty_host_is_unknown_not_no(void **state)
{
	struct fixture f;

	(void)state;
	open_host(&f, "empty");
	assert_int_equal(f.h.isolation.cgroup.is, UNKNOWN);
	assert_int_equal(f.h.isolation.userns.is, UNKNOWN);
	assert_int_equal(f.h.memory.cgroup_limit.is, UNKNOWN);
	assert_int_equal(judge(&f, "memory.enough").verdict, UNSURE);
	assert_int_equal(judge(&f, "isolation.controllers").verdict, UNSURE);
	assert_int_equal(judge(&f, "isolation.subids").verdict, UNSURE);
	tree_close(f.t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(cgroup_lines_that_are_not_the_kernels_are_left_out),
		cmocka_unit_test(controllers_are_matched_whole),
		cmocka_unit_test(the_lowest_limit_above_counts),
		cmocka_unit_test(delegated_controllers_belong_to_the_user),
		cmocka_unit_test(device_rules_of_v2_are_not_missing),
		cmocka_unit_test(each_switch_that_forbids_user_namespaces_is_named),
		cmocka_unit_test(subordinate_ids_are_summed_by_name_or_number),
		cmocka_unit_test(memory_is_read_in_its_units),
		cmocka_unit_test(huge_pages_are_counted_per_size_and_node),
		cmocka_unit_test(a_v1_limit_of_all_pages_is_no_limit),
		cmocka_unit_test(only_nodes_with_memory_count),
		cmocka_unit_test(an_empty_host_is_unknown_not_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
