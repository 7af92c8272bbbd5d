/* Between the files of the cpu area. Private to probe/cpu*.c. */
#pragma once

#include "probe/check.h"
#include "probe/cpu.h"
#include "probe/cpu_regs.h"

enum { CPU_CHECKS = 9 };
extern const struct check cpu_checks[CPU_CHECKS];

void cpu_gather(struct host *h);

/* /proc/cpuinfo and the facts it alone answers. */
void cpu_gather_info(struct host *h);
/* After CPUID: architecture, vendor and number of CPUs from elsewhere, where still unknown. */
void cpu_gather_rest(struct host *h);

/* cpu.virt and cpu.kernel_virt, from what is known of the architecture. */
void cpu_settle_virt(struct cpu *c);
/* The two registers in which firmware switches virtualization off, and what follows for cpu.firmware. */
void cpu_gather_msrs(struct host *h);
void cpu_settle_firmware(struct host *h);

struct fact cpu_codename(struct host *h, const struct cpu_source *s, unsigned cpu);
