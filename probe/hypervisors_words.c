/* What this host can do, in a few sentences for people who did not ask for a table. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

static void words_place(const struct host *h, struct strbuf *out)
{
	const struct place *p = &h->place;

	strbuf_printf(out, "It runs on: %s", place_in_words(h, h->a));
	if (p->box == BOX_NONE && p->spaces == SPACES_FIRST)
		strbuf_add(out, ", not in a container");
	strbuf_add(out, ".\n");
	if (p->tested_machine.is == YES)
		strbuf_printf(out,
			      "This is %s: the answer is about that VM, not about your desktop.\n",
			      p->tested_machine.text);
	if (p->conflict.is == YES)
		strbuf_printf(out, "Note: %s.\n", p->conflict.text);
}

/* ---- full virtualization with the processor's help ---- */

static void words_no_driver(const struct host *h, struct strbuf *out)
{
	const struct cpu *c = &h->cpu;

	if (c->virt.is == YES && c->firmware.is == NO)
		strbuf_add(out, "the processor can, but firmware has switched it off");
	else if (c->virt.is == YES)
		strbuf_add(out, "the processor offers it, but no KVM driver is in the kernel");
	else if (c->virt.is == NO)
		strbuf_add(out,
			   h->place.hv != HV_NONE
				   ? "no, the hypervisor around this system does not pass it on"
				   : "no, the processor does not offer it");
	else
		strbuf_add(out, "not known");
}

/* With what the trial guest found, when there was one. */
static void words_kvm(const struct host *h, const char *driver, struct strbuf *out)
{
	const struct kvm *k = &h->kvm;

	if (k->run.is == YES && str_eq(fact_str(k->exit_class, ""), "emulated"))
		strbuf_printf(out, "KVM (%s) answers, but the guest's code is emulated", driver);
	else if (k->run.is == YES)
		strbuf_printf(out, "yes, by KVM (%s)%s", driver,
			      str_eq(fact_str(k->exit_class, ""), "nested") ? ", nested" : "");
	else if (k->run.is == NO)
		strbuf_printf(out, "KVM (%s) is in the kernel, but no guest ran", driver);
	else
		strbuf_printf(out, "by KVM (%s), not tried", driver);
}

static void words_full(const struct host *h, struct strbuf *out)
{
	const char *driver = fact_str(h->kernel.driver, NULL);

	strbuf_add(out, "Full virtualization with the processor's help: ");
	if (h->place.xen == XEN_DOM0)
		strbuf_add(out, "by Xen below this system (xl), not by KVM");
	else if (h->hypervisors.hyperv_root.is == YES)
		strbuf_add(out, "by Hyper-V below this system (/dev/mshv), not by KVM");
	else if (driver && !str_eq(driver, "kvm_pvm"))
		words_kvm(h, driver, out);
	else
		words_no_driver(h, out);
	if (h->hypervisors.virtualbox.is == YES)
		strbuf_add(out, "; VirtualBox's driver is loaded too");
	if (h->hypervisors.vmware.is == YES)
		strbuf_add(out, "; VMware's driver is loaded too");
	strbuf_add(out, ".\n");
}

static void words_para(const struct host *h, struct strbuf *out)
{
	const char *driver = fact_str(h->kernel.driver, "");

	strbuf_add(out, "Paravirtualization: ");
	if (str_eq(driver, "kvm_pvm"))
		strbuf_printf(out, "KVM's PVM (kvm_pvm), which needs no help from the processor%s",
			      str_eq(fact_str(h->kvm.exit_class, ""), "emulated")
				      ? ", but here the guest's code is emulated"
				      : "");
	else if (h->place.xen == XEN_DOM0)
		strbuf_add(out, "Xen PV and PVH guests");
	else
		strbuf_add(out, "none");
	strbuf_add(out, ".\n");
}

/* ---- programs ---- */

struct named_tool {
	enum tool tool;
	const char *name;
};

static const struct named_tool machines[] = {
	{TOOL_QEMU, "QEMU"},
	{TOOL_LIBVIRT, "libvirt"},
	{TOOL_VIRTUALBOX, "VirtualBox"},
	{TOOL_VMWARE, "VMware Workstation"},
	{TOOL_XEN, "Xen's tools"},
	{TOOL_FIRECRACKER, "Firecracker"},
	{TOOL_CLOUD_HYPERVISOR, "Cloud Hypervisor"},
	{TOOL_CROSVM, "crosvm"},
};

static const struct named_tool engines[] = {
	{TOOL_DOCKER, "Docker"}, {TOOL_PODMAN, "Podman"},         {TOOL_LXC, "LXC"},
	{TOOL_INCUS, "Incus"},   {TOOL_NSPAWN, "systemd-nspawn"}, {TOOL_KATA, "Kata Containers"},
};

/* "QEMU, libvirt and Firecracker are installed", or that none of them is. */
static void add_installed(const struct host *h, const struct named_tool *tools, size_t n,
			  struct strbuf *out)
{
	const char *last = NULL;
	size_t found = 0, unknown = 0;

	for (size_t i = 0; i < n; i++) {
		unknown += h->tools.found[tools[i].tool].is == UNKNOWN;
		if (h->tools.found[tools[i].tool].is != YES)
			continue;
		if (last)
			strbuf_printf(out, "%s%s", found > 1 ? ", " : "", last);
		last = tools[i].name;
		found++;
	}
	if (!found)
		strbuf_add(out, unknown ? "not known which are installed" : "none is installed");
	else if (found == 1)
		strbuf_printf(out, "%s is installed", last);
	else
		strbuf_printf(out, " and %s are installed", last);
}

static void words_programs(const struct host *h, struct strbuf *out)
{
	strbuf_add(out, "Programs that run VMs: ");
	add_installed(h, machines, ARRAY_SIZE(machines), out);
	strbuf_add(out, ".\n");
}

static void words_software(const struct host *h, struct strbuf *out)
{
	const char *command = place_package_command(
		h, str_eq(fact_str(h->place.arch, ""), "aarch64") ? "qemu-system-arm"
								  : "qemu-system-x86");

	strbuf_add(
		out,
		"Software emulation alone: QEMU's TCG, many times slower than the machine itself, "
		"works on any host");
	if (h->tools.found[TOOL_QEMU].is == NO)
		strbuf_printf(out, " once QEMU is installed%s%s", command ? ": " : "",
			      command ? command : "");
	strbuf_add(out, ".\n");
}

static void words_containers(const struct host *h, struct strbuf *out)
{
	strbuf_add(out, "Containers, which need nothing of the processor: ");
	strbuf_add(out, h->place.spaces != SPACES_UNKNOWN
				? "the kernel has namespaces; "
				: "the namespaces of this system could not be read; ");
	add_installed(h, engines, ARRAY_SIZE(engines), out);
	strbuf_add(out, ".\n");
}

void hypervisors_words(const struct host *h, struct strbuf *out)
{
	words_place(h, out);
	words_full(h, out);
	words_para(h, out);
	words_software(h, out);
	words_programs(h, out);
	words_containers(h, out);
}
