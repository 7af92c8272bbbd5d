/* The devices area: its facts, its rows, and the lists for the report's details. */
#include "probe/devices.h"

#include "base/scope.h"
#include "probe/host.h"

static void gather(struct host *h)
{
	devices_scan_pci(h);
	devices_scan_iommu(h);
}

static void set_text(json_t *to, const char *key, const char *text)
{
	if (text)
		json_object_set_new(to, key, json_string(text));
}

static json_t *device_json(const struct pci_device *p)
{
	json_t *o = json_object();
	const struct pci_device *blocker = group_blocker(p->group);
	char id[16];

	snprintf(id, sizeof id, "%04x:%04x", p->id >> 16, p->id & 0xffff);
	set_text(o, "slot", p->slot);
	set_text(o, "id", id);
	set_text(o, "name", p->name);
	set_text(o, "driver", p->driver);
	if (p->boot_vga)
		json_object_set_new(o, "boot_screen", json_true());
	if (p->vfs_total) {
		json_object_set_new(o, "virtual_functions", json_integer(p->vfs));
		json_object_set_new(o, "virtual_functions_offered", json_integer(p->vfs_total));
	}
	if (p->group) {
		set_text(o, "iommu_group", p->group->number);
		set_text(o, "held_by", blocker ? blocker->slot : NULL);
	}
	return o;
}

static json_t *group_json(const struct iommu_group *g)
{
	json_t *o = json_object(), *slots = json_array();
	const struct pci_device *blocker = group_blocker(g);

	for (size_t i = 0; i < g->count; i++)
		json_array_append_new(slots, json_string(g->devices[i]->slot));
	set_text(o, "group", g->number);
	set_text(o, "type", g->type);
	json_object_set_new(o, "devices", slots);
	json_object_set_new(o, "others", json_integer((json_int_t)g->others));
	json_object_set_new(o, "viable", json_boolean(!blocker));
	set_text(o, "held_by", blocker ? blocker->slot : NULL);
	return o;
}

static void details(const struct host *h, json_t *to)
{
	const struct devices_facts *d = &h->devices;
	json_t *gpus = json_array(), *sriov = json_array(), *groups = json_array();

	for (size_t i = 0; i < d->nlist; i++) {
		if (pci_is_gpu(&d->list[i]))
			json_array_append_new(gpus, device_json(&d->list[i]));
		if (d->list[i].vfs_total)
			json_array_append_new(sriov, device_json(&d->list[i]));
	}
	for (size_t i = 0; i < d->ngroups; i++)
		json_array_append_new(groups, group_json(&d->groups[i]));
	json_object_set_new(to, "gpus", gpus);
	json_object_set_new(to, "sriov", sriov);
	json_object_set_new(to, "iommu_groups", groups);
}

#define ROW(id_, member_, title_) FACT("devices." id_, devices.member_, title_)

static const struct fact_row facts[] = {
	ROW("pci", pci, "devices on PCI"),
	ROW("iommu", iommu, "an IOMMU translates"),
	ROW("iommu-groups", iommu_groups, "IOMMU groups"),
	ROW("iommu-type", iommu_type, "what the groups' domains do"),
	ROW("acpi-dmar", acpi_dmar, "firmware describes VT-d (DMAR)"),
	ROW("acpi-ivrs", acpi_ivrs, "firmware describes AMD-Vi (IVRS)"),
	ROW("acpi-iort", acpi_iort, "firmware describes an SMMU (IORT)"),
	ROW("acpi-viot", acpi_viot, "firmware describes a virtual IOMMU (VIOT)"),
	ROW("acpi-units", acpi_units, "remapping units in that table"),
	ROW("acpi-remapping", acpi_remap, "that table offers interrupt remapping"),
	ROW("iommu-cmdline", cmdline, "kernel command line about IOMMUs"),
	ROW("interrupt-remapping", remapping, "interrupts are remapped"),
	ROW("interrupt-remapping-units", remap_units, "IOMMU units can remap interrupts"),
	ROW("vfio-pci", vfio_pci, "the vfio-pci driver is there"),
	ROW("vfio-node", vfio_node, "/dev/vfio/vfio is there"),
	ROW("iommufd-node", iommufd_node, "/dev/iommu is there"),
	ROW("vfio-bound", vfio_bound, "devices bound to VFIO"),
	ROW("vfio-noiommu", unsafe_noiommu, "VFIO works without an IOMMU"),
	ROW("vfio-unsafe-interrupts", unsafe_interrupts, "VFIO accepts unsafe interrupts"),
	ROW("sriov", sriov, "virtual functions offered (SR-IOV)"),
	ROW("sriov-now", sriov_now, "virtual functions that exist"),
	ROW("mdev", mdev, "mediated device types"),
	ROW("gpu", gpu, "GPUs"),
};

const struct area devices_area = {
	.name = "devices",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = devices_checks,
	.nchecks = DEVICES_CHECKS,
	.details = details,
};
