/* Where this system runs: bare metal, a VM of what, a container of what. Several independent facts are
 * weighed and what they contradict is said. */
#pragma once

#include "probe/dmidecode.h"
#include "probe/check.h"
#include "probe/fact.h"

struct host;
struct area;

/* Hypervisors that this system may be a guest of. A later one is the more telling: products that
 * imitate another's interface (KVM's, Hyper-V's) come after what they imitate. */
enum hv {
	HV_NONE,
	HV_UNKNOWN, /* something, the CPU says, but not what */
	HV_QEMU,    /* without hardware help, or nobody can tell */
	HV_HYPERV,
	HV_KVM,
	HV_LKVM,
	HV_CROSVM,
	HV_FIRECRACKER,
	HV_XEN,
	HV_BHYVE,
	HV_VMM,
	HV_ACRN,
	HV_JAILHOUSE,
	HV_QNX,
	HV_GUNYAH,
	HV_SRE,
	HV_APPLE,
	HV_VIRTUALPC,
	HV_VIRTUALBOX,
	HV_VMWARE,
	HV_PARALLELS,
	HV_UML,
	HV_LX86,
	HV_VIRTAGE,
	HV_LDOMS,
	HV_POWERVM,
	HV_POWERKVM,
	HV_PRSM,
	HV_ZVM,
	HV_ZKVM,
	HV_COUNT
};

/* Containers, and what looks like one. */
enum box {
	BOX_NONE,
	BOX_UNKNOWN, /* namespaces of its own, but whose? */
	BOX_OCI,
	BOX_KUBERNETES,
	BOX_DOCKER,
	BOX_PODMAN,
	BOX_CRIO,
	BOX_CONTAINERD,
	BOX_BUILDKIT,
	BOX_GARDEN,
	BOX_LXC,
	BOX_NSPAWN,
	BOX_OPENVZ,
	BOX_VSERVER,
	BOX_FLATPAK,
	BOX_FIREJAIL,
	BOX_TOOLBOX,
	BOX_GVISOR,
	BOX_WSL1,
	BOX_ZONE,
	BOX_PROOT,
	BOX_COUNT
};

enum weight {
	HINT = 1, /* a left-over file or a name that others use too */
	FIRM,     /* seldom wrong */
	SURE,     /* only the thing itself shows this */
};

struct sign {
	int kind; /* enum hv or enum box */
	enum weight weight;
	const char *source; /* path or instruction */
	const char *text;   /* what it said */
};

enum { SIGNS_MAX = 24 };

struct signs {
	struct sign row[SIGNS_MAX];
	size_t count;
};

enum xen_role { XEN_NOT, XEN_GUEST, XEN_HVM, XEN_PV, XEN_PVH, XEN_DOM0 };

/* PID, user, UTS, IPC and cgroup namespaces against the numbers that only the first ones have. */
enum spaces { SPACES_UNKNOWN, SPACES_FIRST, SPACES_PARTLY, SPACES_OWN };

struct place {
	struct fact kind;            /* bare-metal, vm, container, vm+container, unknown */
	struct fact vm, vm_evidence; /* "KVM"; NO on bare metal */
	struct fact container, container_evidence;
	struct fact sandbox;    /* text: "Snap", "Flatpak", "Firejail": one program is confined */
	struct fact confidence; /* "several facts agree", "files only", ... */
	struct fact conflict; /* NO: nothing contradicts; YES: text is one clause that says what */
	struct fact cloud;    /* "Amazon EC2" */
	struct fact confidential_guest; /* "AMD SEV-SNP" */
	struct fact tested_machine;     /* YES: text names the VM of Docker Desktop, WSL 2, ... */
	struct fact arch, kernel_release;
	struct fact distro, distro_like, distro_version, distro_name, package_manager;
	struct fact uid;
	struct fact virt_what;         /* the words that virt-what prints for this */
	struct fact hypervisor_vendor; /* as lscpu names it */
	struct fact virtualization_type;

	enum hv hv;
	enum box box;
	enum xen_role xen;
	enum spaces spaces;
	bool hyperv_root; /* Linux is the root partition of Hyper-V */
	struct dmi dmi;
	struct signs vm_signs, box_signs;
	/* Hypervisor signatures of CPUID 0x40000000, 0x40000100...: one a line; NULL: could not be asked. */
	const char *signatures;
	const char *cpuinfo; /* the beginning and end of /proc/cpuinfo, or "" */
	const char *cpu_flags;
};

extern const struct area place_area;

/* "KVM", "VMware", ... for sentences. */
const char *place_hv_name(enum hv hv);
/* "Docker", "LXC", ... for sentences. */
const char *place_box_name(enum box box);
/* "x86_64 VM under KVM (Amazon EC2)": a few words for the report's first lines. */
const char *place_in_words(const struct host *h, struct arena *a);

/* The command that installs what Debian calls debian_package, for this distribution:
 * "apt install qemu-system-x86", "dnf install qemu-kvm". NULL where the package manager is not known
 * or the distribution does not have it. Lives as long as the host. */
const char *place_package_command(const struct host *h, const char *debian_package);

/* What to do outside this virtual machine so that it has an IOMMU. */
const char *place_iommu_advice(const struct host *h);

/* What to do outside this system so that VMs can run in it: the setting of its hypervisor or cloud,
 * or the container engine's option. NULL on bare metal. */
const char *place_nested_advice(const struct host *h);
/* The same without the container: what the VM around it lacks. NULL on bare metal. */
const char *place_vm_advice(const struct host *h);

/* Parts of gathering, in the order they run. Private to probe/place*.c. */
void place_gather_system(struct host *h);
void place_gather_vm(struct host *h);
void place_gather_traces(struct host *h);
void place_gather_container(struct host *h);
void place_gather_cloud(struct host *h);
void place_gather_words(struct host *h);
void place_decide(struct host *h);
void sign_add(struct signs *s, int kind, enum weight w, const char *source, const char *text);
/* Whose signs speak for kind, as "path: text; path: text". NULL when none. */
const char *signs_words(struct arena *a, const struct signs *s, int kind);
/* The value of "key : value" in a text like /proc/cpuinfo or /proc/sysinfo, or NULL. */
const char *place_key_value(struct arena *a, const char *text, const char *key);

enum { PLACE_CHECKS = 4 };
extern const struct check place_checks[PLACE_CHECKS];
