/* The inspection as text. Everything that comes from the template goes through strbuf_add_plain. */
#include "cli/inspect.h"
#include "templates/ovf_names.h"

#include <inttypes.h>
#include <string.h>

enum { VALUE_MAX = 100, LIST_SHOWN = 40 };

const char *size_words(struct arena *a, uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double v = (double)bytes;
	int u = -1;

	if (bytes < 1024)
		return arena_printf(a, "%" PRIu64 " bytes", bytes);
	while (v >= 1024 && u < 5) {
		v /= 1024;
		u++;
	}
	if (v < 10 && (uint64_t)(v * 10 + 0.5) % 10)
		return arena_printf(a, "%.1f %s", v, units[u]);
	return arena_printf(a, "%.0f %s", v, units[u]);
}

/* ---- lines ---- */

static void label(struct strbuf *out, const char *name)
{
	strbuf_printf(out, "  %-13s ", name);
}

static void value(struct strbuf *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	label(out, name);
	strbuf_add_plain(out, text, VALUE_MAX);
	strbuf_addc(out, '\n');
}

static void words(struct strbuf *out, const char *before, const char *text, const char *after)
{
	if (!text || !*text)
		return;
	strbuf_add(out, before);
	strbuf_add_plain(out, text, VALUE_MAX);
	strbuf_add(out, after);
}

/* ---- the package ---- */

static const char *version_name(enum ovf_version v)
{
	return v == OVF_0_9 ? "0.9" : v == OVF_1 ? "1.x" : "2.x";
}

static const char *system_name(const struct ovf_system *s)
{
	return *s->name ? s->name : s->id;
}

static void print_head(struct inspection *i, struct strbuf *out)
{
	const struct package *p = &i->t.package;
	struct arena *a = &i->t.a;
	uint64_t stored = 0;

	for (size_t d = 0; d < i->t.ndisks; d++)
		stored += i->t.disks[d].stored;
	strbuf_add_plain(out, p->path, 0);
	strbuf_printf(out, ": %s", package_kind_name(p->kind));
	if (p->kind != PACKAGE_DISK)
		strbuf_printf(out, ", OVF %s", version_name(p->ovf.version));
	strbuf_printf(out, ", %zu disk%s, %s stored\n", i->t.ndisks, i->t.ndisks == 1 ? "" : "s",
		      size_words(a, stored));
	value(out, "made by", p->ovf.generator);
}

/* ---- machines ---- */

static void print_product(const struct ovf_product *p, struct strbuf *out)
{
	if (!*p->product && !*p->vendor)
		return;
	label(out, "product");
	strbuf_add_plain(out, *p->product ? p->product : "?", VALUE_MAX);
	words(out, " ", *p->full_version ? p->full_version : p->version, "");
	words(out, ", by ", p->vendor, "");
	words(out, " (", p->product_url, ")");
	strbuf_addc(out, '\n');
}

static const char *pair_value(const struct ovf_pair *pairs, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(pairs[i].key, key))
			return pairs[i].value;
	return NULL;
}

static const char *firmware_of(const struct ovf_system *s, const struct ovf_hardware *h)
{
	const char *vmware = pair_value(h->configs, h->nconfigs, "firmware");

	if (vmware)
		return vmware;
	/* VirtualBox keeps it in its own section. */
	for (const struct xml_node *n = s->xml; n; n = xml_walk(s->xml, n))
		if (str_eq(n->name, "Firmware") && xml_attr(n, "type"))
			return xml_attr(n, "type");
	return NULL;
}

static void print_hardware_line(struct inspection *i, const struct ovf_system *s,
				const struct ovf_hardware *h, struct strbuf *out)
{
	uint64_t cpus = 0, memory = 0;

	for (size_t k = 0; k < h->nitems; k++) {
		const struct ovf_item *item = &h->items[k];

		if (!template_has_item(&i->t, item))
			continue;
		/* The configuration's own item replaces the one for all. */
		if (item->type == OVF_PROCESSOR && (*item->configuration || !cpus))
			cpus = item->quantity;
		if (item->type == OVF_MEMORY && (*item->configuration || !memory))
			memory = item->bytes;
	}
	label(out, "hardware");
	strbuf_printf(out, "%" PRIu64 " CPU%s, %s of memory", cpus, cpus == 1 ? "" : "s",
		      size_words(&i->t.a, memory));
	words(out, ", firmware ", firmware_of(s, h), "");
	words(out, ", for ", h->system_type, "");
	strbuf_addc(out, '\n');
}

static bool is_drive(const struct ovf_item *item)
{
	return item->type == OVF_DISK || item->type == OVF_CD || item->type == OVF_DVD ||
	       item->type == OVF_FLOPPY;
}

static void print_item(struct inspection *i, const struct ovf_item *item, struct strbuf *out)
{
	label(out, item->type == OVF_ETHERNET ? "network card"
		   : is_drive(item)           ? "drive"
					      : "device");
	strbuf_add_plain(out, ovf_resource_name(&i->t.a, item->type), 0);
	words(out, " ", item->subtype, "");
	words(out, ", \"", item->name, "\"");
	words(out, ", address ", item->type == OVF_ETHERNET ? item->address : "", "");
	for (size_t k = 0; k < item->nconnections; k++)
		words(out, k ? ", " : ", on ", item->connections[k], "");
	for (size_t k = 0; k < item->nhost_resources; k++) {
		const char *disk = ovf_resource_id(item->host_resources[k], "disk");
		const char *file = ovf_resource_id(item->host_resources[k], "file");

		words(out, ", disk ", disk, "");
		words(out, ", file ", file, "");
	}
	strbuf_addc(out, '\n');
}

static void print_items(struct inspection *i, const struct ovf_hardware *h, struct strbuf *out)
{
	size_t shown = 0, left = 0;

	for (size_t k = 0; k < h->nitems; k++) {
		const struct ovf_item *item = &h->items[k];

		if (item->type == OVF_PROCESSOR || item->type == OVF_MEMORY ||
		    !template_has_item(&i->t, item))
			continue;
		if (shown < LIST_SHOWN) {
			print_item(i, item, out);
			shown++;
		} else {
			left++;
		}
	}
	if (left) {
		label(out, "");
		strbuf_printf(out, "and %zu devices more\n", left);
	}
}

static void print_system(struct inspection *i, const struct ovf_system *s, struct strbuf *out)
{
	const char *os = ovf_os_name(&i->t.a, s->os_id, s->os_type);

	strbuf_add(out, s->collection ? "\nCollection " : "\nMachine ");
	strbuf_add_plain(out, system_name(s), VALUE_MAX);
	strbuf_addc(out, '\n');
	for (size_t k = 0; k < s->nproducts; k++)
		print_product(&s->products[k], out);
	if (os || *s->os_description) {
		label(out, "system");
		strbuf_add_plain(out, os ? os : s->os_description, VALUE_MAX);
		words(out, " (", os ? s->os_description : "", ")");
		strbuf_addc(out, '\n');
	}
	if (s->nhardware) {
		print_hardware_line(i, s, &s->hardware[0], out);
		print_items(i, &s->hardware[0], out);
		if (s->nhardware > 1) {
			label(out, "");
			strbuf_printf(out, "and %zu other hardware variants\n", s->nhardware - 1);
		}
	}
	value(out, "annotation", s->annotation);
	for (size_t k = 0; k < s->neulas; k++)
		value(out, "licence", s->eulas[k]);
	for (size_t k = 0; k < s->nchildren; k++)
		print_system(i, &s->children[k], out);
}

/* ---- disks and networks ---- */

static void print_disk(struct inspection *i, const struct inspected_disk *d, struct strbuf *out)
{
	struct arena *a = &i->t.a;

	strbuf_add(out, "  ");
	strbuf_add_plain(out, d->is->id, 40);
	strbuf_printf(out, ": %s", size_words(a, d->is->capacity ? d->is->capacity : d->size));
	if (!d->is->npieces) {
		strbuf_add(out, d->problem ? "" : ", empty: made at deployment");
	} else {
		if (d->is->has_format || !d->problem)
			strbuf_printf(out, ", %s%s%s", disk_format_name(d->format),
				      *d->type ? " " : "", d->type);
		strbuf_printf(out, ", %s in ", size_words(a, d->is->stored));
		strbuf_add_plain(out, d->is->href, VALUE_MAX);
		words(out, ", ", d->is->compression, "");
		if (d->is->npieces > 1)
			strbuf_printf(out, ", %zu chunks", d->is->npieces);
	}
	if (d->is->ovf && d->is->ovf->parent)
		words(out, ", changes to ", d->is->ovf->parent->id, "");
	if (!d->problem && d->size && d->size < d->is->capacity)
		strbuf_printf(out, "; the image holds %s", size_words(a, d->size));
	strbuf_addc(out, '\n');
}

static void print_parts(struct inspection *i, struct strbuf *out)
{
	const struct ovf *o = &i->t.package.ovf;

	if (i->t.ndisks)
		strbuf_add(out, "\nDisks\n");
	for (size_t d = 0; d < i->t.ndisks; d++)
		print_disk(i, &i->disks[d], out);
	if (o->nnetworks)
		strbuf_add(out, "\nNetworks\n");
	for (size_t k = 0; k < o->nnetworks; k++) {
		words(out, "  ", o->networks[k].name, "");
		words(out, ": ", o->networks[k].description, "");
		strbuf_addc(out, '\n');
	}
	if (o->nconfigs)
		strbuf_add(out, "\nConfigurations (--configuration)\n");
	for (size_t k = 0; k < o->nconfigs; k++) {
		words(out, &o->configs[k] == i->t.configuration ? "* " : "  ", o->configs[k].id,
		      "");
		words(out, ": ", o->configs[k].label, "");
		strbuf_addc(out, '\n');
	}
}

static void print_properties(struct inspection *i, struct strbuf *out)
{
	if (i->t.nproperties)
		strbuf_add(out, "\nProperties (--property)\n");
	for (size_t k = 0; k < i->t.nproperties; k++) {
		const struct template_property *p = &i->t.properties[k];

		words(out, p->is->user_configurable ? "  " : "  (fixed) ", p->name, "");
		strbuf_add(out, " = ");
		if (p->is->password && *p->value)
			strbuf_add(out, "(hidden)");
		else
			strbuf_add_plain(out, *p->value ? p->value : "\"\"", VALUE_MAX);
		words(out, "  # ", p->is->type, "");
		words(out, " ", p->is->qualifiers, "");
		words(out, ", ", *p->is->label ? p->is->label : p->is->description, "");
		strbuf_addc(out, '\n');
	}
}

/* ---- trust and verdict ---- */

static void print_signature(struct inspection *i, struct strbuf *out)
{
	const struct trust *t = &i->trust;

	if (t->signature == SIGNATURE_NONE) {
		strbuf_add(out, "  no signature\n");
		return;
	}
	strbuf_add(out, "  signed by ");
	strbuf_add_plain(out, t->signer ? t->signer : "?", VALUE_MAX);
	strbuf_add(out, t->signature == SIGNATURE_TRUSTED
				? ", which is accepted\n"
				: ", which nobody vouches for (--ca, --fingerprint)\n");
	strbuf_printf(out, "  its certificate's SHA-256 is %s%s\n", t->fingerprint,
		      t->expired ? "; it has expired or is not valid yet" : "");
}

static void print_trust(struct inspection *i, struct strbuf *out)
{
	if (i->t.package.kind == PACKAGE_DISK && !i->trust_problem)
		return;
	strbuf_add(out, "\nTrust\n");
	if (i->trust_problem) {
		strbuf_add(out, "  NOT TO BE TRUSTED: ");
		strbuf_add_plain(out, i->trust_problem, 0);
		strbuf_addc(out, '\n');
		return;
	}
	if (!i->trust.has_manifest)
		strbuf_add(out,
			   "  no manifest: nothing tells whether it is complete and unchanged\n");
	else
		strbuf_printf(out, "  the manifest (%s) covers every file; %s\n",
			      digest_kind_name(i->trust.weakest),
			      i->digested ? "every digest is right"
					  : "the digests were not checked");
	if (i->trust.has_manifest && i->trust.weakest == DIGEST_SHA1)
		strbuf_add(out, "  SHA1 protects against accidents, not against forgery\n");
	print_signature(i, out);
}

static void print_list(const char *title, const char **lines, size_t n, struct strbuf *out)
{
	if (n)
		strbuf_printf(out, "\n%s\n", title);
	for (size_t k = 0; k < n && k < LIST_SHOWN; k++) {
		strbuf_add(out, "  ");
		strbuf_add_plain(out, lines[k], 0);
		strbuf_addc(out, '\n');
	}
	if (n > LIST_SHOWN)
		strbuf_printf(out, "  and %zu more\n", n - LIST_SHOWN);
}

void inspect_text(struct inspection *i, struct strbuf *out)
{
	const struct ovf *o = &i->t.package.ovf;

	print_head(i, out);
	for (size_t k = 0; k < o->nsystems; k++)
		print_system(i, &o->systems[k], out);
	print_parts(i, out);
	print_properties(i, out);
	if (i->guest)
		strbuf_printf(out, "\n%s", i->guest);
	print_trust(i, out);
	print_list("Worth knowing", o->warnings, o->nwarnings, out);
	print_list("It would be refused", i->problems, i->nproblems, out);
}
