/* The cloud-config that says what a guest shall become. */
#include "cloud-init/config.h"

#include "base/str.h"
#include "cloud-init/mime.h"
#include "cloud-init/yaml_write.h"

#include <string.h>

static void write_list(struct strbuf *b, unsigned indent, const char *key,
		       const struct seed_list *l)
{
	if (!l->count)
		return;
	strbuf_printf(b, "%*s%s:\n", (int)indent, "", key);
	for (size_t i = 0; i < l->count; i++)
		yaml_write_item(b, indent, l->items[i]);
}

static void write_optional(struct strbuf *b, unsigned indent, const char *key, const char *text)
{
	if (text)
		yaml_write_pair(b, indent, key, text);
}

static void write_user(struct strbuf *b, const struct seed_user *u)
{
	strbuf_add(b, "- name: ");
	yaml_write_str(b, u->name);
	strbuf_addc(b, '\n');
	write_optional(b, 2, "gecos", u->gecos);
	write_optional(b, 2, "shell", u->shell ? u->shell : u->system ? NULL : "/bin/bash");
	write_optional(b, 2, "homedir", u->homedir);
	write_optional(b, 2, "sudo", u->sudo);
	write_list(b, 2, "groups", &u->groups);
	write_list(b, 2, "ssh_authorized_keys", &u->ssh_keys);
	if (u->system)
		strbuf_add(b, "  system: true\n");
	strbuf_printf(b, "  lock_passwd: %s\n", u->password_hash ? "false" : "true");
	write_optional(b, 2, "passwd", u->password_hash);
}

static bool is_plain_text(struct seed_text t)
{
	for (size_t i = 0; i < t.size; i++)
		if ((unsigned char)t.bytes[i] >= 0x7f || !t.bytes[i])
			return false;
	return true;
}

static void write_file(struct strbuf *b, const struct seed_write *w)
{
	strbuf_add(b, "- path: ");
	yaml_write_str(b, w->path);
	strbuf_addc(b, '\n');
	write_optional(b, 2, "permissions", w->permissions);
	write_optional(b, 2, "owner", w->owner);
	if (is_plain_text(w->content)) {
		strbuf_add(b, "  content: ");
		yaml_write_text(b, w->content.bytes, w->content.size);
		strbuf_addc(b, '\n');
		return;
	}
	strbuf_add(b, "  encoding: b64\n  content: \"");
	base64_encode(b, w->content.bytes, w->content.size, 0);
	strbuf_add(b, "\"\n");
}

static void write_host_key(struct strbuf *b, const struct seed_host_key *k)
{
	strbuf_printf(b, "  %s_private: ", k->kind);
	yaml_write_text(b, k->private_key.bytes, k->private_key.size);
	strbuf_printf(b, "\n  %s_public: ", k->kind);
	yaml_write_str(b, k->public_key);
	strbuf_addc(b, '\n');
}

static void write_all(struct strbuf *b, const struct seed_config *c)
{
	strbuf_add(b, "#cloud-config\n");
	/* "default" keeps the image's own user, which the meta-data's keys are for. */
	if (c->nusers)
		strbuf_add(b, "users:\n- default\n");
	for (size_t i = 0; i < c->nusers; i++)
		write_user(b, &c->users[i]);
	write_optional(b, 0, "password", c->password_hash);
	if (c->password_hash)
		strbuf_add(b, "chpasswd:\n  expire: false\n");
	if (c->password_login)
		strbuf_add(b, "ssh_pwauth: true\n");
	if (c->nhost_keys)
		strbuf_printf(b, "ssh_deletekeys: %s\nssh_keys:\n",
			      c->host_keys_stay ? "false" : "true");
	for (size_t i = 0; i < c->nhost_keys; i++)
		write_host_key(b, &c->host_keys[i]);
	if (c->packages.count)
		strbuf_add(b, "package_update: true\n");
	write_list(b, 0, "packages", &c->packages);
	if (c->nwrites)
		strbuf_add(b, "write_files:\n");
	for (size_t i = 0; i < c->nwrites; i++)
		write_file(b, &c->writes[i]);
	write_list(b, 0, "runcmd", &c->run);
	if (c->grow)
		strbuf_add(b, "growpart:\n  mode: auto\n  devices: [/]\nresize_rootfs: true\n");
	write_optional(b, 0, "timezone", c->timezone);
	write_optional(b, 0, "locale", c->locale);
}

bool config_is_empty(const struct seed_config *c)
{
	return !c->nusers && !c->password_hash && !c->password_login && !c->packages.count &&
	       !c->run.count && !c->nwrites && !c->nhost_keys && !c->grow && !c->timezone &&
	       !c->locale;
}

void config_write(struct arena *a, const struct seed_config *c, struct seed_text *out)
{
	struct strbuf b = {0};

	write_all(&b, c);
	if (config_is_empty(c))
		strbuf_add(&b, "{}\n");
	*out = (struct seed_text){.bytes = arena_dupn(a, strbuf_str(&b), b.len), .size = b.len};
	strbuf_fini(&b);
}
