/* The system itself: kernel, architecture, distribution, user; and whether memory is hidden from the host. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/uname.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *place_key_value(struct arena *a, const char *text, const char *key)
{
	size_t len, n = strlen(key);
	const char *line;

	while (str_line(&text, &line, &len)) {
		size_t at = n;

		if (len <= n || memcmp(line, key, n) != 0)
			continue;
		while (at < len && (line[at] == ' ' || line[at] == '\t'))
			at++;
		if (at < len && line[at] == ':')
			return str_trim(arena_dupn(a, line + at + 1, len - at - 1));
	}
	return NULL;
}

/* ---- kernel and architecture ---- */

/* What /proc/cpuinfo of an architecture has and no other. The first row that fits counts. */
static const struct {
	const char *key, *value; /* value: begins with, or NULL */
	const char *arch;
} arch_keys[] = {
	{"CPU implementer", NULL, "aarch64"},
	{"mmu", "sv", "riscv64"},
	{"bogomips per cpu", NULL, "s390x"},
	{"cpu", "POWER", "ppc64"},
	{"pmac flags", NULL, "ppc"},
	{"MMU Type", NULL, "sparc64"},
	{"CPU Family", "Loongson", "loongarch64"},
};

static const char *arch_of_cpuinfo(struct host *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(arch_keys); i++) {
		const char *v = place_key_value(h->a, h->place.cpuinfo, arch_keys[i].key);

		if (v && (!arch_keys[i].value || str_starts(v, arch_keys[i].value)))
			return arch_keys[i].arch;
	}
	return NULL;
}

static void gather_uname(struct host *h)
{
	struct place *p = &h->place;
	struct uname_words u;
	const char *text;

	uname_read(h->t, &u);
	p->kernel_release = u.release ? fact_text(u.source, u.release)
				      : fact_unknown("/proc/sys/kernel/osrelease", ENODATA);
	p->arch = u.machine ? fact_text(u.source, u.machine)
			    : fact_unknown("/proc/sys/kernel/arch", ENODATA);
	if (u.machine)
		return;
	/* A captured folder may have only what `uname -m` printed, or nothing. */
	if (tree_line(h->t, "/captured-uname.txt", &text) == 0 && *text) {
		p->arch = fact_text("/captured-uname.txt", text);
		return;
	}
	if (p->cpu_flags[0])
		text = str_has_word(p->cpu_flags, "lm") ? "x86_64" : "i686";
	else
		text = arch_of_cpuinfo(h);
	if (text)
		p->arch = fact_text("/proc/cpuinfo", text);
}

/* ---- distribution ---- */

static const char *os_release_value(struct arena *a, const char *text, const char *key)
{
	size_t len, n = strlen(key);
	const char *line;

	while (str_line(&text, &line, &len)) {
		char *v;
		size_t m;

		if (len <= n || memcmp(line, key, n) != 0 || line[n] != '=')
			continue;
		v = str_trim(arena_dupn(a, line + n + 1, len - n - 1));
		m = strlen(v);
		if (m >= 2 && (v[0] == '"' || v[0] == '\'') && v[m - 1] == v[0]) {
			v[m - 1] = '\0';
			v++;
		}
		return v;
	}
	return NULL;
}

static const struct {
	const char *id, *manager;
} managers[] = {
	{"debian", "apt"},    {"ubuntu", "apt"},
	{"fedora", "dnf"},    {"rhel", "dnf"},
	{"centos", "dnf"},    {"amzn", "dnf"},
	{"ol", "dnf"},        {"azurelinux", "tdnf"},
	{"mariner", "tdnf"},  {"photon", "tdnf"},
	{"suse", "zypper"},   {"opensuse", "zypper"},
	{"sles", "zypper"},   {"arch", "pacman"},
	{"alpine", "apk"},    {"nixos", "nix"},
	{"gentoo", "emerge"}, {"void", "xbps"},
	{"guix", "guix"},     {"slackware", "slackpkg"},
	{"openwrt", "opkg"},  {"clear-linux-os", "swupd"},
	{"solus", "eopkg"},   {"mageia", "urpmi"},
};

static const char *manager_of(const char *ids)
{
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
		if (str_has_word(ids, managers[i].id))
			return managers[i].manager;
	return NULL;
}

static struct fact value_fact(struct host *h, const char *path, const char *text, const char *key)
{
	const char *v = os_release_value(h->a, text, key);

	return v ? fact_text(path, v) : fact_no(path);
}

static void gather_distro(struct host *h)
{
	static const char *const paths[] = {"/etc/os-release", "/usr/lib/os-release"};
	struct place *p = &h->place;
	const char *text = NULL, *manager;
	size_t i = 0;
	int r = -ENOENT;

	while (i < ARRAY_SIZE(paths) && (r = tree_read(h->t, paths[i], 65536, &text, NULL)) < 0)
		i++;
	if (r < 0) {
		p->distro = p->distro_like = p->distro_version = fact_unknown(paths[0], r);
		p->distro_name = p->package_manager = fact_unknown(paths[0], r);
		return;
	}
	p->distro = value_fact(h, paths[i], text, "ID");
	p->distro_like = value_fact(h, paths[i], text, "ID_LIKE");
	p->distro_version = value_fact(h, paths[i], text, "VERSION_ID");
	p->distro_name = value_fact(h, paths[i], text, "PRETTY_NAME");
	manager = manager_of(fact_str(p->distro, ""));
	if (!manager)
		manager = manager_of(fact_str(p->distro_like, ""));
	p->package_manager =
		manager ? fact_text(paths[i], manager) : fact_unknown(paths[i], ENOENT);
}

/* ---- user ---- */

static int ask_uid(void *arg, struct strbuf *out)
{
	(void)arg;
	strbuf_printf(out, "%u", (unsigned)geteuid());
	return 0;
}

static void gather_uid(struct host *h)
{
	const char *text;
	uint64_t uid;
	int r = tree_answer(h->t, "euid", ask_uid, NULL, &text);

	if (r >= 0 && num_parse(text, 10, &uid))
		h->place.uid = fact_num("geteuid", (int64_t)uid);
	else
		h->place.uid = fact_unknown("geteuid", r < 0 ? r : EINVAL);
}

/* ---- confidential guest ---- */

static const struct {
	const char *path, *name;
} confidential[] = {
	{"/dev/tdx_guest", "Intel TDX"},
	{"/dev/sev-guest", "AMD SEV-SNP"},
	{"/sys/devices/system/cpu/sev/vmpl", "AMD SEV-SNP"},
	{"/sys/devices/platform/arm-cca-dev", "Arm CCA"},
};

static void gather_confidential(struct host *h)
{
	struct place *p = &h->place;
	int64_t n;

	p->confidential_guest = fact_no("/dev/sev-guest, /dev/tdx_guest");
	for (size_t i = 0; i < ARRAY_SIZE(confidential); i++) {
		if (!tree_exists(h->t, confidential[i].path))
			continue;
		p->confidential_guest = fact_text(confidential[i].path, confidential[i].name);
		return;
	}
	if (str_has_word(p->cpu_flags, "tdx_guest"))
		p->confidential_guest = fact_text("/proc/cpuinfo flags", "Intel TDX");
	else if (tree_num(h->t, "/sys/firmware/uv/prot_virt_guest", &n) == 0 && n == 1)
		p->confidential_guest =
			fact_text("/sys/firmware/uv/prot_virt_guest", "IBM Secure Execution");
	else if (h->cpu.tdx_guest.is == YES)
		p->confidential_guest = fact_text("CPUID", "Intel TDX");
	else if (tree_is_live(h->t) && !p->cpuinfo[0] && h->cpu.tdx_guest.is == UNKNOWN)
		p->confidential_guest = fact_unknown("/proc/cpuinfo", ENOENT);
	else if (!tree_is_live(h->t) &&
		 (!p->cpuinfo[0] || (!tree_has_answers(h->t) && !tree_exists(h->t, "/dev"))))
		p->confidential_guest = fact_unknown("/dev/sev-guest", ENODATA);
}

void place_gather_system(struct host *h)
{
	struct place *p = &h->place;
	/* Hundreds of CPUs say the same; what is about the machine stands first or last. */
	enum { HEAD = 16384, TAIL = 2048 };
	const char *text = NULL, *flags;
	size_t len;

	p->cpuinfo = p->cpu_flags = "";
	if (tree_read(h->t, "/proc/cpuinfo", TREE_TEXT_MAX, &text, &len) == 0)
		p->cpuinfo = len > HEAD + TAIL
				     ? arena_printf(h->a, "%.*s\n%s", HEAD, text, text + len - TAIL)
				     : text;
	flags = place_key_value(h->a, p->cpuinfo, "flags");
	if (flags)
		p->cpu_flags = flags;
	gather_uname(h);
	gather_distro(h);
	gather_uid(h);
	gather_confidential(h);
}
