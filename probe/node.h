/* Device nodes that virtualization needs: what they are, who may open them, and what udev will make of them. */
#pragma once

#include "probe/acl.h"
#include "probe/fact.h"
#include "probe/udev_rules.h"

#include <jansson.h>

struct host;

/* NODE(id, path, the driver's name in /proc/misc, its fixed minor or 0, what it is for) */
#define NODES(NODE)                                                                                \
	NODE(KVM, "/dev/kvm", "kvm", 232, "virtual machines")                                      \
	NODE(VHOST_NET, "/dev/vhost-net", "vhost-net", 238, "guest network in the kernel")         \
	NODE(VHOST_VSOCK, "/dev/vhost-vsock", "vhost-vsock", 241,                                  \
	     "sockets between host and guest")                                                     \
	NODE(TUN, "/dev/net/tun", "tun", 200, "tap interfaces for guests")                         \
	NODE(VFIO, "/dev/vfio/vfio", "vfio", 196, "device assignment")                             \
	NODE(IOMMU, "/dev/iommu", "iommu", 0, "device assignment by iommufd")                      \
	NODE(SEV, "/dev/sev", "sev", 0, "AMD's secure processor")                                  \
	NODE(SGX_ENCLAVE, "/dev/sgx_enclave", "sgx_enclave", 0, "SGX enclaves")                    \
	NODE(SGX_PROVISION, "/dev/sgx_provision", "sgx_provision", 0, "SGX attestation")           \
	NODE(SGX_VEPC, "/dev/sgx_vepc", "sgx_vepc", 0, "SGX memory for guests")                    \
	NODE(MSHV, "/dev/mshv", "mshv", 0, "virtual machines of Microsoft's hypervisor")           \
	NODE(GUNYAH, "/dev/gunyah", "gunyah", 0, "virtual machines of the Gunyah hypervisor")      \
	NODE(VSOCK, "/dev/vsock", "vsock", 0, "this system's own socket address")                  \
	NODE(LOOP_CONTROL, "/dev/loop-control", "loop-control", 237, "loop devices")               \
	NODE(MAPPER, "/dev/mapper/control", "device-mapper", 236, "device mapper")                 \
	NODE(FUSE, "/dev/fuse", "fuse", 229, "filesystems in user space")

#define NODE_ID(id, path, driver, minor, use) NODE_##id,
enum node_id { NODES(NODE_ID) NODE_COUNT };
#undef NODE_ID

enum access_way {
	ACCESS_UNKNOWN,
	ACCESS_NONE,
	ACCESS_ROOT, /* by CAP_DAC_OVERRIDE */
	ACCESS_OWNER,
	ACCESS_ACL_USER,
	ACCESS_GROUP,
	ACCESS_ACL_GROUP,
	ACCESS_OTHER,
};

struct node {
	const char *path;
	struct fact there;  /* something has this name */
	struct fact device; /* it is a character device; NO: text says what it is */
	struct fact
		number; /* the driver's own number; NO: text "10:250, but the driver has 10:232" */
	struct fact driver; /* a driver is registered: text "10:232" */
	struct fact mode;   /* text "0660 root:kvm", num the bits */
	struct fact acl;    /* text "user:alice:rw-"; NO: none beside the mode */
	struct fact nodev;  /* it lies on a mount that allows no devices: text is the mount point */
	struct fact
		access; /* by mode, ACL and groups the user may read and write: text says by what */
	enum access_way way;
	unsigned bits;
	uint32_t uid, gid;
	struct acl entries;
};

struct nodes {
	struct node node[NODE_COUNT];
	struct fact vfio_groups; /* num: groups in /dev/vfio */
	struct fact udev;        /* udev runs here */
	struct fact
		kvm_rule; /* what its rules make of /dev/kvm: text "0660 root:kvm", source the file */
	struct udev_effect kvm_effect;
	struct fact kvm_seat; /* YES: udev tagged /dev/kvm for the user at the seat */
	/* Asked only when /dev/kvm could not be opened. */
	struct fact
		device_cgroup; /* NO: the version 1 list does not allow it; UNKNOWN: version 2 cannot be read */
	struct fact lsm;       /* text: this process's label; NO: unconfined or none */
	struct fact enforcing; /* SELinux enforces */
};

void nodes_gather(struct host *h);
/* After a failed open: evidence that costs time and says nothing when all is well. */
void nodes_gather_denial(struct host *h, int err);
void nodes_details(const struct host *h, json_t *details);
/* Would w, by mode and ACL, be allowed once udev has set the node anew? */
bool node_lasting_access(const struct host *h);
