/* Walking a spec's tree by its rows; what holds of the whole. */
#include "provision/spec_keys.h"
#include "provision/names.h"
#include "provision/target.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 32 };

static const struct spec_key *find_key(const struct spec_key *keys, size_t n, const char *name,
				       size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(keys[i].name) == len && !memcmp(keys[i].name, name, len))
			return &keys[i];
	return NULL;
}

static int unknown_key(struct spec_reading *r, const struct yaml_node *key, const char *what,
		       const struct spec_key *keys, size_t nkeys, struct err *e)
{
	const char *words[KEYS_MAX], *near;
	size_t n = 0;

	for (; n < nkeys && n < KEYS_MAX; n++)
		words[n] = keys[n].name;
	near = str_nearest(key->text, words, n);
	if (near)
		return yaml_err(e, r->name, key, "%s has no key '%.60s'; did you mean '%s'?", what,
				key->text, near);
	return yaml_err(e, r->name, key, "%s has no key '%.60s'", what, key->text);
}

int spec_scalar(struct spec_reading *r, const struct yaml_node *n, const char *what,
		const char **out, struct err *e)
{
	if (n->kind != YAML_TEXT)
		return yaml_err(e, r->name, n, "%s must be one value, not a %s", what,
				n->kind == YAML_LIST ? "list" : "map");
	if (strlen(n->text) != n->len)
		return yaml_err(e, r->name, n, "%s has a NUL character in it", what);
	if (yaml_is_null(n))
		return yaml_err(e, r->name, n, "%s has no value", what);
	*out = n->text;
	return 0;
}

static int read_scalar(struct spec_reading *r, const struct spec_key *k, const struct yaml_node *n,
		       struct err *e)
{
	struct err why = {0};
	const char *value;
	int x = spec_scalar(r, n, k->name, &value, e);

	if (x < 0)
		return x;
	x = k->set(r, value, &why);
	return x < 0 ? yaml_err(e, r->name, n, "%s: %s", k->name, why.text) : 0;
}

static int read_list(struct spec_reading *r, const struct spec_key *k, const struct yaml_node *n,
		     struct err *e)
{
	int x = 0;

	if (n->kind != YAML_LIST)
		return yaml_err(e, r->name, n, "%s must be a list, such as [qemu, libvirt]",
				k->name);
	for (size_t i = 0; x == 0 && i < n->count; i++)
		x = read_scalar(r, k, n->items[i], e);
	return x;
}

static int read_key(struct spec_reading *r, const struct spec_key *k, const struct yaml_node *n,
		    struct err *e)
{
	if (k->read)
		return k->read(r, n, e);
	if (k->keys)
		return spec_read_map(r, n, k->name, k->keys, k->nkeys, e);
	return k->list ? read_list(r, k, n, e) : read_scalar(r, k, n, e);
}

int spec_read_map(struct spec_reading *r, const struct yaml_node *n, const char *what,
		  const struct spec_key *keys, size_t nkeys, struct err *e)
{
	int x = 0;

	if (n->kind != YAML_MAP)
		return yaml_err(e, r->name, n, "%s must be a map of keys and values", what);
	for (size_t i = 0; x == 0 && i < n->count; i += 2) {
		const struct yaml_node *key = n->items[i];
		const struct spec_key *k;

		if (key->kind != YAML_TEXT)
			return yaml_err(e, r->name, key, "a key of %s must be a word", what);
		k = find_key(keys, nkeys, key->text, key->len);
		x = k ? read_key(r, k, n->items[i + 1], e)
		      : unknown_key(r, key, what, keys, nkeys, e);
	}
	return x;
}

int spec_read(struct spec *s, struct arena *a, const char *text, size_t len, const char *name,
	      struct err *e)
{
	struct spec_reading r = {.s = s, .a = a, .name = name, .source = text, .source_len = len};
	struct yaml_node *root = NULL;
	int x = yaml_parse(a, text, len, name, &root, e);

	if (x < 0)
		return x;
	if (!root)
		return err_set(e, EINVAL,
			       "%s:1:1: the spec is empty; `vmint clone --example-spec` "
			       "prints one",
			       name);
	s->file = arena_dup(a, name);
	return spec_read_map(&r, root, "the spec", spec_keys, spec_nkeys, e);
}

/* ---- options ---- */

int spec_option(struct spec *s, struct arena *a, const char *path, const char *option,
		const char *value, bool first, struct err *e)
{
	struct spec_reading r = {.s = s, .a = a, .name = option};
	const char *dot = strchr(path, '.');
	const struct spec_key *k =
		find_key(spec_keys, spec_nkeys, path, dot ? (size_t)(dot - path) : strlen(path));
	int x;

	if (k && k->read == spec_read_cloud && dot) {
		x = spec_option_cloud(&r, dot + 1, value, first, e);
		return x < 0 ? err_in(e, x, "%s", option) : 0;
	}
	if (k && dot)
		k = find_key(k->keys, k->nkeys, dot + 1, strlen(dot + 1));
	if (!k || !k->set)
		return err_set(e, EINVAL, "%s: not a setting", option);
	if (k->clear && first)
		k->clear(s);
	x = k->set(&r, value, e);
	return x < 0 ? err_in(e, x, "%s", option) : 0;
}

int spec_shard(struct spec *s, const char *text, struct err *e)
{
	char left[24], right[24];
	uint64_t i, n;

	if (sscanf(text, "%20[0-9]/%20[0-9]", left, right) != 2 ||
	    strlen(left) + strlen(right) + 1 != strlen(text) || !num_parse(left, 10, &i) ||
	    !num_parse(right, 10, &n))
		return err_set(e, EINVAL, "'%.40s' is no share such as 3/8", text);
	if (i < 1 || i > n)
		return err_set(e, EINVAL, "there is no share %" PRIu64 " of %" PRIu64, i, n);
	s->shard = i;
	s->shards = n;
	return 0;
}

/* ---- the whole ---- */

void spec_init(struct spec *s)
{
	*s = (struct spec){.count = 1, .start = 1, .mac_prefix = mac_prefix_default};
}

/* Each target must take every disk. */
static int check_target(const struct spec *s, const struct target *t, struct err *e)
{
	const char *format = s->disk_format ? s->disk_format : "qcow2";
	int r = target_check(t, format, e);

	for (size_t i = 0; r == 0 && i < s->nextras; i++) {
		r = target_check(t, s->extras[i].format ? s->extras[i].format : format, e);
		if (r < 0)
			return err_in(e, r, "extra disk %zu", i + 1);
	}
	return r;
}

int spec_check(const struct spec *s, struct err *e)
{
	if (!s->template)
		return err_set(e, EINVAL,
			       "which template? (`vmint clone TEMPLATE`, or "
			       "`template:` in the spec)");
	if (!s->output)
		return err_set(e, EINVAL, "where to? (`-o DIR`, or `output:` in the spec)");
	if (s->mode == DISKS_LINKED && s->disk_format && !str_eq(s->disk_format, "qcow2"))
		return err_set(e, EINVAL,
			       "a linked disk is always qcow2; --disk full makes %s disks",
			       s->disk_format);
	for (size_t i = 0; i < s->ntargets; i++) {
		int r = check_target(s, target_find(s->targets[i]), e);

		if (r < 0)
			return r;
	}
	if (s->shards && !s->key_file)
		return err_set(e, EINVAL,
			       "shares of one fleet need one key: give --key FILE to "
			       "all of them");
	return 0;
}
