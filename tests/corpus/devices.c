/* Devices: udev databases and ACPI dumps against what the manifest says of them; PCI of captured hosts against
 * its own single files.
 * usage: devices DATA-FOLDER; prints "not ok: ..." lines and "devices: N passed, N failed". */
#include "base/lazy_archive.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "probe/acpi.h"
#include "probe/host.h"
#include "probe/udev_db.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct score {
	unsigned passed, failed;
};

static void expect(struct score *s, const char *host, const char *what, const char *want,
		   const char *got)
{
	if (str_eq(want, got)) {
		s->passed++;
		return;
	}
	s->failed++;
	printf("not ok: %s: %s is '%s', not '%s'\n", host, what, got, want);
}

static void expect_num(struct score *s, const char *host, const char *what, int64_t want,
		       int64_t got)
{
	char a[32], b[32];

	snprintf(a, sizeof a, "%lld", (long long)want);
	snprintf(b, sizeof b, "%lld", (long long)got);
	expect(s, host, what, a, b);
}

/* The value of key in "a=1;b=2", in a. */
static const char *truth(struct arena *a, const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = text; at; at = strchr(at, ';') ? strchr(at, ';') + 1 : NULL)
		if (strncmp(at, key, n) == 0 && at[n] == '=')
			return arena_dupn(a, at + n + 1, strcspn(at + n + 1, ";"));
	return "";
}

/* ---- members of archives, read once into memory ---- */

enum { MEMBERS = 300 };

struct archive_text {
	struct arena a;
	char path[300];
	size_t count;
	struct {
		const char *name, *text;
	} members[MEMBERS];
};

static void read_archive(struct archive_text *t, const char *data, const char *name)
{
	struct archive_entry *entry;
	struct archive *in;
	struct err e;
	SCOPED(close_at) int fd = -1;

	arena_fini(&t->a);
	*t = (struct archive_text){0};
	snprintf(t->path, sizeof t->path, "%s/%s", data, name);
	fd = sys_open(t->path, O_RDONLY, 0);
	if (lazy_archive_load(&e) < 0 || fd < 0)
		return;
	in = archive_read_new();
	lazy_archive_filters(in);
	archive_read_support_format_tar(in);
	if (archive_read_open_fd(in, fd, 1 << 16) == ARCHIVE_OK)
		while (t->count < MEMBERS && archive_read_next_header(in, &entry) == ARCHIVE_OK) {
			size_t size = (size_t)archive_entry_size(entry);
			char *text = arena_alloc(&t->a, size + 1);

			t->members[t->count].name = arena_dup(&t->a, archive_entry_pathname(entry));
			if (archive_read_data(in, text, size) == (ssize_t)size)
				t->members[t->count++].text = text;
		}
	archive_read_free(in);
}

static const char *archive_member(struct archive_text *t, const char *data, const char *name,
				  const char *member)
{
	char path[300];

	snprintf(path, sizeof path, "%s/%s", data, name);
	if (!str_eq(path, t->path))
		read_archive(t, data, name);
	for (size_t i = 0; i < t->count; i++)
		if (str_eq(t->members[i].name, member) || (str_starts(t->members[i].name, "./") &&
							   str_eq(t->members[i].name + 2, member)))
			return t->members[i].text;
	return NULL;
}

/* ---- udev ---- */

static void check_udev(struct score *s, struct arena *a, const char *member, const char *text,
		       const char *wanted)
{
	struct udev_db db;

	udev_db_parse(a, text, &db);
	expect(s, member, "/dev/kvm", truth(a, wanted, "dev_kvm_node"),
	       udev_db_has_node(&db, "/dev/kvm") ? "1" : "0");
	expect(s, member, "vfio", truth(a, wanted, "vfio"),
	       udev_db_has_node(&db, "/dev/vfio/vfio") ? "1" : "0");
	expect(s, member, "vhost-net", truth(a, wanted, "vhost_net"),
	       udev_db_has_node(&db, "/dev/vhost-net") ? "1" : "0");
	expect(s, member, "virtio", truth(a, wanted, "virtio"),
	       udev_db_has_subsystem(&db, "virtio") ? "1" : "0");
	expect(s, member, "iommu", truth(a, wanted, "iommu"),
	       udev_db_has_subsystem(&db, "iommu") ? "1" : "0");
}

/* ---- ACPI ---- */

/* The manifest lists only names of capitals and digits: ASF! and iBFT are really there and not in it. */
static bool is_listed(const char *name)
{
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct acpi_table *)a)->name, ((const struct acpi_table *)b)->name);
}

static void check_acpi(struct score *s, struct arena *a, const char *member, const char *text,
		       const char *wanted)
{
	struct acpi_tables all;
	struct strbuf names = {0};
	struct acpi_iommu iommu;
	struct err e = {0};
	int dmar = 0, ivrs = 0;

	acpi_dump_parse(a, text, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct acpi_table *t = &all.tables[i];

		dmar |= str_eq(t->name, "DMAR");
		ivrs |= str_eq(t->name, "IVRS");
		if ((str_eq(t->name, "DMAR") || str_eq(t->name, "IVRS")) &&
		    acpi_iommu_decode(&iommu, t->bytes, t->len, &e) == 0)
			printf("%s: %s describes %u units, %u reserved ranges, checksum %s\n",
			       member, t->name, iommu.units, iommu.reserved,
			       iommu.checksum_ok ? "right" : "wrong");
		else if (e.code)
			printf("%s: refused: %s\n", member, e.text);
	}
	if (all.count)
		qsort(all.tables, all.count, sizeof *all.tables, by_name);
	for (size_t i = 0; i < all.count; i++)
		if (is_listed(all.tables[i].name) &&
		    (i == 0 || !str_eq(all.tables[i].name, all.tables[i - 1].name)))
			strbuf_printf(&names, "%s%s", names.len ? "," : "", all.tables[i].name);
	expect(s, member, "tables", truth(a, wanted, "tables"), strbuf_str(&names));
	expect_num(s, member, "DMAR", str_eq(truth(a, wanted, "DMAR"), "1"), dmar);
	expect_num(s, member, "IVRS", str_eq(truth(a, wanted, "IVRS"), "1"), ivrs);
	strbuf_fini(&names);
}

/* ---- PCI of captured hosts ---- */

static int64_t read_num(struct tree *t, const char *slot, const char *file)
{
	char path[300];
	int64_t n;

	snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", slot, file);
	return tree_num(t, path, &n) == 0 ? n : 0;
}

static void check_host(struct score *s, const char *name, struct tree *t)
{
	static const struct probe_options options;
	struct tree_names slots = {0};
	struct host *h = xcalloc(1, sizeof *h);
	int64_t gpus = 0, functions = 0;
	bool pci = tree_list(t, "/sys/bus/pci/devices", &slots) == 0;

	h->t = t;
	h->a = tree_arena(t);
	h->opt = &options;
	network_area.gather(h);
	devices_area.gather(h);
	for (size_t i = 0; i < slots.count; i++) {
		gpus += read_num(t, slots.names[i], "class") >> 16 == 3;
		functions += read_num(t, slots.names[i], "sriov_totalvfs");
	}
	if (pci) {
		expect_num(s, name, "PCI devices", (int64_t)slots.count, (int64_t)h->devices.nlist);
		expect_num(s, name, "GPUs", gpus, h->devices.gpu.num);
		expect_num(s, name, "virtual functions", functions, h->devices.sriov.num);
		printf("%s: %zu PCI devices, GPUs: %s, SR-IOV: %s\n", name, slots.count,
		       fact_str(h->devices.gpu, "none"), fact_str(h->devices.sriov, "none"));
	} else {
		expect_num(s, name, "PCI devices", 0, (int64_t)h->devices.nlist);
	}
	free(h);
}

/* ---- the manifest ---- */

static bool is_host(const char *file)
{
	return strstr(file, ".tar") &&
	       (str_starts(file, "host/hwloc-linux/") ||
		str_starts(file, "host/hwloc-x86+linux/") || str_starts(file, "host/sysfs/"));
}

static void check_tree(struct score *s, const char *data, const char *file)
{
	char path[300];
	struct tree *t;
	struct err e;

	snprintf(path, sizeof path, "%s/%s", data, file);
	if (tree_open(&t, path, &e) < 0) {
		/* Structure only: not every one of these sets is a host. */
		printf("skip: %s\n", e.text);
		return;
	}
	check_host(s, file, t);
	tree_close(t);
}

static void check_row(struct score *s, struct arena *a, const char *data, char *row,
		      struct archive_text *last)
{
	const char *wanted = "", *text;
	char *tab = strchr(row, '\t'), *bang;

	for (int i = 0; tab && i < 7; i++) {
		*tab = '\0';
		wanted = tab + 1;
		tab = strchr(tab + 1, '\t');
	}
	if (is_host(row)) {
		check_tree(s, data, row);
		return;
	}
	bang = strchr(row, '!');
	if (!bang ||
	    !(str_starts(row, "host/udevadm-checkbox") || str_starts(row, "host/acpidump-fwts")))
		return;
	*bang++ = '\0';
	text = archive_member(last, data, row, bang);
	if (!text) {
		s->failed++;
		printf("not ok: %s: cannot be read\n", bang);
	} else if (str_starts(row, "host/udev")) {
		check_udev(s, a, bang, text, wanted);
	} else {
		check_acpi(s, a, bang, text, wanted);
	}
}

int main(int argc, char **argv)
{
	const char *data = argc > 1 ? argv[1] : "../shared/data", *at, *line;
	struct strbuf manifest = {0};
	struct archive_text last = {0};
	struct arena a = {0};
	struct score s = {0};
	char path[300];
	size_t n;

	snprintf(path, sizeof path, "%s/MANIFEST.tsv", data);
	if (sys_read_file(path, &manifest, 64 << 20) < 0) {
		printf("skip: %s is not there\n", path);
		return 0;
	}
	at = strbuf_str(&manifest);
	while (str_line(&at, &line, &n))
		if (str_starts(line, "host/"))
			check_row(&s, &a, data, arena_dupn(&a, line, n), &last);
	arena_fini(&last.a);
	arena_fini(&a);
	strbuf_fini(&manifest);
	printf("devices: %u passed, %u failed\n", s.passed, s.failed);
	return s.failed > 0;
}
