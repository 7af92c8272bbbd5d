/* What this host can do, in a few sentences for people who did not ask for a table. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

static bool cpu_offers(const struct host *h)
{
	const char *flags = h->place.cpu_flags;
	const char *features = place_key_value(h->a, h->place.cpuinfo, "features");

	return str_has_word(flags, "vmx") || str_has_word(flags, "svm") ||
	       (features && str_has_word(features, "sie"));
}

static bool is_x86(const struct host *h)
{
	const char *arch = fact_str(h->place.arch, "");

	return str_eq(arch, "x86_64") || (arch[0] == 'i' && str_ends(arch, "86"));
}

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

static void words_full(const struct host *h, struct strbuf *out)
{
	const struct kernel *k = &h->kernel;
	const char *driver = fact_str(k->driver, NULL);

	strbuf_add(out, "Full virtualization with the processor's help: ");
	if (h->place.xen == XEN_DOM0)
		strbuf_add(out, "by Xen below this system (xl), not by KVM");
	else if (h->hypervisors.hyperv_root.is == YES)
		strbuf_add(out, "by Hyper-V below this system (/dev/mshv), not by KVM");
	else if (driver && !str_eq(driver, "kvm_pvm"))
		strbuf_printf(out, "KVM (%s)", driver);
	else if (cpu_offers(h))
		strbuf_add(out, "the processor offers it, but no KVM driver is in the kernel");
	else if (is_x86(h) && h->place.cpu_flags[0])
		strbuf_add(out,
			   h->place.hv != HV_NONE
				   ? "no, the hypervisor around this system does not pass it on"
				   : "no, the processor does not offer it, or firmware has it off");
	else
		strbuf_add(out, "not known");
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
		strbuf_add(out, "KVM's PVM (kvm_pvm), which needs no help from the processor");
	else if (h->place.xen == XEN_DOM0)
		strbuf_add(out, "Xen PV and PVH guests");
	else
		strbuf_add(out, "none");
	strbuf_add(out, ".\n");
}

static void words_software(const struct host *h, struct strbuf *out)
{
	(void)h;
	strbuf_add(out,
		   "Software emulation alone: QEMU's TCG works on any host, several times slower "
		   "than the machine itself.\n");
}

static void words_containers(const struct host *h, struct strbuf *out)
{
	strbuf_add(out, "Containers: ");
	if (h->place.spaces != SPACES_UNKNOWN)
		strbuf_add(out, "the kernel has namespaces; Docker, Podman, LXC and systemd-nspawn "
				"need no virtualization of the processor");
	else
		strbuf_add(out, "not known, the namespaces of this system could not be read");
	strbuf_add(out, ".\n");
}

void hypervisors_words(const struct host *h, struct strbuf *out)
{
	words_place(h, out);
	words_full(h, out);
	words_para(h, out);
	words_software(h, out);
	words_containers(h, out);
}
