/* meta-data, and which files a seed consists of. */
#include "cloud-init/seed.h"

#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/config.h"
#include "cloud-init/mime.h"
#include "cloud-init/network.h"
#include "cloud-init/seed_meta.h"
#include "cloud-init/yaml_write.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

void seed_list_add(struct arena *a, struct seed_list *l, const char *text)
{
	ARENA_GROW(a, l->items, l->count, l->room);
	l->items[l->count++] = text;
}

bool seed_text_line(struct seed_text *rest, struct seed_text *line)
{
	const char *nl;

	if (!rest->size)
		return false;
	nl = memchr(rest->bytes, '\n', rest->size);
	line->bytes = rest->bytes;
	line->size = nl ? (size_t)(nl - rest->bytes) : rest->size;
	rest->bytes += line->size + !!nl;
	rest->size -= line->size + !!nl;
	return true;
}

int seed_check_hostname(const char *name, struct err *e)
{
	size_t len = strlen(name), label = 0;

	if (!len || len > 253)
		return err_set(e, EINVAL, "'%.80s': a host name has 1 to 253 characters", name);
	for (size_t i = 0; i <= len; i++) {
		char c = name[i];

		if (c == '.' || !c) {
			if (!label || label > 63 || name[i - 1] == '-')
				return err_set(e, EINVAL,
					       "'%.80s' is no host name: each part has 1 to 63 "
					       "characters and no dash at its ends",
					       name);
			label = 0;
		} else if (!isalnum((unsigned char)c) && (c != '-' || !label)) {
			return err_set(e, EINVAL,
				       "'%.80s' is no host name: letters, digits and dashes only, "
				       "none in front",
				       name);
		} else {
			label++;
		}
	}
	return 0;
}

/* FNV-1a: an instance-id has to change with the contents, not to resist anybody. */
static uint64_t hash_add(uint64_t h, struct seed_text t)
{
	for (size_t i = 0; i < t.size; i++)
		h = (h ^ (uint8_t)t.bytes[i]) * 0x100000001b3ull;
	return (h ^ 0xff) * 0x100000001b3ull;
}

static struct seed_text text_of(const char *s)
{
	return (struct seed_text){s, s ? strlen(s) : 0};
}

const char *seed_instance_id(struct arena *a, const struct seed *s, const struct seed_files *files)
{
	uint64_t h = 0xcbf29ce484222325ull;

	if (s->instance_id)
		return s->instance_id;
	for (size_t i = 1; i < files->count; i++)
		h = hash_add(hash_add(h, text_of(files->items[i].name)), files->items[i].text);
	h = hash_add(h, text_of(s->hostname));
	for (size_t i = 0; i < s->ssh_keys.count; i++)
		h = hash_add(h, text_of(s->ssh_keys.items[i]));
	return arena_printf(a, "iid-%016llx", (unsigned long long)h);
}

bool seed_meta_is_own(const char *key)
{
	static const char *const own[] = {"instance-id", "local-hostname",     "hostname",
					  "dsmode",      "network-interfaces", "public-keys"};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (str_eq(own[i], key))
			return true;
	return false;
}

static struct seed_text keep(struct arena *a, struct strbuf *b)
{
	struct seed_text t = {arena_dupn(a, strbuf_str(b), b->len), b->len};

	strbuf_fini(b);
	return t;
}

static struct seed_text make_meta_data(struct arena *a, const struct seed *s,
				       const char *instance_id)
{
	struct strbuf b = {0};

	yaml_write_pair(&b, 0, "instance-id", instance_id);
	if (s->hostname)
		yaml_write_pair(&b, 0, "local-hostname", s->hostname);
	if (s->dsmode)
		yaml_write_pair(&b, 0, "dsmode", s->dsmode);
	if (s->interfaces)
		yaml_write_pair(&b, 0, "network-interfaces", s->interfaces);
	if (s->ssh_keys.count)
		strbuf_add(&b, "public-keys:\n");
	for (size_t i = 0; i < s->ssh_keys.count; i++)
		yaml_write_item(&b, 0, s->ssh_keys.items[i]);
	for (size_t i = 0; i < s->nmeta; i++) {
		yaml_write_str(&b, s->meta[i].name);
		strbuf_add(&b, ": ");
		yaml_write_str(&b, s->meta[i].value);
		strbuf_addc(&b, '\n');
	}
	return keep(a, &b);
}

static int check_meta(const struct seed *s, struct err *e)
{
	if (s->meta_data.bytes &&
	    (s->instance_id || s->hostname || s->dsmode || s->interfaces || s->ssh_keys.count))
		return err_set(e, EINVAL,
			       "meta-data given as a whole cannot be joined with an instance-id, "
			       "host name, dsmode, interfaces or keys: put them into it");
	if (s->dsmode && !str_eq(s->dsmode, "local") && !str_eq(s->dsmode, "net"))
		return err_set(e, EINVAL, "dsmode '%.40s' is neither local nor net", s->dsmode);
	if (s->instance_id && !*s->instance_id)
		return err_set(e, EINVAL, "the instance-id is empty");
	return s->hostname ? seed_check_hostname(s->hostname, e) : 0;
}

/* The options' part and the caller's: lists of both are joined, of single values the caller's hold. */
static int make_user_data(struct arena *a, const struct seed *s, struct seed_text *out,
			  struct err *e)
{
	static const char merge[] = "list(append)+dict(no_replace,recurse_list)+str()";
	struct seed_text config;

	if (!s->config || (config_is_empty(s->config) && s->user_data.bytes)) {
		*out = s->user_data.bytes ? s->user_data : text_of("#cloud-config\n{}\n");
		return 0;
	}
	config_write(a, s->config, &config);
	if (!s->user_data.bytes) {
		*out = config;
		return 0;
	}
	const struct mime_input parts[] = {
		{s->user_data, "user-data", NULL},
		{config, "options.cfg", merge},
	};
	return mime_join(a, parts, ARRAY_SIZE(parts), out, e);
}

static int make_network(struct arena *a, const struct seed *s, struct seed_text *out, struct err *e)
{
	*out = s->network_config;
	if (!s->network)
		return 0;
	if (s->network_config.bytes)
		return err_set(
			e, EINVAL,
			"a network-config given as a whole cannot be joined with interfaces");
	return network_write(a, s->network, s->network_version ? s->network_version : 2, out, e);
}

static void add_file(struct seed_files *f, const char *name, struct seed_text text)
{
	f->items[f->count++] = (struct seed_file){name, text};
}

int seed_build(struct arena *a, const struct seed *s, struct seed_files *out, struct err *e)
{
	struct seed_files f = {0};
	struct seed_text user = {0}, network = {0};
	int r = check_meta(s, e);

	if (r >= 0)
		r = make_user_data(a, s, &user, e);
	if (r >= 0)
		r = make_network(a, s, &network, e);
	if (r < 0)
		return r;
	/* meta-data comes first in the order of names, and is made from the others. */
	add_file(&f, "meta-data", s->meta_data);
	if (network.bytes)
		add_file(&f, "network-config", network);
	add_file(&f, "user-data", user);
	if (s->vendor_data.bytes)
		add_file(&f, "vendor-data", s->vendor_data);
	if (!s->meta_data.bytes)
		f.items[0].text = make_meta_data(a, s, seed_instance_id(a, s, &f));
	*out = f;
	return 0;
}
