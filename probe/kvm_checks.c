/* Judging KVM: the chain from the node to a guest that runs at speed. A row that fails says what the diagnosis
 * says: the first layer that stands in the way, and its fix. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/diagnose.h"
#include "probe/kvm_judges.h"

#include <errno.h>

static const struct node *kvm_node(const struct host *h)
{
	return &h->nodes.node[NODE_KVM];
}

/* The cause in the words of the diagnosis; false when it knows none. */
static bool blame(const struct host *h, struct finding *f)
{
	struct cause c;
	enum cause_effect effect;

	if (!diagnose_effect(h, &c, &effect))
		return false;
	if (effect == BLOCKS)
		finding_miss(f, "%s", c.text);
	else if (effect == SLOWS)
		finding_warn(f, "%s", c.text);
	else
		finding_unsure(f, "%s", c.text);
	if (c.fix)
		finding_fix(f, "%s", c.fix);
	return true;
}

/* --no-trial, now or when the recording was made: KVM was opened and asked, and that was all. */
static bool not_wanted(const struct host *h)
{
	const struct step_result *steps = h->kvm.trial.notes.steps;

	return h->kvm.tried && h->kvm.trial.end == TRIAL_ENDED &&
	       steps[STEP_API].state == STEP_PASSED &&
	       steps[STEP_CREATE_VM].state == STEP_NOT_REACHED;
}

/* Nothing stands in the way as far as can be seen, and nobody tried. */
static void untried(const struct host *h, struct finding *f, const struct fact *fact)
{
	finding_cite(f, fact);
	if (not_wanted(h) || (h->opt && !h->opt->trial && tree_is_live(h->t)))
		finding_unsure(f, "no guest was run (--no-trial)");
	else if (!h->kvm.tried)
		finding_unsure(f, "the recording holds no trial");
	else
		finding_unsure(f, "the trial did not come that far");
}

static void judge_step(const struct host *h, struct finding *f, const struct fact *fact)
{
	if (fact->is == YES) {
		finding_cite(f, fact);
		finding_pass(f, NULL);
		return;
	}
	if (blame(h, f))
		finding_cite(f, fact);
	else if (fact->is == NO)
		finding_miss(f, "%s", fact->text);
	else
		untried(h, f, fact);
}

static void judge_node(const struct host *h, struct finding *f)
{
	const struct node *n = kvm_node(h);

	finding_cite(f, &n->there);
	finding_cite(f, &n->driver);
	if (n->there.is == YES)
		finding_pass(f, "%s", fact_str(n->mode, "there"));
	else if (n->there.is == UNKNOWN && !no_driver(h))
		finding_if_unknown(f, &n->there);
	else if (!blame(h, f))
		finding_miss(f, "there is no /dev/kvm");
}

static void judge_node_type(const struct host *h, struct finding *f)
{
	const struct node *n = kvm_node(h);

	finding_cite(f, &n->device);
	finding_cite(f, &n->number);
	if (n->device.is == YES && n->number.is == YES)
		finding_pass(f, "%s", n->number.text);
	else if (n->device.is == UNKNOWN || (n->device.is == YES && n->number.is == UNKNOWN))
		finding_if_unknown(f, n->device.is == UNKNOWN ? &n->device : &n->number);
	else if (!blame(h, f))
		finding_miss(f, "%s", n->device.is == NO ? n->device.text : n->number.text);
}

static void judge_access(const struct host *h, struct finding *f)
{
	const struct kvm *k = &h->kvm;

	finding_cite(f, &k->open);
	finding_cite(f, &kvm_node(h)->mode);
	finding_cite(f, &kvm_node(h)->access);
	finding_cite(f, &h->who.user);
	if (k->open.is == YES)
		finding_pass(f, "%s opens it: %s", fact_str(h->who.user, "this user"),
			     fact_str(kvm_node(h)->access,
				      "by rights that this namespace does not show"));
	else if (!blame(h, f))
		untried(h, f, &k->open);
	if (k->open.is == NO)
		finding_cite(f, &k->open_readonly);
}

static void judge_api(const struct host *h, struct finding *f)
{
	judge_step(h, f, &h->kvm.api);
}

static void judge_create_vm(const struct host *h, struct finding *f)
{
	judge_step(h, f, &h->kvm.create_vm);
}

static void judge_run(const struct host *h, struct finding *f)
{
	judge_step(h, f, &h->kvm.run);
}

static void judge_speed(const struct host *h, struct finding *f)
{
	const struct kvm *k = &h->kvm;
	double slow = trial_slowdown(&k->trial.notes);

	if (k->speed.is != YES) {
		if (k->run.is != NO || !blame(h, f))
			untried(h, f, &k->speed);
		return;
	}
	finding_cite(f, &k->speed);
	finding_cite(f, &k->exit_class);
	if (trial_class(&k->trial.notes) == CLASS_EMULATED && blame(h, f))
		return;
	if (slow > 2)
		finding_pass(f, "guest code ran %.1f times slower than native: the CPU was busy",
			     slow);
	else
		finding_pass(f, "%s, %s", k->speed.text, fact_str(k->exit_class, "unknown class"));
}

static void judge_instructions(const struct host *h, struct finding *f)
{
	const struct kvm *k = &h->kvm;

	finding_cite(f, &k->instructions);
	if (k->instructions.is == YES)
		finding_pass(f, NULL);
	else if (k->instructions.is == NO)
		finding_warn(f, "a guest stops at %s: %s", k->instructions.text,
			     fact_str(k->failure, "it fails"));
	else
		untried(h, f, &k->instructions);
}

static void judge_exit_cost(const struct host *h, struct finding *f)
{
	const struct kvm *k = &h->kvm;

	if (k->exit_cost.is != YES) {
		untried(h, f, &k->exit_cost);
		return;
	}
	finding_cite(f, &k->exit_cost);
	if (trial_class(&k->trial.notes) == CLASS_NESTED)
		finding_warn(f,
			     "an exit to the host costs %s, as in a nested VM: disk and network of "
			     "guests are slow",
			     k->exit_cost.text);
	else
		finding_pass(f, "%s", k->exit_cost.text);
}

static void judge_usable(const struct host *h, struct finding *f)
{
	finding_cite(f, &h->kvm.run);
	finding_cite(f, &h->kvm.failure);
	if (blame(h, f))
		return;
	if (h->kvm.run.is == YES)
		finding_pass(f, "%s", fact_str(h->kvm.exit_class, "a guest ran"));
	else
		untried(h, f, &h->kvm.run);
}

static void judge_persistent(const struct host *h, struct finding *f)
{
	const struct node *n = kvm_node(h);
	const struct udev_effect *e = &h->nodes.kvm_effect;

	finding_cite(f, &n->mode);
	finding_cite(f, &h->nodes.kvm_rule);
	finding_cite(f, &h->nodes.udev);
	if (n->way == ACCESS_ROOT) {
		finding_pass(f, "root needs no permission");
		return;
	}
	if (n->way == ACCESS_ACL_USER && h->nodes.kvm_seat.is == YES) {
		finding_cite(f, &h->nodes.kvm_seat);
		finding_warn(f, "access comes with the seat: it ends with the desktop session, and "
				"services and ssh do not have it");
		finding_fix(f, "sudo usermod -aG %s %s", e->group ? e->group : "kvm",
			    fact_str(h->who.user, "USER"));
		return;
	}
	if (h->nodes.udev.is != YES && in_container(h)) {
		finding_skip(f, "the container's engine makes the node, not udev");
		return;
	}
	if (h->nodes.kvm_rule.is == UNKNOWN) {
		finding_skip(f, "there are no udev rules here: nobody sets the node anew");
		return;
	}
	if (n->access.is != YES || node_lasting_access(h)) {
		finding_pass(f, "udev makes it %s", h->nodes.kvm_rule.text);
		return;
	}
	finding_warn(
		f,
		"/dev/kvm is %s now, but udev makes it %s at its next event or boot: this access "
		"does not last",
		fact_str(n->mode, "open"), h->nodes.kvm_rule.text);
	finding_fix(f,
		    e->group ? "sudo usermod -aG %s %s, then log in again"
			     : "a rule in /etc/udev/rules.d for group %s, and %s in that group",
		    e->group ? e->group : "kvm", fact_str(h->who.user, "USER"));
}

const struct check kvm_checks[KVM_CHECKS] = {
	{"kvm.usable", "guests can run", CAT_KVM, NULL, FAIL, judge_usable,
	 .why = "The answer in one row: the first thing that stands in the way of running a guest, "
		"from "
		"the CPU to the speed of its code.",
	 .fix = "vmint probe tells what stands in the way"},
	{"kvm.node", "/dev/kvm is there", CAT_KVM, NULL, FAIL, judge_node,
	 .why = "Every program that runs KVM guests opens /dev/kvm. It appears when a KVM module "
		"has found "
		"a CPU it can drive.",
	 .fix = "load the KVM module for this CPU"},
	{"kvm.node-type", "/dev/kvm is the KVM device", CAT_KVM, "kvm.node", FAIL, judge_node_type,
	 .why = "A file or another device under that name passes tests for existence and fails at "
		"the first "
		"ioctl.",
	 .fix = "remove it and make it anew: mknod -m 0660 /dev/kvm c 10 232"},
	{"kvm.access", "this user may open /dev/kvm", CAT_KVM, "kvm.node", FAIL, judge_access,
	 .why = "Opened for reading and writing, as QEMU does. Modes and groups only explain: "
		"mounts, "
		"control groups, security modules and namespaces refuse too.",
	 .fix = "put the user into the group of /dev/kvm"},
	{"kvm.persistent", "that access lasts", CAT_KVM, "kvm.access", WARN, judge_persistent,
	 .why = "chmod and setfacl on a device node are undone by udev's next event, and by a "
		"reboot."},
	{"kvm.api", "KVM speaks API version 12", CAT_KVM, "kvm.access", FAIL, judge_api,
	 .why = "Version 12 has been the only one since 2007; anything else is no KVM.",
	 .fix = "boot a kernel with KVM"},
	{"kvm.create-vm", "a VM can be created", CAT_KVM, "kvm.api", FAIL, judge_create_vm,
	 .why = "This is where another hypervisor that holds VT-x, a limit or a filter shows.",
	 .fix = "dmesg | grep -i kvm tells more"},
	{"kvm.run", "guest code runs", CAT_KVM, "kvm.create-vm", FAIL, judge_run,
	 .why = "A guest in 64-bit mode came to its HLT instruction. Nothing less proves that "
		"guests run.",
	 .fix = "dmesg | grep -i kvm tells more"},
	{"kvm.speed", "guest code runs at the CPU's speed", CAT_KVM, "kvm.run", WARN, judge_speed,
	 .why = "The same counted loop is timed in the guest and here. A KVM that emulates answers "
		"every "
		"question and is a thousand times slower."},
	{"kvm.instructions", "instructions that every guest needs work", CAT_KVM, "kvm.run", WARN,
	 judge_instructions,
	 .why = "Port I/O, cmpxchg16b, xrstor, fxrstor, fninit, fwait, SSE2 and AVX: a KVM that "
		"emulates "
		"lacks some, and Linux or the firmware stops there."},
	{"kvm.exit-cost", "leaving the guest is cheap", CAT_KVM, "kvm.run", WARN, judge_exit_cost,
	 .why = "Each access to an emulated device leaves the guest. On bare metal that takes one "
		"or two "
		"microseconds, in a nested VM ten to fifty."},
	{"kvm.nested", "guests can run guests", CAT_KVM, NULL, WARN, judge_nested,
	 .why = "vmx or svm must be in the CPUID that KVM offers to guests; the module's parameter "
		"alone "
		"does not prove it."},
	{"kvm.max-vcpus", "a VM may have as many vCPUs as there are CPUs", CAT_KVM, "kvm.api", WARN,
	 judge_max_vcpus, .why = "KVM_CAP_MAX_VCPUS."},
	{"kvm.caps-firecracker", "the 14 capabilities that Firecracker asks for", CAT_KVM, NULL,
	 FAIL, judge_firecracker,
	 .why = "Firecracker asks for them at start and refuses to run without.",
	 .fix = "boot a newer kernel"},
	{"kvm.vm-types", "types of VM", CAT_KVM, "kvm.api", WARN, judge_vm_types,
	 .why = "Confidential guests (SEV, SEV-SNP, TDX) are types of VM of their own."},
	{"kvm.vhost-net", "/dev/vhost-net: guest network in the kernel", CAT_KVM, NULL, WARN,
	 judge_vhost_net,
	 .why = "Without it every packet of a guest goes through the program that runs it."},
	{"kvm.vhost-vsock", "/dev/vhost-vsock: sockets between host and guest", CAT_KVM, NULL, WARN,
	 judge_vhost_vsock,
	 .why = "Kata Containers, Firecracker and guest agents talk through it."},
};
