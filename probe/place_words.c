/* The same findings in the words of other tools: virt-what's facts (its manual lists them), lscpu's lines. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

static void word(struct strbuf *b, const char *w)
{
	if (str_has_word(strbuf_str(b), w))
		return;
	strbuf_printf(b, "%s%s", b->len ? " " : "", w);
}

static bool dmi_holds(const struct dmi *d, const char *what)
{
	for (enum dmi_field f = 0; f < DMI_FIELDS; f++)
		if (strstr(dmi_get(d, f), what))
			return true;
	return false;
}

/* ---- products and containers that have one word each ---- */

static const struct {
	enum hv hv;
	const char *word;
} hv_words[] = {
	{HV_VMWARE, "vmware"},
	{HV_HYPERV, "hyperv"},
	{HV_VIRTUALPC, "virtualpc"},
	{HV_VIRTUALBOX, "virtualbox"},
	{HV_BHYVE, "bhyve"},
	{HV_UML, "uml"},
	{HV_LX86, "powervm_lx86"},
	{HV_VIRTAGE, "virtage"},
	{HV_PARALLELS, "parallels"},
	{HV_VMM, "vmm"},
	{HV_POWERKVM, "ibm_power-kvm"},
	{HV_LKVM, "lkvm"},
	{HV_LDOMS, "ldoms"},
	{HV_KVM, "kvm"},
	{HV_FIRECRACKER, "kvm"},
	{HV_CROSVM, "kvm"},
	{HV_QEMU, "qemu"},
	{HV_UNKNOWN, "virt"},
};

static const struct {
	enum box box;
	const char *word;
} box_words[] = {
	{BOX_OPENVZ, "openvz"}, {BOX_LXC, "lxc"}, {BOX_DOCKER, "docker"},   {BOX_PODMAN, "podman"},
	{BOX_CRIO, "crio"},     {BOX_OCI, "oci"}, {BOX_ZONE, "illumos-lx"},
};

static void add_vserver(struct host *h, struct strbuf *b)
{
	const char *text, *vxid;

	if (tree_read(h->t, "/proc/self/status", 65536, &text, NULL) < 0)
		return;
	vxid = place_key_value(h->a, text, "VxID");
	if (!vxid)
		return;
	word(b, "linux_vserver");
	word(b, str_eq(vxid, "0") ? "linux_vserver-host" : "linux_vserver-guest");
}

static void add_systemz(const struct place *p, struct strbuf *b)
{
	if (!str_starts(fact_str(p->arch, ""), "s390"))
		return;
	word(b, "ibm_systemz");
	word(b, p->hv == HV_ZKVM   ? "ibm_systemz-kvm"
		: p->hv == HV_ZVM  ? "ibm_systemz-zvm"
		: p->hv == HV_PRSM ? "ibm_systemz-lpar"
				   : "ibm_systemz-direct");
}

static void add_power(const struct place *p, struct strbuf *b)
{
	for (size_t i = 0; i < p->vm_signs.count; i++)
		if (p->hv == HV_POWERVM && p->vm_signs.row[i].kind == HV_POWERVM)
			word(b, str_eq(p->vm_signs.row[i].text, "shared")
					? "ibm_power-lpar_shared"
					: "ibm_power-lpar_dedicated");
}

/* Roles of a logical domain: who commands the others, and who has PCI hardware (a whole root complex,
 * or virtual functions of one). */
static void add_ldoms(struct host *h, struct strbuf *b)
{
	struct tree_names nodes = {0};
	bool root = false;

	if (h->place.hv != HV_LDOMS)
		return;
	word(b, "ldoms");
	/* Only the control domain has a channel to the service processor. */
	if (tree_exists(h->t, "/sys/class/vlds/ctrl") && tree_exists(h->t, "/sys/class/vlds/sp"))
		word(b, "ldoms-control");
	else
		word(b, "ldoms-guest");
	if (tree_list(h->t, "/proc/device-tree", &nodes) < 0)
		tree_list(h->t, "/proc/openprom", &nodes);
	for (size_t i = 0; i < nodes.count; i++)
		root |= str_starts(nodes.names[i], "pci@");
	if (root)
		word(b, "ldoms-root");
	if (root || (tree_list(h->t, "/sys/bus/pci/devices", &nodes) == 0 && nodes.count))
		word(b, "ldoms-io");
}

static bool is_ahv(const struct place *p)
{
	return str_starts(dmi_get(&p->dmi, DMI_SYS_VENDOR), "Nutanix") &&
	       strstr(dmi_get(&p->dmi, DMI_PRODUCT_NAME), "AHV");
}

/* Red Hat's QEMU names its maker in the chassis also where the system bears a customer's name. */
static void add_makers(const struct place *p, struct strbuf *b)
{
	static const enum dmi_field makers[] = {DMI_SYS_VENDOR, DMI_BOARD_VENDOR,
						DMI_CHASSIS_VENDOR};

	if (is_ahv(p))
		word(b, "nutanix_ahv");
	if (str_starts(dmi_get(&p->dmi, DMI_SYS_VENDOR), "oVirt"))
		word(b, "ovirt");
	if (str_starts(dmi_get(&p->dmi, DMI_PRODUCT_NAME), "RHEV Hypervisor"))
		word(b, "rhev");
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (str_starts(dmi_get(&p->dmi, makers[i]), "Red Hat"))
			word(b, "redhat");
}

static void add_xen(struct host *h, struct strbuf *b)
{
	const struct place *p = &h->place;

	if (p->xen == XEN_NOT)
		return;
	word(b, "xen");
	if (p->xen == XEN_DOM0)
		word(b, "xen-dom0");
	else if (p->xen == XEN_HVM)
		word(b, "xen-hvm");
	else if (p->xen == XEN_PV || (p->xen == XEN_GUEST && tree_exists(h->t, "/proc/xen")))
		word(b, "xen-domU");
}

/* A bare-metal instance bears the cloud's name without a hypervisor. */
static bool is_alibaba_metal(const struct place *p)
{
	return dmi_holds(&p->dmi, "EBM") || dmi_holds(&p->dmi, "ebm") ||
	       dmi_holds(&p->dmi, "Bare Metal") ||
	       (p->signatures && !strstr(p->signatures, "KVM") &&
		!str_has_word(p->cpu_flags, "hypervisor") && p->cpu_flags[0]);
}

static void add_cloud(const struct place *p, struct strbuf *b)
{
	const char *cloud = fact_str(p->cloud, "");

	if (str_eq(cloud, "Amazon EC2"))
		word(b, "aws");
	else if (str_eq(cloud, "Google Compute Engine"))
		word(b, "google_cloud");
	else if (str_eq(cloud, "UpCloud"))
		word(b, "upcloud");
	else if (str_eq(cloud, "Alibaba Cloud"))
		word(b, is_alibaba_metal(p) ? "alibaba_cloud-ebm" : "alibaba_cloud");
}

/* virt-what prints kvm whenever the CPU shows KVM's signature, also for products that borrow it. */
static void add_signature(const struct place *p, struct strbuf *b)
{
	if (p->hv != HV_PARALLELS && p->xen == XEN_NOT && p->signatures &&
	    strstr(p->signatures, "KVMKVMKVM") && !strstr(p->signatures, "LKVM"))
		word(b, "kvm");
}

static void gather_virt_what(struct host *h)
{
	struct place *p = &h->place;
	struct strbuf b = {0};

	for (size_t i = 0; i < ARRAY_SIZE(box_words); i++)
		if (p->box == box_words[i].box)
			word(&b, box_words[i].word);
	add_vserver(h, &b);
	add_systemz(p, &b);
	add_power(p, &b);
	add_makers(p, &b);
	add_ldoms(h, &b);
	add_xen(h, &b);
	/* AHV is KVM by its maker's name alone; virt-what says so only where the CPU does. */
	for (size_t i = 0; i < ARRAY_SIZE(hv_words); i++)
		if (p->hv == hv_words[i].hv && !(p->hv == HV_KVM && is_ahv(p)))
			word(&b, hv_words[i].word);
	add_signature(p, &b);
	add_cloud(p, &b);
	p->virt_what = p->kind.is == UNKNOWN && !b.len
			       ? fact_unknown("several facts", ENODATA)
			       : fact_text("several facts", arena_dup(h->a, strbuf_str(&b)));
	strbuf_fini(&b);
}

/* ---- lscpu ---- */

static const struct {
	enum hv hv;
	const char *vendor, *type;
} lscpu_rows[] = {
	{HV_KVM, "KVM", "full"},
	{HV_LKVM, "KVM", "full"},
	{HV_CROSVM, "KVM", "full"},
	{HV_FIRECRACKER, "KVM", "full"},
	{HV_POWERKVM, "KVM", "para"},
	{HV_HYPERV, "Microsoft", "full"},
	{HV_VIRTUALPC, "Microsoft", "full"},
	{HV_VMWARE, "VMware", "full"},
	{HV_VIRTUALBOX, "Oracle", "full"},
	{HV_PARALLELS, "Parallels", "full"},
	{HV_PRSM, "IBM", "full"},
	{HV_ZVM, "IBM", "full"},
	{HV_ZKVM, "KVM", "full"},
	{HV_POWERVM, "pHyp", "para"},
	{HV_UML, "User-mode Linux", "para"},
	{HV_XEN, "Xen", "full"},
	{HV_APPLE, "Apple", "full"},
};

static void gather_lscpu(struct host *h)
{
	struct place *p = &h->place;

	p->hypervisor_vendor = p->virtualization_type =
		p->vm.is == UNKNOWN ? p->vm : fact_no(p->vm.source);
	for (size_t i = 0; i < ARRAY_SIZE(lscpu_rows); i++) {
		if (p->hv != lscpu_rows[i].hv)
			continue;
		p->hypervisor_vendor = fact_text(p->vm.source, lscpu_rows[i].vendor);
		p->virtualization_type =
			fact_text(p->vm.source, p->xen == XEN_PV ? "para" : lscpu_rows[i].type);
	}
	if (p->xen != XEN_DOM0)
		return;
	p->hypervisor_vendor = fact_text("/proc/xen/capabilities", "Xen");
	p->virtualization_type = fact_text("/proc/xen/capabilities", "none");
}

void place_gather_words(struct host *h)
{
	gather_virt_what(h);
	gather_lscpu(h);
}
