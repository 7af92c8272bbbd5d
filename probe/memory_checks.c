/* Is there memory for guests, and may this process use it? */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/memory_parts.h"

static const int64_t MiB = 1 << 20;

enum { GUEST_MIB = 512, FILES_WANTED = 1024, CAP_IPC_LOCK_BIT = 14 };

static void judge_enough(const struct host *h, struct finding *f)
{
	const struct memory *m = &h->memory;

	if (finding_if_unknown(f, &m->usable))
		return;
	finding_cite(f, &m->usable);
	finding_cite(f, &m->available);
	if (m->usable.num >= GUEST_MIB * MiB)
		finding_pass(f, "%lld MiB to be had", (long long)(m->usable.num / MiB));
	else if (m->usable.num < m->available.num)
		finding_miss(f, "the cgroup leaves only %lld MiB",
			     (long long)(m->usable.num / MiB));
	else
		finding_miss(f, "only %lld MiB to be had", (long long)(m->usable.num / MiB));
}

static void judge_hugepages(const struct host *h, struct finding *f)
{
	const struct fact *p = &h->memory.hugepages;

	if (finding_if_unknown(f, p))
		return;
	finding_cite(f, p);
	if (p->is == NO)
		finding_miss(f, "none are reserved");
	else if (!p->num)
		finding_miss(f, "all that were reserved are in use");
	else
		finding_pass(f, "%lld MiB are free", (long long)(p->num / MiB));
}

static void judge_memlock(const struct host *h, struct finding *f)
{
	const struct fact *limit = &h->memory.memlock, *caps = &h->isolation.capabilities;

	if (caps->is == YES && (uint64_t)caps->num >> CAP_IPC_LOCK_BIT & 1) {
		finding_cite(f, caps);
		finding_pass(f, "CAP_IPC_LOCK: no limit applies");
		return;
	}
	if (finding_if_unknown(f, limit))
		return;
	finding_cite(f, limit);
	if (limit->num < 0 || limit->num >= GUEST_MIB * MiB)
		finding_pass(f, limit->num < 0 ? NULL : "%lld MiB may be locked",
			     (long long)(limit->num / MiB));
	else
		finding_miss(f, "only %lld KiB may be locked", (long long)(limit->num / 1024));
}

static void judge_nofile(const struct host *h, struct finding *f)
{
	const struct fact *limit = &h->memory.nofile;

	if (finding_if_unknown(f, limit))
		return;
	finding_cite(f, limit);
	if (limit->num < 0 || limit->num >= FILES_WANTED)
		finding_pass(f, "%s", limit->text);
	else
		finding_miss(f, "only %s files may be open", limit->text);
}

static void judge_cgroup(const struct host *h, struct finding *f)
{
	const struct fact *limit = &h->memory.cgroup_limit;

	if (finding_if_unknown(f, limit))
		return;
	finding_cite(f, limit);
	finding_cite(f, &h->memory.cgroup_used);
	if (limit->is == NO)
		finding_pass(f, "no limit");
	else if (limit->num >= GUEST_MIB * MiB)
		finding_pass(f, "%lld MiB", (long long)(limit->num / MiB));
	else
		finding_miss(f, "the cgroup allows only %lld MiB", (long long)(limit->num / MiB));
}

static void judge_ksm(const struct host *h, struct finding *f)
{
	const struct memory *m = &h->memory;

	if (finding_if_unknown(f, &m->ksm))
		return;
	finding_cite(f, &m->ksm);
	finding_cite(f, &m->ksm_sharing);
	if (m->ksm.is == NO)
		finding_pass(f, "%s",
			     m->ksm.text && !str_eq(m->ksm.text, "0") ? m->ksm.text : "off");
	else
		finding_pass(f, "on, %s pages are shared", fact_str(m->ksm_sharing, "?"));
}

const struct check memory_checks[MEMORY_CHECKS] = {
	{"memory.enough", "there is memory for a guest", CAT_MEMORY, NULL, WARN, judge_enough,
	 .why = "A small Linux guest wants 512 MiB. What counts is the memory the kernel calls "
		"available, within the limit of the cgroup this process is in.",
	 .fix = "stop what is not needed, raise the cgroup's limit, or take a bigger machine"},
	{"memory.cgroup-limit", "the cgroup's memory limit leaves room for a guest", CAT_MEMORY,
	 NULL, WARN, judge_cgroup,
	 .why = "A guest's memory belongs to the process that runs it: above the cgroup's limit "
		"the "
		"kernel kills it.",
	 .fix = "give the container or the service more memory (docker run --memory, systemd's "
		"MemoryMax=)"},
	{"memory.hugepages", "huge pages are free for guests", CAT_MEMORY, NULL, WARN,
	 judge_hugepages,
	 .why = "Guests backed by huge pages run faster and leave more of the processor's caches "
		"to "
		"work. Ordinary guests do not need them; DPDK and some profiles do.",
	 .fix = "sysctl vm.nr_hugepages=512 (1 GiB in pages of 2 MiB)"},
	{"memory.memlock", "guest memory may be locked", CAT_MEMORY, NULL, WARN, judge_memlock,
	 .why = "A guest with a passed-through device (VFIO) has all of its memory locked, which "
		"the "
		"limit of locked memory must allow.",
	 .fix = "raise the limit: a line \"USER - memlock unlimited\" in "
		"/etc/security/limits.conf, "
		"or LimitMEMLOCK=infinity for a service, then log in again"},
	{"memory.nofile", "enough files may be open", CAT_MEMORY, NULL, WARN, judge_nofile,
	 .why = "Every virtual CPU, disk, queue and vhost thread takes descriptors; with too few "
		"KVM answers EMFILE.",
	 .fix = "ulimit -n 4096, or LimitNOFILE= for a service"},
	{"memory.ksm", "page sharing between guests (KSM)", CAT_MEMORY, NULL, WARN, judge_ksm,
	 .why = "KSM merges equal pages of guests: more guests fit, at the price of CPU time and "
		"of "
		"side channels between them."},
};
