/* What it means to fit a schema: JSON Schema draft 4 as far as cloud-init's schemas use it, over YAML nodes that know
 * their lines. Values are never put into messages: they may be secrets.
 *
 * The walk recurses; yaml_parse allows 64 levels, and between two levels of YAML lie at most a handful of schemas. */
#include "cloud-init/schema.h"

#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/schema_table.h"
#include "cloud-init/schema_words.h"

#include <regex.h>
#include <string.h>

enum { UNIQUE_MAX = 512, PATTERN_TEXT_MAX = 4096, NEAR_MAX = 128 };

/* How a walk went wrong, to tell which alternative was meant. */
struct walk {
	struct findings *found; /* NULL: only count */
	size_t errors;
	unsigned depth;
	bool misfit;        /* the value itself has another type */
	bool unlisted;      /* the value itself is none of the words */
	const char *marked; /* a direct member with a wrong word, as "type" has in a list */
	const struct yaml_node *inside_all; /* its names are judged where the parts come together */
};

static void check(struct walk *w, const struct step *at, const struct yaml_node *n, uint16_t id);

const char *schema_version(void)
{
	return SCHEMA_VERSION " (schemas " SCHEMA_DIGEST ")";
}

/* Counts an error; true when it is to be told. */
static bool miss(struct walk *w)
{
	w->errors++;
	return w->found && w->found->count < FINDINGS_MAX;
}

#define MISS(w, at, n, ...)                                                                        \
	do {                                                                                       \
		if (miss(w))                                                                       \
			finding_at((w)->found, false, (at), (n), __VA_ARGS__);                     \
	} while (0)

static bool fits_type(const struct yaml_node *n, uint8_t types)
{
	enum schema_type t = schema_type_of(n);

	return !types || t & types || (t == SCHEMA_INTEGER && types & SCHEMA_NUMBER);
}

static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	bool yes;

	/* A text so long is no size, tag or name; glibc's matcher takes its time over them. */
	if (strlen(text) > PATTERN_TEXT_MAX || regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return true;
	yes = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return yes;
}

static bool is_listed(const struct yaml_node *n, struct schema_slice values)
{
	enum schema_type t = schema_type_of(n);

	for (size_t i = 0; i < values.count; i++) {
		const struct schema_value *v = &schema_values[values.start + i];
		bool yes;

		if (v->type != t)
			continue;
		if (t == SCHEMA_NULL || str_eq(v->text, n->text) ||
		    (t == SCHEMA_BOOLEAN && yaml_to_bool(n, &yes) &&
		     yes == str_eq(v->text, "true")))
			return true;
	}
	return false;
}

static void check_values(struct walk *w, const struct step *at, const struct yaml_node *n,
			 struct schema_slice values)
{
	if (is_listed(n, values))
		return;
	if (!w->depth)
		w->unlisted = true;
	if (w->depth == 1 && at->key)
		w->marked = at->key;
	if (miss(w))
		finding_at(w->found, false, at, n, "%s",
			   words_of_values(w->found->a, n, &schema_values[values.start],
					   values.count));
}

static bool same(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->count != b->count || a->weight != b->weight)
		return false;
	if (a->kind == YAML_TEXT)
		return schema_type_of(a) == schema_type_of(b) && str_eq(a->text, b->text);
	for (size_t i = 0; i < a->count; i++)
		if (!same(a->items[i], b->items[i]))
			return false;
	return true;
}

static void check_unique(struct walk *w, const struct step *at, const struct yaml_node *n)
{
	for (size_t i = 0; i < n->count && n->count <= UNIQUE_MAX; i++)
		for (size_t j = 0; j < i; j++)
			if (same(n->items[i], n->items[j])) {
				MISS(w, at, n->items[i], "is there twice (first in line %u)",
				     n->items[j]->line);
				return;
			}
}

static void check_list(struct walk *w, const struct step *at, const struct yaml_node *n,
		       const struct schema_node *s)
{
	if (n->count < s->min_items)
		MISS(w, at, n, "needs at least %u item%s", s->min_items,
		     s->min_items > 1 ? "s" : "");
	if (s->max_items && n->count > s->max_items)
		MISS(w, at, n, "may have at most %u item%s", s->max_items,
		     s->max_items > 1 ? "s" : "");
	if (s->unique)
		check_unique(w, at, n);
	for (size_t i = 0; s->items && i < n->count; i++) {
		const struct step item = {.up = at, .index = i};

		w->depth++;
		check(w, &item, n->items[i], s->items);
		w->depth--;
	}
}

static const struct schema_property *find_property(const struct schema_node *s, const char *name)
{
	for (size_t i = 0; i < s->properties.count; i++) {
		const struct schema_property *p = &schema_properties[s->properties.start + i];

		if (str_eq(p->name, name))
			return p;
	}
	return NULL;
}

/* The names a map may have: its schema's, and those of the parts that the schema is put together from. */
static size_t names_of(uint16_t id, const char **names, size_t count)
{
	const struct schema_node *s = &schema_nodes[id];

	for (size_t i = 0; i < s->properties.count && count < NEAR_MAX; i++)
		names[count++] = schema_properties[s->properties.start + i].name;
	for (size_t i = 0; i < s->all.count; i++)
		count = names_of(schema_lists[s->all.start + i], names, count);
	return count;
}

/* cloud-init's bond and bridge parameters may be written with '-' or '_'. */
static bool is_spelled(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

static const char *nearest(uint16_t id, const char *name, bool *known)
{
	const char *names[NEAR_MAX];
	size_t count = names_of(id, names, 0);

	*known = false;
	for (size_t i = 0; i < count; i++)
		*known |= is_spelled(names[i], name);
	return str_nearest(name, names, count);
}

static void check_unlisted(struct walk *w, const struct step *at, const struct yaml_node *key,
			   const struct yaml_node *value, uint16_t id)
{
	const struct schema_node *s = &schema_nodes[id];
	const char *near;
	bool known;

	if (s->rest) {
		check(w, at, value, s->rest);
		return;
	}
	if (s->closed ? !miss(w) : !w->found || w->inside_all)
		return;
	if (!s->closed && (s->patterns.count || !s->properties.count))
		return;
	near = nearest(id, key->text, &known);
	if (s->closed)
		finding_at(w->found, false, at, key, "not known%s%s%s",
			   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	else if (near && !known)
		finding_at(w->found, true, at, key, "not known here; did you mean '%s'?", near);
}

static void check_member(struct walk *w, const struct step *up, const struct yaml_node *key,
			 const struct yaml_node *value, uint16_t id)
{
	const struct schema_node *s = &schema_nodes[id];
	const struct step at = {.up = up, .key = key->kind == YAML_TEXT ? key->text : "?"};
	const struct schema_property *p = find_property(s, at.key);
	const struct yaml_node *all = w->inside_all;
	bool listed = p;

	w->depth++;
	/* Below, new maps begin, with names of their own. */
	if (p || s->patterns.count || s->rest)
		w->inside_all = NULL;
	if (p)
		check(w, &at, value, p->node);
	for (size_t i = 0; i < s->patterns.count; i++) {
		const struct schema_property *q = &schema_properties[s->patterns.start + i];

		if (!matches(q->name, at.key))
			continue;
		check(w, &at, value, q->node);
		listed = true;
	}
	if (!listed && key->kind == YAML_TEXT)
		check_unlisted(w, &at, key, value, id);
	w->inside_all = all;
	w->depth--;
}

/* "<<": the members of other maps, as PyYAML merges them. */
static void check_merged(struct walk *w, const struct step *at, const struct yaml_node *value,
			 uint16_t id)
{
	for (size_t i = 0; value->kind == YAML_LIST && i < value->count; i++)
		for (size_t j = 0;
		     value->items[i]->kind == YAML_MAP && j + 1 < value->items[i]->count; j += 2)
			check_member(w, at, value->items[i]->items[j],
				     value->items[i]->items[j + 1], id);
	for (size_t i = 0; value->kind == YAML_MAP && i + 1 < value->count; i += 2)
		check_member(w, at, value->items[i], value->items[i + 1], id);
}

static bool is_merge(const struct yaml_node *key)
{
	return key->kind == YAML_TEXT && !key->quoted && str_eq(key->text, "<<");
}

static bool has_member(const struct yaml_node *n, const char *name)
{
	const struct yaml_node *merged = yaml_get(n, "<<");

	if (yaml_get(n, name) || (merged && yaml_get(merged, name)))
		return true;
	for (size_t i = 0; merged && merged->kind == YAML_LIST && i < merged->count; i++)
		if (yaml_get(merged->items[i], name))
			return true;
	return false;
}

/* Of equal keys the last one counts, as for PyYAML. */
static bool counts(struct walk *w, const struct step *up, const struct yaml_node *map, size_t at)
{
	const struct yaml_node *key = map->items[at];
	const struct step step = {.up = up, .key = key->text};

	/* Quadratic: a map larger than this is no configuration. */
	if (key->kind != YAML_TEXT || map->count > 2 * UNIQUE_MAX)
		return true;
	for (size_t i = at + 2; i + 1 < map->count; i += 2) {
		if (map->items[i]->kind != YAML_TEXT || !str_eq(map->items[i]->text, key->text))
			continue;
		if (w->found && !w->inside_all)
			finding_at(w->found, true, &step, key,
				   "there again in line %u, which counts",
				   w->found->lines + map->items[i]->line);
		return false;
	}
	return true;
}

static void check_map(struct walk *w, const struct step *at, const struct yaml_node *n, uint16_t id)
{
	const struct schema_node *s = &schema_nodes[id];

	if (n->count / 2 < s->min_properties)
		MISS(w, at, n, "is empty");
	for (size_t i = 0; i < s->required.count; i++) {
		const char *name = schema_words[s->required.start + i];

		if (!has_member(n, name))
			MISS(w, at, n, "needs '%s'", name);
	}
	if (!s->properties.count && !s->patterns.count && !s->rest && !s->closed)
		return;
	for (size_t i = 0; i + 1 < n->count; i += 2) {
		if (!counts(w, at, n, i))
			continue;
		if (is_merge(n->items[i]))
			check_merged(w, at, n->items[i + 1], id);
		else
			check_member(w, at, n->items[i], n->items[i + 1], id);
	}
}

static void check_text(struct walk *w, const struct step *at, const struct yaml_node *n,
		       const struct schema_node *s)
{
	enum schema_type t = schema_type_of(n);
	int64_t number;

	if (t == SCHEMA_STRING && s->pattern && !matches(s->pattern, n->text))
		MISS(w, at, n, "does not have the form %s", s->pattern);
	if (t == SCHEMA_STRING && s->max_length && n->len > s->max_length)
		MISS(w, at, n, "is longer than %u characters", s->max_length);
	if (t != SCHEMA_INTEGER || !yaml_to_int(n, &number))
		return;
	if (s->low.set && number < s->low.value)
		MISS(w, at, n, "is below %lld", (long long)s->low.value);
	if (s->high.set && number > s->high.value)
		MISS(w, at, n, "is above %lld", (long long)s->high.value);
}

/* Counts only; tells how well one alternative fits. */
static struct walk try_one(const struct step *at, const struct yaml_node *n, uint16_t id)
{
	struct walk w = {0};

	check(&w, at, n, id);
	return w;
}

/* Of alternatives that all failed: right type first, then right kind, then the fewest errors; a form
 * tells more than a list of one word. */
static bool is_better(const struct walk *a, const struct walk *b)
{
	if (a->misfit != b->misfit)
		return !a->misfit;
	if (!a->marked != !b->marked)
		return !a->marked;
	if (a->errors == b->errors)
		return a->unlisted < b->unlisted;
	return a->errors < b->errors;
}

/* None fits: says what the nearest one lacks, or what all of them want. */
static void tell_none(struct walk *w, const struct step *at, const struct yaml_node *n,
		      struct schema_slice list, uint16_t best, const struct walk *how)
{
	uint8_t types = 0;
	struct schema_value values[32];
	const struct yaml_node *word;
	size_t count = 0;

	for (size_t i = 0; i < list.count; i++) {
		const struct schema_node *s = &schema_nodes[schema_lists[list.start + i]];
		const struct schema_property *p =
			how->marked ? find_property(s, how->marked) : NULL;
		struct schema_slice v = p ? schema_nodes[p->node].values : (struct schema_slice){0};

		types |= s->types;
		for (size_t j = 0; j < v.count && count < ARRAY_SIZE(values); j++)
			values[count++] = schema_values[v.start + j];
	}
	word = how->marked ? yaml_get(n, how->marked) : NULL;
	if (how->misfit) {
		finding_at(w->found, false, at, n, "%s", words_of_type(w->found->a, n, types));
	} else if (word && count) {
		const struct step member = {.up = at, .key = how->marked};

		finding_at(w->found, false, &member, word, "%s",
			   words_of_values(w->found->a, word, values, count));
	} else {
		struct walk again = {.found = w->found};

		check(&again, at, n, best);
	}
}

static void check_choice(struct walk *w, const struct step *at, const struct yaml_node *n,
			 struct schema_slice list, bool only_one)
{
	uint16_t best = 0, fitting = 0;
	struct walk best_how = {0};
	size_t fits = 0;

	for (size_t i = 0; i < list.count; i++) {
		uint16_t id = schema_lists[list.start + i];
		struct walk how = try_one(at, n, id);

		if (!how.errors) {
			fitting = fits++ ? fitting : id;
		} else if (!best || is_better(&how, &best_how)) {
			best = id;
			best_how = how;
		}
	}
	if (!fits) {
		if (miss(w)) {
			tell_none(w, at, n, list, best, &best_how);
		}
		return;
	}
	if (fits > 1 && only_one)
		MISS(w, at, n, "fits several forms that exclude each other");
	/* Once more aloud, for its warnings. */
	else if (w->found)
		check(w, at, n, fitting);
}

static void check_never(struct walk *w, const struct step *at, const struct yaml_node *n,
			uint16_t never)
{
	struct schema_slice words = schema_nodes[never].required;

	if (try_one(at, n, never).errors)
		return;
	if (words.count == 2)
		MISS(w, at, n, "'%s' and '%s' exclude each other", schema_words[words.start],
		     schema_words[words.start + 1]);
	else
		MISS(w, at, n, "may not be like this");
}

static void check(struct walk *w, const struct step *at, const struct yaml_node *n, uint16_t id)
{
	const struct schema_node *s = &schema_nodes[id];
	const struct yaml_node *all = w->inside_all;

	if (!fits_type(n, s->types)) {
		if (!w->depth)
			w->misfit = true;
		if (miss(w))
			finding_at(w->found, false, at, n, "%s",
				   words_of_type(w->found->a, n, s->types));
		return;
	}
	if (s->deprecated && w->found)
		finding_at(w->found, true, at, n, "deprecated since cloud-init %s", s->deprecated);
	if (s->values.count)
		check_values(w, at, n, s->values);
	if (n->kind == YAML_LIST)
		check_list(w, at, n, s);
	else if (n->kind == YAML_MAP)
		check_map(w, at, n, id);
	else
		check_text(w, at, n, s);
	w->inside_all = n;
	for (size_t i = 0; i < s->all.count; i++)
		check(w, at, n, schema_lists[s->all.start + i]);
	w->inside_all = all;
	if (s->any.count)
		check_choice(w, at, n, s->any, false);
	if (s->one.count)
		check_choice(w, at, n, s->one, true);
	if (s->never)
		check_never(w, at, n, s->never);
}

void schema_check(const struct yaml_node *n, enum schema_id id, struct findings *found)
{
	static const uint16_t roots[] = {
		[SCHEMA_OF_CLOUD_CONFIG] = SCHEMA_CLOUD_CONFIG,
		[SCHEMA_OF_NETWORK_V1] = SCHEMA_NETWORK_V1,
		[SCHEMA_OF_NETWORK_V2] = SCHEMA_NETWORK_V2,
	};
	struct walk w = {.found = found};

	check(&w, NULL, n, roots[id]);
}
