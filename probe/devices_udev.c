/* PCI devices out of a udev database: support reports (sosreport) bring one along, but no /sys/bus. */
#include "probe/devices.h"

#include "base/str.h"
#include "probe/host.h"
#include "probe/udev_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOS_REPORT "/sos_commands/devices/udevadm_info_--export-db"

enum { TEXT_MAX = 64 << 20 }; /* hosts with thousands of disks have some 20 MB */

static int by_slot(const void *a, const void *b)
{
	return strcmp(((const struct pci_device *)a)->slot, ((const struct pci_device *)b)->slot);
}

static uint64_t hex(const char *text)
{
	uint64_t n;

	return text && num_parse(text, 16, &n) ? n : 0;
}

static struct pci_device device_of(struct host *h, const struct udev_device *u)
{
	struct pci_device p = {.slot = u->pci_slot, .driver = u->driver};
	unsigned vendor, device;

	p.class = hex(u->pci_class) & 0xffffff;
	if (u->pci_id && sscanf(u->pci_id, "%4x:%4x", &vendor, &device) == 2)
		p.id = vendor << 16 | device;
	if (u->model)
		p.name = arena_printf(h->a, "%s%s%s", u->vendor ? u->vendor : "",
				      u->vendor ? " " : "", u->model);
	return p;
}

bool devices_scan_udev(struct host *h)
{
	struct devices_facts *d = &h->devices;
	struct udev_db db;
	const char *text;
	int64_t units = 0;

	if (tree_is_live(h->t) || tree_read(h->t, SOS_REPORT, TEXT_MAX, &text, NULL) < 0)
		return false;
	udev_db_parse(h->a, text, &db);
	d->list = arena_alloc(h->a, db.count * sizeof *d->list);
	for (size_t i = 0; i < db.count; i++) {
		const struct udev_device *u = &db.devices[i];

		units += str_eq(u->subsystem, "iommu");
		if (str_eq(u->subsystem, "pci") && u->pci_slot)
			d->list[d->nlist++] = device_of(h, u);
	}
	if (d->nlist)
		qsort(d->list, d->nlist, sizeof *d->list, by_slot);
	d->pci = fact_num(SOS_REPORT, (int64_t)d->nlist);
	devices_sum_up(h, SOS_REPORT);
	/* The database tells units, not groups, and nothing of virtual functions. */
	d->iommu_groups = d->sriov = d->sriov_now = fact_unknown(SOS_REPORT, ENODATA);
	d->iommu = units ? fact_num(SOS_REPORT, units) : fact_unknown(SOS_REPORT, ENODATA);
	return true;
}
