/* Devices a guest could be given: PCI, the IOMMU and its groups, VFIO, SR-IOV, mediated devices, GPUs. */
#pragma once

#include "probe/check.h"

struct host;
struct area;

struct pci_device {
	const char *slot;   /* "0000:01:00.0" */
	uint32_t class;     /* 24 bits: base, sub, interface */
	uint32_t id;        /* vendor << 16 | device */
	const char *driver; /* NULL: none bound */
	const char *name;   /* from the hardware database; NULL when not asked or not there */
	const struct iommu_group *group; /* NULL: in none */
	int64_t vfs_total, vfs;          /* SR-IOV: offered and made; 0 for a device without */
	bool driver_hidden;              /* a captured tree that says nothing of drivers */
	bool boot_vga;                   /* the firmware's screen */
};

struct iommu_group {
	const char *number;
	const char *type;            /* "DMA", "DMA-FQ", "identity"...; NULL: not known */
	struct pci_device **devices; /* those of PCI */
	size_t count;
	size_t others; /* members that are not on PCI */
};

struct devices_facts {
	struct fact pci; /* num: devices on PCI */

	struct fact iommu;        /* YES: translating; num units, text their names */
	struct fact iommu_groups; /* num */
	struct fact iommu_type;   /* text: type of the groups' domains, "identity" is passthrough */
	struct fact acpi_dmar, acpi_ivrs, acpi_iort, acpi_viot;
	struct fact acpi_units; /* num: remapping units the firmware's table describes */
	struct fact acpi_remap; /* the firmware's table offers interrupt remapping */
	struct fact cmdline; /* text: the words of the kernel command line about IOMMUs; NO: none */
	struct fact remapping;   /* interrupts go through the IOMMU now */
	struct fact remap_units; /* the units can remap interrupts */

	struct fact vfio_pci, vfio_node, iommufd_node;
	struct fact vfio_bound;        /* num: PCI devices bound to a VFIO driver */
	struct fact unsafe_noiommu;    /* VFIO gives devices away without an IOMMU */
	struct fact unsafe_interrupts; /* VFIO accepts an IOMMU without interrupt remapping */

	struct fact sriov;     /* num: virtual functions offered; text: by which devices */
	struct fact sriov_now; /* num: virtual functions that exist */
	struct fact mdev;      /* num: types offered; text: parents */
	struct fact gpu;       /* num; text: slots and drivers */

	/* Sorted by slot. */
	struct pci_device *list;
	size_t nlist;
	struct iommu_group *groups;
	size_t ngroups;
};

extern const struct area devices_area;

/* Fills list and groups from /sys/bus/pci and /sys/kernel/iommu_groups. */
void devices_scan_pci(struct host *h);
/* The same from a udev database that a support report brought along; false when there is none. */
bool devices_scan_udev(struct host *h);
/* Counts what list holds, as facts of that source. */
void devices_sum_up(struct host *h, const char *source);
/* The facts about IOMMU, remapping and VFIO; after devices_scan_pci. */
void devices_scan_iommu(struct host *h);

/* The device of that name, or NULL. */
struct pci_device *devices_find(const struct devices_facts *d, const char *slot);
bool pci_is_gpu(const struct pci_device *p);
bool pci_is_bridge(const struct pci_device *p);
/* Bound to a driver that hands it to a guest. */
bool pci_is_given(const struct pci_device *p);
/* What keeps VFIO from opening p's group now: a device held by a host driver. NULL: nothing. */
const struct pci_device *group_blocker(const struct iommu_group *g);
/* A member of p's group, other than p's own functions and bridges, that would have to go with it. */
const struct pci_device *group_stranger(const struct pci_device *p);

enum { DEVICES_CHECKS = 9 };
extern const struct check devices_checks[DEVICES_CHECKS];
