/* The kernel: its release and build options, its modules and their parameters, and what its policy lets load. */
#pragma once

#include "probe/fact.h"

struct host;

/* MODULE(id, name as in /sys/module, build option) */
#define KERNEL_MODULES(MODULE)                                                                     \
	MODULE(KVM, "kvm", "KVM")                                                                  \
	MODULE(KVM_INTEL, "kvm_intel", "KVM_INTEL")                                                \
	MODULE(KVM_AMD, "kvm_amd", "KVM_AMD")                                                      \
	MODULE(KVM_PVM, "kvm_pvm", "KVM_PVM")                                                      \
	MODULE(KVM_HV, "kvm_hv", "KVM_BOOK3S_64_HV")                                               \
	MODULE(KVM_PR, "kvm_pr", "KVM_BOOK3S_64_PR")                                               \
	MODULE(IRQBYPASS, "irqbypass", "IRQ_BYPASS_MANAGER")                                       \
	MODULE(CCP, "ccp", "CRYPTO_DEV_SP_PSP")                                                    \
	MODULE(VHOST, "vhost", "VHOST")                                                            \
	MODULE(VHOST_NET, "vhost_net", "VHOST_NET")                                                \
	MODULE(VHOST_VSOCK, "vhost_vsock", "VHOST_VSOCK")                                          \
	MODULE(VHOST_VDPA, "vhost_vdpa", "VHOST_VDPA")                                             \
	MODULE(VSOCK, "vsock", "VSOCKETS")                                                         \
	MODULE(TUN, "tun", "TUN")                                                                  \
	MODULE(TAP, "tap", "TAP")                                                                  \
	MODULE(MACVLAN, "macvlan", "MACVLAN")                                                      \
	MODULE(MACVTAP, "macvtap", "MACVTAP")                                                      \
	MODULE(IPVLAN, "ipvlan", "IPVLAN")                                                         \
	MODULE(VETH, "veth", "VETH")                                                               \
	MODULE(BRIDGE, "bridge", "BRIDGE")                                                         \
	MODULE(BR_NETFILTER, "br_netfilter", "BRIDGE_NETFILTER")                                   \
	MODULE(OPENVSWITCH, "openvswitch", "OPENVSWITCH")                                          \
	MODULE(VXLAN, "vxlan", "VXLAN")                                                            \
	MODULE(NF_TABLES, "nf_tables", "NF_TABLES")                                                \
	MODULE(VFIO, "vfio", "VFIO")                                                               \
	MODULE(VFIO_PCI, "vfio_pci", "VFIO_PCI")                                                   \
	MODULE(VFIO_IOMMU_TYPE1, "vfio_iommu_type1", "VFIO_IOMMU_TYPE1")                           \
	MODULE(IOMMUFD, "iommufd", "IOMMUFD")                                                      \
	MODULE(MDEV, "mdev", "VFIO_MDEV")                                                          \
	MODULE(PCI_STUB, "pci_stub", "PCI_STUB")                                                   \
	MODULE(MSR, "msr", "X86_MSR")                                                              \
	MODULE(CPUID, "cpuid", "X86_CPUID")                                                        \
	MODULE(NBD, "nbd", "BLK_DEV_NBD")                                                          \
	MODULE(LOOP, "loop", "BLK_DEV_LOOP")                                                       \
	MODULE(DM_MOD, "dm_mod", "BLK_DEV_DM")                                                     \
	MODULE(DM_THIN_POOL, "dm_thin_pool", "DM_THIN_PROVISIONING")                               \
	MODULE(DM_SNAPSHOT, "dm_snapshot", "DM_SNAPSHOT")                                          \
	MODULE(OVERLAY, "overlay", "OVERLAY_FS")                                                   \
	MODULE(FUSE, "fuse", "FUSE_FS")                                                            \
	MODULE(VIRTIOFS, "virtiofs", "VIRTIO_FS")                                                  \
	MODULE(VIRTIO_PCI, "virtio_pci", "VIRTIO_PCI")                                             \
	MODULE(VIRTIO_NET, "virtio_net", "VIRTIO_NET")                                             \
	MODULE(VIRTIO_BLK, "virtio_blk", "VIRTIO_BLK")                                             \
	MODULE(MSHV_ROOT, "mshv_root", "MSHV_ROOT")                                                \
	MODULE(XEN_GNTDEV, "xen_gntdev", "XEN_GNTDEV")                                             \
	MODULE(BINDER, "binder_linux", "ANDROID_BINDER_IPC")                                       \
	MODULE(VBOXDRV, "vboxdrv", NULL)                                                           \
	MODULE(VMMON, "vmmon", NULL)                                                               \
	MODULE(VMW_VSOCK_VMCI, "vmw_vsock_vmci_transport", "VMWARE_VMCI_VSOCKETS")                 \
	MODULE(NVIDIA, "nvidia", NULL)                                                             \
	MODULE(NVIDIA_VGPU_VFIO, "nvidia_vgpu_vfio", NULL)                                         \
	MODULE(KVMGT, "kvmgt", "DRM_I915_GVT_KVMGT")

/* Options beside the modules' own: OPTION(id and name) */
#define KERNEL_OPTIONS(OPTION)                                                                     \
	OPTION(MODULES)                                                                            \
	OPTION(VIRTUALIZATION)                                                                     \
	OPTION(HYPERVISOR_GUEST)                                                                   \
	OPTION(KVM_GUEST)                                                                          \
	OPTION(VIRTIO)                                                                             \
	OPTION(KVM_AMD_SEV)                                                                        \
	OPTION(INTEL_TDX_HOST)                                                                     \
	OPTION(X86_SGX_KVM)                                                                        \
	OPTION(INTEL_IOMMU)                                                                        \
	OPTION(AMD_IOMMU)                                                                          \
	OPTION(IRQ_REMAP)                                                                          \
	OPTION(HUGETLBFS)                                                                          \
	OPTION(KSM)                                                                                \
	OPTION(USER_NS)                                                                            \
	OPTION(CGROUPS)                                                                            \
	OPTION(MODULE_SIG_FORCE)                                                                   \
	OPTION(SECURITY_LOCKDOWN_LSM)                                                              \
	OPTION(XEN)                                                                                \
	OPTION(XEN_DOM0)

/* PARAM(id, module, parameter) */
#define KERNEL_PARAMS(PARAM)                                                                       \
	PARAM(KVM_ENABLE_VIRT_AT_LOAD, "kvm", "enable_virt_at_load")                               \
	PARAM(KVM_HALT_POLL_NS, "kvm", "halt_poll_ns")                                             \
	PARAM(KVM_NX_HUGE_PAGES, "kvm", "nx_huge_pages")                                           \
	PARAM(KVM_TDP_MMU, "kvm", "tdp_mmu")                                                       \
	PARAM(KVM_IGNORE_MSRS, "kvm", "ignore_msrs")                                               \
	PARAM(KVM_INTEL_NESTED, "kvm_intel", "nested")                                             \
	PARAM(KVM_INTEL_EPT, "kvm_intel", "ept")                                                   \
	PARAM(KVM_INTEL_UNRESTRICTED, "kvm_intel", "unrestricted_guest")                           \
	PARAM(KVM_INTEL_VPID, "kvm_intel", "vpid")                                                 \
	PARAM(KVM_INTEL_APICV, "kvm_intel", "enable_apicv")                                        \
	PARAM(KVM_INTEL_TDX, "kvm_intel", "tdx")                                                   \
	PARAM(KVM_AMD_NESTED, "kvm_amd", "nested")                                                 \
	PARAM(KVM_AMD_NPT, "kvm_amd", "npt")                                                       \
	PARAM(KVM_AMD_AVIC, "kvm_amd", "avic")                                                     \
	PARAM(KVM_AMD_SEV, "kvm_amd", "sev")                                                       \
	PARAM(KVM_AMD_SEV_ES, "kvm_amd", "sev_es")                                                 \
	PARAM(KVM_AMD_SEV_SNP, "kvm_amd", "sev_snp")                                               \
	PARAM(KVM_HV_NESTED, "kvm_hv", "nested")                                                   \
	PARAM(KVM_S390_NESTED, "kvm", "nested")                                                    \
	PARAM(VFIO_UNSAFE_NOIOMMU, "vfio", "enable_unsafe_noiommu_mode")                           \
	PARAM(VFIO_UNSAFE_INTERRUPTS, "vfio_iommu_type1", "allow_unsafe_interrupts")               \
	PARAM(NBD_MAX_PART, "nbd", "max_part")                                                     \
	PARAM(LOOP_MAX_PART, "loop", "max_part")

#define KERNEL_MODULE_ID(id, name, option) MODULE_##id,
#define KERNEL_OPTION_ID(id) OPTION_##id,
#define KERNEL_PARAM_ID(id, module, param) PARAM_##id,

enum kernel_module { KERNEL_MODULES(KERNEL_MODULE_ID) MODULE_COUNT };
enum kernel_option { KERNEL_OPTIONS(KERNEL_OPTION_ID) OPTION_COUNT };
enum kernel_param { KERNEL_PARAMS(KERNEL_PARAM_ID) PARAM_COUNT };

struct module {
	const char *name;
	/* In the kernel now: text "loaded" or "built in". */
	struct fact present;
	/* The build option of it: text "y" or "m"; NO when not set; UNKNOWN without a configuration. */
	struct fact config;
	/* A file that modprobe would load: text is its path. Asked only when not present. */
	struct fact on_disk;
	/* Not loaded on its own, or refused: text says where ("/etc/modprobe.d/x.conf:3", "module_blacklist="). */
	struct fact blacklisted;
	/* modprobe runs this command instead of loading it: text "COMMAND", source "FILE:LINE". */
	struct fact install;
	/* The kernel itself refuses it: module_blacklist= on its command line. */
	bool refused;
};

struct kernel {
	struct fact release, version, machine; /* text; release also as num: major * 1000 + minor */
	struct fact cmdline;                   /* text */
	struct fact config;                    /* text: the file it was read from */
	struct fact options[OPTION_COUNT];
	struct fact loadable;    /* this kernel can load modules at all */
	struct fact modules_dir; /* /lib/modules/RELEASE; NO: text names the other releases there */
	struct fact modules_disabled; /* kernel.modules_disabled */
	struct fact lockdown;         /* NO, or text "integrity" / "confidentiality" */
	struct fact secure_boot;
	struct fact sig_enforce; /* only signed modules load */
	struct fact
		vendor_module; /* text: the module that drives this CPU's virtualization; NO: none */
	struct fact driver;    /* text: the vendor module that is in the kernel now; NO: none */
	struct module modules[MODULE_COUNT];
	struct fact params[PARAM_COUNT];
};

extern const struct area kernel_area;

/* By the name in /sys/module; NULL for one that is not in the list. */
const struct module *kernel_module_named(const struct host *h, const char *name);
/* What to do so that it is there: "modprobe X", "remove line FILE:LINE, then ...", "reboot ..."; in a. NULL: present. */
const char *kernel_module_fix(const struct host *h, enum kernel_module id, struct arena *a);
