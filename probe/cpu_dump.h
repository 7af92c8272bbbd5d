/* CPU dumps made by other programs: libcpuid, AIDA/CPU-Z style lists, cpuid(1) -r, hwloc's per-CPU files,
 * libvirt's XML, Firecracker's fingerprints. What is in them, as a source of leaves. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/tree.h"
#include "probe/cpu_regs.h"

#include <stdbool.h>
#include <stddef.h>

enum { CPU_DUMP_CPUS = 65536, CPU_DUMP_TEXT = 16 << 20 };

struct cpu_dump_leaf {
	unsigned cpu; /* by order of appearance, from 0 */
	uint32_t leaf, sub;
	struct cpu_regs regs;
	size_t order; /* by appearance: the first answer counts */
};

struct cpu_dump_value {
	unsigned cpu;
	uint64_t key, value;
};

/* A zeroed dump is an empty one. */
struct cpu_dump {
	struct cpu_dump_leaf *leaves; /* sorted by cpu, leaf, sub */
	size_t count, room;
	struct cpu_dump_value *msrs;
	size_t nmsrs, msrs_room;
	struct cpu_dump_value *midrs; /* ARM main id registers, one a CPU; key unused */
	size_t nmidrs, midrs_room;
	unsigned ncpus;
};

/* Adds what text holds to *out, as further CPUs: hwloc keeps one file for each.
 * name is for messages. -EINVAL with a sentence when there is nothing of a CPU in it; then *out is as before. */
int cpu_dump_parse(struct arena *a, const char *text, size_t len, const char *name,
		   struct cpu_dump *out, struct err *e);

/* Whether text begins like something cpu_dump_parse reads: for guessing what kind of file it is. */
bool cpu_dump_looks_like_one(const char *text, size_t len);

struct cpu_source cpu_dump_source(const struct cpu_dump *d);
const struct cpu_dump_value *cpu_dump_msr(const struct cpu_dump *d, uint64_t address);

/* A tree that answers "cpuid/..." and "msr/..." from the dump and has no files. The dump must outlive it. */
struct tree *cpu_dump_tree(const struct cpu_dump *d, const char *name);

/* tree_open for all that people have of a host: what tree_open knows, and CPU dumps, copies of /proc/cpuinfo,
 * and hwloc's archives that hold CPUs beside (or without) a host's files. */
int cpu_tree_open(struct tree **out, const char *path, struct err *e);

/* "Arm", "Qualcomm"... from a main id register's implementer byte; NULL when unknown. */
const char *cpu_arm_implementer(unsigned implementer);
