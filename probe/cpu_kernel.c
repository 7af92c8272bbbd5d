/* What the kernel's files say of the CPU: /proc/cpuinfo, and sysfs where that is missing. */
#include "base/scope.h"
#include "base/str.h"
#include "probe/cpu_dump.h"
#include "probe/cpu_parts.h"
#include "probe/cpu_source.h"
#include "probe/host.h"

#include <errno.h>

static const char cpuinfo_path[] = "/proc/cpuinfo";

static void read_info(struct host *h)
{
	struct cpu *c = &h->cpu;
	const char *text;
	size_t len;
	int r = tree_read(h->t, cpuinfo_path, TREE_TEXT_MAX, &text, &len);

	if (r == 0)
		r = cpuinfo_parse(h->a, text, len, &c->info);
	c->flags = r < 0           ? fact_unknown(cpuinfo_path, r)
		   : c->info.flags ? fact_text(cpuinfo_path, c->info.flags)
				   : fact_unknown(cpuinfo_path, ENODATA);
	c->arch_kind = c->info.arch;
}

/* Where cpuinfo is missing or empty: the architecture by uname, the number of CPUs by sysfs. */
static void gather_without_info(struct host *h)
{
	static const struct {
		const char *machine;
		enum cpu_arch arch;
	} machines[] = {
		{"x86_64", ARCH_X86},
		{"i386", ARCH_X86},
		{"i486", ARCH_X86},
		{"i586", ARCH_X86},
		{"i686", ARCH_X86},
		{"aarch64", ARCH_ARM},
		{"arm", ARCH_ARM},
		{"s390", ARCH_S390},
		{"ppc", ARCH_PPC},
		{"riscv", ARCH_RISCV},
		{"loongarch", ARCH_LOONGARCH},
		{"mips", ARCH_MIPS},
		{"sparc", ARCH_SPARC},
		{"ia64", ARCH_IA64},
		{"alpha", ARCH_ALPHA},
		{"parisc", ARCH_PARISC},
		{"m68k", ARCH_M68K},
	};
	static const char online[] = "/sys/devices/system/cpu/online";
	const struct fact *machine = &h->kernel.machine;
	struct cpu *c = &h->cpu;
	const char *text;
	int n;

	for (size_t i = 0; !c->arch_kind && i < ARRAY_SIZE(machines); i++)
		if (str_starts(fact_str(*machine, ""), machines[i].machine)) {
			c->arch_kind = machines[i].arch;
			c->arch = fact_text(machine->source, cpu_arch_name(c->arch_kind));
		}
	if (c->count.is == UNKNOWN && tree_line(h->t, online, &text) == 0) {
		n = cpu_list_parse(text, NULL, 0);
		if (n > 0)
			c->count = fact_num(online, n);
	}
}

/* ARM without cpuinfo: the main id register alone tells who made the CPU. */
static void gather_midr(struct host *h)
{
	static const char path[] = "/sys/devices/system/cpu/cpu0/regs/identification/midr_el1";
	struct cpu *c = &h->cpu;
	const char *name;
	int64_t midr;

	if (c->arch_kind || tree_num(h->t, path, &midr) < 0)
		return;
	name = cpu_arm_implementer(midr >> 24 & 255);
	c->arch_kind = ARCH_ARM;
	c->arch = fact_text(path, cpu_arch_name(ARCH_ARM));
	c->vendor = name ? fact_text(path, name)
			 : fact_text(path, arena_printf(h->a, "%#x", (unsigned)(midr >> 24 & 255)));
}

static struct fact text_or_unknown(const char *text)
{
	return text && *text ? fact_text(cpuinfo_path, text) : fact_unknown(cpuinfo_path, ENODATA);
}

static struct fact num_or_unknown(const char *text)
{
	struct fact f = text_or_unknown(text);

	if (f.is == YES && num_parse_signed(text, 0, &f.num))
		f.has_num = true;
	return f;
}

static void facts_from_info(struct cpu *c)
{
	const struct cpuinfo *i = &c->info;
	const char *machine = i->platform ? i->platform : i->machine;

	c->arch = c->arch_kind ? fact_text(cpuinfo_path, cpu_arch_name(c->arch_kind))
			       : fact_unknown(cpuinfo_path, ENODATA);
	c->vendor = text_or_unknown(i->vendor);
	c->brand = text_or_unknown(i->brand);
	c->family = num_or_unknown(i->family);
	c->model = num_or_unknown(i->model);
	c->stepping = num_or_unknown(i->stepping);
	c->microcode = text_or_unknown(i->microcode);
	c->machine = text_or_unknown(machine);
	c->count =
		i->count ? fact_num(cpuinfo_path, i->count) : fact_unknown(cpuinfo_path, ENODATA);
	c->sie = c->arch_kind != ARCH_S390 ? fact_unknown(NULL, 0)
		 : i->flags                ? fact_bool(cpuinfo_path, cpuinfo_has_flag(i, "sie"))
					   : fact_unknown(cpuinfo_path, ENODATA);
	c->riscv_h = c->arch_kind != ARCH_RISCV ? fact_unknown(NULL, 0)
		     : i->isa ? fact_because(cpuinfo_path, cpuinfo_isa_has(i->isa, "h"), i->isa)
			      : fact_unknown(cpuinfo_path, ENODATA);
}

void cpu_gather_info(struct host *h)
{
	read_info(h);
	facts_from_info(&h->cpu);
}

void cpu_gather_rest(struct host *h)
{
	gather_midr(h);
	gather_without_info(h);
}
