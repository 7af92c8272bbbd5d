/* What containers, micro-VMs and their managers need from isolation. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/isolation_parts.h"

enum { SUBIDS_WANTED = 65536 };

static void judge_cgroup(const struct host *h, struct finding *f)
{
	const struct fact *c = &h->isolation.cgroup;

	if (finding_if_unknown(f, c))
		return;
	finding_cite(f, c);
	if (c->is == NO)
		finding_miss(f, "none are mounted");
	else
		finding_pass(f, "%s", c->text);
}

/* The names of those that are NO, by a table's order. */
static const char *lacking(const struct fact *facts, const char *const *names, size_t n,
			   struct arena *a)
{
	struct strbuf list = {0};
	const char *text;

	for (size_t i = 0; i < n; i++)
		if (facts[i].is == NO)
			strbuf_printf(&list, "%s%s", list.len ? ", " : "", names[i]);
	text = list.len ? arena_dup(a, list.text) : NULL;
	strbuf_fini(&list);
	return text;
}

/* Device rules are not asked for: v2 has no controller file for them. */
static void judge_controllers(const struct host *h, struct finding *f)
{
	static const char *const names[] = {
#define CONTROLLER_NAME(id, v2, v1) v2,
		ISOLATION_CONTROLLERS(CONTROLLER_NAME)};
	enum { NEEDED = CONTROLLER_CPUSET + 1 };
	const struct isolation *i = &h->isolation;
	const char *missing;

	for (size_t c = 0; c < NEEDED; c++)
		if (finding_if_unknown(f, &i->controllers[c]))
			return;
	for (size_t c = 0; c < NEEDED; c++)
		finding_cite(f, &i->controllers[c]);
	missing = lacking(i->controllers, names, NEEDED, f->a);
	if (missing)
		finding_miss(f, "missing: %s", missing);
	else if (i->delegated.is == YES && !who_is_root(&h->who))
		finding_pass(f, "delegated to this user: %s", i->delegated.text);
	else
		finding_pass(f, "cpu, memory, pids, io, cpuset");
}

static void judge_namespaces(const struct host *h, struct finding *f)
{
	static const char *const names[] = {
#define NS_TITLE(id, name) name,
		ISOLATION_NAMESPACES(NS_TITLE)};
	enum { NEEDED = NS_USER + 1 };
	const struct isolation *i = &h->isolation;
	const char *missing;

	if (finding_if_unknown(f, &i->namespaces[0]))
		return;
	finding_cite(f, &i->namespaces[0]);
	missing = lacking(i->namespaces, names, NEEDED, f->a);
	if (missing)
		finding_miss(f, "missing: %s", missing);
	else
		finding_pass(f, NULL);
}

static void judge_userns(const struct host *h, struct finding *f)
{
	const struct fact *u = &h->isolation.userns;
	const char *name;

	if (finding_if_unknown(f, u))
		return;
	finding_cite(f, u);
	if (u->is == YES) {
		finding_pass(f, NULL);
		return;
	}
	finding_miss(f, "forbidden: %s", u->text);
	name = u->text;
	if (str_starts(name, "user."))
		finding_fix(f, "sysctl user.max_user_namespaces=15000");
	else if (str_starts(name, "kernel.unpriv"))
		finding_fix(f, "sysctl kernel.unprivileged_userns_clone=1");
	else if (str_starts(name, "kernel.apparmor"))
		finding_fix(f, "give the program an AppArmor profile with \"userns,\", or: sysctl "
			       "kernel.apparmor_restrict_unprivileged_userns=0");
}

static void judge_seccomp(const struct host *h, struct finding *f)
{
	const struct isolation *i = &h->isolation;

	if (finding_if_unknown(f, &i->seccomp))
		return;
	finding_cite(f, &i->seccomp);
	finding_cite(f, &i->filtered);
	if (i->seccomp.is == NO)
		finding_miss(f, "the kernel has none");
	else
		finding_pass(f, i->filtered.is == YES ? "this process itself runs under a filter"
						      : NULL);
}

static void judge_lsm(const struct host *h, struct finding *f)
{
	const struct isolation *i = &h->isolation;
	bool selinux = i->selinux.is == YES, apparmor = i->apparmor.is == YES;

	if (i->lsm.is == YES)
		finding_cite(f, &i->lsm);
	finding_cite(f, &i->selinux);
	finding_cite(f, &i->apparmor);
	if (selinux || apparmor)
		finding_pass(f, "%s", selinux ? "SELinux, enforcing" : "AppArmor");
	else if (i->selinux.is == NO && i->apparmor.is == NO)
		finding_pass(f, "neither SELinux nor AppArmor confines programs");
	else
		finding_if_unknown(f, i->selinux.is == UNKNOWN ? &i->selinux : &i->apparmor);
}

static void judge_subids(const struct host *h, struct finding *f)
{
	const struct isolation *i = &h->isolation;
	const char *user;

	if (h->who.known && who_is_root(&h->who)) {
		finding_pass(f, "root needs none");
		return;
	}
	if (finding_if_unknown(f, &i->subuids) || finding_if_unknown(f, &i->subgids))
		return;
	finding_cite(f, &i->subuids);
	finding_cite(f, &i->subgids);
	if (i->subuids.num >= SUBIDS_WANTED && i->subgids.num >= SUBIDS_WANTED) {
		finding_pass(f, NULL);
		return;
	}
	user = who_user_name(h, h->who.uid);
	finding_miss(f, "%s has %s subordinate ids", user,
		     i->subuids.num && i->subgids.num ? "too few" : "no");
	finding_fix(f, "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s", user);
}

const struct check isolation_checks[ISOLATION_CHECKS] = {
	{"isolation.cgroup", "control groups are mounted", CAT_ISOLATION, NULL, WARN, judge_cgroup,
	 .why = "Containers and libvirt limit and account for what they run through control "
		"groups.",
	 .fix = "boot with systemd, or mount -t cgroup2 none /sys/fs/cgroup"},
	{"isolation.controllers", "control groups offer their usual controllers", CAT_ISOLATION,
	 "isolation.cgroup", WARN, judge_controllers,
	 .why = "cpu, memory, pids, io and cpuset are what container engines and libvirt use. In a "
		"container only those its maker handed down are visible.",
	 .fix = "boot a kernel with these controllers; without cgroup_disable= on its command "
		"line"},
	{"isolation.namespaces", "the kernel has every namespace containers use", CAT_ISOLATION,
	 NULL, WARN, judge_namespaces,
	 .why = "Containers are processes in namespaces of their own: mnt, pid, net, ipc, uts, "
		"user.",
	 .fix = "boot a kernel built with CONFIG_NAMESPACES and all that depend on it"},
	{"isolation.userns", "users without privileges may make user namespaces", CAT_ISOLATION,
	 NULL, WARN, judge_userns,
	 .why = "Rootless containers, bubblewrap, Chrome's sandbox and libvirt's session mode with "
		"passt or virtiofsd need them.",
	 .fix = "boot a kernel built with CONFIG_USER_NS"},
	{"isolation.seccomp", "the kernel filters system calls (seccomp)", CAT_ISOLATION, NULL,
	 WARN, judge_seccomp,
	 .why = "QEMU, Firecracker and container engines give up system calls they do not need; "
		"most refuse to start without.",
	 .fix = "boot a kernel built with CONFIG_SECCOMP_FILTER"},
	{"isolation.lsm", "security modules", CAT_ISOLATION, NULL, WARN, judge_lsm,
	 .why = "SELinux or AppArmor keep a guest's process away from other guests' disks. They "
		"also "
		"explain refusals that file permissions do not."},
	{"isolation.subids", "this user has subordinate ids", CAT_ISOLATION, NULL, WARN,
	 judge_subids,
	 .why = "Rootless containers and unprivileged virtiofs map 65,536 ids of the user's range "
		"in /etc/subuid and /etc/subgid.",
	 .fix = "add ranges to /etc/subuid and /etc/subgid"},
};
