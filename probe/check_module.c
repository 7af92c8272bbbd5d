/* One kernel module, judged. */
#include "probe/check_module.h"

#include "probe/host.h"

static bool may_load(const struct host *h, const struct module *m)
{
	return !m->refused && !fact_is_yes(m->install) && !fact_is_no(h->kernel.loadable) &&
	       !fact_is_yes(h->kernel.modules_disabled);
}

bool module_can_be_had(const struct host *h, enum kernel_module id)
{
	const struct module *m = &h->kernel.modules[id];

	return fact_is_yes(m->present) || (fact_is_yes(m->on_disk) && may_load(h, m));
}

void finding_module(struct finding *f, const struct host *h, enum kernel_module id)
{
	const struct module *m = &h->kernel.modules[id];
	const char *fix;

	if (finding_if_unknown(f, &m->present))
		return;
	finding_cite(f, &m->present);
	if (fact_is_yes(m->present)) {
		finding_pass(f, "%s", fact_str(m->present, "present"));
		return;
	}
	finding_cite(f, &m->on_disk);
	fix = kernel_module_fix(h, id, f->a);
	if (module_can_be_had(h, id)) {
		finding_pass(f, "not loaded; to have it: %s", fix);
		return;
	}
	if (fact_is_unknown(m->on_disk) && !fact_is_no(h->kernel.loadable)) {
		finding_unsure(f,
			       "the kernel does not have %s now, and whether it could is not known",
			       m->name);
		return;
	}
	finding_miss(f, "the kernel does not have %s", m->name);
	finding_fix(f, "%s", fix);
}
