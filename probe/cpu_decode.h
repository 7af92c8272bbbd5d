/* What CPUID's registers mean. Pure: works on any source of leaves. */
#pragma once

#include "probe/cpu_features.h"
#include "probe/cpu_regs.h"

struct cpu_id {
	char vendor[13]; /* as the CPU spells it: "GenuineIntel", "  Shanghai  " */
	char brand[49];  /* white space at the ends cut; "" when the CPU has none */
	unsigned family, model, stepping;
	uint32_t max_leaf, max_extended; /* 0 when not asked or not there */
	uint32_t words[CPU_WORDS];
	uint32_t words_known; /* bit per enum cpu_word: the leaf was answered, or does not exist */
	struct {
		char signature[13]; /* of leaf 0x40000000, "" when none */
		char second
			[13]; /* another interface at 0x40000100..., as Xen puts behind Hyper-V's */
		uint32_t max_leaf;
		uint32_t features; /* leaf base+1 eax */
		uint32_t
			hyperv_rights; /* leaf 0x40000003 ebx; 0 unless the signature is Hyper-V's */
	} hypervisor;
	int64_t sgx_epc;    /* bytes of enclave memory; -1: nobody tells */
	uint32_t sgx;       /* leaf 0x12 eax: bit 0 SGX1, bit 1 SGX2 */
	uint32_t sev_asids; /* leaf 0x8000001f ecx: encrypted guests at the same time */
	unsigned physical_bits, linear_bits;
};

/* Everything about one CPU. -ENODATA when the source knows neither leaf 0 nor leaf 1 of it. */
int cpu_decode(const struct cpu_source *s, unsigned cpu, struct cpu_id *out);

/* Only the words that must be the same on every CPU, for comparing; like says which leaves exist. */
int cpu_decode_words(const struct cpu_source *s, unsigned cpu, const struct cpu_id *like,
		     struct cpu_id *out);

bool cpu_has(const struct cpu_id *id, const char *feature);

/* "GenuineIntel" -> "Intel"; NULL for a vendor nobody here knows. */
const char *cpu_vendor_name(const char *vendor);
/* "KVMKVMKVM" -> "KVM"; NULL for an unknown signature. */
const char *cpu_hypervisor_name(const char *signature);
