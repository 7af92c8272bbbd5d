/* The facts about a guest as text and as JSON. */
#include "provision/guest.h"

#include "base/scope.h"

#include <stdarg.h>
#include <string.h>

/* One line; what the guest says is shown without its control characters. */
static void entry(struct strbuf *out, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void entry(struct strbuf *out, const char *name, const char *fmt, ...)
{
	struct arena a = {0};
	va_list ap;

	va_start(ap, fmt);
	strbuf_addn(out, "  ", 2);
	strbuf_add_plain(out, name, 0);
	for (size_t n = strlen(name); n < 15; n++)
		strbuf_addc(out, ' ');
	strbuf_add_plain(out, arena_vprintf(&a, fmt, ap), 0);
	strbuf_addc(out, '\n');
	va_end(ap);
	arena_fini(&a);
}

static void line(struct strbuf *out, const char *name, const char *value)
{
	if (value && *value)
		entry(out, name, "%s", value);
}

static void words(struct strbuf *out, const char *name, const char **list, size_t n)
{
	struct strbuf all = {0};

	for (size_t i = 0; i < n; i++)
		strbuf_printf(&all, "%s%s", i ? ", " : "", list[i]);
	line(out, name, strbuf_str(&all));
	strbuf_fini(&all);
}

static void describe_filesystem(const struct guest_filesystem *f, struct strbuf *out)
{
	bool kept = f->pinned && *f->uuid;

	entry(out, f->device, "%s%s%s%s%s%s%s%s%s%s", *f->type ? f->type : "unknown",
	      *f->mountpoint ? " " : "", f->mountpoint, *f->uuid ? " UUID=" : "", f->uuid,
	      *f->label ? " LABEL=" : "", f->label, kept ? " (its id is kept: " : "",
	      kept ? f->pinned : "", kept ? ")" : "");
}

static void describe_disk(const struct guest_disk_ids *d, struct strbuf *out)
{
	entry(out, d->device, "%s%s%s", *d->table ? d->table : "no partition table",
	      *d->id ? " " : "", d->id);
	for (size_t i = 0; i < d->nparts; i++)
		entry(out, d->parts[i].device, "PARTUUID=%s%s%s", d->parts[i].id,
		      *d->parts[i].role ? " " : "", d->parts[i].role);
}

static void describe_array(const struct guest_md_array *x, struct strbuf *out)
{
	struct strbuf members = {0};

	for (size_t i = 0; i < x->nmembers; i++)
		strbuf_printf(&members, "%s%s", i ? ", " : "", x->members[i].device);
	entry(out, x->device, "%s of %s, metadata %s, UUID=%s%s%s%s%s%s", x->level,
	      strbuf_str(&members), x->version, x->id, *x->name ? " name=" : "", x->name,
	      x->why ? " (left alone: " : "", x->why ? x->why : "", x->why ? ")" : "");
	strbuf_fini(&members);
}

void guest_describe(const struct guest_facts *f, struct strbuf *out)
{
	static const char *const answers[] = {"unknown", "no", "yes"};

	strbuf_add(out, "guest: ");
	strbuf_add_plain(out,
			 !f->linux_found ? "no Linux found"
			 : *f->os_name   ? f->os_name
					 : "a Linux without /etc/os-release",
			 0);
	strbuf_addc(out, '\n');
	line(out, "hostname", f->hostname);
	line(out, "machine-id", f->machine_id);
	line(out, "kernel", f->kernel);
	words(out, "boot loader", f->bootloaders, f->nbootloaders);
	words(out, "network", f->networks, f->nnetworks);
	if (f->linux_found)
		entry(out, "cloud-init", "%s%s%s", f->cloud_init ? "yes" : "no",
		      *f->cloud_instance ? ", instance " : "", f->cloud_instance);
	if (f->linux_found)
		entry(out, "serial console", "%s: %s", answers[f->serial_console], f->serial_why);
	for (size_t i = 0; i < f->nhost_keys; i++)
		entry(out, i ? "" : "host keys", "%s %s", f->host_keys[i].type,
		      f->host_keys[i].fingerprint);
	for (size_t i = 0; i < f->nmacs; i++)
		entry(out, i ? "" : "MACs", "%s in %s", f->macs[i].text, f->macs[i].path);
	if (f->nfilesystems)
		strbuf_add(out, "storage:\n");
	for (size_t i = 0; i < f->ndisks; i++)
		describe_disk(&f->disks[i], out);
	for (size_t i = 0; i < f->narrays; i++)
		describe_array(&f->arrays[i], out);
	for (size_t i = 0; i < f->nfilesystems; i++)
		describe_filesystem(&f->filesystems[i], out);
	for (size_t i = 0; i < f->nwarnings; i++)
		entry(out, "warning", "%s", f->warnings[i]);
}

/* ---- JSON ---- */

static json_t *texts(const char **list, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_text(list[i]));
	return a;
}

static json_t *filesystems_json(const struct guest_facts *f)
{
	json_t *a = json_array();

	for (size_t i = 0; i < f->nfilesystems; i++) {
		const struct guest_filesystem *x = &f->filesystems[i];
		json_t *o = json_object();

		json_set_text(o, "device", x->device);
		json_set_text(o, "type", x->type);
		json_set_text(o, "uuid", x->uuid);
		json_set_text(o, "label", x->label);
		json_set_text(o, "mountpoint", x->mountpoint);
		json_set_text(o, "engine", x->engine);
		if (x->pinned)
			json_set_text(o, "kept_because", x->pinned);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *disks_json(const struct guest_facts *f)
{
	json_t *a = json_array();

	for (size_t i = 0; i < f->ndisks; i++) {
		const struct guest_disk_ids *d = &f->disks[i];
		json_t *o = json_object(), *parts = json_array();

		json_set_text(o, "device", d->device);
		json_set_text(o, "table", d->table);
		json_set_text(o, "id", d->id);
		for (size_t k = 0; k < d->nparts; k++) {
			json_t *p = json_object();

			json_set_text(p, "device", d->parts[k].device);
			json_set_text(p, "id", d->parts[k].id);
			json_set_text(p, "role", d->parts[k].role);
			json_array_append_new(parts, p);
		}
		json_object_set_new(o, "partitions", parts);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *arrays_json(const struct guest_facts *f)
{
	json_t *a = json_array();

	for (size_t i = 0; i < f->narrays; i++) {
		const struct guest_md_array *x = &f->arrays[i];
		json_t *o = json_object(), *members = json_array();

		json_set_text(o, "device", x->device);
		json_set_text(o, "level", x->level);
		json_set_text(o, "metadata", x->version);
		json_set_text(o, "name", x->name);
		json_set_text(o, "id", x->id);
		if (x->why)
			json_set_text(o, "left_alone_because", x->why);
		for (size_t k = 0; k < x->nmembers; k++) {
			json_t *m = json_object();

			json_set_text(m, "device", x->members[k].device);
			json_set_text(m, "id", x->members[k].id);
			json_array_append_new(members, m);
		}
		json_object_set_new(o, "members", members);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *keys_json(const struct guest_facts *f)
{
	json_t *a = json_array();

	for (size_t i = 0; i < f->nhost_keys; i++) {
		json_t *o = json_object();

		json_set_text(o, "type", f->host_keys[i].type);
		json_set_text(o, "path", f->host_keys[i].path);
		json_set_text(o, "fingerprint", f->host_keys[i].fingerprint);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *macs_json(const struct guest_facts *f)
{
	json_t *a = json_array();

	for (size_t i = 0; i < f->nmacs; i++) {
		json_t *o = json_object();

		json_set_text(o, "mac", f->macs[i].text);
		json_set_text(o, "path", f->macs[i].path);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *console_json(const struct guest_facts *f)
{
	json_t *o = json_object();

	json_object_set_new(o, "answers",
			    f->serial_console == GUEST_UNKNOWN
				    ? json_null()
				    : json_boolean(f->serial_console == GUEST_YES));
	json_set_text(o, "why", f->serial_why);
	return o;
}

json_t *guest_describe_json(const struct guest_facts *f)
{
	const struct {
		const char *key, *value;
	} rows[] = {
		{"os_id", f->os_id},
		{"os_version", f->os_version},
		{"os_name", f->os_name},
		{"hostname", f->hostname},
		{"machine_id", f->machine_id},
		{"kernel", f->kernel},
		{"cloud_datasource", f->cloud_datasource},
		{"cloud_instance", f->cloud_instance},
	};
	json_t *o = json_object();

	json_object_set_new(o, "linux_found", json_boolean(f->linux_found));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		json_set_text(o, rows[i].key, rows[i].value ? rows[i].value : "");
	json_object_set_new(o, "cloud_init", json_boolean(f->cloud_init));
	json_object_set_new(o, "boot_loaders", texts(f->bootloaders, f->nbootloaders));
	json_object_set_new(o, "networks", texts(f->networks, f->nnetworks));
	json_object_set_new(o, "serial_console", console_json(f));
	json_object_set_new(o, "host_keys", keys_json(f));
	json_object_set_new(o, "macs", macs_json(f));
	json_object_set_new(o, "disks", disks_json(f));
	json_object_set_new(o, "arrays", arrays_json(f));
	json_object_set_new(o, "filesystems", filesystems_json(f));
	json_object_set_new(o, "warnings", texts(f->warnings, f->nwarnings));
	return o;
}
