/* Reading, adopting, writing the ledger. */
#include "provision/ledger.h"
#include "provision/names.h"
#include "provision/stage.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { LEDGER_MAX = 1 << 30, RECORD_MAX = 8 << 20, ENTRIES_MAX = 2000000 };

/* ---- recipes ---- */

int recipe_id(const json_t *recipe, char out[17], struct err *e)
{
	char *text = json_dumps(recipe, JSON_COMPACT | JSON_SORT_KEYS), hex[65];
	uint8_t raw[32];
	int r = digest_of(DIGEST_SHA256, text, strlen(text), raw, e);

	free(text);
	if (r < 0)
		return r;
	hex_format(raw, 32, hex);
	memcpy(out, hex, 16);
	out[16] = 0;
	return 0;
}

static void add_value(struct strbuf *out, const json_t *v)
{
	char *text = v ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	if (text && strlen(text) > 60)
		strcpy(text + 57, "...");
	strbuf_add(out, text ? text : "(nothing)");
	free(text);
}

static void add_difference(struct strbuf *out, const char *key, const json_t *was,
			   const json_t *now)
{
	if (was && now && json_equal(was, now))
		return;
	strbuf_printf(out, "%s%s: ", out->len ? "; " : "", key);
	add_value(out, was);
	strbuf_add(out, " -> ");
	add_value(out, now);
}

void recipe_difference(const json_t *was, const json_t *now, char *out, size_t n)
{
	struct strbuf text = {0};
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)now, key, v)
		add_difference(&text, key, json_object_get(was, key), v);
	json_object_foreach((json_t *)was, key, v) if (!json_object_get(now, key))
		add_difference(&text, key, v, NULL);
	snprintf(out, n, "%s", strbuf_str(&text));
	strbuf_fini(&text);
}

/* ---- reading ---- */

static void index_record(struct ledger *l, json_t *record)
{
	const char *name = json_get_text(record, "name");

	if (name)
		json_object_set(l->index, name_lower(l->a, name), record);
}

static int read_ledger(struct ledger *l, int out, struct err *e)
{
	const char *schema;
	json_t *record;
	size_t i;
	int r = json_read_beneath(out, LEDGER_FILE, LEDGER_MAX, &l->root, e);

	if (r < 0)
		return r;
	schema = json_get_text(l->root, "schema");
	l->clones = json_object_get(l->root, "clones");
	l->recipes = json_object_get(l->root, "recipes");
	if (!schema || !str_eq(schema, "vmint.fleet/1") || !json_is_array(l->clones) ||
	    !json_is_object(l->recipes))
		return err_set(e, EINVAL, "%s: not a fleet that this version made", LEDGER_FILE);
	json_array_foreach(l->clones, i, record) index_record(l, record);
	l->found = true;
	return 0;
}

static void start_empty(struct ledger *l)
{
	l->root = json_object();
	l->clones = json_array();
	l->recipes = json_object();
	json_set_text(l->root, "schema", "vmint.fleet/1");
	json_object_set_new(l->root, "recipes", l->recipes);
	json_object_set_new(l->root, "clones", l->clones);
}

/* ---- adopting ---- */

/* A file that a crash of the machine cut short has another size than its record says. */
static bool files_are_whole(int out, const char *name, const json_t *record)
{
	const json_t *files = json_object_get(record, "files"), *f;
	size_t i;

	json_array_foreach((json_t *)files, i, f)
	{
		const char *file = json_get_text(f, "file");
		char path[600];
		struct stat st;

		if (!file)
			return false;
		snprintf(path, sizeof path, "%s/%s", name, file);
		SCOPED(close_at) int fd = sys_open_beneath(out, path, O_RDONLY | O_NONBLOCK, 0);

		if (fd < 0 || sys_fstat(fd, &st) < 0 ||
		    st.st_size != json_integer_value(json_object_get(f, "size")))
			return false;
	}
	return json_array_size(files) > 0;
}

static int adopt(struct ledger *l, int out, const char *name, struct err *e)
{
	const char *path = arena_printf(l->a, "%s/" IDENTITY_FILE, name), *id;
	json_t *whole = NULL, *record, *recipe;

	if (json_read_beneath(out, path, RECORD_MAX, &whole, NULL) < 0)
		return 0; /* a folder of somebody else's; a clone of that name will be refused */
	record = json_object_get(whole, "clone");
	recipe = json_object_get(whole, "recipe");
	id = record ? json_get_text(record, "recipe") : NULL;
	if (id && recipe && str_eq(json_get_text(record, "name"), name)) {
		if (files_are_whole(out, name, record))
			ledger_put(l, name_lower(l->a, name), json_incref(record), id, recipe);
		else if (stage_remove(out, name, e) < 0) {
			json_decref(whole);
			return -EIO;
		}
	}
	json_decref(whole);
	return 0;
}

static int adopt_all(struct ledger *l, int out, struct err *e)
{
	struct strbuf names = {0};
	int r = sys_list(out, &names, ENTRIES_MAX);

	if (r < 0)
		err_sys(e, r, "listing the output folder");
	for (const char *n = strbuf_str(&names); r == 0 && n < names.text + names.len;
	     n += strlen(n) + 1)
		if (*n != '.' && !strchr(n, '.') && name_check(n, NULL) == 0 &&
		    !ledger_find(l, name_lower(l->a, n)))
			r = adopt(l, out, n, e);
	strbuf_fini(&names);
	return r;
}

int ledger_open(struct ledger *l, struct arena *a, int out, struct err *e)
{
	SCOPED(close_at) int fd = sys_open_beneath(out, LEDGER_FILE, O_RDONLY | O_NONBLOCK, 0);
	int r = 0;

	*l = (struct ledger){.a = a, .index = json_object()};
	if (out < 0 || fd == -ENOENT)
		start_empty(l);
	else
		r = read_ledger(l, out, e);
	if (r == 0 && out >= 0)
		r = adopt_all(l, out, e);
	if (r < 0)
		ledger_close(l);
	return r;
}

void ledger_close(struct ledger *l)
{
	json_decref(l->index);
	json_decref(l->root);
	l->index = l->root = NULL;
}

/* ---- changing ---- */

json_t *ledger_find(const struct ledger *l, const char *lower)
{
	return json_object_get(l->index, lower);
}

void ledger_put(struct ledger *l, const char *lower, json_t *record, const char *id, json_t *recipe)
{
	json_t *was = ledger_find(l, lower);

	if (was) {
		json_object_clear(was);
		json_object_update(was, record);
		json_decref(record);
	} else {
		json_array_append_new(l->clones, record);
		json_object_set(l->index, lower, record);
	}
	if (!json_object_get(l->recipes, id))
		json_object_set(l->recipes, id, recipe);
	l->dirty = true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(json_get_text(*(json_t *const *)a, "name"),
		      json_get_text(*(json_t *const *)b, "name"));
}

/* Sorted, so that the same fleet is the same file however it came about. Recipes nobody uses are dropped. */
void ledger_tidy(struct ledger *l)
{
	size_t n = json_array_size(l->clones), i;
	json_t **rows = arena_alloc(l->a, (n + 1) * sizeof *rows), *used = json_object(), *row;

	json_array_foreach(l->clones, i, row)
	{
		const char *id = json_get_text(row, "recipe");

		rows[i] = json_incref(row);
		if (id && json_object_get(l->recipes, id))
			json_object_set(used, id, json_object_get(l->recipes, id));
	}
	qsort(rows, n, sizeof *rows, by_name);
	json_array_clear(l->clones);
	for (i = 0; i < n; i++)
		json_array_append_new(l->clones, rows[i]);
	json_object_clear(l->recipes);
	json_object_update(l->recipes, used);
	json_decref(used);
}

int ledger_write(struct ledger *l, int out, struct err *e)
{
	struct strbuf text = {0};
	int r;

	ledger_tidy(l);
	json_add(&text, l->root);
	r = stage_write(out, LEDGER_FILE, strbuf_str(&text), text.len, 0644, true, e);
	strbuf_fini(&text);
	if (r == 0)
		l->dirty = false;
	return r;
}
