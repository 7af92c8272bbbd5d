/* Seeds in SMBIOS strings: NoCloud's serial number, and systemd's credentials. */
#include "cloud-init/carrier_text.h"

#include "base/str.h"
#include "cloud-init/config.h"
#include "cloud-init/mime.h"

#include <errno.h>
#include <string.h>

static int check_part(const char *what, const char *text, struct err *e)
{
	for (const char *p = text; p && *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || *p == ';')
			return err_set(
				e, EINVAL,
				"%s: printable ASCII without ';' and blanks is all that a serial "
				"number can hold",
				what);
	return 0;
}

int smbios_serial(struct arena *a, const char *hostname, const char *instance_id, const char *url,
		  const char **out, struct err *e)
{
	int r = check_part("hostname", hostname, e);

	if (r == 0)
		r = check_part("instance-id", instance_id, e);
	if (r == 0)
		r = check_part("URL", url, e);
	if (r < 0)
		return r;
	*out = arena_printf(a, "ds=nocloud%s%s%s%s%s%s", hostname ? ";h=" : "",
			    hostname ? hostname : "", instance_id ? ";i=" : "",
			    instance_id ? instance_id : "", url ? ";s=" : "", url ? url : "");
	return 0;
}

static void add(struct arena *a, struct seed_list *out, const char *name, const char *value)
{
	struct strbuf b = {0};

	strbuf_printf(&b, "io.systemd.credential.binary:%s=", name);
	base64_encode(&b, value, strlen(value), 0);
	seed_list_add(a, out, arena_dup(a, strbuf_str(&b)));
	strbuf_fini(&b);
}

static void add_buffer(struct arena *a, struct seed_list *out, const char *name, struct strbuf *b)
{
	if (b->len)
		add(a, out, name, b->text);
	strbuf_fini(b);
}

static void add_lines(struct strbuf *b, const struct seed_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		strbuf_printf(b, "%s\n", l->items[i]);
}

/* One user: a line for sysusers, two for tmpfiles, a credential for the password. */
static int add_user(struct arena *a, const struct seed_user *u, struct strbuf *sysusers,
		    struct strbuf *tmpfiles, struct seed_list *out, struct err *e)
{
	const char *home = u->homedir ? u->homedir : arena_printf(a, "/home/%s", u->name);
	struct strbuf keys = {0};

	if (strpbrk(home, " \t\n\"") || (u->shell && strpbrk(u->shell, " \t\n\"")) ||
	    (u->gecos && strpbrk(u->gecos, "\n\"")))
		return err_set(e, EINVAL, "user %s: a blank or quote that sysusers.d cannot hold",
			       u->name);
	strbuf_printf(sysusers, "u %s - \"%s\" %s %s\n", u->name, u->gecos ? u->gecos : "", home,
		      u->shell ? u->shell : "/bin/bash");
	for (size_t i = 0; i < u->groups.count; i++)
		strbuf_printf(sysusers, "m %s %s\n", u->name, u->groups.items[i]);
	strbuf_printf(tmpfiles, "d %s 0700 %s %s -\n", home, u->name, u->name);
	add_lines(&keys, &u->ssh_keys);
	if (keys.len) {
		strbuf_printf(tmpfiles,
			      "d %s/.ssh 0700 %s %s -\nf+~ %s/.ssh/authorized_keys 0600 %s %s - ",
			      home, u->name, u->name, home, u->name, u->name);
		base64_encode(tmpfiles, keys.text, keys.len, 0);
		strbuf_addc(tmpfiles, '\n');
	}
	strbuf_fini(&keys);
	if (u->password_hash)
		add(a, out, arena_printf(a, "passwd.hashed-password.%s", u->name),
		    u->password_hash);
	return 0;
}

int smbios_credentials(struct arena *a, const struct seed *s, struct seed_list *out, struct err *e)
{
	static const struct seed_config none;
	const struct seed_config *c = s->config ? s->config : &none;
	struct strbuf keys = {0}, sysusers = {0}, tmpfiles = {0};
	int r = 0;

	if (s->hostname) {
		add(a, out, "system.hostname", s->hostname);
		add(a, out, "firstboot.hostname", s->hostname);
	}
	if (c->timezone)
		add(a, out, "firstboot.timezone", c->timezone);
	if (c->locale)
		add(a, out, "firstboot.locale", c->locale);
	if (c->password_hash)
		add(a, out, "passwd.hashed-password.root", c->password_hash);
	add_lines(&keys, &s->ssh_keys);
	for (size_t i = 0; i < c->nusers && r == 0; i++)
		r = add_user(a, &c->users[i], &sysusers, &tmpfiles, out, e);
	add_buffer(a, out, "ssh.authorized_keys.root", &keys);
	add_buffer(a, out, "sysusers.extra", &sysusers);
	add_buffer(a, out, "tmpfiles.extra", &tmpfiles);
	return r;
}
