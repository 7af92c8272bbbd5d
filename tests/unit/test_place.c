/* Where a system runs, from what its files say. */
#include "base/scope.h"
#include "probe/host.h"
#include "tests/memory_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FILES = 12 };

#define X86                                                                                        \
	{                                                                                          \
		"/captured-uname.txt", "x86_64"                                                    \
	}
#define FLAGS(f)                                                                                   \
	{                                                                                          \
		"/proc/cpuinfo",                                                                   \
			"processor : 0\nvendor_id : GenuineIntel\nflags : fpu apic tsc msr lm " f  \
			"\n"                                                                       \
	}
#define DMI(field, text)                                                                           \
	{                                                                                          \
		"/sys/class/dmi/id/" field, text                                                   \
	}
#define SIG(s)                                                                                     \
	{                                                                                          \
		"/captured-virt-what-cpuid-helper.txt", s                                          \
	}
#define NS(kind, n)                                                                                \
	{                                                                                          \
		"/proc/self/ns/" kind, "-> " kind ":[" n "]"                                       \
	}
#define FIRST_NS                                                                                   \
	NS("pid", "4026531836"), NS("user", "4026531837"), NS("uts", "4026531838"),                \
		NS("ipc", "4026531839"), NS("cgroup", "4026531835")
#define OWN_NS                                                                                     \
	NS("pid", "4026532211"), NS("user", "4026531837"), NS("uts", "4026532209"),                \
		NS("ipc", "4026532210"), NS("cgroup", "4026532212")

struct expected {
	const char *name;
	struct memory_file files[FILES];
	const char *kind; /* "" : unknown */
	enum hv hv;
	enum box box;
	const char *virt_what; /* NULL: does not matter */
	bool conflict;
};

/* clang-format off */
static const struct expected hosts[] = {
	/* ---- virtual machines ---- */
	{"bare metal", {X86, FLAGS("vmx"), FIRST_NS, DMI("sys_vendor", "Dell Inc.")}, "bare-metal", HV_NONE, BOX_NONE, ""},
	{"kvm", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM\n"), DMI("sys_vendor", "QEMU")}, "vm", HV_KVM, BOX_NONE, "kvm"},
	{"red hat kvm", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), DMI("sys_vendor", "Red Hat"), DMI("product_name", "KVM")}, "vm", HV_KVM, BOX_NONE, "redhat kvm"},
	{"qemu tcg", {X86, FLAGS("hypervisor"), SIG("TCGTCGTCGTCG"), DMI("sys_vendor", "QEMU")}, "vm", HV_QEMU, BOX_NONE, "qemu"},
	{"kvm for Windows guests", {X86, FLAGS("hypervisor"), SIG("Microsoft Hv\nKVMKVMKVM"), DMI("sys_vendor", "QEMU")}, "vm", HV_KVM, BOX_NONE, "kvm"},
	{"vmware", {X86, FLAGS("hypervisor"), SIG("VMwareVMware")}, "vm", HV_VMWARE, BOX_NONE, "vmware"},
	{"esx 4", {X86, FLAGS(""), DMI("sys_vendor", "VMware, Inc."), DMI("product_name", "VMware Virtual Platform")}, "vm", HV_VMWARE, BOX_NONE, "vmware"},
	{"hyper-v", {X86, FLAGS("hypervisor"), SIG("Microsoft Hv"), DMI("sys_vendor", "Microsoft Corporation"), DMI("product_name", "Virtual Machine")}, "vm", HV_HYPERV, BOX_NONE, "hyperv"},
	{"virtual pc", {X86, FLAGS(""), SIG(" "), DMI("sys_vendor", "Microsoft Corporation"), DMI("product_name", "Virtual Machine")}, "vm", HV_VIRTUALPC, BOX_NONE, "virtualpc"},
	{"virtualbox", {X86, FLAGS("hypervisor"), DMI("sys_vendor", "innotek GmbH"), DMI("product_name", "VirtualBox")}, "vm", HV_VIRTUALBOX, BOX_NONE, "virtualbox"},
	{"virtualbox with kvm's interface", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), DMI("product_name", "VirtualBox")}, "vm", HV_VIRTUALBOX, BOX_NONE, "virtualbox kvm"},
	{"parallels", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), DMI("sys_vendor", "Parallels Software International Inc.")}, "vm", HV_PARALLELS, BOX_NONE, "parallels"},
	{"bhyve", {X86, FLAGS("hypervisor"), SIG("bhyve bhyve "), DMI("bios_vendor", "BHYVE")}, "vm", HV_BHYVE, BOX_NONE, "bhyve"},
	{"openbsd vmm", {X86, FLAGS("hypervisor"), SIG("OpenBSDVMM58")}, "vm", HV_VMM, BOX_NONE, "vmm"},
	{"acrn", {X86, FLAGS("hypervisor"), SIG("ACRNACRNACRN")}, "vm", HV_ACRN, BOX_NONE, NULL},
	{"unknown hypervisor", {X86, FLAGS("hypervisor"), SIG("NobodysThing")}, "vm", HV_UNKNOWN, BOX_NONE, "virt"},
	{"nutanix", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), DMI("sys_vendor", "Nutanix"), DMI("product_name", "AHV")}, "vm", HV_KVM, BOX_NONE, "nutanix_ahv kvm"},
	{"nutanix by its name alone, on Red Hat's QEMU", {X86, FLAGS("hypervisor"), DMI("sys_vendor", "Nutanix"), DMI("product_name", "AHV"), DMI("chassis_vendor", "Red Hat")}, "vm", HV_KVM, BOX_NONE, "nutanix_ahv redhat"},
	{"parallels by its signature, as its dwords read", {X86, FLAGS("hypervisor"), SIG(" lrpepyh  vr")}, "vm", HV_PARALLELS, BOX_NONE, "parallels"},
	{"ovirt", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), DMI("sys_vendor", "oVirt"), DMI("product_name", "oVirt Node")}, "vm", HV_KVM, BOX_NONE, "ovirt kvm"},
	{"user mode linux", {X86, {"/proc/cpuinfo", "processor : 0\nvendor_id : User Mode Linux\nmodel name : UML\n"}}, "vm", HV_UML, BOX_NONE, "uml"},
	{"virtage", {X86, FLAGS(""), DMI("sys_vendor", "HITACHI"), DMI("product_name", "BladeSymphony LPAR")}, "vm", HV_VIRTAGE, BOX_NONE, "virtage"},
	{"firecracker", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), {"/sys/firmware/acpi/tables/FACP", "FACP\1\2\3\4\5\6FIRECKFCVMFADT\1\1\1\1FCAT\1\1\1\1", 0}}, "vm", HV_FIRECRACKER, BOX_NONE, "kvm"},
	{"virtualbox by its PCI device alone", {X86, FLAGS(""), {"/proc/bus/pci/devices", "0000\t80861237\t0\n0010\t80eebeef\t12\n"}}, "vm", HV_VIRTUALBOX, BOX_NONE, "virtualbox"},
	{"loongarch guest of QEMU", {{"/captured-uname.txt", "loongarch64"}, {"/proc/cpuinfo", "Model Name : x\n"}, {"/proc/bus/pci/devices", "0000\t1b360008\t0\n"}}, "vm", HV_QEMU, BOX_NONE, "qemu"},
	{"arm board without firmware names", {{"/captured-uname.txt", "aarch64"}, {"/proc/cpuinfo", "CPU implementer : 0x41\n"}}, "", HV_NONE, BOX_NONE, NULL},
	{"arm board by its device tree", {{"/captured-uname.txt", "aarch64"}, {"/proc/cpuinfo", "CPU implementer : 0x41\n"}, {"/proc/device-tree/compatible", "raspberrypi,4-model-b"}}, "bare-metal", HV_NONE, BOX_NONE, ""},
	/* ---- Xen ---- */
	{"xen hvm", {X86, FLAGS("hypervisor"), SIG("XenVMMXenVMM"), DMI("sys_vendor", "Xen"), DMI("product_name", "HVM domU")}, "vm", HV_XEN, BOX_NONE, "xen xen-hvm"},
	{"xen shown as hyper-v", {X86, FLAGS("hypervisor"), SIG("Microsoft Hv\nXenVMMXenVMM"), DMI("sys_vendor", "Xen")}, "vm", HV_XEN, BOX_NONE, "xen xen-hvm"},
	{"xen pv", {X86, FLAGS(""), {"/proc/xen/capabilities", ""}}, "vm", HV_XEN, BOX_NONE, "xen xen-domU"},
	{"xen dom0", {X86, FLAGS(""), {"/proc/xen/capabilities", "control_d\n"}, DMI("sys_vendor", "Dell Inc.")}, "bare-metal", HV_NONE, BOX_NONE, "xen xen-dom0"},
	{"xen dom0 without xenfs", {X86, FLAGS("hypervisor"), {"/sys/hypervisor/type", "xen"}, {"/sys/hypervisor/properties/features", "00002f05\n"}, SIG("XenVMMXenVMM")}, "bare-metal", HV_NONE, BOX_NONE, "xen xen-dom0"},
	{"xen pvh", {X86, FLAGS("hypervisor"), {"/sys/hypervisor/type", "xen"}, {"/sys/hypervisor/guest_type", "PVH"}, SIG("XenVMMXenVMM")}, "vm", HV_XEN, BOX_NONE, "xen"},
	{"xen on arm", {{"/captured-uname.txt", "aarch64"}, {"/proc/cpuinfo", "CPU implementer : 0x41\n"}, {"/proc/device-tree/hypervisor/compatible", "xen,xen-4.4\0xen,xen", 20}}, "vm", HV_XEN, BOX_NONE, "xen"},
	/* ---- clouds ---- */
	{"aws xen", {X86, FLAGS("hypervisor"), SIG("XenVMMXenVMM"), DMI("sys_vendor", "Xen"), DMI("product_name", "HVM domU"), DMI("bios_version", "4.2.amazon")}, "vm", HV_XEN, BOX_NONE, "xen xen-hvm aws"},
	{"aws metal", {X86, FLAGS("vmx"), DMI("sys_vendor", "Amazon EC2"), DMI("bios_vendor", "Amazon EC2"), DMI("product_name", "i3.metal")}, "bare-metal", HV_NONE, BOX_NONE, "aws"},
	{"gce", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), DMI("sys_vendor", "Google"), DMI("product_name", "Google Compute Engine")}, "vm", HV_KVM, BOX_NONE, "kvm google_cloud"},
	{"alibaba", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), DMI("sys_vendor", "Alibaba Cloud"), DMI("product_name", "Alibaba Cloud ECS")}, "vm", HV_KVM, BOX_NONE, "kvm alibaba_cloud"},
	{"alibaba metal", {X86, FLAGS("vmx"), SIG(" "), DMI("sys_vendor", "Alibaba Cloud"), DMI("product_name", "Alibaba Cloud ECS EBM")}, "bare-metal", HV_NONE, BOX_NONE, "alibaba_cloud-ebm"},
	{"upcloud", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), DMI("sys_vendor", "UpCloud")}, "vm", HV_KVM, BOX_NONE, "kvm upcloud"},
	/* ---- other architectures ---- */
	{"s390 lpar", {{"/captured-uname.txt", "s390x"}, {"/proc/cpuinfo", "vendor_id : IBM/S390\n"}, {"/proc/sysinfo", "LPAR Number: 3\nLPAR Name: L3\n"}}, "vm", HV_PRSM, BOX_NONE, "ibm_systemz ibm_systemz-lpar"},
	{"s390 kvm", {{"/captured-uname.txt", "s390x"}, {"/proc/cpuinfo", "vendor_id : IBM/S390\n"}, {"/proc/sysinfo", "LPAR Number: 3\nVM00 Control Program: KVM/Linux\n"}}, "vm", HV_ZKVM, BOX_NONE, "ibm_systemz ibm_systemz-kvm"},
	{"power kvm", {{"/captured-uname.txt", "ppc64"}, {"/proc/cpuinfo", "cpu : POWER8\nmodel : IBM pSeries (emulated by qemu)\n"}}, "vm", HV_POWERKVM, BOX_NONE, "ibm_power-kvm"},
	{"sparc control domain", {{"/captured-uname.txt", "sparc64"}, {"/proc/cpuinfo", "cpu : UltraSparc T5\n"}, {"/dev/mdesc", ""}, {"/sys/class/vlds/ctrl/mode", "x"}, {"/sys/class/vlds/sp/mode", "x"}}, "vm", HV_LDOMS, BOX_NONE, "ldoms ldoms-control"},
	{"sparc guest domain", {{"/captured-uname.txt", "sparc64"}, {"/proc/cpuinfo", "cpu : UltraSparc T5\n"}, {"/dev/mdesc", ""}}, "vm", HV_LDOMS, BOX_NONE, "ldoms ldoms-guest"},
	{"qemu on arm", {{"/captured-uname.txt", "aarch64"}, {"/proc/device-tree/compatible", "linux,dummy-virt"}, {"/proc/device-tree/fw-cfg@9020000/compatible", "qemu,fw-cfg-mmio"}}, "vm", HV_QEMU, BOX_NONE, "qemu"},
	{"qemu on arm by its firmware channel", {{"/captured-uname.txt", "armv7l"}, {"/proc/device-tree/fw-cfg@9020000/compatible", "qemu,fw-cfg-mmio"}}, "vm", HV_QEMU, BOX_NONE, "qemu"},
	{"kvmtool on arm", {{"/captured-uname.txt", "aarch64"}, {"/proc/device-tree/compatible", "linux,dummy-virt"}}, "vm", HV_LKVM, BOX_NONE, "lkvm"},
	/* ---- containers ---- */
	{"left-over dockerenv", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), FIRST_NS, {"/.dockerenv", ""}}, "vm", HV_KVM, BOX_NONE, "kvm", true},
	{"left-over containerenv and systemd's file", {X86, FLAGS("vmx"), FIRST_NS, {"/run/.containerenv", ""}, {"/run/systemd/container", "podman\n"}}, "bare-metal", HV_NONE, BOX_NONE, "", true},
	{"docker", {X86, FLAGS("vmx"), OWN_NS, {"/.dockerenv", ""}}, "container", HV_NONE, BOX_DOCKER, "docker"},
	{"docker that shares all namespaces", {X86, FLAGS("vmx"), FIRST_NS, {"/proc/self/cgroup", "1:name=systemd:/docker/0123\n"}}, "container", HV_NONE, BOX_DOCKER, "docker", true},
	{"docker by its store", {X86, FLAGS("vmx"), OWN_NS, {"/proc/self/mountinfo", "1 2 0:5 / /proc rw - proc proc rw\n36 35 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A\n"}}, "container", HV_NONE, BOX_DOCKER, "docker"},
	{"podman in a vm", {X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"), OWN_NS, {"/run/.containerenv", "engine=\"podman-4.3\"\n"}}, "vm+container", HV_KVM, BOX_PODMAN, "podman kvm"},
	{"own namespaces, nobody's mark", {X86, FLAGS("vmx"), OWN_NS}, "container", HV_NONE, BOX_UNKNOWN, ""},
	{"a service with a user namespace", {X86, FLAGS("vmx"), NS("pid", "4026531836"), NS("user", "4026532800"), NS("uts", "4026531838"), NS("ipc", "4026531839")}, "bare-metal", HV_NONE, BOX_NONE, ""},
	{"kubernetes", {X86, FLAGS("vmx"), OWN_NS, {"/proc/self/cgroup", "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-0123456789abcdef.scope\n"}, {"@env/KUBERNETES_SERVICE_HOST", "10.0.0.1"}}, "container", HV_NONE, BOX_CONTAINERD, NULL},
	{"lxc", {X86, FLAGS(""), OWN_NS, {"/proc/1/environ", "A=b\0container=lxc\0", 18}}, "container", HV_NONE, BOX_LXC, "lxc"},
	{"nspawn", {X86, FLAGS(""), OWN_NS, {"/run/host/container-manager", "systemd-nspawn"}}, "container", HV_NONE, BOX_NSPAWN, NULL},
	{"openvz", {X86, FLAGS(""), {"/proc/vz/veinfo", ""}}, "container", HV_NONE, BOX_OPENVZ, "openvz"},
	{"openvz host", {X86, FLAGS(""), {"/proc/vz/veinfo", ""}, {"/proc/bc/x", ""}}, "bare-metal", HV_NONE, BOX_NONE, ""},
	{"vserver guest", {X86, FLAGS(""), {"/proc/self/status", "Name:\tcat\nVxID:\t42\n"}}, "container", HV_NONE, BOX_VSERVER, "linux_vserver linux_vserver-guest"},
	{"vserver host", {X86, FLAGS(""), {"/proc/self/status", "Name:\tcat\nVxID:\t0\n"}}, "bare-metal", HV_NONE, BOX_NONE, "linux_vserver linux_vserver-host"},
	{"wsl 2", {X86, FLAGS("hypervisor"), {"/proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2"}}, "vm", HV_HYPERV, BOX_NONE, "hyperv"},
	{"wsl 1", {X86, FLAGS("vmx"), {"/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft"}}, "container", HV_NONE, BOX_WSL1, NULL},
	{"kubernetes without its engine's name", {X86, FLAGS("vmx"), OWN_NS, {"@env/KUBERNETES_SERVICE_HOST", "10.0.0.1"}}, "container", HV_NONE, BOX_KUBERNETES, ""},
	{"docker desktop's own service", {X86, FLAGS("vmx"), FIRST_NS, {"/proc/self/cgroup", "0::/user.slice/docker-desktop.service\n"}}, "bare-metal", HV_NONE, BOX_NONE, ""},
	{"podman's monitor on the host", {X86, FLAGS("vmx"), FIRST_NS, {"/proc/self/cgroup", "0::/machine.slice/libpod-conmon-0123456789abcdef.scope\n"}}, "bare-metal", HV_NONE, BOX_NONE, ""},
	{"firejail", {X86, FLAGS("vmx"), NS("pid", "4026532800"), NS("uts", "4026531838"), NS("ipc", "4026531839"), {"@env/container", "firejail"}}, "container", HV_NONE, BOX_FIREJAIL, ""},
	{"wsl 2 with the namespaces of a distribution", {X86, FLAGS("hypervisor"), OWN_NS, {"/proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2"}}, "vm", HV_HYPERV, BOX_NONE, "hyperv"},
	{"docker in wsl 2", {X86, FLAGS("hypervisor"), OWN_NS, {"/.dockerenv", ""}, {"/proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2"}}, "vm+container", HV_HYPERV, BOX_DOCKER, "docker hyperv"},
	{"gce metal", {X86, FLAGS("vmx"), DMI("sys_vendor", "Google"), DMI("product_name", "Google Compute Engine")}, "bare-metal", HV_NONE, BOX_NONE, "google_cloud"},
	{"aws on arm, as user", {{"/captured-uname.txt", "aarch64"}, {"/proc/cpuinfo", "CPU implementer : 0x41\n"}, DMI("bios_vendor", "Amazon EC2"), DMI("product_name", "m6g.large")}, "vm", HV_KVM, BOX_NONE, "kvm aws"},
	{"aws on arm, metal", {{"/captured-uname.txt", "aarch64"}, {"/proc/cpuinfo", "CPU implementer : 0x41\n"}, DMI("bios_vendor", "Amazon EC2"), DMI("product_name", "a1.metal")}, "bare-metal", HV_NONE, BOX_NONE, "aws"},
	/* ---- contradictions and nothing ---- */
	{"vmware's name with xen's signature", {X86, FLAGS("hypervisor"), SIG("XenVMMXenVMM"), DMI("sys_vendor", "VMware, Inc.")}, "vm", HV_VMWARE, BOX_NONE, NULL, true},
	{"nothing", {{"/x", ""}}, "", HV_NONE, BOX_NONE, NULL},
};
/* clang-format on */

static size_t files_of(const struct expected *e)
{
	size_t n = 0;

	while (n < FILES && e->files[n].path)
		n++;
	return n;
}

static void gather(struct host *h, struct tree *t)
{
	static const struct probe_options opt = {.trial = false};

	host_gather(h, t, &opt);
}

static void judge_host(const struct expected *e)
{
	struct memory_tree m = {e->files, files_of(e)};
	struct tree *t = memory_tree_open(&m);
	struct host h;

	gather(&h, t);
	if (!str_eq(fact_str(h.place.kind, ""), e->kind))
		fail_msg("%s: kind is '%s'", e->name, fact_str(h.place.kind, ""));
	if (h.place.hv != e->hv)
		fail_msg("%s: hypervisor is %s", e->name, place_hv_name(h.place.hv));
	if (h.place.box != e->box)
		fail_msg("%s: container is %s", e->name, place_box_name(h.place.box));
	if (e->virt_what && !str_eq(fact_str(h.place.virt_what, ""), e->virt_what))
		fail_msg("%s: in virt-what's words '%s'", e->name, fact_str(h.place.virt_what, ""));
	if ((h.place.conflict.is == YES) != e->conflict)
		fail_msg("%s: conflict is '%s'", e->name, fact_str(h.place.conflict, ""));
	tree_close(t);
}

static void every_kind_of_place_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		judge_host(&hosts[i]);
}

static void a_conflict_names_the_mark_and_what_speaks_against_it(void **state)
{
	static const struct memory_file files[] = {
		X86, FLAGS("hypervisor"), FIRST_NS, {"/.dockerenv", ""}};
	struct memory_tree m = {files, ARRAY_SIZE(files)};
	struct tree *t = memory_tree_open(&m);
	struct host h;

	(void)state;
	gather(&h, t);
	assert_non_null(strstr(fact_str(h.place.conflict, ""), "/.dockerenv"));
	assert_non_null(strstr(fact_str(h.place.conflict, ""), "not a container"));
	tree_close(t);
}

/* ---- advice ---- */

static const struct {
	const char *os_release, *debian, *command;
} commands[] = {
	{"ID=debian\n", "qemu-system-x86", "apt install qemu-system-x86"},
	{"ID=fedora\n", "qemu-system-x86", "dnf install qemu-kvm"},
	{"ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", "qemu-utils", "dnf install qemu-img"},
	{"ID=opensuse-leap\nID_LIKE='suse opensuse'\n", "qemu-utils", "zypper install qemu-tools"},
	{"ID=arch\n", "libvirt-daemon-system", "pacman -S libvirt"},
	{"ID=alpine\n", "qemu-system-x86", "apk add qemu-system-x86_64"},
	{"ID=alpine\n", "no-such-package", NULL},
	{"ID=somethingelse\n", "qemu-utils", NULL},
};

static void packages_have_their_name_in_each_distribution(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct memory_file files[] = {{"/etc/os-release", commands[i].os_release}};
		struct memory_tree m = {files, 1};
		struct tree *t = memory_tree_open(&m);
		const char *got;
		struct host h;

		gather(&h, t);
		got = place_package_command(&h, commands[i].debian);
		if (!str_eq(got, commands[i].command))
			fail_msg("%s: '%s'", commands[i].os_release, got ? got : "nothing");
		tree_close(t);
	}
}

static void advice_fits_what_is_outside(void **state)
{
	static const struct {
		struct memory_file files[FILES];
		const char *holds; /* NULL: no advice */
	} rows[] = {
		{{X86, FLAGS("vmx"), FIRST_NS}, NULL},
		{{X86, FLAGS("hypervisor"), DMI("product_name", "VirtualBox")},
		 "--nested-hw-virt on"},
		{{X86, FLAGS("hypervisor"), SIG("VMwareVMware")}, "vhv.enable"},
		{{X86, FLAGS("hypervisor"), SIG("Microsoft Hv")}, "ExposeVirtualizationExtensions"},
		{{X86, FLAGS("hypervisor"), SIG("KVMKVMKVM")}, "nested=1"},
		{{X86,
		  FLAGS("hypervisor"),
		  {"/proc/sys/kernel/osrelease", "5.15-microsoft-standard-WSL2"}},
		 ".wslconfig"},
		{{X86, FLAGS("hypervisor"), SIG("KVMKVMKVM"),
		  DMI("product_name", "Google Compute Engine")},
		 "--enable-nested-virtualization"},
		{{X86, FLAGS("vmx"), OWN_NS, {"/.dockerenv", ""}}, "--device /dev/kvm"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct expected e = {.name = "advice"};
		const char *advice;
		struct memory_tree m;
		struct tree *t;
		struct host h;

		memcpy(e.files, rows[i].files, sizeof e.files);
		m = (struct memory_tree){e.files, files_of(&e)};
		t = memory_tree_open(&m);
		gather(&h, t);
		advice = place_nested_advice(&h);
		if (!rows[i].holds)
			assert_null(advice);
		else if (!strstr(advice ? advice : "nothing", rows[i].holds))
			fail_msg("row %zu: '%s'", i, advice ? advice : "nothing");
		tree_close(t);
	}
}

static void docker_desktop_is_not_your_desktop(void **state)
{
	static const struct memory_file files[] = {
		X86, {"/proc/sys/kernel/osrelease", "6.10.14-linuxkit"}};
	struct memory_tree m = {files, ARRAY_SIZE(files)};
	struct tree *t = memory_tree_open(&m);
	struct host h;

	(void)state;
	gather(&h, t);
	assert_string_equal(fact_str(h.place.tested_machine, ""), "the VM of Docker Desktop");
	tree_close(t);
}

static void confidential_guests_are_known_by_their_device(void **state)
{
	static const struct memory_file files[] = {X86, {"/dev/tdx_guest", ""}};
	struct memory_tree m = {files, ARRAY_SIZE(files)};
	struct tree *t = memory_tree_open(&m);
	struct host h;

	(void)state;
	gather(&h, t);
	assert_string_equal(fact_str(h.place.confidential_guest, ""), "Intel TDX");
	tree_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_place_is_told),
		cmocka_unit_test(a_conflict_names_the_mark_and_what_speaks_against_it),
		cmocka_unit_test(packages_have_their_name_in_each_distribution),
		cmocka_unit_test(advice_fits_what_is_outside),
		cmocka_unit_test(docker_desktop_is_not_your_desktop),
		cmocka_unit_test(confidential_guests_are_known_by_their_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
