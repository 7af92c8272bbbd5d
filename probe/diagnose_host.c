/* Causes below the kernel: sandboxes that are no Linux, the hypervisor outside, the firmware, the CPU. They need a
 * kernel in which no KVM is registered: where one is, they no longer matter. */
#include "probe/diagnose.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <string.h>

const char *virt_name(const struct host *h)
{
	if (h->kernel.vendor_module.is == YES && str_eq(h->kernel.vendor_module.text, "kvm_amd"))
		return "AMD-V";
	if (h->kernel.vendor_module.is == YES && str_eq(h->kernel.vendor_module.text, "kvm_intel"))
		return "VT-x";
	return "VT-x or AMD-V";
}

static bool under_hypervisor(const struct host *h)
{
	return h->cpu.hypervisor.is == YES ||
	       (h->place.hv != HV_NONE && h->place.hv != HV_UNKNOWN) || h->place.vm.is == YES;
}

/* ---- hypervisors below ---- */

static bool is_gvisor(const struct host *h)
{
	return h->place.box == BOX_GVISOR && h->kvm.run.is != YES;
}

static bool is_wsl1(const struct host *h)
{
	return h->place.box == BOX_WSL1;
}

static bool is_dom0(const struct host *h)
{
	return no_driver(h) && h->place.xen == XEN_DOM0;
}

static bool is_xen_pv(const struct host *h)
{
	return no_driver(h) && (h->place.xen == XEN_PV || h->place.xen == XEN_PVH);
}

static bool is_hyperv_root(const struct host *h)
{
	return no_driver(h) && (h->place.hyperv_root || h->hypervisors.hyperv_root.is == YES);
}

static bool is_gunyah(const struct host *h)
{
	return no_driver(h) && h->nodes.node[NODE_GUNYAH].there.is == YES;
}

static bool is_confidential(const struct host *h)
{
	return no_driver(h) && h->place.confidential_guest.is == YES;
}

static const char *confidential_words(const struct host *h)
{
	return arena_printf(h->a, "this VM is an %s guest, and KVM does not run inside one",
			    fact_str(h->place.confidential_guest, "encrypted"));
}

static bool hidden_by_hypervisor(const struct host *h)
{
	return no_driver(h) && under_hypervisor(h) && h->cpu.virt.is == NO;
}

static const char *hidden_words(const struct host *h)
{
	if (h->place.tested_machine.is == YES)
		return arena_printf(
			h->a,
			"this is %s, which is a VM of its own, and its hypervisor offers "
			"it no %s",
			h->place.tested_machine.text, virt_name(h));
	return arena_printf(h->a, "this is a VM, and its hypervisor (%s) does not offer %s to it",
			    fact_str(h->place.vm, "unknown"), virt_name(h));
}

static const char *hidden_remedy(const struct host *h)
{
	const char *advice = place_vm_advice(h);

	return advice ? advice : "turn on nested virtualization in the hypervisor outside";
}

/* ---- the CPU and its firmware ---- */

static bool switched_off(const struct host *h)
{
	return no_driver(h) && h->cpu.virt.is == YES && h->cpu.firmware.is == NO;
}

static bool cleared(const struct host *h)
{
	return no_driver(h) && h->cpu.virt.is == YES && h->cpu.kernel_virt.is == NO &&
	       strstr(fact_str(h->kernel.cmdline, ""), "clearcpuid=");
}

static const char *cleared_words(const struct host *h)
{
	return arena_printf(h->a, "clearcpuid= on the kernel command line hides %s", virt_name(h));
}

static const char *switched_off_words(const struct host *h)
{
	return arena_printf(h->a, "this CPU has %s, but the %s has switched it off", virt_name(h),
			    under_hypervisor(h) ? "hypervisor outside, or its firmware,"
						: "firmware");
}

static const char *switched_off_remedy(const struct host *h)
{
	if (under_hypervisor(h))
		return hidden_remedy(h);
	if (str_eq(virt_name(h), "AMD-V"))
		return "turn on SVM Mode (AMD-V) in the firmware setup, then switch the machine "
		       "off "
		       "and on again";
	return "turn on Intel Virtualization Technology (VT-x) in the firmware setup, then switch "
	       "the machine off and on again";
}

static bool on_some_cpus(const struct host *h)
{
	const char *text = h->cpu.same.text ? h->cpu.same.text : "";

	return h->cpu.same.is == NO && (strstr(text, "vmx") || strstr(text, "svm")) &&
	       (no_driver(h) || h->kvm.create_vm.is == NO);
}

static const char *some_cpus_words(const struct host *h)
{
	return arena_printf(h->a, "virtualization is switched on on some CPUs only: %s",
			    h->cpu.same.text);
}

static bool cpu_cannot(const struct host *h)
{
	return no_driver(h) && h->cpu.hypervisor.is == NO && h->cpu.virt.is == NO;
}

static const char *cpu_cannot_words(const struct host *h)
{
	return arena_printf(h->a, "this CPU (%s) has no hardware virtualization",
			    fact_str(h->cpu.brand, "of unknown name"));
}

static const struct cause_row rows[] = {
	{"gvisor", "sandbox", is_gvisor,
	 "this container runs in gVisor, which is no Linux kernel and offers no KVM", NULL, NULL,
	 place_nested_advice},
	{"wsl1", "sandbox", is_wsl1, "WSL 1 is no Linux kernel: it has no KVM", NULL, NULL,
	 place_nested_advice},
	{"xen-dom0", "hypervisor", is_dom0,
	 "Xen runs below this system (dom0) and keeps the CPU's virtualization for itself", NULL,
	 "make VMs with Xen's own tools (xl create), or boot without Xen to use KVM"},
	{"xen-pv", "hypervisor", is_xen_pv,
	 "this is a paravirtualized Xen guest: it has no virtualization to give away", NULL,
	 "run it as an HVM guest with nestedhvm=1 in its configuration on dom0"},
	{"hyperv-root", "hypervisor", is_hyperv_root,
	 "Linux is the root partition of Hyper-V here, which keeps the CPU's virtualization", NULL,
	 "use a program that speaks /dev/mshv: Cloud Hypervisor, or QEMU with -accel mshv"},
	{"gunyah", "hypervisor", is_gunyah, "Gunyah owns the CPU's hypervisor mode", NULL,
	 "use a program that speaks /dev/gunyah (crosvm), or a firmware without Gunyah"},
	{"confidential-guest", "hypervisor", is_confidential, NULL, confidential_words,
	 "use a VM type that is not confidential"},
	{"nested-off", "hypervisor", hidden_by_hypervisor, NULL, hidden_words, NULL, hidden_remedy},
	{"cpu-cleared", "firmware", cleared, NULL, cleared_words,
	 "take clearcpuid= out of the kernel command line, then reboot"},
	{"firmware-off", "firmware", switched_off, NULL, switched_off_words, NULL,
	 switched_off_remedy},
	{"some-cpus", "firmware", on_some_cpus, NULL, some_cpus_words,
	 "update the firmware, or reset its settings, so that all CPUs get the same"},
	{"cpu", "cpu", cpu_cannot, NULL, cpu_cannot_words,
	 "use software emulation (qemu-system-x86_64 -accel tcg) or another machine"},
};

const struct cause_table causes_host = {rows, ARRAY_SIZE(rows)};
