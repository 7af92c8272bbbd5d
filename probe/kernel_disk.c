/* Modules that are not in the kernel: is there a file, and does modprobe's configuration keep it out?
 * libkmod answers for this host, and its answers are recorded. A plain folder is read as text instead: libkmod
 * would follow the folder's symlinks out of it, and cannot look into an archive. */
#include "probe/host.h"

#include "base/lazy_kmod.h"
#include "base/scope.h"
#include "base/str.h"
#include "probe/kernel_parts.h"
#include "probe/modprobe.h"

#include <errno.h>
#include <string.h>

/* One libkmod context for all questions of a run: opened by the first, closed by kernel_disk_close. */
struct kernel_disk {
	struct kmod_ctx *ctx;
	const char *dir; /* NULL: no modules of this release */
};

static void quiet(void *data, int priority, const char *file, int line, const char *fn,
		  const char *format, va_list ap)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)ap;
}

static struct kmod_ctx *context(struct kernel_disk *d)
{
	if (!d->ctx) {
		if (lazy_kmod_load(NULL) < 0)
			return NULL;
		d->ctx = kmod_new(d->dir, NULL);
		if (!d->ctx)
			return NULL;
		kmod_set_log_fn(d->ctx, quiet, NULL);
		if (d->dir)
			kmod_load_resources(d->ctx);
	}
	return d->ctx;
}

struct question {
	struct kernel_disk *disk;
	const char *name;
};

static void add_from_config(struct kmod_config_iter *it, const char *verb, const char *name,
			    struct strbuf *out)
{
	while (it && kmod_config_iter_next(it)) {
		const char *key = kmod_config_iter_get_key(it);
		const char *value = kmod_config_iter_get_value(it);

		if (key && strlen(key) == strlen(name) &&
		    modprobe_same_name(key, name, strlen(name)))
			strbuf_printf(out, "%s%s%s\n", verb, value ? " " : "", value ? value : "");
	}
	if (it)
		kmod_config_iter_free_iter(it);
}

static void add_files(struct kmod_ctx *ctx, const char *name, struct strbuf *out)
{
	struct kmod_list *list = NULL, *row;

	if (kmod_module_new_from_lookup(ctx, name, &list) < 0)
		return;
	kmod_list_foreach(row, list)
	{
		struct kmod_module *mod = kmod_module_get_module(row);
		const char *path = kmod_module_get_path(mod);

		if (path)
			strbuf_printf(out, "path %s\n", path);
		else if (kmod_module_get_initstate(mod) == KMOD_MODULE_BUILTIN)
			strbuf_add(out, "builtin\n");
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
}

static int ask_kmod(void *arg, struct strbuf *out)
{
	const struct question *q = arg;
	struct kmod_ctx *ctx = context(q->disk);

	if (!ctx)
		return -ENOSYS;
	if (q->disk->dir)
		add_files(ctx, q->name, out);
	add_from_config(kmod_config_get_blacklists(ctx), "blacklist", q->name, out);
	add_from_config(kmod_config_get_install_commands(ctx), "install", q->name, out);
	return 0;
}

/* ---- the same questions to a folder's text files ---- */

/* "kernel/drivers/net/tun.ko.xz: kernel/..." */
static void add_file_from_dep(struct host *h, const char *dir, const char *name, struct strbuf *out)
{
	const char *text, *line, *path = arena_printf(h->a, "%s/modules.dep", dir);
	size_t n, len = strlen(name);

	if (tree_read(h->t, path, TREE_TEXT_MAX, &text, NULL) < 0)
		return;
	while (str_line(&text, &line, &n)) {
		const char *colon = memchr(line, ':', n);
		const char *slash = colon ? memrchr(line, '/', (size_t)(colon - line)) : NULL;
		const char *base = slash ? slash + 1 : line;

		if (!colon || (size_t)(colon - base) < len + 3 ||
		    !modprobe_same_name(base, name, len) || memcmp(base + len, ".ko", 3) != 0)
			continue;
		strbuf_printf(out, "path %s/%.*s\n", dir, (int)(colon - line), line);
		return;
	}
}

static const char *ask_folder(struct host *h, const char *name)
{
	const char *dir = fact_str(h->kernel.modules_dir, NULL);
	struct strbuf out = {0};
	struct modprobe_line found;
	const char *text;

	if (dir)
		add_file_from_dep(h, dir, name, &out);
	if (modprobe_find(h->t, "blacklist", name, &found))
		strbuf_add(&out, "blacklist\n");
	if (modprobe_find(h->t, "install", name, &found))
		strbuf_printf(&out, "install %s\n", found.rest);
	text = arena_dup(h->a, strbuf_str(&out));
	strbuf_fini(&out);
	return text;
}

/* ---- reading the answer ---- */

/* libkmod does not say which line it was. */
static const char *where(struct host *h, const char *verb, const char *name)
{
	struct modprobe_line found;

	if (!modprobe_find(h->t, verb, name, &found))
		return "modprobe configuration";
	return arena_printf(h->a, "%s:%u", found.path, found.line);
}

static void take_line(struct host *h, struct module *m, const char *verb, const char *rest)
{
	if (str_eq(verb, "path"))
		m->on_disk = fact_text("modules.dep", rest);
	else if (str_eq(verb, "builtin"))
		m->present = fact_because("modules.builtin", true, "built in");
	else if (str_eq(verb, "blacklist"))
		m->blacklisted = fact_text("modprobe.d", where(h, "blacklist", m->name));
	else if (str_eq(verb, "install"))
		m->install = fact_text(where(h, "install", m->name), rest);
}

static void take_answer(struct host *h, struct module *m, const char *text)
{
	const char *line;
	size_t n;

	m->on_disk = fact_no("modules.dep");
	m->blacklisted = fact_no("modprobe.d");
	m->install = fact_no("modprobe.d");
	if (h->kernel.modules_dir.is == UNKNOWN)
		m->on_disk = h->kernel.modules_dir;
	while (str_line(&text, &line, &n)) {
		char *verb = arena_dupn(h->a, line, n), *space = strchrnul(verb, ' ');
		char *rest = *space ? space + 1 : space;

		*space = '\0';
		take_line(h, m, verb, rest);
	}
}

struct kernel_disk *kernel_disk_open(struct host *h)
{
	struct kernel_disk *d = arena_alloc(h->a, sizeof *d);

	d->dir = fact_str(h->kernel.modules_dir, NULL);
	return d;
}

void kernel_disk_close(struct kernel_disk *d)
{
	if (d->ctx)
		kmod_unref(d->ctx);
}

void kernel_disk_ask(struct kernel_disk *d, struct host *h, struct module *m)
{
	struct question q = {d, m->name};
	const char *text = NULL;
	int r = 0;

	if (tree_has_answers(h->t))
		r = tree_answer(h->t, arena_printf(h->a, "kmod/%s", m->name), ask_kmod, &q, &text);
	else
		text = ask_folder(h, m->name);
	if (r >= 0) {
		take_answer(h, m, text);
		return;
	}
	m->on_disk = fact_unknown("libkmod", r);
	m->blacklisted = m->on_disk;
	m->install = m->on_disk;
}
