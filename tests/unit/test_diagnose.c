/* Situations and their causes. Each begins as a host where all is well, and differs in what the row does to it.
 * The numbers are those of the survey of situations that a truthful checker must get right. */
#include "probe/diagnose.h"

#include "base/scope.h"
#include "probe/host.h"
#include "tests/memory_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct memory_file files[] = {
	{"/etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n"
			"bob:x:1001:1001::/:/bin/sh\nrunner:x:1002:1002::/:/bin/sh\n"},
	{"/etc/group", "root:x:0:\nkvm:x:104:bob\nalice:x:1000:\n"},
};

/* ---- a host where all is well ---- */

static void modules_well(struct kernel *k)
{
	static const char *const names[MODULE_COUNT] = {
#define NAME(id, name, option) [MODULE_##id] = name,
		KERNEL_MODULES(NAME)
#undef NAME
	};

	for (int i = 0; i < MODULE_COUNT; i++) {
		k->modules[i].name = names[i];
		k->modules[i].present = fact_no("/proc/modules");
		k->modules[i].config = fact_text("/boot/config", "m");
		k->modules[i].on_disk = fact_text("modules.dep", "kernel/x.ko");
		k->modules[i].blacklisted = fact_no("/etc/modprobe.d");
		k->modules[i].install = fact_no("/etc/modprobe.d");
	}
	k->modules[MODULE_KVM].present = fact_text("/proc/modules", "loaded");
	k->modules[MODULE_KVM_INTEL].present = fact_text("/proc/modules", "loaded");
}

static void kernel_well(struct kernel *k)
{
	modules_well(k);
	k->release = fact_text("uname", "6.1.0-56-amd64");
	k->loadable = fact_yes("/proc/modules");
	k->modules_dir = fact_yes("/lib/modules/6.1.0-56-amd64");
	k->modules_disabled = k->lockdown = k->sig_enforce = fact_no("/proc");
	k->vendor_module = k->driver = fact_text("/proc/cpuinfo", "kvm_intel");
	k->cmdline = fact_text("/proc/cmdline", "quiet");
}

static void cpu_well(struct cpu *c)
{
	c->brand = fact_text("cpuid", "Intel(R) Core(TM) i7");
	c->hypervisor = fact_no("cpuid");
	c->virt = fact_text("cpuid", "vmx");
	c->firmware = c->same = fact_yes("cpuid");
}

static void node_well(struct node *n)
{
	n->path = "/dev/kvm";
	n->there = fact_yes(n->path);
	n->device = fact_text(n->path, "a character device");
	n->number = n->driver = fact_text("/proc/misc", "10:232");
	n->mode = fact_text(n->path, "0660 root:kvm");
	n->bits = 0660;
	n->gid = 104;
	n->acl = fact_no(n->path);
	n->nodev = fact_because("/proc/self/mountinfo", false, "/dev");
	n->access = fact_because(n->path, true, "by group");
	n->way = ACCESS_GROUP;
}

static void trial_well(struct kvm *k)
{
	struct trial_notes *n = &k->trial.notes;

	k->tried = true;
	for (int s = 0; s < STEP_COUNT; s++)
		n->steps[s].state = STEP_PASSED;
	n->loop_count = n->native_count = 1000;
	n->loop_guest_ns = n->native_ns = 300;
	n->exit_count = 10;
	n->exit_ns = 12000;
	n->limit_nofile = 1024;
	n->limit_as = UINT64_MAX;
	k->open = k->api = k->create_vm = k->run = k->instructions = fact_yes("trial");
}

static void all_well(struct host *h, struct tree *t)
{
	memset(h, 0, sizeof *h);
	h->t = t;
	h->a = tree_arena(t);
	kernel_well(&h->kernel);
	cpu_well(&h->cpu);
	node_well(&h->nodes.node[NODE_KVM]);
	trial_well(&h->kvm);
	h->nodes.lsm = fact_no("/proc/self/attr/current");
	h->nodes.device_cgroup = fact_yes("devices.list");
	h->who.user = fact_text("/proc/self/status", "alice");
	h->who.known = true;
	h->who.uid = h->who.gid = 1000;
	h->who.userns = fact_no("/proc/self/uid_map");
	h->who.seccomp = fact_no("/proc/self/status");
	h->place.vm = h->place.container = fact_no("/proc");
	h->place.distro = fact_text("/etc/os-release", "debian");
}

/* ---- what can happen to it ---- */

static void stop_at(struct host *h, enum trial_step s, int err)
{
	struct step_result *steps = h->kvm.trial.notes.steps;
	struct fact *const facts[] = {&h->kvm.open, &h->kvm.api, &h->kvm.create_vm, &h->kvm.run};
	static const enum trial_step at[] = {STEP_OPEN, STEP_API, STEP_CREATE_VM, STEP_HLT};

	for (int i = (int)s + 1; i < STEP_COUNT; i++)
		steps[i].state = STEP_NOT_REACHED;
	steps[s] = (struct step_result){.state = STEP_FAILED, .err = err};
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (at[i] >= s)
			*facts[i] = fact_unknown("trial", 0);
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (at[i] == s) {
			*facts[i] = fact_no("trial");
			facts[i]->num = err;
		}
	h->kvm.instructions = fact_unknown("trial", 0);
	h->kvm.trial.notes.loop_count = 0;
}

/* Nothing registered, nothing in /dev. */
static void no_kvm(struct host *h)
{
	struct node *n = &h->nodes.node[NODE_KVM];

	n->there = n->driver = fact_no("/dev/kvm");
	n->device = n->number = n->nodev = n->access = fact_unknown("/dev/kvm", ENOENT);
	h->kernel.driver = fact_no("/sys/module");
	stop_at(h, STEP_OPEN, ENOENT);
}

static void unloaded(struct host *h)
{
	no_kvm(h);
	h->kernel.modules[MODULE_KVM].present = h->kernel.modules[MODULE_KVM_INTEL].present =
		fact_no("/proc/modules");
}

static void in_vm(struct host *h, enum hv hv, const char *name)
{
	h->cpu.hypervisor = fact_yes("cpuid");
	h->place.hv = hv;
	h->place.vm = fact_text("cpuid", name);
}

static void in_box(struct host *h, enum box box, const char *name)
{
	h->place.box = box;
	h->place.container = fact_text("/run", name);
}

static void no_virt(struct host *h)
{
	unloaded(h);
	h->cpu.virt = fact_no("cpuid");
}

static void refuse_open(struct host *h, int err)
{
	stop_at(h, STEP_OPEN, err);
}

static void no_right(struct host *h)
{
	refuse_open(h, EACCES);
	h->nodes.node[NODE_KVM].access = fact_no("/dev/kvm");
	h->nodes.node[NODE_KVM].way = ACCESS_NONE;
}

static void pvm(struct host *h) /* 1 */
{
	h->kernel.driver = fact_text("/sys/module", "kvm_pvm");
	h->cpu.virt = fact_no("cpuid");
	in_vm(h, HV_KVM, "KVM");
}

static void built_in(struct host *h) /* 2 */
{
	h->kernel.loadable = fact_no("/proc/modules");
	h->kernel.modules[MODULE_KVM].present = fact_text("/sys/module", "built in");
	h->kernel.modules_dir = fact_no("/lib/modules");
}

static void firmware_off(struct host *h) /* 3 */
{
	unloaded(h);
	h->cpu.firmware = fact_no("cpuinfo");
}

static void firmware_off_amd(struct host *h) /* 4 */
{
	firmware_off(h);
	h->kernel.vendor_module = fact_text("/proc/cpuinfo", "kvm_amd");
}

static void some_cpus(struct host *h) /* 5 */
{
	unloaded(h);
	h->cpu.same = fact_because("cpuid", false, "CPU 61 lacks vmx");
}

static void hidden_in_vm(struct host *h) /* 6, 32 */
{
	no_virt(h);
	in_vm(h, HV_KVM, "KVM");
}

static void on_virtualbox(struct host *h) /* 32 */
{
	no_virt(h);
	in_vm(h, HV_VIRTUALBOX, "VirtualBox");
}

static void wsl2(struct host *h) /* 35 */
{
	no_virt(h);
	in_vm(h, HV_HYPERV, "Hyper-V");
	h->place.tested_machine = fact_text("/proc/sys/kernel/osrelease", "the VM of WSL 2");
}

static void azure(struct host *h) /* 36 */
{
	no_virt(h);
	in_vm(h, HV_HYPERV, "Hyper-V");
	h->place.cloud = fact_text("dmi", "Microsoft Azure");
}

static void hyperv_root(struct host *h) /* 37 */
{
	no_virt(h);
	in_vm(h, HV_HYPERV, "Hyper-V");
	h->place.hyperv_root = true;
}

static void dom0(struct host *h) /* 38 */
{
	no_virt(h);
	h->place.xen = XEN_DOM0;
	in_vm(h, HV_XEN, "Xen");
}

static void xen_pv(struct host *h) /* 38 */
{
	no_virt(h);
	h->place.xen = XEN_PV;
	in_vm(h, HV_XEN, "Xen");
}

static void apple(struct host *h) /* 39 */
{
	no_virt(h);
	in_vm(h, HV_APPLE, "Apple");
}

static void gunyah(struct host *h) /* 40 */
{
	no_virt(h);
	h->nodes.node[NODE_GUNYAH].there = fact_yes("/dev/gunyah");
}

static void docker_desktop(struct host *h) /* 22 */
{
	no_virt(h);
	in_vm(h, HV_APPLE, "Apple");
	h->place.tested_machine = fact_text("osrelease", "the VM of Docker Desktop");
}

static void sev_guest(struct host *h) /* 44 */
{
	unloaded(h);
	in_vm(h, HV_KVM, "KVM");
	h->place.confidential_guest = fact_text("cpuid", "AMD SEV-SNP");
}

static void old_cpu(struct host *h) /* 56 */
{
	no_virt(h);
}

static void stale_node(struct host *h) /* 7 */
{
	h->nodes.node[NODE_KVM].driver = fact_unknown("/proc/misc", EACCES);
	refuse_open(h, ENODEV);
}

static void regular_file(struct host *h) /* 9 */
{
	h->nodes.node[NODE_KVM].device = fact_because("/dev/kvm", false, "a regular file");
	stop_at(h, STEP_NODE, ENOTTY);
}

static void is_null(struct host *h) /* 9 */
{
	h->nodes.node[NODE_KVM].number =
		fact_because("/dev/kvm", false, "1:3, but the driver's number is 10:232");
	stop_at(h, STEP_API, ENOTTY);
}

static void masked_by_null(struct host *h) /* 9 */
{
	is_null(h);
	h->nodes.node[NODE_KVM].nodev = fact_because("/proc/self/mountinfo", false, "/dev/kvm");
}

static void nodev(struct host *h) /* 10 */
{
	h->nodes.node[NODE_KVM].nodev = fact_text("/proc/self/mountinfo", "/mnt/dev");
	refuse_open(h, EACCES);
}

static void narrow(struct host *h) /* 11, 15 */
{
	no_right(h);
	h->nodes.node[NODE_KVM].bits = 0600;
	h->nodes.node[NODE_KVM].gid = 0;
	h->nodes.node[NODE_KVM].mode = fact_text("/dev/kvm", "0600 root:root");
}

static void nameless(struct host *h)
{
	no_right(h);
	h->who.user.text = "4294";
}

static void runner(struct host *h) /* 11 */
{
	no_right(h);
	h->who.user = fact_text("/proc/self/status", "runner");
	h->who.uid = 1002;
}

static void alpine(struct host *h) /* 11 */
{
	no_right(h);
	h->place.distro = fact_text("/etc/os-release", "alpine");
}

static void by_acl(struct host *h) /* 12 */
{
	h->nodes.node[NODE_KVM].way = ACCESS_ACL_USER;
	h->nodes.node[NODE_KVM].acl = fact_text("acl", "user:alice:rw-");
}

static struct acl user_entry(unsigned perm, unsigned mask)
{
	return (struct acl){
		.count = 2,
		.entries = {{ACL_USER, (uint16_t)perm, 1000}, {ACL_MASK, (uint16_t)mask, 0}}};
}

static void acl_mask(struct host *h) /* 12 */
{
	no_right(h);
	h->nodes.node[NODE_KVM].entries = user_entry(6, 4);
}

static void acl_refuses(struct host *h) /* 12 */
{
	no_right(h);
	h->nodes.node[NODE_KVM].entries = user_entry(0, 6);
	h->nodes.node[NODE_KVM].acl = fact_text("acl", "user:alice:---");
}

static void old_session(struct host *h) /* 13 */
{
	no_right(h);
	h->who.user = fact_text("/proc/self/status", "bob");
	h->who.uid = h->who.gid = 1001;
}

static void not_given(struct host *h) /* 16 */
{
	h->nodes.node[NODE_KVM].there = fact_no("/dev/kvm");
	h->nodes.node[NODE_KVM].device = fact_unknown("/dev/kvm", ENOENT);
	h->nodes.node[NODE_KVM].number = fact_unknown("/dev/kvm", ENOENT);
	in_box(h, BOX_DOCKER, "Docker");
	refuse_open(h, ENOENT);
}

static void chroot_without_dev(struct host *h) /* E17 */
{
	not_given(h);
	h->place.box = BOX_NONE;
}

static void by_cgroup_v1(struct host *h) /* 17 */
{
	refuse_open(h, EPERM);
	h->nodes.device_cgroup = fact_no("/sys/fs/cgroup/devices/x/devices.list");
}

static void by_cgroup_v2_docker(struct host *h) /* 17 */
{
	refuse_open(h, EPERM);
	h->nodes.device_cgroup = fact_unknown("cgroup2", ENOTSUP);
	h->nodes.lsm = fact_text("/proc/self/attr/current", "docker-default (enforce)");
	in_box(h, BOX_DOCKER, "Docker");
}

static void userns_member(struct host *h) /* 18 */
{
	no_right(h);
	h->who.userns = fact_text("/proc/self/uid_map", "1000 1000 1");
	in_box(h, BOX_PODMAN, "Podman");
}

static void userns_root(struct host *h) /* 19 */
{
	no_right(h);
	h->who.userns = fact_text("/proc/self/uid_map", "0 1000 1");
	h->who.uid = 0;
}

static void snap(struct host *h) /* 20 */
{
	refuse_open(h, EPERM);
	h->nodes.lsm = fact_text("/proc/self/attr/current", "snap.multipass.multipassd (enforce)");
}

static void flatpak(struct host *h) /* 20 */
{
	refuse_open(h, EACCES);
	in_box(h, BOX_FLATPAK, "Flatpak");
}

static void selinux(struct host *h) /* 21 */
{
	refuse_open(h, EACCES);
	h->nodes.lsm = fact_text("/proc/self/attr/current", "system_u:system_r:container_t:s0");
	h->nodes.enforcing = fact_yes("/sys/fs/selinux/enforce");
}

static void apparmor(struct host *h) /* 21 */
{
	refuse_open(h, EACCES);
	h->nodes.lsm = fact_text("/proc/self/attr/current", "myvm (enforce)");
}

static void held_by_virtualbox(struct host *h) /* 23 */
{
	stop_at(h, STEP_CREATE_VM, EBUSY);
	h->hypervisors.virtualbox = fact_text("/sys/module/vboxdrv", "7.1.4");
	h->hypervisors.virtualbox_users = fact_num("/sys/module/vboxdrv", 1);
}

static void held_by_new_virtualbox(struct host *h) /* 24 */
{
	held_by_virtualbox(h);
	h->hypervisors.virtualbox = fact_text("/sys/module/vboxdrv", "7.2.10");
}

static void held_by_vmware(struct host *h) /* 23 */
{
	stop_at(h, STEP_CREATE_VM, EBUSY);
	h->hypervisors.vmware = fact_yes("/sys/module/vmmon");
	h->hypervisors.vmware_users = fact_num("/sys/module/vmmon", 1);
}

static void held_by_nobody_known(struct host *h) /* 23 */
{
	stop_at(h, STEP_CREATE_VM, EBUSY);
}

static void held_at_load(struct host *h) /* 25 */
{
	unloaded(h);
	h->hypervisors.virtualbox = fact_text("/sys/module/vboxdrv", "7.1.4");
	h->hypervisors.virtualbox_users = fact_num("/sys/module/vboxdrv", 1);
}

static void not_loaded(struct host *h) /* 26 */
{
	unloaded(h);
}

static void not_loaded_seen_from_container(struct host *h) /* 26, 16 */
{
	unloaded(h);
	in_box(h, BOX_DOCKER, "Docker");
}

static void blacklisted(struct host *h) /* 27 */
{
	unloaded(h);
	h->kernel.modules[MODULE_KVM_INTEL].blacklisted =
		fact_text("/etc/modprobe.d", "/etc/modprobe.d/no.conf:1");
}

static void overridden(struct host *h) /* 27 */
{
	unloaded(h);
	h->kernel.modules[MODULE_KVM_INTEL].install =
		fact_text("/etc/modprobe.d/no.conf:2", "/bin/false");
}

static void refused(struct host *h) /* 27 */
{
	unloaded(h);
	h->kernel.modules[MODULE_KVM_INTEL].refused = true;
}

static void modules_gone(struct host *h) /* 28 */
{
	unloaded(h);
	h->kernel.modules_dir = fact_because("/lib/modules", false, "6.1.0-57-amd64");
}

static void modules_disabled(struct host *h) /* 29 */
{
	unloaded(h);
	h->kernel.modules_disabled = fact_yes("/proc/sys/kernel/modules_disabled");
}

static void cannot_load(struct host *h) /* 29 */
{
	unloaded(h);
	h->kernel.loadable = fact_no("/proc/modules");
	h->kernel.modules[MODULE_KVM_INTEL].on_disk = fact_no("modules.dep");
}

static void not_built(struct host *h) /* 2 */
{
	unloaded(h);
	h->kernel.modules[MODULE_KVM].config = fact_no("/boot/config");
	h->kernel.modules[MODULE_KVM_INTEL].on_disk = fact_no("modules.dep");
}

static void half(struct host *h) /* 30 */
{
	no_kvm(h);
	h->kernel.modules[MODULE_KVM_INTEL].present = fact_no("/proc/modules");
}

static void idle(struct host *h) /* 31 */
{
	no_kvm(h);
}

static void entry_fails(struct host *h) /* 33 */
{
	stop_at(h, STEP_HLT, 0);
	h->kvm.trial.notes.steps[STEP_HLT].exit = 9;
	h->kvm.trial.notes.steps[STEP_HLT].hardware = 0x80000021;
	in_vm(h, HV_KVM, "KVM");
}

static void lockdown(struct host *h) /* 46 */
{
	unloaded(h);
	h->kernel.lockdown = fact_text("/sys/kernel/security/lockdown", "integrity");
	h->kernel.modules[MODULE_KVM_INTEL].on_disk =
		fact_text("modules.dep", "/lib/modules/6.1/updates/dkms/kvm-intel.ko");
}

static void few_files(struct host *h) /* 49 */
{
	stop_at(h, STEP_CREATE_VM, EMFILE);
}

static void little_memory(struct host *h) /* 49 */
{
	stop_at(h, STEP_CREATE_VM, ENOMEM);
}

static void run_out_of_memory(struct host *h) /* 49 */
{
	stop_at(h, STEP_HLT, ENOMEM);
}

static void no_process(struct host *h) /* 49 */
{
	trial_well(&h->kvm);
	stop_at(h, STEP_OPEN, 0);
	h->kvm.trial.notes.steps[STEP_OPEN].state = STEP_NOT_REACHED;
	h->kvm.open = fact_unknown("trial", 0);
	for (int s = 0; s < STEP_COUNT; s++)
		h->kvm.trial.notes.steps[s].state = STEP_NOT_REACHED;
	h->kvm.trial.end = TRIAL_NOT_STARTED;
	h->kvm.trial.err = EAGAIN;
}

static void seccomp(struct host *h) /* 50 */
{
	stop_at(h, STEP_CREATE_VM, EPERM);
	h->who.seccomp = fact_text("/proc/self/status", "2");
}

static void gvisor(struct host *h) /* 50 */
{
	refuse_open(h, ENOENT);
	h->nodes.node[NODE_KVM].there = fact_no("/dev/kvm");
	in_box(h, BOX_GVISOR, "gVisor");
}

static void wrong_api(struct host *h)
{
	stop_at(h, STEP_API, EPROTO);
	h->kvm.trial.notes.api = 11;
}

static void hangs(struct host *h)
{
	stop_at(h, STEP_CREATE_VM, 0);
	h->kvm.trial.notes.steps[STEP_CREATE_VM].state = STEP_HUNG;
}

static void vcpu_refused(struct host *h)
{
	stop_at(h, STEP_CREATE_VCPU, EINVAL);
}

static void crawls(struct host *h) /* 1, the other half */
{
	pvm(h);
	h->kvm.trial.notes.loop_guest_ns = 300 * 1900;
	h->kvm.trial.notes.steps[STEP_CMPXCHG16B] =
		(struct step_result){.state = STEP_FAILED, .exit = 17, .suberror = 1};
	h->kvm.instructions = fact_because("KVM_RUN", false, "lock cmpxchg16b");
}

static void lacks_one(struct host *h)
{
	h->kvm.trial.notes.steps[STEP_AVX] = (struct step_result){.state = STEP_FAILED, .exit = 8};
	h->kvm.instructions = fact_because("KVM_RUN", false, "AVX");
}

static void recorded(struct host *h)
{
	memset(&h->kvm, 0, sizeof h->kvm);
	h->kvm.trial.notes.rdonly_err = -1;
}

static void recorded_without_node(struct host *h)
{
	unloaded(h);
	recorded(h);
}

static void recorded_without_right(struct host *h)
{
	recorded(h);
	h->nodes.node[NODE_KVM].access = fact_no("/dev/kvm");
}

/* ---- the table ---- */

static const struct {
	const char *name;
	void (*make)(struct host *h);
	const char *id; /* NULL: nothing stands in the way, as far as anybody knows */
	enum cause_effect effect;
	const char *says,
		*fix; /* words of the sentence and of the fix; NULL: any, fix "": none needed */
} situations[] = {
#define S(make_) #make_, make_
	{S(pvm), NULL},
	{S(built_in), NULL},
	{S(by_acl), NULL},
	{S(recorded), NULL},
	{S(firmware_off), "firmware-off", BLOCKS, "VT-x", "firmware setup"},
	{S(firmware_off_amd), "firmware-off", BLOCKS, "AMD-V", "SVM Mode"},
	{S(some_cpus), "some-cpus", BLOCKS, "CPU 61", "firmware"},
	{S(hidden_in_vm), "nested-off", BLOCKS, "does not offer", "nested=1"},
	{S(on_virtualbox), "nested-off", BLOCKS, "VirtualBox", "--nested-hw-virt on"},
	{S(wsl2), "nested-off", BLOCKS, "WSL 2", ".wslconfig"},
	{S(azure), "nested-off", BLOCKS, NULL, "Trusted Launch"},
	{S(hyperv_root), "hyperv-root", BLOCKS, "root partition", "/dev/mshv"},
	{S(dom0), "xen-dom0", BLOCKS, "Xen", "xl"},
	{S(xen_pv), "xen-pv", BLOCKS, "paravirtualized", "nestedhvm"},
	{S(apple), "nested-off", BLOCKS, "Apple", "M3"},
	{S(gunyah), "gunyah", BLOCKS, "Gunyah", "/dev/gunyah"},
	{S(docker_desktop), "nested-off", BLOCKS, "Docker Desktop", "Docker Desktop"},
	{S(sev_guest), "confidential-guest", BLOCKS, "SEV-SNP", "not confidential"},
	{S(old_cpu), "cpu", BLOCKS, "no hardware virtualization", "tcg"},
	{S(stale_node), "node-stale", BLOCKS, "no driver behind it", "modprobe"},
	{S(regular_file), "node-type", BLOCKS, "regular file", "mknod"},
	{S(is_null), "node-number", BLOCKS, "1:3", "mknod"},
	{S(masked_by_null), "node-number", BLOCKS, "1:3", "umount /dev/kvm"},
	{S(nodev), "mount-nodev", BLOCKS, "/mnt/dev", "remount,dev /mnt/dev"},
	{S(no_right), "not-in-group", BLOCKS, "not in group kvm", "usermod -aG kvm alice"},
	{S(narrow), "mode", BLOCKS, "0600 root:root", "chmod 0660"},
	{S(nameless), "not-in-group", BLOCKS, NULL, "--reuid 4294 --regid kvm"},
	{S(runner), "not-in-group", BLOCKS, NULL, "99-kvm.rules"},
	{S(alpine), "not-in-group", BLOCKS, NULL, "addgroup alice kvm"},
	{S(acl_mask), "acl-mask", BLOCKS, "mask", "setfacl -m m::rw"},
	{S(acl_refuses), "acl", BLOCKS, "user:alice:---", "setfacl -x u:alice"},
	{S(old_session), "session-too-old", BLOCKS, "session", "log out and in"},
	{S(not_given), "node-not-given", BLOCKS, "not given", "--device /dev/kvm"},
	{S(chroot_without_dev), "node-missing", BLOCKS, "no /dev/kvm", "mknod"},
	{S(by_cgroup_v1), "device-cgroup", BLOCKS, "c 10:232", "devices.allow"},
	{S(by_cgroup_v2_docker), "device-cgroup", BLOCKS, "EPERM", "--device /dev/kvm"},
	{S(userns_member), "userns-groups", BLOCKS, "user namespace", "keep-groups"},
	{S(userns_root), "userns-root", BLOCKS, "user namespace", "group kvm"},
	{S(snap), "snap", BLOCKS, "snap", "snap connect multipass:kvm"},
	{S(flatpak), "flatpak", BLOCKS, "Flatpak", "--device=kvm"},
	{S(selinux), "selinux", BLOCKS, "container_t", "ausearch"},
	{S(apparmor), "security-module", BLOCKS, "myvm", "AppArmor"},
	{S(held_by_virtualbox), "held", BLOCKS, "VirtualBox", "7.2.10 or newer"},
	{S(held_by_new_virtualbox), "held", BLOCKS, "VirtualBox", "enable_virt_at_load=1"},
	{S(held_by_vmware), "held", BLOCKS, "VMware", "VMware"},
	{S(held_by_nobody_known), "held", BLOCKS, "another hypervisor", "vboxdrv"},
	{S(held_at_load), "held-at-load", BLOCKS, "VirtualBox", "modprobe kvm_intel"},
	{S(not_loaded), "module-not-loaded", BLOCKS, "kvm_intel is not loaded",
	 "modprobe kvm_intel"},
	{S(not_loaded_seen_from_container), "module-not-loaded", BLOCKS, NULL,
	 "on the host: modprobe"},
	{S(blacklisted), "module-blacklisted", BLOCKS, "no.conf:1", "modprobe kvm_intel"},
	{S(overridden), "module-overridden", BLOCKS, "/bin/false", "no.conf:2"},
	{S(refused), "module-refused", BLOCKS, "module_blacklist=", "reboot"},
	{S(modules_gone), "modules-gone", BLOCKS, "6.1.0-57-amd64", "reboot"},
	{S(modules_disabled), "modules-disabled", BLOCKS, "modules_disabled", "reboot"},
	{S(cannot_load), "kernel-cannot-load", BLOCKS, "cannot load modules", "boot a kernel"},
	{S(not_built), "kernel-without-kvm", BLOCKS, "without KVM", "boot a kernel"},
	{S(half), "module-half", BLOCKS, "kvm_intel", "modprobe kvm_intel"},
	{S(idle), "driver-idle", BLOCKS, "nothing it could drive", "dmesg"},
	{S(entry_fails), "run", BLOCKS, "0x80000021", "hypervisor outside"},
	{S(lockdown), "module-unsigned", BLOCKS, "signed", "mokutil"},
	{S(few_files), "limit-files", COULD_NOT, "RLIMIT_NOFILE is 1024", "ulimit -n"},
	{S(little_memory), "limit-memory", COULD_NOT, "memory.max", "memory.max"},
	{S(run_out_of_memory), "limit-memory", COULD_NOT, NULL, NULL},
	{S(no_process), "limit-processes", COULD_NOT, "RLIMIT_NPROC", "ulimit -u"},
	{S(seccomp), "seccomp", BLOCKS, "seccomp", "SystemCallFilter"},
	{S(gvisor), "gvisor", BLOCKS, "gVisor", "runtime"},
	{S(wrong_api), "api-version", BLOCKS, "version 11", "kernel"},
	{S(hangs), "hung", BLOCKS, "KVM_CREATE_VM", "reboot"},
	{S(vcpu_refused), "create-vm", BLOCKS, "KVM_CREATE_VCPU", "dmesg"},
	{S(crawls), "emulated", SLOWS, "1900 times slower", "-accel tcg"},
	{S(lacks_one), "instructions", SLOWS, "AVX", "tcg"},
	{S(recorded_without_node), "module-not-loaded", BLOCKS, NULL, "modprobe kvm_intel"},
	{S(recorded_without_right), "not-in-group", BLOCKS, NULL, "usermod"},
#undef S
};

static void expect_words(const char *name, const char *text, const char *words)
{
	if (words && (!text || !strstr(text, words)))
		fail_msg("%s: '%s' does not say '%s'", name, text ? text : "nothing", words);
}

static void every_situation_has_its_own_answer(void **state)
{
	struct memory_tree memory = {files, ARRAY_SIZE(files)};
	SCOPED(free_at) struct host *h = xcalloc(1, sizeof *h);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(situations); i++) {
		struct tree *t = memory_tree_open(&memory);
		struct cause c = {0};
		enum cause_effect effect = BLOCKS;
		bool found;

		all_well(h, t);
		situations[i].make(h);
		found = diagnose_effect(h, &c, &effect);
		if (found != (situations[i].id != NULL) ||
		    (found && !str_eq(c.id, situations[i].id)))
			fail_msg("%s: %s, not %s", situations[i].name, found ? c.id : "nothing",
				 situations[i].id ? situations[i].id : "nothing");
		if (found) {
			assert_int_equal(effect, situations[i].effect);
			expect_words(situations[i].name, c.text, situations[i].says);
			expect_words(situations[i].name, c.fix, situations[i].fix);
		}
		tree_close(t);
	}
}

static void a_host_where_all_is_well_has_no_cause(void **state)
{
	struct memory_tree memory = {files, ARRAY_SIZE(files)};
	SCOPED(free_at) struct host *h = xcalloc(1, sizeof *h);
	struct tree *t = memory_tree_open(&memory);
	struct cause c;

	(void)state;
	all_well(h, t);
	assert_false(diagnose(h, &c));
	tree_close(t);
}

static const struct cause_table *const tables[] = {&causes_host, &causes_module, &causes_node,
						   &causes_trial};

static bool tested(const char *id)
{
	/* What these need is only on other machines, or is the last resort after all others. */
	static const char *const elsewhere[] = {"wsl1",      "cpu-cleared",  "module-not-on-disk",
						"no-driver", "node-not-kvm", "firejail",
						"denied",    "open",         "no-such-user",
						"not-root",  "trial"};

	for (size_t i = 0; i < ARRAY_SIZE(situations); i++)
		if (str_eq(situations[i].id, id))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (str_eq(elsewhere[i], id))
			return true;
	return false;
}

static void every_cause_has_words_a_fix_and_a_test(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t k = 0; k < tables[i]->count; k++) {
			const struct cause_row *row = &tables[i]->rows[k];

			assert_true(row->text || row->words);
			assert_true(row->fix || row->remedy);
			if (!tested(row->id))
				fail_msg("no situation ends in %s", row->id);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_where_all_is_well_has_no_cause),
		cmocka_unit_test(every_situation_has_its_own_answer),
		cmocka_unit_test(every_cause_has_words_a_fix_and_a_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
