/* What a descriptor must hold to be worked with: each rule adds a problem or a warning, with its line. */
#include "templates/ovf_read.h"

#include "base/scope.h"

#include <ctype.h>
#include <string.h>

/* ---- References ---- */

static bool is_remote(const char *href)
{
	size_t n = strcspn(href, ":/");

	return n > 1 && href[n] == ':' && isalpha((unsigned char)href[0]);
}

/* A relative name inside the package; what leaves it, or asks the network, is refused. */
static void check_href(struct ovf_reading *r, const struct ovf_file *f)
{
	const char *h = f->href;

	if (!*h)
		ovf_problem(r, f->xml, "the file '%.60s' has no href", f->id);
	for (const char *p = h; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == '\\' || *p == 0x7f) {
			ovf_problem(
				r, f->xml,
				"the href of file '%.60s' holds a control character or a backslash",
				f->id);
			return;
		}
	}
	if (*h == '/' || strstr(h, "../") || str_ends(h, "/..") || str_eq(h, "..") ||
	    str_eq(h, "."))
		ovf_problem(r, f->xml, "the href \"%.80s\" leaves the package", h);
	else if (is_remote(h))
		ovf_problem(r, f->xml,
			    "the file '%.60s' is remote (\"%.60s\"), and nothing is ever fetched",
			    f->id, h);
}

static void check_file(struct ovf_reading *r, const struct ovf_file *f)
{
	check_href(r, f);
	if (!*f->id)
		ovf_problem(r, f->xml, "the file \"%.80s\" has no id", f->href);
	if (*f->compression && !str_eq(f->compression, "gzip") && !str_eq(f->compression, "bzip2"))
		ovf_problem(r, f->xml, "the compression \"%.40s\" of file '%.60s' is not known",
			    f->compression, f->id);
	if (f->has_chunk && !f->chunk)
		ovf_problem(r, f->xml, "the chunk size of file '%.60s' is zero", f->id);
	for (const struct ovf_file *g = r->ovf->files; g < f; g++) {
		if (str_eq(g->id, f->id))
			ovf_problem(r, f->xml, "two files have the id '%.60s'", f->id);
		if (str_eq(g->href, f->href))
			ovf_problem(r, f->xml, "two files have the href \"%.80s\"", f->href);
	}
}

/* ---- DiskSection ---- */

static void check_disk(struct ovf_reading *r, const struct ovf_disk *d)
{
	if (!*d->id)
		ovf_problem(r, d->xml, "a disk without a diskId");
	/* An image knows its own size; an empty disk does not. */
	if (!d->capacity_property && !d->capacity && d->file)
		ovf_warn(r, d->xml, "disk '%.60s' has no capacity here: its image's is taken",
			 d->id);
	else if (!d->capacity_property && !d->capacity)
		ovf_problem(r, d->xml, "disk '%.60s' has no capacity", d->id);
	/* populatedSize is a hint, and producers' test suites disagree on whether it may exceed the capacity. */
	if (d->has_populated && d->capacity && d->populated > d->capacity)
		ovf_warn(r, d->xml, "disk '%.60s' is said to hold more than its capacity", d->id);
	for (const struct ovf_disk *o = r->ovf->disks; o < d; o++) {
		if (str_eq(o->id, d->id))
			ovf_problem(r, d->xml, "two disks have the diskId '%.60s'", d->id);
		else if (d->file && o->file == d->file)
			ovf_warn(r, d->xml, "the disks '%.60s' and '%.60s' come from one file",
				 o->id, d->id);
	}
}

/* ---- sections ---- */

static bool understood(const struct xml_node *n)
{
	static const char *const known[] = {
		"References",
		"DiskSection",
		"NetworkSection",
		"DeploymentOptionSection",
		"VirtualSystem",
		"VirtualSystemCollection",
		"Strings",
		"Info",
		"Name",
		"OperatingSystemSection",
		"VirtualHardwareSection",
		"ProductSection",
		"PropertySection",
		"EulaSection",
		"AnnotationSection",
		"StartupSection",
		"InstallSection",
		"ResourceAllocationSection",
		"SharedDiskSection",
		"ScaleOutSection",
		"PlacementGroupSection",
		"PlacementSection",
		"EncryptionSection",
		"EnvironmentFilesSection",
		"BootDeviceSection",
		"Machine",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(ovf_kind(n), known[i]))
			return true;
	return false;
}

static bool is_vendors(const struct xml_node *n)
{
	return !strstr(n->ns, "ovf/envelope") && !strstr(n->ns, "ovf/1/envelope");
}

/* An element that is not ours is kept as it is, unless it says itself that it must be understood. */
static void check_sections(struct ovf_reading *r, const struct xml_node *in)
{
	XML_EACH(c, in)
	{
		const char *required = xml_attr(c, "required");

		if (understood(c) || str_eq(required, "false") || str_eq(required, "0"))
			continue;
		if (required)
			ovf_problem(r, c,
				    "the section <%.60s> must be understood by its own word, and "
				    "is not",
				    c->name);
		else if (is_vendors(c))
			ovf_warn(r, c, "the vendor's section <%.60s> is kept as it is", c->name);
		else
			ovf_problem(r, c, "the element <%.60s> has no meaning here", c->name);
	}
}

/* Sections that belong to one place only. */
static void check_place(struct ovf_reading *r, const struct xml_node *in, const char *const *wrong,
			size_t n, const char *where)
{
	XML_EACH(c, in)
	for (size_t i = 0; i < n; i++)
		if (str_eq(ovf_kind(c), wrong[i]))
			ovf_problem(r, c, "<%.60s> does not belong into %s", wrong[i], where);
}

static void check_system(struct ovf_reading *r, const struct ovf_system *s)
{
	static const char *const not_in_system[] = {"DiskSection", "NetworkSection", "References",
						    "DeploymentOptionSection"};
	static const char *const not_in_plain[] = {"ResourceAllocationSection", "StartupSection"};

	check_place(r, s->xml, not_in_system, ARRAY_SIZE(not_in_system), "a virtual system");
	if (!s->collection)
		check_place(r, s->xml, not_in_plain, ARRAY_SIZE(not_in_plain),
			    "a single virtual system");
	check_sections(r, s->xml);
	if (!xml_child(s->xml, "Info"))
		ovf_warn(r, s->xml, "the virtual system '%.60s' has no Info", s->id);
	if (!*s->id)
		ovf_problem(r, s->xml, "a virtual system without an id");
	if (!s->collection && !s->nhardware)
		ovf_warn(r, s->xml, "the virtual system '%.60s' has no hardware section", s->id);
	ovf_check_parts(r, s);
	for (size_t i = 0; i < s->nchildren; i++)
		check_system(r, &s->children[i]);
}

/* ---- what stands once ---- */

static void check_once(struct ovf_reading *r, const char *kind)
{
	const struct xml_node *first = NULL;

	XML_EACH(c, r->ovf->doc.root)
	{
		if (!str_eq(ovf_kind(c), kind))
			continue;
		if (first)
			ovf_problem(r, c, "a second <%s> (the first is in line %u)", kind,
				    first->line);
		else
			first = c;
	}
}

static void check_networks(struct ovf_reading *r)
{
	const struct ovf *o = r->ovf;

	for (size_t i = 0; i < o->nnetworks; i++) {
		if (!*o->networks[i].name)
			ovf_problem(r, o->networks[i].xml, "a network without a name");
		for (size_t k = 0; k < i; k++)
			if (str_eq(o->networks[i].name, o->networks[k].name))
				ovf_problem(r, o->networks[i].xml,
					    "two networks are called '%.60s'", o->networks[i].name);
	}
}

static void check_configs(struct ovf_reading *r)
{
	const struct ovf *o = r->ovf;
	size_t defaults = 0;

	for (size_t i = 0; i < o->nconfigs; i++) {
		const struct ovf_config *c = &o->configs[i];

		if (!*c->id)
			ovf_problem(r, c->xml, "a configuration without an id");
		for (size_t k = 0; k < i; k++)
			if (str_eq(c->id, o->configs[k].id))
				ovf_problem(r, c->xml, "two configurations have the id '%.60s'",
					    c->id);
		if (c->is_default && defaults++)
			ovf_problem(r, c->xml, "a second default configuration, '%.60s'", c->id);
	}
}

void ovf_check(struct ovf_reading *r)
{
	static const char *const once[] = {"References", "DiskSection", "NetworkSection",
					   "DeploymentOptionSection"};
	static const char *const not_here[] = {
		"VirtualHardwareSection",    "OperatingSystemSection", "ProductSection",
		"PropertySection",           "AnnotationSection",      "InstallSection",
		"ResourceAllocationSection", "StartupSection",
	};
	const struct ovf *o = r->ovf;
	const struct xml_node *root = o->doc.root;

	check_place(r, root, not_here, ARRAY_SIZE(not_here), "the envelope");
	check_sections(r, root);
	for (size_t i = 0; i < ARRAY_SIZE(once); i++)
		check_once(r, once[i]);
	check_networks(r);
	check_configs(r);
	if (!o->nsystems)
		ovf_problem(r, root, "the descriptor describes no virtual system");
	if (o->nsystems > 1)
		ovf_warn(r, root, "more than one virtual system without a collection around them");
	for (size_t i = 0; i < o->nfiles; i++)
		check_file(r, &o->files[i]);
	for (size_t i = 0; i < o->ndisks; i++)
		check_disk(r, &o->disks[i]);
	for (size_t i = 0; i < o->nsystems; i++)
		check_system(r, &o->systems[i]);
}
