/* The processor: who made it, what it can do for virtual machines, and what hides that. */
#pragma once

#include "probe/cpu_decode.h"
#include "probe/cpu_info.h"
#include "probe/fact.h"

struct host;

struct cpu {
	enum cpu_arch arch_kind;
	struct fact arch; /* text: "x86", "arm", "s390"... */

	/* Text as the CPU spells it: "GenuineIntel", "  Shanghai  "; vendor_name: "Intel", "Zhaoxin". */
	struct fact vendor, vendor_name;
	struct fact brand; /* text */
	struct fact
		codename; /* text, by libcpuid; NO under a hypervisor, whose CPU models are made up */
	struct fact family, model, stepping; /* num */
	struct fact microcode;               /* text */
	struct fact count;                   /* num: CPUs online */
	struct fact machine; /* text: the board, where cpuinfo tells; ppc: "PowerNV"... */

	/* What this CPU shows; for x86 raw CPUID counts more than the kernel's flags. */
	struct fact hypervisor;           /* the bit that says "this is a VM" */
	struct fact hypervisor_signature; /* text of leaf 0x40000000: "KVMKVMKVM"; NO without */
	struct fact hypervisor_name; /* text: "KVM", "Hyper-V"; text of the innermost one known */
	struct fact hypervisor_max_leaf; /* num */
	struct fact hyperv_root;         /* Hyper-V's root partition: may create partitions */
	struct fact vmx, svm;            /* offered by CPUID, switched on or not */
	struct fact virt; /* hardware virtualization of any kind; text: "vmx", "svm", "sie", "h" */
	struct fact kernel_virt; /* the same as the kernel's flags show it */
	struct fact
		firmware; /* YES: switched on; NO: CPU can, firmware (or kernel) switched it off */
	struct fact same; /* NO: text says which CPUs differ in what */
	struct fact ept, npt, nested_paging; /* nested_paging: either */
	struct fact unrestricted_guest, vpid, tpr_shadow, vnmi, posted_interrupts; /* Intel */
	struct fact avic, vgif;                                                    /* AMD */
	struct fact nx, lm, la57, cx16, x2apic, pdpe1gb, invtsc, aes, avx, avx2, avx512, amx;
	struct fact
		level; /* num: 0 (32-bit) to 4, the x86-64 psABI level; text names what the next one lacks */
	struct fact sme, sev, sev_es, sev_snp;        /* what the CPU can, not what firmware lets */
	struct fact sgx_epc;                          /* num: bytes of enclave memory */
	struct fact sgx, sgx_lc, tdx_host, tdx_guest; /* tdx_host: as the kernel's flags say */
	struct fact physical_bits;                    /* num */
	struct fact msr_feature_control, msr_vm_cr;   /* num */
	struct fact sie, riscv_h;                     /* s390 and RISC-V */

	bool id_known;     /* CPUID was answered: id holds it */
	struct cpu_id id;  /* of the first CPU that could be asked */
	struct fact flags; /* text: the kernel's feature words of the first CPU */
	struct cpuinfo info;
};

extern const struct area cpu_area;

/* Whether the CPU has an x86 feature, by its name in /proc/cpuinfo: raw CPUID, else the kernel's flags. */
struct fact cpu_feature_fact(const struct cpu *c, const char *name);
