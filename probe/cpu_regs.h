/* CPUID answers, and where they come from: the instruction, a capture, or a dump somebody else made. */
#pragma once

#include <stdint.h>

enum cpu_reg { CPU_EAX, CPU_EBX, CPU_ECX, CPU_EDX, CPU_REGS };

struct cpu_regs {
	uint32_t r[CPU_REGS];
};

/* Anything that answers "what does CPUID say for leaf and subleaf on this CPU?"
 * 0, or -errno: -ENODATA when the source does not hold that leaf. */
struct cpu_source {
	int (*ask)(void *self, unsigned cpu, uint32_t leaf, uint32_t sub, struct cpu_regs *out);
	void *self;
};

static inline int cpu_ask(const struct cpu_source *s, unsigned cpu, uint32_t leaf, uint32_t sub,
			  struct cpu_regs *out)
{
	return s->ask(s->self, cpu, leaf, sub, out);
}
