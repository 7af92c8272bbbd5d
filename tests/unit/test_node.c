/* Who may open a node, from a recorded host's files: status, passwd, group, mode, ACL. */
#include "probe/host.h"

#include "base/scope.h"
#include "tests/memory_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FILES = 10 };

static const char status_root[] = "Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\n"
				  "CapEff:\t000001ffffffffff\nSeccomp:\t0\n";
static const char status_alice[] = "Uid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n"
				   "Groups:\t4 104\nCapEff:\t0000000000000000\nSeccomp:\t2\n";
static const char status_bob[] = "Uid:\t1001\t1001\t1001\t1001\nGid:\t1001\t1001\t1001\t1001\n"
				 "Groups:\t4\nCapEff:\t0000000000000000\nSeccomp:\t0\n";

/* Memory trees have no device nodes: this one's /dev/kvm is root:kvm 0660, 10:232. */
static unsigned node_mode = 0660;

static int stat_with_node(void *self, const char *path, bool follow, struct tree_stat *st)
{
	if (!str_eq(path, "/dev/kvm"))
		return memory_stat(self, path, follow, st);
	*st = (struct tree_stat){.mode = S_IFCHR | (node_mode & 07777),
				 .gid = 104,
				 .rdev_major = 10,
				 .rdev_minor = 232};
	return 0;
}

static const struct tree_backend ops = {
	.close = memory_close,
	.read = memory_read,
	.link = memory_link,
	.stat = stat_with_node,
	.list = memory_list,
	.answer = memory_answer,
};

static void gather(struct host *h, const char *status, const char *acl,
		   const struct probe_options *opt, struct memory_tree *m,
		   struct memory_file *files)
{
	static const struct memory_file common[] = {
		{"/etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n"
				"bob:x:1001:1001::/:/bin/sh\n"},
		{"/etc/group", "root:x:0:\nadm:x:4:\nkvm:x:104:alice,bob\nalice:x:1000:\n"},
		{"/proc/misc", "200 tun\n232 kvm\n"},
		{"/proc/self/uid_map", "         0          0 4294967295\n"},
		{"/proc/self/mountinfo", "24 27 0:6 / /dev rw,nosuid - devtmpfs devtmpfs rw\n"},
		{"/usr/lib/udev/rules.d/50-udev-default.rules",
		 "KERNEL==\"kvm\", GROUP=\"kvm\", MODE=\"0660\"\n"},
	};

	memcpy(files, common, sizeof common);
	files[6] = (struct memory_file){"/proc/self/status", status};
	files[7] = (struct memory_file){"@xattr/dev/kvm/system.posix_acl_access", acl};
	*m = (struct memory_tree){files, 8};
	memset(h, 0, sizeof *h);
	h->t = tree_new("memory", &ops, m);
	h->a = tree_arena(h->t);
	h->opt = opt;
	who_gather(h);
	nodes_gather(h);
}

static void check(const char *status, const char *acl, unsigned mode, enum access_way way)
{
	struct memory_file files[FILES];
	struct memory_tree m;
	SCOPED(free_at) struct host *h = xcalloc(1, sizeof *h);
	const struct probe_options opt = {0};

	node_mode = mode;
	gather(h, status, acl, &opt, &m, files);
	assert_int_equal(h->nodes.node[NODE_KVM].number.is, YES);
	assert_int_equal(h->nodes.node[NODE_KVM].way, way);
	tree_close(h->t);
}

static const char acl_for_bob[] = "0200000001000600ffffffff02000600e903000004000600ffffffff"
				  "10000600ffffffff20000000ffffffff";
static const char acl_against_alice[] = "0200000001000600ffffffff02000000e803000004000600ffffffff"
					"10000600ffffffff20000000ffffffff";

static void rights_are_found_in_the_kernels_order(void **state)
{
	(void)state;
	check(status_root, "", 0600, ACCESS_ROOT);
	check(status_alice, "", 0660, ACCESS_GROUP);
	check(status_alice, "", 0640, ACCESS_NONE);
	check(status_alice, "", 0606,
	      ACCESS_NONE); /* a member gets the group's bits, never the others' */
	check(status_bob, "", 0660, ACCESS_NONE);
	check(status_bob, "", 0666, ACCESS_OTHER);
	check(status_bob, acl_for_bob, 0660, ACCESS_ACL_USER);
	check(status_alice, acl_against_alice, 0660, ACCESS_NONE);
}

static void a_session_may_be_older_than_the_group(void **state)
{
	struct memory_file files[FILES];
	struct memory_tree m;
	SCOPED(free_at) struct host *h = xcalloc(1, sizeof *h);
	const struct probe_options opt = {0};

	(void)state;
	node_mode = 0660;
	gather(h, status_bob, "", &opt, &m, files);
	assert_string_equal(h->who.user.text, "bob");
	assert_false(who_in_group(&h->who, 104));
	assert_true(who_listed_in(h, 104));
	tree_close(h->t);
}

static void root_answers_for_another_user(void **state)
{
	struct memory_file files[FILES];
	struct memory_tree m;
	SCOPED(free_at) struct host *h = xcalloc(1, sizeof *h);
	const struct probe_options opt = {.user = "bob"};

	(void)state;
	node_mode = 0660;
	gather(h, status_root, "", &opt, &m, files);
	assert_true(h->who.other);
	assert_int_equal(h->who.uid, 1001);
	assert_int_equal(h->nodes.node[NODE_KVM].way, ACCESS_GROUP);
	assert_false(who_is_root(&h->who));
	tree_close(h->t);
}

static void access_by_chmod_does_not_last(void **state)
{
	struct memory_file files[FILES];
	struct memory_tree m;
	SCOPED(free_at) struct host *h = xcalloc(1, sizeof *h);
	const struct probe_options opt = {0};

	(void)state;
	node_mode = 0666;
	gather(h, status_bob, "", &opt, &m, files);
	assert_int_equal(h->nodes.node[NODE_KVM].access.is, YES);
	assert_false(node_lasting_access(h));
	tree_close(h->t);
	gather(h, status_alice, "", &opt, &m, files);
	assert_true(node_lasting_access(h));
	tree_close(h->t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights_are_found_in_the_kernels_order),
		cmocka_unit_test(a_session_may_be_older_than_the_group),
		cmocka_unit_test(root_answers_for_another_user),
		cmocka_unit_test(access_by_chmod_does_not_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
