/* The KVM area: the order of gathering, what capabilities mean, the list of facts. */
#include "probe/cpu_features.h"
#include "probe/kvm.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"
#include "probe/kvm_caps.h"

static const struct {
	unsigned number;
	const char *name;
} caps[] = {
#define CAP_ROW(name_, number_) {number_, "KVM_CAP_" #name_},
	KVM_CAPS(CAP_ROW)
#undef CAP_ROW
};

const char *kvm_cap_name(unsigned cap)
{
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		if (caps[i].number == cap)
			return caps[i].name;
	return NULL;
}

static const char *const vm_types[] = {
	"default", "software-protected", "SEV", "SEV-ES", "SEV-SNP", "TDX",
};

const struct trial_leaf *kvm_leaf(const struct kvm *k, uint32_t function, uint32_t index)
{
	for (int64_t i = 0; k->leaves.is == YES && i < k->leaves.num; i++)
		if (k->leaf[i].function == function && k->leaf[i].index == index)
			return &k->leaf[i];
	return NULL;
}

/* A capability's number, or NO where KVM answers 0. */
static struct fact cap_fact(const struct kvm *k, unsigned cap)
{
	if (k->caps.is != YES)
		return fact_unknown(kvm_cap_name(cap), k->caps.err);
	if (!k->cap[cap])
		return fact_no(kvm_cap_name(cap));
	return fact_num(kvm_cap_name(cap), k->cap[cap]);
}

static void note_vm_types(struct host *h)
{
	struct kvm *k = &h->kvm;
	struct strbuf names = {0};

	k->vm_types = cap_fact(k, CAP_VM_TYPES);
	if (k->vm_types.is != YES)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(vm_types); i++)
		if (k->vm_types.num >> i & 1)
			strbuf_printf(&names, "%s%s", names.len ? ", " : "", vm_types[i]);
	k->vm_types.text = arena_dup(h->a, strbuf_str(&names));
	strbuf_fini(&names);
}

/* What a guest is offered, not what a module parameter hopes for. */
static void note_nested(struct host *h)
{
	static const char source[] = "KVM_GET_SUPPORTED_CPUID";
	struct kvm *k = &h->kvm;
	const struct trial_leaf *basic = kvm_leaf(k, 1, 0), *amd = kvm_leaf(k, 0x80000001, 0);
	bool vmx = basic && basic->ecx >> 5 & 1, svm = amd && amd->ecx >> 2 & 1;

	if (k->leaves.is != YES)
		k->nested = fact_unknown(source, k->leaves.err);
	else
		k->nested = fact_because(source, vmx || svm, vmx ? "vmx" : svm ? "svm" : NULL);
}

static void gather(struct host *h)
{
	struct kvm *k = &h->kvm;

	who_gather(h);
	nodes_gather(h);
	kvm_gather_trial(h);
	if (k->open.is == NO)
		nodes_gather_denial(h, (int)k->open.num);
	k->nr_vcpus = cap_fact(k, CAP_NR_VCPUS);
	k->max_vcpus = cap_fact(k, CAP_MAX_VCPUS);
	k->max_vcpu_id = cap_fact(k, CAP_MAX_VCPU_ID);
	k->memslots = cap_fact(k, CAP_NR_MEMSLOTS);
	k->nested_state = cap_fact(k, CAP_NESTED_STATE);
	k->guest_memfd = cap_fact(k, CAP_GUEST_MEMFD);
	note_vm_types(h);
	note_nested(h);
}

#define NODE_FACTS(id_, name_, path_)                                                              \
	FACT("node." name_, nodes.node[NODE_##id_].there, path_ " is there"),                      \
		FACT("node." name_ ".mode", nodes.node[NODE_##id_].mode, "mode of " path_),        \
		FACT("node." name_ ".access", nodes.node[NODE_##id_].access,                       \
		     "mode and groups allow " path_)

static const struct fact_row facts[] = {
	FACT("who.user", who.user, "the user this is answered for"),
	FACT("who.userns", who.userns, "in a user namespace"),
	FACT("who.seccomp", who.seccomp, "system calls are filtered"),
	NODE_FACTS(KVM, "kvm", "/dev/kvm"),
	FACT("node.kvm.device", nodes.node[NODE_KVM].device, "/dev/kvm is a character device"),
	FACT("node.kvm.number", nodes.node[NODE_KVM].number, "/dev/kvm has the driver's number"),
	FACT("node.kvm.driver", nodes.node[NODE_KVM].driver, "a KVM driver is registered"),
	FACT("node.kvm.acl", nodes.node[NODE_KVM].acl, "ACL of /dev/kvm"),
	FACT("node.kvm.nodev", nodes.node[NODE_KVM].nodev, "/dev/kvm lies on a nodev mount"),
	FACT("node.kvm.rule", nodes.kvm_rule, "what udev makes of /dev/kvm"),
	FACT("node.kvm.seat", nodes.kvm_seat, "udev gives /dev/kvm to the user at the seat"),
	FACT("node.udev", nodes.udev, "udev runs here"),
	FACT("node.device-cgroup", nodes.device_cgroup, "the device cgroup allows /dev/kvm"),
	FACT("node.lsm", nodes.lsm, "security label of this process"),
	NODE_FACTS(VHOST_NET, "vhost-net", "/dev/vhost-net"),
	NODE_FACTS(VHOST_VSOCK, "vhost-vsock", "/dev/vhost-vsock"),
	NODE_FACTS(TUN, "tun", "/dev/net/tun"),
	NODE_FACTS(VFIO, "vfio", "/dev/vfio/vfio"),
	FACT("node.vfio.groups", nodes.vfio_groups, "VFIO groups in /dev/vfio"),
	FACT("node.iommu", nodes.node[NODE_IOMMU].there, "/dev/iommu is there"),
	FACT("node.sev", nodes.node[NODE_SEV].there, "/dev/sev is there"),
	FACT("node.sgx-vepc", nodes.node[NODE_SGX_VEPC].there, "/dev/sgx_vepc is there"),
	FACT("node.mshv", nodes.node[NODE_MSHV].there, "/dev/mshv is there"),
	FACT("node.gunyah", nodes.node[NODE_GUNYAH].there, "/dev/gunyah is there"),
	FACT("kvm.open", kvm.open, "/dev/kvm opens read-write"),
	FACT("kvm.open-readonly", kvm.open_readonly, "/dev/kvm opens read-only"),
	FACT("kvm.api", kvm.api, "KVM API version"),
	FACT("kvm.create-vm", kvm.create_vm, "a VM can be created"),
	FACT("kvm.run", kvm.run, "the trial guest runs to HLT"),
	FACT("kvm.instructions", kvm.instructions, "instructions every guest needs work"),
	FACT("kvm.speed", kvm.speed, "speed of guest code, in thousandths of native"),
	FACT("kvm.exit-cost", kvm.exit_cost, "cost of one exit to user space, in ns"),
	FACT("kvm.class", kvm.exit_class, "what kind of KVM this is"),
	FACT("kvm.failure", kvm.failure, "first step of the trial that failed"),
	FACT("kvm.nr-vcpus", kvm.nr_vcpus, "vCPUs recommended for one VM"),
	FACT("kvm.max-vcpus", kvm.max_vcpus, "vCPUs one VM may have"),
	FACT("kvm.max-vcpu-id", kvm.max_vcpu_id, "vCPU numbers"),
	FACT("kvm.memslots", kvm.memslots, "memory slots of one VM"),
	FACT("kvm.guest-memfd", kvm.guest_memfd, "memory of the guest's own (guest_memfd)"),
	FACT("kvm.vm-types", kvm.vm_types, "types of VM"),
	FACT("kvm.nested", kvm.nested, "guests are offered virtualization"),
	FACT("kvm.nested-state", kvm.nested_state, "nested state can be saved"),
	FACT("kvm.caps", kvm.caps, "capabilities KVM reports"),
	FACT("kvm.supported-cpuid", kvm.leaves, "CPUID entries KVM can give to guests"),
};

static json_t *caps_json(const struct kvm *k)
{
	json_t *o = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		if (k->cap[caps[i].number])
			json_object_set_new(o, caps[i].name, json_integer(k->cap[caps[i].number]));
	return o;
}

static json_t *steps_json(const struct host *h)
{
	static const char *const states[] = {
		[STEP_NOT_REACHED] = "not-reached", [STEP_ENTERED] = "not-reached",
		[STEP_PASSED] = "passed",           [STEP_FAILED] = "failed",
		[STEP_NOT_OFFERED] = "not-offered", [STEP_HUNG] = "hung",
	};
	json_t *list = json_array();

	for (int s = 0; s < STEP_COUNT; s++) {
		const struct step_result *r = &h->kvm.trial.notes.steps[s];
		json_t *o = json_object();

		json_object_set_new(o, "step", json_string(step_name((enum trial_step)s)));
		json_object_set_new(o, "state", json_string(states[r->state]));
		if (r->state == STEP_FAILED || r->state == STEP_HUNG)
			json_object_set_new(o, "why",
					    json_string(kvm_step_words(h, (enum trial_step)s)));
		json_array_append_new(list, o);
	}
	return list;
}

/* What KVM gives to guests, by the names of CPU features: vmint compare decides by it. */
static json_t *guest_features_json(const struct kvm *k)
{
	uint32_t words[CPU_WORDS] = {0};
	json_t *list = json_array();

	for (size_t i = 0; i < CPU_WORDS; i++) {
		const struct trial_leaf *l = kvm_leaf(k, cpu_words[i].leaf, cpu_words[i].sub);
		const uint32_t regs[] = {[CPU_EAX] = l ? l->eax : 0,
					 [CPU_EBX] = l ? l->ebx : 0,
					 [CPU_ECX] = l ? l->ecx : 0,
					 [CPU_EDX] = l ? l->edx : 0};

		words[i] = regs[cpu_words[i].reg];
	}
	for (size_t i = 0; i < ncpu_features; i++)
		if (cpu_words_have(words, cpu_features[i].name))
			json_array_append_new(list, json_string(cpu_features[i].name));
	return list;
}

static void details(const struct host *h, json_t *out)
{
	const struct trial_notes *n = &h->kvm.trial.notes;
	json_t *trial;

	nodes_details(h, out);
	if (h->kvm.caps.is == YES)
		json_object_set_new(out, "kvm-capabilities", caps_json(&h->kvm));
	if (h->kvm.leaves.is == YES)
		json_object_set_new(out, "kvm-guest-features", guest_features_json(&h->kvm));
	if (!h->kvm.tried)
		return;
	trial = json_object();
	json_object_set_new(trial, "steps", steps_json(h));
	json_object_set_new(trial, "microseconds", json_integer((json_int_t)n->elapsed_us));
	if (trial_slowdown(n) > 0)
		json_object_set_new(trial, "slowdown", json_real(trial_slowdown(n)));
	json_object_set_new(out, "trial", trial);
}

const struct area kvm_area = {
	.name = "kvm",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = kvm_checks,
	.nchecks = KVM_CHECKS,
	.details = details,
};
