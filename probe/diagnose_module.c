/* Causes in the kernel: built without KVM, its modules not there, not allowed, not loaded, or another hypervisor in
 * their place. */
#include "probe/diagnose.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <errno.h>
#include <string.h>

static const struct module *vendor(const struct host *h)
{
	return h->kernel.vendor_module.is == YES
		       ? kernel_module_named(h, h->kernel.vendor_module.text)
		       : NULL;
}

static const struct module *kvm_module(const struct host *h)
{
	return &h->kernel.modules[MODULE_KVM];
}

/* The module to speak of: the vendor's, or kvm itself where there is none or nobody knows which. */
static const struct module *wanted(const struct host *h)
{
	const struct module *m = vendor(h);

	return m ? m : kvm_module(h);
}

static const char *module_remedy(const struct host *h)
{
	const struct module *m = wanted(h);
	enum kernel_module id = (enum kernel_module)(m - h->kernel.modules);

	return on_the_host(h, kernel_module_fix(h, id, h->a));
}

/* ---- the kernel ---- */

/* Not while one of the two is there or lies on disk: a configuration may belong to another kernel. */
static bool not_built(const struct host *h)
{
	const struct module *m = wanted(h);

	if (!no_driver(h) || m->present.is == YES || m->on_disk.is == YES)
		return false;
	return m->config.is == NO || kvm_module(h)->config.is == NO;
}

static const char *not_built_words(const struct host *h)
{
	const struct module *m = wanted(h);

	return arena_printf(h->a, "kernel %s is built without %s",
			    fact_str(h->kernel.release, "here"),
			    kvm_module(h)->config.is == NO ? "KVM" : m->name);
}

static const char *not_built_remedy(const struct host *h)
{
	return on_the_host(h, "boot a kernel that has KVM: your distribution's own, for instance");
}

static bool missing(const struct host *h)
{
	return no_driver(h) && wanted(h)->present.is == NO;
}

static bool cannot_load(const struct host *h)
{
	return missing(h) && h->kernel.loadable.is == NO;
}

static const char *cannot_load_words(const struct host *h)
{
	return arena_printf(h->a, "%s is not in this kernel, and it cannot load modules",
			    wanted(h)->name);
}

/* ---- modules ---- */

static bool modules_gone(const struct host *h)
{
	return missing(h) && h->kernel.modules_dir.is == NO;
}

static const char *modules_gone_words(const struct host *h)
{
	return arena_printf(h->a,
			    "the modules of the running kernel %s are not on disk%s%s: an update "
			    "has replaced them",
			    fact_str(h->kernel.release, ""),
			    h->kernel.modules_dir.text ? ", only " : "",
			    h->kernel.modules_dir.text ? h->kernel.modules_dir.text : "");
}

static bool refused(const struct host *h)
{
	return missing(h) && (wanted(h)->refused || kvm_module(h)->refused);
}

static const char *refused_words(const struct host *h)
{
	return arena_printf(h->a, "module_blacklist= on the kernel command line forbids %s",
			    wanted(h)->refused ? wanted(h)->name : "kvm");
}

static const char *refused_remedy(const struct host *h)
{
	return on_the_host(h, arena_printf(h->a,
					   "take %s out of module_blacklist= on the kernel "
					   "command line, then reboot",
					   wanted(h)->refused ? wanted(h)->name : "kvm"));
}

static bool loading_disabled(const struct host *h)
{
	return missing(h) && h->kernel.modules_disabled.is == YES;
}

static bool overridden(const struct host *h)
{
	return missing(h) && (wanted(h)->install.is == YES || kvm_module(h)->install.is == YES);
}

static const struct fact * override(const struct host *h)
{
	return wanted(h)->install.is == YES ? &wanted(h)->install : &kvm_module(h)->install;
}

static const char *overridden_words(const struct host *h)
{
	return arena_printf(h->a, "%s tells modprobe to run '%s' instead of loading %s",
			    override(h)->source, fact_str(*override(h), "something else"),
			    wanted(h)->install.is == YES ? wanted(h)->name : "kvm");
}

static const char *overridden_remedy(const struct host *h)
{
	return on_the_host(h, arena_printf(h->a, "remove the install line (%s), then: modprobe %s",
					   override(h)->source, wanted(h)->name));
}

/* A module from outside the kernel's own tree is signed with a key that lockdown may not know. */
static bool unsigned_module(const struct host *h)
{
	const char *path = fact_str(wanted(h)->on_disk, "");

	return missing(h) && (strstr(path, "/updates/") || strstr(path, "/extra/")) &&
	       (h->kernel.sig_enforce.is == YES || h->kernel.lockdown.is == YES);
}

static const char *unsigned_words(const struct host *h)
{
	return arena_printf(h->a,
			    "lockdown lets only signed modules load, and %s is not the "
			    "kernel's own",
			    fact_str(wanted(h)->on_disk, ""));
}

static bool not_on_disk(const struct host *h)
{
	return missing(h) && wanted(h)->on_disk.is == NO;
}

static const char *not_on_disk_words(const struct host *h)
{
	return arena_printf(h->a, "module %s of kernel %s is not on disk", wanted(h)->name,
			    fact_str(h->kernel.release, ""));
}

/* ---- somebody else has VT-x ---- */

static const char *other_holder(const struct host *h)
{
	if (h->hypervisors.virtualbox.is == YES &&
	    (h->hypervisors.virtualbox_users.is != YES || h->hypervisors.virtualbox_users.num > 0))
		return "VirtualBox";
	if (h->hypervisors.vmware.is == YES &&
	    (h->hypervisors.vmware_users.is != YES || h->hypervisors.vmware_users.num > 0))
		return "VMware";
	return NULL;
}

static bool held_at_load(const struct host *h)
{
	return missing(h) && other_holder(h);
}

static const char *held_words(const struct host *h)
{
	const char *name = other_holder(h);

	return arena_printf(h->a, "%s uses %s, so KVM cannot", name ? name : "another hypervisor",
			    virt_name(h));
}

static const char *held_at_load_remedy(const struct host *h)
{
	return arena_printf(h->a, "stop all VMs of %s, then: modprobe %s", other_holder(h),
			    wanted(h)->name);
}

static bool held_at_create(const struct host *h)
{
	return h->kvm.create_vm.is == NO && h->kvm.trial.notes.steps[STEP_CREATE_VM].err == EBUSY;
}

static const char *held_at_create_remedy(const struct host *h)
{
	const char *name = other_holder(h), *version = fact_str(h->hypervisors.virtualbox, "");

	if (!name)
		return "stop the other hypervisor's VMs, or unload its module (lsmod | grep -E "
		       "'vboxdrv|vmmon')";
	if (str_eq(name, "VMware"))
		return "stop all VMs of VMware";
	if (*version && hypervisors_version_cmp(version, "7.2.10") < 0)
		return "stop all VMs of VirtualBox, or install VirtualBox 7.2.10 or newer, which "
		       "shares VT-x with KVM (Linux 6.12 or newer)";
	return "stop all VMs of VirtualBox, or boot with kvm.enable_virt_at_load=1 so that "
	       "VirtualBox asks KVM for VT-x";
}

/* ---- just not loaded ---- */

static bool blacklisted(const struct host *h)
{
	return missing(h) &&
	       (wanted(h)->blacklisted.is == YES || kvm_module(h)->blacklisted.is == YES);
}

static const char *blacklisted_words(const struct host *h)
{
	bool own = wanted(h)->blacklisted.is == YES;

	return arena_printf(
		h->a, "%s is blacklisted (%s), so it is not loaded by itself",
		own ? wanted(h)->name : "kvm",
		fact_str(own ? wanted(h)->blacklisted : kvm_module(h)->blacklisted, "?"));
}

static bool half_loaded(const struct host *h)
{
	return missing(h) && vendor(h) && kvm_module(h)->present.is == YES;
}

static const char *half_loaded_words(const struct host *h)
{
	return arena_printf(h->a, "module kvm is loaded, but %s, which does the work, is not",
			    wanted(h)->name);
}

static const char *missing_words(const struct host *h)
{
	return arena_printf(h->a, "module %s is not loaded", wanted(h)->name);
}

/* Loaded or built in, and still nothing is registered. */
static bool idle_driver(const struct host *h)
{
	return no_driver(h) && wanted(h)->present.is == YES;
}

static const char *idle_words(const struct host *h)
{
	return arena_printf(h->a, "%s is in the kernel, but found nothing it could drive",
			    wanted(h)->name);
}

static bool unexplained(const struct host *h)
{
	return no_driver(h) && h->kvm.run.is != YES;
}

static const struct cause_row rows[] = {
	{"module-refused", "module", refused, NULL, refused_words, NULL, refused_remedy},
	{"kernel-without-kvm", "kernel", not_built, NULL, not_built_words, NULL, not_built_remedy},
	{"kernel-cannot-load", "kernel", cannot_load, NULL, cannot_load_words, NULL, module_remedy},
	{"modules-gone", "module", modules_gone, NULL, modules_gone_words, NULL, module_remedy},
	{"modules-disabled", "module", loading_disabled,
	 "kernel.modules_disabled=1 forbids loading modules until the next boot", NULL, NULL,
	 module_remedy},
	{"module-overridden", "module", overridden, NULL, overridden_words, NULL,
	 overridden_remedy},
	{"module-unsigned", "module", unsigned_module, NULL, unsigned_words,
	 "sign it with a key enrolled by mokutil --import, or use the distribution's own module"},
	{"module-not-on-disk", "module", not_on_disk, NULL, not_on_disk_words, NULL, module_remedy},
	{"held-at-load", "other-hypervisor", held_at_load, NULL, held_words, NULL,
	 held_at_load_remedy},
	{"module-blacklisted", "module", blacklisted, NULL, blacklisted_words, NULL, module_remedy},
	{"module-half", "module", half_loaded, NULL, half_loaded_words, NULL, module_remedy},
	{"module-not-loaded", "module", missing, NULL, missing_words, NULL, module_remedy},
	{"driver-idle", "module", idle_driver, NULL, idle_words, "dmesg | grep -i kvm tells why"},
	{"no-driver", "module", unexplained, "no KVM driver is registered in the kernel", NULL,
	 NULL, module_remedy},
	{"held", "other-hypervisor", held_at_create, NULL, held_words, NULL, held_at_create_remedy},
};

const struct cause_table causes_module = {rows, ARRAY_SIZE(rows)};
