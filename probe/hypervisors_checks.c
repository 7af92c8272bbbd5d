/* Judging the other hypervisors: do they get in KVM's way, or KVM in theirs. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

static bool open_somewhere(const struct fact *driver, const struct fact *users)
{
	return driver->is == YES && users->is == YES && users->num > 0;
}

/* A driver that is loaded beside KVM: the sentence about it, or false when the two get along. */
static bool judge_virtualbox_beside_kvm(const struct host *h, struct finding *f)
{
	const struct hypervisors *v = &h->hypervisors;

	finding_cite(f, &v->virtualbox);
	finding_cite(f, &v->virtualbox_users);
	finding_cite(f, &h->kernel.params[PARAM_KVM_ENABLE_VIRT_AT_LOAD]);
	if (v->virtualbox_advice.is == YES) {
		finding_miss(f,
			     v->kvm == KVM_HOLDS_LOADED
				     ? "KVM holds VT-x or AMD-V since it was loaded, and "
				       "VirtualBox %s cannot start a VM beside it"
				     : "VirtualBox %s gets VT-x or AMD-V from KVM, and this KVM "
				       "takes it only when a VM of its own runs",
			     fact_str(v->virtualbox, ""));
		finding_fix(f, "%s", v->virtualbox_advice.text);
		return true;
	}
	if (!open_somewhere(&v->virtualbox, &v->virtualbox_users) || v->kvm == KVM_HOLDS_LOADED)
		return false;
	finding_warn(f,
		     "VirtualBox's driver is in use: while one of its VMs runs, KVM cannot start "
		     "one (EBUSY)");
	finding_fix(f, "shut VirtualBox's VMs down before using KVM");
	return true;
}

static bool judge_vmware_beside_kvm(const struct host *h, struct finding *f)
{
	const struct hypervisors *v = &h->hypervisors;

	if (!open_somewhere(&v->vmware, &v->vmware_users))
		return false;
	finding_cite(f, &v->vmware);
	finding_cite(f, &v->vmware_users);
	finding_warn(f,
		     "VMware's driver vmmon is in use: while one of its VMs runs, KVM may not be "
		     "able to start one (EBUSY)");
	finding_fix(f, "shut VMware's VMs down before using KVM, or: systemctl stop vmware");
	return true;
}

static void judge_conflict(const struct host *h, struct finding *f)
{
	const struct hypervisors *v = &h->hypervisors;

	finding_cite(f, &v->holder);
	if (v->virtualbox.is == YES && judge_virtualbox_beside_kvm(h, f))
		return;
	if (judge_vmware_beside_kvm(h, f))
		return;
	if (h->place.xen == XEN_DOM0 || v->hyperv_root.is == YES) {
		finding_warn(
			f, "%s runs below this system and holds VT-x or AMD-V: KVM cannot have it",
			h->place.xen == XEN_DOM0 ? "Xen" : "Hyper-V");
		finding_fix(f, "%s",
			    h->place.xen == XEN_DOM0
				    ? "run guests with xl, or boot this kernel without Xen"
				    : "run guests through /dev/mshv, or boot without Hyper-V");
		return;
	}
	if (v->holder.is == YES)
		finding_pass(f, "%s holds VT-x or AMD-V, and nobody else asks for it",
			     v->holder.text);
	else
		finding_pass(f, NULL);
}

static void judge_virtualbox(const struct host *h, struct finding *f)
{
	const struct hypervisors *v = &h->hypervisors;

	finding_cite(f, &v->virtualbox);
	if (finding_if_unknown(f, &v->virtualbox))
		return;
	if (v->virtualbox.is == YES)
		finding_pass(f, "VirtualBox's driver %s is loaded", fact_str(v->virtualbox, ""));
	else
		finding_miss(f, "VirtualBox's driver is not loaded");
}

static void judge_xen(const struct host *h, struct finding *f)
{
	const struct hypervisors *v = &h->hypervisors;

	finding_cite(f, &v->xen);
	if (finding_if_unknown(f, &v->xen))
		return;
	if (h->place.xen == XEN_DOM0)
		finding_pass(f, "this is dom0 of Xen: run guests with xl");
	else if (h->place.xen != XEN_NOT)
		finding_miss(f, "this is a guest of Xen, not its dom0");
	else
		finding_miss(f, "no Xen runs below this system");
}

static void judge_hyperv(const struct host *h, struct finding *f)
{
	const struct hypervisors *v = &h->hypervisors;

	finding_cite(f, &v->hyperv_root);
	if (finding_if_unknown(f, &v->hyperv_root))
		return;
	finding_cite(f, &v->mshv);
	if (v->hyperv_root.is == YES && v->mshv.is != YES)
		finding_miss(f, "this is the root partition of Hyper-V, but there is no /dev/mshv");
	else if (v->hyperv_root.is == YES)
		finding_pass(f, "this is the root partition of Hyper-V: guests are run through "
				"/dev/mshv, not KVM");
	else
		finding_pass(f, "this is not the root partition of Hyper-V");
}

static void judge_foreign(const struct host *h, struct finding *f)
{
	const struct hypervisors *v = &h->hypervisors;

	finding_cite(f, &v->foreign);
	if (v->foreign.is == YES)
		finding_pass(f, "%s beside KVM", v->foreign.text);
	else
		finding_pass(f, "none but KVM");
}

const struct check hypervisors_checks[HYPERVISORS_CHECKS] = {
	{
		.id = "hypervisors.conflict",
		.title = "nobody else holds VT-x or AMD-V",
		.category = CAT_HYPERVISORS,
		.miss = FAIL,
		.judge = judge_conflict,
		.why = "The processor's virtualization belongs to one hypervisor at a time. "
		       "KVM_CREATE_VM "
		       "fails with EBUSY while VirtualBox or VMware runs a VM; from Linux 6.12 KVM "
		       "takes "
		       "it as soon as it is loaded (kvm.enable_virt_at_load), and VirtualBox "
		       "before "
		       "7.2.10 then cannot start, while 7.2.10 and newer want exactly that.",
		.fix = "use one hypervisor at a time",
	},
	{
		.id = "hypervisors.virtualbox",
		.title = "VirtualBox's driver is loaded",
		.category = CAT_HYPERVISORS,
		.miss = FAIL,
		.judge = judge_virtualbox,
		.why = "VirtualBox runs VMs through its own module vboxdrv, which must be built "
		       "for the "
		       "running kernel.",
		.fix = "modprobe vboxdrv (built by: /sbin/vboxconfig, or the package "
		       "virtualbox-dkms)",
	},
	{
		.id = "hypervisors.xen",
		.title = "this is dom0 of Xen",
		.category = CAT_HYPERVISORS,
		.miss = FAIL,
		.judge = judge_xen,
		.why = "Xen runs below Linux. Its dom0 starts guests with xl; KVM cannot be used "
		       "there, "
		       "and the CPU flags vmx and svm are hidden from dom0 though the hardware has "
		       "them.",
		.fix = "install Xen and boot its entry in the boot menu",
	},
	{
		.id = "hypervisors.hyperv-root",
		.title = "Hyper-V's root partition has its device",
		.category = CAT_HYPERVISORS,
		.miss = WARN,
		.judge = judge_hyperv,
		.why = "As root partition of Hyper-V, Linux runs guests through /dev/mshv (Cloud "
		       "Hypervisor, QEMU with -accel mshv); vmx and svm are hidden and KVM cannot "
		       "work.",
		.fix = "modprobe mshv_root (CONFIG_MSHV_ROOT, Linux 6.15 and newer)",
	},
	{
		.id = "hypervisors.foreign",
		.title = "hypervisors other than KVM",
		.category = CAT_HYPERVISORS,
		.miss = WARN,
		.judge = judge_foreign,
		.why = "Which other hypervisors have a driver in this kernel. That is no fault; "
		       "hypervisors.conflict says when two of them get into each other's way.",
	},
};
