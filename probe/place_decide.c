/* Weighs the signs: which hypervisor, which container, and what contradicts the answer. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

static const char *const hv_names[HV_COUNT] = {
	[HV_NONE] = "none",
	[HV_UNKNOWN] = "an unknown hypervisor",
	[HV_QEMU] = "QEMU",
	[HV_HYPERV] = "Hyper-V",
	[HV_KVM] = "KVM",
	[HV_LKVM] = "KVM (kvmtool)",
	[HV_CROSVM] = "KVM (crosvm)",
	[HV_FIRECRACKER] = "KVM (Firecracker)",
	[HV_XEN] = "Xen",
	[HV_BHYVE] = "bhyve",
	[HV_VMM] = "OpenBSD vmm",
	[HV_ACRN] = "ACRN",
	[HV_JAILHOUSE] = "Jailhouse",
	[HV_QNX] = "QNX Hypervisor",
	[HV_GUNYAH] = "Gunyah",
	[HV_SRE] = "LMHS SRE",
	[HV_APPLE] = "Apple Virtualization",
	[HV_VIRTUALPC] = "Virtual PC",
	[HV_VIRTUALBOX] = "VirtualBox",
	[HV_VMWARE] = "VMware",
	[HV_PARALLELS] = "Parallels",
	[HV_UML] = "User Mode Linux",
	[HV_LX86] = "PowerVM Lx86",
	[HV_VIRTAGE] = "Hitachi Virtage",
	[HV_LDOMS] = "Oracle VM Server for SPARC",
	[HV_POWERVM] = "PowerVM",
	[HV_POWERKVM] = "KVM on POWER",
	[HV_PRSM] = "PR/SM",
	[HV_ZVM] = "z/VM",
	[HV_ZKVM] = "KVM on IBM Z",
};

static const char *const box_names[BOX_COUNT] = {
	[BOX_NONE] = "none",
	[BOX_UNKNOWN] = "an unknown container engine",
	[BOX_OCI] = "an OCI runtime",
	[BOX_KUBERNETES] = "Kubernetes",
	[BOX_DOCKER] = "Docker",
	[BOX_PODMAN] = "Podman",
	[BOX_CRIO] = "CRI-O",
	[BOX_CONTAINERD] = "containerd",
	[BOX_BUILDKIT] = "BuildKit",
	[BOX_GARDEN] = "Garden",
	[BOX_LXC] = "LXC",
	[BOX_NSPAWN] = "systemd-nspawn",
	[BOX_OPENVZ] = "OpenVZ",
	[BOX_VSERVER] = "Linux-VServer",
	[BOX_FLATPAK] = "Flatpak",
	[BOX_FIREJAIL] = "Firejail",
	[BOX_TOOLBOX] = "Toolbox",
	[BOX_GVISOR] = "gVisor",
	[BOX_WSL1] = "WSL 1",
	[BOX_ZONE] = "an illumos zone",
	[BOX_PROOT] = "PRoot",
};

/* The source of what no single file says. */
static const char several[] = "several facts";

const char *place_hv_name(enum hv hv)
{
	return hv_names[hv];
}

const char *place_box_name(enum box box)
{
	return box_names[box];
}

void sign_add(struct signs *s, int kind, enum weight w, const char *source, const char *text)
{
	if (s->count < SIGNS_MAX)
		s->row[s->count++] = (struct sign){kind, w, source, text ? text : ""};
}

const char *signs_words(struct arena *a, const struct signs *s, int kind)
{
	struct strbuf b = {0};
	char *words;

	for (size_t i = 0; i < s->count; i++)
		if (s->row[i].kind == kind || kind < 0)
			strbuf_printf(&b, "%s%s: %s", b.len ? "; " : "", s->row[i].source,
				      s->row[i].text);
	words = b.len ? arena_dup(a, b.text) : NULL;
	strbuf_fini(&b);
	return words;
}

/* ---- virtual machine ---- */

static bool has_kind(const struct signs *s, int kind)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->row[i].kind == kind)
			return true;
	return false;
}

static bool tcg(const struct signs *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_starts(s->row[i].text, "TCGTCG"))
			return true;
	return false;
}

/* The signature of Hyper-V with Virtual PC's absence of one: the same maker's name in the SMBIOS. */
static void tell_virtualpc(struct place *p)
{
	bool x86 = str_eq(fact_str(p->arch, ""), "x86_64") || str_ends(fact_str(p->arch, ""), "86");

	if (!x86 || !p->signatures || strstr(p->signatures, "Microsoft Hv") ||
	    str_has_word(p->cpu_flags, "hypervisor"))
		return;
	for (size_t i = 0; i < p->vm_signs.count; i++)
		if (p->vm_signs.row[i].kind == HV_HYPERV &&
		    str_starts(p->vm_signs.row[i].source, "DMI"))
			p->vm_signs.row[i].kind = HV_VIRTUALPC;
}

/* QEMU can show Hyper-V's signature to please Windows. */
static enum hv strongest(const struct place *p)
{
	const struct signs *s = &p->vm_signs;
	enum hv best = HV_NONE;

	for (size_t i = 0; i < s->count; i++)
		if ((enum hv)s->row[i].kind > best)
			best = (enum hv)s->row[i].kind;
	if (best == HV_HYPERV && has_kind(s, HV_QEMU))
		return HV_KVM;
	if (best == HV_KVM && tcg(s) && !strstr(p->signatures ? p->signatures : "", "KVM"))
		return HV_QEMU;
	return best;
}

static bool is_x86(const struct place *p)
{
	const char *arch = fact_str(p->arch, "");

	return str_eq(arch, "x86_64") || (arch[0] == 'i' && str_ends(arch, "86"));
}

/* Not finding a hypervisor means bare metal only where one would have been seen. */
static bool can_tell_metal(struct host *h)
{
	const struct place *p = &h->place;
	const char *arch = fact_str(p->arch, "");
	const char *platform = place_key_value(h->a, p->cpuinfo, "platform");
	const char *type = place_key_value(h->a, p->cpuinfo, "type");

	if (is_x86(p))
		return p->cpu_flags[0] != '\0' || h->cpu.id_known;
	if (str_starts(arch, "ppc"))
		return platform && str_starts(platform, "PowerNV");
	if (str_starts(arch, "sparc"))
		return type && str_eq(type, "sun4u");
	return p->dmi.found || tree_exists(h->t, "/proc/device-tree/compatible");
}

static void decide_vm(struct host *h)
{
	struct place *p = &h->place;

	tell_virtualpc(p);
	p->hv = strongest(p);
	/* dom0 and the root partition see the machine itself: the hypervisor is theirs to command. */
	if (p->xen == XEN_DOM0 || p->hyperv_root)
		p->hv = HV_NONE;
	if (p->hv != HV_NONE) {
		p->vm_evidence = fact_text(several, signs_words(h->a, &p->vm_signs, -1));
		p->vm = fact_text(p->vm_signs.row[0].source, hv_names[p->hv]);
	} else if (can_tell_metal(h) || p->xen == XEN_DOM0) {
		p->vm = fact_no("/proc/cpuinfo");
		p->vm_evidence = fact_no("/proc/cpuinfo");
	} else {
		p->vm = p->vm_evidence = fact_unknown("/proc/cpuinfo", ENODATA);
	}
}

/* Pairs that belong together: a product and the interface that it shows its guests. */
static bool pair_is_usual(int a, int b)
{
	static const int pairs[][2] = {
		{HV_KVM, HV_QEMU},        {HV_KVM, HV_HYPERV},        {HV_QEMU, HV_HYPERV},
		{HV_KVM, HV_VIRTUALBOX},  {HV_HYPERV, HV_VIRTUALBOX}, {HV_KVM, HV_PARALLELS},
		{HV_HYPERV, HV_XEN},      {HV_QEMU, HV_XEN},          {HV_QEMU, HV_POWERKVM},
		{HV_KVM, HV_FIRECRACKER}, {HV_KVM, HV_CROSVM},        {HV_KVM, HV_LKVM},
		{HV_QEMU, HV_ACRN},       {HV_QEMU, HV_APPLE},        {HV_HYPERV, HV_VIRTUALPC},
	};

	if (a == b || a == HV_UNKNOWN || b == HV_UNKNOWN)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if ((pairs[i][0] == a && pairs[i][1] == b) ||
		    (pairs[i][0] == b && pairs[i][1] == a))
			return true;
	return false;
}

static void add_conflict(struct strbuf *b, const char *one, const char *other)
{
	strbuf_printf(b, "%s%s, but %s", b->len ? "; " : "", one, other);
}

static void conflict_vm(struct host *h, struct strbuf *b)
{
	const struct place *p = &h->place;
	const struct signs *s = &p->vm_signs;

	if (p->hv == HV_NONE)
		return;
	for (size_t i = 0; i < s->count; i++)
		if (s->row[i].weight > HINT && !pair_is_usual(s->row[i].kind, (int)p->hv)) {
			add_conflict(b,
				     arena_printf(h->a, "%s says %s", s->row[i].source,
						  hv_names[s->row[i].kind]),
				     arena_printf(h->a, "other evidence says %s", hv_names[p->hv]));
			return;
		}
}

/* ---- container ---- */

/* WSL 2 gives each distribution namespaces of its own inside its VM: that alone is no container. */
static bool is_wsl2(const struct place *p)
{
	const char *release = fact_str(p->kernel_release, "");

	return strstr(release, "WSL2") || strstr(release, "microsoft-standard");
}

/* Only a left-over may be overruled: a mark in a file system can have come with an image. */
static bool boxed(const struct place *p)
{
	unsigned best = 0;
	bool named = false;

	for (size_t i = 0; i < p->box_signs.count; i++) {
		named |= p->box_signs.row[i].kind != BOX_UNKNOWN;
		if (p->box_signs.row[i].weight > best)
			best = p->box_signs.row[i].weight;
	}
	if (p->spaces == SPACES_FIRST)
		return best >= SURE;
	if (p->spaces == SPACES_OWN)
		return named || !is_wsl2(p);
	/* Part of the namespaces, or none known: marks decide, weakly. */
	return best >= FIRM || (best == HINT && p->spaces == SPACES_UNKNOWN);
}

/* An engine's name says more than "Kubernetes", and that more than "somebody's namespaces". */
static unsigned tells(const struct sign *s)
{
	enum { VAGUE = 10, NAMED = 20 };

	if (s->kind == BOX_UNKNOWN)
		return s->weight;
	return s->weight + (s->kind == BOX_KUBERNETES ? VAGUE : NAMED);
}

static enum box which_box(const struct place *p)
{
	const struct sign *best = NULL;

	for (size_t i = 0; i < p->box_signs.count; i++)
		if (!best || tells(&p->box_signs.row[i]) > tells(best))
			best = &p->box_signs.row[i];
	return best ? (enum box)best->kind : BOX_UNKNOWN;
}

static bool can_tell_box(const struct place *p)
{
	return p->spaces != SPACES_UNKNOWN || p->box_signs.count;
}

static void decide_container(struct host *h)
{
	struct place *p = &h->place;
	const char *words = signs_words(h->a, &p->box_signs, -1);

	p->box = boxed(p) ? which_box(p) : BOX_NONE;
	if (p->box != BOX_NONE) {
		p->container = fact_text(p->box_signs.row[0].source, box_names[p->box]);
		p->container_evidence = fact_text(several, words);
	} else if (can_tell_box(p)) {
		p->container = fact_no("/proc/self/ns");
		p->container_evidence =
			fact_because("/proc/self/ns", false,
				     p->spaces == SPACES_FIRST ? "the first namespaces" : NULL);
	} else {
		/* A folder of files that shows no trace of a container, and no namespaces either. */
		p->container = fact_unknown("/proc/self/ns", ENODATA);
		p->container_evidence = fact_unknown("/proc/self/ns", ENODATA);
	}
}

static void conflict_container(struct host *h, struct strbuf *b)
{
	const struct place *p = &h->place;
	const struct signs *s = &p->box_signs;
	struct strbuf marks = {0};

	if (p->box == BOX_NONE && p->spaces != SPACES_UNKNOWN)
		for (size_t i = 0; i < s->count; i++)
			if (s->row[i].kind != BOX_UNKNOWN)
				strbuf_printf(&marks, "%s%s says %s", marks.len ? " and " : "",
					      s->row[i].source, box_names[s->row[i].kind]);
	if (marks.len)
		add_conflict(
			b, marks.text,
			p->spaces == SPACES_FIRST
				? "the PID, user, UTS and IPC namespaces are the first ones of "
				  "this "
				  "kernel, so this is not a container: such a mark may have come "
				  "with the image"
				: "the PID, UTS and IPC namespaces are not a container's: such a "
				  "mark may have come with the image");
	else if (p->box != BOX_NONE && p->spaces == SPACES_FIRST)
		add_conflict(
			b, arena_printf(h->a, "%s says %s", p->container.source, box_names[p->box]),
			"the PID, user, UTS and IPC namespaces are the host's: a container "
			"that shares them");
	strbuf_fini(&marks);
}

/* ---- both ---- */

static const char *kind_word(const struct place *p)
{
	if (p->box != BOX_NONE)
		return p->hv != HV_NONE ? "vm+container" : "container";
	if (p->hv != HV_NONE)
		return "vm";
	return p->vm.is == NO ? "bare-metal" : "unknown";
}

static const char *confidence_word(const struct place *p)
{
	unsigned firm = 0;

	for (size_t i = 0; i < p->vm_signs.count; i++)
		firm += p->vm_signs.row[i].weight > HINT;
	if (p->conflict.is == YES && firm > 1)
		return "several facts agree, one contradicts";
	if (p->hv != HV_NONE && !firm)
		return "weak: hints only";
	if (p->spaces == SPACES_UNKNOWN)
		return "files only: namespaces are not known";
	return firm > 1 || p->hv == HV_NONE ? "several facts agree" : "one fact";
}

void place_decide(struct host *h)
{
	struct place *p = &h->place;
	struct strbuf b = {0};

	decide_vm(h);
	decide_container(h);
	conflict_vm(h, &b);
	conflict_container(h, &b);
	p->conflict = b.len ? fact_text(several, arena_dup(h->a, b.text)) : fact_no(several);
	strbuf_fini(&b);
	p->kind = str_eq(kind_word(p), "unknown") ? fact_unknown("/proc/cpuinfo", ENODATA)
						  : fact_text(several, kind_word(p));
	p->confidence = fact_text(several, confidence_word(p));
}
