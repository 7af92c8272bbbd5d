/* Which module drives this processor's virtualization, and what makes an absent module appear. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/kernel_parts.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *vendor;
	enum kernel_module module;
} x86_vendors[] = {
	{"GenuineIntel", MODULE_KVM_INTEL}, {"CentaurHauls", MODULE_KVM_INTEL},
	{"  Shanghai  ", MODULE_KVM_INTEL}, {"Shanghai", MODULE_KVM_INTEL},
	{"AuthenticAMD", MODULE_KVM_AMD},   {"HygonGenuine", MODULE_KVM_AMD},
};

/* "vendor_id	: GenuineIntel" of the first CPU. */
static const char *cpuinfo_vendor(struct host *h)
{
	const char *text, *line;
	size_t n;

	if (tree_read(h->t, "/proc/cpuinfo", TREE_TEXT_MAX, &text, NULL) < 0)
		return NULL;
	while (str_line(&text, &line, &n)) {
		const char *colon = memchr(line, ':', n);

		if (n < 9 || memcmp(line, "vendor_id", 9) != 0 || !colon)
			continue;
		colon++;
		return str_trim(arena_dupn(h->a, colon, n - (size_t)(colon - line)));
	}
	return NULL;
}

/* By what /proc/cpuinfo looks like, where neither uname nor a vendor's name settles it. */
static struct fact module_by_cpuinfo(struct host *h)
{
	static const char path[] = "/proc/cpuinfo";
	struct cpuinfo info;
	const char *text;
	size_t len;
	int r = tree_read(h->t, path, TREE_TEXT_MAX, &text, &len);

	if (r >= 0)
		r = cpuinfo_parse(h->a, text, len, &info);
	if (r < 0)
		return fact_unknown(path, r);
	switch (info.arch) {
	case ARCH_ARM:
	case ARCH_S390:
	case ARCH_RISCV:
	case ARCH_LOONGARCH:
	case ARCH_MIPS:
		return fact_text(path, "kvm");
	case ARCH_PPC: /* kvm_hv needs the bare machine, kvm_pr a 64-bit server processor */
		return fact_text(path, str_eq(info.platform, "PowerNV") ? "kvm_hv" : "kvm_pr");
	case ARCH_X86:
		return fact_because(path, false, "no KVM for this vendor's processors");
	case ARCH_UNKNOWN:
		return fact_unknown(path, ENODATA);
	default:
		return fact_because(path, false, "Linux has no KVM for this architecture");
	}
}

static struct fact vendor_module(struct host *h)
{
	const char *machine = fact_str(h->kernel.machine, ""), *vendor;

	if (str_starts(machine, "aarch64") || str_starts(machine, "s390") ||
	    str_starts(machine, "riscv") || str_starts(machine, "loongarch"))
		return fact_text(h->kernel.machine.source, "kvm");
	vendor = cpuinfo_vendor(h);
	for (size_t i = 0; vendor && i < ARRAY_SIZE(x86_vendors); i++)
		if (str_eq(vendor, x86_vendors[i].vendor))
			return fact_text("/proc/cpuinfo",
					 h->kernel.modules[x86_vendors[i].module].name);
	return module_by_cpuinfo(h);
}

/* One of these in the kernel drives KVM, whatever the processor's name says. */
static const enum kernel_module drivers[] = {MODULE_KVM_INTEL, MODULE_KVM_AMD, MODULE_KVM_PVM,
					     MODULE_KVM_HV, MODULE_KVM_PR};

void kernel_gather_vendor(struct host *h)
{
	struct kernel *k = &h->kernel;

	k->vendor_module = vendor_module(h);
	k->driver = fact_because("/sys/module", false, NULL);
	if (str_eq(fact_str(k->vendor_module, ""), "kvm"))
		k->driver = k->modules[MODULE_KVM].present;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		const struct module *m = &k->modules[drivers[i]];

		if (m->present.is == UNKNOWN && k->driver.is == NO)
			k->driver = m->present;
		if (m->present.is == YES) {
			k->driver = fact_text(m->present.source, m->name);
			return;
		}
	}
}

const char *kernel_module_fix(const struct host *h, enum kernel_module id, struct arena *a)
{
	const struct kernel *k = &h->kernel;
	const struct module *m = &k->modules[id];

	if (m->present.is == YES)
		return NULL;
	if (k->loadable.is == NO)
		return arena_printf(a, "boot a kernel with %s: this one cannot load modules",
				    m->name);
	if (m->refused)
		return arena_printf(a,
				    "take %s out of module_blacklist= on the kernel command "
				    "line, then reboot",
				    m->name);
	if (k->modules_dir.is == NO && k->modules_dir.text)
		return "reboot: the modules of the running kernel are gone, another kernel is "
		       "installed";
	if (k->modules_disabled.is == YES)
		return arena_printf(a,
				    "load %s at boot (echo %s > /etc/modules-load.d/%s.conf) and "
				    "reboot: kernel.modules_disabled cannot be undone",
				    m->name, m->name, m->name);
	if (m->install.is == YES)
		return arena_printf(a, "remove the install line (%s), then: modprobe %s",
				    m->install.source, m->name);
	if (m->on_disk.is == NO && m->config.is == NO)
		return arena_printf(a, "boot a kernel built with %s", m->name);
	if (m->on_disk.is == NO)
		return arena_printf(a,
				    "install the package with the modules of kernel %s "
				    "(file %s.ko)",
				    fact_str(k->release, "running now"), m->name);
	if (m->blacklisted.is == YES)
		return arena_printf(a,
				    "modprobe %s; to have it at every boot remove the blacklist "
				    "(%s)",
				    m->name, m->blacklisted.text);
	return arena_printf(a, "modprobe %s", m->name);
}
