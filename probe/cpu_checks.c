/* What the CPU facts mean for somebody who wants to run VMs. They explain: a guest that runs is the proof. */
#include "base/str.h"
#include "probe/cpu_parts.h"
#include "probe/host.h"

static const char *nested_fix(const struct host *h)
{
	const char *advice = place_nested_advice(h);

	return advice ? advice : "ask whoever runs the hypervisor below for nested virtualization";
}

static void judge_known(const struct host *h, struct finding *f)
{
	const struct cpu *c = &h->cpu;
	const char *shown = c->hypervisor.is == YES ? ", as its hypervisor shows it" : "";

	finding_cite(f, &c->brand);
	finding_cite(f, &c->vendor);
	finding_cite(f, &c->count);
	if (c->brand.is != YES && c->vendor.is != YES) {
		finding_if_unknown(f, c->arch.is == UNKNOWN ? &c->arch : &c->brand);
		return;
	}
	finding_pass(f, "%s%s%s", fact_str(c->brand, fact_str(c->vendor_name, "?")),
		     c->count.is == YES ? arena_printf(f->a, ", %lld CPUs", (long long)c->count.num)
					: "",
		     shown);
}

static void judge_virt(const struct host *h, struct finding *f)
{
	const struct cpu *c = &h->cpu;

	finding_cite(f, &c->virt);
	finding_cite(f, &c->hypervisor);
	if (c->arch_kind != ARCH_X86 && c->virt.is == UNKNOWN && !c->virt.err) {
		finding_unsure(f, "%s does not show it to programs; the kernel knows at boot",
			       cpu_arch_name(c->arch_kind));
		return;
	}
	if (finding_if_unknown(f, &c->virt))
		return;
	if (c->virt.is == YES)
		finding_pass(f, "the CPU has %s", fact_str(c->virt, "it"));
	else if (c->hypervisor.is == YES)
		finding_miss(f,
			     "the virtual CPU of this VM has neither vmx nor svm: %s does not pass "
			     "it on",
			     fact_str(c->hypervisor_name, "its hypervisor"));
	else if (c->hypervisor.is == NO)
		finding_miss(f, "this CPU has no hardware virtualization");
	else
		finding_miss(f, "the CPU shows no hardware virtualization");
	if (c->virt.is == NO && c->hypervisor.is == YES)
		finding_fix(f, "%s", nested_fix(h));
}

/* Behind cpu.virt. */
static void judge_firmware(const struct host *h, struct finding *f)
{
	const struct cpu *c = &h->cpu;
	const char *menu = c->vmx.is == YES ? "Intel Virtualization Technology (VT-x)" : "SVM Mode";

	finding_cite(f, &c->firmware);
	finding_cite(f, &c->virt);
	finding_cite(f, &c->kernel_virt);
	if (c->hypervisor.is == YES) {
		finding_skip(f, "in a VM the hypervisor decides, not firmware");
	} else if (c->arch_kind != ARCH_X86) {
		finding_skip(f, "%s has no such switch", cpu_arch_name(c->arch_kind));
	} else if (c->firmware.is == YES) {
		finding_pass(f, NULL);
	} else if (c->firmware.is == NO) {
		finding_miss(
			f,
			"the CPU has %s, but it is switched off by firmware or by the kernel (%s)",
			fact_str(c->virt, "it"), fact_str(c->firmware, "?"));
		finding_fix(f,
			    "switch on %s in the firmware setup, then power off and on; remove "
			    "clearcpuid= "
			    "from the kernel command line if it is there",
			    menu);
	} else if (c->kernel_virt.is == YES) {
		finding_unsure(
			f, "kernel %s shows the CPU's flag whether firmware switched it off or not",
			fact_str(h->kernel.release, "of this age"));
		finding_cite(f, c->vmx.is == YES ? &c->msr_feature_control : &c->msr_vm_cr);
	} else {
		finding_if_unknown(f, &c->firmware);
	}
}

static void judge_same(const struct host *h, struct finding *f)
{
	const struct cpu *c = &h->cpu;

	if (c->arch_kind && c->arch_kind != ARCH_X86 && c->same.is == UNKNOWN) {
		finding_skip(f, "an x86 question");
		return;
	}
	if (finding_if_unknown(f, &c->same))
		return;
	finding_cite(f, &c->same);
	if (c->same.is == YES)
		finding_pass(f, NULL);
	else
		finding_miss(f, "%s",
			     fact_str(c->same, c->same.text ? c->same.text : "they differ"));
}

static void judge_paging(const struct host *h, struct finding *f)
{
	const struct cpu *c = &h->cpu;
	const char *name = c->vmx.is == YES ? "EPT" : "NPT";

	finding_cite(f, &c->nested_paging);
	if (c->arch_kind != ARCH_X86)
		finding_skip(f, "an x86 question");
	else if (c->virt.is != YES)
		finding_skip(f, "without hardware virtualization there is nothing to help");
	else if (c->nested_paging.is == YES)
		finding_pass(f, "%s", name);
	else if (c->nested_paging.is == NO)
		finding_miss(f, "no %s: KVM shadows the guest's page tables in software", name);
	else
		finding_if_unknown(f, &c->nested_paging);
}

static void judge_unrestricted(const struct host *h, struct finding *f)
{
	const struct cpu *c = &h->cpu;

	finding_cite(f, &c->unrestricted_guest);
	if (c->vmx.is != YES)
		finding_skip(f, "an Intel question");
	else if (c->unrestricted_guest.is == YES)
		finding_pass(f, NULL);
	else if (c->unrestricted_guest.is == NO)
		finding_miss(f, "KVM emulates real mode: firmware and boot loaders run slowly");
	else
		finding_if_unknown(f, &c->unrestricted_guest);
}

static void judge_cx16(const struct host *h, struct finding *f)
{
	const struct cpu *c = &h->cpu;

	finding_cite(f, &c->cx16);
	if (c->arch_kind != ARCH_X86)
		finding_skip(f, "an x86 question");
	else if (c->cx16.is == YES)
		finding_pass(f, NULL);
	else if (c->cx16.is == NO)
		finding_miss(f, "no cmpxchg16b: 64-bit Windows guests do not boot");
	else
		finding_if_unknown(f, &c->cx16);
}

static void judge_level(const struct host *h, struct finding *f)
{
	const struct cpu *c = &h->cpu;

	finding_cite(f, &c->level);
	if (c->arch_kind != ARCH_X86)
		finding_skip(f, "an x86 question");
	else if (finding_if_unknown(f, &c->level))
		return;
	else if (c->level.num >= 2)
		finding_pass(f, "x86-64-v%lld%s%s", (long long)c->level.num,
			     c->level.text ? ", the next lacks " : "",
			     c->level.text ? c->level.text : "");
	else
		finding_miss(f, "%s: it lacks %s", c->level.num ? "x86-64-v1 only" : "a 32-bit CPU",
			     c->level.text ? c->level.text : "?");
}

static void judge_hidden(const struct host *h, struct finding *f)
{
	const struct cpu *c = &h->cpu;

	finding_cite(f, &c->hypervisor);
	finding_cite(f, &c->hypervisor_signature);
	finding_cite(f, &c->virt);
	if (c->arch_kind && c->arch_kind != ARCH_X86) {
		finding_skip(f, "an x86 question");
	} else if (c->hypervisor.is == NO) {
		finding_skip(f, "no hypervisor below");
	} else if (c->hypervisor.is == UNKNOWN || c->virt.is == UNKNOWN) {
		finding_if_unknown(f, c->hypervisor.is == UNKNOWN ? &c->hypervisor : &c->virt);
	} else if (c->hyperv_root.is == YES) {
		finding_miss(f, "this is Hyper-V's root partition: Hyper-V keeps the CPU's "
				"virtualization to itself");
		finding_fix(f, "run guests through /dev/mshv (Cloud Hypervisor, QEMU with mshv) "
			       "instead of KVM");
	} else if (c->virt.is == YES) {
		finding_pass(f, "%s passes %s on", fact_str(c->hypervisor_name, "the hypervisor"),
			     fact_str(c->virt, "it"));
	} else {
		finding_miss(f, "%s hides hardware virtualization from this VM",
			     fact_str(c->hypervisor_name, "the hypervisor"));
		/* cpu.virt has told what to set. */
		finding_fix(f, "the same as for cpu.virt");
	}
}

const struct check cpu_checks[CPU_CHECKS] = {
	{
		.id = "cpu.known",
		.title = "the CPU says what it is",
		.category = CAT_CPU,
		.miss = WARN,
		.judge = judge_known,
		.why = "Everything else about the processor is judged from what it tells of "
		       "itself.",
	},
	{
		.id = "cpu.virt",
		.title = "the CPU has hardware virtualization",
		.category = CAT_CPU,
		.miss = WARN,
		.judge = judge_virt,
		.why = "KVM, Xen HVM, VirtualBox and VMware run guests on VT-x (vmx), AMD-V (svm) "
		       "or what other "
		       "architectures have instead. Alone it proves nothing: some kernels run "
		       "guests without it, "
		       "and some hypervisors show it and cannot do it. The trial guest has the "
		       "last word.",
		.fix = "use a CPU with VT-x or AMD-V, or software emulation (QEMU with -accel tcg)",
	},
	{
		.id = "cpu.firmware",
		.title = "firmware leaves hardware virtualization switched on",
		.category = CAT_CPU,
		.after = "cpu.virt",
		.miss = WARN,
		.judge = judge_firmware,
		.why = "Firmware (BIOS, UEFI) can lock VT-x or AMD-V off until the next power "
		       "cycle. CPUID still shows it, "
		       "Linux since 5.6 (Intel) and 6.7 (AMD) takes the flag out of /proc/cpuinfo: "
		       "comparing the two "
		       "tells without being root. In a VM firmware has no say in it.",
		.fix = "switch on VT-x or SVM in the firmware setup",
	},
	{
		.id = "cpu.same",
		.title = "all CPUs offer the same",
		.category = CAT_CPU,
		.miss = WARN,
		.judge = judge_same,
		.why = "A guest's virtual CPU moves between the host's CPUs. Where one lacks a "
		       "feature, or firmware switched "
		       "virtualization off on it alone, guests fail there and nowhere else.",
		.fix = "update the firmware, or keep guests on like CPUs (taskset, <vcpu "
		       "cpuset=...>)",
	},
	{
		.id = "cpu.nested-paging",
		.title = "guest page tables are walked in hardware",
		.category = CAT_CPU,
		.after = "cpu.virt",
		.miss = WARN,
		.judge = judge_paging,
		.why = "Without EPT (Intel) or NPT (AMD) the hypervisor keeps shadow page tables: "
		       "every change a guest makes "
		       "to its own costs an exit, and newer hypervisors and Firecracker refuse "
		       "such a host.",
		.fix = "use a CPU with EPT or NPT; in a VM, have the hypervisor pass it on",
	},
	{
		.id = "cpu.unrestricted-guest",
		.title = "guests run in real mode on the CPU itself",
		.category = CAT_CPU,
		.after = "cpu.nested-paging",
		.miss = WARN,
		.judge = judge_unrestricted,
		.why = "Intel CPUs before Westmere cannot run a guest without paging: KVM emulates "
		       "the first steps of every boot.",
		.fix = "use a CPU of 2010 or later",
	},
	{
		.id = "cpu.cx16",
		.title = "the CPU has cmpxchg16b",
		.category = CAT_CPU,
		.miss = WARN,
		.judge = judge_cx16,
		.why = "64-bit Windows since 8.1 and every x86-64-v2 distribution need it, and "
		       "Linux guests use it where the CPU shows it.",
		.fix = "use a 64-bit CPU of 2006 or later; in a VM, choose a CPU model that has "
		       "cx16",
	},
	{
		.id = "cpu.level",
		.title = "the CPU is good for today's distributions",
		.category = CAT_CPU,
		.miss = WARN,
		.judge = judge_level,
		.why = "Distributions are built for a level of the x86-64 psABI: RHEL 9 and SLES "
		       "15.5 want v2, RHEL 10 wants v3. "
		       "A guest gets at most the host's level.",
		.fix = "use a newer CPU; in a VM, choose a CPU model of a higher level (-cpu host)",
	},
	{
		.id = "cpu.hypervisor-hides",
		.title = "the hypervisor below lets this VM run guests of its own",
		.category = CAT_CPU,
		.miss = WARN,
		.judge = judge_hidden,
		.why = "In a VM hardware virtualization is there only when the hypervisor passes "
		       "it on (nested virtualization). "
		       "No setting inside the VM changes that.",
		.fix = "switch on nested virtualization in the hypervisor below",
	},
};
