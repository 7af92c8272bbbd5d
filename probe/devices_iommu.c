/* Is an IOMMU translating, does it remap interrupts, what may VFIO do: by effect, not by boot options. */
#include "probe/acpi.h"
#include "probe/devices.h"
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ACPI_DIR "/sys/firmware/acpi/tables"

enum { IRQS_LOOKED_AT = 96 };

static const char *const boot_words[] = {
	"intel_iommu=",  "amd_iommu=", "iommu=",     "iommu.passthrough=",
	"iommu.strict=", "intremap=",  "nointremap", "vfio",
};

static bool is_boot_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(boot_words); i++)
		if (str_starts(word, boot_words[i]))
			return true;
	return false;
}

static void read_cmdline(struct host *h)
{
	const char *path = "/proc/cmdline", *text, *word;
	struct strbuf said = {0};
	size_t n;
	int r = tree_read(h->t, path, TREE_TEXT_MAX, &text, NULL);

	if (r < 0) {
		h->devices.cmdline = fact_unknown(path, r);
		return;
	}
	while (str_word(&text, &word, &n) && !(n == 2 && strncmp(word, "--", 2) == 0)) {
		const char *copy = arena_dupn(h->a, word, n);

		if (is_boot_word(copy))
			strbuf_printf(&said, "%s%s", said.len ? " " : "", copy);
	}
	h->devices.cmdline = said.len ? fact_text(path, arena_dup(h->a, said.text)) : fact_no(path);
	strbuf_fini(&said);
}

/* Absent is only an answer when the folder of tables is there; listed once, for all four. */
static struct fact acpi_table(struct host *h, const struct tree_names *tables, int r,
			      const char *name)
{
	const char *path = arena_printf(h->a, ACPI_DIR "/%s", name);

	for (size_t i = 0; r == 0 && i < tables->count; i++)
		if (str_eq(tables->names[i], name))
			return fact_yes(path);
	return r < 0 ? fact_unknown(path, r) : fact_no(path);
}

/* Only root may read the table; its presence says most already. */
static void read_table(struct host *h, const char *name)
{
	struct devices_facts *d = &h->devices;
	const char *path = arena_printf(h->a, ACPI_DIR "/%s", name), *bytes;
	struct acpi_iommu table;
	struct err e = {0};
	size_t n;
	int r = tree_read(h->t, path, TREE_TEXT_MAX, &bytes, &n);

	if (r == 0)
		r = acpi_iommu_decode(&table, bytes, n, &e);
	if (r < 0) {
		d->acpi_units = d->acpi_remap = fact_unknown(path, r);
		return;
	}
	d->acpi_units = fact_num(path, table.units);
	d->acpi_remap = table.says_remapping ? fact_bool(path, table.remapping)
					     : fact_unknown(path, ENODATA);
}

static void read_firmware(struct host *h)
{
	struct devices_facts *d = &h->devices;
	struct tree_names tables = {0};
	int r = tree_list(h->t, ACPI_DIR, &tables);

	d->acpi_dmar = acpi_table(h, &tables, r, "DMAR");
	d->acpi_ivrs = acpi_table(h, &tables, r, "IVRS");
	d->acpi_iort = acpi_table(h, &tables, r, "IORT");
	d->acpi_viot = acpi_table(h, &tables, r, "VIOT");
	if (fact_is_yes(d->acpi_dmar))
		read_table(h, "DMAR");
	else if (fact_is_yes(d->acpi_ivrs))
		read_table(h, "IVRS");
}

/* VFIO's no-IOMMU mode makes groups too, and names them so. */
static bool groups_are_fake(struct host *h)
{
	const char *name;

	return h->devices.ngroups &&
	       tree_readf_line(h->t, &name, "/sys/kernel/iommu_groups/%s/name",
			       h->devices.groups[0].number) == 0 &&
	       str_eq(name, "vfio-noiommu");
}

static void read_units(struct host *h)
{
	struct devices_facts *d = &h->devices;
	const char *dir = "/sys/class/iommu";
	struct tree_names units = {0};
	SCOPED(strbuf_fini) struct strbuf names = {0};
	int r = tree_list(h->t, dir, &units);

	for (size_t i = 0; i < units.count && names.len < 200; i++)
		strbuf_printf(&names, "%s%s", i ? " " : "", units.names[i]);
	/* A unit that translates nothing has no groups (intel_iommu=off with interrupt remapping on). */
	if (d->ngroups && !groups_are_fake(h))
		d->iommu = fact_num("/sys/kernel/iommu_groups", (int64_t)units.count);
	else if (fact_is_yes(d->iommu))
		return; /* known from elsewhere */
	else if (fact_is_unknown(d->iommu_groups))
		d->iommu = fact_unknown(dir, r < 0 ? r : d->iommu_groups.err);
	else
		d->iommu = fact_no("/sys/kernel/iommu_groups");
	if (names.len)
		d->iommu.text = arena_dup(h->a, names.text);
}

/* All groups share the default the kernel booted with, unless somebody changed one: the first and the GPUs' are read. */
static void read_types(struct host *h)
{
	struct devices_facts *d = &h->devices;

	for (size_t i = 0; i < d->ngroups; i++) {
		struct iommu_group *g = &d->groups[i];
		bool wanted = i == 0;

		for (size_t k = 0; k < g->count && !wanted; k++)
			wanted = pci_is_gpu(g->devices[k]);
		if (wanted)
			tree_readf_line(h->t, &g->type, "/sys/kernel/iommu_groups/%s/type",
					g->number);
	}
	if (d->ngroups && d->groups[0].type)
		d->iommu_type = fact_text("/sys/kernel/iommu_groups/*/type", d->groups[0].type);
	else
		d->iommu_type = fact_unknown("/sys/kernel/iommu_groups/*/type", ENODATA);
}

/* The chip that serves an interrupt is called IR-... when the IOMMU remaps it. */
static void read_remapping(struct host *h)
{
	struct fact *f = &h->devices.remapping;
	struct tree_names irqs;
	const char *chip;
	int r = tree_list(h->t, "/sys/kernel/irq", &irqs);

	*f = fact_unknown("/sys/kernel/irq", r < 0 ? r : ENODATA);
	for (size_t i = 0; r == 0 && i < irqs.count && i < IRQS_LOOKED_AT; i++) {
		const char *path =
			arena_printf(h->a, "/sys/kernel/irq/%s/chip_name", irqs.names[i]);

		if (tree_line(h->t, path, &chip) < 0)
			continue;
		if (str_starts(chip, "IR-")) {
			*f = fact_because(path, true, chip);
			return;
		}
		if (fact_is_unknown(*f) && (strstr(chip, "IO-APIC") || strstr(chip, "PCI-MSI")))
			*f = fact_because(path, false, chip);
	}
}

/* VT-d extended capability register, bit 3: interrupt remapping. AMD's units always can. */
static void read_unit_ability(struct host *h)
{
	struct fact *f = &h->devices.remap_units;
	const char *path = "/sys/class/iommu/dmar0/intel-iommu/ecap", *text;
	uint64_t ecap;
	int r = tree_line(h->t, path, &text);

	if (r == 0 && num_parse(text, 16, &ecap))
		*f = fact_because(path, ecap >> 3 & 1, text);
	else if (tree_exists(h->t, "/sys/class/iommu/ivhd0"))
		*f = fact_yes("/sys/class/iommu/ivhd0");
	else
		*f = fact_unknown(path, r < 0 ? r : EINVAL);
}

/* A module that is not there has its parameter off. */
static struct fact parameter(const struct host *h, enum kernel_param id)
{
	struct fact f = h->kernel.params[id];

	return fact_is_unknown(f) && f.err == ENOENT ? fact_no(f.source) : f;
}

static void read_vfio(struct host *h)
{
	struct devices_facts *d = &h->devices;

	d->vfio_pci = fact_exists(h->t, "/sys/bus/pci/drivers/vfio-pci");
	d->vfio_node = fact_exists(h->t, "/dev/vfio/vfio");
	d->iommufd_node = fact_exists(h->t, "/dev/iommu");
	d->unsafe_noiommu = parameter(h, PARAM_VFIO_UNSAFE_NOIOMMU);
	d->unsafe_interrupts = parameter(h, PARAM_VFIO_UNSAFE_INTERRUPTS);
}

static void read_mdev(struct host *h)
{
	struct fact *f = &h->devices.mdev;
	const char *dir = "/sys/class/mdev_bus";
	struct tree_names parents, types;
	struct strbuf names = {0};
	int64_t count = 0;
	int r = tree_list(h->t, dir, &parents);

	if (r < 0) {
		*f = r == -ENOENT && tree_exists(h->t, "/sys/class") ? fact_no(dir)
								     : fact_unknown(dir, r);
		return;
	}
	for (size_t i = 0; i < parents.count; i++) {
		const char *path =
			arena_printf(h->a, "%s/%s/mdev_supported_types", dir, parents.names[i]);

		if (tree_list(h->t, path, &types) == 0)
			count += (int64_t)types.count;
		if (names.len < 300)
			strbuf_printf(&names, "%s%s", i ? " " : "", parents.names[i]);
	}
	*f = fact_num(dir, count);
	f->text = arena_dup(h->a, strbuf_str(&names));
	f->is = count ? YES : NO;
	strbuf_fini(&names);
}

void devices_scan_iommu(struct host *h)
{
	read_cmdline(h);
	read_firmware(h);
	read_units(h);
	read_vfio(h);
	read_mdev(h);
	if (!fact_is_yes(h->devices.iommu)) {
		h->devices.remapping = fact_unknown("/sys/kernel/irq", 0);
		return;
	}
	read_types(h);
	read_remapping(h);
	read_unit_ability(h);
}
