/* Every CPU of the corpus: raw dumps, archives of them, captured hosts and copies of /proc/cpuinfo, against what the
 * manifest says of vendor, model, vmx, svm, npt and hypervisor. Driven by the manifest's keys, not by file names.
 * usage: cpu DATA-FOLDER; prints "not ok: ..." lines and "cpu: N passed, N failed". */
#include "base/lazy_archive.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "probe/cpu_dump.h"
#include "probe/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct score {
	unsigned passed, failed, skipped;
	unsigned values; /* single answers compared */
};

enum kind { TEXT, BRAND, NUMBER, BIT, COUNT };

/* What the manifest calls it, and which fact answers. */
static const struct question {
	const char *key;
	enum kind kind;
	size_t fact;
} questions[] = {
	{"vendor", TEXT, offsetof(struct host, cpu.vendor)},
	{"cpuinfo_vendor", TEXT, offsetof(struct host, cpu.vendor)},
	{"Vendor ID", TEXT, offsetof(struct host, cpu.vendor)},
	{"brand", BRAND, offsetof(struct host, cpu.brand)},
	{"model_name", TEXT, offsetof(struct host, cpu.brand)},
	{"Model name", TEXT, offsetof(struct host, cpu.brand)},
	{"hv_sig", TEXT, offsetof(struct host, cpu.hypervisor_signature)},
	{"family", NUMBER, offsetof(struct host, cpu.family)},
	{"model", NUMBER, offsetof(struct host, cpu.model)},
	{"stepping", NUMBER, offsetof(struct host, cpu.stepping)},
	{"ncpu", COUNT, offsetof(struct host, cpu.count)},
	{"vmx", BIT, offsetof(struct host, cpu.vmx)},
	{"svm", BIT, offsetof(struct host, cpu.svm)},
	{"npt", BIT, offsetof(struct host, cpu.npt)},
	{"lm", BIT, offsetof(struct host, cpu.lm)},
	{"nx", BIT, offsetof(struct host, cpu.nx)},
	{"hypervisor_bit", BIT, offsetof(struct host, cpu.hypervisor)},
	{"hypervisor_flag", BIT, offsetof(struct host, cpu.hypervisor)},
};

/* ---- the manifest ---- */

struct row {
	char *file, *kind, *host, *truth;
};

static bool row_split(char *line, struct row *r)
{
	char *column[8], *rest = line;

	for (int i = 0; i < 8; i++) {
		column[i] = strsep(&rest, "\t");
		if (!column[i])
			return false;
	}
	*r = (struct row){column[0], column[5], column[6], column[7]};
	return true;
}

/* Something about a CPU is said there. */
static bool row_is_ours(const struct row *r)
{
	return strstr(r->truth, "svm=") || strstr(r->truth, "guest_cpuid_leaves=");
}

/* ---- comparing ---- */

/* White space inside counts as one blank: manifests and the kernel fold it differently. */
static bool same_text(const char *a, const char *b)
{
	const char *x, *y;
	size_t n, m;

	for (;;) {
		bool more = str_word(&a, &x, &n), also = str_word(&b, &y, &m);

		if (!more || !also)
			return more == also;
		if (n != m || memcmp(x, y, n) != 0)
			return false;
	}
}

/* Brands: what cannot be printed is '?', and the text ends at its NUL; the manifest has some with what lies behind it. */
static bool same_brand(const char *got, const char *want)
{
	for (; *got; got++, want++) {
		while (*got == ' ' && got[1] == ' ')
			got++;
		while (*want == ' ' && want[1] == ' ')
			want++;
		if (*got != *want && *got != '?')
			return false;
	}
	return true;
}

static bool answers(const struct question *q, const struct fact *f, const char *want,
		    enum cpu_arch arch)
{
	int64_t n;

	if (q->kind == TEXT)
		return f->is == YES && f->text && same_text(f->text, want);
	if (q->kind == BRAND)
		return f->is == YES && f->text && same_brand(f->text, want);
	if (!num_parse_signed(want, 0, &n))
		return false;
	/* The manifest counts "processor" lines: none says nothing. */
	if (q->kind == COUNT && n == 0)
		return true;
	if (q->kind == BIT && f->is == UNKNOWN)
		return n == 0 && arch != ARCH_X86; /* a flag nobody prints there */
	if (q->kind == BIT)
		return f->is == (n ? YES : NO);
	return f->is == YES && f->has_num && f->num == n;
}

static const char *shown(const struct question *q, const struct fact *f, char *out, size_t room)
{
	if (f->is != YES)
		return f->is == NO ? "no" : "unknown";
	if (q->kind == TEXT || q->kind == BRAND)
		return f->text ? f->text : "";
	snprintf(out, room, "%lld", f->has_num ? (long long)f->num : 1ll);
	return out;
}

/* One "key=value" of the manifest's last column; true when it holds, or is not ours to tell. */
static bool compare_one(struct score *s, const struct row *r, const struct host *h, const char *key,
			const char *want)
{
	char got[32];

	if (str_eq(want, "-"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const struct question *q = &questions[i];
		const struct fact *f = (const struct fact *)((const char *)h + q->fact);

		if (!str_eq(q->key, key))
			continue;
		s->values++;
		if (answers(q, f, want, h->cpu.arch_kind))
			return true;
		printf("not ok: %s: %s: expected '%s', is '%s'\n", r->file, key, want,
		       shown(q, f, got, sizeof got));
		return false;
	}
	return true;
}

static bool compare(struct score *s, const struct row *r, const struct host *h)
{
	SCOPED(free_at) char *copy = xstrdup(r->truth);
	char *rest = copy, *pair;
	bool good = true;

	while ((pair = strsep(&rest, ";"))) {
		char *value = strchr(pair, '=');

		if (!value)
			continue;
		*value++ = '\0';
		/* "CPUID:vendor=": from here on of the raw registers. */
		if (str_starts(pair, "CPUID:"))
			pair += 6;
		if (str_eq(pair, "decoded"))
			break;
		good &= compare_one(s, r, h, pair, value);
	}
	return good;
}

/* ---- Firecracker's: the vendor is in the host's name, the rest are counts ---- */

static bool compare_fingerprint(struct score *s, const struct row *r, const struct host *h,
				const struct cpu_dump *d)
{
	static const struct {
		const char *prefix, *vendor;
	} hosts[] = {{"AMD_", "AuthenticAMD"}, {"INTEL_", "GenuineIntel"}, {"ARM_", "Arm"}};
	const char *leaves = strstr(r->truth, "guest_cpuid_leaves=");
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (str_starts(r->host, hosts[i].prefix))
			good &= compare_one(s, r, h, "vendor", hosts[i].vendor);
	if (d->count) {
		good &= compare_one(s, r, h, "hypervisor_bit", "1");
		good &= compare_one(s, r, h, "lm", "1");
	}
	s->values++;
	if (leaves && strtoul(leaves + strlen("guest_cpuid_leaves="), NULL, 10) != d->count) {
		printf("not ok: %s: %.24s expected, %zu read\n", r->file, leaves, d->count);
		good = false;
	}
	return good;
}

/* ---- hosts ---- */

static void ask(struct host *h, struct tree *t)
{
	memset(h, 0, sizeof *h);
	h->t = t;
	h->a = tree_arena(t);
	kernel_area.gather(h);
	cpu_area.gather(h);
}

static void count(struct score *s, bool good)
{
	if (good)
		s->passed++;
	else
		s->failed++;
}

static void test_dump(struct score *s, const struct row *r, const char *text, size_t len)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct cpu_dump d = {0};
	struct host h;
	struct err e;

	if (cpu_dump_parse(&a, text, len, r->file, &d, &e) < 0) {
		printf("not ok: %s\n", e.text);
		count(s, false);
		return;
	}
	ask(&h, cpu_dump_tree(&d, r->file));
	if (strstr(r->truth, "guest_cpuid_leaves="))
		count(s, compare_fingerprint(s, r, &h, &d));
	else
		count(s, compare(s, r, &h));
	tree_close(h.t);
}

static void test_host(struct score *s, const struct row *r, const char *path)
{
	struct tree *t;
	struct host h;
	struct err e;

	if (cpu_tree_open(&t, path, &e) < 0) {
		printf("not ok: %s: %s\n", r->file, e.text);
		count(s, false);
		return;
	}
	ask(&h, t);
	count(s, compare(s, r, &h));
	tree_close(t);
}

/* ---- members of an archive, read once in its own order ---- */

struct member {
	struct row row;
	const char *name; /* behind the "!" */
	bool seen;
};

static void test_members(struct score *s, const char *path, struct member *members, size_t n)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	SCOPED(close_at) int fd = sys_open(path, O_RDONLY, 0);

	lazy_archive_filters(a);
	archive_read_support_format_tar(a);
	if (fd < 0 || archive_read_open_fd(a, fd, 1 << 16) != ARCHIVE_OK)
		n = 0;
	while (n && archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		struct member *m = NULL;
		size_t size = (size_t)archive_entry_size(entry);

		name += str_starts(name, "./") ? 2 : 0;
		for (size_t i = 0; i < n && !m; i++)
			if (str_eq(members[i].name, name))
				m = &members[i];
		if (!m || size > CPU_DUMP_TEXT)
			continue;
		SCOPED(free_at) char *text = xcalloc(1, size + 1);
		if (archive_read_data(a, text, size) != (ssize_t)size)
			continue;
		m->seen = true;
		test_dump(s, &m->row, text, size);
	}
	archive_read_free(a);
	for (size_t i = 0; i < n; i++)
		if (!members[i].seen) {
			printf("not ok: %s: not found\n", members[i].row.file);
			count(s, false);
		}
}

static void test_file(struct score *s, const struct row *r, const char *data)
{
	SCOPED(strbuf_fini) struct strbuf text = {0};
	SCOPED(arena_fini) struct arena a = {0};
	const char *path = arena_printf(&a, "%s/%s", data, r->file);

	if (!strstr(r->truth, "guest_cpuid_leaves=")) {
		test_host(s, r, path);
		return;
	}
	if (sys_read_file(path, &text, CPU_DUMP_TEXT) < 0) {
		printf("not ok: %s: not readable\n", r->file);
		count(s, false);
		return;
	}
	test_dump(s, r, text.text, text.len);
}

/* Rows of one archive stand together in the manifest. */
static void test_rows(struct score *s, char *manifest, const char *data)
{
	SCOPED(arena_fini) struct arena a = {0};
	struct member *members = NULL;
	size_t count_members = 0, room = 0;
	char *rest = manifest, *line, *bang;
	const char *archive = NULL;

	while ((line = strsep(&rest, "\n"))) {
		struct row r;

		if (!row_split(line, &r) || !row_is_ours(&r))
			continue;
		bang = strchr(r.file, '!');
		if (!bang) {
			test_file(s, &r, data);
			continue;
		}
		if (archive && strncmp(archive, r.file, (size_t)(bang - r.file)) != 0) {
			test_members(s, arena_printf(&a, "%s/%s", data, archive), members,
				     count_members);
			count_members = 0;
		}
		archive = arena_dupn(&a, r.file, (size_t)(bang - r.file));
		ARENA_GROW(&a, members, count_members, room);
		members[count_members++] = (struct member){.row = r, .name = bang + 1};
	}
	if (archive)
		test_members(s, arena_printf(&a, "%s/%s", data, archive), members, count_members);
}

int main(int argc, char **argv)
{
	SCOPED(strbuf_fini) struct strbuf manifest = {0};
	SCOPED(arena_fini) struct arena a = {0};
	struct score s = {0};
	struct err e;

	if (argc != 2)
		return 2;
	if (lazy_archive_load(&e) < 0) {
		printf("cpu: skipped, %s\n", e.text);
		return 0;
	}
	if (sys_read_file(arena_printf(&a, "%s/MANIFEST.tsv", argv[1]), &manifest, 64 << 20) < 0) {
		printf("not ok: no MANIFEST.tsv in %s\n", argv[1]);
		return 1;
	}
	test_rows(&s, manifest.text, argv[1]);
	printf("cpu dumps: %u of %u as the manifest says (%u values)\n", s.passed,
	       s.passed + s.failed, s.values);
	printf("cpu: %u passed, %u failed\n", s.passed, s.failed);
	return s.failed != 0;
}
