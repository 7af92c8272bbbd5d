/* The comparison as JSON, schema vmint.compare/1 (docs/compare.schema.json). */
#include "probe/compare.h"

#include "base/json.h"
#include "probe/cpu_features.h"

static json_t *json_of_texts(const char *const *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, texts[i] ? json_text(texts[i]) : json_null());
	return list;
}

static json_t *json_of_set(const struct feature_set *set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ncpu_features && i < COMPARE_FEATURES; i++)
		if (set->has[i])
			json_array_append_new(list, json_string(cpu_features[i].name));
	return list;
}

static void set_level(json_t *o, int level, const char *missing)
{
	json_object_set_new(o, "level", json_integer(level));
	if (missing)
		json_set_text(o, "next_level_lacks", missing);
}

static json_t *json_of_side(const struct side *s)
{
	json_t *o = json_object();

	json_set_text(o, "name", s->name);
	if (s->vendor)
		json_set_text(o, "vendor", s->vendor);
	if (s->brand)
		json_set_text(o, "brand", s->brand);
	json_object_set_new(o, "features_known", json_boolean(s->cpu_known));
	json_object_set_new(o, "guest_features_known", json_boolean(s->guest_known));
	if (s->cpu_known)
		set_level(o, s->level, s->missing);
	return o;
}

static json_t *json_of_shared(const struct comparison *c)
{
	json_t *o;

	if (!c->cpu_known)
		return json_null();
	o = json_object();
	set_level(o, c->level, c->missing);
	json_object_set_new(o, "features", json_of_set(&c->shared));
	json_object_set_new(o, "cpu_models", json_of_texts(c->models, c->nmodels));
	return o;
}

static const char *word_of(enum movable v)
{
	return v == MOVE_YES ? "yes" : v == MOVE_NO ? "no" : "unknown";
}

static json_t *json_of_move(const struct move *m)
{
	json_t *o = json_object();

	json_set_text(o, "from", m->from->name);
	json_set_text(o, "to", m->to->name);
	json_set_text(o, "can", word_of(m->can));
	if (m->can != MOVE_YES)
		json_set_text(o, "reason", m->reason);
	json_object_set_new(o, "lacking", json_of_texts(m->lacking, m->nlacking));
	return o;
}

void compare_json(const struct comparison *c, struct strbuf *out)
{
	json_t *root = json_object(), *hosts = json_array(), *moves = json_array();
	json_t *differs = json_array();

	json_set_text(root, "schema", "vmint.compare/1");
	json_set_text(root, "version", VMINT_VERSION);
	json_set_text(root, "cpu_model", c->cpu_model);
	json_set_text(root, "can_move", word_of(compare_verdict(c)));
	for (size_t i = 0; i < c->nsides; i++)
		json_array_append_new(hosts, json_of_side(&c->sides[i]));
	json_object_set_new(root, "hosts", hosts);
	json_object_set_new(root, "shared", json_of_shared(c));
	for (size_t i = 0; i < c->nmoves; i++)
		json_array_append_new(moves, json_of_move(&c->moves[i]));
	json_object_set_new(root, "moves", moves);
	for (size_t i = 0; i < c->ndifferences; i++)
		json_array_append_new(
			differs, json_pack("{s:s, s:o}", "fact", c->differences[i].id, "values",
					   json_of_texts(c->differences[i].values, c->nsides)));
	json_object_set_new(root, "differs", differs);
	json_add(out, root);
	json_decref(root);
}
