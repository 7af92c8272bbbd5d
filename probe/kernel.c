/* The kernel: what it is, how it was built, and what its policy lets load. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/kconfig.h"
#include "probe/kernel_parts.h"
#include "probe/uname.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* ---- what it is ---- */

static struct fact word_fact(const char *source, const char *word)
{
	return word ? fact_text(source, word) : fact_unknown(source, ENODATA);
}

/* "6.1.0-56-cloud" -> 6001. */
static int64_t release_number(const char *release)
{
	unsigned major, minor;

	if (!release || sscanf(release, "%5u.%5u", &major, &minor) != 2)
		return -1;
	return (int64_t)major * 1000 + minor;
}

static void gather_release(struct host *h)
{
	struct uname_words u;

	uname_read(h->t, &u);
	h->kernel.release = word_fact(u.source, u.release);
	h->kernel.version = word_fact(u.source, u.version);
	h->kernel.machine = word_fact(
		u.machine && str_eq(u.source, "uname(2)") ? u.source : "/proc/sys/kernel/arch",
		u.machine);
	h->kernel.release.num = release_number(u.release);
	h->kernel.release.has_num = h->kernel.release.num >= 0;
	h->kernel.cmdline = fact_from_line(h->t, "/proc/cmdline");
}

/* ---- how it was built ---- */

static struct kconfig_option *wanted_options(struct arena *a)
{
	static const char *const names[] = {
#define OPTION_NAME(id) #id,
#define MODULE_OPTION(id, name, option) option,
		KERNEL_OPTIONS(OPTION_NAME) KERNEL_MODULES(MODULE_OPTION)};
	struct kconfig_option *options = arena_alloc(a, sizeof *options * ARRAY_SIZE(names));

	/* An out-of-tree module has no option: a name that no line can carry. */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		options[i].name = names[i] ? names[i] : "-";
	return options;
}

static struct fact option_fact(const struct kernel *k, const struct kconfig_option *o)
{
	if (k->config.is != YES)
		return fact_unknown(k->config.source, k->config.err);
	return o->value ? fact_text(k->config.text, o->value) : fact_no(k->config.text);
}

/* True when path held a configuration. */
static bool read_config(struct host *h, const char *path, struct kconfig_option *options)
{
	struct kernel *k = &h->kernel;
	const char *text;
	size_t len;
	int r = tree_read(h->t, path, KCONFIG_MAX, &text, &len);

	if (r >= 0)
		r = kconfig_read(text, len, options, OPTION_COUNT + MODULE_COUNT, h->a);
	if (r > 0) {
		k->config = fact_text("kernel configuration", arena_dup(h->a, path));
		return true;
	}
	/* The most telling reason stays: something was there but could not be read. */
	if (!k->config.source || r != -ENOENT)
		k->config = fact_unknown(arena_dup(h->a, path), r);
	return false;
}

static void gather_config(struct host *h)
{
	static const char *const places[] = {
		"/boot/config-%s",
		"/lib/modules/%s/config",
		"/usr/lib/modules/%s/config",
		"/lib/modules/%s/build/.config",
		"/usr/lib/ostree-boot/config-%s",
	};
	struct kernel *k = &h->kernel;
	struct kconfig_option *options = wanted_options(h->a);
	const char *release = fact_str(k->release, NULL);
	bool found = read_config(h, "/proc/config.gz", options);

	for (size_t i = 0; !found && release && i < ARRAY_SIZE(places); i++) {
		char path[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof path, places[i], release);
#pragma GCC diagnostic pop
		found = read_config(h, path, options);
	}
	for (size_t i = 0; i < OPTION_COUNT; i++)
		k->options[i] = option_fact(k, &options[i]);
	for (size_t i = 0; i < MODULE_COUNT; i++)
		k->modules[i].config = str_eq(options[OPTION_COUNT + i].name, "-")
					       ? fact_unknown("not part of Linux", 0)
					       : option_fact(k, &options[OPTION_COUNT + i]);
}

/* ---- what may load ---- */

static void gather_modules_dir(struct host *h)
{
	static const char *const roots[] = {"/lib/modules", "/usr/lib/modules",
					    "/run/booted-system/kernel-modules/lib/modules"};
	struct kernel *k = &h->kernel;
	const char *release = fact_str(k->release, NULL);
	struct tree_names others = {0};
	struct strbuf list = {0};

	if (!release) {
		k->modules_dir = fact_unknown(roots[0], k->release.err);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		const char *path = arena_printf(h->a, "%s/%s", roots[i], release);

		if (tree_exists(h->t, path)) {
			k->modules_dir = fact_text(path, path);
			return;
		}
	}
	tree_list(h->t, roots[0], &others);
	for (size_t i = 0; i < others.count && i < 8; i++)
		strbuf_printf(&list, "%s%s", i ? " " : "", others.names[i]);
	k->modules_dir = fact_because(arena_printf(h->a, "%s/%s", roots[0], release), false,
				      list.len ? arena_dup(h->a, list.text) : NULL);
	strbuf_fini(&list);
}

static struct fact loadable_fact(struct host *h)
{
	struct fact option = h->kernel.options[OPTION_MODULES];

	if (option.is == YES)
		return fact_because("CONFIG_MODULES", true, option.text);
	/* A kernel without loadable modules has no /proc/modules; an empty folder has none either. */
	if (tree_exists(h->t, "/proc/modules"))
		return fact_yes("/proc/modules");
	if (option.is == NO || (tree_is_live(h->t) && tree_exists(h->t, "/proc/self")))
		return fact_no("/proc/modules");
	return fact_unknown("/proc/modules", ENOENT);
}

/* "none [integrity] confidentiality" -> "integrity". */
static struct fact lockdown_fact(struct host *h)
{
	static const char path[] = "/sys/kernel/security/lockdown";
	struct fact f = fact_from_line(h->t, path);
	const char *open, *close;

	if (f.is != YES) {
		if (f.err == ENOENT && (h->kernel.options[OPTION_SECURITY_LOCKDOWN_LSM].is == NO ||
					tree_exists(h->t, "/sys/kernel/security/lsm")))
			return fact_because(path, false, "not in this kernel");
		return f;
	}
	open = strchr(f.text, '[');
	close = open ? strchr(open, ']') : NULL;
	if (!close)
		return fact_unknown(f.source, EINVAL);
	f.text = arena_dupn(h->a, open + 1, (size_t)(close - open - 1));
	f.is = str_eq(f.text, "none") ? NO : YES;
	return f;
}

static struct fact secure_boot_fact(struct host *h)
{
	static const char path[] =
		"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	const char *data;
	size_t len;
	int r = tree_read(h->t, path, 64, &data, &len);

	if (r < 0) {
		if (tree_exists(h->t, "/sys/firmware") && !tree_exists(h->t, "/sys/firmware/efi"))
			return fact_because("/sys/firmware/efi", false, "not started by UEFI");
		if (r == -ENOENT && tree_exists(h->t, "/sys/firmware/efi/efivars/"))
			return fact_because(path, false, "firmware has no such variable");
		return fact_unknown(path, r);
	}
	/* Four bytes of attributes, then one of value. */
	return len == 5 ? fact_bool(path, data[4] == 1) : fact_unknown(path, EINVAL);
}

static void gather_policy(struct host *h)
{
	struct kernel *k = &h->kernel;

	k->loadable = loadable_fact(h);
	k->modules_disabled = fact_from_flag(h->t, "/proc/sys/kernel/modules_disabled");
	if (k->loadable.is == NO && k->modules_disabled.err == ENOENT)
		k->modules_disabled = fact_because("/proc/sys/kernel/modules_disabled", false,
						   "no loadable modules in this kernel");
	k->lockdown = lockdown_fact(h);
	k->secure_boot = secure_boot_fact(h);
	k->sig_enforce = fact_from_flag(h->t, "/sys/module/module/parameters/sig_enforce");
	if (k->sig_enforce.err == ENOENT && k->loadable.is == NO)
		k->sig_enforce =
			fact_because(k->sig_enforce.source, false, k->modules_disabled.text);
}

static void gather(struct host *h)
{
	gather_release(h);
	gather_config(h);
	gather_modules_dir(h);
	gather_policy(h);
	kernel_gather_modules(h);
	kernel_gather_vendor(h);
}

/* ---- catalogue ---- */

#define OPTION_ROW(id) FACT("kernel.config." #id, kernel.options[OPTION_##id], "CONFIG_" #id),
#define MODULE_ROW(id, name, option)                                                               \
	FACT("modules." name, kernel.modules[MODULE_##id].present, name),
#define PARAM_ROW(id, module, param)                                                               \
	FACT("modules." module "." param, kernel.params[PARAM_##id], module "." param),

static const struct fact_row facts[] = {
	FACT("kernel.release", kernel.release, "Kernel release"),
	FACT("kernel.version", kernel.version, "Kernel version"),
	FACT("kernel.machine", kernel.machine, "Architecture"),
	FACT("kernel.cmdline", kernel.cmdline, "Kernel command line"),
	FACT("kernel.config", kernel.config, "Kernel configuration"),
	FACT("kernel.loadable", kernel.loadable, "Kernel can load modules"),
	FACT("kernel.modules-dir", kernel.modules_dir, "Modules of the running kernel"),
	FACT("kernel.modules-disabled", kernel.modules_disabled, "Module loading switched off"),
	FACT("kernel.lockdown", kernel.lockdown, "Kernel lockdown"),
	FACT("kernel.secure-boot", kernel.secure_boot, "Secure Boot"),
	FACT("kernel.sig-enforce", kernel.sig_enforce, "Only signed modules load"),
	FACT("kernel.vendor-module", kernel.vendor_module, "KVM module for this processor"),
	FACT("kernel.driver", kernel.driver, "KVM module in the kernel"),
	KERNEL_OPTIONS(OPTION_ROW) KERNEL_MODULES(MODULE_ROW) KERNEL_PARAMS(PARAM_ROW)};

/* Modules that are there or that something stands in the way of, with all that is known. */
static void details(const struct host *h, json_t *out)
{
	json_t *list = json_object();

	for (size_t i = 0; i < MODULE_COUNT; i++) {
		const struct module *m = &h->kernel.modules[i];
		json_t *row = json_object();

		if (m->present.is == YES)
			json_object_set_new(row, "present", json_string(m->present.text));
		if (m->on_disk.is == YES)
			json_object_set_new(row, "file", json_string(m->on_disk.text));
		if (m->blacklisted.is == YES)
			json_object_set_new(row, "blacklisted", json_string(m->blacklisted.text));
		if (m->install.is == YES)
			json_object_set_new(row, "install", json_string(m->install.text));
		if (m->refused)
			json_object_set_new(row, "refused", json_true());
		if (json_object_size(row))
			json_object_set_new(list, m->name, row);
		else
			json_decref(row);
	}
	json_object_set_new(out, "modules", list);
}

const struct area kernel_area = {
	.name = "kernel",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = kernel_checks,
	.nchecks = KERNEL_CHECKS,
	.details = details,
};
