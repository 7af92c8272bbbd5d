/* Asking a tree's CPUs: the CPUID instruction where the tree is this host, the recorded answer elsewhere.
 * Keys: "cpuid/cpus" -> "0-3", "cpuid/CPU/LEAF.SUB" (hex) -> "eax ebx ecx edx", "msr/CPU/ADDRESS" (hex) -> "0x5". */
#pragma once

#include "base/tree.h"
#include "probe/cpu_regs.h"

#include <stddef.h>

enum {
	CPU_ASK_MAX = 1024,
	CPU_LIST_MAX = 1 << 20,
	CPU_SET_WORDS = 8192 / (8 * sizeof(unsigned long))
};

struct cpu_asker {
	struct tree *t;
	unsigned long before[CPU_SET_WORDS]; /* the affinity to go back to */
	size_t before_size;                  /* 0: not moved */
	unsigned here;                       /* the CPU this thread was moved to */
};

void cpu_asker_init(struct cpu_asker *k, struct tree *t);
/* Puts the thread's affinity back. */
void cpu_asker_fini(struct cpu_asker *k);

struct cpu_source cpu_asker_source(struct cpu_asker *k);
/* The CPUs that can be asked, ascending, at most CPU_ASK_MAX; their number, or -errno:
 * -ENODATA when the tree holds no CPUID answers, -EPERM when this process may not execute CPUID. */
int cpu_asker_cpus(struct cpu_asker *k, unsigned cpus[CPU_ASK_MAX]);

/* "0-3,8" as the kernel writes it. Puts up to room of them in cpus; how many there are in all, or -EINVAL. */
int cpu_list_parse(const char *text, unsigned *cpus, int room);

/* A model-specific register, where some program already loaded the msr driver and we may read it. */
int cpu_msr(struct tree *t, unsigned cpu, uint32_t address, uint64_t *out);
