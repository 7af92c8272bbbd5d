/* Gathers which hypervisors have a driver here and who holds the processor's virtualization. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

int hypervisors_version_cmp(const char *a, const char *b)
{
	for (int part = 0; part < 3; part++) {
		unsigned long x = 0, y = 0;

		while (isdigit((unsigned char)*a) && x < 1000000)
			x = x * 10 + (unsigned long)(*a++ - '0');
		while (isdigit((unsigned char)*b) && y < 1000000)
			y = y * 10 + (unsigned long)(*b++ - '0');
		if (x != y)
			return x < y ? -1 : 1;
		if (*a != '.' && *b != '.')
			break;
		a += *a == '.';
		b += *b == '.';
	}
	return 0;
}

/* ---- drivers ---- */

static struct fact driver(struct host *h, const char *module)
{
	char path[96];
	const char *version;
	struct tree_stat st;
	int r;

	snprintf(path, sizeof path, "/sys/module/%s", module);
	r = tree_stat(h->t, path, &st);
	if ((r == -ENOENT || r == -ENOTDIR) && tree_exists(h->t, "/sys/module"))
		return fact_no(arena_dup(h->a, path));
	if (r < 0)
		return fact_unknown(arena_dup(h->a, path), r);
	if (tree_readf_line(h->t, &version, "%s/version", path) < 0)
		version = "";
	return fact_text(arena_dup(h->a, path), version);
}

/* Who has the driver open: its count of references without the modules that stand on it. */
static struct fact users(struct host *h, const char *module)
{
	char path[96];
	struct tree_names holders = {0};
	int64_t count;
	int r;

	snprintf(path, sizeof path, "/sys/module/%s/holders", module);
	tree_list(h->t, path, &holders);
	snprintf(path, sizeof path, "/sys/module/%s/refcnt", module);
	r = tree_num(h->t, path, &count);
	if (r < 0)
		return fact_unknown(arena_dup(h->a, path), r);
	count -= (int64_t)holders.count;
	return fact_num(arena_dup(h->a, path), count > 0 ? count : 0);
}

/* Its node is there only when the driver is: no need to open it. A folder of files may have no /dev at all. */
static struct fact node(struct host *h, const char *path)
{
	struct fact f = fact_exists(h->t, path);

	if (f.is == NO && !tree_has_answers(h->t) && !tree_exists(h->t, "/dev"))
		return fact_unknown(path, ENODATA);
	return f;
}

static void gather_xen(struct host *h)
{
	static const char *const words[] = {
		[XEN_GUEST] = "guest", [XEN_HVM] = "HVM",   [XEN_PV] = "PV",
		[XEN_PVH] = "PVH",     [XEN_DOM0] = "dom0",
	};
	enum xen_role role = h->place.xen;
	const char *source = role == XEN_DOM0 ? "/proc/xen/capabilities" : "/sys/hypervisor/type";

	if (role != XEN_NOT)
		h->hypervisors.xen = fact_text(source, words[role]);
	else if (h->place.kind.is == UNKNOWN)
		h->hypervisors.xen = fact_unknown(source, ENODATA);
	else
		h->hypervisors.xen = fact_no(source);
}

/* ---- who holds VT-x ---- */

static bool at_least_6_12(const struct host *h)
{
	const struct fact *release = &h->kernel.release;

	return release->has_num && release->num >= 6012;
}

static enum kvm_holds how_kvm_holds(const struct host *h)
{
	const struct fact *driver_fact = &h->kernel.driver;
	const struct fact *at_load = &h->kernel.params[PARAM_KVM_ENABLE_VIRT_AT_LOAD];

	if (driver_fact->is == UNKNOWN)
		return KVM_HOLDS_UNKNOWN;
	/* kvm_pvm runs guests without the processor's help. */
	if (driver_fact->is == NO || str_eq(driver_fact->text, "kvm_pvm"))
		return KVM_HOLDS_NOT;
	if (at_load->is != UNKNOWN)
		return at_load->is == YES ? KVM_HOLDS_LOADED : KVM_HOLDS_RUNNING;
	if (!h->kernel.release.has_num)
		return KVM_HOLDS_UNKNOWN;
	return at_least_6_12(h) ? KVM_HOLDS_LOADED : KVM_HOLDS_RUNNING;
}

static bool in_use(const struct fact *driver_fact, const struct fact *n)
{
	return driver_fact->is == YES && n->is == YES && n->num > 0;
}

static struct fact who_holds(const struct host *h)
{
	const struct hypervisors *v = &h->hypervisors;

	if (h->place.xen == XEN_DOM0)
		return fact_text(v->xen.source, "Xen");
	if (v->hyperv_root.is == YES)
		return fact_text(v->hyperv_root.source, "Hyper-V");
	if (v->kvm == KVM_HOLDS_LOADED)
		return fact_text("/sys/module/kvm/parameters/enable_virt_at_load", "KVM");
	if (in_use(&v->virtualbox, &v->virtualbox_users))
		return fact_text(v->virtualbox_users.source, "VirtualBox");
	if (in_use(&v->vmware, &v->vmware_users))
		return fact_text(v->vmware_users.source, "VMware");
	if (v->kvm == KVM_HOLDS_UNKNOWN)
		return fact_unknown(h->kernel.driver.source, h->kernel.driver.err);
	return fact_no("/sys/module");
}

/* ---- VirtualBox beside KVM ---- */

#define UNLOAD "modprobe -r kvm_intel kvm_amd kvm (or blacklist them) before VirtualBox starts a VM"

/* From Linux 6.12 KVM takes VT-x when it is loaded. VirtualBox could then not start a VM, until 7.2.10, which
 * asks KVM for it and so wants it loaded that way, or absent (VirtualBox/virtualbox#188, #711, #713). */
static struct fact virtualbox_advice(const struct host *h)
{
	const struct hypervisors *v = &h->hypervisors;
	const char *version = fact_str(v->virtualbox, "");
	bool asks_kvm = *version && hypervisors_version_cmp(version, "7.2.10") >= 0;
	const char *source = v->virtualbox.source;

	if (v->virtualbox.is != YES || v->kvm == KVM_HOLDS_UNKNOWN || v->kvm == KVM_HOLDS_NOT)
		return fact_no(source);
	if (asks_kvm && v->kvm == KVM_HOLDS_RUNNING && at_least_6_12(h))
		return fact_text(source, "boot with kvm.enable_virt_at_load=1, or " UNLOAD);
	if (!asks_kvm && v->kvm == KVM_HOLDS_LOADED)
		return fact_text(source,
				 *version ? "boot with kvm.enable_virt_at_load=0, or " UNLOAD
					    "; or install VirtualBox 7.2.10 or newer"
					  : "boot with kvm.enable_virt_at_load=0 (VirtualBox "
					    "before 7.2.10), or " UNLOAD);
	return fact_no(source);
}

/* ---- all ---- */

static const struct {
	size_t offset;
	const char *name;
} foreigners[] = {
	{offsetof(struct hypervisors, virtualbox), "VirtualBox"},
	{offsetof(struct hypervisors, vmware), "VMware"},
	{offsetof(struct hypervisors, mshv), "Hyper-V"},
	{offsetof(struct hypervisors, gunyah), "Gunyah"},
	{offsetof(struct hypervisors, acrn), "ACRN"},
	{offsetof(struct hypervisors, haxm), "HAXM"},
	{offsetof(struct hypervisors, nitro_enclaves), "Nitro Enclaves"},
};

static void gather_foreign(struct host *h)
{
	struct hypervisors *v = &h->hypervisors;
	struct strbuf names = {0};

	if (h->place.xen == XEN_DOM0)
		strbuf_add(&names, "Xen");
	for (size_t i = 0; i < ARRAY_SIZE(foreigners); i++) {
		const struct fact *f = (const void *)((const char *)v + foreigners[i].offset);

		if (f->is == YES)
			strbuf_printf(&names, "%s%s", names.len ? ", " : "", foreigners[i].name);
	}
	v->foreign = names.len ? fact_text("/sys/module, /dev", arena_dup(h->a, names.text))
			       : fact_no("/sys/module, /dev");
	strbuf_fini(&names);
}

static void gather(struct host *h)
{
	struct hypervisors *v = &h->hypervisors;

	v->virtualbox = driver(h, "vboxdrv");
	v->virtualbox_users =
		v->virtualbox.is == YES ? users(h, "vboxdrv") : fact_no(v->virtualbox.source);
	v->vmware = driver(h, "vmmon");
	v->vmware_users = v->vmware.is == YES ? users(h, "vmmon") : fact_no(v->vmware.source);
	gather_xen(h);
	v->hyperv_root =
		h->cpu.arch_kind == ARCH_X86 ? h->cpu.hyperv_root : fact_no("architecture");
	v->mshv = node(h, "/dev/mshv");
	v->gunyah = node(h, "/dev/gunyah");
	v->acrn = node(h, "/dev/acrn_hsm");
	v->haxm = node(h, "/dev/HAX");
	v->nitro_enclaves = node(h, "/dev/nitro_enclaves");
	v->kvm = how_kvm_holds(h);
	v->holder = who_holds(h);
	v->virtualbox_advice = virtualbox_advice(h);
	gather_foreign(h);
}

static const struct fact_row facts[] = {
	FACT("hypervisors.virtualbox", hypervisors.virtualbox, "VirtualBox's driver is loaded"),
	FACT("hypervisors.virtualbox-users", hypervisors.virtualbox_users,
	     "Processes that have VirtualBox's driver open"),
	FACT("hypervisors.virtualbox-advice", hypervisors.virtualbox_advice,
	     "What VirtualBox needs beside KVM here"),
	FACT("hypervisors.vmware", hypervisors.vmware, "VMware's driver is loaded"),
	FACT("hypervisors.vmware-users", hypervisors.vmware_users,
	     "Processes that have VMware's driver open"),
	FACT("hypervisors.xen", hypervisors.xen, "Xen below this system"),
	FACT("hypervisors.hyperv-root", hypervisors.hyperv_root, "Root partition of Hyper-V"),
	FACT("hypervisors.mshv", hypervisors.mshv, "/dev/mshv"),
	FACT("hypervisors.gunyah", hypervisors.gunyah, "/dev/gunyah"),
	FACT("hypervisors.acrn", hypervisors.acrn, "/dev/acrn_hsm"),
	FACT("hypervisors.haxm", hypervisors.haxm, "/dev/HAX"),
	FACT("hypervisors.nitro-enclaves", hypervisors.nitro_enclaves, "/dev/nitro_enclaves"),
	FACT("hypervisors.foreign", hypervisors.foreign, "Hypervisors other than KVM"),
	FACT("hypervisors.holder", hypervisors.holder, "Who holds VT-x or AMD-V"),
};

const struct area hypervisors_area = {
	.name = "hypervisors",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = hypervisors_checks,
	.nchecks = HYPERVISORS_CHECKS,
};
