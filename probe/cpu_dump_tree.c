/* CPU dumps as trees: the same questions get their answers. Files come from the tree that the dump lies in, if any. */
#include "base/arena.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/tree_backend.h"
#include "probe/cpu_dump.h"
#include "probe/cpu_info.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

struct dump_tree {
	const struct cpu_dump *d;
	struct cpu_dump own; /* d points here when the tree owns it */
	struct arena a;
	struct tree *files;  /* or NULL */
	const char *prefix;  /* where in files the captured host's root is */
	const char *cpuinfo; /* or the one file there is */
};

static void dump_close(void *self)
{
	struct dump_tree *t = self;

	tree_close(t->files);
	arena_fini(&t->a);
	free(t);
}

static const char *inside(const struct dump_tree *t, char path[PATH_MAX], const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s%s", t->prefix, name);

	return n < 0 || n >= PATH_MAX ? NULL : path;
}

/* ARM's main id register, and the number of CPUs, where Linux shows them. */
static int read_arm(const struct dump_tree *t, const char *path, struct strbuf *out)
{
	unsigned cpu;
	int end = 0;

	if (t->d->nmidrs && str_eq(path, "/sys/devices/system/cpu/online")) {
		strbuf_printf(out, "0-%zu\n", t->d->nmidrs - 1);
		return 0;
	}
	sscanf(path, "/sys/devices/system/cpu/cpu%u/regs/identification/midr_el1%n", &cpu, &end);
	if (!end || path[end])
		return -ENODATA;
	for (size_t i = 0; i < t->d->nmidrs; i++)
		if (t->d->midrs[i].cpu == cpu) {
			strbuf_printf(out, "0x%016" PRIx64 "\n", t->d->midrs[i].value);
			return 0;
		}
	return -ENODATA;
}

static int dump_read(void *self, const char *path, size_t limit, struct strbuf *out)
{
	const struct dump_tree *t = self;
	char longer[PATH_MAX];
	const char *text;
	size_t len;
	int r;

	if (t->cpuinfo && str_eq(path, "/proc/cpuinfo")) {
		strbuf_add(out, t->cpuinfo);
		return 0;
	}
	if (!t->files)
		return read_arm(t, path, out);
	if (!inside(t, longer, path))
		return -ENAMETOOLONG;
	r = tree_read(t->files, longer, limit, &text, &len);
	if (r == 0)
		strbuf_addn(out, text, len);
	return r;
}

static int dump_link(void *self, const char *path, struct strbuf *out)
{
	const struct dump_tree *t = self;
	char longer[PATH_MAX];
	const char *text;
	int r;

	if (!t->files)
		return -ENODATA;
	if (!inside(t, longer, path))
		return -ENAMETOOLONG;
	r = tree_link(t->files, longer, &text);
	if (r == 0)
		strbuf_add(out, text);
	return r;
}

static int dump_stat(void *self, const char *path, bool follow, struct tree_stat *out)
{
	const struct dump_tree *t = self;
	char longer[PATH_MAX];

	if (!t->files)
		return -ENODATA;
	if (!inside(t, longer, path))
		return -ENAMETOOLONG;
	return follow ? tree_stat(t->files, longer, out) : tree_lstat(t->files, longer, out);
}

static int dump_list(void *self, const char *path, struct strbuf *out)
{
	const struct dump_tree *t = self;
	struct tree_names names;
	char longer[PATH_MAX];
	int r;

	if (!t->files)
		return -ENODATA;
	if (!inside(t, longer, path))
		return -ENAMETOOLONG;
	r = tree_list(t->files, longer, &names);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		strbuf_addn(out, names.names[i], strlen(names.names[i]) + 1);
	return r;
}

/* The keys of probe/cpu_source.c. */
static int dump_answer(void *self, const char *key, struct strbuf *out)
{
	const struct dump_tree *t = self;
	const struct cpu_source s = cpu_dump_source(t->d);
	const struct cpu_dump_value *msr;
	uint32_t leaf, sub;
	uint64_t address;
	struct cpu_regs r;
	unsigned cpu;
	int got;

	if (str_eq(key, "cpuid/cpus") && t->d->count) {
		strbuf_printf(out, "0-%u", t->d->ncpus - 1);
		return 0;
	}
	if (sscanf(key, "cpuid/%u/%" SCNx32 ".%" SCNx32, &cpu, &leaf, &sub) == 3) {
		got = cpu_ask(&s, cpu, leaf, sub, &r);
		if (got == 0)
			strbuf_printf(out, "%08x %08x %08x %08x", r.r[CPU_EAX], r.r[CPU_EBX],
				      r.r[CPU_ECX], r.r[CPU_EDX]);
		return got;
	}
	if (sscanf(key, "msr/%u/%" SCNx64, &cpu, &address) == 2) {
		msr = cpu_dump_msr(t->d, address);
		if (!msr)
			return -ENODATA;
		strbuf_printf(out, "0x%" PRIx64, msr->value);
		return 0;
	}
	return -ENODATA;
}

static const struct tree_backend dump_ops = {
	.close = dump_close,
	.read = dump_read,
	.link = dump_link,
	.stat = dump_stat,
	.list = dump_list,
	.answer = dump_answer,
};

struct tree *cpu_dump_tree(const struct cpu_dump *d, const char *name)
{
	struct dump_tree *t = xcalloc(1, sizeof *t);

	t->d = d;
	t->prefix = "";
	return tree_new(name, &dump_ops, t);
}

static struct dump_tree *owning(void)
{
	struct dump_tree *t = xcalloc(1, sizeof *t);

	t->d = &t->own;
	t->prefix = "";
	return t;
}

/* ---- opening what people have ---- */

/* Archives are read by tree_open, and some are large: a look at the first bytes tells. */
static bool is_text(const char *path)
{
	SCOPED(close_at) int fd = sys_open(path, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;
	char head[4096];
	ssize_t n;

	if (fd < 0 || sys_fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	n = sys_pread(fd, head, sizeof head, 0);
	return n > 0 && !memchr(head, '\0', (size_t)n);
}

/* A lone text: a dump, or a copy of /proc/cpuinfo. -ENOENT: neither. */
static int open_text(struct tree **out, const char *path, struct err *e)
{
	SCOPED(strbuf_fini) struct strbuf text = {0};
	struct dump_tree *t;
	struct cpuinfo info;
	int r = is_text(path) ? sys_read_file(path, &text, CPU_DUMP_TEXT) : -ENOENT;

	if (r < 0 || !text.len || strlen(text.text) != text.len)
		return -ENOENT;
	t = owning();
	if (cpu_dump_looks_like_one(text.text, text.len)) {
		r = cpu_dump_parse(&t->a, text.text, text.len, path, &t->own, e);
	} else {
		r = cpuinfo_parse(&t->a, text.text, text.len, &info);
		r = r == 0 && info.arch && info.count ? 0 : -ENOENT;
		t->cpuinfo = arena_dup(&t->a, text.text);
	}
	if (r < 0) {
		dump_close(t);
		return r;
	}
	*out = tree_new(path, &dump_ops, t);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

/* hwloc keeps one file a CPU: pu0, pu1... Reads those in folder; their number, or -errno. */
static int read_units(struct dump_tree *t, struct tree *files, const char *folder, struct err *e)
{
	struct tree_names names;
	unsigned *units = NULL, count = 0;
	size_t room = 0;
	int r = tree_list(files, *folder ? folder : "/", &names);

	for (size_t i = 0; r == 0 && i < names.count; i++) {
		uint64_t n;

		if (!str_starts(names.names[i], "pu") || !num_parse(names.names[i] + 2, 10, &n) ||
		    n >= CPU_DUMP_CPUS)
			continue;
		ARENA_GROW(&t->a, units, count, room);
		units[count++] = (unsigned)n;
	}
	if (count)
		qsort(units, count, sizeof *units, by_number);
	for (unsigned i = 0; i < count; i++) {
		const char *path = arena_printf(&t->a, "%s/pu%u", folder, units[i]), *text;
		size_t len;

		r = tree_read(files, path, TREE_TEXT_MAX, &text, &len);
		if (r < 0)
			return err_sys(e, r, "%s: %s", tree_name(files), path);
		r = cpu_dump_parse(&t->a, text, len, path, &t->own, e);
		if (r < 0)
			return err_in(e, r, "%s", tree_name(files));
	}
	return (int)count;
}

/* files, with the CPUs it holds beside the captured host; files itself when there are none. Takes files on success. */
static int with_units(struct tree **out, struct tree *files, struct err *e)
{
	struct dump_tree *t;
	int n;

	*out = files;
	if (!tree_exists(files, "/cpuid") && !tree_exists(files, "/pu0"))
		return 0;
	t = owning();
	n = read_units(t, files, tree_exists(files, "/cpuid") ? "/cpuid" : "", e);
	if (n <= 0) {
		dump_close(t);
		return n;
	}
	t->files = files;
	t->prefix = tree_exists(files, "/fsroot") ? "/fsroot" : "";
	*out = tree_new(tree_name(files), &dump_ops, t);
	return 0;
}

int cpu_tree_open(struct tree **out, const char *path, struct err *e)
{
	struct tree *files;
	int r = open_text(out, path, e);

	if (r != -ENOENT)
		return r;
	r = tree_open(&files, path, e);
	if (r < 0)
		return r;
	r = with_units(out, files, e);
	if (r < 0)
		tree_close(files);
	return r;
}
