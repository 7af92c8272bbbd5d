/* From vmint seed's options to a seed: files read, variables put in, passwords hashed. */
#include "cli/seed.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static int read_text(struct seed_run *run, const char *path, struct seed_text *out, struct err *e)
{
	bool from_stdin = str_eq(path, "-");
	struct strbuf b = {0};
	int r = from_stdin ? sys_read_all(STDIN_FILENO, &b, SEED_FILE_MAX)
			   : sys_read_given(path, &b, SEED_FILE_MAX);

	if (r < 0)
		err_sys(e, r, "%s", from_stdin ? "standard input" : path);
	else
		*out = (struct seed_text){arena_dupn(&run->a, strbuf_str(&b), b.len), b.len,
					  from_stdin ? "standard input" : path};
	if (b.text)
		explicit_bzero(b.text, b.len);
	strbuf_fini(&b);
	return r;
}

static int substitute(struct seed_run *run, const char **text, struct err *e)
{
	return seed_substitute_str(&run->a, &run->variables, text, e);
}

/* A key itself, or a file of them as ssh-keygen and authorized_keys have it. */
static int add_keys(struct seed_run *run, struct seed_list *out, const char *arg, struct err *e)
{
	struct seed_text text = {.bytes = arg, .size = strlen(arg)};
	int r = config_is_key(arg) ? 0 : read_text(run, arg, &text, e);

	return r < 0 ? r : config_take_keys(&run->a, out, text, arg, e);
}

/* The first line of a file, hashed; what_for makes the salt differ. */
static int read_password(struct seed_run *run, const char *path, const char *user,
			 const char **hash, struct err *e)
{
	struct seed_text text, line = {0};
	const char *password;
	int r = read_text(run, path, &text, e);

	if (r < 0)
		return r;
	seed_text_line(&text, &line);
	password = arena_dupn(&run->a, line.bytes ? line.bytes : "", line.size);
	r = config_hash_password(
		&run->a, password,
		arena_printf(&run->a, "%s@%s", user, run->seed.hostname ? run->seed.hostname : ""),
		hash, e);
	return err_in(e, r, "%s", path);
}

static int add_user(struct seed_run *run, const char *spec, struct err *e)
{
	struct seed_list keys = {0};
	struct seed_user *u;
	int r = substitute(run, &spec, e);

	if (r >= 0)
		r = config_add_user(&run->a, &run->config, spec, e);
	if (r < 0)
		return r;
	u = &run->config.users[run->config.nusers - 1];
	for (size_t i = 0; i < u->ssh_keys.count && r >= 0; i++)
		r = add_keys(run, &keys, u->ssh_keys.items[i], e);
	/* A user without a key of its own gets those of the command line. */
	u->ssh_keys = keys.count ? keys : run->seed.ssh_keys;
	if (r >= 0 && u->password_file)
		r = read_password(run, u->password_file, u->name, &u->password_hash, e);
	return r;
}

/* "/etc/motd=FILE" */
static int add_write(struct seed_run *run, const char *arg, struct err *e)
{
	const char *equals = strchr(arg, '=');
	struct seed_write w = {0};
	int r;

	if (!equals || arg[0] != '/' || !equals[1])
		return err_set(e, EINVAL, "--write %.80s: not /PATH/IN/THE/GUEST=FILE", arg);
	w.path = arena_dupn(&run->a, arg, (size_t)(equals - arg));
	r = substitute(run, &w.path, e);
	if (r >= 0)
		r = read_text(run, equals + 1, &w.content, e);
	if (r >= 0)
		config_add_write(&run->a, &run->config, w);
	return r;
}

/* A private key and its .pub. */
static int add_host_key(struct seed_run *run, const char *path, struct err *e)
{
	const char *public_path = arena_printf(&run->a, "%s.pub", path);
	struct seed_text private_key, public_key;
	int r = read_text(run, path, &private_key, e);

	if (r >= 0)
		r = read_text(run, public_path, &public_key, e);
	if (r < 0)
		return r;
	if (!str_starts(private_key.bytes, "-----BEGIN"))
		return err_set(e, EINVAL, "%s: no private key", path);
	r = config_add_host_key(&run->a, &run->config, private_key,
				str_trim(arena_dupn(&run->a, public_key.bytes, public_key.size)),
				e);
	return err_in(e, r, "%s", public_path);
}

static int add_property(struct seed_run *run, const char *arg, struct err *e)
{
	const char *equals = strchr(arg, '='), *name;

	if (!equals || equals == arg)
		return err_set(e, EINVAL, "--property %.80s: not NAME=VALUE", arg);
	name = arena_dupn(&run->a, arg, (size_t)(equals - arg));
	seed_variable_set(&run->a, &run->properties, name, equals + 1);
	seed_variable_set(&run->a, &run->variables, name, equals + 1);
	return 0;
}

static int add_package(struct seed_run *run, const char *arg, struct err *e)
{
	int r = substitute(run, &arg, e);

	seed_list_add(&run->a, &run->config.packages, arg);
	return r;
}

static int add_command(struct seed_run *run, const char *arg, struct err *e)
{
	int r = substitute(run, &arg, e);

	seed_list_add(&run->a, &run->config.run, arg);
	return r;
}

static int add_ssh_key(struct seed_run *run, const char *arg, struct err *e)
{
	return add_keys(run, &run->seed.ssh_keys, arg, e);
}

static int add_mac(struct seed_run *run, const char *arg, struct err *e)
{
	char *mac = arena_dup(&run->a, arg);

	(void)e;
	for (char *p = mac; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	seed_list_add(&run->a, &run->macs, mac);
	return 0;
}

static int for_each(struct seed_run *run, const struct opt_list *l,
		    int (*add)(struct seed_run *, const char *, struct err *), struct err *e)
{
	for (size_t i = 0; i < l->count; i++) {
		int r = add(run, l->items[i], e);

		if (r < 0)
			return r;
	}
	return 0;
}

static void set_variable(struct seed_run *run, const char *value, const char *stem, size_t n)
{
	seed_variable_set(&run->a, &run->variables, arena_printf(&run->a, "%s%zu", stem, n), value);
}

static int set_hostname(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	const char *name = s->hostname;
	int r = substitute(run, &name, e);

	if (r < 0 || !name)
		return r;
	run->seed.hostname = name;
	seed_variable_set(&run->a, &run->variables, "fqdn", name);
	seed_variable_set(&run->a, &run->variables, "name",
			  arena_dupn(&run->a, name, strcspn(name, ".")));
	return 0;
}

static int gather_network(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	const struct opt_list *const lists[] = {&s->nics, &s->bonds, &s->bridges, &s->vlans};
	struct seed_network *n = &run->network;
	int r = 0;

	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		for (size_t i = 0; i < lists[k]->count && r >= 0; i++) {
			const char *spec = lists[k]->items[i];

			r = substitute(run, &spec, e);
			if (r >= 0)
				r = network_add(&run->a, n, (enum link_kind)k, spec, e);
		}
	}
	for (size_t i = 0; i < n->count && r >= 0; i++) {
		const struct seed_link *l = &n->links[i];

		if (l->mac && l->kind == LINK_ETHERNET)
			set_variable(run, l->mac, "mac", i);
		if (l->addresses.count)
			set_variable(run,
				     arena_dupn(&run->a, l->addresses.items[0],
						strcspn(l->addresses.items[0], "/")),
				     "ip", i);
	}
	network_settle(n);
	if (n->count) {
		run->seed.network = n;
		run->seed.network_version = (unsigned)s->network_version;
	}
	return r;
}

static int gather_files(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	struct seed *seed = &run->seed;
	struct seed_text interfaces = {0};
	int r = 0;

	const struct {
		const char *path;
		struct seed_text *text;
	} files[] = {
		{s->user_data, &seed->user_data},     {s->meta_data, &seed->meta_data},
		{s->vendor_data, &seed->vendor_data}, {s->network_config, &seed->network_config},
		{s->interfaces, &interfaces},
	};

	for (size_t i = 0; i < ARRAY_SIZE(files) && r >= 0; i++) {
		if (!files[i].path)
			continue;
		r = read_text(run, files[i].path, files[i].text, e);
		if (r >= 0 && s->template) {
			r = seed_substitute(&run->a, &run->variables, *files[i].text, files[i].text,
					    e);
			err_in(e, r, "%s", files[i].path);
		}
	}
	seed->interfaces = interfaces.bytes;
	return r;
}

static int gather_config(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	struct seed_config *c = &run->config;
	int r = for_each(run, &s->ssh_keys, add_ssh_key, e);

	if (r >= 0)
		r = for_each(run, &s->users, add_user, e);
	if (r >= 0)
		r = for_each(run, &s->packages, add_package, e);
	if (r >= 0)
		r = for_each(run, &s->run, add_command, e);
	if (r >= 0)
		r = for_each(run, &s->writes, add_write, e);
	if (r >= 0)
		r = for_each(run, &s->host_keys, add_host_key, e);
	if (r >= 0 && s->password_file)
		r = read_password(run, s->password_file, "", &c->password_hash, e);
	if (r >= 0 && s->password_hash && !config_is_hash(s->password_hash))
		r = err_set(e, EINVAL, "--password-hash: no hash as crypt(3) makes it");
	if (s->password_hash)
		c->password_hash = s->password_hash;
	c->password_login = s->password_login;
	c->grow = s->grow;
	c->timezone = s->timezone;
	c->locale = s->locale;
	run->seed.config = c;
	return r;
}

int seed_gather(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	int r = for_each(run, &s->properties, add_property, e);

	seed_variable_set(&run->a, &run->variables, "index",
			  arena_printf(&run->a, "%llu", (unsigned long long)s->index));
	if (r >= 0)
		r = for_each(run, &s->macs, add_mac, e);
	for (size_t i = 0; i < run->macs.count; i++)
		set_variable(run, run->macs.items[i], "mac", i);
	if (r >= 0)
		r = set_hostname(run, s, e);
	if (r >= 0)
		r = gather_network(run, s, e);
	run->seed.instance_id = s->instance_id;
	run->seed.dsmode = s->dsmode;
	if (r >= 0)
		r = substitute(run, &run->seed.instance_id, e);
	if (r >= 0)
		r = gather_config(run, s, e);
	if (r >= 0)
		r = gather_files(run, s, e);
	return r;
}
