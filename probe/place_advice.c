/* What must be set one level further out so that VMs can run in here. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

/* The cloud decides before the hypervisor: its customers cannot touch that. */
static const struct {
	const char *cloud;
	const char *advice;
} clouds[] = {
	{"Amazon EC2", "use a C8i, M8i or R8i instance with NestedVirtualization=enabled in its "
		       "--cpu-options, or a .metal instance type"},
	{"Google Compute Engine",
	 "create the instance with --enable-nested-virtualization, on an Intel "
	 "machine type other than E2"},
	{"Microsoft Azure", "use a size that supports nested virtualization (Dv3, Ev3 and later "
			    "Intel or AMD v5 families) with security type Standard: Trusted Launch "
			    "and confidential sizes hide it"},
	{"Oracle Cloud", "use a bare-metal shape (BM.*): VM shapes do not offer nested "
			 "virtualization on all processors"},
	{"Alibaba Cloud", "use an ECS Bare Metal (ebm*) instance type: ordinary types do not "
			  "offer nested virtualization"},
	{"Tencent Cloud", "use a bare-metal instance type: ordinary types do not offer nested "
			  "virtualization"},
	{"Huawei Cloud", "use a bare-metal server (BMS): ordinary flavors do not offer nested "
			 "virtualization"},
	{"DigitalOcean", "ask DigitalOcean whether this plan offers nested virtualization, or use "
			 "bare metal"},
	{"Hetzner", "Hetzner Cloud does not offer nested virtualization: use a dedicated root "
		    "server"},
	{"Akamai (Linode)", "Linode does not offer nested virtualization: use bare metal"},
	{"Vultr", "use Vultr Bare Metal, or a plan that offers nested virtualization"},
	{"OpenStack", "ask the operator: nova must use cpu_mode=host-passthrough and the compute "
		      "host kvm_intel or kvm_amd with nested=1"},
	{"Scaleway", "use an Elastic Metal server: Instances do not offer nested virtualization"},
	{"UpCloud", "ask UpCloud's support to enable nested virtualization for this server"},
	{"IBM Cloud", "use a bare-metal server: virtual server instances do not offer nested "
		      "virtualization"},
};

#define KVM_ADVICE                                                                                 \
	"on the host: load kvm_intel or kvm_amd with nested=1, and give this guest its CPU "       \
	"(qemu -cpu host; libvirt <cpu mode='host-passthrough'/>; Proxmox: qm set VMID --cpu "     \
	"host)"

static const struct {
	enum hv hv;
	const char *advice;
} hypervisors[] = {
	{HV_KVM, KVM_ADVICE},
	{HV_LKVM, "on the host: load kvm_intel or kvm_amd with nested=1 (kvmtool gives the guest "
		  "the host's CPU)"},
	{HV_CROSVM, "on the host: load kvm_intel or kvm_amd with nested=1; ChromeOS allows it only "
		    "on Intel boards with the crostini nested flag"},
	{HV_FIRECRACKER, "Firecracker hides VT-x and AMD-V on purpose: run this in a VM of QEMU or "
			 "Cloud Hypervisor, or use a CPU template that keeps the vmx or svm bit"},
	{HV_QEMU, "the guest runs without hardware help or hides it: on the host start QEMU with "
		  "-accel kvm -cpu host, and load kvm_intel or kvm_amd with nested=1"},
	{HV_HYPERV, "on the Windows host, with the VM off: Set-VMProcessor -VMName NAME "
		    "-ExposeVirtualizationExtensions $true"},
	{HV_VIRTUALPC, "Virtual PC cannot offer nested virtualization: move the VM to Hyper-V"},
	{HV_VIRTUALBOX,
	 "on the host, with the VM off: VBoxManage modifyvm NAME --nested-hw-virt on"},
	{HV_VMWARE,
	 "with the VM off: tick \"Virtualize Intel VT-x/EPT or AMD-V/RVI\" (\"Expose hardware "
	 "assisted virtualization to the guest OS\"), or add vhv.enable = \"TRUE\" to its .vmx"},
	{HV_XEN, "on dom0, in the guest's configuration: type=\"hvm\", hap=1, nestedhvm=1 (XCP-ng "
		 "and XenServer: xe vm-param-set uuid=UUID platform:nested-virt=true)"},
	{HV_PARALLELS, "with the VM off: prlctl set NAME --nested-virt on (Intel Macs, Pro "
		       "edition; not on Apple silicon)"},
	{HV_APPLE,
	 "nested virtualization needs an M3 or newer, macOS 15 or newer, and the tool's switch "
	 "(lima: nestedVirtualization: true; UTM and others: isNestedVirtualizationEnabled)"},
	{HV_BHYVE, "bhyve cannot offer nested virtualization: run this under another hypervisor"},
	{HV_VMM, "vmm(4) cannot offer nested virtualization: run this under another hypervisor"},
	{HV_ACRN,
	 "in the scenario file of ACRN: nested_virtualization_support y for this VM (Intel only)"},
	{HV_POWERVM, "use KVM on PowerVM: firmware FW1060.10 or newer and a Linux 6.8 or newer in "
		     "an LPAR with KVM enabled on the HMC"},
	{HV_POWERKVM, "on the host: load kvm_hv with nested=1 and give the guest cap-nested-hv=on"},
	{HV_PRSM, "an LPAR can run KVM: the CPU must offer sie, see /proc/cpuinfo"},
	{HV_ZVM, "z/VM offers SIE to its guests when their directory entry allows it"},
	{HV_ZKVM, "on the host: load kvm with nested=1 and give the guest the host's CPU model"},
	{HV_UML, "User Mode Linux has no KVM: use the host itself"},
	{HV_GUNYAH, "Gunyah owns EL2: use its own VM interface (/dev/gunyah) or a firmware that "
		    "leaves EL2 to Linux"},
	{HV_UNKNOWN, "turn on nested virtualization in the hypervisor that runs this system"},
};

static const char *container_advice(enum box box)
{
	switch (box) {
	case BOX_DOCKER:
	case BOX_PODMAN:
	case BOX_OCI:
	case BOX_CONTAINERD:
		return "start the container with --device /dev/kvm";
	case BOX_KUBERNETES:
	case BOX_CRIO:
		return "give the pod the device: a device plugin such as KubeVirt's "
		       "(devices.kubevirt.io/kvm), or a privileged pod with /dev/kvm mounted";
	case BOX_LXC:
		return "lxc config device add NAME kvm unix-char path=/dev/kvm (plain LXC: "
		       "lxc.cgroup2.devices.allow = c 10:232 rwm and a mount entry)";
	case BOX_NSPAWN:
		return "start the container with --bind=/dev/kvm and allow it: systemctl "
		       "set-property UNIT DeviceAllow='/dev/kvm rw'";
	case BOX_FLATPAK:
		return "flatpak override --user --device=kvm APP";
	case BOX_FIREJAIL:
		return "firejail --ignore=private-dev --ignore=nogroups PROGRAM";
	case BOX_WSL1:
		return "WSL 1 has no Linux kernel: wsl --set-version NAME 2";
	case BOX_GVISOR:
		return "gVisor does not offer /dev/kvm: use another runtime for this container";
	default:
		return "give the container the device /dev/kvm";
	}
}

static const char *vm_advice(const struct place *p)
{
	const char *cloud = fact_str(p->cloud, "");

	if (str_eq(fact_str(p->tested_machine, ""), "the VM of WSL 2"))
		return "on Windows 11: nestedVirtualization=true under [wsl2] in "
		       "%UserProfile%\\.wslconfig, then wsl --shutdown";
	if (str_eq(fact_str(p->tested_machine, ""), "the VM of Docker Desktop"))
		return "Docker Desktop's VM offers no KVM on macOS; use the Linux host itself, or "
		       "Docker Desktop for Linux";
	for (size_t i = 0; i < ARRAY_SIZE(clouds); i++)
		if (str_eq(cloud, clouds[i].cloud))
			return clouds[i].advice;
	for (size_t i = 0; i < ARRAY_SIZE(hypervisors); i++)
		if (p->hv == hypervisors[i].hv)
			return hypervisors[i].advice;
	return hypervisors[ARRAY_SIZE(hypervisors) - 1].advice;
}

/* No firmware setup inside a VM has an IOMMU to switch on: whoever makes the VM gives it one. */
const char *place_iommu_advice(const struct host *h)
{
	static const struct {
		enum hv hv;
		const char *advice;
	} rows[] = {
		{HV_HYPERV, "use another hypervisor, or assign the device to this VM from the "
			    "Windows host: Hyper-V gives its guests no IOMMU"},
		{HV_VMWARE, "with the VM off: tick \"Expose IOMMU to the guest OS\" (\"Virtualize "
			    "IOMMU\"), or add vvtd.enable = \"TRUE\" to its .vmx"},
		{HV_VIRTUALBOX, "with the VM off: VBoxManage modifyvm NAME --chipset ich9 "
				"--iommu intel (amd on an AMD host)"},
		{HV_FIRECRACKER, "run this in a VM of QEMU or Cloud Hypervisor: Firecracker gives "
				 "its guests no IOMMU"},
		{HV_XEN, "run this in a VM of QEMU, or on the machine itself: Xen gives its guests "
			 "no IOMMU"},
	};
	const struct place *p = &h->place;

	if (p->cloud.is == YES)
		return "use a bare-metal instance: this cloud's ordinary VMs have no IOMMU of "
		       "their own";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (p->hv == rows[i].hv)
			return rows[i].advice;
	return "give it a virtual IOMMU from outside (QEMU: -machine q35,kernel-irqchip=split "
	       "-device intel-iommu,intremap=on)";
}

const char *place_nested_advice(const struct host *h)
{
	const struct place *p = &h->place;

	if (p->box != BOX_NONE)
		return container_advice(p->box);
	return place_vm_advice(h);
}

const char *place_vm_advice(const struct host *h)
{
	return h->place.hv == HV_NONE ? NULL : vm_advice(&h->place);
}
