/* CPUID and MSRs of this host, asked so that a capture can answer instead. */
#include "probe/cpu_source.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <asm/prctl.h>
#include <cpuid.h>
#endif

enum { BITS = 8 * sizeof(unsigned long) };

struct cpuid_question {
	struct cpu_asker *k;
	unsigned cpu;
	uint32_t leaf, sub;
};

void cpu_asker_init(struct cpu_asker *k, struct tree *t)
{
	memset(k, 0, sizeof *k);
	k->t = t;
	k->here = UINT_MAX;
}

void cpu_asker_fini(struct cpu_asker *k)
{
	if (k->here != UINT_MAX)
		syscall(SYS_sched_setaffinity, 0, k->before_size, k->before);
	k->here = UINT_MAX;
}

/* The raw call: glibc's cpu_set_t ends at 1024 CPUs, and the kernel refuses sets smaller than its own. */
static int remember_affinity(struct cpu_asker *k)
{
	long n;

	if (k->before_size)
		return 0;
	n = syscall(SYS_sched_getaffinity, 0, sizeof k->before, k->before);
	if (n < 0)
		return -errno;
	k->before_size = (size_t)n;
	return 0;
}

#if defined(__x86_64__) || defined(__i386__)
static int move_to(struct cpu_asker *k, unsigned cpu)
{
	unsigned long one[CPU_SET_WORDS] = {0};
	int r;

	if (k->here == cpu)
		return 0;
	r = remember_affinity(k);
	if (r < 0)
		return r;
	if (cpu / BITS >= CPU_SET_WORDS)
		return -ERANGE;
	one[cpu / BITS] = 1ul << cpu % BITS;
	if (syscall(SYS_sched_setaffinity, 0, sizeof one, one) < 0)
		return -errno;
	k->here = cpu;
	return 0;
}

/* Linux can make CPUID fault in a process (arch_prctl); old kernels do not know the question. */
static bool cpuid_faults(void)
{
	return syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0) == 0;
}

static int execute_cpuid(void *arg, struct strbuf *out)
{
	const struct cpuid_question *q = arg;
	uint32_t a, b, c, d;
	int r = move_to(q->k, q->cpu);

	if (r < 0)
		return r;
	__cpuid_count(q->leaf, q->sub, a, b, c, d);
	strbuf_printf(out, "%08x %08x %08x %08x", a, b, c, d);
	return 0;
}
#else
static bool cpuid_faults(void)
{
	return false;
}

static int execute_cpuid(void *arg, struct strbuf *out)
{
	(void)arg, (void)out;
	return -ENODATA;
}
#endif

static int asker_ask(void *self, unsigned cpu, uint32_t leaf, uint32_t sub, struct cpu_regs *out)
{
	struct cpuid_question q = {.k = self, .cpu = cpu, .leaf = leaf, .sub = sub};
	struct cpu_regs r;
	const char *text;
	char key[64];
	int got;

	snprintf(key, sizeof key, "cpuid/%u/%" PRIx32 ".%" PRIx32, cpu, leaf, sub);
	got = tree_answer(q.k->t, key, execute_cpuid, &q, &text);
	if (got < 0)
		return got;
	if (sscanf(text, "%8" SCNx32 " %8" SCNx32 " %8" SCNx32 " %8" SCNx32, &r.r[CPU_EAX],
		   &r.r[CPU_EBX], &r.r[CPU_ECX], &r.r[CPU_EDX]) != 4)
		return -EINVAL;
	*out = r;
	return 0;
}

struct cpu_source cpu_asker_source(struct cpu_asker *k)
{
	return (struct cpu_source){.ask = asker_ask, .self = k};
}

/* Which CPUs this thread may run on, as a list: "0-3,8". */
static int list_cpus(void *arg, struct strbuf *out)
{
	struct cpu_asker *k = arg;
	int r = remember_affinity(k);
	unsigned from = 0, count = 0;
	bool inside = false;

#if !defined(__x86_64__) && !defined(__i386__)
	return -ENODATA;
#endif
	if (r < 0)
		return r;
	if (cpuid_faults())
		return -EPERM;
	for (unsigned cpu = 0; cpu <= CPU_SET_WORDS * BITS; cpu++) {
		bool on = cpu < k->before_size * 8 && count < CPU_ASK_MAX &&
			  k->before[cpu / BITS] >> cpu % BITS & 1;

		count += on;
		if (on && !inside)
			from = cpu;
		if (!on && inside)
			strbuf_printf(out, from == cpu - 1 ? "%s%u" : "%s%u-%u",
				      out->len ? "," : "", from, cpu - 1);
		inside = on;
	}
	return out->len ? 0 : -ENODATA;
}

int cpu_list_parse(const char *text, unsigned *cpus, int room)
{
	const char *p = text;
	int n = 0;

	while (*p) {
		unsigned from, to;
		int used = 0;

		if (sscanf(p, "%5u%n", &from, &used) != 1)
			return -EINVAL;
		p += used;
		to = from;
		if (*p == '-') {
			if (sscanf(p, "-%5u%n", &to, &used) != 1 || to < from)
				return -EINVAL;
			p += used;
		}
		for (; from <= to; from++, n++)
			if (n < room)
				cpus[n] = from;
		if (n > CPU_LIST_MAX || (*p && *p++ != ','))
			return -EINVAL;
	}
	return n;
}

int cpu_asker_cpus(struct cpu_asker *k, unsigned cpus[CPU_ASK_MAX])
{
	const char *text;
	int n, r = tree_answer(k->t, "cpuid/cpus", list_cpus, k, &text);

	if (r < 0)
		return r;
	n = cpu_list_parse(text, cpus, CPU_ASK_MAX);
	if (n > CPU_ASK_MAX)
		n = CPU_ASK_MAX;
	return n ? n : -ENODATA;
}

struct msr_question {
	unsigned cpu;
	uint32_t address;
};

static int read_msr(void *arg, struct strbuf *out)
{
	const struct msr_question *q = arg;
	char path[64];
	uint8_t value[8];
	ssize_t n;

	snprintf(path, sizeof path, "/dev/cpu/%u/msr", q->cpu);
	SCOPED(close_at) int fd = sys_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	n = sys_pread(fd, value, sizeof value, q->address);
	if (n != sizeof value)
		return n < 0 ? (int)n : -EIO;
	strbuf_printf(out, "0x%" PRIx64, le64(value));
	return 0;
}

int cpu_msr(struct tree *t, unsigned cpu, uint32_t address, uint64_t *out)
{
	struct msr_question q = {.cpu = cpu, .address = address};
	const char *text;
	char key[64];
	int r;

	/* A static node could load the driver when opened: only with the driver already there. */
	if (tree_is_live(t) && !tree_exists(t, "/sys/class/msr"))
		return -ENOENT;
	snprintf(key, sizeof key, "msr/%u/%" PRIx32, cpu, address);
	r = tree_answer(t, key, read_msr, &q, &text);
	if (r < 0)
		return r;
	return num_parse(text, 0, out) ? 0 : -EINVAL;
}
