/* Which hypervisor this system is a guest of: every piece of evidence votes, the most telling wins. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

/* ---- CPUID signatures ---- */

static const struct {
	const char *signature;
	enum hv hv;
} signatures[] = {
	{"KVMKVMKVM", HV_KVM},           {"Linux KVM Hv", HV_KVM},     {"LKVMLKVMLKVM", HV_LKVM},
	{"TCGTCGTCGTCG", HV_QEMU},       {"VMwareVMware", HV_VMWARE},  {"Microsoft Hv", HV_HYPERV},
	{"XenVMMXenVMM", HV_XEN},        {"prl hyperv", HV_PARALLELS}, {" lrpepyh", HV_PARALLELS},
	{"VBoxVBoxVBox", HV_VIRTUALBOX}, {"bhyve bhyve", HV_BHYVE},    {"BHyVE BHyVE", HV_BHYVE},
	{"OpenBSDVMM58", HV_VMM},        {"ACRNACRNACRN", HV_ACRN},    {"Jailhouse", HV_JAILHOUSE},
	{"QNXQVMBSQG", HV_QNX},          {"QXNQSBMV", HV_QNX},         {"SRESRESRESRE", HV_SRE},
	{"HITACHI_HVM", HV_VIRTAGE},     {"VirtualApple", HV_APPLE},   {"UnisysSpar64", HV_UNKNOWN},
	{"EVMMEVMMEVMM", HV_UNKNOWN},    {"HAXMHAXMHAXM", HV_UNKNOWN}, {"NVMMNVMMNVMM", HV_QEMU},
};

static enum hv hv_of_signature(const char *line, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		size_t n = strlen(signatures[i].signature);

		if (len >= n && !memcmp(line, signatures[i].signature, n))
			return signatures[i].hv;
	}
	return HV_UNKNOWN;
}

/* A leaf without a name, or a mark left by the one who captured it, says nothing. */
static bool is_signature(const char *line, size_t len)
{
	return len >= 4 && line[0] != '#';
}

static void vote_signatures(struct host *h)
{
	struct place *p = &h->place;
	const char *text = p->signatures, *line;
	size_t len;

	while (text && str_line(&text, &line, &len)) {
		if (!is_signature(line, len))
			continue;
		sign_add(&p->vm_signs, hv_of_signature(line, len), SURE, "cpuid 0x40000000",
			 arena_dupn(h->a, line, len));
	}
}

/* By the CPU itself; a capture of virt-what's kind has what its helper printed. */
static void gather_signatures(struct host *h)
{
	const struct cpu *c = &h->cpu;
	const char *text;

	h->place.signatures = NULL;
	h->place.hyperv_root = c->hyperv_root.is == YES;
	if (c->id_known)
		h->place.signatures = arena_printf(h->a, "%s\n%s", c->id.hypervisor.signature,
						   c->id.hypervisor.second);
	else if (!tree_is_live(h->t) &&
		 tree_read(h->t, "/captured-virt-what-cpuid-helper.txt", 4096, &text, NULL) == 0)
		h->place.signatures = text;
}

/* ---- DMI ---- */

enum { ANY_VENDOR = DMI_FIELDS };

static const struct {
	int field;        /* enum dmi_field; ANY_VENDOR: system, board, chassis and BIOS vendor */
	const char *text; /* begins with this; "*x": holds x */
	enum hv hv;
	enum weight weight;
	const char *and_product; /* and the product name begins with this */
} dmi_rows[] = {
	{ANY_VENDOR, "VMware", HV_VMWARE, SURE},
	{ANY_VENDOR, "VMW", HV_VMWARE, SURE},
	{ANY_VENDOR, "innotek GmbH", HV_VIRTUALBOX, SURE},
	{DMI_PRODUCT_NAME, "VirtualBox", HV_VIRTUALBOX, SURE},
	{ANY_VENDOR, "Parallels", HV_PARALLELS, SURE},
	{DMI_PRODUCT_NAME, "Parallels", HV_PARALLELS, SURE},
	{ANY_VENDOR, "Xen", HV_XEN, SURE},
	{DMI_PRODUCT_NAME, "HVM domU", HV_XEN, SURE},
	{DMI_BIOS_VERSION, "*.amazon", HV_XEN, FIRM},
	{ANY_VENDOR, "BHYVE", HV_BHYVE, SURE},
	{ANY_VENDOR, "FreeBSD", HV_BHYVE, FIRM, "BHYVE"},
	{ANY_VENDOR, "Bochs", HV_QEMU, HINT},
	{ANY_VENDOR, "QEMU", HV_QEMU, FIRM},
	{DMI_PRODUCT_NAME, "Standard PC (", HV_QEMU, FIRM},
	{DMI_PRODUCT_NAME, "KVM", HV_KVM, FIRM},
	{ANY_VENDOR, "KubeVirt", HV_KVM, FIRM},
	{DMI_PRODUCT_NAME, "RHEV Hypervisor", HV_KVM, FIRM},
	{ANY_VENDOR, "oVirt", HV_KVM, FIRM},
	{ANY_VENDOR, "Red Hat", HV_KVM, FIRM, "RHEL"},
	{ANY_VENDOR, "OpenStack Foundation", HV_KVM, HINT},
	{DMI_PRODUCT_NAME, "OpenStack", HV_KVM, HINT},
	{ANY_VENDOR, "Nutanix", HV_KVM, FIRM, "AHV"},
	{ANY_VENDOR, "DigitalOcean", HV_KVM, FIRM, "Droplet"},
	{ANY_VENDOR, "Hetzner", HV_KVM, FIRM, "vServer"},
	{ANY_VENDOR, "Scaleway", HV_KVM, HINT, "SCW-"},
	{ANY_VENDOR, "UpCloud", HV_KVM, HINT},
	{ANY_VENDOR, "Virtuozzo", HV_KVM, FIRM},
	{ANY_VENDOR, "Microsoft Corporation", HV_HYPERV, FIRM, "Virtual Machine"},
	{ANY_VENDOR, "Apple Inc.", HV_APPLE, SURE, "Apple Virtualization"},
	{DMI_PRODUCT_NAME, "Apple Virtualization", HV_APPLE, SURE},
	{ANY_VENDOR, "crosvm", HV_CROSVM, SURE},
	{DMI_PRODUCT_NAME, "crosvm", HV_CROSVM, SURE},
	{ANY_VENDOR, "Cloud Hypervisor", HV_KVM, FIRM},
	{ANY_VENDOR, "HITACHI", HV_VIRTAGE, SURE, "*LPAR"},
	{ANY_VENDOR, "ACRN", HV_ACRN, FIRM},
};

static bool fits(const char *value, const char *pattern)
{
	return pattern[0] == '*' ? strstr(value, pattern + 1) != NULL : str_starts(value, pattern);
}

static const char *dmi_match(const struct dmi *d, int field, const char *pattern,
			     enum dmi_field *where)
{
	static const enum dmi_field vendors[] = {
		DMI_SYS_VENDOR,
		DMI_BOARD_VENDOR,
		DMI_BIOS_VENDOR,
		DMI_CHASSIS_VENDOR,
	};

	if (field != ANY_VENDOR) {
		*where = (enum dmi_field)field;
		return fits(dmi_get(d, *where), pattern) ? d->field[*where] : NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++) {
		*where = vendors[i];
		if (fits(dmi_get(d, vendors[i]), pattern))
			return d->field[vendors[i]];
	}
	return NULL;
}

/* Makers of clouds whose VMs are KVM's, but whose bare-metal machines bear the same name: they vote only where
 * something else says that this is a VM. Arm has no such bit that users may read: there the name of the type
 * (a1.metal) must do. */
static const struct {
	const char *vendor;
	bool names_metal;
} kvm_clouds[] = {
	{"Amazon EC2", true}, {"Google", true}, {"Alibaba", false}, {"Tencent", false},
	{"Huawei", false},    {"Vultr", false}, {"Akamai", false},  {"Linode", false},
};

static void vote_cloud(struct host *h)
{
	struct place *p = &h->place;
	bool vm = p->dmi.says_vm || str_has_word(p->cpu_flags, "hypervisor");
	enum dmi_field where;

	if (strstr(dmi_get(&p->dmi, DMI_PRODUCT_NAME), ".metal"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kvm_clouds); i++) {
		const char *said = dmi_match(&p->dmi, ANY_VENDOR, kvm_clouds[i].vendor, &where);

		if (said && (vm || (kvm_clouds[i].names_metal && !p->cpu_flags[0])))
			sign_add(&p->vm_signs, HV_KVM, FIRM,
				 arena_printf(h->a, "DMI %s", dmi_field_name(where)),
				 arena_printf(h->a, "%s, a cloud of KVM", said));
	}
}

static void vote_dmi(struct host *h)
{
	struct place *p = &h->place;
	enum dmi_field where;

	for (size_t i = 0; i < ARRAY_SIZE(dmi_rows); i++) {
		const char *said = dmi_match(&p->dmi, dmi_rows[i].field, dmi_rows[i].text, &where);
		const char *also = dmi_rows[i].and_product;

		if (!said || (also && !fits(dmi_get(&p->dmi, DMI_PRODUCT_NAME), also)))
			continue;
		sign_add(&p->vm_signs, dmi_rows[i].hv, dmi_rows[i].weight,
			 arena_printf(h->a, "DMI %s", dmi_field_name(where)), said);
	}
	if (p->dmi.says_vm)
		sign_add(&p->vm_signs, HV_UNKNOWN, FIRM, "DMI BIOS characteristics",
			 "system is a virtual machine");
	vote_cloud(h);
}

/* ---- /proc/cpuinfo ---- */

static void vote_cpuinfo(struct host *h)
{
	struct place *p = &h->place;
	const char *vendor = place_key_value(h->a, p->cpuinfo, "vendor_id");
	const char *model = place_key_value(h->a, p->cpuinfo, "model name");
	const char *machine = place_key_value(h->a, p->cpuinfo, "machine");
	const char *pmodel = place_key_value(h->a, p->cpuinfo, "model");
	static const char src[] = "/proc/cpuinfo";

	if (str_has_word(p->cpu_flags, "hypervisor"))
		sign_add(&p->vm_signs, HV_UNKNOWN, FIRM, "/proc/cpuinfo flags", "hypervisor");
	else if (h->cpu.id_known && h->cpu.hypervisor.is == YES)
		sign_add(&p->vm_signs, HV_UNKNOWN, FIRM, "CPUID leaf 1 ecx bit 31", "set");
	if (vendor && str_starts(vendor, "User Mode Linux"))
		sign_add(&p->vm_signs, HV_UML, SURE, src, vendor);
	if (vendor && str_starts(vendor, "PowerVM Lx86"))
		sign_add(&p->vm_signs, HV_LX86, SURE, src, vendor);
	if (model && strstr(model, "QEMU"))
		sign_add(&p->vm_signs, HV_QEMU, HINT, src, model);
	if (model && strstr(model, "Common KVM processor"))
		sign_add(&p->vm_signs, HV_KVM, HINT, src, model);
	if (model && strstr(model, "UML"))
		sign_add(&p->vm_signs, HV_UML, SURE, src, model);
	if ((machine && strstr(machine, "qemu")) || (pmodel && strstr(pmodel, "emulated by qemu")))
		sign_add(&p->vm_signs, HV_QEMU, FIRM, src, "emulated by qemu");
}

/* vmm(4) of OpenBSD hides the APIC and TSC from its guests and gives them no SMBIOS; nobody else does both.
 * Only asked when the signature itself is not known. */
static void vote_vmm(struct host *h)
{
	struct place *p = &h->place;
	bool named = false;

	for (size_t i = 0; i < p->vm_signs.count; i++)
		named |= p->vm_signs.row[i].kind != HV_UNKNOWN;
	if (named || p->dmi.found || !str_has_word(p->cpu_flags, "hypervisor") ||
	    str_has_word(p->cpu_flags, "apic") || str_has_word(p->cpu_flags, "tsc"))
		return;
	if (str_has_word(p->cpu_flags, "msr"))
		sign_add(&p->vm_signs, HV_VMM, HINT, "/proc/cpuinfo flags",
			 "hypervisor without apic, tsc and SMBIOS, as vmm(4) shows them");
}

void place_gather_vm(struct host *h)
{
	dmi_gather(h->t, &h->place.dmi);
	gather_signatures(h);
	vote_signatures(h);
	vote_cpuinfo(h);
	vote_dmi(h);
	place_gather_traces(h);
	vote_vmm(h);
}
