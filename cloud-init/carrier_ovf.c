/* OVF environment (DSP0243) and VMware's guestinfo. */
#include "cloud-init/carrier_text.h"

#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/mime.h"
#include "cloud-init/seed_meta.h"

#include <errno.h>
#include <string.h>

/* Line ends too: a reader makes blanks of them in an attribute. */
static int add_attribute(struct strbuf *b, const char *text, const char *key, struct err *e)
{
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 && !strchr("\t\r\n", c))
			return err_set(e, EINVAL,
				       "property %.60s: XML cannot hold a control character", key);
		if (c < 0x20 || strchr("&<>\"", c))
			strbuf_printf(b, "&#%u;", c);
		else
			strbuf_addc(b, (char)c);
	}
	return 0;
}

int ovf_environment(struct arena *a, const struct seed_variables *properties, struct seed_text *out,
		    struct err *e)
{
	struct strbuf b = {0};
	int r = 0;

	strbuf_add(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<Environment xmlns=\"http://schemas.dmtf.org/ovf/environment/1\"\n"
		       "  xmlns:oe=\"http://schemas.dmtf.org/ovf/environment/1\"\n"
		       "  xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" oe:id=\"\">\n"
		       "  <PlatformSection>\n    <Kind>vmint</Kind>\n    <Version>1</Version>\n"
		       "    <Vendor>vmint</Vendor>\n    <Locale>en</Locale>\n  </PlatformSection>\n"
		       "  <PropertySection>\n");
	for (size_t i = 0; i < properties->count && r == 0; i++) {
		const struct seed_variable *p = &properties->items[i];

		strbuf_add(&b, "    <Property oe:key=\"");
		r = add_attribute(&b, p->name, p->name, e);
		strbuf_add(&b, "\" oe:value=\"");
		if (r == 0)
			r = add_attribute(&b, p->value, p->name, e);
		strbuf_add(&b, "\"/>\n");
	}
	strbuf_add(&b, "  </PropertySection>\n</Environment>\n");
	if (r == 0)
		*out = (struct seed_text){.bytes = arena_dupn(a, b.text, b.len), .size = b.len};
	strbuf_fini(&b);
	return r;
}

static const char *base64_of(struct arena *a, struct seed_text t)
{
	struct strbuf b = {0};
	char *text;

	base64_encode(&b, t.bytes, t.size, 0);
	text = arena_dup(a, strbuf_str(&b));
	strbuf_fini(&b);
	return text;
}

static const struct seed_file *find(const struct seed_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (str_eq(files->items[i].name, name))
			return &files->items[i];
	return NULL;
}

static const char *join_lines(struct arena *a, const struct seed_list *l)
{
	struct strbuf b = {0};
	char *text;

	for (size_t i = 0; i < l->count; i++)
		strbuf_printf(&b, "%s%s", i ? "\n" : "", l->items[i]);
	text = arena_dup(a, strbuf_str(&b));
	strbuf_fini(&b);
	return text;
}

/* cloud-init's OVF reader wants the top-level key that the other readers do without. */
static struct seed_text with_network_key(struct arena *a, struct seed_text t)
{
	struct seed_text rest = t, line;
	struct strbuf b = {0};

	strbuf_add(&b, "network:\n");
	while (seed_text_line(&rest, &line)) {
		if (line.size >= 8 && !memcmp(line.bytes, "network:", 8)) {
			strbuf_fini(&b);
			return t;
		}
		strbuf_printf(&b, "  %.*s\n", (int)line.size, line.bytes);
	}
	t = (struct seed_text){.bytes = arena_dupn(a, b.text, b.len), .size = b.len};
	strbuf_fini(&b);
	return t;
}

int ovf_properties(struct arena *a, const struct seed *s, const struct seed_files *files,
		   const struct seed_variables *extra, struct seed_variables *out, struct err *e)
{
	const struct seed_file *user = find(files, "user-data"),
			       *net = find(files, "network-config");

	if (s->meta_data.bytes)
		return err_set(
			e, EINVAL,
			"an OVF environment is made from properties, not from meta-data as a "
			"whole");
	seed_variable_set(a, out, "instance-id", seed_instance_id(a, s, files));
	if (s->hostname)
		seed_variable_set(a, out, "hostname", s->hostname);
	if (s->ssh_keys.count)
		seed_variable_set(a, out, "public-keys", join_lines(a, &s->ssh_keys));
	if (user)
		seed_variable_set(a, out, "user-data", base64_of(a, user->text));
	if (net)
		seed_variable_set(a, out, "network-config",
				  base64_of(a, with_network_key(a, net->text)));
	for (size_t i = 0; extra && i < extra->count; i++)
		seed_variable_set(a, out, extra->items[i].name, extra->items[i].value);
	return 0;
}

static void set_base64(struct arena *a, struct seed_variables *out, const char *name,
		       struct seed_text t)
{
	seed_variable_set(a, out, name, base64_of(a, t));
	seed_variable_set(a, out, arena_printf(a, "%s.encoding", name), "base64");
}

void guestinfo_properties(struct arena *a, const struct seed_files *files,
			  struct seed_variables *out)
{
	static const struct {
		const char *file, *name;
	} rows[] = {
		{"user-data", "guestinfo.userdata"},
		{"vendor-data", "guestinfo.vendordata"},
	};
	const struct seed_file *meta = find(files, "meta-data"),
			       *net = find(files, "network-config");
	struct strbuf b = {0};

	if (meta)
		strbuf_addn(&b, meta->text.bytes, meta->text.size);
	if (b.len && b.text[b.len - 1] != '\n')
		strbuf_addc(&b, '\n');
	/* There the network is part of the meta-data. */
	if (net)
		strbuf_printf(&b, "network: \"%s\"\nnetwork.encoding: base64\n",
			      base64_of(a, net->text));
	set_base64(a, out, "guestinfo.metadata",
		   (struct seed_text){.bytes = b.text, .size = b.len});
	strbuf_fini(&b);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct seed_file *f = find(files, rows[i].file);

		if (f)
			set_base64(a, out, rows[i].name, f->text);
	}
}
