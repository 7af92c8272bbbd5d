/* Places as text and as JSON. */
#include "cli/places_show.h"

#include "base/json.h"
#include "base/scope.h"
#include "base/str.h"

#include <stdio.h>

static const char *group_of(size_t i)
{
	return i < places_count() ? places_group(i) : "yours";
}

/* What the user wrote, without control characters. */
static void print_plain(const char *before, const char *text)
{
	struct strbuf out = {0};

	strbuf_add_plain(&out, text, 0);
	printf("%s%s", before, strbuf_str(&out));
	strbuf_fini(&out);
}

static void print_row(const struct place *p)
{
	print_plain("  ", p->id);
	printf(": %s, %s%s%s\n", place_action_name(p->action), place_when(p), p->privacy ? " " : "",
	       p->privacy ? p->id : "");
	for (size_t k = 0; k < ARRAY_SIZE(p->paths) && p->paths[k]; k++)
		print_plain("      ", p->paths[k]), printf("\n");
	if (*p->missed)
		print_plain("    otherwise: ", p->missed), printf("\n");
}

static json_t *row_json(const struct place *p, const char *group)
{
	json_t *row = json_object(), *paths = json_array();

	json_set_text(row, "id", p->id);
	json_set_text(row, "group", group);
	json_set_text(row, "action", place_action_name(p->action));
	json_set_text(row, "when", place_when(p));
	json_object_set_new(row, "clean", json_boolean(p->privacy));
	for (size_t k = 0; k < ARRAY_SIZE(p->paths) && p->paths[k]; k++)
		json_array_append_new(paths, json_text(p->paths[k]));
	json_object_set_new(row, "paths", paths);
	json_set_text(row, "missed", p->missed);
	return row;
}

static void print_json(json_t *list)
{
	json_t *root = json_object();
	struct strbuf out = {0};

	json_set_text(root, "schema", "vmint.places/1");
	json_object_set_new(root, "places", list);
	json_add(&out, root);
	json_decref(root);
	fwrite(strbuf_str(&out), 1, out.len, stdout);
	strbuf_fini(&out);
}

void places_show(const struct place *mine, size_t n, bool json)
{
	json_t *list = json_array();
	const char *last = "";

	for (size_t i = 0; i < places_count() + n; i++) {
		const struct place *p =
			i < places_count() ? places_at(i) : &mine[i - places_count()];
		const char *group = group_of(i);

		if (json) {
			json_array_append_new(list, row_json(p, group));
			continue;
		}
		if (!str_eq(group, last))
			printf("%s%s\n", *last ? "\n" : "", group);
		last = group;
		print_row(p);
	}
	if (json)
		print_json(json_incref(list));
	json_decref(list);
}
