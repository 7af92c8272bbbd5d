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

static bool is_x86(const char *machine)
{
	return str_eq(machine, "x86_64") ||
	       (strlen(machine) == 4 && machine[0] == 'i' && str_ends(machine, "86"));
}

/* MODULE_KVM where the architecture has no module of its own, MODULE_COUNT when nobody knows. */
static enum kernel_module vendor_of(struct host *h, const char **source)
{
	const char *machine = fact_str(h->kernel.machine, ""), *vendor;

	*source = "uname(2)";
	if (str_starts(machine, "ppc64"))
		return MODULE_KVM_HV;
	if (*machine && !is_x86(machine))
		return MODULE_KVM;
	*source = "/proc/cpuinfo";
	vendor = cpuinfo_vendor(h);
	for (size_t i = 0; vendor && i < ARRAY_SIZE(x86_vendors); i++)
		if (str_eq(vendor, x86_vendors[i].vendor))
			return x86_vendors[i].module;
	return MODULE_COUNT;
}

/* One of these in the kernel drives KVM, whatever the processor's name says. */
static const enum kernel_module drivers[] = {MODULE_KVM_INTEL, MODULE_KVM_AMD, MODULE_KVM_PVM,
					     MODULE_KVM_HV, MODULE_KVM_PR};

void kernel_gather_vendor(struct host *h)
{
	struct kernel *k = &h->kernel;
	const char *source;
	enum kernel_module id = vendor_of(h, &source);

	k->vendor_module = id == MODULE_COUNT ? fact_unknown(source, ENODATA)
					      : fact_text(source, k->modules[id].name);
	k->driver = fact_because("/sys/module", false, NULL);
	if (id == MODULE_KVM)
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
