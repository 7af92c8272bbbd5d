/* The rows of the spec's cloud-init section. */
#include "provision/spec_cloud_keys.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

static int set_carrier(struct spec_reading *r, const char *value, struct err *e)
{
	size_t i = 0;
	int x = spec_word(value, carry_names, CARRY_COUNT, &i, e);

	r->s->cloud.carrier = (enum carry)i;
	return x;
}

static int set_user_data(struct spec_reading *r, const char *value, struct err *e)
{
	r->s->cloud.user_data = (struct spec_whole){0};
	return spec_take_text(&r->s->cloud.user_data.path, r, value, e);
}

static int set_vendor_data(struct spec_reading *r, const char *value, struct err *e)
{
	r->s->cloud.vendor_data = (struct spec_whole){0};
	return spec_take_text(&r->s->cloud.vendor_data.path, r, value, e);
}

static int set_network_config(struct spec_reading *r, const char *value, struct err *e)
{
	r->s->cloud.network_config = (struct spec_whole){0};
	return spec_take_text(&r->s->cloud.network_config.path, r, value, e);
}

static int set_network_version(struct spec_reading *r, const char *value, struct err *e)
{
	uint64_t n = 0;
	int x = spec_number(value, 1, 2, &n, e);

	r->s->cloud.network_version = (unsigned)n;
	return x;
}

static int set_url(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&r->s->cloud.url, r, value, e);
}

static int set_password_hash(struct spec_reading *r, const char *value, struct err *e)
{
	if (!config_is_hash(value))
		return err_set(e, EINVAL, "no hash as crypt(3) makes it");
	return spec_take_text(&r->s->cloud.config.password_hash, r, value, e);
}

static int set_password_file(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&r->s->cloud.password_file, r, value, e);
}

static int set_password_login(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_flag(&r->s->cloud.config.password_login, value, e);
}

static int set_grow(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_flag(&r->s->cloud.config.grow, value, e);
}

static int set_template(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_flag(&r->s->cloud.template, value, e);
}

static int set_check(struct spec_reading *r, const char *value, struct err *e)
{
	bool check = true;
	int x = spec_take_flag(&check, value, e);

	r->s->cloud.no_check = !check;
	return x;
}

static int set_timezone(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&r->s->cloud.config.timezone, r, value, e);
}

static int set_locale(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&r->s->cloud.config.locale, r, value, e);
}

static int add_ssh_key(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_item(&r->s->cloud.ssh_keys, r, value, e);
}

static int add_package(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_item(&r->s->cloud.config.packages, r, value, e);
}

static int add_command(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_item(&r->s->cloud.config.run, r, value, e);
}

/* Tried out with what its variables may be, so that mistakes show here. */
static int add_link(struct seed_list *to, enum link_kind kind, struct spec_reading *r,
		    const char *value, struct err *e)
{
	struct seed_network n = {0};
	int x = strstr(value, "${") ? 0 : network_add(r->a, &n, kind, value, e);

	return x < 0 ? x : spec_take_item(to, r, value, e);
}

static int add_bond(struct spec_reading *r, const char *value, struct err *e)
{
	return add_link(&r->s->cloud.bonds, LINK_BOND, r, value, e);
}

static int add_bridge(struct spec_reading *r, const char *value, struct err *e)
{
	return add_link(&r->s->cloud.bridges, LINK_BRIDGE, r, value, e);
}

static int add_vlan(struct spec_reading *r, const char *value, struct err *e)
{
	return add_link(&r->s->cloud.vlans, LINK_VLAN, r, value, e);
}

/* "name=alice,group=adm,sudo", as vmint seed takes it. */
static int add_user_text(struct spec_reading *r, const char *value, struct err *e)
{
	return config_add_user(r->a, &r->s->cloud.config, arena_dup(r->a, value), e);
}

static int add_property(struct spec_reading *r, const char *value, struct err *e)
{
	const char *equals = strchr(value, '=');

	if (!equals || equals == value)
		return err_set(e, EINVAL, "'%.60s' is not NAME=VALUE", value);
	seed_variable_set(r->a, &r->s->cloud.properties,
			  arena_dupn(r->a, value, (size_t)(equals - value)),
			  arena_dup(r->a, equals + 1));
	return 0;
}

/* ---- options add to these, or begin them anew ---- */

static void clear_keys(struct spec *s)
{
	s->cloud.ssh_keys = (struct seed_list){0};
}

static void clear_users(struct spec *s)
{
	s->cloud.config.nusers = 0;
}

static void clear_packages(struct spec *s)
{
	s->cloud.config.packages = (struct seed_list){0};
}

static void clear_commands(struct spec *s)
{
	s->cloud.config.run = (struct seed_list){0};
}

static const struct spec_key cloud_keys[] = {
	{"carrier", .set = set_carrier},
	{"user-data", .set = set_user_data, .read = spec_read_user_data},
	{"vendor-data", .set = set_vendor_data, .read = spec_read_vendor_data},
	{"network-config", .set = set_network_config, .read = spec_read_network_config},
	{"network-version", .set = set_network_version},
	{"meta-data", .read = spec_read_meta},
	{"properties", .set = add_property, .read = spec_read_properties},
	{"users", .set = add_user_text, .read = spec_read_users, .clear = clear_users},
	{"ssh-keys", .set = add_ssh_key, .list = true, .clear = clear_keys},
	{"password-hash", .set = set_password_hash},
	{"password-file", .set = set_password_file},
	{"password-login", .set = set_password_login},
	{"packages", .set = add_package, .list = true, .clear = clear_packages},
	{"runcmd", .set = add_command, .list = true, .clear = clear_commands},
	{"write-files", .read = spec_read_writes},
	{"grow", .set = set_grow},
	{"timezone", .set = set_timezone},
	{"locale", .set = set_locale},
	{"bonds", .set = add_bond, .list = true},
	{"bridges", .set = add_bridge, .list = true},
	{"vlans", .set = add_vlan, .list = true},
	{"url", .set = set_url},
	{"template", .set = set_template},
	{"check", .set = set_check},
};

static void note(struct spec_reading *r, const char *text, unsigned line, unsigned column)
{
	struct spec_cloud *c = &r->s->cloud;

	ARENA_GROW(r->a, c->texts, c->ntexts, c->texts_room);
	c->texts[c->ntexts++] =
		(struct spec_text){arena_dup(r->a, text), {arena_dup(r->a, r->name), line, column}};
}

/* All values with their places; at most as deep as the section's own lists are. */
static void note_values(struct spec_reading *r, const struct yaml_node *n, unsigned depth)
{
	for (size_t i = 0; depth < 5 && i < n->count; i++)
		if (n->items[i]->kind == YAML_TEXT)
			note(r, n->items[i]->text, n->items[i]->line, n->items[i]->column);
		else
			note_values(r, n->items[i], depth + 1);
}

int spec_read_cloud(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	r->s->cloud.asked = true;
	note_values(r, n, 0);
	return spec_read_map(r, n, "cloud-init", cloud_keys, ARRAY_SIZE(cloud_keys), e);
}

int spec_option_cloud(struct spec_reading *r, const char *key, const char *value, bool first,
		      struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(cloud_keys); i++) {
		const struct spec_key *k = &cloud_keys[i];

		if (!str_eq(k->name, key) || !k->set)
			continue;
		if (first && k->clear)
			k->clear(r->s);
		r->s->cloud.asked |= !str_eq(key, "carrier") && !str_eq(key, "check");
		note(r, value, 0, 0);
		return k->set(r, value, e);
	}
	return err_set(e, EINVAL, "not a setting");
}
