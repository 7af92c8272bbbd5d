/* Traces of a hypervisor outside the CPU and the firmware's names: Xen's files, the device tree, what the
 * other architectures have, ACPI tables, and devices that only one product has. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* ---- Xen ---- */

static void xen_found(struct host *h, enum xen_role role, const char *source, const char *text)
{
	struct place *p = &h->place;

	sign_add(&p->vm_signs, HV_XEN, SURE, source, text);
	if (p->xen < role)
		p->xen = role;
}

static void vote_xen_sysfs(struct host *h)
{
	static const struct {
		const char *word;
		enum xen_role role;
	} types[] = {{"HVM", XEN_HVM}, {"PVH", XEN_PVH}, {"PV", XEN_PV}};
	const char *text;

	if (tree_line(h->t, "/sys/hypervisor/type", &text) < 0 || !str_eq(text, "xen"))
		return;
	xen_found(h, XEN_GUEST, "/sys/hypervisor/type", text);
	if (tree_line(h->t, "/sys/hypervisor/guest_type", &text) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(text, types[i].word) && h->place.xen < types[i].role)
			h->place.xen = types[i].role;
}

/* Bit 11 of the features: XENFEAT_dom0. The only trace where /proc/xen is not mounted. */
static bool xen_is_dom0(struct host *h)
{
	const char *text;
	uint64_t bits;

	if (tree_read(h->t, "/proc/xen/capabilities", 4096, &text, NULL) == 0 &&
	    strstr(text, "control_d"))
		return true;
	return tree_line(h->t, "/sys/hypervisor/properties/features", &text) == 0 &&
	       num_parse(text, 16, &bits) && bits >> 11 & 1;
}

static void vote_xen(struct host *h)
{
	struct place *p = &h->place;
	bool hvm = false;

	vote_xen_sysfs(h);
	for (size_t i = 0; i < p->vm_signs.count; i++)
		if (p->vm_signs.row[i].kind == HV_XEN && p->dmi.found)
			hvm |= str_starts(p->vm_signs.row[i].source, "DMI") ||
			       str_starts(p->vm_signs.row[i].source, "cpuid");
	/* An HVM guest has Xen's SMBIOS; what has the machine's own is dom0 or a PV guest of old. */
	if (xen_is_dom0(h))
		xen_found(h, XEN_DOM0, "/proc/xen/capabilities", "control_d");
	else if (hvm && p->xen < XEN_HVM)
		p->xen = XEN_HVM;
	else if (tree_exists(h->t, "/proc/xen") && p->xen < XEN_PV && !hvm)
		xen_found(h, tree_exists(h->t, "/proc/xen/capabilities") ? XEN_PV : XEN_GUEST,
			  "/proc/xen", "exists");
	if (p->xen == XEN_NOT && tree_exists(h->t, "/sys/bus/xen") &&
	    !tree_exists(h->t, "/sys/bus/xen-backend"))
		xen_found(h, XEN_HVM, "/sys/bus/xen", "exists");
}

/* ---- device tree ---- */

static const struct {
	const char *text;
	enum hv hv;
} compatibles[] = {
	{"linux,kvm", HV_KVM},     {"xen,xen", HV_XEN},         {"xen", HV_XEN},
	{"vmware", HV_VMWARE},     {"qemu", HV_QEMU},           {"gunyah-hypervisor", HV_GUNYAH},
	{"qcom,haven", HV_GUNYAH}, {"jailhouse", HV_JAILHOUSE},
};

static void vote_device_tree(struct host *h)
{
	static const char *const paths[] = {
		"/proc/device-tree/hypervisor/compatible",
		"/sys/firmware/devicetree/base/hypervisor/compatible",
	};
	const char *text = NULL;
	size_t i = 0;

	while (i < ARRAY_SIZE(paths) && tree_line(h->t, paths[i], &text) < 0)
		i++;
	if (i == ARRAY_SIZE(paths))
		return;
	for (size_t k = 0; k < ARRAY_SIZE(compatibles); k++) {
		if (!str_starts(text, compatibles[k].text))
			continue;
		sign_add(&h->place.vm_signs, compatibles[k].hv, SURE, paths[i], text);
		if (compatibles[k].hv == HV_XEN && h->place.xen == XEN_NOT)
			h->place.xen = XEN_GUEST;
		return;
	}
	sign_add(&h->place.vm_signs, HV_UNKNOWN, FIRM, paths[i], text);
}

/* QEMU's channel to its firmware: fw-cfg, mostly with its address (fw-cfg@9020000). */
static const char *fw_cfg_node(struct host *h)
{
	struct tree_names nodes = {0};

	tree_list(h->t, "/proc/device-tree", &nodes);
	for (size_t i = 0; i < nodes.count; i++)
		if (str_eq(nodes.names[i], "fw-cfg") || str_starts(nodes.names[i], "fw-cfg@"))
			return nodes.names[i];
	return NULL;
}

/* The board without hardware of its own is QEMU's and that of every small monitor on KVM: kvmtool, which named it,
 * crosvm, Firecracker. Only QEMU has a firmware to talk to. */
static void vote_device_tree_machine(struct host *h)
{
	struct signs *s = &h->place.vm_signs;
	const char *text, *fw_cfg = fw_cfg_node(h);

	if (tree_line(h->t, "/proc/device-tree/compatible", &text) == 0) {
		if (str_starts(text, "linux,dummy-virt"))
			sign_add(s, fw_cfg || h->place.dmi.found ? HV_QEMU : HV_LKVM, FIRM,
				 "/proc/device-tree/compatible", text);
		if (str_starts(text, "qemu,pseries") || str_starts(text, "riscv-virtio"))
			sign_add(s, HV_QEMU, FIRM, "/proc/device-tree/compatible", text);
	}
	if (fw_cfg)
		sign_add(s, HV_QEMU, FIRM, "/proc/device-tree", fw_cfg);
}

/* ---- the other architectures' own files ---- */

static void vote_s390(struct host *h)
{
	static const char path[] = "/proc/sysinfo";
	const char *text, *vm = NULL;
	char key[32];
	int r = tree_read(h->t, path, 65536, &text, NULL);

	if (r < 0)
		return;
	/* VM00 is the innermost hypervisor; a KVM guest under z/VM lists both. */
	for (int i = 0; i < 4 && !vm; i++) {
		snprintf(key, sizeof key, "VM%02d Control Program", i);
		vm = place_key_value(h->a, text, key);
	}
	if (vm)
		sign_add(&h->place.vm_signs, strstr(vm, "KVM") ? HV_ZKVM : HV_ZVM, SURE, path, vm);
	else if (strstr(text, "LPAR Number"))
		sign_add(&h->place.vm_signs, HV_PRSM, SURE, path,
			 place_key_value(h->a, text, "LPAR Name"));
}

static bool turn_into_power_kvm(struct signs *s)
{
	bool kvm = false;

	for (size_t i = 0; i < s->count; i++) {
		if (s->row[i].kind != HV_KVM)
			continue;
		kvm = true;
		s->row[i].kind = HV_POWERKVM;
	}
	return kvm;
}

/* QEMU's pSeries is KVM's when the device tree says so; where there is no device tree, probably. */
static void vote_pseries_of_qemu(struct host *h, const char *model)
{
	if (!turn_into_power_kvm(&h->place.vm_signs) && !tree_exists(h->t, "/proc/device-tree"))
		sign_add(&h->place.vm_signs, HV_POWERKVM, HINT, "/proc/cpuinfo", model);
}

/* IBM's firmware runs every pSeries in a partition; "architected" is the mode of a CPU in one. */
static void vote_power(struct host *h)
{
	static const char path[] = "/proc/ppc64/lparcfg";
	const char *text, *cpuinfo = h->place.cpuinfo;
	const char *platform = place_key_value(h->a, cpuinfo, "platform");
	const char *model = place_key_value(h->a, cpuinfo, "model");
	const char *cpu = place_key_value(h->a, cpuinfo, "cpu");
	struct signs *s = &h->place.vm_signs;

	if (!str_starts(fact_str(h->place.arch, ""), "ppc"))
		return;
	if (model && strstr(model, "qemu"))
		vote_pseries_of_qemu(h, model);
	else if (tree_read(h->t, path, 65536, &text, NULL) == 0 &&
		 strstr(text, "shared_processor_mode="))
		sign_add(s, HV_POWERVM, SURE, path,
			 strstr(text, "shared_processor_mode=1") ? "shared" : "dedicated");
	else if (platform && str_starts(platform, "pSeries") && cpu && strstr(cpu, "(architected)"))
		sign_add(s, HV_POWERVM, FIRM, "/proc/cpuinfo", cpu);
}

static void vote_sparc(struct host *h)
{
	if (str_starts(fact_str(h->place.arch, ""), "sparc") && tree_exists(h->t, "/dev/mdesc"))
		sign_add(&h->place.vm_signs, HV_LDOMS, SURE, "/dev/mdesc", "exists");
}

/* ---- devices and names that give a product away ---- */

static void vote_products(struct host *h)
{
	struct signs *s = &h->place.vm_signs;
	const char *text, *release = fact_str(h->place.kernel_release, "");

	/* WSL 2 is a VM of Hyper-V; the capital M without "WSL2" is WSL 1, which is none. */
	if (strstr(release, "WSL2") || strstr(release, "microsoft-standard"))
		sign_add(s, HV_HYPERV, FIRM, "kernel release", release);
	if (tree_line(h->t, "/proc/cmdline", &text) == 0 && strstr(text, "firecracker-init"))
		sign_add(s, HV_FIRECRACKER, HINT, "/proc/cmdline", "--firecracker-init");
	if (tree_exists(h->t, "/sys/class/misc/vboxguest"))
		sign_add(s, HV_VIRTUALBOX, FIRM, "/sys/class/misc/vboxguest", "exists");
	if (tree_exists(h->t, "/sys/firmware/qemu_fw_cfg/by_name"))
		sign_add(s, HV_QEMU, FIRM, "/sys/firmware/qemu_fw_cfg", "exists");
	if (tree_line(h->t, "/sys/class/ptp/ptp0/clock_name", &text) == 0 &&
	    str_starts(text, "KVM virtual PTP"))
		sign_add(s, HV_KVM, FIRM, "/sys/class/ptp/ptp0/clock_name", text);
}

/* ---- PCI devices that only one hypervisor makes ---- */

static const struct {
	const char *id; /* vendor, or vendor and device, in hex as /proc/bus/pci/devices has them */
	enum hv hv;
} pci_ids[] = {
	{"80ee", HV_VIRTUALBOX}, {"15ad", HV_VMWARE},    {"58530001", HV_XEN},
	{"14145353", HV_HYPERV}, {"1ab8", HV_PARALLELS}, {"1b36", HV_QEMU},
	{"12341111", HV_QEMU},
};

static bool is_named(const struct signs *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->row[i].kind != HV_UNKNOWN)
			return true;
	return false;
}

/* Each line: bus and slot, then vendor and device. */
static void vote_pci_line(struct host *h, const char *line)
{
	const char *word;
	size_t n;

	if (!str_word(&line, &word, &n) || !str_word(&line, &word, &n) || n != 8)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(pci_ids); i++)
		if (str_starts(word, pci_ids[i].id)) {
			sign_add(&h->place.vm_signs, pci_ids[i].hv, FIRM, "/proc/bus/pci/devices",
				 arena_printf(h->a, "%.4s:%.4s", word, word + 4));
			return;
		}
}

/* Asked where the firmware is silent, or the CPU says "a VM" and nobody says whose. */
static void vote_pci(struct host *h)
{
	const struct place *p = &h->place;
	const char *text, *line;
	size_t n;

	if (is_named(&p->vm_signs) || (p->dmi.found && !str_has_word(p->cpu_flags, "hypervisor")) ||
	    tree_read(h->t, "/proc/bus/pci/devices", 1 << 20, &text, NULL) < 0)
		return;
	while (!is_named(&p->vm_signs) && str_line(&text, &line, &n))
		vote_pci_line(h, arena_dupn(h->a, line, n < 64 ? n : 64));
}

/* Firecracker gives its guests a SMBIOS-less machine with an OEM id in the ACPI tables. */
static void vote_acpi(struct host *h)
{
	const char *raw;
	size_t len;

	if (tree_read(h->t, "/sys/firmware/acpi/tables/FACP", 4096, &raw, &len) < 0 || len < 36)
		return;
	if (!memcmp(raw + 10, "FIRECK", 6))
		sign_add(&h->place.vm_signs, HV_FIRECRACKER, SURE, "/sys/firmware/acpi/tables/FACP",
			 "OEM id FIRECK");
	else if (!memcmp(raw + 10, "CROSVM", 6))
		sign_add(&h->place.vm_signs, HV_CROSVM, SURE, "/sys/firmware/acpi/tables/FACP",
			 "OEM id CROSVM");
	else if (!memcmp(raw + 10, "CLOUDH", 6))
		sign_add(&h->place.vm_signs, HV_KVM, FIRM, "/sys/firmware/acpi/tables/FACP",
			 "OEM id CLOUDH");
}

void place_gather_traces(struct host *h)
{
	vote_xen(h);
	vote_device_tree(h);
	vote_device_tree_machine(h);
	vote_s390(h);
	vote_power(h);
	vote_sparc(h);
	vote_products(h);
	vote_acpi(h);
	vote_pci(h);
}
