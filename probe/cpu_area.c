/* The cpu area's row: its facts by name, and its lists. */
#include "base/scope.h"
#include "base/str.h"
#include "probe/cpu_parts.h"
#include "probe/host.h"

static void details(const struct host *h, json_t *to)
{
	const struct cpu *c = &h->cpu;
	json_t *list = json_array(), *cpu = json_object();

	if (c->id_known) {
		for (size_t i = 0; i < ncpu_features; i++)
			if (cpu_has(&c->id, cpu_features[i].name))
				json_array_append_new(list, json_string(cpu_features[i].name));
	} else if (c->info.flags) {
		const char *at = c->info.flags, *word;
		size_t n;

		while (str_word(&at, &word, &n))
			json_array_append_new(list, json_stringn(word, n));
	}
	json_object_set_new(cpu, "features", list);
	json_object_set_new(to, "cpu", cpu);
}

static const struct fact_row facts[] = {
	FACT("cpu.arch", cpu.arch, "architecture"),
	FACT("cpu.vendor", cpu.vendor, "vendor, as the CPU spells it"),
	FACT("cpu.vendor-name", cpu.vendor_name, "vendor"),
	FACT("cpu.brand", cpu.brand, "name of the CPU"),
	FACT("cpu.codename", cpu.codename, "code name of the nearest model that libcpuid knows"),
	FACT("cpu.family", cpu.family, "family"),
	FACT("cpu.model", cpu.model, "model number"),
	FACT("cpu.stepping", cpu.stepping, "stepping"),
	FACT("cpu.microcode", cpu.microcode, "microcode version"),
	FACT("cpu.count", cpu.count, "CPUs online"),
	FACT("cpu.machine", cpu.machine, "machine"),
	FACT("cpu.hypervisor", cpu.hypervisor, "the CPU says it is a virtual one"),
	FACT("cpu.hypervisor-signature", cpu.hypervisor_signature, "signature of the hypervisor"),
	FACT("cpu.hypervisor-name", cpu.hypervisor_name, "hypervisor that shows this CPU"),
	FACT("cpu.hypervisor-max-leaf", cpu.hypervisor_max_leaf, "highest hypervisor leaf"),
	FACT("cpu.hyperv-root", cpu.hyperv_root, "Hyper-V's root partition"),
	FACT("cpu.vmx", cpu.vmx, "CPU offers VT-x (vmx)"),
	FACT("cpu.svm", cpu.svm, "CPU offers AMD-V (svm)"),
	FACT("cpu.virt", cpu.virt, "CPU offers hardware virtualization"),
	FACT("cpu.kernel-virt", cpu.kernel_virt, "the kernel sees hardware virtualization"),
	FACT("cpu.firmware", cpu.firmware, "hardware virtualization is switched on"),
	FACT("cpu.same", cpu.same, "all CPUs offer the same"),
	FACT("cpu.ept", cpu.ept, "extended page tables (EPT)"),
	FACT("cpu.npt", cpu.npt, "nested page tables (NPT)"),
	FACT("cpu.nested-paging", cpu.nested_paging, "guest page tables in hardware"),
	FACT("cpu.unrestricted-guest", cpu.unrestricted_guest, "unrestricted guest"),
	FACT("cpu.vpid", cpu.vpid, "TLB entries tagged by guest (VPID)"),
	FACT("cpu.tpr-shadow", cpu.tpr_shadow, "TPR shadow"),
	FACT("cpu.vnmi", cpu.vnmi, "virtual NMIs (Intel)"),
	FACT("cpu.posted-interrupts", cpu.posted_interrupts, "posted interrupts"),
	FACT("cpu.avic", cpu.avic, "virtual interrupt controller (AVIC)"),
	FACT("cpu.vgif", cpu.vgif, "virtual global interrupt flag"),
	FACT("cpu.nx", cpu.nx, "no-execute pages"),
	FACT("cpu.lm", cpu.lm, "64-bit"),
	FACT("cpu.la57", cpu.la57, "five-level paging"),
	FACT("cpu.cx16", cpu.cx16, "cmpxchg16b"),
	FACT("cpu.x2apic", cpu.x2apic, "x2APIC"),
	FACT("cpu.pdpe1gb", cpu.pdpe1gb, "pages of 1 GiB"),
	FACT("cpu.invtsc", cpu.invtsc, "clock that never stops"),
	FACT("cpu.aes", cpu.aes, "AES instructions"),
	FACT("cpu.avx", cpu.avx, "AVX"),
	FACT("cpu.avx2", cpu.avx2, "AVX2"),
	FACT("cpu.avx512", cpu.avx512, "AVX-512"),
	FACT("cpu.amx", cpu.amx, "AMX"),
	FACT("cpu.level", cpu.level, "x86-64 level"),
	FACT("cpu.sme", cpu.sme, "memory encryption (SME)"),
	FACT("cpu.sev", cpu.sev, "encrypted guests (SEV)"),
	FACT("cpu.sev-es", cpu.sev_es, "encrypted guest registers (SEV-ES)"),
	FACT("cpu.sev-snp", cpu.sev_snp, "guest memory integrity (SEV-SNP)"),
	FACT("cpu.sgx", cpu.sgx, "SGX enclaves"),
	FACT("cpu.sgx-epc", cpu.sgx_epc, "Memory for SGX enclaves, bytes"),
	FACT("cpu.sgx-lc", cpu.sgx_lc, "SGX launch control"),
	FACT("cpu.tdx-host", cpu.tdx_host, "TDX host"),
	FACT("cpu.tdx-guest", cpu.tdx_guest, "this is a TDX guest"),
	FACT("cpu.physical-bits", cpu.physical_bits, "physical address bits"),
	FACT("cpu.msr-feature-control", cpu.msr_feature_control,
	     "Intel's feature control register"),
	FACT("cpu.msr-vm-cr", cpu.msr_vm_cr, "AMD's VM_CR register"),
	FACT("cpu.sie", cpu.sie, "s390: interpretive execution (sie)"),
	FACT("cpu.riscv-h", cpu.riscv_h, "RISC-V: hypervisor extension"),
};

const struct area cpu_area = {
	.name = "cpu",
	.gather = cpu_gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = cpu_checks,
	.nchecks = CPU_CHECKS,
	.details = details,
};
