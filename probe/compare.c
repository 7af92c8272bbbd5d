/* What two hosts have in common, and what keeps a VM from moving. */
#include "probe/compare_parts.h"

#include "base/json.h"
#include "base/scope.h"
#include "probe/cpu_features.h"
#include "probe/cpu_model.h"

#include <errno.h>
#include <string.h>

/* /proc/cpuinfo's words for bits of the Intel leaf, which it shows only under a name that AMD's share. */
static const struct {
	const char *seen, *means;
} intel_words[] = {
	{"ibrs", "spec_ctrl"},
	{"stibp", "intel_stibp"},
	{"ssbd", "spec_ctrl_ssbd"},
};

/* ---- sets ---- */

_Static_assert(COMPARE_FEATURES >= 2 * 200, "room for the table of features");

void feature_set_add(struct feature_set *set, const char *name)
{
	const struct cpu_feature *f = cpu_feature_find(name);

	if (f && (size_t)(f - cpu_features) < COMPARE_FEATURES)
		set->has[f - cpu_features] = true;
}

bool feature_set_has(const void *set, const char *name)
{
	const struct cpu_feature *f = cpu_feature_find(name);

	return f && (size_t)(f - cpu_features) < COMPARE_FEATURES &&
	       ((const struct feature_set *)set)->has[f - cpu_features];
}

/* ---- one side ---- */

static const json_t *fact_of(const json_t *report, const char *id)
{
	return json_object_get(json_object_get(report, "facts"), id);
}

static bool features_read(const json_t *list, struct feature_set *set)
{
	const json_t *name;
	size_t i;

	json_array_foreach(list, i, name)
	{
		if (json_is_string(name))
			feature_set_add(set, json_string_value(name));
	}
	return json_array_size(list) > 0;
}

int side_init(struct side *s, const char *name, const json_t *report, struct err *e)
{
	const char *schema = json_get_text(report, "schema");
	const json_t *details = json_object_get(report, "details");

	if (!schema || strcmp(schema, "vmint.probe/1") != 0)
		return err_set(e, EINVAL,
			       "%s: not a report of `vmint probe --format json` (vmint.probe/1)",
			       name);
	*s = (struct side){
		.name = name,
		.report = report,
		.vendor = json_get_text(fact_of(report, "cpu.vendor"), "text"),
		.brand = json_get_text(fact_of(report, "cpu.brand"), "text"),
		.physical_bits = json_integer_value(
			json_object_get(fact_of(report, "cpu.physical-bits"), "number")),
	};
	s->cpu_known = features_read(json_object_get(json_object_get(details, "cpu"), "features"),
				     &s->cpu);
	s->guest_known = features_read(json_object_get(details, "kvm-guest-features"), &s->guest);
	/* A machine of another architecture has feature words too, and none of these. */
	s->cpu_known = s->cpu_known && feature_set_has(&s->cpu, "fpu");
	if (s->vendor && str_eq(s->vendor, "GenuineIntel"))
		for (size_t i = 0; i < ARRAY_SIZE(intel_words); i++)
			if (feature_set_has(&s->cpu, intel_words[i].seen))
				feature_set_add(&s->cpu, intel_words[i].means);
	if (s->cpu_known)
		s->level = cpu_level(feature_set_has, &s->cpu, &s->missing);
	return 0;
}

/* ---- facts ---- */

/* These differ from one run to the next on one host. */
static const char *const restless[] = {"kvm.speed", "kvm.exit-cost", "memory.usable",
				       "storage.space"};

static bool is_restless(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(restless); i++)
		if (str_starts(id, restless[i]))
			return true;
	return false;
}

/* NULL when this side does not know. */
static const char *value_of(struct arena *a, const char *id, const json_t *fact)
{
	const char *is = json_get_text(fact, "is"), *text = json_get_text(fact, "text");
	const json_t *num = json_object_get(fact, "number");

	if (!is || str_eq(is, "unknown"))
		return NULL;
	/* The level's text tells what the next one lacks. */
	if (text && *text && !str_eq(id, "cpu.level"))
		return text;
	if (num)
		return arena_printf(a, "%lld", (long long)json_integer_value(num));
	return is;
}

static bool all_equal(const char *const *values, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (!str_eq(values[0], values[i]))
			return false;
	return true;
}

bool difference_is_known(const struct difference *d, size_t nsides)
{
	const char *first = NULL;

	for (size_t i = 0; i < nsides; i++) {
		if (first && d->values[i] && !str_eq(first, d->values[i]))
			return true;
		if (!first)
			first = d->values[i];
	}
	return false;
}

static bool asked_before(const struct comparison *c, size_t side, const char *id)
{
	for (size_t i = 0; i < side; i++)
		if (fact_of(c->sides[i].report, id))
			return true;
	return false;
}

static void add_difference(struct comparison *c, struct arena *a, const char *id, size_t *room)
{
	const char **values = arena_alloc(a, c->nsides * sizeof *values);

	for (size_t i = 0; i < c->nsides; i++)
		values[i] = value_of(a, id, fact_of(c->sides[i].report, id));
	if (all_equal(values, c->nsides))
		return;
	ARENA_GROW(a, c->differences, c->ndifferences, *room);
	c->differences[c->ndifferences++] = (struct difference){id, values};
}

/* In the order of the reports: that of the first side, then what only later ones have. */
static void find_differences(struct comparison *c, struct arena *a)
{
	size_t room = 0;

	for (size_t i = 0; i < c->nsides; i++) {
		json_t *facts = json_object_get(c->sides[i].report, "facts"), *fact;
		const char *id;

		json_object_foreach(facts, id, fact)
		{
			if (!is_restless(id) && !asked_before(c, i, id))
				add_difference(c, a, id, &room);
		}
	}
}

enum movable compare_verdict(const struct comparison *c)
{
	enum movable verdict = MOVE_YES;

	for (size_t i = 0; i < c->nmoves; i++) {
		const struct move *m = &c->moves[i];

		if (m->from != &c->sides[0])
			continue;
		if (m->can == MOVE_NO)
			return MOVE_NO;
		if (m->can == MOVE_UNKNOWN)
			verdict = MOVE_UNKNOWN;
	}
	return verdict;
}

/* ---- all ---- */

static void find_shared(struct comparison *c)
{
	c->cpu_known = true;
	memset(&c->shared, 1, sizeof c->shared);
	for (size_t i = 0; i < c->nsides; i++) {
		c->cpu_known = c->cpu_known && c->sides[i].cpu_known;
		for (size_t f = 0; f < COMPARE_FEATURES; f++)
			c->shared.has[f] = c->shared.has[f] && c->sides[i].cpu.has[f];
	}
	if (c->cpu_known)
		c->level = cpu_level(feature_set_has, &c->shared, &c->missing);
}

int compare(struct comparison *c, struct arena *a, const struct side *sides, size_t n,
	    const char *model, struct err *e)
{
	const struct cpu_model *m = NULL;
	const char *near;

	if (model && !str_eq(model, "host")) {
		m = cpu_model_find(model);
		near = m ? NULL : cpu_model_nearest(model);
		if (!m)
			return err_set(e, EINVAL, "there is no CPU model '%s'%s%s%s", model,
				       near ? "; did you mean '" : "", near ? near : "",
				       near ? "'?" : "");
	}
	*c = (struct comparison){.sides = sides, .nsides = n, .cpu_model = m ? model : "host"};
	find_differences(c, a);
	find_shared(c);
	compare_moves(c, a, m);
	if (c->cpu_known)
		compare_models(c, a);
	return 0;
}
