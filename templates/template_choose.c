/* Configurations and properties: what was asked for, checked, and what holds otherwise. */
#include "templates/ovf_property.h"
#include "templates/template.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

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
	problem = ovf_type_problem(&t->a, p->is->type, equals + 1);
	if (!problem)
		problem = ovf_qualifier_problem(&t->a, p->is->qualifiers, equals + 1);
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
