/* Judging what KVM offers beyond running a guest: nesting, sizes, capabilities, types of VM, vhost. */
#include "probe/kvm_judges.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/diagnose.h"
#include "probe/host.h"
#include "probe/kvm_caps.h"

static const struct fact *nested_parameter(const struct host *h)
{
	const struct fact *intel = &h->kernel.params[PARAM_KVM_INTEL_NESTED];

	return intel->is != UNKNOWN ? intel : &h->kernel.params[PARAM_KVM_AMD_NESTED];
}

void judge_nested(const struct host *h, struct finding *f)
{
	const struct fact *offered = &h->kvm.nested, *param = nested_parameter(h);
	const char *driver = fact_str(h->kernel.driver, NULL);

	finding_cite(f, offered);
	finding_cite(f, param);
	if (offered->is == UNKNOWN)
		offered = param;
	if (offered->is == YES)
		finding_pass(f, "%s", fact_str(h->kvm.nested, "by the module's parameter"));
	else if (offered->is == UNKNOWN)
		finding_if_unknown(f, &h->kvm.nested);
	else if (driver && str_eq(driver, "kvm_pvm"))
		finding_miss(f, "kvm_pvm offers no virtualization to its guests");
	else
		finding_miss(f, "guests are not offered virtualization%s",
			     param->is == NO ? ": the module was loaded with nested=0" : "");
	if (offered->is == NO && driver &&
	    (str_eq(driver, "kvm_intel") || str_eq(driver, "kvm_amd")))
		finding_fix(f,
			    "with no VM running: modprobe -r %s && modprobe %s nested=1; for good: "
			    "echo "
			    "options %s nested=1 > /etc/modprobe.d/kvm.conf",
			    driver, driver, driver);
}

void judge_max_vcpus(const struct host *h, struct finding *f)
{
	const struct fact *max = &h->kvm.max_vcpus;

	finding_cite(f, max);
	finding_cite(f, &h->kvm.nr_vcpus);
	if (finding_if_unknown(f, max))
		return;
	if (max->is == YES && h->cpu.count.is == YES && max->num < h->cpu.count.num)
		finding_warn(f, "one VM may have %lld vCPUs, fewer than the %lld CPUs here",
			     (long long)max->num, (long long)h->cpu.count.num);
	else
		finding_pass(f, "%lld, in %lld memory slots", (long long)max->num,
			     (long long)h->kvm.memslots.num);
}

/* src/vmm/src/arch/x86_64/kvm.rs of Firecracker, DEFAULT_CAPABILITIES. */
static const unsigned firecracker[] = {
	CAP_IRQCHIP,     CAP_IOEVENTFD,  CAP_IRQFD,        CAP_USER_MEMORY, CAP_SET_TSS_ADDR,
	CAP_PIT2,        CAP_PIT_STATE2, CAP_ADJUST_CLOCK, CAP_DEBUGREGS,   CAP_MP_STATE,
	CAP_VCPU_EVENTS, CAP_XCRS,       CAP_XSAVE,        CAP_EXT_CPUID,
};

void judge_firecracker(const struct host *h, struct finding *f)
{
	struct strbuf missing = {0};

	finding_cite(f, &h->kvm.caps);
	if (finding_if_unknown(f, &h->kvm.caps))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(firecracker); i++)
		if (!h->kvm.cap[firecracker[i]])
			strbuf_printf(&missing, "%s%s", missing.len ? ", " : "",
				      kvm_cap_name(firecracker[i]));
	if (missing.len)
		finding_miss(f, "this KVM lacks %s", missing.text);
	else
		finding_pass(f, "all %zu", ARRAY_SIZE(firecracker));
	strbuf_fini(&missing);
}

void judge_vm_types(const struct host *h, struct finding *f)
{
	const struct fact *types = &h->kvm.vm_types;

	finding_cite(f, types);
	finding_cite(f, &h->kvm.guest_memfd);
	if (types->is == YES)
		finding_pass(f, "%s%s", types->text,
			     fact_is_yes(h->kvm.guest_memfd)
				     ? "; memory of the guest's own (guest_memfd)"
				     : "");
	else if (types->is == NO)
		finding_skip(f, "this KVM knows the default type only");
	else
		finding_if_unknown(f, types);
}

/* A node whose driver comes as a module; udev makes it at boot (static_node) and opening it loads the module. */
static void judge_vhost(const struct host *h, struct finding *f, enum node_id id,
			enum kernel_module module)
{
	const struct node *n = &h->nodes.node[id];
	const char *fix = kernel_module_fix(h, module, h->a);

	finding_cite(f, &n->there);
	finding_cite(f, &n->access);
	finding_cite(f, &h->kernel.modules[module].present);
	if (n->there.is == UNKNOWN) {
		finding_if_unknown(f, &n->there);
		return;
	}
	if (n->there.is == NO) {
		finding_miss(f,
			     in_container(h) && n->driver.is == YES
				     ? "the host has it, but this container was not given %s"
				     : "there is no %s",
			     n->path);
		if (in_container(h))
			finding_fix(f, "start the container with --device %s", n->path);
		else if (fix)
			finding_fix(f, "%s", fix);
		return;
	}
	if (n->device.is == NO || n->number.is == NO) {
		finding_miss(f, "%s is %s", n->path,
			     n->device.is == NO ? n->device.text : n->number.text);
		return;
	}
	if (n->driver.is == NO && h->kernel.modules[module].on_disk.is == NO) {
		finding_miss(f, "there is a %s, but no driver for it", n->path);
		if (fix)
			finding_fix(f, "%s", fix);
		return;
	}
	if (n->access.is == NO) {
		finding_miss(f, "%s may not open it: %s", fact_str(h->who.user, "this user"),
			     fact_str(n->mode, ""));
		finding_fix(f, "sudo usermod -aG %s %s, then log in again",
			    who_group_name(h, n->gid), fact_str(h->who.user, "USER"));
		return;
	}
	if (n->access.is == UNKNOWN)
		finding_if_unknown(f, &n->access);
	else
		finding_pass(f, "%s", fact_str(n->mode, NULL) ? n->mode.text : "there");
}

void judge_vhost_net(const struct host *h, struct finding *f)
{
	judge_vhost(h, f, NODE_VHOST_NET, MODULE_VHOST_NET);
}

void judge_vhost_vsock(const struct host *h, struct finding *f)
{
	judge_vhost(h, f, NODE_VHOST_VSOCK, MODULE_VHOST_VSOCK);
	if (f->verdict == PASS || h->kernel.modules[MODULE_VMW_VSOCK_VMCI].present.is != YES)
		return;
	finding_miss(f, "VMware's vsock transport has the place that vhost_vsock needs (EBUSY)");
	finding_fix(f, "modprobe -r vmw_vsock_vmci_transport, then: modprobe vhost_vsock");
}
