/* What the device facts mean for handing devices to guests. */
#include "probe/devices.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/check_module.h"
#include "probe/host.h"

/* ---- the IOMMU ---- */

/* Boot options explain; whether it translates is read from the groups. */
static bool said(const struct devices_facts *d, const char *word)
{
	const char *words = fact_str(d->cmdline, "");

	return str_has_word(words, word);
}

static bool turned_off(const struct devices_facts *d, const char **word)
{
	static const char *const off[] = {"iommu=off", "intel_iommu=off", "amd_iommu=off"};

	for (size_t i = 0; i < ARRAY_SIZE(off); i++)
		if (said(d, off[i])) {
			*word = off[i];
			return true;
		}
	return false;
}

static const char *how_to_use_vtd(const struct host *h)
{
	if (fact_is_no(h->kernel.options[OPTION_INTEL_IOMMU]))
		return "boot a kernel built with INTEL_IOMMU";
	if (said(&h->devices, "intel_iommu=on"))
		return h->place.hv != HV_NONE
			       ? place_iommu_advice(h)
			       : "update the firmware: intel_iommu=on is there, the kernel log "
				 "(DMAR) says what it refused";
	return "add intel_iommu=on to the kernel command line and reboot";
}

/* On by default wherever it is built in. */
static const char *how_to_use_amdvi(const struct host *h)
{
	if (fact_is_yes(h->kernel.options[OPTION_AMD_IOMMU]) && h->place.hv != HV_NONE)
		return place_iommu_advice(h);
	if (fact_is_yes(h->kernel.options[OPTION_AMD_IOMMU]))
		return "update the firmware: the kernel log (AMD-Vi) says what it refused; "
		       "amd_iommu=on "
		       "means nothing to the kernel";
	return "boot a kernel built with AMD_IOMMU (amd_iommu=on means nothing to it)";
}

static void explain_iommu_off(const struct host *h, struct finding *f)
{
	const struct devices_facts *d = &h->devices;
	const char *word;

	if (turned_off(d, &word)) {
		finding_cite(f, &d->cmdline);
		finding_miss(f, "the IOMMU is off: the kernel was booted with %s", word);
		finding_fix(f, "remove %s from the kernel command line and reboot", word);
	} else if (fact_is_yes(d->acpi_dmar)) {
		finding_cite(f, &d->acpi_dmar);
		finding_miss(f, "the firmware offers VT-d, but the kernel does not use it");
		finding_fix(f, "%s", how_to_use_vtd(h));
	} else if (fact_is_yes(d->acpi_ivrs)) {
		finding_cite(f, &d->acpi_ivrs);
		finding_miss(f, "the firmware offers AMD-Vi, but the kernel does not use it");
		finding_fix(f, "%s", how_to_use_amdvi(h));
	} else if (fact_is_yes(d->acpi_iort) || fact_is_yes(d->acpi_viot)) {
		finding_miss(f, "the firmware describes an IOMMU, but no device is behind it");
		finding_fix(f, "boot a kernel with a driver for this IOMMU");
	} else if (h->place.hv != HV_NONE) {
		finding_cite(f, &h->place.vm);
		finding_miss(f, "this virtual machine has no IOMMU");
		finding_fix(f, "%s", place_iommu_advice(h));
	} else if (fact_is_no(d->acpi_dmar)) {
		finding_cite(f, &d->acpi_dmar);
		finding_cite(f, &d->acpi_ivrs);
		finding_miss(f, "the firmware offers no IOMMU");
		finding_fix(f, "turn on VT-d or AMD-Vi (often called IOMMU) in the firmware setup");
	} else {
		finding_miss(f, "no device is behind an IOMMU");
	}
}

static void judge_iommu(const struct host *h, struct finding *f)
{
	const struct devices_facts *d = &h->devices;

	if (finding_if_unknown(f, &d->iommu))
		return;
	finding_cite(f, &d->iommu);
	if (!fact_is_yes(d->iommu)) {
		explain_iommu_off(h, f);
		return;
	}
	finding_cite(f, &d->iommu_type);
	if (str_eq(fact_str(d->iommu_type, ""), "identity"))
		finding_pass(f, "it is on (%s); the host's own devices bypass it",
			     fact_str(d->iommu, "groups exist"));
	else
		finding_pass(f, "it is on (%s)", fact_str(d->iommu, "groups exist"));
}

/* Said once, by devices.iommu; what hangs on it is not lost a second time. */
static bool without_iommu(const struct host *h, struct finding *f)
{
	if (!fact_is_no(h->devices.iommu))
		return false;
	finding_cite(f, &h->devices.iommu);
	finding_absent(f, "there is no IOMMU");
	return true;
}

static void judge_groups(const struct host *h, struct finding *f)
{
	const struct devices_facts *d = &h->devices;
	size_t single = 0;

	if (without_iommu(h, f))
		return;
	if (finding_if_unknown(f, &d->iommu_groups))
		return;
	finding_cite(f, &d->iommu_groups);
	if (!d->ngroups) {
		finding_miss(f, "there are no IOMMU groups");
		return;
	}
	for (size_t i = 0; i < d->ngroups; i++)
		single += d->groups[i].count + d->groups[i].others == 1;
	finding_pass(f, "%zu groups, %zu of them with a single device", d->ngroups, single);
}

static void judge_remapping(const struct host *h, struct finding *f)
{
	const struct devices_facts *d = &h->devices;

	if (without_iommu(h, f))
		return;
	if (finding_if_unknown(f, &d->remapping))
		return;
	finding_cite(f, &d->remapping);
	finding_cite(f, &d->remap_units);
	if (fact_is_yes(d->remapping)) {
		finding_pass(f, NULL);
		return;
	}
	if (fact_is_yes(d->unsafe_interrupts)) {
		finding_cite(f, &d->unsafe_interrupts);
		finding_miss(
			f, "VFIO accepts that (allow_unsafe_interrupts): a guest with a device can "
			   "send the host any interrupt");
	} else if (fact_is_no(d->remap_units)) {
		finding_miss(f, "this IOMMU cannot remap interrupts");
		finding_fix(f, "where the guests are trusted: modprobe vfio_iommu_type1 "
			       "allow_unsafe_interrupts=1");
	} else {
		finding_miss(f, "interrupts of devices bypass the IOMMU; VFIO refuses such a host");
		finding_fix(
			f,
			"remove intremap=off or nointremap from the kernel command line, turn on "
			"interrupt remapping (x2APIC) in the firmware setup");
	}
}

/* ---- VFIO ---- */

static void judge_vfio(const struct host *h, struct finding *f)
{
	const struct devices_facts *d = &h->devices;

	if (without_iommu(h, f))
		return;
	finding_cite(f, &d->vfio_node);
	finding_cite(f, &d->vfio_pci);
	finding_cite(f, &d->iommufd_node);
	if (fact_is_yes(d->vfio_node) && fact_is_yes(d->vfio_pci))
		finding_pass(f,
			     fact_is_yes(d->iommufd_node) ? "vfio-pci, with iommufd" : "vfio-pci");
	else if (fact_is_unknown(d->vfio_pci) || fact_is_unknown(d->vfio_node))
		finding_if_unknown(f, fact_is_unknown(d->vfio_pci) ? &d->vfio_pci : &d->vfio_node);
	else
		finding_module(f, h, MODULE_VFIO_PCI);
}

static void judge_noiommu(const struct host *h, struct finding *f)
{
	const struct fact *on = &h->devices.unsafe_noiommu;

	if (finding_if_unknown(f, on))
		return;
	finding_cite(f, on);
	if (fact_is_yes(*on))
		finding_miss(
			f, "enable_unsafe_noiommu_mode is set: a guest with a device can write all "
			   "of the host's memory");
	else
		finding_pass(f, NULL);
}

static const char *held_by(const struct pci_device *p)
{
	return p->driver ? p->driver : "no driver";
}

static bool has_given(const struct iommu_group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (pci_is_given(g->devices[i]))
			return true;
	return false;
}

/* First what was given to VFIO already; where nothing was, whether a GPU could be. */
static void judge_viability(const struct host *h, struct finding *f)
{
	const struct devices_facts *d = &h->devices;
	size_t ready = 0, mixed = 0;

	if (without_iommu(h, f))
		return;
	if (finding_if_unknown(f, &d->iommu_groups))
		return;
	finding_cite(f, &d->iommu_groups);
	finding_cite(f, &d->vfio_bound);
	for (size_t i = 0; i < d->ngroups; i++) {
		const struct iommu_group *g = &d->groups[i];
		const struct pci_device *in_way = group_blocker(g);

		if (!has_given(g))
			continue;
		if (in_way) {
			finding_miss(f, "group %s cannot be opened: %s is held by %s", g->number,
				     in_way->slot, held_by(in_way));
			finding_fix(f,
				    "bind %s to vfio-pci too: driverctl set-override %s vfio-pci",
				    in_way->slot, in_way->slot);
			return;
		}
		ready++;
	}
	if (ready) {
		finding_pass(f, "%zu group%s ready for guests", ready, ready == 1 ? "" : "s");
		return;
	}
	for (size_t i = 0; i < d->nlist; i++) {
		const struct pci_device *p = &d->list[i], *other = group_stranger(p);

		mixed += pci_is_gpu(p) && other;
		if (pci_is_gpu(p) && other && mixed == 1)
			finding_miss(f,
				     "GPU %s shares group %s with %s (%s): both go to one guest, "
				     "or none",
				     p->slot, p->group->number, other->slot, held_by(other));
	}
	if (!mixed)
		finding_pass(f,
			     "no device is bound to VFIO yet; none that is worth giving is tied to "
			     "a stranger");
}

/* ---- devices that can be shared out ---- */

static void judge_sriov(const struct host *h, struct finding *f)
{
	const struct devices_facts *d = &h->devices;

	if (finding_if_unknown(f, &d->sriov))
		return;
	finding_cite(f, &d->sriov);
	finding_cite(f, &d->sriov_now);
	if (fact_is_yes(d->sriov))
		finding_pass(f, "%lld virtual functions offered, %lld made: %s",
			     (long long)d->sriov.num, (long long)d->sriov_now.num,
			     fact_str(d->sriov, ""));
	else
		finding_absent(f, "no device here offers virtual functions");
}

static void judge_mdev(const struct host *h, struct finding *f)
{
	const struct fact *mdev = &h->devices.mdev;

	if (finding_if_unknown(f, mdev))
		return;
	finding_cite(f, mdev);
	if (fact_is_yes(*mdev))
		finding_pass(f, "%lld types on %s", (long long)mdev->num, mdev->text);
	else
		finding_absent(f, "no driver here offers mediated devices");
}

static void judge_gpu(const struct host *h, struct finding *f)
{
	const struct devices_facts *d = &h->devices;
	size_t given = 0, screens = 0;

	if (finding_if_unknown(f, &d->gpu))
		return;
	finding_cite(f, &d->gpu);
	if (!fact_is_yes(d->gpu)) {
		finding_absent(f, "there is no GPU");
		return;
	}
	for (size_t i = 0; i < d->nlist; i++) {
		given += pci_is_gpu(&d->list[i]) && pci_is_given(&d->list[i]);
		screens += pci_is_gpu(&d->list[i]) && d->list[i].boot_vga;
	}
	if (given)
		finding_pass(f, "%zu of %lld bound to VFIO: %s", given, (long long)d->gpu.num,
			     d->gpu.text);
	else if (d->gpu.num == 1 && screens)
		finding_pass(f, "%s; it is the host's only screen", d->gpu.text);
	else
		finding_pass(f, "%s", d->gpu.text);
}

const struct check devices_checks[DEVICES_CHECKS] = {
	{
		.id = "devices.iommu",
		.title = "an IOMMU translates for devices",
		.category = CAT_DEVICES,
		.miss = WARN,
		.judge = judge_iommu,
		.why = "A device given to a guest reads and writes memory by itself; only an IOMMU "
		       "keeps it "
		       "inside that guest. Judged by the groups the kernel made, not by boot "
		       "options: "
		       "amd_iommu=on means nothing to the kernel, and Intel's default depends on "
		       "its build.",
	},
	{
		.id = "devices.iommu-groups",
		.title = "devices are in IOMMU groups",
		.category = CAT_DEVICES,
		.after = "devices.iommu",
		.miss = WARN,
		.judge = judge_groups,
		.why = "A group is the smallest set of devices the hardware can keep apart; VFIO "
		       "gives a "
		       "guest whole groups only.",
	},
	{
		.id = "devices.interrupt-remapping",
		.title = "the IOMMU remaps interrupts",
		.category = CAT_DEVICES,
		.after = "devices.iommu",
		.miss = WARN,
		.judge = judge_remapping,
		.why = "Without it a device can raise any interrupt on the host, and VFIO refuses "
		       "the device "
		       "unless told to accept that. Judged by the names of the chips that serve "
		       "interrupts "
		       "now (IR-...).",
	},
	{
		.id = "devices.vfio",
		.title = "VFIO is there",
		.category = CAT_DEVICES,
		.after = "devices.iommu",
		.miss = WARN,
		.judge = judge_vfio,
		.why = "VFIO is how user space drives a device for its guest; vfio-pci must be "
		       "loaded before a "
		       "PCI device can be bound to it.",
	},
	{
		.id = "devices.vfio-noiommu",
		.title = "VFIO insists on an IOMMU",
		.category = CAT_DEVICES,
		.miss = WARN,
		.judge = judge_noiommu,
		.why = "In no-IOMMU mode VFIO hands out devices that reach all memory. It is meant "
		       "for trusted "
		       "user space drivers such as DPDK, never for guests; QEMU does not use it.",
		.fix = "echo N >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
	},
	{
		.id = "devices.group-viability",
		.title = "groups can be handed to guests",
		.category = CAT_DEVICES,
		.after = "devices.iommu-groups",
		.miss = WARN,
		.judge = judge_viability,
		.why = "VFIO opens a group only when every device in it is bound to VFIO, has no "
		       "driver, or is a "
		       "PCI bridge. One device held by a host driver keeps the others from the "
		       "guest.",
		.fix = "put the card in another slot, or bind every device of the group to "
		       "vfio-pci",
	},
	{
		.id = "devices.sriov",
		.title = "devices split into virtual functions (SR-IOV)",
		.category = CAT_DEVICES,
		.miss = WARN,
		.judge = judge_sriov,
		.why = "A device with SR-IOV shows itself many times over, one virtual function "
		       "for each guest.",
	},
	{
		.id = "devices.mdev",
		.title = "mediated devices (vGPU)",
		.category = CAT_DEVICES,
		.miss = WARN,
		.judge = judge_mdev,
		.why = "Some drivers share one device among guests in software: vGPUs, s390 "
		       "channels and crypto.",
	},
	{
		.id = "devices.gpu",
		.title = "GPUs",
		.category = CAT_DEVICES,
		.miss = WARN,
		.judge = judge_gpu,
		.why = "Which GPUs there are, which driver holds each, and whether one is bound to "
		       "VFIO for a "
		       "guest.",
	},
};
