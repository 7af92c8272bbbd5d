/* Reading profiles. */
#include "probe/profile.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/yaml.h"
#include "probe/report.h"

#include <errno.h>
#include <string.h>

enum { FILE_MAX = 64 * 1024, IDS_MAX = 200 };

static int unknown_check(const struct yaml_node *at, const char *name, struct err *e)
{
	const char *ids[512], *near;
	size_t n = 0;

	for (size_t i = 0; i < nareas; i++)
		for (size_t j = 0; j < areas[i]->nchecks && n < ARRAY_SIZE(ids); j++)
			ids[n++] = areas[i]->checks[j].id;
	near = str_nearest(at->text, ids, n);
	return yaml_err(e, name, at, "there is no check '%.60s'%s%s%s", at->text,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int read_ids(struct arena *a, const struct yaml_node *list, const char *name,
		    const char ***ids, size_t *count, struct err *e)
{
	if (list->kind != YAML_LIST)
		return yaml_err(e, name, list, "a list of check ids is expected here");
	if (list->count > IDS_MAX)
		return yaml_err(e, name, list, "more than %d checks", IDS_MAX);
	*ids = arena_alloc(a, list->count * sizeof **ids);
	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *n = list->items[i];

		if (n->kind != YAML_TEXT)
			return yaml_err(e, name, n, "a check id is expected here");
		if (!check_find(n->text))
			return unknown_check(n, name, e);
		(*ids)[i] = n->text;
	}
	*count = list->count;
	return 0;
}

static int read_key(struct arena *a, const struct yaml_node *key, const struct yaml_node *value,
		    const char *name, struct profile *p, struct err *e)
{
	static const char *const known[] = {"id", "title", "about", "require", "want"};
	const char **texts[] = {&p->id, &p->title, &p->about};
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!str_eq(key->text, known[i]))
			continue;
		if (value->kind != YAML_TEXT)
			return yaml_err(e, name, value, "'%s' is a line of text", known[i]);
		*texts[i] = value->text;
		return 0;
	}
	if (str_eq(key->text, "require"))
		return read_ids(a, value, name, &p->require, &p->nrequire, e);
	if (str_eq(key->text, "want"))
		return read_ids(a, value, name, &p->want, &p->nwant, e);
	near = str_nearest(key->text, known, ARRAY_SIZE(known));
	return yaml_err(e, name, key, "there is no key '%.40s' in a profile%s%s%s", key->text,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int profile_parse(struct arena *a, const char *text, size_t len, const char *name,
		  struct profile *out, struct err *e)
{
	struct profile p = {.title = "", .about = ""};
	struct yaml_node *root = NULL;
	int r = yaml_parse(a, text, len, name, &root, e);

	if (r < 0)
		return r;
	if (!root || root->kind != YAML_MAP)
		return err_set(e, EINVAL,
			       "%s: not a profile: a map with id, require and want is expected",
			       name);
	for (size_t i = 0; i + 1 < root->count; i += 2) {
		if (root->items[i]->kind != YAML_TEXT)
			return yaml_err(e, name, root->items[i], "a key must be a word");
		r = read_key(a, root->items[i], root->items[i + 1], name, &p, e);
		if (r < 0)
			return r;
	}
	if (!p.id || !*p.id)
		return yaml_err(e, name, root, "a profile needs an 'id'");
	if (!p.nrequire)
		return yaml_err(e, name, root,
				"a profile needs at least one check under 'require'");
	*out = p;
	return 0;
}

static int find_built_in(struct arena *a, const char *id, struct profile *out, struct err *e)
{
	const char *ids[64], *near;
	size_t n = 0;

	for (size_t i = 0; i < nprofile_texts && n < ARRAY_SIZE(ids); i++) {
		if (str_eq(profile_texts[i].id, id))
			return profile_parse(a, profile_texts[i].text, profile_texts[i].len, id,
					     out, e);
		ids[n++] = profile_texts[i].id;
	}
	near = str_nearest(id, ids, n);
	return err_set(e, ENOENT, "there is no profile '%s'%s%s%s; `vmint probe --list` shows them",
		       id, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int profile_find(struct arena *a, const char *name, struct profile *out, struct err *e)
{
	struct strbuf text = {0};
	int r;

	if (!strchr(name, '/') && !str_ends(name, ".yaml") && !str_ends(name, ".yml"))
		return find_built_in(a, name, out, e);
	r = sys_read_given(name, &text, FILE_MAX);
	if (r < 0)
		r = r == -EFBIG ? err_set(e, EFBIG, "%s: larger than %d KiB", name, FILE_MAX >> 10)
				: err_sys(e, r, "%s", name);
	else
		r = profile_parse(a, strbuf_str(&text), text.len, name, out, e);
	strbuf_fini(&text);
	return r;
}
