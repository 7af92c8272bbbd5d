/* What the kernel's facts mean for somebody who wants to run virtual machines. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/kernel_parts.h"

#include <string.h>

/* The module that should drive this processor; MODULE_COUNT when nobody knows. */
static enum kernel_module vendor_id(const struct host *h)
{
	const char *name = fact_str(h->kernel.vendor_module, "");

	for (int i = 0; i < MODULE_COUNT; i++)
		if (str_eq(h->kernel.modules[i].name, name))
			return (enum kernel_module)i;
	return MODULE_COUNT;
}

/* The names to speak of when the processor is not known. */
static const char *vendor_words(const struct host *h)
{
	return fact_str(h->kernel.vendor_module, "kvm_intel or kvm_amd");
}

static void judge_version(const struct host *h, struct finding *f)
{
	const struct fact *release = &h->kernel.release;

	if (finding_if_unknown(f, release))
		return;
	finding_cite(f, release);
	if (!release->has_num)
		finding_unsure(f, "%s is not a Linux release number", release->text);
	else if (release->num < 4000)
		finding_miss(f, "Linux %s is from before 2015", release->text);
	else
		finding_pass(f, "Linux %s", release->text);
}

static void judge_config(const struct host *h, struct finding *f)
{
	const struct kernel *k = &h->kernel;
	enum kernel_module id = vendor_id(h);

	if (k->driver.is == YES) {
		finding_cite(f, &k->driver);
		finding_pass(f, "%s is in the kernel", k->driver.text);
		return;
	}
	if (id != MODULE_COUNT && k->modules[id].on_disk.is == YES) {
		finding_cite(f, &k->modules[id].on_disk);
		finding_pass(f, "%s is there to be loaded", k->modules[id].name);
		return;
	}
	if (finding_if_unknown(f, &k->config))
		return;
	finding_cite(f, &k->modules[MODULE_KVM].config);
	if (k->modules[MODULE_KVM].config.is == NO) {
		finding_miss(f, "this kernel was built without CONFIG_KVM");
		return;
	}
	if (id == MODULE_COUNT) {
		finding_pass(f, NULL);
		return;
	}
	finding_cite(f, &k->modules[id].config);
	if (k->modules[id].config.is == NO)
		finding_miss(f, "this kernel was built without %s, the KVM of this processor",
			     k->modules[id].name);
	else
		finding_pass(f, NULL);
}

static void judge_modules_dir(const struct host *h, struct finding *f)
{
	const struct kernel *k = &h->kernel;

	if (k->loadable.is == NO) {
		finding_skip(f, "this kernel has no loadable modules");
		return;
	}
	if (finding_if_unknown(f, &k->modules_dir))
		return;
	finding_cite(f, &k->modules_dir);
	if (k->modules_dir.is == YES) {
		finding_pass(f, "%s", k->modules_dir.text);
	} else if (!k->modules_dir.text) {
		finding_skip(f, "no modules are installed here, as is usual in a container");
	} else {
		finding_miss(f,
			     "the modules of the running kernel %s are gone, there are those of %s",
			     fact_str(k->release, "?"), k->modules_dir.text);
		finding_fix(f, "reboot into the installed kernel");
	}
}

static void judge_module(const struct host *h, struct finding *f)
{
	const struct kernel *k = &h->kernel;
	enum kernel_module id = vendor_id(h);
	const struct module *m;

	if (finding_if_unknown(f, &k->driver))
		return;
	finding_cite(f, &k->driver);
	if (k->driver.is == YES) {
		finding_pass(f, "%s", k->driver.text);
		return;
	}
	if (id == MODULE_COUNT) {
		finding_miss(f, "%s",
			     k->vendor_module.is == NO && k->vendor_module.text
				     ? k->vendor_module.text
				     : "no KVM module is in the kernel");
		return;
	}
	m = &k->modules[id];
	finding_cite(f, &m->present);
	finding_cite(f, &m->on_disk);
	if (k->loadable.is == NO || m->config.is == NO)
		finding_miss(f, "%s is not in this kernel", m->name);
	else if (m->on_disk.is == NO)
		finding_miss(f, "%s is not loaded, and there is no file to load", m->name);
	else
		finding_miss(f, "%s is not loaded", m->name);
	finding_fix(f, "%s", kernel_module_fix(h, id, f->a));
}

static void judge_vendor_module(const struct host *h, struct finding *f)
{
	const struct kernel *k = &h->kernel;
	const struct module *kvm = &k->modules[MODULE_KVM];
	enum kernel_module id = vendor_id(h);

	if (finding_if_unknown(f, &kvm->present))
		return;
	finding_cite(f, &kvm->present);
	if (kvm->present.is == NO) {
		finding_skip(f, "kvm itself is not in the kernel");
		return;
	}
	if (finding_if_unknown(f, &k->driver))
		return;
	finding_cite(f, &k->driver);
	if (k->driver.is == YES) {
		finding_pass(f, NULL);
		return;
	}
	finding_miss(f, "kvm is there, but %s, which drives the processor, is not",
		     vendor_words(h));
	if (id != MODULE_COUNT)
		finding_fix(f, "%s", kernel_module_fix(h, id, f->a));
}

/* True when something was said. */
static bool judge_kept_out(const struct host *h, struct finding *f, enum kernel_module id)
{
	const struct module *m = &h->kernel.modules[id];

	if (m->present.is == YES)
		return false;
	if (m->refused) {
		finding_cite(f, &h->kernel.cmdline);
		finding_miss(f, "the kernel command line refuses %s (module_blacklist=)", m->name);
	} else if (m->install.is == YES) {
		finding_cite(f, &m->install);
		finding_miss(f, "modprobe runs \"%s\" instead of loading %s (%s)", m->install.text,
			     m->name, m->install.source);
	} else if (m->blacklisted.is == YES) {
		finding_cite(f, &m->blacklisted);
		finding_miss(f, "%s is not loaded on its own: blacklisted (%s)", m->name,
			     m->blacklisted.text);
	} else {
		return false;
	}
	finding_fix(f, "%s", kernel_module_fix(h, id, f->a));
	return true;
}

static void judge_blacklist(const struct host *h, struct finding *f)
{
	enum kernel_module id = vendor_id(h);

	if (h->kernel.driver.is == YES) {
		finding_cite(f, &h->kernel.driver);
		finding_pass(f, "%s is in the kernel", h->kernel.driver.text);
		return;
	}
	if (judge_kept_out(h, f, MODULE_KVM))
		return;
	if (id != MODULE_COUNT && judge_kept_out(h, f, id))
		return;
	if (id != MODULE_COUNT && h->kernel.loadable.is != NO &&
	    finding_if_unknown(f, &h->kernel.modules[id].blacklisted))
		return;
	finding_pass(f, NULL);
}

static void judge_policy(const struct host *h, struct finding *f)
{
	const struct kernel *k = &h->kernel;

	finding_cite(f, &k->loadable);
	finding_cite(f, &k->modules_disabled);
	if (k->driver.is == YES)
		finding_pass(f, "%s is in the kernel already", k->driver.text);
	else if (k->loadable.is == NO)
		finding_miss(f, "this kernel cannot load modules, and has no %s built in",
			     vendor_words(h));
	else if (k->modules_disabled.is == YES) {
		finding_miss(f, "loading of modules was switched off (kernel.modules_disabled)");
		finding_fix(f,
			    "load %s before that happens (a line in /etc/modules-load.d), and "
			    "reboot",
			    vendor_words(h));
	} else if (!finding_if_unknown(f, &k->modules_disabled))
		finding_pass(f, NULL);
}

/* The parameter of the driver that is in the kernel; NULL when it has none of the kind. */
static const struct fact *driver_param(const struct host *h, enum kernel_param intel,
				       enum kernel_param amd, enum kernel_param hv)
{
	const char *driver = fact_str(h->kernel.driver, "");

	if (str_eq(driver, "kvm_intel"))
		return &h->kernel.params[intel];
	if (str_eq(driver, "kvm_amd"))
		return &h->kernel.params[amd];
	if (str_eq(driver, "kvm_hv") && hv != PARAM_COUNT)
		return &h->kernel.params[hv];
	return NULL;
}

static void judge_nested(const struct host *h, struct finding *f)
{
	const struct fact *p =
		driver_param(h, PARAM_KVM_INTEL_NESTED, PARAM_KVM_AMD_NESTED, PARAM_KVM_HV_NESTED);
	const char *driver = fact_str(h->kernel.driver, "");

	if (!p) {
		finding_skip(f, "%s",
			     *driver ? "this kind of KVM has no such parameter"
				     : "no KVM module is in the kernel");
		return;
	}
	if (finding_if_unknown(f, p))
		return;
	finding_cite(f, p);
	if (p->is == YES) {
		finding_pass(f, "guests may run guests of their own");
		return;
	}
	finding_miss(f, "guests of this host cannot run guests of their own");
	finding_fix(f,
		    "echo 'options %s nested=1' > /etc/modprobe.d/kvm-nested.conf; stop all "
		    "guests; modprobe -r %s; modprobe %s",
		    driver, driver, driver);
}

static void judge_ept(const struct host *h, struct finding *f)
{
	const struct fact *p = driver_param(h, PARAM_KVM_INTEL_EPT, PARAM_KVM_AMD_NPT, PARAM_COUNT);
	const char *driver = fact_str(h->kernel.driver, "");
	const char *name = str_eq(driver, "kvm_amd") ? "npt" : "ept";

	if (!p) {
		finding_skip(f, "%s",
			     *driver ? "this kind of KVM has no such parameter"
				     : "no KVM module is in the kernel");
		return;
	}
	if (finding_if_unknown(f, p))
		return;
	finding_cite(f, p);
	if (p->is == YES) {
		finding_pass(f, "%s", name);
		return;
	}
	finding_miss(f, "%s is off: guests run with shadow page tables, several times slower",
		     name);
	finding_fix(f,
		    "remove %s=0 from the options of %s (/etc/modprobe.d, kernel command line) and "
		    "reload it; if it is not set there, the CPU or the hypervisor above does not "
		    "offer it",
		    name, driver);
}

static void judge_virt_at_load(const struct host *h, struct finding *f)
{
	const struct kernel *k = &h->kernel;
	const struct fact *p = &k->params[PARAM_KVM_ENABLE_VIRT_AT_LOAD];
	bool foreign = k->modules[MODULE_VBOXDRV].present.is == YES ||
		       k->modules[MODULE_VMMON].present.is == YES;

	if (k->modules[MODULE_KVM].present.is == NO) {
		finding_skip(f, "kvm is not in the kernel");
		return;
	}
	if (p->is == UNKNOWN) {
		finding_skip(f, "this KVM takes the CPU's virtualization with its first guest");
		return;
	}
	finding_cite(f, p);
	if (k->modules[MODULE_KVM_PVM].present.is == YES) {
		finding_skip(f, "kvm_pvm does not use the CPU's virtualization");
		return;
	}
	if (p->is == YES && foreign)
		finding_miss(f, "KVM holds the CPU's virtualization from the moment it is loaded: "
				"VirtualBox and VMware cannot start guests");
	else if (p->is == YES)
		finding_pass(f, "KVM holds the CPU's virtualization from the moment it is loaded");
	else
		finding_pass(f, "KVM takes the CPU's virtualization with its first guest");
}

static void judge_lockdown(const struct host *h, struct finding *f)
{
	const struct kernel *k = &h->kernel;

	if (finding_if_unknown(f, &k->lockdown))
		return;
	finding_cite(f, &k->lockdown);
	finding_cite(f, &k->sig_enforce);
	if (k->lockdown.is == NO)
		finding_pass(f, "off");
	else
		finding_pass(f, "%s: modules without a signature (VirtualBox, VMware) do not load",
			     k->lockdown.text);
}

static void judge_secure_boot(const struct host *h, struct finding *f)
{
	const struct fact *sb = &h->kernel.secure_boot;

	if (finding_if_unknown(f, sb))
		return;
	finding_cite(f, sb);
	finding_pass(f, "%s", sb->is == YES ? "on" : fact_str(*sb, sb->text ? sb->text : "off"));
}

const struct check kernel_checks[KERNEL_CHECKS] = {
	{"kernel.version", "the kernel is recent enough", CAT_KVM, NULL, WARN, judge_version,
	 .why = "KVM of Linux 3 lacks capabilities that today's QEMU, libvirt and Firecracker "
		"expect.",
	 .fix = "install Linux 4 or later"},
	{"kernel.config-kvm", "the kernel was built with KVM", CAT_KVM, NULL, WARN, judge_config,
	 .why = "Without CONFIG_KVM and the option for the processor (CONFIG_KVM_INTEL, "
		"CONFIG_KVM_AMD) no module can be loaded, and /dev/kvm never appears.",
	 .fix = "boot a kernel that was built with KVM: the distribution's generic kernel"},
	{"kernel.modules-dir", "the running kernel's modules are installed", CAT_KVM, NULL, WARN,
	 judge_modules_dir,
	 .why = "A kernel upgrade replaces /lib/modules while the old kernel still runs: from then "
		"on nothing that is not loaded yet can be loaded, until the next boot.",
	 .fix = "reboot into the installed kernel"},
	{"kvm.module", "KVM's module for this processor is in the kernel", CAT_KVM, NULL, WARN,
	 judge_module,
	 .why = "kvm_intel, kvm_amd or another vendor module switches the processor's "
		"virtualization on and makes /dev/kvm. It may be built in.",
	 .fix = "load the module: modprobe kvm_intel, or modprobe kvm_amd"},
	{"kvm.module-blacklist", "nothing keeps KVM's modules out", CAT_KVM, NULL, WARN,
	 judge_blacklist,
	 .why = "A \"blacklist\" line stops a module from being loaded on its own, an \"install\" "
		"line replaces it by a command, and module_blacklist= makes the kernel refuse it. "
		"People add these to make VirtualBox or VMware work.",
	 .fix = "remove the line that keeps the module out"},
	{"kvm.module-policy", "the kernel's policy lets KVM's modules load", CAT_KVM, NULL, WARN,
	 judge_policy,
	 .why = "kernel.modules_disabled=1 forbids any further module until the next boot; a "
		"kernel without CONFIG_MODULES has only what is built in.",
	 .fix = "boot with a kernel and a configuration that load KVM's modules"},
	{"kvm.vendor-module", "kvm has its vendor module", CAT_KVM, "kvm.module-blacklist", WARN,
	 judge_vendor_module,
	 .why = "kvm alone does nothing: kvm_intel or kvm_amd drives the processor. When only kvm "
		"is there the vendor module was refused: no virtualization offered by the "
		"processor, firmware or hypervisor, or another hypervisor holds it.",
	 .fix = "load the vendor module and read what it says: modprobe kvm_intel, or kvm_amd; "
		"dmesg"},
	{"kvm.nested-param", "KVM offers virtualization to guests", CAT_KVM, NULL, WARN,
	 judge_nested,
	 .why = "With the parameter nested guests see vmx or svm and can run guests themselves. It "
		"is not needed to run ordinary guests.",
	 .fix = "load the vendor module with nested=1"},
	{"kvm.ept", "KVM uses the processor's second page tables", CAT_KVM, NULL, WARN, judge_ept,
	 .why = "Without EPT (Intel) or NPT (AMD) KVM keeps shadow copies of every guest's page "
		"tables: much slower, and unrestricted guests, Firecracker and nesting are out.",
	 .fix = "load the vendor module without ept=0 or npt=0"},
	{"kvm.virt-at-load", "KVM leaves room for other hypervisors", CAT_KVM, NULL, WARN,
	 judge_virt_at_load,
	 .why = "Since Linux 6.12 KVM takes the processor's virtualization when it is loaded, not "
		"with the first guest. VirtualBox and VMware cannot use it then.",
	 .fix = "boot with kvm.enable_virt_at_load=0, or unload KVM before using the other one"},
	{"security.lockdown", "kernel lockdown", CAT_SECURITY, NULL, WARN, judge_lockdown,
	 .why = "Lockdown, usually switched on by Secure Boot, makes the kernel refuse unsigned "
		"modules and writes to MSRs. KVM's own modules are signed by the distribution."},
	{"security.secure-boot", "Secure Boot", CAT_SECURITY, NULL, WARN, judge_secure_boot,
	 .why = "With Secure Boot on, modules built on this machine (VirtualBox, VMware, NVIDIA) "
		"load only when signed with an enrolled key."},
};
