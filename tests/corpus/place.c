/* Where captured hosts ran, against what virt-what and lscpu say about them.
 * usage: place DATA-FOLDER; prints "not ok: ..." lines and "place: N passed, N failed". */
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "probe/host.h"

#include <stdio.h>
#include <string.h>

struct score {
	unsigned passed, failed, excepted;
};

/* Where vmint is right and the other tool is not. The answer given here must come out. */
static const struct {
	const char *host, *answer, *reason;
} exceptions[] = {
	{"host/lscpu/ppc64-POWER7.tar.gz", "pHyp para",
	 "a pSeries CPU in architected mode runs in a partition of PowerVM; lscpu looks only at "
	 "the "
	 "device tree, which the capture does not have"},
};

static const char *excepted(const char *host, const char *got)
{
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (str_eq(exceptions[i].host, host) && str_eq(exceptions[i].answer, got))
			return exceptions[i].reason;
	return NULL;
}

static void judge(struct score *s, const char *host, const char *want, const char *got, bool same)
{
	const char *reason = same ? NULL : excepted(host, got);

	if (same) {
		s->passed++;
	} else if (reason) {
		s->excepted++;
		printf("differs: %s: expected '%s', is '%s': %s\n", host, want, got, reason);
	} else {
		s->failed++;
		printf("not ok: %s: expected '%s', is '%s'\n", host, want, got);
	}
}

static bool all_words_in(const char *words, const char *of)
{
	const char *w;
	size_t n;

	while (str_word(&words, &w, &n)) {
		char word[64];

		snprintf(word, sizeof word, "%.*s", (int)n, w);
		if (!str_has_word(of, word))
			return false;
	}
	return true;
}

/* The value of name= in the manifest's last column, with '+' as the separator of words. */
static bool manifest_value(const char *line, const char *name, char *out, size_t room)
{
	const char *at = strstr(line, name);
	size_t n;

	if (!at)
		return false;
	at += strlen(name);
	n = strcspn(at, ";");
	if (n >= room)
		return false;
	memcpy(out, at, n);
	out[n] = '\0';
	for (char *p = out; *p; p++)
		if (*p == '+')
			*p = ' ';
	if (str_starts(out, "(empty"))
		*out = '\0';
	return true;
}

static void test_virt_what(struct score *s, const struct host *h, const char *file,
			   const char *line)
{
	const char *got = fact_str(h->place.virt_what, "");
	char want[256];

	if (manifest_value(line, "expected_virt_what=", want, sizeof want))
		judge(s, file, want, got, all_words_in(want, got) && all_words_in(got, want));
}

static void expected_line(const char *text, const char *key, char *out, size_t room)
{
	SCOPED(arena_fini) struct arena a = {0};
	const char *v = place_key_value(&a, text, key);

	snprintf(out, room, "%s", v ? v : "");
}

/* A container's or hypervisor's lines that are not there mean lscpu saw none. */
static void test_lscpu(struct score *s, const struct host *h, const char *file, const char *data)
{
	SCOPED(strbuf_fini) struct strbuf text = {0};
	char path[4400], vendor[64], type[64], want[160], got[160];
	size_t stem = strlen(file) - strlen(".tar.gz");

	snprintf(path, sizeof path, "%s/%.*s.lscpu-expected.txt", data, (int)stem, file);
	if (sys_read_file(path, &text, 1 << 20) < 0)
		return;
	expected_line(text.text, "Hypervisor vendor", vendor, sizeof vendor);
	expected_line(text.text, "Virtualization type", type, sizeof type);
	snprintf(want, sizeof want, "%s %s", vendor, type);
	snprintf(got, sizeof got, "%s %s", fact_str(h->place.hypervisor_vendor, ""),
		 fact_str(h->place.virtualization_type, ""));
	judge(s, file, want, got, str_eq(want, got));
}

static void test_field(struct score *s, const char *file, const char *line, const char *name,
		       const char *got)
{
	char want[256], key[64], where[512];

	snprintf(key, sizeof key, "%s=", name);
	snprintf(where, sizeof where, "%.400s %s", file, name);
	if (manifest_value(line, key, want, sizeof want))
		judge(s, where, want, got, str_eq(want, got));
}

static void test_dmidecode(struct score *s, const char *data, const char *file, const char *line)
{
	SCOPED(strbuf_fini) struct strbuf text = {0};
	SCOPED(arena_fini) struct arena a = {0};
	struct dmi d;

	if (sys_read_file(arena_printf(&a, "%s/%s", data, file), &text, 1 << 20) < 0)
		return;
	dmidecode_parse(&a, text.text, &d);
	test_field(s, file, line, "Manufacturer", dmi_get(&d, DMI_SYS_VENDOR));
	test_field(s, file, line, "Product Name", dmi_get(&d, DMI_PRODUCT_NAME));
	test_field(s, file, line, "Vendor", dmi_get(&d, DMI_BIOS_VENDOR));
}

static void test_host(struct score *s, const char *data, const char *file, const char *line)
{
	static const struct probe_options opt = {.trial = false};
	struct tree *t = NULL;
	struct err e = {0};
	struct host h;
	SCOPED(arena_fini) struct arena a = {0};
	const char *path = arena_printf(&a, "%s/%s", data, file);

	if (tree_open(&t, path, &e) < 0) {
		s->failed++;
		printf("not ok: %s: %s\n", file, e.text);
		return;
	}
	host_gather(&h, t, &opt);
	if (str_starts(file, "host/virt-what/"))
		test_virt_what(s, &h, file, line);
	else
		test_lscpu(s, &h, file, data);
	if (getenv("VERBOSE"))
		printf("%s: %s\n", file, place_in_words(&h, h.a));
	tree_close(t);
}

static const char *const sets[] = {"host/virt-what/", "host/lscpu/", "host/dmidecode-subman/",
				   "host/facter/dmi_"};

static void test_row(struct score *s, const char *data, const char *file, const char *line)
{
	size_t set = 0;

	while (set < ARRAY_SIZE(sets) && !str_starts(file, sets[set]))
		set++;
	if (set < 2)
		test_host(s, data, file, line);
	else if (set < ARRAY_SIZE(sets))
		test_dmidecode(s, data, file, line);
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
		printf("place: skipped, there is no %s\n", path);
		return 0;
	}
	at = manifest.text;
	while (str_line(&at, &line, &len)) {
		char row[4096], *tab;

		snprintf(row, sizeof row, "%.*s", (int)len, line);
		tab = strchr(row, '\t');
		if (!tab)
			continue;
		*tab = '\0';
		test_row(&s, data, row, tab + 1);
	}
	printf("place: %u passed, %u failed", s.passed, s.failed);
	if (s.excepted)
		printf(", %u differ with a reason", s.excepted);
	putchar('\n');
	return s.failed ? 1 : 0;
}
