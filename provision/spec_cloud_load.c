/* The files that a spec's cloud-init section names, and the checks before anything is written. */
#include "provision/spec.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "cloud-init/check.h"

#include <errno.h>
#include <string.h>

struct loading {
	struct spec_cloud *c; /* links are only read */
	struct arena *a;
	struct err *e;
};

/* "fleet.yaml:12:5: " or "--user-data: " in front of what is wrong with a value. */
static int at_value(struct loading *l, int r, const char *value)
{
	for (size_t i = 0; r < 0 && i < l->c->ntexts; i++) {
		const struct spec_text *t = &l->c->texts[i];

		if (!str_eq(t->text, value))
			continue;
		return t->at.line
			       ? err_in(l->e, r, "%s:%u:%u", t->at.name, t->at.line, t->at.column)
			       : err_in(l->e, r, "%s", t->at.name);
	}
	return r;
}

static int read_file(struct loading *l, const char *path, struct seed_text *out)
{
	struct strbuf b = {0};
	int r = sys_read_given(path, &b, SEED_FILE_MAX);

	if (r < 0)
		r = at_value(l, err_sys(l->e, r, "%s", path), path);
	else
		*out = (struct seed_text){arena_dupn(l->a, strbuf_str(&b), b.len), b.len, path};
	if (b.text)
		explicit_bzero(b.text, b.len);
	strbuf_fini(&b);
	return r < 0 ? r : 0;
}

static int load_whole(struct loading *l, struct spec_whole *w)
{
	return w->path ? read_file(l, w->path, &w->text) : 0;
}

static int load_wholes(struct loading *l)
{
	struct spec_whole *all[] = {&l->c->user_data, &l->c->vendor_data, &l->c->network_config};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(all); i++)
		r = load_whole(l, all[i]);
	return r;
}

/* Keys stay, names of files become the keys in them. */
static int load_keys(struct loading *l, struct seed_list *keys)
{
	const struct seed_list was = *keys;
	int r = 0;

	*keys = (struct seed_list){0};
	for (size_t i = 0; r == 0 && i < was.count; i++) {
		const char *item = was.items[i];
		struct seed_text text = {.bytes = item, .size = strlen(item)};

		if (!config_is_key(item))
			r = read_file(l, item, &text);
		if (r == 0)
			r = at_value(l, config_take_keys(l->a, keys, text, item, l->e), item);
	}
	return r;
}

/* One hash for the whole fleet: making one takes as long as making a clone. */
static int load_password(struct loading *l, const char *path, const char *user, const char **hash)
{
	struct seed_text text, line = {0};
	int r;

	if (!path)
		return 0;
	r = read_file(l, path, &text);
	if (r < 0)
		return r;
	seed_text_line(&text, &line);
	r = config_hash_password(l->a, arena_dupn(l->a, line.bytes ? line.bytes : "", line.size),
				 user, hash, l->e);
	return r < 0 ? at_value(l, err_in(l->e, r, "%s", path), path) : 0;
}

static int load_config(struct loading *l)
{
	struct seed_config *config = &l->c->config;
	int r = load_keys(l, &l->c->ssh_keys);

	for (size_t i = 0; r == 0 && i < config->nusers; i++) {
		struct seed_user *u = &config->users[i];

		r = load_keys(l, &u->ssh_keys);
		/* A user without a key of its own gets those of all. */
		if (!u->ssh_keys.count)
			u->ssh_keys = l->c->ssh_keys;
		if (r == 0)
			r = load_password(l, u->password_file, u->name, &u->password_hash);
	}
	if (r == 0)
		r = load_password(l, l->c->password_file, "", &config->password_hash);
	for (size_t i = 0; r == 0 && i < config->nwrites; i++)
		if (!config->writes[i].variables) {
			r = read_file(l, config->writes[i].content.name,
				      &config->writes[i].content);
			config->writes[i].variables = l->c->template;
		}
	return r;
}

/* ---- checks ---- */

/* Names that every clone has values for; here any value will do. */
static void sample_variables(struct loading *l, const struct seed_variables *properties,
			     struct seed_variables *v)
{
	static const char *const names[] = {"name", "fqdn", "index", "domain"};

	for (size_t i = 0; i < properties->count; i++)
		seed_variable_set(l->a, v, properties->items[i].name, "x");
	for (size_t i = 0; i < l->c->properties.count; i++)
		seed_variable_set(l->a, v, l->c->properties.items[i].name, "x");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		seed_variable_set(l->a, v, names[i], "1");
	for (size_t i = 0; i < SPEC_NETWORKS_MAX; i++) {
		seed_variable_set(l->a, v, arena_printf(l->a, "mac%zu", i), "02:00:00:00:00:01");
		seed_variable_set(l->a, v, arena_printf(l->a, "ip%zu", i), "192.0.2.1");
		seed_variable_set(l->a, v, arena_printf(l->a, "ip6%zu", i), "2001:db8::1");
	}
}

static int add_links(struct loading *l, const struct seed_variables *v,
		     const struct seed_list *list, enum link_kind kind, struct seed_network *n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++) {
		const char *text = list->items[i];

		r = seed_substitute_str(l->a, v, &text, l->e);
		if (r == 0)
			r = network_add(l->a, n, kind, text, l->e);
		r = at_value(l, r, list->items[i]);
	}
	return r;
}

int spec_cloud_links(const struct spec_cloud *c, struct arena *a, const struct seed_variables *v,
		     struct seed_network *n, struct err *e)
{
	struct loading l = {(struct spec_cloud *)c, a, e};
	int r = add_links(&l, v, &c->bonds, LINK_BOND, n);

	if (r == 0)
		r = add_links(&l, v, &c->bridges, LINK_BRIDGE, n);
	if (r == 0)
		r = add_links(&l, v, &c->vlans, LINK_VLAN, n);
	return r;
}

static int check_links(struct loading *l, const struct seed_variables *v, size_t nics)
{
	struct seed_network n = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < nics; i++)
		r = network_add(l->a, &n, LINK_ETHERNET, arena_printf(l->a, "name=eth%zu", i),
				l->e);
	if (r == 0)
		r = spec_cloud_links(l->c, l->a, v, &n, l->e);
	return r == 0 ? network_check(&n, l->e) : r;
}

static bool is_whole(const struct spec_cloud *c, const char *text)
{
	const struct spec_whole *all[] = {&c->user_data, &c->vendor_data, &c->network_config};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i]->line && str_eq(all[i]->text.bytes, text))
			return true;
	return false;
}

static int check_variables(struct loading *l, const struct seed_variables *v)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->c->ntexts; i++) {
		const char *text = l->c->texts[i].text;
		const char *value = text;

		/* Hashes are full of dollars; whole texts are passed on unless asked for. */
		if (config_is_hash(text) || (is_whole(l->c, text) && !l->c->template))
			continue;
		r = at_value(l, seed_substitute_str(l->a, v, &value, l->e), text);
	}
	return r;
}

static int check_whole(struct loading *l, const struct spec_whole *w, const char *what,
		       const struct seed_variables *v,
		       void (*check)(struct seed_text t, struct findings *f),
		       struct findings *found)
{
	struct seed_text text = w->text;
	int r = 0;

	if (!text.bytes)
		return 0;
	if (l->c->template)
		r = seed_substitute(l->a, v, text, &text, l->e);
	if (r < 0)
		return err_in(l->e, r, "%s", w->path ? w->path : what);
	found->name = text.name;
	found->lines = w->line;
	found->columns = w->column;
	if (!l->c->no_check)
		check(text, found);
	found->lines = found->columns = 0;
	return 0;
}

static void check_network(struct seed_text t, struct findings *f)
{
	check_network_config(t, NULL, f);
}

static int check_all(struct loading *l, const struct seed_variables *v, size_t nics,
		     struct findings *found)
{
	int r = check_variables(l, v);

	if (r == 0)
		r = check_links(l, v, nics);

	if (r == 0)
		r = check_whole(l, &l->c->user_data, "user-data", v, check_user_data, found);
	if (r == 0)
		r = check_whole(l, &l->c->vendor_data, "vendor-data", v, check_user_data, found);
	if (r == 0)
		r = check_whole(l, &l->c->network_config, "network-config", v, check_network,
				found);
	if (r == 0 && found->errors)
		r = err_set(l->e, EINVAL,
			    "%zu error%s in what cloud-init would read, so nothing "
			    "was written (--no-check writes it anyhow)",
			    found->errors, found->errors > 1 ? "s" : "");
	return r;
}

int spec_cloud_load(struct spec *s, struct arena *a, const struct seed_variables *properties,
		    size_t nics, struct findings *found, struct err *e)
{
	struct loading l = {&s->cloud, a, e};
	struct seed_variables v = {0};
	int r = load_wholes(&l);

	if (r == 0)
		r = load_config(&l);
	if (r < 0)
		return r;
	sample_variables(&l, properties, &v);
	return check_all(&l, &v, nics, found);
}
