/* Leasing surveyed guests to threads; plans as JSON. */
#include "provision/clone_guest.h"
#include "provision/appliance.h"
#include "provision/sshkey.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct guest_lease {
	struct arena a;
	struct guest *guest;
	struct guest_lease *next_idle, *next;
};

/* The libraries beneath do not always say why. */
static int with_sentence(struct err *e, int r, const char *what)
{
	if (r < 0 && e && !e->code)
		return err_sys(e, r, "%s", what);
	return r < 0 ? err_in(e, r, "%s", what) : r;
}

/* ---- leases ---- */

static struct guest_lease *take_idle(struct clone_guests *g)
{
	struct guest_lease *l;

	pthread_mutex_lock(&g->lock);
	l = g->idle;
	if (l)
		g->idle = l->next_idle;
	pthread_mutex_unlock(&g->lock);
	return l;
}

static void give_back(struct clone_guests *g, struct guest_lease *l)
{
	pthread_mutex_lock(&g->lock);
	l->next_idle = g->idle;
	g->idle = l;
	pthread_mutex_unlock(&g->lock);
}

static int lease(struct clone_guests *g, struct guest_lease **out, struct err *e)
{
	struct guest_lease *l = take_idle(g);
	int r;

	if (!l) {
		l = xcalloc(1, sizeof *l);
		r = guest_open(&l->guest, &l->a, g->disks, g->ndisks, e);
		if (r < 0) {
			arena_fini(&l->a);
			free(l);
			return with_sentence(e, r, "looking into the guest");
		}
		if (g->first)
			guest_share(l->guest, g->first);
		pthread_mutex_lock(&g->lock);
		l->next = g->all;
		g->all = l;
		pthread_mutex_unlock(&g->lock);
	}
	*out = l;
	return 0;
}

/* ---- the run ---- */

int clone_guests_open(struct clone_guests *g, const struct plan *p, struct disk *const *disks,
		      size_t ndisks, const char *key_pool, struct err *e)
{
	struct guest_lease *l;
	int r;

	if (p->spec->engines == ENGINES_NATIVE)
		appliance_forbid();
	*g = (struct clone_guests){.p = p, .ndisks = ndisks, .lock = PTHREAD_MUTEX_INITIALIZER};
	g->disks = arena_alloc(p->a, (ndisks + 1) * sizeof *g->disks);
	memcpy(g->disks, disks, ndisks * sizeof *g->disks);
	g->o.ssh_keys = (enum guest_ssh_keys)p->spec->ssh_keys;
	g->o.machine_id = (enum guest_machine_id)p->spec->machine_id;
	g->o.ext4_seed = (enum guest_seed)p->spec->ext4_seed;
	g->o.serial_console = (enum guest_serial)p->spec->serial_console;
	g->o.clean = p->spec->clean;
	g->o.nclean = p->spec->nclean;
	g->o.places = p->spec->places;
	g->o.nplaces = p->spec->nplaces;
	/* The n-th address of the template becomes the clone's n-th: a gap would shift them. */
	for (size_t i = 0;
	     i < p->source->nnics && mac_parse(p->source->nics[i].mac, g->old_macs[i], NULL) == 0;
	     i++)
		g->o.nold_macs = i + 1;
	g->o.old_macs = (const uint8_t(*)[6])g->old_macs;
	r = lease(g, &l, e);
	if (r < 0)
		return r;
	r = with_sentence(e, guest_look(l->guest, &g->o, e), "looking into the guest");
	g->first = l->guest;
	if (r == 0)
		r = clone_seeding_decide(&g->seeding, p, guest_facts(l->guest), e);
	g->o.cloud_seed = carry_is_nocloud(g->seeding.carrier);
	if (r == 0 && g->o.ssh_keys == GUEST_SSH_GENERATE)
		r = ssh_key_pool_open(&g->o.keys, key_pool, e);
	give_back(g, l);
	if (r < 0)
		clone_guests_close(g);
	return r;
}

void clone_guests_close(struct clone_guests *g)
{
	struct guest_lease *next;

	ssh_key_pool_close(g->o.keys);
	for (struct guest_lease *l = g->all; l; l = next) {
		next = l->next;
		guest_close(l->guest);
		arena_fini(&l->a);
		free(l);
	}
	g->o.keys = NULL;
	g->all = g->idle = NULL;
	g->first = NULL;
}

bool clone_guests_efi(const struct clone_guests *g)
{
	if (g->p->spec->firmware != FIRMWARE_AUTO)
		return g->p->spec->firmware == FIRMWARE_UEFI;
	/* A bare image has nobody to say it. */
	if (!g->p->source->t.package.ovf.doc.root && g->first)
		return guest_needs_uefi(guest_facts(g->first));
	return g->p->source->efi;
}

enum carry clone_guests_carrier(const struct clone_guests *g)
{
	return g->seeding.carrier;
}

int clone_guests_settle(struct clone_guests *g, struct err *e)
{
	return ssh_key_pool_settle(g->o.keys, e);
}

size_t clone_guests_keys_made(const struct clone_guests *g)
{
	return ssh_key_pool_made(g->o.keys);
}

const struct guest_facts *clone_guests_facts(struct clone_guests *g)
{
	return g->first ? guest_facts(g->first) : NULL;
}

/* ---- one clone ---- */

static struct identity identity_of(const struct plan *p, const struct clone *c)
{
	struct identity id = {
		.key = &p->key,
		.name = c->name,
		.hostname = c->lower,
		.domain = p->spec->domain ? p->spec->domain : "",
		.machine_id = c->machine_id,
		.smbios = c->smbios,
		.vmgenid = c->vmgenid,
		.instance = c->instance,
		.nmacs = p->nnics,
	};

	memcpy(id.macs, c->macs, sizeof id.macs);
	return id;
}

static json_t *changes_json(const struct guest_plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->n; i++) {
		const struct guest_change *c = &plan->changes[i];
		json_t *row = json_object();

		json_set_text(row, "kind", c->kind);
		json_set_text(row, "where", c->where);
		json_set_text(row, "action", guest_action_name(c->action));
		json_set_text(row, "old", c->old_value);
		json_set_text(row, "new", c->new_value);
		if (c->reason && *c->reason)
			json_set_text(row, "reason", c->reason);
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *keys_json(const struct guest_plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->nhost_keys; i++)
		json_array_append_new(list, json_text(plan->host_keys[i].public_line));
	return list;
}

/* Into the image itself, where every release of cloud-init looks first. */
static int put_seed(struct guest *guest, struct guest_plan *plan, const struct seed_files *files,
		    struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->count; i++)
		r = guest_plan_put(guest, plan, "cloud-init.seed",
				   arena_printf(&plan->mem, "/var/lib/cloud/seed/nocloud/%s",
						files->items[i].name),
				   0600, files->items[i].text.bytes, files->items[i].text.size, e);
	return r;
}

static int plan_with(struct clone_guests *g, struct guest *guest, const struct clone *c,
		     struct guest_plan *plan, struct arena *a, struct clone_seed *seed,
		     struct err *e)
{
	const struct identity id = identity_of(g->p, c);
	struct guest_options o = g->o;
	struct seed_network network;
	int r = clone_network(a, g->p, c, &g->seeding, &network, e);

	if (r < 0)
		return r;
	if (clone_network_inside(&g->seeding, guest_facts(guest)))
		o.network = &network;
	o.cloud_network = o.cloud_seed && network.count && !guest_facts(guest)->cloud.network_off;
	r = with_sentence(e, guest_plan_make(guest, &id, &o, plan, e), "planning for the guest");
	if (r < 0)
		return r;
	r = clone_seed_make(a, g->p, c, &g->seeding, plan, seed, e);
	if (r == 0 && g->seeding.carrier == CARRY_GUEST)
		r = put_seed(guest, plan, &seed->files, e);
	if (r < 0)
		guest_plan_fini(plan);
	return r < 0 ? err_in(e, r, "seed") : 0;
}

/* The seed lives in the arena. */
static int make_plan(struct clone_guests *g, const struct clone *c, struct guest_plan *plan,
		     struct arena *a, struct clone_seed *seed, struct err *e)
{
	struct guest_lease *l;
	int r = lease(g, &l, e);

	if (r < 0)
		return r;
	r = plan_with(g, l->guest, c, plan, a, seed, e);
	give_back(g, l);
	return r;
}

static int edit(const struct guest_plan *plan, struct disk **overlays, size_t n, struct err *e)
{
	struct arena a = {0};
	struct guest *guest = NULL;
	int r = guest_open(&guest, &a, overlays, n, e);

	if (r == 0)
		r = guest_plan_apply(guest, plan, e);
	guest_close(guest);
	arena_fini(&a);
	return with_sentence(e, r, "editing the guest");
}

int clone_guests_edit(struct clone_guests *g, struct clone_writing *w, struct disk **overlays,
		      struct err *e)
{
	struct guest_plan plan = {0};
	int r = make_plan(g, w->c, &plan, &w->a, &w->seed, e);

	if (r < 0)
		return r;
	r = edit(&plan, overlays, g->ndisks, e);
	if (r == 0) {
		w->changes = changes_json(&plan);
		w->host_keys = keys_json(&plan);
	}
	guest_plan_fini(&plan);
	return r;
}

int clone_guests_preview(struct clone_guests *g, const struct clone *c, json_t **changes,
			 struct strbuf *shown, struct err *e)
{
	struct guest_plan plan = {0};
	struct clone_seed seed;
	struct arena a = {0};
	int r = make_plan(g, c, &plan, &a, &seed, e);

	if (r == 0) {
		*changes = changes_json(&plan);
		clone_seed_show(&seed, shown);
		guest_plan_fini(&plan);
	}
	arena_fini(&a);
	return r;
}
