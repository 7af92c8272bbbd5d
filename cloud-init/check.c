/* The checks of user-data, part by part, and of meta-data. */
#include "cloud-init/check.h"

#include "base/json.h"
#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/mime.h"
#include "cloud-init/pyyaml.h"
#include "cloud-init/schema.h"
#include "cloud-init/userdata.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 6 };

static void check_kind(enum userdata_kind kind, struct seed_text t, struct findings *f,
		       unsigned depth);

static void check_cloud_config(struct seed_text t, struct findings *f)
{
	struct yaml_node *root;

	if (!pyyaml_parse(t, f, &root) || yaml_is_null(root))
		return;
	if (root->kind != YAML_MAP)
		finding_add(f, false, root, "a cloud-config is a map (key: value), not %s",
			    root->kind == YAML_LIST ? "a list" : "text");
	else
		schema_check(root, SCHEMA_OF_CLOUD_CONFIG, f);
}

static void check_content(const struct yaml_node *content, const struct yaml_node *type,
			  struct findings *f, unsigned depth)
{
	struct seed_text t = {content->text, content->len};
	enum userdata_kind kind = type ? userdata_kind_of_mime(type->text) : USERDATA_UNKNOWN;
	unsigned before = f->lines;

	/* The text of a block begins in the line below its '|'. */
	f->lines += content->line - !strchr(content->text, '\n');
	if (kind == USERDATA_UNKNOWN)
		kind = userdata_kind(t);
	/* Parts without a type are told by their contents, and plain text among them is allowed. */
	if (kind != USERDATA_UNKNOWN)
		check_kind(kind, t, f, depth + 1);
	f->lines = before;
}

static void check_archive(struct seed_text t, struct findings *f, unsigned depth)
{
	struct yaml_node *root;

	if (!pyyaml_parse(t, f, &root) || yaml_is_null(root))
		return;
	if (root->kind != YAML_LIST) {
		finding_add(f, false, root, "a cloud-config-archive is a list of parts");
		return;
	}
	for (size_t i = 0; i < root->count; i++) {
		const struct yaml_node *part = root->items[i];
		const struct yaml_node *content = yaml_get(part, "content");
		const struct yaml_node *type = yaml_get(part, "type");

		if (part->kind == YAML_TEXT)
			check_content(part, NULL, f, depth);
		else if (part->kind == YAML_LIST)
			finding_add(f, false, part, "a part is text, or a map with 'content'");
		else if (!content || content->kind != YAML_TEXT)
			finding_add(f, false, part, "this part has no text named 'content'");
		else if (type && type->kind != YAML_TEXT)
			finding_add(f, false, type, "type: must be text");
		else
			check_content(content, type, f, depth);
	}
}

static void check_include(struct seed_text t, struct findings *f)
{
	struct seed_text line;

	for (unsigned number = 1; seed_text_line(&t, &line); number++) {
		char *url = str_trim(arena_dupn(f->a, line.bytes, line.size));

		if (!strncasecmp(url, "#include", 8)) {
			url += 8;
			if (!strncasecmp(url, "-once", 5))
				url += 5;
			url = str_trim(url);
		}
		if (*url && *url != '#' && *url != '/' && !strstr(url, "://"))
			finding_add_line(f, false, number, "not a URL");
	}
}

/* The kernel looks for an interpreter whose name ends in a carriage return. */
static void check_script(struct seed_text t, struct findings *f)
{
	const char *nl = t.size ? memchr(t.bytes, '\n', t.size) : NULL;

	if (nl && nl > t.bytes && nl[-1] == '\r')
		finding_add_line(f, false, 1, "a carriage return ends the line of the interpreter");
}

static void check_mime(struct seed_text t, struct findings *f, unsigned depth)
{
	struct mime_parts parts = {0};
	unsigned before = f->lines;
	struct err e = {0};

	if (mime_parse(f->a, t, &parts, &e) < 0) {
		finding_add_line(f, false, 0, "%s", e.text);
		return;
	}
	for (size_t i = 0; i < parts.count; i++) {
		const struct mime_part *p = &parts.items[i];
		enum userdata_kind kind = userdata_kind_of_mime(p->type);

		f->lines = before + (p->encoded ? 0 : p->line - 1);
		if (kind == USERDATA_UNKNOWN)
			kind = userdata_kind(p->text);
		/* Other types may have a part-handler; plain text is somebody's note. */
		if (kind != USERDATA_UNKNOWN)
			check_kind(kind, p->text, f, depth + 1);
	}
	f->lines = before;
}

static void check_gzip(struct seed_text t, struct findings *f, unsigned depth)
{
	struct seed_text inside;
	struct err e = {0};

	if (userdata_gunzip(f->a, t, &inside, &e) < 0)
		finding_add_line(f, false, 0, "%s", e.text);
	else
		check_kind(userdata_kind(inside), inside, f, depth + 1);
}

/* An operation of RFC 6902. */
static bool is_operation(const json_t *o)
{
	static const char *const ops[] = {"add", "remove", "replace", "move", "copy", "test"};
	const char *op = json_get_text(o, "op");

	for (size_t i = 0; op && i < ARRAY_SIZE(ops); i++)
		if (str_eq(op, ops[i]))
			return json_get_text(o, "path");
	return false;
}

/* "#cloud-config-jsonp", and a list of changes to what earlier parts said. */
static void check_json_patch(struct seed_text t, struct findings *f)
{
	static const char header[] = "#cloud-config-jsonp";
	unsigned before = f->lines;
	struct err e = {0};
	json_t *root;

	while (t.size && isspace((unsigned char)*t.bytes)) {
		f->lines += *t.bytes == '\n';
		t.bytes++;
		t.size--;
	}
	if (t.size >= sizeof header - 1 && !strncasecmp(t.bytes, header, sizeof header - 1)) {
		t.bytes += sizeof header - 1;
		t.size -= sizeof header - 1;
	}
	root = json_parse(t.bytes, t.size, "", &e);
	if (!root)
		finding_add_yaml(f, &e);
	else if (!json_is_array(root))
		finding_add_line(f, false, 1, "a JSON patch is a list of operations");
	for (size_t i = 0; i < json_array_size(root); i++)
		if (!is_operation(json_array_get(root, i)))
			finding_add_line(f, false, 1,
					 "operation %zu of this JSON patch needs an \"op\" such "
					 "as \"add\" and a \"path\"",
					 i + 1);
	json_decref(root);
	f->lines = before;
}

static void check_unknown(struct seed_text t, struct findings *f)
{
	const char *near = userdata_nearest_header(f->a, t);

	if (t.size >= 3 && !memcmp(t.bytes, "\xef\xbb\xbf", 3))
		finding_add_line(f, false, 1,
				 "a byte order mark hides the header from cloud-init; save it as "
				 "UTF-8 without one");
	else if (near)
		finding_add_line(
			f, false, 1,
			"the first line is no header cloud-init knows, so all of it would be "
			"ignored; did you mean '%s'?",
			near);
	else
		finding_add_line(
			f, false, 1,
			"begins with no header cloud-init knows, so all of it would be "
			"ignored; the first line must be '#cloud-config' or '#!/bin/sh' or "
			"another of its headers");
}

static void check_kind(enum userdata_kind kind, struct seed_text t, struct findings *f,
		       unsigned depth)
{
	if (depth > DEPTH_MAX) {
		finding_add_line(f, false, 0, "parts within parts deeper than %d", DEPTH_MAX);
		return;
	}
	switch (kind) {
	case USERDATA_CLOUD_CONFIG:
		check_cloud_config(t, f);
		return;
	case USERDATA_ARCHIVE:
		check_archive(t, f, depth);
		return;
	case USERDATA_SCRIPT:
	case USERDATA_BOOTHOOK:
		check_script(t, f);
		return;
	case USERDATA_INCLUDE:
		check_include(t, f);
		return;
	case USERDATA_MIME:
		check_mime(t, f, depth);
		return;
	case USERDATA_GZIP:
		check_gzip(t, f, depth);
		return;
	case USERDATA_JSON_PATCH:
		check_json_patch(t, f);
		return;
	case USERDATA_UNKNOWN:
		check_unknown(t, f);
		return;
	case USERDATA_EMPTY:
	case USERDATA_HANDLER:
	case USERDATA_UPSTART:
	case USERDATA_JINJA: /* what it becomes is known in the guest only */
		return;
	}
}

void check_user_data(struct seed_text t, struct findings *found)
{
	check_kind(userdata_kind(t), t, found, 0);
}

void check_meta_data(struct seed_text t, struct findings *found)
{
	const struct yaml_node *id;
	struct yaml_node *root;

	if (!pyyaml_parse(t, found, &root))
		return;
	if (root->kind != YAML_MAP) {
		finding_add(found, false, root, "meta-data is a map (key: value)");
		return;
	}
	id = yaml_get(root, "instance-id");
	if (!id)
		finding_add_line(
			found, true, 0,
			"no instance-id: cloud-init takes every machine with such a seed for "
			"the same one");
	else if (id->kind != YAML_TEXT || !id->len)
		finding_add(found, false, id, "instance-id: must be text");
}

static bool wanted(struct seed_text t, const char *name, struct findings *found)
{
	found->name = t.name ? t.name : name;
	found->lines = 0;
	return t.bytes;
}

void check_seed(const struct seed *s, const struct seed_list *macs, struct findings *found)
{
	if (wanted(s->meta_data, "meta-data", found))
		check_meta_data(s->meta_data, found);
	if (wanted(s->user_data, "user-data", found))
		check_user_data(s->user_data, found);
	if (wanted(s->vendor_data, "vendor-data", found))
		check_user_data(s->vendor_data, found);
	if (wanted(s->network_config, "network-config", found))
		check_network_config(s->network_config, macs, found);
}
