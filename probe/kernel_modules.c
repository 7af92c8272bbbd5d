/* Modules: in the kernel now, on disk, kept out, and the parameters of those that are there. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/kernel_parts.h"
#include "probe/modprobe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the kernel and its folder say about modules, read once for all of them. */
struct seen {
	struct kernel_disk *disk;
	struct tree_names sys; /* /sys/module */
	const char *proc;      /* /proc/modules, or NULL */
	const char *builtin;   /* modules.builtin, or NULL */
	const char *builtin_path;
	int sys_err;
};

static int by_name(const void *key, const void *row)
{
	return strcmp(key, *(char *const *)row);
}

static bool in_sys(const struct seen *s, const char *name)
{
	return s->sys.count &&
	       bsearch(name, s->sys.names, s->sys.count, sizeof *s->sys.names, by_name);
}

/* "tun 61440 2 vhost_net, Live 0x0" */
static bool in_proc_modules(const struct seen *s, const char *name)
{
	const char *at = s->proc, *line;
	size_t n, len = strlen(name);

	while (at && str_line(&at, &line, &n))
		if (n > len && !memcmp(line, name, len) && line[len] == ' ')
			return true;
	return false;
}

/* "kernel/drivers/net/tun.ko"; file names carry '-' or '_' as their authors liked. */
static bool in_builtin(const struct seen *s, const char *name)
{
	const char *at = s->builtin, *line;
	size_t n, len = strlen(name);

	while (at && str_line(&at, &line, &n)) {
		const char *end = line + n;

		if (n < len + 4 || memcmp(end - 3, ".ko", 3) != 0 ||
		    end[-3 - (ptrdiff_t)len - 1] != '/')
			continue;
		if (modprobe_same_name(end - 3 - len, name, len))
			return true;
	}
	return false;
}

/* modules.builtin is read only where the configuration cannot tell. */
static void read_builtin(struct host *h, struct seen *s)
{
	const struct kernel *k = &h->kernel;

	if (k->config.is == YES || k->modules_dir.is != YES)
		return;
	s->builtin_path = arena_printf(h->a, "%s/modules.builtin", k->modules_dir.text);
	tree_read(h->t, s->builtin_path, TREE_TEXT_MAX, &s->builtin, NULL);
}

static struct fact absent_fact(const struct host *h, const struct seen *s, const struct module *m)
{
	const struct kernel *k = &h->kernel;

	/* Not every module that is built in shows up in /sys/module: only those with parameters do. */
	if (m->config.is == YES && str_eq(m->config.text, "y"))
		return fact_because(k->config.text, true, "built in");
	if (in_builtin(s, m->name))
		return fact_because(s->builtin_path, true, "built in");
	if (s->sys_err && !s->proc)
		return fact_unknown("/sys/module", s->sys_err);
	if (m->config.is == YES)
		return fact_because("/sys/module", false, "built as a module, not loaded");
	if (m->config.is == NO)
		return fact_because(k->config.text, false, "not built");
	if (s->builtin || k->loadable.is == NO)
		return fact_no("/sys/module");
	/* A module of another project is never built in; of Linux's own nobody can tell. */
	return m->config.err ? fact_because("/sys/module", false, "not loaded")
			     : fact_no("/sys/module");
}

static struct fact present_fact(struct host *h, const struct seen *s, const struct module *m)
{
	const char *state = NULL;

	if (in_proc_modules(s, m->name))
		return fact_because("/proc/modules", true, "loaded");
	if (!in_sys(s, m->name))
		return absent_fact(h, s, m);
	if (h->kernel.loadable.is == NO ||
	    tree_readf_line(h->t, &state, "/sys/module/%s/initstate", m->name) < 0)
		return fact_because(arena_printf(h->a, "/sys/module/%s", m->name), true,
				    "built in");
	return fact_because(arena_printf(h->a, "/sys/module/%s/initstate", m->name), true,
			    str_eq(state, "live") ? "loaded" : state);
}

/* Come with something else, or cannot be had by modprobe: not worth a question. */
static bool never_loaded_by_hand(enum kernel_module id)
{
	static const enum kernel_module list[] = {
		MODULE_IRQBYPASS,
		MODULE_CCP,
		MODULE_VHOST,
		MODULE_VSOCK,
		MODULE_TAP,
		MODULE_MACVLAN,
		MODULE_NF_TABLES,
		MODULE_VFIO,
		MODULE_MDEV,
		MODULE_CPUID,
		MODULE_DM_MOD,
		MODULE_OVERLAY,
		MODULE_FUSE,
		MODULE_VIRTIOFS,
		MODULE_VIRTIO_PCI,
		MODULE_VIRTIO_NET,
		MODULE_VIRTIO_BLK,
		MODULE_XEN_GNTDEV,
		MODULE_BINDER,
		MODULE_NVIDIA,
		MODULE_KVMGT,
		MODULE_VMW_VSOCK_VMCI,
		MODULE_NVIDIA_VGPU_VFIO,
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (list[i] == id)
			return true;
	return false;
}

static void gather_module(struct host *h, const struct seen *s, struct module *m)
{
	const struct kernel *k = &h->kernel;

	m->present = present_fact(h, s, m);
	m->refused = kernel_cmdline_bans(h, "module_blacklist=", m->name);
	m->on_disk = fact_unknown("modprobe", 0);
	m->blacklisted = fact_unknown("modprobe", 0);
	m->install = fact_unknown("modprobe", 0);
	if (m->present.is == YES)
		return;
	if (k->loadable.is == NO) {
		m->on_disk = fact_because("modprobe", false, "no loadable modules in this kernel");
		return;
	}
	if (!never_loaded_by_hand((enum kernel_module)(m - k->modules)))
		kernel_disk_ask(s->disk, h, m);
	if (m->refused)
		m->blacklisted = fact_because("/proc/cmdline", true, "module_blacklist=");
	else if (kernel_cmdline_bans(h, "modprobe.blacklist=", m->name))
		m->blacklisted = fact_because("/proc/cmdline", true, "modprobe.blacklist=");
}

static void gather_params(struct host *h, const struct seen *s)
{
	static const struct {
		const char *module, *name, *path;
	} params[PARAM_COUNT] = {
#define PARAM_PATH(id, module, param) {module, param, "/sys/module/" module "/parameters/" param},
		KERNEL_PARAMS(PARAM_PATH)};

	for (size_t i = 0; i < PARAM_COUNT; i++) {
		struct fact f = fact_unknown(params[i].path, ENOENT);
		int64_t n;

		if (in_sys(s, params[i].module))
			f = fact_from_line(h->t, params[i].path);
		if (f.is == YES && (str_eq(f.text, "N") || str_eq(f.text, "0")))
			f.is = NO;
		if (f.is != UNKNOWN && num_parse_signed(f.text, 0, &n)) {
			f.num = n;
			f.has_num = true;
		}
		h->kernel.params[i] = f;
	}
}

void kernel_gather_modules(struct host *h)
{
	static const char *const names[MODULE_COUNT] = {
#define MODULE_NAME(id, name, option) name,
		KERNEL_MODULES(MODULE_NAME)};
	struct seen s = {0};

	s.sys_err = tree_list(h->t, "/sys/module", &s.sys);
	/* /proc/modules tells the same as /sys/module, slower: only where there is no /sys. */
	if (s.sys_err < 0)
		tree_read(h->t, "/proc/modules", TREE_TEXT_MAX, &s.proc, NULL);
	read_builtin(h, &s);
	s.disk = kernel_disk_open(h);
	for (size_t i = 0; i < MODULE_COUNT; i++) {
		h->kernel.modules[i].name = names[i];
		gather_module(h, &s, &h->kernel.modules[i]);
	}
	kernel_disk_close(s.disk);
	gather_params(h, &s);
}

bool kernel_cmdline_bans(const struct host *h, const char *option, const char *name)
{
	const char *at = fact_str(h->kernel.cmdline, ""), *word;
	size_t n, len = strlen(name), skip = strlen(option);

	while (str_word(&at, &word, &n)) {
		const char *end = word + n;

		if (n <= skip || memcmp(word, option, skip) != 0)
			continue;
		for (word += skip; word < end; word++) {
			const char *comma = memchr(word, ',', (size_t)(end - word));
			const char *stop = comma ? comma : end;

			if ((size_t)(stop - word) == len && modprobe_same_name(word, name, len))
				return true;
			word = stop;
		}
	}
	return false;
}

const struct module *kernel_module_named(const struct host *h, const char *name)
{
	for (size_t i = 0; i < MODULE_COUNT; i++)
		if (str_eq(h->kernel.modules[i].name, name))
			return &h->kernel.modules[i];
	return NULL;
}
