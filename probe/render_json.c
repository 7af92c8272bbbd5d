/* The report as JSON, schema vmint.probe/1 (docs/probe.schema.json). */
#include "probe/render.h"

#include "base/json.h"

static json_t *json_of_fact(const struct fact *f)
{
	static const char *const known[] = {[UNKNOWN] = "unknown", [NO] = "no", [YES] = "yes"};
	json_t *o = json_object();

	json_set_text(o, "is", known[f->is]);
	if (f->has_num)
		json_object_set_new(o, "number", json_integer(f->num));
	if (f->text)
		json_set_text(o, "text", f->text);
	if (f->source)
		json_set_text(o, "source", f->source);
	if (f->is == UNKNOWN && f->err)
		json_set_text(o, "error", err_name(f->err));
	return o;
}

static const char *fact_id(const struct report *r, const struct fact *f)
{
	size_t offset = (size_t)((const char *)f - (const char *)r->host);

	for (size_t i = 0; i < nareas; i++)
		for (size_t j = 0; j < areas[i]->nfacts; j++)
			if (areas[i]->facts[j].offset == offset)
				return areas[i]->facts[j].id;
	return NULL;
}

static json_t *json_of_finding(const struct report *r, const struct finding *f)
{
	json_t *o = json_object(), *evidence = json_array();
	const struct finding *blocker = r->blockers[f - r->findings];

	json_set_text(o, "id", f->check->id);
	json_set_text(o, "title", f->check->title);
	json_set_text(o, "category", category_name(f->check->category));
	json_set_text(o, "verdict", verdict_name(f->verdict));
	if (f->note)
		json_set_text(o, "note", f->note);
	if (f->fix)
		json_set_text(o, "fix", f->fix);
	if (blocker)
		json_set_text(o, "blocked_by", blocker->check->id);
	for (size_t i = 0; i < f->ncites; i++) {
		json_t *cite = json_of_fact(f->cites[i]);
		const char *id = fact_id(r, f->cites[i]);

		if (id)
			json_set_text(cite, "fact", id);
		json_array_append_new(evidence, cite);
	}
	json_object_set_new(o, "evidence", evidence);
	return o;
}

static json_t *json_of_cause(const struct cause *c)
{
	json_t *o;

	if (!c->id)
		return json_null();
	o = json_object();
	json_set_text(o, "id", c->id);
	json_set_text(o, "layer", c->layer);
	json_set_text(o, "text", c->text);
	if (c->fix)
		json_set_text(o, "fix", c->fix);
	return o;
}

static json_t *json_of_answer(const struct answer *a)
{
	json_t *o = json_object(), *misses = json_array();

	json_set_text(o, "id", a->profile->id);
	json_set_text(o, "title", a->profile->title);
	json_set_text(o, "verdict", overall_name(a->overall));
	json_object_set_new(o, "cause", json_of_cause(&a->cause));
	for (size_t i = 0; i < a->nmisses; i++)
		json_array_append_new(misses, json_text(a->misses[i]->check->id));
	json_object_set_new(o, "misses", misses);
	return o;
}

static json_t *json_of_facts(const struct report *r)
{
	json_t *o = json_object();

	for (size_t i = 0; i < nareas; i++)
		for (size_t j = 0; j < areas[i]->nfacts; j++) {
			const struct fact_row *row = &areas[i]->facts[j];
			const struct fact *f = (const void *)((const char *)r->host + row->offset);

			json_object_set_new(o, row->id, json_of_fact(f));
		}
	return o;
}

static const struct answer *worst(const struct report *r)
{
	for (size_t i = 0; i < r->nanswers; i++)
		if (r->answers[i].overall == r->overall)
			return &r->answers[i];
	return NULL;
}

void render_json(const struct report *r, const struct render_options *o, struct strbuf *out)
{
	json_t *root = json_object(), *profiles = json_array(), *checks = json_array();
	json_t *details = json_object();

	json_set_text(root, "schema", "vmint.probe/1");
	json_set_text(root, "version", VMINT_VERSION);
	json_set_text(root, "verdict", overall_name(r->overall));
	json_object_set_new(root, "cause",
			    worst(r) ? json_of_cause(&worst(r)->cause) : json_null());
	for (size_t i = 0; i < r->nanswers; i++)
		json_array_append_new(profiles, json_of_answer(&r->answers[i]));
	json_object_set_new(root, "profiles", profiles);
	for (size_t i = 0; i < r->nfindings; i++)
		json_array_append_new(checks, json_of_finding(r, &r->findings[i]));
	json_object_set_new(root, "checks", checks);
	json_object_set_new(root, "facts", json_of_facts(r));
	for (size_t i = 0; i < nareas; i++)
		if (areas[i]->details)
			areas[i]->details(r->host, details);
	json_object_set_new(root, "details", details);
	if (o->seconds >= 0)
		json_object_set_new(root, "seconds", json_real(o->seconds));
	json_add(out, root);
	json_decref(root);
}
