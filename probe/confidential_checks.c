/* For each kind of confidential guest: the first step that is missing, from processor to node. */
#include "probe/confidential.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <errno.h>

/* A processor's feature: what raw CPUID says and what the kernel left of it. */
struct ability {
	const char *name;        /* "SEV-ES" */
	const char *const *from; /* vendors that make it, NULL at the end */
	const struct fact *cpu, *kernel;
	const char *firmware; /* what to turn on in the firmware setup */
};

static const char *const amd[] = {"AMD", "Hygon", NULL};
static const char *const intel[] = {"Intel", NULL};

static bool made_by(const struct host *h, const char *const *vendors)
{
	for (; *vendors; vendors++)
		if (str_eq(fact_str(h->cpu.vendor_name, ""), *vendors))
			return true;
	return false;
}

static bool is_x86(const struct host *h)
{
	const char *arch = fact_str(h->cpu.arch, "x86");

	return str_starts(arch, "x86");
}

/* True when the processor's part is missing or not known, and said so. */
static bool lacks_ability(const struct host *h, struct finding *f, const struct ability *a)
{
	finding_cite(f, a->cpu);
	if (!is_x86(h)) {
		finding_absent(f, "%s is for %s processors", a->name, a->from[0]);
	} else if (fact_is_yes(h->cpu.vendor_name) && !made_by(h, a->from)) {
		finding_absent(f, "%s is for %s processors; this one is by %s", a->name, a->from[0],
			       h->cpu.vendor_name.text);
	} else if (fact_is_no(*a->cpu)) {
		if (h->place.hv != HV_NONE)
			finding_absent(f, "the processor this virtual machine sees has no %s",
				       a->name);
		else if (!h->cpu.id_known)
			finding_absent(f, "this processor has no %s, or its firmware left it off",
				       a->name);
		else
			finding_absent(f, "this processor has no %s", a->name);
	} else if (fact_is_unknown(*a->cpu)) {
		f->ncites = 0;
		return finding_if_unknown(f, a->cpu);
	} else if (a->kernel && fact_is_no(*a->kernel)) {
		finding_cite(f, a->kernel);
		finding_miss(
			f,
			"the processor has %s, but the firmware left it off (the kernel does not "
			"show it)",
			a->name);
		finding_fix(f,
			    "in the firmware setup turn on %s; mem_encrypt= and other boot options "
			    "cannot",
			    a->firmware);
	} else {
		return false;
	}
	return true;
}

/* What KVM must have for it: a module, an option of its build, a parameter that says yes. */
struct kvm_part {
	enum kernel_module module;
	enum kernel_param param;
	enum kernel_option option;
	const char *what, *option_name, *since;
};

/* True when that is missing or not known, and said so; a parameter that says no is the caller's to explain. */
static bool lacks_kvm_part(const struct host *h, struct finding *f, const struct kvm_part *part)
{
	const struct module *m = &h->kernel.modules[part->module];
	const struct fact *p = &h->kernel.params[part->param],
			  *option = &h->kernel.options[part->option];

	finding_cite(f, p);
	if (!fact_is_unknown(*p))
		return false;
	if (fact_is_unknown(m->present))
		return finding_if_unknown(f, &m->present);
	if (fact_is_no(*option)) {
		finding_cite(f, option);
		finding_miss(f, "this kernel is built without %s", part->option_name);
		finding_fix(f, "boot a kernel built with %s", part->option_name);
	} else if (fact_is_no(m->present)) {
		finding_cite(f, &m->present);
		finding_miss(f, "%s is not loaded", m->name);
		finding_fix(f, "%s", kernel_module_fix(h, part->module, f->a));
	} else if (p->err == ENOENT) {
		finding_miss(f, "this kernel's %s does not know %s", m->name, part->what);
		finding_fix(f, "boot a newer kernel (%s)", part->since);
	} else {
		return finding_if_unknown(f, p);
	}
	return true;
}

static bool booted_with(const struct host *h, const char *word)
{
	return str_has_word(fact_str(h->confidential.mem_encrypt, ""), word) ||
	       str_has_word(fact_str(h->devices.cmdline, ""), word);
}

static void say_ready(struct finding *f, const struct fact *ids)
{
	if (fact_is_yes(*ids) && ids->num > 0) {
		finding_cite(f, ids);
		finding_pass(f, "up to %lld guests at a time", (long long)ids->num);
	} else {
		finding_pass(f, NULL);
	}
}

/* ---- AMD ---- */

static void judge_sev(const struct host *h, struct finding *f)
{
	const struct ability a = {"SEV", amd, &h->cpu.sev, &h->confidential.kernel_sev,
				  "Secure Memory Encryption (SMEE) and SEV"};
	const struct kvm_part part = {MODULE_KVM_AMD, PARAM_KVM_AMD_SEV, OPTION_KVM_AMD_SEV,
				      "SEV",          "KVM_AMD_SEV",     "SEV hosts: Linux 4.16"};
	const struct fact *node = &h->nodes.node[NODE_SEV].there;
	const char *ccp;

	if (lacks_ability(h, f, &a) || lacks_kvm_part(h, f, &part))
		return;
	finding_cite(f, node);
	if (!fact_is_yes(h->kernel.params[PARAM_KVM_AMD_SEV])) {
		finding_miss(f, "kvm_amd runs with sev off");
		finding_fix(f,
			    booted_with(h, "kvm_amd.sev=0")
				    ? "remove kvm_amd.sev=0 from the kernel command line and reboot"
				    : "modprobe -r kvm_amd && modprobe kvm_amd sev=1; where it "
				      "stays off, give SEV "
				      "address space ids in the firmware setup");
	} else if (fact_is_no(*node)) {
		ccp = kernel_module_fix(h, MODULE_CCP, f->a);
		finding_miss(f, "/dev/sev is missing: the driver of the secure processor (ccp) did "
				"not bring it up");
		finding_fix(f, "%s",
			    ccp ? ccp
				: "turn on the secure processor (PSP) in the firmware setup, or "
				  "update the firmware");
	} else if (!finding_if_unknown(f, node)) {
		say_ready(f, &h->confidential.sev_ids);
	}
}

static void judge_sev_es(const struct host *h, struct finding *f)
{
	const struct ability a = {"SEV-ES", amd, &h->cpu.sev_es, &h->confidential.kernel_sev_es,
				  "SEV-ES"};
	const struct kvm_part part = {MODULE_KVM_AMD,     PARAM_KVM_AMD_SEV_ES,
				      OPTION_KVM_AMD_SEV, "SEV-ES",
				      "KVM_AMD_SEV",      "SEV-ES hosts: Linux 5.11"};

	if (lacks_ability(h, f, &a) || lacks_kvm_part(h, f, &part))
		return;
	if (!fact_is_yes(h->kernel.params[PARAM_KVM_AMD_SEV_ES])) {
		finding_miss(f, "kvm_amd runs with sev_es off");
		finding_fix(f, "in the firmware setup keep address space ids for SEV-ES (SEV-ES "
			       "ASID space limit "
			       "above 1), then: modprobe -r kvm_amd && modprobe kvm_amd sev_es=1");
	} else {
		say_ready(f, &h->confidential.sev_es_ids);
	}
}

static void judge_sev_snp(const struct host *h, struct finding *f)
{
	const struct ability a = {"SEV-SNP", amd, &h->cpu.sev_snp, &h->confidential.kernel_sev_snp,
				  "SEV-SNP and its RMP table (SNP memory coverage)"};
	const struct kvm_part part = {MODULE_KVM_AMD,     PARAM_KVM_AMD_SEV_SNP,
				      OPTION_KVM_AMD_SEV, "SEV-SNP",
				      "KVM_AMD_SEV",      "SEV-SNP hosts: Linux 6.11"};

	if (lacks_ability(h, f, &a) || lacks_kvm_part(h, f, &part))
		return;
	if (fact_is_yes(h->kernel.params[PARAM_KVM_AMD_SEV_SNP])) {
		say_ready(f, &h->confidential.sev_es_ids);
		return;
	}
	if (fact_is_no(h->devices.iommu)) {
		finding_cite(f, &h->devices.iommu);
		finding_miss(f, "SEV-SNP needs the IOMMU, which is off");
		finding_fix(f, "turn on the IOMMU (see devices.iommu)");
	} else if (booted_with(h, "iommu=pt") || booted_with(h, "iommu.passthrough=1")) {
		finding_cite(f, &h->devices.cmdline);
		finding_miss(f, "SEV-SNP needs an IOMMU that is not in passthrough mode");
		finding_fix(f, "remove iommu=pt (iommu.passthrough=1) from the kernel command line "
			       "and reboot");
	} else {
		finding_miss(f, "kvm_amd runs with sev_snp off");
		finding_fix(f, "in the firmware setup turn on SEV-SNP and SNP memory (RMP table) "
			       "coverage, then: "
			       "modprobe -r kvm_amd && modprobe kvm_amd sev_snp=1");
	}
}

/* ---- Intel ---- */

/* The kernel sets its flag only where the firmware prepared TDX; tme tells processors that could be prepared. */
static bool lacks_tdx_firmware(const struct host *h, struct finding *f)
{
	if (!is_x86(h) || !made_by(h, intel) || !fact_is_no(h->cpu.tdx_host) ||
	    h->place.hv != HV_NONE || !str_has_word(fact_str(h->cpu.flags, ""), "tme"))
		return false;
	finding_cite(f, &h->cpu.tdx_host);
	finding_miss(f, "the firmware has not set up TDX, or the processor cannot");
	finding_fix(f, "in the firmware setup turn on TME, multi-key TME and TDX, and keep key ids "
		       "for TDX");
	return true;
}

static void judge_tdx(const struct host *h, struct finding *f)
{
	const struct ability a = {"TDX", intel, &h->cpu.tdx_host, NULL, "TDX"};
	const struct kvm_part part = {MODULE_KVM_INTEL,      PARAM_KVM_INTEL_TDX,
				      OPTION_INTEL_TDX_HOST, "TDX",
				      "INTEL_TDX_HOST",      "TDX hosts: Linux 6.16"};

	if (lacks_tdx_firmware(h, f) || lacks_ability(h, f, &a) || lacks_kvm_part(h, f, &part))
		return;
	if (!fact_is_yes(h->kernel.params[PARAM_KVM_INTEL_TDX])) {
		finding_miss(f, "kvm_intel runs with tdx off");
		finding_fix(f, "add kvm_intel.tdx=1 nohibernate to the kernel command line and "
			       "reboot; where it "
			       "stays off, the kernel log (virt/tdx) says why");
	} else {
		say_ready(f, &h->confidential.tdx_ids);
	}
}

static void judge_sgx(const struct host *h, struct finding *f)
{
	const struct ability a = {"SGX", intel, &h->cpu.sgx, &h->confidential.kernel_sgx,
				  "SGX (\"software controlled\" is not enough)"};
	const struct fact *enclave = &h->nodes.node[NODE_SGX_ENCLAVE].there;
	const struct fact *guests = &h->nodes.node[NODE_SGX_VEPC].there;

	if (lacks_ability(h, f, &a))
		return;
	finding_cite(f, enclave);
	finding_cite(f, guests);
	finding_cite(f, &h->cpu.sgx_epc);
	if (fact_is_no(h->cpu.sgx_epc)) {
		finding_miss(f, "the firmware sets no memory aside for enclaves");
		finding_fix(f, h->place.hv != HV_NONE
				       ? "give this VM enclave memory from outside (QEMU: -M "
					 "sgx-epc.0.memdev=MEM)"
				       : "set the size of SGX's reserved memory (PRMRR) in the "
					 "firmware setup");
		return;
	}
	if (finding_if_unknown(f, enclave))
		return;
	if (!fact_is_yes(*enclave)) {
		finding_miss(f, "/dev/sgx_enclave is missing");
		finding_fix(f, "boot a kernel built with X86_SGX (Linux 5.11 or newer), and SGX "
			       "unlocked by the "
			       "firmware (flexible launch control)");
	} else if (fact_is_no(*guests)) {
		finding_warn(
			f,
			"enclaves work on the host, but guests get none: /dev/sgx_vepc is missing");
		finding_fix(f, "boot a kernel built with X86_SGX_KVM");
	} else if (fact_is_yes(h->cpu.sgx_epc)) {
		finding_pass(f, "%lld MiB of enclave memory",
			     (long long)(h->cpu.sgx_epc.num >> 20));
	} else {
		finding_pass(f, NULL);
	}
}

/* ---- s390 ---- */

static void judge_secure_execution(const struct host *h, struct finding *f)
{
	const struct fact *se = &h->confidential.secure_execution;

	if (!str_starts(fact_str(h->cpu.arch, ""), "s390")) {
		finding_absent(f, "Secure Execution is for IBM Z");
		return;
	}
	if (finding_if_unknown(f, se))
		return;
	finding_cite(f, se);
	if (fact_is_yes(*se))
		finding_pass(f, NULL);
	else
		finding_miss(f, "the kernel does not offer Secure Execution");
}

#define CHECK(id_, title_, after_, judge_, why_, fix_)                                             \
	{                                                                                          \
		.id = "confidential." id_, .title = (title_), .category = CAT_CONFIDENTIAL,        \
		.after = (after_), .miss = WARN, .judge = (judge_), .why = (why_), .fix = (fix_),  \
	}

const struct check confidential_checks[CONFIDENTIAL_CHECKS] = {
	CHECK("sev", "AMD SEV guests", NULL, judge_sev,
	      "Each guest's memory is encrypted with a key of its own. Processor, firmware (SMEE), "
	      "KVM's "
	      "parameter, secure processor and its node must all agree; the first that does not is "
	      "named.",
	      NULL),
	CHECK("sev-es", "AMD SEV-ES guests", "confidential.sev", judge_sev_es,
	      "Encrypts the registers of a guest too, whenever it stops. Needs address space ids "
	      "that the "
	      "firmware keeps for it.",
	      NULL),
	CHECK("sev-snp", "AMD SEV-SNP guests", "confidential.sev-es", judge_sev_snp,
	      "Keeps the host from changing a guest's memory behind its back. Needs the RMP table "
	      "from the "
	      "firmware, an IOMMU that translates, and a kernel that can be its host.",
	      NULL),
	CHECK("tdx", "Intel TDX guests", NULL, judge_tdx,
	      "Guests that neither host nor hypervisor can read. Needs keys set aside by the "
	      "firmware, the TDX "
	      "module, and kvm_intel.tdx=1.",
	      NULL),
	CHECK("sgx", "Intel SGX for guests", NULL, judge_sgx,
	      "Enclaves inside guests; the firmware must give them memory, the kernel a node for "
	      "virtual "
	      "machines.",
	      NULL),
	CHECK("secure-execution", "IBM Secure Execution guests", NULL, judge_secure_execution,
	      "Guests on IBM Z that the host cannot read.",
	      "boot with prot_virt=1 on a z15 or newer with the feature"),
};
