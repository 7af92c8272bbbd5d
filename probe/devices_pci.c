/* PCI devices and IOMMU groups, read from sysfs: one short file per device, linear on any host. */
#include "probe/devices.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <string.h>

enum {
	PCI_MAX = 65536, /* more than any host has; a captured tree may say anything */
	CLASS_BRIDGE = 0x06,
	CLASS_DISPLAY = 0x03,
};

static unsigned base_class(const struct pci_device *p)
{
	return p->class >> 16;
}

bool pci_is_gpu(const struct pci_device *p)
{
	return base_class(p) == CLASS_DISPLAY;
}

bool pci_is_bridge(const struct pci_device *p)
{
	return base_class(p) == CLASS_BRIDGE && (p->class >> 8 & 0xff) == 0x04;
}

bool pci_is_given(const struct pci_device *p)
{
	return p->driver && (str_starts(p->driver, "vfio") || str_ends(p->driver, "vfio_pci") ||
			     str_eq(p->driver, "nvgrace_gpu_vfio_pci"));
}

static int by_slot(const void *a, const void *b)
{
	return strcmp(((const struct pci_device *)a)->slot, ((const struct pci_device *)b)->slot);
}

struct pci_device *devices_find(const struct devices_facts *d, const char *slot)
{
	struct pci_device key = {.slot = slot};

	return d->nlist ? bsearch(&key, d->list, d->nlist, sizeof key, by_slot) : NULL;
}

/* Drivers that own no DMA of their own do not spoil a group (the kernel's driver_managed_dma). */
static bool is_harmless(const struct pci_device *p)
{
	return !p->driver || pci_is_given(p) || str_eq(p->driver, "pci-stub") ||
	       (pci_is_bridge(p) && str_eq(p->driver, "pcieport"));
}

const struct pci_device *group_blocker(const struct iommu_group *g)
{
	for (size_t i = 0; g && i < g->count; i++)
		if (!is_harmless(g->devices[i]))
			return g->devices[i];
	return NULL;
}

static bool same_card(const struct pci_device *a, const struct pci_device *b)
{
	size_t n = strcspn(a->slot, ".");

	return strncmp(a->slot, b->slot, n + 1) == 0;
}

const struct pci_device *group_stranger(const struct pci_device *p)
{
	const struct iommu_group *g = p->group;

	for (size_t i = 0; g && i < g->count; i++)
		if (!pci_is_bridge(g->devices[i]) && !same_card(p, g->devices[i]))
			return g->devices[i];
	return NULL;
}

/* ---- one device ---- */

static const char *attr(struct host *h, const struct pci_device *p, const char *name)
{
	const char *text;

	return tree_readf_line(h->t, &text, "/sys/bus/pci/devices/%s/%s", p->slot, name) < 0 ? NULL
											     : text;
}

static uint64_t attr_num(struct host *h, const struct pci_device *p, const char *name)
{
	const char *text = attr(h, p, name);
	uint64_t n;

	return text && num_parse(text, 0, &n) ? n : 0;
}

static void take_property(struct host *h, struct pci_device *p, const char *line, size_t len)
{
	unsigned vendor, device;

	if (len > 7 && strncmp(line, "DRIVER=", 7) == 0)
		p->driver = arena_dupn(h->a, line + 7, len - 7);
	else if (len > 10 && strncmp(line, "PCI_CLASS=", 10) == 0)
		sscanf(line + 10, "%6x", &p->class);
	else if (len > 7 && strncmp(line, "PCI_ID=", 7) == 0 &&
		 sscanf(line + 7, "%4x:%4x", &vendor, &device) == 2)
		p->id = vendor << 16 | device;
}

/* Class, id and driver in one read; captured trees often lack uevent and have the single files. */
static void read_identity(struct host *h, struct pci_device *p)
{
	const char *path = arena_printf(h->a, "/sys/bus/pci/devices/%s/uevent", p->slot);
	const char *text, *line;
	size_t n;

	if (tree_read(h->t, path, TREE_TEXT_MAX, &text, NULL) == 0) {
		while (str_line(&text, &line, &n))
			take_property(h, p, line, n);
		if (p->class || p->id)
			return;
	}
	p->class = attr_num(h, p, "class") & 0xffffff;
	p->id = (uint32_t)(attr_num(h, p, "vendor") << 16 | (attr_num(h, p, "device") & 0xffff));
	path = arena_printf(h->a, "/sys/bus/pci/devices/%s/driver", p->slot);
	p->driver_hidden = tree_link(h->t, path, &text) < 0;
	if (!p->driver_hidden)
		p->driver = strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
}

static int ask_name(void *arg, struct strbuf *out)
{
	struct udev *udev = udev_new();
	struct udev_device *dev =
		udev ? udev_device_new_from_subsystem_sysname(udev, "pci", arg) : NULL;
	const char *vendor, *model;
	int r = -ENODATA;

	if (dev) {
		vendor = udev_device_get_property_value(dev, "ID_VENDOR_FROM_DATABASE");
		model = udev_device_get_property_value(dev, "ID_MODEL_FROM_DATABASE");
		if (model) {
			strbuf_printf(out, "%s%s%s", vendor ? vendor : "", vendor ? " " : "",
				      model);
			r = 0;
		}
		udev_device_unref(dev);
	}
	if (udev)
		udev_unref(udev);
	return r;
}

static void read_gpu(struct host *h, struct pci_device *p)
{
	const char *flag = attr(h, p, "boot_vga"), *name;
	const char *key = arena_printf(h->a, "udev/pci/%s", p->slot);

	p->boot_vga = str_eq(flag, "1");
	if (h->opt->versions && tree_answer(h->t, key, ask_name, (void *)p->slot, &name) == 0)
		p->name = name;
}

static void read_device(struct host *h, struct pci_device *p)
{
	read_identity(h, p);
	if (pci_is_gpu(p))
		read_gpu(h, p);
	if (base_class(p) == CLASS_BRIDGE)
		return;
	p->vfs_total = (int64_t)(attr_num(h, p, "sriov_totalvfs") & 0xffff);
	if (p->vfs_total)
		p->vfs = (int64_t)(attr_num(h, p, "sriov_numvfs") & 0xffff);
}

/* ---- groups ---- */

static void read_group(struct host *h, struct iommu_group *g)
{
	struct devices_facts *d = &h->devices;
	const char *path = arena_printf(h->a, "/sys/kernel/iommu_groups/%s/devices", g->number);
	struct tree_names names;

	if (tree_list(h->t, path, &names) < 0)
		return;
	g->devices = arena_alloc(h->a, names.count * sizeof *g->devices);
	for (size_t i = 0; i < names.count; i++) {
		struct pci_device *p = devices_find(d, names.names[i]);

		if (!p) {
			g->others++;
			continue;
		}
		p->group = g;
		g->devices[g->count++] = p;
	}
}

static void scan_groups(struct host *h)
{
	struct devices_facts *d = &h->devices;
	const char *dir = "/sys/kernel/iommu_groups";
	struct tree_names names;
	int r = tree_list(h->t, dir, &names);

	if (r < 0) {
		d->iommu_groups = r == -ENOENT && tree_exists(h->t, "/sys/kernel")
					  ? fact_no(dir)
					  : fact_unknown(dir, r);
		return;
	}
	d->iommu_groups = fact_num(dir, (int64_t)names.count);
	if (!names.count)
		d->iommu_groups.is = NO;
	d->ngroups = names.count < PCI_MAX ? names.count : PCI_MAX;
	d->groups = arena_alloc(h->a, d->ngroups * sizeof *d->groups);
	for (size_t i = 0; i < d->ngroups; i++) {
		d->groups[i].number = names.names[i];
		read_group(h, &d->groups[i]);
	}
}

/* ---- what the list adds up to ---- */

static void add_name(struct strbuf *b, const char *slot, const char *driver)
{
	if (b->len < 400) {
		strbuf_add(b, b->len ? ", " : "");
		strbuf_printf(b, "%s", slot);
		if (driver)
			strbuf_printf(b, " (%s)", driver);
	}
}

static struct fact counted(struct host *h, const char *source, int64_t n,
			   const struct strbuf *names)
{
	struct fact f = fact_num(source, n);

	if (!n)
		f.is = NO;
	f.text = names && names->len ? arena_dup(h->a, names->text) : NULL;
	return f;
}

void devices_sum_up(struct host *h, const char *source)
{
	struct devices_facts *d = &h->devices;
	struct strbuf sriov = {0}, gpus = {0}, given = {0};
	int64_t offered = 0, made = 0, ngpu = 0, ngiven = 0;

	for (size_t i = 0; i < d->nlist; i++) {
		const struct pci_device *p = &d->list[i];

		if (p->vfs_total)
			add_name(&sriov, p->slot, p->driver);
		if (pci_is_gpu(p)) {
			add_name(&gpus, p->slot,
				 p->driver || p->driver_hidden ? p->driver : "no driver");
			ngpu++;
		}
		if (pci_is_given(p)) {
			add_name(&given, p->slot, NULL);
			ngiven++;
		}
		offered += p->vfs_total;
		made += p->vfs;
	}
	d->sriov = counted(h, source, offered, &sriov);
	d->sriov_now = counted(h, source, made, NULL);
	d->gpu = counted(h, source, ngpu, &gpus);
	d->vfio_bound = counted(h, source, ngiven, &given);
	strbuf_fini(&sriov);
	strbuf_fini(&gpus);
	strbuf_fini(&given);
}

void devices_scan_pci(struct host *h)
{
	struct devices_facts *d = &h->devices;
	const char *dir = "/sys/bus/pci/devices";
	struct tree_names names;
	int r = tree_list(h->t, dir, &names);

	if (r < 0 && devices_scan_udev(h))
		return;
	if (r < 0) {
		/* No PCI at all is an answer where sysfs is there. */
		d->pci = r == -ENOENT && tree_exists(h->t, "/sys/bus") ? fact_no(dir)
								       : fact_unknown(dir, r);
		d->sriov = d->sriov_now = d->gpu = d->vfio_bound = d->pci;
		scan_groups(h);
		return;
	}
	d->pci = fact_num(dir, (int64_t)names.count);
	d->nlist = names.count < PCI_MAX ? names.count : PCI_MAX;
	d->list = arena_alloc(h->a, d->nlist * sizeof *d->list);
	for (size_t i = 0; i < d->nlist; i++) {
		d->list[i].slot = names.names[i];
		read_device(h, &d->list[i]);
	}
	scan_groups(h);
	devices_sum_up(h, dir);
}
