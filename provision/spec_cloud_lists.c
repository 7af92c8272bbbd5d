/* What is longer than a value in the spec's cloud-init section: whole texts, users, files. */
#include "provision/spec_cloud_keys.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

int spec_take_text(const char **to, struct spec_reading *r, const char *value, struct err *e)
{
	if (!*value)
		return err_set(e, EINVAL, "the value is empty");
	*to = arena_dup(r->a, value);
	return 0;
}

int spec_take_flag(bool *to, const char *value, struct err *e)
{
	static const char *const words[] = {"false", "true", "no", "yes"};
	size_t i = 0;
	int x = spec_word(value, words, ARRAY_SIZE(words), &i, e);

	*to = i & 1;
	return x;
}

int spec_take_item(struct seed_list *to, struct spec_reading *r, const char *value, struct err *e)
{
	if (!*value)
		return err_set(e, EINVAL, "an empty entry");
	seed_list_add(r->a, to, arena_dup(r->a, value));
	return 0;
}

/* ---- whole texts and pairs ---- */

/* How far the lines behind `line` are indented: where a block's text begins in the file. */
static unsigned indent_behind(const struct spec_reading *r, unsigned line)
{
	struct seed_text rest = {r->source, r->source_len}, text = {0};
	unsigned n = 0;

	for (unsigned i = 0; i <= line; i++)
		if (!seed_text_line(&rest, &text))
			return 0;
	while (n < text.size && text.bytes[n] == ' ')
		n++;
	return n;
}

/* A file's name, or the text itself in a block. */
static int read_whole(struct spec_reading *r, const struct yaml_node *n, const char *what,
		      struct spec_whole *to, struct err *e)
{
	const char *text;
	int x = spec_scalar(r, n, what, &text, e);

	if (x < 0)
		return x;
	if (!*text)
		return yaml_err(e, r->name, n, "%s: the value is empty", what);
	*to = (struct spec_whole){0};
	if (!strchr(text, '\n')) {
		to->path = arena_dup(r->a, text);
		return 0;
	}
	to->text = (struct seed_text){arena_dupn(r->a, text, n->len), n->len,
				      arena_dup(r->a, r->name)};
	to->line = n->line;
	to->column = n->quoted && r->source ? indent_behind(r, n->line) : 0;
	return 0;
}

int spec_read_user_data(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	return read_whole(r, n, "user-data", &r->s->cloud.user_data, e);
}

int spec_read_vendor_data(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	return read_whole(r, n, "vendor-data", &r->s->cloud.vendor_data, e);
}

int spec_read_network_config(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	return read_whole(r, n, "network-config", &r->s->cloud.network_config, e);
}

/* A map of words to values. */
static int each_pair(struct spec_reading *r, const struct yaml_node *n, const char *what,
		     int (*take)(struct spec_reading *, const struct yaml_node *, const char *,
				 const char *, struct err *),
		     struct err *e)
{
	int x = 0;

	if (n->kind != YAML_MAP)
		return yaml_err(e, r->name, n, "%s must be a map of keys and values", what);
	for (size_t i = 0; x == 0 && i < n->count; i += 2) {
		const char *key, *value;

		x = spec_scalar(r, n->items[i], "a key", &key, e);
		if (x == 0)
			x = spec_scalar(r, n->items[i + 1], key, &value, e);
		if (x == 0)
			x = take(r, n->items[i], arena_dup(r->a, key), arena_dup(r->a, value), e);
	}
	return x;
}

static int take_meta(struct spec_reading *r, const struct yaml_node *at, const char *key,
		     const char *value, struct err *e)
{
	struct spec_cloud *c = &r->s->cloud;

	if (seed_meta_is_own(key))
		return yaml_err(e, r->name, at, "meta-data: '%.60s' is made by vmint", key);
	ARENA_GROW(r->a, c->meta, c->nmeta, c->meta_room);
	c->meta[c->nmeta++] = (struct seed_pair){key, value};
	return 0;
}

int spec_read_meta(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	return each_pair(r, n, "meta-data", take_meta, e);
}

static int take_property(struct spec_reading *r, const struct yaml_node *at, const char *key,
			 const char *value, struct err *e)
{
	(void)at;
	(void)e;
	seed_variable_set(r->a, &r->s->cloud.properties, key, value);
	return 0;
}

int spec_read_properties(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	return each_pair(r, n, "properties", take_property, e);
}

/* ---- users ---- */

static struct seed_user *user_now(struct spec_reading *r)
{
	return r->item;
}

static int user_name(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&user_now(r)->name, r, value, e);
}

static int user_gecos(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&user_now(r)->gecos, r, value, e);
}

static int user_shell(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&user_now(r)->shell, r, value, e);
}

static int user_home(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&user_now(r)->homedir, r, value, e);
}

static int user_sudo(struct spec_reading *r, const char *value, struct err *e)
{
	bool yes;

	if (spec_take_flag(&yes, value, NULL) < 0)
		return spec_take_text(&user_now(r)->sudo, r, value, e);
	user_now(r)->sudo = yes ? "ALL=(ALL) NOPASSWD:ALL" : NULL;
	return 0;
}

static int user_hash(struct spec_reading *r, const char *value, struct err *e)
{
	if (!config_is_hash(value))
		return err_set(e, EINVAL, "no hash as crypt(3) makes it");
	return spec_take_text(&user_now(r)->password_hash, r, value, e);
}

static int user_password_file(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&user_now(r)->password_file, r, value, e);
}

static int user_group(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_item(&user_now(r)->groups, r, value, e);
}

static int user_key(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_item(&user_now(r)->ssh_keys, r, value, e);
}

static int user_system(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_flag(&user_now(r)->system, value, e);
}

static const struct spec_key user_keys[] = {
	{"name", .set = user_name},
	{"gecos", .set = user_gecos},
	{"shell", .set = user_shell},
	{"home", .set = user_home},
	{"sudo", .set = user_sudo},
	{"password-hash", .set = user_hash},
	{"password-file", .set = user_password_file},
	{"groups", .set = user_group, .list = true},
	{"ssh-keys", .set = user_key, .list = true},
	{"system", .set = user_system},
};

/* Each entry of a list of maps, by rows, into a zeroed item; then taken. */
static int each_map(struct spec_reading *r, const struct yaml_node *n, const char *what,
		    const struct spec_key *keys, size_t nkeys,
		    int (*take)(struct spec_reading *, const void *, struct err *), void *item,
		    size_t size, struct err *e)
{
	int x = 0;

	if (n->kind != YAML_LIST)
		return yaml_err(e, r->name, n, "%s must be a list", what);
	for (size_t i = 0; x == 0 && i < n->count; i++) {
		struct err why = {0};

		memset(item, 0, size);
		r->item = item;
		x = spec_read_map(r, n->items[i], what, keys, nkeys, e);
		if (x == 0 && (x = take(r, item, &why)) < 0)
			x = yaml_err(e, r->name, n->items[i], "%s: %s", what, why.text);
	}
	r->item = NULL;
	return x;
}

static int take_user(struct spec_reading *r, const void *item, struct err *e)
{
	return config_take_user(r->a, &r->s->cloud.config, *(const struct seed_user *)item, e);
}

int spec_read_users(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	struct seed_user u;

	return each_map(r, n, "users", user_keys, ARRAY_SIZE(user_keys), take_user, &u, sizeof u,
			e);
}

/* ---- files for the guest ---- */

static struct seed_write *write_now(struct spec_reading *r)
{
	return r->item;
}

static int write_path(struct spec_reading *r, const char *value, struct err *e)
{
	if (*value != '/')
		return err_set(e, EINVAL, "'%.60s' is no absolute path", value);
	return spec_take_text(&write_now(r)->path, r, value, e);
}

static int write_permissions(struct spec_reading *r, const char *value, struct err *e)
{
	uint64_t mode;

	if (!num_parse(value, 8, &mode) || mode > 07777)
		return err_set(e, EINVAL, "'%.60s' are no permissions such as \"0644\"", value);
	return spec_take_text(&write_now(r)->permissions, r, value, e);
}

static int write_owner(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&write_now(r)->owner, r, value, e);
}

static int write_content(struct spec_reading *r, const char *value, struct err *e)
{
	struct seed_write *w = write_now(r);

	(void)e;
	w->content = (struct seed_text){arena_dup(r->a, value), strlen(value)};
	w->variables = true;
	return 0;
}

static int write_file(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_take_text(&write_now(r)->content.name, r, value, e);
}

static const struct spec_key write_keys[] = {
	{"path", .set = write_path},   {"permissions", .set = write_permissions},
	{"owner", .set = write_owner}, {"content", .set = write_content},
	{"file", .set = write_file},
};

static int take_write(struct spec_reading *r, const void *item, struct err *e)
{
	const struct seed_write *w = item;

	if (!w->path)
		return err_set(e, EINVAL, "a file without its path");
	if (!w->content.bytes == !w->content.name)
		return err_set(e, EINVAL, "%.60s: content or file, one of them", w->path);
	config_add_write(r->a, &r->s->cloud.config, *w);
	return 0;
}

int spec_read_writes(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	struct seed_write w;

	return each_map(r, n, "write-files", write_keys, ARRAY_SIZE(write_keys), take_write, &w,
			sizeof w, e);
}
