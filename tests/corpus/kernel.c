/* Kernel configurations against the manifest's values, and captured hosts: huge pages and NUMA nodes as lstopo and
 * lscpu saw them, and no fact of kernel, memory or isolation unknown whose file the capture has.
 * usage: kernel DATA-FOLDER; prints "not ok: ..." lines and "kernel: N passed, N failed". */
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "probe/host.h"
#include "probe/kconfig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct score {
	unsigned passed, failed, values;
};

/* lstopo shows nodes by other rules than "has memory"; the answer given here must come out. */
static const struct {
	const char *file, *answer, *reason;
} exceptions[] = {
	{"host/hwloc-linux/16amd64-4n4c-cgroup-distance-merge.tar.bz2", "4",
	 "lstopo shows only what the cpuset of its process allowed"},
	{"host/hwloc-linux/32amd64-4s2n4c-cgroup2.tar.bz2", "8",
	 "lstopo shows only what the cpuset of its process allowed"},
	{"host/hwloc-linux/4fake-4gr1nu1pu.tar.bz2", "4",
	 "lstopo shows only what the cpuset of its process allowed"},
	{"host/hwloc-linux/nvidiagpunumanodes.tar.bz2", "8",
	 "lstopo hides the memory of GPUs, which the kernel hands out like any other"},
};

static const char *excepted(const char *file, const char *got)
{
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (str_eq(exceptions[i].file, file) && str_eq(exceptions[i].answer, got))
			return exceptions[i].reason;
	return NULL;
}

static void compare(struct score *s, const char *file, const char *what, const char *want,
		    const char *got)
{
	s->values++;
	if (str_eq(want, got)) {
		s->passed++;
		return;
	}
	if (excepted(file, got)) {
		printf("differs: %s: %s: expected '%s', is '%s': %s\n", file, what, want, got,
		       excepted(file, got));
		return;
	}
	s->failed++;
	printf("not ok: %s: %s: expected '%s', is '%s'\n", file, what, want, got ? got : "unknown");
}

/* ---- configurations ---- */

/* Each "CONFIG_X=v" of the manifest's last column. */
static void test_config(struct score *s, const char *data, const char *file, const char *line)
{
	SCOPED(strbuf_fini) struct strbuf text = {0};
	SCOPED(arena_fini) struct arena a = {0};
	const char *at = line;

	if (sys_read_file(arena_printf(&a, "%s/%s", data, file), &text, KCONFIG_MAX) < 0) {
		s->failed++;
		printf("not ok: %s: cannot be read\n", file);
		return;
	}
	while ((at = strstr(at, "CONFIG_"))) {
		size_t n = strcspn(at, "="), len = strcspn(at + n, ";\n");
		struct kconfig_option o = {.name = arena_dupn(&a, at + 7, n - 7)};
		const char *want = arena_dupn(&a, at + n + 1, len - 1);

		kconfig_read(text.text, text.len, &o, 1, &a);
		compare(s, file, o.name, want, o.value ? o.value : "n");
		at += n + len;
	}
}

/* ---- captured hosts ---- */

static const struct area *const parts[] = {&kernel_area, &isolation_area, &memory_area};

/* Unknown, yet the capture has the very file: an answer was missed. */
static void test_unknowns(struct score *s, struct host *h, const char *file)
{
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++)
		for (size_t i = 0; i < parts[p]->nfacts; i++) {
			const struct fact *f =
				(const void *)((const char *)h + parts[p]->facts[i].offset);
			struct tree_stat st;

			s->values++;
			if (f->is != UNKNOWN || !f->source || *f->source != '/' ||
			    tree_stat(h->t, f->source, &st) < 0) {
				s->passed++;
				continue;
			}
			s->failed++;
			printf("not ok: %s: %s is unknown (%s), but %s is there\n", file,
			       parts[p]->facts[i].id, err_word(f->err), f->source);
		}
}

/* lstopo numbers the nodes it shows: "NUMANode L#3". */
static long nodes_in_console(const char *text)
{
	long n = -1;

	while ((text = strstr(text, "NUMANode L#"))) {
		long at = strtol(text += strlen("NUMANode L#"), NULL, 10);

		n = at > n ? at : n;
	}
	return n + 1;
}

static long count(const char *text, const char *what)
{
	long n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* <page_type size="2097152" count="5"/>, a row per node. */
static void test_pages(struct score *s, const struct host *h, const char *file, const char *xml)
{
	for (size_t i = 0; i < h->memory.npools; i++) {
		const struct hugepage_pool *p = &h->memory.pools[i];
		char row[64], want[32], got[32];
		unsigned long long sum = 0;
		const char *at = xml;

		if (p->node >= 0)
			continue;
		snprintf(row, sizeof row, "page_type size=\"%llu\" count=\"",
			 (unsigned long long)p->size_kb * 1024);
		if (!strstr(at, row))
			continue;
		while ((at = strstr(at, row)))
			sum += strtoull(at += strlen(row), NULL, 10);
		snprintf(want, sizeof want, "%llu", sum);
		snprintf(got, sizeof got, "%llu", (unsigned long long)p->total);
		compare(s, file, "huge pages", want, got);
	}
}

/* What another tool printed for the same capture lies beside it. */
static void test_beside(struct score *s, const struct host *h, const char *data, const char *file)
{
	static const char *const ends[] = {".console", ".xml", ".lscpu-expected.txt"};
	size_t stem = (size_t)(strstr(file, ".tar.") - file);
	long nodes = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		SCOPED(strbuf_fini) struct strbuf text = {0};
		char path[4400], want[32], got[32];
		const char *row;

		snprintf(path, sizeof path, "%s/%.*s%s", data, (int)stem, file, ends[i]);
		if (sys_read_file(path, &text, 4 << 20) < 0)
			continue;
		row = strstr(text.text, "NUMA node(s):");
		nodes = i == 0   ? nodes_in_console(text.text)
			: i == 1 ? count(text.text, "<object type=\"NUMANode\"")
			: row    ? strtol(row + strlen("NUMA node(s):"), NULL, 10)
				 : 0;
		if (i == 1)
			test_pages(s, h, file, text.text);
		if (nodes <= 0)
			continue;
		snprintf(want, sizeof want, "%ld", nodes);
		snprintf(got, sizeof got, "%lld",
			 h->memory.nodes.is == YES ? (long long)h->memory.nodes.num : -1LL);
		compare(s, file, "NUMA nodes", want, got);
	}
}

static void test_host(struct score *s, const char *data, const char *file)
{
	static const struct probe_options opt = {.trial = false};
	SCOPED(arena_fini) struct arena a = {0};
	struct tree *t = NULL;
	struct err e = {0};
	struct host h;

	if (tree_open(&t, arena_printf(&a, "%s/%s", data, file), &e) < 0) {
		s->failed++;
		printf("not ok: %s: %s\n", file, e.text);
		return;
	}
	host_gather(&h, t, &opt);
	test_unknowns(s, &h, file);
	test_beside(s, &h, data, file);
	tree_close(t);
}

static void test_row(struct score *s, const char *data, const char *file, const char *line)
{
	if (str_starts(file, "host/kconfig/"))
		test_config(s, data, file, line);
	else if ((str_starts(file, "host/lscpu/") || str_starts(file, "host/hwloc-linux/") ||
		  str_starts(file, "host/sysfs/")) &&
		 strstr(file, ".tar."))
		test_host(s, data, file);
}

int main(int argc, char **argv)
{
	SCOPED(strbuf_fini) struct strbuf manifest = {0};
	const char *data = argc > 1 ? argv[1] : "../shared/data", *at, *line;
	struct score s = {0};
	char path[512];
	size_t len;

	snprintf(path, sizeof path, "%s/MANIFEST.tsv", data);
	if (sys_read_file(path, &manifest, 16 << 20) < 0) {
		printf("kernel: skipped, there is no %s\n", path);
		return 0;
	}
	at = manifest.text;
	while (str_line(&at, &line, &len)) {
		char row[4096], *tab;

		snprintf(row, sizeof row, "%.*s", (int)(len < sizeof row ? len : sizeof row - 1),
			 line);
		tab = strchr(row, '\t');
		if (!tab)
			continue;
		*tab = '\0';
		test_row(&s, data, row, tab + 1);
	}
	printf("kernel: %u passed, %u failed\n", s.passed, s.failed);
	return s.failed > 0;
}
