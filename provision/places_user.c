/* The user's places: YAML rows. */
#include "provision/places.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/yaml.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	enum place_action action;
	enum place_editor editor;
} actions[] = {
	{"regenerate", PLACE_REGENERATE, EDIT_RANDOM}, {"rewrite", PLACE_REWRITE, EDIT_NETWORK},
	{"uuid", PLACE_REGENERATE, EDIT_UUID_TEXT},    {"hostname", PLACE_SET, EDIT_NAME_WORDS},
	{"remove", PLACE_REMOVE, EDIT_NONE},           {"report", PLACE_REPORT, EDIT_NONE},
};

static int read_action(const struct yaml_node *n, const char *name, struct place *out,
		       struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (n->kind == YAML_TEXT && str_eq(n->text, actions[i].name)) {
			out->action = actions[i].action;
			out->editor = actions[i].editor;
			return 0;
		}
	return yaml_err(e, name, n,
			"action is regenerate, uuid, rewrite, hostname, remove or report");
}

/* What may be removed or rewritten: a path from the root, without "..". */
static bool path_is_fine(const struct yaml_node *n)
{
	return n->kind == YAML_TEXT && n->text[0] == '/' && n->text[1] && n->len < 512 &&
	       !strstr(n->text, "/../") && !str_ends(n->text, "/..") && strlen(n->text) == n->len;
}

static int read_paths(const struct yaml_node *n, const char *name, struct place *out, struct err *e)
{
	size_t count = n->kind == YAML_LIST ? n->count : 1;

	if (count == 0 || count > ARRAY_SIZE(out->paths))
		return yaml_err(e, name, n, "a place has 1 to %zu paths", ARRAY_SIZE(out->paths));
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *path = n->kind == YAML_LIST ? n->items[i] : n;

		if (!path_is_fine(path))
			return yaml_err(e, name, path, "a path begins with / and has no ..");
		out->paths[i] = path->text;
	}
	return 0;
}

static int read_place(const struct yaml_node *n, const char *name, struct place *out, struct err *e)
{
	int r = 0;

	*out = (struct place){.missed = "", .action = PLACE_ACTIONS};
	if (n->kind != YAML_MAP)
		return yaml_err(e, name, n, "a place is a map with id, path and action");
	for (size_t i = 0; i < n->count && r == 0; i += 2) {
		const struct yaml_node *key = n->items[i], *value = n->items[i + 1];
		const char *k = key->kind == YAML_TEXT ? key->text : "";

		if (str_eq(k, "action"))
			r = read_action(value, name, out, e);
		else if (str_eq(k, "path") || str_eq(k, "paths"))
			r = read_paths(value, name, out, e);
		else if (str_eq(k, "id") && value->kind == YAML_TEXT && value->len)
			out->id = value->text;
		else if (str_eq(k, "missed") && value->kind == YAML_TEXT)
			out->missed = value->text;
		else
			r = yaml_err(e, name, key,
				     "a place has id, path or paths, action and missed");
	}
	if (r == 0 && (!out->id || !out->paths[0] || out->action == PLACE_ACTIONS))
		r = yaml_err(e, name, n, "a place needs id, path and action");
	return r;
}

int places_read(struct arena *a, const char *text, size_t len, const char *name, struct place **out,
		size_t *n, struct err *e)
{
	struct yaml_node *root;
	struct place *rows;
	int r = yaml_parse(a, text, len, name, &root, e);

	if (r < 0)
		return r;
	if (!root || root->kind != YAML_LIST)
		return err_set(e, EINVAL, "%s: places are a list of maps", name);
	rows = arena_alloc(a, root->count * sizeof *rows);
	for (size_t i = 0; i < root->count && r == 0; i++)
		r = read_place(root->items[i], name, &rows[i], e);
	if (r < 0)
		return r;
	*out = rows;
	*n = root->count;
	return 0;
}
