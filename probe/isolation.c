/* Namespaces, filters, security modules and ids: gathering, and the catalogue. */
#include "probe/host.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "probe/isolation_parts.h"

#include <errno.h>
#include <string.h>

static const char *const namespaces[NS_COUNT] = {
#define NS_NAME(id, name) name,
	ISOLATION_NAMESPACES(NS_NAME)};

static void gather_namespaces(struct host *h)
{
	static const char dir[] = "/proc/self/ns";
	struct tree_names names = {0};
	int r = tree_list(h->t, dir, &names);

	for (size_t i = 0; i < NS_COUNT; i++) {
		bool there = false;

		for (size_t j = 0; j < names.count; j++)
			there = there || str_eq(names.names[j], namespaces[i]);
		h->isolation.namespaces[i] =
			r < 0 ? fact_unknown(dir, r) : fact_because(dir, there, namespaces[i]);
	}
}

/* ---- unprivileged user namespaces: three switches, any of which forbids ---- */

static struct fact userns_fact(struct host *h)
{
	static const struct {
		const char *path;
		int64_t forbids;
		const char *words;
	} switches[] = {
		{"/proc/sys/user/max_user_namespaces", 0, "user.max_user_namespaces=0"},
		{"/proc/sys/kernel/unprivileged_userns_clone", 0,
		 "kernel.unprivileged_userns_clone=0"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1,
		 "kernel.apparmor_restrict_unprivileged_userns=1"},
	};
	const struct isolation *i = &h->isolation;

	if (i->namespaces[NS_USER].is == NO)
		return fact_because(i->namespaces[NS_USER].source, false,
				    "the kernel has no user namespaces");
	for (size_t s = 0; s < ARRAY_SIZE(switches); s++) {
		int64_t n;
		int r = tree_num(h->t, switches[s].path, &n);

		/* The last two exist on some distributions only; the first wherever there are user namespaces. */
		if (r < 0 && s == 0)
			return fact_unknown(switches[s].path, r);
		if (r == 0 && n == switches[s].forbids)
			return fact_because(switches[s].path, false, switches[s].words);
	}
	return fact_yes(switches[0].path);
}

/* ---- filters and security modules ---- */

/* A line of /proc/self/status: "NoNewPrivs:	0". */
static struct fact status_flag(struct host *h, const char *key)
{
	static const char path[] = "/proc/self/status";
	const char *text, *line;
	size_t n, len = strlen(key);
	int r = tree_read(h->t, path, 65536, &text, NULL);

	if (r < 0)
		return fact_unknown(path, r);
	while (str_line(&text, &line, &n))
		if (n > len + 1 && !memcmp(line, key, len) && line[len] == ':')
			return fact_bool(path, line[n - 1] != '0');
	return fact_unknown(path, ENODATA);
}

static struct fact seccomp_fact(struct host *h)
{
	struct fact f = fact_from_line(h->t, "/proc/sys/kernel/seccomp/actions_avail");

	/* The list came with Linux 4.14; the line in status is older. */
	if (f.is != YES && h->isolation.filtered.is != UNKNOWN)
		return fact_yes("/proc/self/status");
	return f;
}

static struct fact lsm_fact(struct host *h)
{
	static const char path[] = "/sys/kernel/security/lsm";
	struct fact f = fact_from_line(h->t, path);
	char *list;

	if (f.is != YES || !*f.text)
		return f;
	list = arena_dup(h->a, f.text);
	for (char *p = list; *p; p++)
		if (*p == ',')
			*p = ' ';
	f.text = list;
	return f;
}

/* Absent where the file system of it is not there: the module is not in use. */
static struct fact module_switch(struct host *h, const char *path, const char *when_absent,
				 const char *shows_kernel)
{
	struct fact f = fact_from_flag(h->t, path);

	if (f.err == ENOENT && tree_exists(h->t, shows_kernel))
		return fact_because(f.source, false, when_absent);
	return f;
}

static void gather_security(struct host *h)
{
	struct isolation *i = &h->isolation;

	i->no_new_privs = status_flag(h, "NoNewPrivs");
	i->filtered = status_flag(h, "Seccomp");
	i->seccomp = seccomp_fact(h);
	i->lsm = lsm_fact(h);
	i->selinux = module_switch(h, "/sys/fs/selinux/enforce", "not in use", "/sys/fs");
	if (i->selinux.source && str_eq(i->selinux.text, "1"))
		i->selinux.text = "enforcing";
	else if (i->selinux.source && str_eq(i->selinux.text, "0"))
		i->selinux.text = "permissive";
	i->apparmor = module_switch(h, "/sys/module/apparmor/parameters/enabled", "not in use",
				    "/sys/module");
	i->label = fact_from_line(h->t, "/proc/self/attr/current");
	if (i->label.err == EINVAL) /* what the kernel says when no module labels processes */
		i->label = fact_no(i->label.source);
	/* Another user's processes begin without any. */
	i->capabilities = h->who.other ? fact_because("--user", false, NULL) : h->who.caps;
}

/* ---- ids that a user may map ---- */

static bool field_is(const char *field, size_t n, const char *want)
{
	return want && n == strlen(want) && !memcmp(field, want, n);
}

uint64_t subids_of(const char *text, const char *name, const char *uid)
{
	uint64_t sum = 0, count;
	const char *line;
	size_t n;

	while (str_line(&text, &line, &n)) {
		const char *first = memchr(line, ':', n);
		const char *last = first ? memrchr(line, ':', n) : NULL;
		char digits[24];
		size_t len = last ? (size_t)(line + n - last - 1) : 0;

		if (!last || last == first || !len || len >= sizeof digits)
			continue;
		if (!field_is(line, (size_t)(first - line), name) &&
		    !field_is(line, (size_t)(first - line), uid))
			continue;
		memcpy(digits, last + 1, len);
		digits[len] = '\0';
		if (num_parse(digits, 10, &count) && count <= UINT32_MAX)
			add_fits(sum, count, &sum);
	}
	return sum;
}

static struct fact subids_fact(struct host *h, const char *path)
{
	const char *text, *uid;
	uint64_t n;
	int r = tree_read(h->t, path, TREE_TEXT_MAX, &text, NULL);

	if (!h->who.known)
		return fact_unknown("/proc/self/status", ENODATA);
	if (r < 0 && (r != -ENOENT || !tree_exists(h->t, "/etc/passwd")))
		return fact_unknown(path, r);
	if (r < 0)
		return fact_because(path, false, "no such file");
	uid = arena_printf(h->a, "%u", h->who.uid);
	n = subids_of(text, who_user_name(h, h->who.uid), uid);
	return n ? fact_num(path, (int64_t)(n & INT64_MAX)) : fact_no(path);
}

static void gather(struct host *h)
{
	struct isolation *i = &h->isolation;

	isolation_gather_cgroups(h);
	gather_namespaces(h);
	i->userns_max = fact_from_num(h->t, "/proc/sys/user/max_user_namespaces");
	i->userns = userns_fact(h);
	gather_security(h);
	i->subuids = subids_fact(h, "/etc/subuid");
	i->subgids = subids_fact(h, "/etc/subgid");
}

/* ---- catalogue ---- */

#define NS_ROW(id, name)                                                                           \
	FACT("isolation.ns-" name, isolation.namespaces[NS_##id], name " namespace"),
#define CONTROLLER_FACT(id, v2, v1)                                                                \
	FACT("isolation.controller-" v2, isolation.controllers[CONTROLLER_##id], v2 " controller"),

static const struct fact_row facts[] = {
	FACT("isolation.cgroup", isolation.cgroup, "Control groups"),
	FACT("isolation.cgroup-in", isolation.cgroup_in, "Own control group"),
	FACT("isolation.cgroup-devices", isolation.devices, "Device rules of control groups"),
	FACT("isolation.delegated", isolation.delegated, "Controllers delegated to this user"),
	FACT("isolation.userns", isolation.userns, "User namespaces without privileges"),
	FACT("isolation.userns-max", isolation.userns_max, "user.max_user_namespaces"),
	FACT("isolation.seccomp", isolation.seccomp, "System call filters (seccomp)"),
	FACT("isolation.filtered", isolation.filtered, "This process runs under a filter"),
	FACT("isolation.lsm", isolation.lsm, "Security modules"),
	FACT("isolation.selinux", isolation.selinux, "SELinux"),
	FACT("isolation.apparmor", isolation.apparmor, "AppArmor"),
	FACT("isolation.label", isolation.label, "Security label of this process"),
	FACT("isolation.capabilities", isolation.capabilities, "Effective capabilities"),
	FACT("isolation.no-new-privs", isolation.no_new_privs, "No new privileges"),
	FACT("isolation.subuids", isolation.subuids, "Subordinate user ids"),
	FACT("isolation.subgids", isolation.subgids, "Subordinate group ids"),
	ISOLATION_NAMESPACES(NS_ROW) ISOLATION_CONTROLLERS(CONTROLLER_FACT)};

const struct area isolation_area = {
	.name = "isolation",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = isolation_checks,
	.nchecks = ISOLATION_CHECKS,
};
