/* Configurations and properties: what was asked for, checked, and what holds otherwise. */
#include "templates/template.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- configurations ---- */

static int choose_configuration(struct template *t, const char *id, struct err *e)
{
	const struct ovf *o = &t->package.ovf;
	struct strbuf known = {0};

	if (!id) {
		t->configuration = o->nconfigs ? &o->configs[0] : NULL;
		for (size_t i = 0; i < o->nconfigs; i++)
			if (o->configs[i].is_default)
				t->configuration = &o->configs[i];
		return 0;
	}
	for (size_t i = 0; i < o->nconfigs; i++) {
		if (str_eq(o->configs[i].id, id)) {
			t->configuration = &o->configs[i];
			return 0;
		}
		if (i < 12)
			strbuf_printf(&known, "%s%s", i ? ", " : "", o->configs[i].id);
	}
	err_set(e, EINVAL, "%s: there is no configuration '%s' (%s%s)", t->package.path, id,
		known.len ? "there are: " : "there are none", strbuf_str(&known));
	strbuf_fini(&known);
	return -EINVAL;
}

bool template_has_item(const struct template *t, const struct ovf_item *i)
{
	if (*i->bound && !str_eq(i->bound, "normal"))
		return false;
	return !*i->configuration ||
	       (t->configuration && str_has_word(i->configuration, t->configuration->id));
}

/* ---- types and qualifiers of properties ---- */

struct type_row {
	const char *name;
	enum { TYPE_UNSIGNED, TYPE_SIGNED, TYPE_BOOLEAN, TYPE_REAL, TYPE_CHAR, TYPE_TEXT } kind;
	unsigned bits;
};

static const struct type_row types[] = {
	{"uint8", TYPE_UNSIGNED, 8},   {"uint16", TYPE_UNSIGNED, 16}, {"uint32", TYPE_UNSIGNED, 32},
	{"uint64", TYPE_UNSIGNED, 64}, {"sint8", TYPE_SIGNED, 8},     {"sint16", TYPE_SIGNED, 16},
	{"sint32", TYPE_SIGNED, 32},   {"sint64", TYPE_SIGNED, 64},   {"int", TYPE_SIGNED, 32},
	{"boolean", TYPE_BOOLEAN, 1},  {"real32", TYPE_REAL, 32},     {"real64", TYPE_REAL, 64},
	{"real", TYPE_REAL, 64},       {"char16", TYPE_CHAR, 16},     {"string", TYPE_TEXT, 0},
	{"password", TYPE_TEXT, 0},
};

static bool type_holds(const struct type_row *row, const char *value)
{
	uint64_t u;
	int64_t s;
	char *end;

	switch (row->kind) {
	case TYPE_UNSIGNED:
		return num_parse(value, 10, &u) && (row->bits == 64 || u >> row->bits == 0);
	case TYPE_SIGNED:
		return num_parse_signed(value, 10, &s) &&
		       (row->bits == 64 ||
			(s < (1ll << (row->bits - 1)) && s >= -(1ll << (row->bits - 1))));
	case TYPE_BOOLEAN:
		return !strcasecmp(value, "true") || !strcasecmp(value, "false");
	case TYPE_REAL:
		strtod(value, &end);
		return end != value && !*end;
	case TYPE_CHAR:
	case TYPE_TEXT:
		return true;
	}
	return true;
}

static const char *type_problem(struct arena *a, const char *type, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcasecmp(types[i].name, type))
			return type_holds(&types[i], value)
				       ? NULL
				       : arena_printf(a, "it must be a %s", types[i].name);
	return NULL;
}

/* The number in "MinLen(5)", anywhere in the qualifiers. */
static bool qualifier(const char *qualifiers, const char *name, double *n)
{
	const char *at = strcasestr(qualifiers, name);
	char *end;

	if (!at)
		return false;
	at += strlen(name);
	if (*at != '(')
		return false;
	*n = strtod(at + 1, &end);
	return end != at + 1 && *end == ')';
}

/* Whether value is one of ValueMap{"a", "b"}; numbers may stand without quotes. */
static bool in_value_map(const char *map, const char *value)
{
	const char *p = strchr(map, '{'), *stop = p ? strchr(p, '}') : NULL;
	size_t n = strlen(value);

	while (p && stop && p < stop) {
		const char *from, *to;

		p += strspn(p, "{, \t\n");
		if (*p == '"') {
			from = ++p;
			to = p + strcspn(p, "\"");
			p = *to ? to + 1 : to;
		} else {
			from = p;
			to = p + strcspn(p, ",}");
			p = to;
		}
		while (*from != '"' && to > from && to[-1] == ' ')
			to--;
		if ((size_t)(to - from) == n && !memcmp(from, value, n))
			return true;
		if (*p == '}')
			break;
	}
	return false;
}

static bool is_address(const char *value)
{
	struct in6_addr six;
	struct in_addr four;

	return inet_pton(AF_INET, value, &four) == 1 || inet_pton(AF_INET6, value, &six) == 1;
}

static const char *qualifier_problem(struct arena *a, const char *q, const char *value)
{
	static const char *const addresses[] = {"Ip(", "Netmask(", "Gateway("};
	size_t n = strlen(value);
	const char *map = strstr(q, "ValueMap");
	double limit;

	if (qualifier(q, "MinLen", &limit) && (double)n < limit)
		return arena_printf(a, "it must have at least %.0f characters", limit);
	if (qualifier(q, "MaxLen", &limit) && (double)n > limit)
		return arena_printf(a, "it must have at most %.0f characters", limit);
	if (qualifier(q, "MinValue", &limit) && strtod(value, NULL) < limit)
		return arena_printf(a, "it must be at least %g", limit);
	if (qualifier(q, "MaxValue", &limit) && strtod(value, NULL) > limit)
		return arena_printf(a, "it must be at most %g", limit);
	if (map && !in_value_map(map, value))
		return arena_printf(a, "it must be one of %.200s", map);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		if (n && str_starts(q, addresses[i]) && !is_address(value))
			return "it must be an IP address";
	return NULL;
}

/* ---- properties ---- */

static const char *property_name(struct arena *a, const struct ovf_product *p,
				 const struct ovf_property *q)
{
	return arena_printf(a, "%s%s%s%s%s", p->class_, *p->class_ ? "." : "", q->key,
			    *p->instance ? "." : "", p->instance);
}

static const char *default_value(const struct template *t, const struct ovf_property *q)
{
	for (size_t i = 0; t->configuration && i < q->nvalues; i++)
		if (str_eq(q->values[i].key, t->configuration->id))
			return q->values[i].value;
	return q->value;
}

static size_t count_properties(const struct ovf_system *systems, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < systems[i].nproducts; k++)
			count += systems[i].products[k].nproperties;
		count += count_properties(systems[i].children, systems[i].nchildren);
	}
	return count;
}

static void add_properties(struct template *t, const struct ovf_system *systems, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct ovf_system *s = &systems[i];

		for (size_t k = 0; k < s->nproducts; k++)
			for (size_t q = 0; q < s->products[k].nproperties; q++)
				t->properties[t->nproperties++] = (struct template_property){
					.system = s,
					.product = &s->products[k],
					.is = &s->products[k].properties[q],
					.name = property_name(&t->a, &s->products[k],
							      &s->products[k].properties[q]),
					.value = default_value(t, &s->products[k].properties[q]),
				};
		add_properties(t, s->children, s->nchildren);
	}
}

/* By full name, or by the key alone where only one property has it. */
static int find_property(struct template *t, const char *name, struct template_property **out,
			 struct err *e)
{
	struct template_property *by_key = NULL;
	size_t same = 0;

	for (size_t i = 0; i < t->nproperties; i++) {
		if (str_eq(t->properties[i].name, name)) {
			*out = &t->properties[i];
			return 0;
		}
		if (str_eq(t->properties[i].is->key, name)) {
			by_key = &t->properties[i];
			same++;
		}
	}
	if (same > 1)
		return err_set(e, EINVAL,
			       "%s: several properties have the key '%s': say class.key.instance",
			       t->package.path, name);
	if (!by_key)
		return err_set(e, EINVAL, "%s: there is no property '%s'", t->package.path, name);
	*out = by_key;
	return 0;
}

static int set_property(struct template *t, const char *text, struct err *e)
{
	const char *equals = strchr(text, '='), *problem;
	struct template_property *p = NULL;
	int r;

	if (!equals || equals == text)
		return err_set(e, EINVAL, "--property %s: it should be KEY=VALUE", text);
	r = find_property(t, arena_dupn(&t->a, text, (size_t)(equals - text)), &p, e);
	if (r < 0)
		return r;
	if (!p->is->user_configurable)
		return err_set(e, EINVAL, "%s: the property '%s' is not for users to set",
			       t->package.path, p->name);
	problem = type_problem(&t->a, p->is->type, equals + 1);
	if (!problem)
		problem = qualifier_problem(&t->a, p->is->qualifiers, equals + 1);
	if (problem)
		return err_set(e, EINVAL, "%s: the property '%s' cannot be \"%.80s\": %s",
			       t->package.path, p->name, equals + 1, problem);
	p->value = equals + 1;
	p->chosen = true;
	return 0;
}

int template_choose(struct template *t, const struct template_choices *o, struct err *e)
{
	const struct ovf *ovf = &t->package.ovf;
	int r = choose_configuration(t, o ? o->configuration : NULL, e);

	if (r < 0)
		return r;
	t->properties = arena_alloc(&t->a, (count_properties(ovf->systems, ovf->nsystems) + 1) *
						   sizeof *t->properties);
	add_properties(t, ovf->systems, ovf->nsystems);
	for (size_t i = 0; o && i < o->nproperties; i++) {
		r = set_property(t, o->properties[i], e);
		if (r < 0)
			return r;
	}
	return 0;
}
