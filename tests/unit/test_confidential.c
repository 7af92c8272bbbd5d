/* Confidential guests: the first missing step is the one that is named. */
#include "base/arena.h"
#include "probe/host.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An EPYC on which everything is right. */
static struct host *epyc(void)
{
	struct host *h = xcalloc(1, sizeof *h);

	h->cpu.arch = fact_text("CPUID", "x86");
	h->cpu.vendor_name = fact_text("CPUID", "AMD");
	h->cpu.id_known = true;
	h->cpu.sev = h->cpu.sev_es = h->cpu.sev_snp = fact_yes("CPUID");
	h->cpu.sgx = h->cpu.tdx_host = fact_no("CPUID");
	h->confidential.kernel_sev = h->confidential.kernel_sev_es =
		h->confidential.kernel_sev_snp = fact_yes("/proc/cpuinfo");
	h->kernel.modules[MODULE_KVM_AMD].name = "kvm_amd";
	h->kernel.modules[MODULE_KVM_AMD].present = fact_yes("/sys/module/kvm_amd");
	h->kernel.modules[MODULE_CCP].name = "ccp";
	h->kernel.modules[MODULE_CCP].present = fact_yes("/sys/module/ccp");
	h->kernel.params[PARAM_KVM_AMD_SEV] = fact_yes("sev");
	h->kernel.params[PARAM_KVM_AMD_SEV_ES] = fact_yes("sev_es");
	h->kernel.params[PARAM_KVM_AMD_SEV_SNP] = fact_yes("sev_snp");
	h->nodes.node[NODE_SEV].there = fact_yes("/dev/sev");
	h->confidential.sev_ids = fact_num("misc.capacity", 410);
	h->confidential.sev_es_ids = fact_num("misc.capacity", 99);
	h->devices.iommu = fact_num("/sys/kernel/iommu_groups", 4);
	return h;
}

/* A server Xeon that TDX can run on, but does not yet. */
static struct host *xeon(void)
{
	struct host *h = xcalloc(1, sizeof *h);

	h->cpu.arch = fact_text("CPUID", "x86");
	h->cpu.vendor_name = fact_text("CPUID", "Intel");
	h->cpu.id_known = true;
	h->cpu.flags = fact_text("/proc/cpuinfo", "vmx tme sgx");
	h->cpu.sev = h->cpu.sev_es = h->cpu.sev_snp = h->cpu.tdx_host = fact_no("CPUID");
	h->cpu.sgx = fact_yes("CPUID");
	h->confidential.kernel_sgx = fact_yes("/proc/cpuinfo");
	h->kernel.modules[MODULE_KVM_INTEL].name = "kvm_intel";
	h->kernel.modules[MODULE_KVM_INTEL].present = fact_yes("/sys/module/kvm_intel");
	h->kernel.params[PARAM_KVM_INTEL_TDX] = fact_unknown("tdx", ENOENT);
	return h;
}

static void says(const struct host *h, const char *id, enum verdict v, bool missed,
		 const char *part)
{
	struct arena a = {0};
	struct finding f = {.a = &a};

	for (size_t i = 0; i < CONFIDENTIAL_CHECKS; i++)
		if (strcmp(confidential_checks[i].id, id) == 0)
			f.check = &confidential_checks[i];
	assert_non_null(f.check);
	f.check->judge(h, &f);
	if (f.verdict != v || (part && (!f.note || !strstr(f.note, part))))
		fail_msg("%s: %s \"%s\", not %s \"%s\"", id, verdict_name(f.verdict),
			 f.note ? f.note : "", verdict_name(v), part ? part : "");
	assert_int_equal(f.missed, missed);
	arena_fini(&a);
}

static void an_epyc_set_up_right_passes(void **state)
{
	struct host *h = epyc();

	(void)state;
	says(h, "confidential.sev", PASS, false, "410 guests");
	says(h, "confidential.sev-es", PASS, false, "99 guests");
	says(h, "confidential.sev-snp", PASS, false, NULL);
	says(h, "confidential.tdx", SKIP, true, "this one is by AMD");
	says(h, "confidential.sgx", SKIP, true, "this one is by AMD");
	says(h, "confidential.secure-execution", SKIP, true, NULL);
	free(h);
}

static void firmware_that_left_sev_off_is_named(void **state)
{
	struct host *h = epyc();

	(void)state;
	h->confidential.kernel_sev = fact_no("/proc/cpuinfo");
	says(h, "confidential.sev", WARN, true, "firmware left it off");
	free(h);
}

static void a_parameter_that_is_off_is_named(void **state)
{
	struct host *h = epyc();

	(void)state;
	h->kernel.params[PARAM_KVM_AMD_SEV] = fact_no("sev");
	says(h, "confidential.sev", WARN, true, "sev off");
	h->kernel.params[PARAM_KVM_AMD_SEV_SNP] = fact_unknown("sev_snp", ENOENT);
	says(h, "confidential.sev-snp", WARN, true, "does not know");
	h->kernel.params[PARAM_KVM_AMD_SEV_ES] = fact_unknown("sev_es", EACCES);
	says(h, "confidential.sev-es", UNSURE, false, NULL);
	free(h);
}

static void a_missing_node_is_the_secure_processors(void **state)
{
	struct host *h = epyc();

	(void)state;
	h->nodes.node[NODE_SEV].there = fact_no("/dev/sev");
	says(h, "confidential.sev", WARN, true, "/dev/sev is missing");
	free(h);
}

static void snp_wants_an_iommu_that_translates(void **state)
{
	struct host *h = epyc();

	(void)state;
	h->kernel.params[PARAM_KVM_AMD_SEV_SNP] = fact_no("sev_snp");
	says(h, "confidential.sev-snp", WARN, true, "sev_snp off");
	h->devices.cmdline = fact_text("/proc/cmdline", "amd_iommu=on iommu=pt");
	says(h, "confidential.sev-snp", WARN, true, "passthrough");
	h->devices.iommu = fact_no("/sys/kernel/iommu_groups");
	says(h, "confidential.sev-snp", WARN, true, "IOMMU, which is off");
	free(h);
}

static void an_intel_host_has_no_sev(void **state)
{
	struct host *h = xeon();

	(void)state;
	says(h, "confidential.sev", SKIP, true, "this one is by Intel");
	free(h);
}

static void tdx_names_firmware_then_kernel_then_parameter(void **state)
{
	struct host *h = xeon();

	(void)state;
	says(h, "confidential.tdx", WARN, true, "firmware has not set up TDX");
	h->cpu.tdx_host = fact_yes("/proc/cpuinfo");
	says(h, "confidential.tdx", WARN, true, "does not know");
	h->kernel.params[PARAM_KVM_INTEL_TDX] = fact_no("tdx");
	says(h, "confidential.tdx", WARN, true, "tdx off");
	h->kernel.params[PARAM_KVM_INTEL_TDX] = fact_yes("tdx");
	says(h, "confidential.tdx", PASS, false, NULL);
	free(h);
}

static void sgx_for_guests_is_more_than_sgx(void **state)
{
	struct host *h = xeon();

	(void)state;
	h->nodes.node[NODE_SGX_ENCLAVE].there = fact_yes("/dev/sgx_enclave");
	h->nodes.node[NODE_SGX_VEPC].there = fact_no("/dev/sgx_vepc");
	says(h, "confidential.sgx", WARN, false, "guests get none");
	h->nodes.node[NODE_SGX_VEPC].there = fact_yes("/dev/sgx_vepc");
	h->cpu.sgx_epc = fact_num("CPUID leaf 0x12", 64 << 20);
	says(h, "confidential.sgx", PASS, false, "64 MiB");
	h->cpu.sgx_epc = fact_no("CPUID leaf 0x12");
	says(h, "confidential.sgx", WARN, true, "no memory aside");
	h->cpu.sgx_epc = fact_num("CPUID leaf 0x12", 64 << 20);
	says(h, "confidential.sgx", PASS, false, NULL);
	h->confidential.kernel_sgx = fact_no("/proc/cpuinfo");
	says(h, "confidential.sgx", WARN, true, "firmware left it off");
	free(h);
}

static void an_unknown_processor_is_not_a_no(void **state)
{
	struct host *h = xcalloc(1, sizeof *h);

	(void)state;
	h->cpu.arch = fact_text("/proc/cpuinfo", "x86");
	h->cpu.sev = fact_unknown("CPUID", ENODATA);
	says(h, "confidential.sev", UNSURE, false, NULL);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_epyc_set_up_right_passes),
		cmocka_unit_test(firmware_that_left_sev_off_is_named),
		cmocka_unit_test(a_parameter_that_is_off_is_named),
		cmocka_unit_test(a_missing_node_is_the_secure_processors),
		cmocka_unit_test(snp_wants_an_iommu_that_translates),
		cmocka_unit_test(an_intel_host_has_no_sev),
		cmocka_unit_test(tdx_names_firmware_then_kernel_then_parameter),
		cmocka_unit_test(sgx_for_guests_is_more_than_sgx),
		cmocka_unit_test(an_unknown_processor_is_not_a_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
