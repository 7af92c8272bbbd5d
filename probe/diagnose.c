/* Diagnosis: walks the tables in order of layers. */
#include "probe/diagnose.h"

#include "base/scope.h"
#include "probe/host.h"

bool no_driver(const struct host *h)
{
	const struct node *n = &h->nodes.node[NODE_KVM];

	/* /proc/misc is the kernel's own word. A vendor module that is built in shows in /sys/module even when it
	 * found nothing to drive. */
	if (n->driver.is != UNKNOWN)
		return n->driver.is == NO;
	return h->kernel.driver.is == NO && n->there.is == NO;
}

int open_error(const struct host *h)
{
	return h->kvm.open.is == NO ? (int)h->kvm.open.num : 0;
}

bool in_container(const struct host *h)
{
	return h->place.box != BOX_NONE;
}

const char *on_the_host(const struct host *h, const char *fix)
{
	return fix && in_container(h) ? arena_printf(h->a, "on the host: %s", fix) : fix;
}

bool diagnose_effect(const struct host *h, struct cause *out, enum cause_effect *effect)
{
	static const struct cause_table *const tables[] = {&causes_host, &causes_module,
							   &causes_node, &causes_trial};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t k = 0; k < tables[i]->count; k++) {
			const struct cause_row *row = &tables[i]->rows[k];

			if (!row->applies(h))
				continue;
			*out = (struct cause){
				.id = row->id,
				.layer = row->layer,
				.text = row->words ? row->words(h) : row->text,
				.fix = row->remedy ? row->remedy(h) : row->fix,
			};
			*effect = row->effect;
			return true;
		}
	return false;
}

bool diagnose(const struct host *h, struct cause *out)
{
	enum cause_effect effect;

	return diagnose_effect(h, out, &effect);
}
