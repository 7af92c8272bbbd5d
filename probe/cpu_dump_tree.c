/* A CPU dump as a tree: the same questions get their answers, and there are no files. */
#include "base/str.h"
#include "base/tree_backend.h"
#include "probe/cpu_dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static void no_close(void *self)
{
	(void)self;
}

static int no_read(void *self, const char *path, size_t limit, struct strbuf *out)
{
	(void)self, (void)path, (void)limit, (void)out;
	return -ENODATA;
}

static int no_name(void *self, const char *path, struct strbuf *out)
{
	(void)self, (void)path, (void)out;
	return -ENODATA;
}

static int no_stat(void *self, const char *path, bool follow, struct tree_stat *out)
{
	(void)self, (void)path, (void)follow, (void)out;
	return -ENODATA;
}

static int answer(void *self, const char *key, struct strbuf *out)
{
	const struct cpu_dump *d = self;
	const struct cpu_source s = cpu_dump_source(d);
	const struct cpu_dump_value *msr;
	uint32_t leaf, sub;
	uint64_t address;
	struct cpu_regs r;
	unsigned cpu;
	int got;

	/* The keys of probe/cpu_source.c. */
	if (str_eq(key, "cpuid/cpus") && d->count) {
		strbuf_printf(out, "0-%u", d->ncpus - 1);
		return 0;
	}
	if (sscanf(key, "cpuid/%u/%" SCNx32 ".%" SCNx32, &cpu, &leaf, &sub) == 3) {
		got = cpu_ask(&s, cpu, leaf, sub, &r);
		if (got < 0)
			return got;
		strbuf_printf(out, "%08x %08x %08x %08x", r.r[CPU_EAX], r.r[CPU_EBX], r.r[CPU_ECX],
			      r.r[CPU_EDX]);
		return 0;
	}
	if (sscanf(key, "msr/%u/%" SCNx64, &cpu, &address) == 2) {
		msr = cpu_dump_msr(d, address);
		if (!msr)
			return -ENODATA;
		strbuf_printf(out, "0x%" PRIx64, msr->value);
		return 0;
	}
	return -ENODATA;
}

static const struct tree_backend dump_ops = {
	.close = no_close,
	.read = no_read,
	.link = no_name,
	.stat = no_stat,
	.list = no_name,
	.answer = answer,
};

struct tree *cpu_dump_tree(const struct cpu_dump *d, const char *name)
{
	return tree_new(name, &dump_ops, (void *)d);
}
