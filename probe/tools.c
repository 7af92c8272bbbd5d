/* Tools by the presence of their files; versions out of the package database, when asked for. */
#include "probe/tools.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"
#include "probe/packages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Asked of one tool at a time, as it is likely to be there. */
static const char *const likely[] = {"/usr/sbin", "/usr/bin"};
/* Listed once: they hold little or do not exist. */
static const char *const rare[] = {"/usr/local/bin", "/usr/local/sbin",
				   "/run/current-system/sw/bin"};

struct search {
	struct host *h;
	struct tree_names rare[ARRAY_SIZE(rare)];
};

static const struct {
	const char *title, *candidates, *package;
} tools[TOOL_COUNT] = {
#define TOOL_ROW(id, name, title, candidates, package) [TOOL_##id] = {title, candidates, package},
	TOOLS(TOOL_ROW)
#undef TOOL_ROW
};

/* Packages a tool comes in, on distributions that tell versions. */
static const struct {
	enum tool tool;
	const char *package;
} sources[] = {
	{TOOL_QEMU, "qemu-system-x86"},
	{TOOL_QEMU, "qemu-system-arm"},
	{TOOL_QEMU, "qemu-system-misc"},
	{TOOL_QEMU, "qemu-system-s390x"},
	{TOOL_QEMU, "qemu-system-ppc"},
	{TOOL_QEMU, "qemu-system-common"},
	{TOOL_QEMU, "qemu-system-x86_64"},
	{TOOL_QEMU, "qemu-base"},
	{TOOL_QEMU, "qemu-desktop"},
	{TOOL_QEMU_IMG, "qemu-utils"},
	{TOOL_QEMU_IMG, "qemu-img"},
	{TOOL_QEMU_NBD, "qemu-utils"},
	{TOOL_QEMU_NBD, "qemu-img"},
	{TOOL_LIBVIRT, "libvirt-daemon"},
	{TOOL_LIBVIRT, "libvirt-daemon-common"},
	{TOOL_LIBVIRT, "libvirt"},
	{TOOL_VIRSH, "libvirt-clients"},
	{TOOL_VIRSH, "libvirt-client"},
	{TOOL_VIRSH, "libvirt"},
	{TOOL_VIRT_INSTALL, "virtinst"},
	{TOOL_VIRT_INSTALL, "virt-install"},
	{TOOL_OVMF, "ovmf"},
	{TOOL_OVMF, "edk2-ovmf"},
	{TOOL_SWTPM, "swtpm"},
	{TOOL_VIRTIOFSD, "virtiofsd"},
	{TOOL_VIRTIOFSD, "qemu-system-common"},
	{TOOL_VIRTUALBOX, "virtualbox"},
	{TOOL_VIRTUALBOX, "virtualbox-7.2"},
	{TOOL_VIRTUALBOX, "virtualbox-7.1"},
	{TOOL_VIRTUALBOX, "virtualbox-7.0"},
	{TOOL_XEN, "xen-utils-common"},
	{TOOL_XEN, "xen"},
	{TOOL_DOCKER, "docker.io"},
	{TOOL_DOCKER, "docker-ce"},
	{TOOL_DOCKER, "docker"},
	{TOOL_PODMAN, "podman"},
	{TOOL_LXC, "lxc"},
	{TOOL_INCUS, "incus"},
	{TOOL_INCUS, "lxd"},
	{TOOL_NSPAWN, "systemd-container"},
	{TOOL_NSPAWN, "systemd"},
	{TOOL_CLOUD_HYPERVISOR, "cloud-hypervisor"},
	{TOOL_FIRECRACKER, "firecracker"},
	{TOOL_CROSVM, "crosvm"},
};

/* QEMU's name for this architecture, and Debian's package with it. */
static const struct {
	const char *machine, *qemu, *package;
} architectures[] = {
	{"x86_64", "x86_64", "qemu-system-x86"},
	{"i", "x86_64", "qemu-system-x86"},
	{"aarch64", "aarch64", "qemu-system-arm"},
	{"arm", "arm", "qemu-system-arm"},
	{"s390x", "s390x", "qemu-system-misc"},
	{"ppc64", "ppc64", "qemu-system-ppc"},
	{"riscv64", "riscv64", "qemu-system-misc"},
	{"loongarch64", "loongarch64", "qemu-system-misc"},
};

static size_t architecture(const struct host *h)
{
	const char *machine = fact_str(h->place.arch, fact_str(h->kernel.machine, "x86_64"));

	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (str_starts(machine, architectures[i].machine))
			return i;
	return 0;
}

/* ---- looking ---- */

static bool is_program(struct host *h, const char *path)
{
	struct tree_stat st;

	return tree_stat(h->t, path, &st) == 0 && S_ISREG(st.mode);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *look_in_rare(const struct search *s, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rare); i++) {
		const struct tree_names *in = &s->rare[i];

		if (in->count && bsearch(&name, in->names, in->count, sizeof *in->names, by_name))
			return arena_printf(s->h->a, "%s/%s", rare[i], name);
	}
	return NULL;
}

/* "sbin:libvirtd" is looked for in /usr/sbin first; others only in /usr/bin. */
static const char *look_for(const struct search *s, const char *name)
{
	struct host *h = s->h;
	bool system = str_starts(name, "sbin:");
	const char *percent = strchr(name, '%'), *path;

	if (name[0] == '/')
		return is_program(h, name) ? name : NULL;
	name += system ? strlen("sbin:") : 0;
	if (percent)
		name = arena_printf(h->a, "%.*s%s", (int)(percent - name), name,
				    architectures[architecture(h)].qemu);
	for (size_t i = system ? 0 : 1; i < ARRAY_SIZE(likely); i++) {
		path = arena_printf(h->a, "%s/%s", likely[i], name);
		if (is_program(h, path))
			return path;
	}
	return look_in_rare(s, name);
}

static struct fact find(const struct search *s, enum tool id)
{
	const char *at = tools[id].candidates, *word;
	size_t n;

	while (str_word(&at, &word, &n)) {
		const char *path = look_for(s, arena_dupn(s->h->a, word, n));

		if (path)
			return fact_because(path, true, path);
	}
	return fact_no("/usr/bin, /usr/sbin, /usr/local/bin");
}

/* A captured tree without programs says nothing about programs. */
static bool has_programs(struct host *h)
{
	return tree_is_live(h->t) || tree_has_answers(h->t) || tree_exists(h->t, "/usr/bin/env") ||
	       tree_exists(h->t, "/bin/sh");
}

static void find_versions(struct host *h)
{
	struct tools_facts *t = &h->tools;
	const char *names[ARRAY_SIZE(sources)], *text, *version;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		names[i] = sources[i].package;
	r = packages_versions(h->t, names, ARRAY_SIZE(names), &text);
	for (size_t i = 0; i < TOOL_COUNT; i++)
		t->version[i] = fact_unknown("package database", r < 0 ? r : ENODATA);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sources); i++) {
		enum tool id = sources[i].tool;
		const char *path = fact_str(t->found[id], NULL);

		/* What lies in /usr/local or /opt is nobody's package. */
		if (!path || !str_starts(path, "/usr/") || str_starts(path, "/usr/local/") ||
		    fact_is_yes(t->version[id]))
			continue;
		version = packages_find(h->a, text, sources[i].package);
		if (version)
			t->version[id] = fact_text(sources[i].package, version);
	}
}

static void gather(struct host *h)
{
	struct tools_facts *t = &h->tools;
	struct search s = {.h = h};
	bool programs = has_programs(h);

	for (size_t i = 0; programs && i < ARRAY_SIZE(rare); i++)
		tree_list(h->t, rare[i], &s.rare[i]);
	for (size_t i = 0; i < TOOL_COUNT; i++) {
		t->found[i] = programs ? find(&s, (enum tool)i) : fact_unknown("/usr/bin", ENODATA);
		t->version[i] = fact_unknown("package database", 0);
	}
	t->libvirt_socket = fact_exists(h->t, "/run/libvirt/libvirt-sock");
	if (fact_is_no(t->libvirt_socket))
		t->libvirt_socket = fact_exists(h->t, "/run/libvirt/virtqemud-sock");
	if (h->opt->versions && programs)
		find_versions(h);
}

/* ---- rows ---- */

static const struct fact_row facts[] = {
#define TOOL_FACT(id, name, title, candidates, package)                                            \
	FACT("tools." name, tools.found[TOOL_##id], title),
#define TOOL_VERSION(id, name, title, candidates, package)                                         \
	FACT("tools." name "-version", tools.version[TOOL_##id], title " version"),
	TOOLS(TOOL_FACT) TOOLS(TOOL_VERSION)
		FACT("tools.libvirt-socket", tools.libvirt_socket, "libvirt listens"),
};

/* True when it is there, and said so. */
static bool said_found(const struct host *h, struct finding *f, enum tool id)
{
	const struct fact *found = &h->tools.found[id], *version = &h->tools.version[id];

	if (finding_if_unknown(f, found))
		return true;
	finding_cite(f, found);
	if (!fact_is_yes(*found))
		return false;
	if (fact_is_yes(*version)) {
		finding_cite(f, version);
		finding_pass(f, "%s (%s)", found->text, version->text);
	} else {
		finding_pass(f, "%s", found->text);
	}
	return true;
}

static void offer_package(const struct host *h, struct finding *f, const char *package)
{
	const char *command = package ? place_package_command(h, package) : NULL;

	if (command)
		finding_fix(f, "%s", command);
	else if (package)
		finding_fix(f, "install the package with it (Debian calls it %s)", package);
}

static void judge_wanted(const struct host *h, struct finding *f, enum tool id)
{
	if (said_found(h, f, id))
		return;
	finding_miss(f, "not found: %s", tools[id].title);
	offer_package(h, f, tools[id].package);
}

/* Nobody misses it who did not ask for it. */
static void judge_other(const struct host *h, struct finding *f, enum tool id)
{
	if (said_found(h, f, id))
		return;
	finding_absent(f, "not found: %s", tools[id].title);
	offer_package(h, f, tools[id].package);
}

static void judge_qemu(const struct host *h, struct finding *f)
{
	if (said_found(h, f, TOOL_QEMU))
		return;
	finding_miss(f, "no QEMU for this architecture (%s)", architectures[architecture(h)].qemu);
	offer_package(h, f, architectures[architecture(h)].package);
}

static void judge_libvirt(const struct host *h, struct finding *f)
{
	const struct tools_facts *t = &h->tools;

	if (!said_found(h, f, TOOL_LIBVIRT)) {
		finding_miss(f, "libvirt is not installed");
		offer_package(h, f, tools[TOOL_LIBVIRT].package);
	} else if (f->verdict == PASS && fact_is_no(t->libvirt_socket)) {
		finding_cite(f, &t->libvirt_socket);
		finding_warn(f, "%s is installed, but nothing listens in /run/libvirt",
			     t->found[TOOL_LIBVIRT].text);
		finding_fix(f,
			    "systemctl start libvirtd.socket || systemctl start virtqemud.socket");
	}
}

#define JUDGE(kind, name, id)                                                                      \
	static void judge_##name(const struct host *h, struct finding *f)                          \
	{                                                                                          \
		judge_##kind(h, f, TOOL_##id);                                                     \
	}

JUDGE(wanted, qemu_img, QEMU_IMG)
JUDGE(other, ovmf, OVMF)
JUDGE(other, swtpm, SWTPM)
JUDGE(other, virtiofsd, VIRTIOFSD)
JUDGE(other, virtualbox, VIRTUALBOX)
JUDGE(other, xen, XEN)
JUDGE(other, docker, DOCKER)
JUDGE(other, podman, PODMAN)
JUDGE(other, lxc, LXC)
JUDGE(other, incus, INCUS)
JUDGE(other, nspawn, NSPAWN)
JUDGE(other, firecracker, FIRECRACKER)
JUDGE(other, cloud_hypervisor, CLOUD_HYPERVISOR)
JUDGE(other, kata, KATA)

#define CHECK(id_, title_, judge_, why_)                                                           \
	{                                                                                          \
		.id = "tools." id_, .title = (title_), .category = CAT_TOOLS, .miss = WARN,        \
		.judge = (judge_), .why = (why_),                                                  \
	}

static const struct check checks[] = {
	CHECK("qemu", "QEMU is installed", judge_qemu,
	      "QEMU is the virtual machine monitor that most tools drive; with KVM it accelerates, "
	      "without "
	      "it emulates (TCG)."),
	CHECK("qemu-img", "qemu-img is installed", judge_qemu_img,
	      "qemu-img makes, converts and inspects disk images."),
	CHECK("libvirt", "libvirt is installed and listens", judge_libvirt,
	      "libvirt keeps definitions of guests and runs them; virsh, virt-manager, Vagrant and "
	      "others "
	      "talk to its daemon."),
	CHECK("ovmf", "UEFI firmware for guests (OVMF)", judge_ovmf,
	      "Guests that boot by UEFI, Windows 11 and SEV guests among them, need it."),
	CHECK("swtpm", "a TPM for guests (swtpm)", judge_swtpm,
	      "Windows 11 and measured boot want a TPM; swtpm is one in software."),
	CHECK("virtiofsd", "shared folders for guests (virtiofsd)", judge_virtiofsd,
	      "virtiofs shares a folder of the host with a guest; virtiofsd is its host side."),
	CHECK("virtualbox", "VirtualBox is installed", judge_virtualbox,
	      "VirtualBox runs guests with its own kernel driver, or with KVM where its version "
	      "can."),
	CHECK("xen", "Xen's tools are installed", judge_xen,
	      "xl makes and runs Xen's guests from dom0."),
	CHECK("docker", "Docker is installed", judge_docker, "An engine for containers."),
	CHECK("podman", "Podman is installed", judge_podman,
	      "An engine for containers that needs no daemon and no root."),
	CHECK("lxc", "LXC is installed", judge_lxc,
	      "System containers, without an image registry."),
	CHECK("incus", "Incus or LXD is installed", judge_incus,
	      "System containers and virtual machines under one daemon."),
	CHECK("nspawn", "systemd-nspawn is installed", judge_nspawn,
	      "Containers from plain folders or images, by systemd."),
	CHECK("firecracker", "Firecracker is installed", judge_firecracker,
	      "A small monitor for microVMs; it comes as one static program."),
	CHECK("cloud-hypervisor", "Cloud Hypervisor is installed", judge_cloud_hypervisor,
	      "A monitor for modern guests; it comes as one static program."),
	CHECK("kata", "Kata Containers is installed", judge_kata,
	      "Runs each pod of containers in a virtual machine of its own."),
};

const struct area tools_area = {
	.name = "tools",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = checks,
	.nchecks = ARRAY_SIZE(checks),
};
