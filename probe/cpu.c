/* Gathering what the CPU is and can: raw CPUID first, then /proc/cpuinfo, each where the other is silent. */
#include "base/scope.h"
#include "base/str.h"
#include "probe/cpu_parts.h"
#include "probe/cpu_source.h"
#include "probe/host.h"

#include <errno.h>
#include <string.h>

static const char cpuinfo_path[] = "/proc/cpuinfo";

enum { HYPERV_CREATE_PARTITIONS = 1 << 0 }; /* leaf 0x40000003 ebx */

/* Facts that are one x86 feature. */
#define CPU_BIT(member_, name_)                                                                    \
	{                                                                                          \
		.offset = offsetof(struct cpu, member_), .name = (name_)                           \
	}
static const struct {
	size_t offset;
	const char *name;
} bit_facts[] = {
	CPU_BIT(hypervisor, "hypervisor"),
	CPU_BIT(vmx, "vmx"),
	CPU_BIT(svm, "svm"),
	CPU_BIT(nx, "nx"),
	CPU_BIT(lm, "lm"),
	CPU_BIT(la57, "la57"),
	CPU_BIT(cx16, "cx16"),
	CPU_BIT(x2apic, "x2apic"),
	CPU_BIT(pdpe1gb, "pdpe1gb"),
	CPU_BIT(invtsc, "invtsc"),
	CPU_BIT(aes, "aes"),
	CPU_BIT(avx, "avx"),
	CPU_BIT(avx2, "avx2"),
	CPU_BIT(avx512, "avx512f"),
	CPU_BIT(amx, "amx_tile"),
	CPU_BIT(npt, "npt"),
	CPU_BIT(avic, "avic"),
	CPU_BIT(vgif, "vgif"),
	CPU_BIT(sme, "sme"),
	CPU_BIT(sev, "sev"),
	CPU_BIT(sev_es, "sev_es"),
	CPU_BIT(sev_snp, "sev_snp"),
	CPU_BIT(sgx, "sgx"),
	CPU_BIT(sgx_lc, "sgx_lc"),
};

/* Facts of the "vmx flags" line, which Linux >= 5.8 has on Intel. */
static const struct {
	size_t offset;
	const char *name;
} vmx_facts[] = {
	CPU_BIT(ept, "ept"),   CPU_BIT(unrestricted_guest, "unrestricted_guest"),
	CPU_BIT(vpid, "vpid"), CPU_BIT(tpr_shadow, "tpr_shadow"),
	CPU_BIT(vnmi, "vnmi"), CPU_BIT(posted_interrupts, "posted_intr"),
};

static struct fact *member(struct cpu *c, size_t offset)
{
	return (struct fact *)((char *)c + offset);
}

struct fact cpu_feature_fact(const struct cpu *c, const char *name)
{
	const struct cpu_feature *f = cpu_feature_find(name);

	if (c->id_known && f && c->id.words_known >> f->word & 1)
		return fact_bool("CPUID", c->id.words[f->word] >> f->bit & 1);
	/* Linux shows invtsc as two words and puts some bits under names of its own. */
	if (str_eq(name, "invtsc"))
		name = "nonstop_tsc";
	if (c->arch_kind == ARCH_X86 && c->info.flags)
		return fact_bool(cpuinfo_path, cpuinfo_has_flag(&c->info, name));
	return fact_unknown(c->arch_kind == ARCH_X86 ? cpuinfo_path : NULL,
			    c->arch_kind == ARCH_X86 ? ENODATA : 0);
}

/* ---- CPUID ---- */

static void add_differences(struct strbuf *out, const struct cpu_id *first,
			    const struct cpu_id *other)
{
	unsigned named = 0, more = 0;

	for (size_t i = 0; i < ncpu_features; i++) {
		const struct cpu_feature *f = &cpu_features[i];
		bool here = first->words[f->word] >> f->bit & 1;
		bool there = other->words[f->word] >> f->bit & 1;

		if (!cpu_words[f->word].per_cpu || here == there)
			continue;
		if (named++ < 4)
			strbuf_printf(out, "%s%s %s", named > 1 ? ", " : "",
				      there ? "has" : "lacks", f->name);
		else
			more++;
	}
	if (more)
		strbuf_printf(out, " and %u more", more);
	if (!named && (first->family != other->family || first->model != other->model))
		strbuf_printf(out, "is model %u/%u, the first %u/%u", other->family, other->model,
			      first->family, first->model);
}

static struct fact ask_same(struct host *h, const struct cpu_source *s, const unsigned *cpus, int n)
{
	struct strbuf text = {0}, one = {0};
	struct fact f = fact_yes("CPUID");
	int differing = 0;

	/* Not allowed on the others: for them the kernel's flags speak. */
	if ((unsigned)n < h->cpu.info.count)
		f.source = arena_printf(h->a, "CPUID on %d of %u CPUs, /proc/cpuinfo for all", n,
					h->cpu.info.count);

	for (int i = 1; i < n; i++) {
		struct cpu_id other;

		if (cpu_decode_words(s, cpus[i], &h->cpu.id, &other) < 0)
			continue;
		one.len = 0;
		add_differences(&one, &h->cpu.id, &other);
		if (one.len && differing++ < 4)
			strbuf_printf(&text, "%sCPU %u %s", text.len ? "; " : "", cpus[i],
				      one.text);
	}
	if (differing > 4)
		strbuf_printf(&text, "; and %d more CPUs", differing - 4);
	if (differing)
		f = fact_because(f.source, false, arena_dup(h->a, strbuf_str(&text)));
	strbuf_fini(&text);
	strbuf_fini(&one);
	return f;
}

/* The kernel's own word per CPU counts, too: firmware can switch VMX off on some CPUs only. */
static struct fact settle_same(const struct cpu *c, struct fact asked)
{
	if (asked.is == NO)
		return asked;
	if (c->info.differs)
		return fact_because(cpuinfo_path, false, c->info.differs);
	if (asked.is == UNKNOWN && c->info.flags && c->info.count)
		return fact_yes(cpuinfo_path);
	return asked;
}

static int gather_cpuid(struct host *h)
{
	unsigned cpus[CPU_ASK_MAX];
	struct cpu *c = &h->cpu;
	struct cpu_asker k;
	struct cpu_source s;
	int n, r;

	cpu_asker_init(&k, h->t);
	s = cpu_asker_source(&k);
	n = cpu_asker_cpus(&k, cpus);
	r = n < 0 ? n : cpu_decode(&s, cpus[0], &c->id);
	c->id_known = r == 0;
	c->same = settle_same(c, r < 0 ? fact_unknown("CPUID", r) : ask_same(h, &s, cpus, n));
	cpu_asker_fini(&k);
	if (c->id_known && !c->info.count)
		c->count = fact_num("CPUID", n);
	return r;
}

static void facts_from_cpuid(struct host *h)
{
	struct cpu *c = &h->cpu;
	const struct cpu_id *id = &c->id;

	if (!c->arch_kind)
		c->arch_kind = ARCH_X86;
	c->arch = fact_text("CPUID", cpu_arch_name(c->arch_kind));
	if (id->vendor[0])
		c->vendor = fact_text("CPUID leaf 0", id->vendor);
	if (id->brand[0])
		c->brand = fact_text("CPUID leaf 0x80000002", id->brand);
	c->family = fact_num("CPUID leaf 1", id->family);
	c->model = fact_num("CPUID leaf 1", id->model);
	c->stepping = fact_num("CPUID leaf 1", id->stepping);
	c->sgx_epc = fact_unknown("CPUID leaf 0x12", ENODATA);
	if (id->sgx_epc >= 0)
		c->sgx_epc = fact_num("CPUID leaf 0x12", id->sgx_epc);
	if (id->sgx_epc == 0)
		c->sgx_epc.is = NO;
	if (id->physical_bits)
		c->physical_bits = fact_num("CPUID leaf 0x80000008", id->physical_bits);
}

static void facts_of_hypervisor(struct cpu *c)
{
	static const char leaf[] = "CPUID leaf 0x40000000";
	const struct cpu_id *id = &c->id;
	const char *inner =
		id->hypervisor.second[0] ? id->hypervisor.second : id->hypervisor.signature;
	const char *name = cpu_hypervisor_name(inner);

	if (!c->id_known) {
		c->hypervisor_signature = c->hypervisor_name = c->hypervisor_max_leaf =
			c->hyperv_root = fact_unknown(leaf, ENODATA);
		return;
	}
	if (!id->hypervisor.signature[0]) {
		c->hypervisor_signature = c->hypervisor_name = c->hypervisor_max_leaf =
			c->hyperv_root = fact_no(leaf);
		return;
	}
	c->hypervisor_signature = fact_text(leaf, id->hypervisor.signature);
	c->hypervisor_name = fact_text(leaf, name ? name : inner);
	c->hypervisor_max_leaf = fact_num(leaf, id->hypervisor.max_leaf);
	c->hyperv_root = fact_bool("CPUID leaf 0x40000003",
				   id->hypervisor.hyperv_rights & HYPERV_CREATE_PARTITIONS);
}

/* ---- what follows from both ---- */

static void facts_of_bits(struct cpu *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(bit_facts); i++)
		*member(c, bit_facts[i].offset) = cpu_feature_fact(c, bit_facts[i].name);
	/* Other architectures may well have no-execute pages under another name, but never these two. */
	if (c->arch_kind && c->arch_kind != ARCH_X86)
		c->vmx = c->svm = fact_no(c->arch.source);
	for (size_t i = 0; i < ARRAY_SIZE(vmx_facts); i++) {
		struct fact *f = member(c, vmx_facts[i].offset);

		if (c->info.vmx_flags)
			*f = fact_bool("vmx flags in /proc/cpuinfo",
				       str_has_word(c->info.vmx_flags, vmx_facts[i].name));
		else if (c->vmx.is == NO)
			*f = fact_no(c->vmx.source);
		else if (cpuinfo_has_flag(&c->info, vmx_facts[i].name))
			/* Linux kept a few of them among the flags before it had the line. */
			*f = fact_yes(cpuinfo_path);
		else
			*f = fact_unknown("vmx flags in /proc/cpuinfo", ENODATA);
	}
	c->tdx_host = cpuinfo_has_flag(&c->info, "tdx_host_platform") ? fact_yes(cpuinfo_path)
		      : c->info.flags                                 ? fact_no(cpuinfo_path)
				      : fact_unknown(cpuinfo_path, ENODATA);
	c->tdx_guest = cpuinfo_has_flag(&c->info, "tdx_guest") ? fact_yes(cpuinfo_path)
		       : c->info.flags                         ? fact_no(cpuinfo_path)
				       : fact_unknown(cpuinfo_path, ENODATA);
}

static void settle_level(struct cpu *c)
{
	const char *missing;
	int level;

	if (c->arch_kind != ARCH_X86 || (!c->id_known && !c->info.flags)) {
		c->level = fact_unknown(NULL, 0);
		return;
	}
	level = c->id_known ? cpu_words_level(c->id.words, &missing)
			    : cpu_flags_level(c->info.flags, &missing);
	c->level = fact_num(c->id_known ? "CPUID" : cpuinfo_path, level);
	c->level.text = missing;
}

static void settle_paging(struct cpu *c)
{
	const struct fact *either = c->vmx.is == YES ? &c->ept : c->svm.is == YES ? &c->npt : NULL;

	if (either)
		c->nested_paging = *either;
	else if (c->vmx.is == NO && c->svm.is == NO)
		c->nested_paging = fact_no(c->vmx.source);
	else
		c->nested_paging = fact_unknown(NULL, 0);
}

static void settle_names(struct host *h)
{
	struct cpu *c = &h->cpu;
	const char *name = c->vendor.is == YES ? cpu_vendor_name(c->vendor.text) : NULL;
	struct cpu_asker k;
	struct cpu_source s;
	unsigned cpus[CPU_ASK_MAX];

	c->vendor_name = c->vendor;
	if (name)
		c->vendor_name.text = name;
	if (!c->id_known || c->hypervisor.is != NO) {
		c->codename = c->id_known ? fact_no("libcpuid") : fact_unknown("libcpuid", ENODATA);
		return;
	}
	cpu_asker_init(&k, h->t);
	s = cpu_asker_source(&k);
	if (cpu_asker_cpus(&k, cpus) > 0)
		c->codename = cpu_codename(h, &s, cpus[0]);
	cpu_asker_fini(&k);
}

void cpu_gather(struct host *h)
{
	struct cpu *c = &h->cpu;

	cpu_gather_info(h);
	c->sgx_epc = fact_unknown("CPUID leaf 0x12", ENODATA);
	c->physical_bits = fact_unknown("CPUID leaf 0x80000008", ENODATA);
	if (gather_cpuid(h) == 0)
		facts_from_cpuid(h);
	cpu_gather_rest(h);
	facts_of_hypervisor(c);
	facts_of_bits(c);
	settle_names(h);
	cpu_settle_virt(c);
	settle_level(c);
	settle_paging(c);
	cpu_gather_msrs(h);
	cpu_settle_firmware(h);
}
