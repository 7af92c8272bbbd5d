/* Decoding CPUID: vendor, brand, family, features, hypervisor. */
#include "probe/cpu_decode.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

enum {
	SHOWS_HYPERVISOR = 31, /* leaf 1 ecx */
	SVM = 2,               /* leaf 0x80000001 ecx */
	SGX = 2,               /* leaf 7 ebx */
};

static const struct {
	const char *vendor, *name;
} vendors[] = {
	{"GenuineIntel", "Intel"}, {"GenuineIotel", "Intel"},     {"AuthenticAMD", "AMD"},
	{"HygonGenuine", "Hygon"}, {"  Shanghai  ", "Zhaoxin"},   {"CentaurHauls", "VIA/Zhaoxin"},
	{"CyrixInstead", "Cyrix"}, {"GenuineTMx86", "Transmeta"}, {"TransmetaCPU", "Transmeta"},
	{"Geode by NSC", "NSC"},   {"NexGenDriven", "NexGen"},    {"RiseRiseRise", "Rise"},
	{"SiS SiS SiS ", "SiS"},   {"UMC UMC UMC ", "UMC"},       {"VIA VIA VIA ", "VIA"},
	{"Vortex86 SoC", "DM&P"},  {"AMDisbetter!", "AMD"},       {"E2K MACHINE ", "MCST"},
	{"GenuineRDC", "RDC"},
};

static const struct {
	const char *signature, *name;
} hypervisors[] = {
	{"KVMKVMKVM", "KVM"},
	{"Linux KVM Hv", "KVM"},
	{"Microsoft Hv", "Hyper-V"},
	{"VMwareVMware", "VMware"},
	{"XenVMMXenVMM", "Xen"},
	{"VBoxVBoxVBox", "VirtualBox"},
	{"TCGTCGTCGTCG", "QEMU TCG"},
	{"bhyve bhyve ", "bhyve"},
	{"BHyVE BHyVE ", "bhyve"},
	{"prl hyperv", "Parallels"},
	{" lrpepyh  vr", "Parallels"},
	{"ACRNACRNACRN", "ACRN"},
	{" QNXQVMBSQG", "QNX"},
	{"QNXQVMBSQG", "QNX"},
	{"VirtualApple", "Apple Rosetta"},
	{"Jailhouse", "Jailhouse"},
	{"EVMMEVMMEVMM", "Intel KGT"},
	{"OpenBSDVMM58", "OpenBSD vmm"},
	{"___ NVMM ___", "NVMM"},
	{"HAXMHAXMHAXM", "HAXM"},
	{"UnisysSpar64", "Unisys s-Par"},
	{"SRESRESRESRE", "Lockheed LMHS"},
	{"Neko Project", "Neko Project II"},
	{"MicrosoftXTA", "Microsoft x86-to-ARM"},
	{"PpyH Hv", "Parallels"},
};

const char *cpu_vendor_name(const char *vendor)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (str_eq(vendors[i].vendor, vendor))
			return vendors[i].name;
	return NULL;
}

const char *cpu_hypervisor_name(const char *signature)
{
	for (size_t i = 0; i < ARRAY_SIZE(hypervisors); i++)
		if (str_eq(hypervisors[i].signature, signature))
			return hypervisors[i].name;
	return NULL;
}

bool cpu_has(const struct cpu_id *id, const char *feature)
{
	return cpu_words_have(id->words, feature);
}

/* Four registers' worth of text, in the order the caller lists them; unprintable bytes become '?'. */
static void spell(char *out, const uint32_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_le32(out + 4 * i, values[i]);
	out[4 * n] = '\0';
	for (char *p = out; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

static void decode_version(struct cpu_id *id, uint32_t eax)
{
	unsigned base = eax >> 8 & 15;

	id->stepping = eax & 15;
	id->family = base == 15 ? base + (eax >> 20 & 255) : base;
	id->model = eax >> 4 & 15;
	/* As Linux does it: Zhaoxin's family 7 has an extended model, too. */
	if (base >= 6)
		id->model |= eax >> 12 & 0xf0;
}

static bool leaf_exists(const struct cpu_id *id, uint32_t leaf)
{
	return leaf >= 0x80000000 ? leaf <= id->max_extended : leaf <= id->max_leaf;
}

/* Leaves that only mean something on some CPUs are not asked on others: under a hypervisor each costs an exit. */
static bool leaf_is_worth_asking(const struct cpu_id *id, uint32_t leaf)
{
	switch (leaf) {
	case 0x8000000a:
		return id->words[WORD_X1_ECX] >> SVM & 1;
	case 0x8000001f:
	case 0x80000021:
		return str_eq(id->vendor, "AuthenticAMD") || str_eq(id->vendor, "HygonGenuine");
	default:
		return true;
	}
}

static void decode_words(const struct cpu_source *s, unsigned cpu, struct cpu_id *id, bool all)
{
	struct cpu_regs regs = {0};
	uint32_t leaf = UINT32_MAX, sub = 0, subleaves = 0;
	int r = 0;

	for (size_t i = 0; i < CPU_WORDS; i++) {
		const struct cpu_word_row *w = &cpu_words[i];

		if (!all && !w->per_cpu)
			continue;
		if (!leaf_exists(id, w->leaf) || !leaf_is_worth_asking(id, w->leaf) ||
		    (w->leaf == 7 && w->sub > subleaves)) {
			id->words_known |= 1u << i;
			continue;
		}
		if (w->leaf != leaf || w->sub != sub)
			r = cpu_ask(s, cpu, leaf = w->leaf, sub = w->sub, &regs);
		if (r < 0)
			continue;
		if (leaf == 7 && sub == 0)
			subleaves = regs.r[CPU_EAX];
		id->words[i] = regs.r[w->reg];
		id->words_known |= 1u << i;
	}
}

static void decode_brand(const struct cpu_source *s, unsigned cpu, struct cpu_id *id)
{
	struct cpu_regs regs[3] = {0};
	uint32_t values[12];
	char text[49], *start;

	if (id->max_extended < 0x80000004)
		return;
	for (unsigned i = 0; i < 3; i++)
		if (cpu_ask(s, cpu, 0x80000002 + i, 0, &regs[i]) < 0)
			return;
	for (unsigned i = 0; i < 12; i++)
		values[i] = regs[i / 4].r[i % 4];
	spell(text, values, 12);
	start = str_trim(text);
	memcpy(id->brand, start, strlen(start) + 1);
}

static bool signature_at(const struct cpu_source *s, unsigned cpu, uint32_t base, char out[13],
			 uint32_t *max)
{
	struct cpu_regs r;

	if (cpu_ask(s, cpu, base, 0, &r) < 0 || !(r.r[CPU_EBX] | r.r[CPU_ECX] | r.r[CPU_EDX]))
		return false;
	*max = r.r[CPU_EAX];
	spell(out, (uint32_t[]){r.r[CPU_EBX], r.r[CPU_ECX], r.r[CPU_EDX]}, 3);
	return true;
}

/* Only with the hypervisor bit: a bare Intel CPU answers leaf 0x40000000 with its highest basic leaf's data. */
static void decode_hypervisor(const struct cpu_source *s, unsigned cpu, struct cpu_id *id)
{
	const uint32_t base = 0x40000000, next = 0x40000100;
	struct cpu_regs r;
	uint32_t max;

	if (!(id->words[WORD_1_ECX] >> SHOWS_HYPERVISOR & 1))
		return;
	if (!signature_at(s, cpu, base, id->hypervisor.signature, &id->hypervisor.max_leaf))
		return;
	if (cpu_ask(s, cpu, base + 1, 0, &r) == 0)
		id->hypervisor.features = r.r[CPU_EAX];
	if (!str_eq(id->hypervisor.signature, "Microsoft Hv"))
		return;
	if (cpu_ask(s, cpu, base + 3, 0, &r) == 0)
		id->hypervisor.hyperv_rights = r.r[CPU_EBX];
	/* Xen and KVM can show Hyper-V's interface first and their own behind it. */
	if (signature_at(s, cpu, next, id->hypervisor.second, &max) &&
	    (max < next || max >= next + 0x100))
		id->hypervisor.second[0] = '\0';
}

/* Enclave memory: sections in subleaves from 2 on, the last one followed by one of type 0. */
static int64_t enclave_memory(const struct cpu_source *s, unsigned cpu)
{
	enum { FIRST = 2, LAST = 33, SECTION = 1 };
	struct cpu_regs r;
	int64_t bytes = 0;

	for (uint32_t i = FIRST; i <= LAST; i++) {
		if (cpu_ask(s, cpu, 0x12, i, &r) < 0)
			return i == FIRST ? -1 : bytes;
		if ((r.r[CPU_EAX] & 15) != SECTION)
			break;
		bytes += (int64_t)(r.r[CPU_EDX] & 0xfffff) << 32 | (r.r[CPU_ECX] & 0xfffff000);
	}
	return bytes;
}

static void decode_extras(const struct cpu_source *s, unsigned cpu, struct cpu_id *id)
{
	struct cpu_regs r;

	id->sgx_epc = -1;
	if (id->max_extended >= 0x80000008 && cpu_ask(s, cpu, 0x80000008, 0, &r) == 0) {
		id->physical_bits = r.r[CPU_EAX] & 255;
		id->linear_bits = r.r[CPU_EAX] >> 8 & 255;
	}
	if (id->words[WORD_7_EBX] >> SGX & 1 && id->max_leaf >= 0x12 &&
	    cpu_ask(s, cpu, 0x12, 0, &r) == 0) {
		id->sgx = r.r[CPU_EAX];
		id->sgx_epc = enclave_memory(s, cpu);
	}
	if (id->words[WORD_X1F_EAX] && cpu_ask(s, cpu, 0x8000001f, 0, &r) == 0)
		id->sev_asids = r.r[CPU_ECX];
}

int cpu_decode(const struct cpu_source *s, unsigned cpu, struct cpu_id *out)
{
	struct cpu_id id = {0};
	struct cpu_regs r;
	int got = cpu_ask(s, cpu, 0, 0, &r);

	if (got == 0) {
		id.max_leaf = r.r[CPU_EAX];
		spell(id.vendor, (uint32_t[]){r.r[CPU_EBX], r.r[CPU_EDX], r.r[CPU_ECX]}, 3);
	}
	if (cpu_ask(s, cpu, 1, 0, &r) == 0) {
		decode_version(&id, r.r[CPU_EAX]);
		/* A dump without leaf 0 still tells its features. */
		if (got < 0)
			id.max_leaf = 0x1f;
	} else if (got < 0) {
		return got;
	}
	/* CPUs without extended leaves answer with something else: the range tells. */
	if (cpu_ask(s, cpu, 0x80000000, 0, &r) == 0 && r.r[CPU_EAX] >> 16 == 0x8000)
		id.max_extended = r.r[CPU_EAX];
	decode_words(s, cpu, &id, true);
	decode_brand(s, cpu, &id);
	decode_hypervisor(s, cpu, &id);
	decode_extras(s, cpu, &id);
	*out = id;
	return 0;
}

int cpu_decode_words(const struct cpu_source *s, unsigned cpu, const struct cpu_id *like,
		     struct cpu_id *out)
{
	struct cpu_id id = {.max_leaf = like->max_leaf, .max_extended = like->max_extended};
	struct cpu_regs r;
	int got = cpu_ask(s, cpu, 1, 0, &r);

	if (got < 0)
		return got;
	memcpy(id.vendor, like->vendor, sizeof id.vendor);
	decode_version(&id, r.r[CPU_EAX]);
	decode_words(s, cpu, &id, false);
	*out = id;
	return 0;
}
