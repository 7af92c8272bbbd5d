/* From a spec's cloud-init section to one clone's seed. */
#include "provision/clone_seed.h"

#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/carrier.h"
#include "cloud-init/carrier_text.h"
#include "cloud-init/mask.h"
#include "cloud-init/seed_meta.h"

#include <errno.h>
#include <string.h>

struct making {
	struct arena *a;
	const struct plan *p;
	const struct clone *c;
	const struct clone_seeding *s;
	struct seed_variables v;
	struct seed seed;
	struct seed_config config;
	struct seed_network network;
	struct err *e;
};

/* ---- variables ---- */

const struct seed_variables *clone_properties(struct arena *a, const struct spec *s,
					      const struct source *source)
{
	struct seed_variables *v = arena_alloc(a, sizeof *v);

	for (size_t i = 0; i < source->t.nproperties; i++)
		if (source->t.properties[i].value)
			seed_variable_set(a, v, source->t.properties[i].name,
					  source->t.properties[i].value);
	for (size_t i = 0; i < s->cloud.properties.count; i++)
		seed_variable_set(a, v, s->cloud.properties.items[i].name,
				  s->cloud.properties.items[i].value);
	return v;
}

static const char *fqdn_of(struct arena *a, const struct plan *p, const struct clone *c)
{
	return p->spec->domain ? arena_printf(a, "%s.%s", c->lower, p->spec->domain) : c->lower;
}

static void set_numbered(struct arena *a, struct seed_variables *v, const char *stem, size_t i,
			 const char *value)
{
	seed_variable_set(a, v, arena_printf(a, "%s%zu", stem, i), arena_dup(a, value));
}

static void set_variables(struct arena *a, const struct plan *p, const struct clone *c,
			  const struct clone_seeding *s, struct seed_variables *v)
{
	for (size_t i = 0; i < s->properties->count; i++)
		seed_variable_set(a, v, s->properties->items[i].name,
				  s->properties->items[i].value);
	seed_variable_set(a, v, "name", c->lower);
	seed_variable_set(a, v, "fqdn", fqdn_of(a, p, c));
	seed_variable_set(a, v, "domain", p->spec->domain ? p->spec->domain : "");
	seed_variable_set(
		a, v, "index",
		arena_printf(a, "%llu",
			     (unsigned long long)(p->spec->start + (uint64_t)(c - p->clones))));
	for (size_t i = 0; i < p->nnics; i++) {
		char text[MAC_TEXT + IPV4_TEXT];

		mac_format(c->macs[i], text);
		set_numbered(a, v, "mac", i, text);
		if (!c->addresses[i])
			continue;
		ipv4_format(c->addresses[i], text);
		set_numbered(a, v, "ip", i, text);
	}
}

/* ---- the network ---- */

static void add_routes(struct arena *a, struct seed_link *l, const struct spec_range *r)
{
	char text[IPV4_TEXT];

	if (r->gateway) {
		ipv4_format(r->gateway, text);
		ARENA_GROW(a, l->routes, l->nroutes, l->routes_room);
		l->routes[l->nroutes++] = (struct seed_route){"0.0.0.0/0", arena_dup(a, text), -1};
	}
	for (size_t i = 0; i < r->ndns; i++) {
		ipv4_format(r->dns[i], text);
		seed_list_add(a, &l->nameservers, arena_dup(a, text));
	}
}

static void add_nic(struct arena *a, const struct plan *p, const struct clone *c, size_t i,
		    struct seed_network *n)
{
	const struct spec_network *is = i < p->spec->nnetworks ? &p->spec->networks[i] : NULL;
	struct seed_link l = {.kind = LINK_ETHERNET, .name = arena_printf(a, "eth%zu", i)};
	char mac[MAC_TEXT], ip[IPV4_TEXT];

	mac_format(c->macs[i], mac);
	l.mac = arena_dup(a, mac);
	/* One given by hand on a network without a prefix comes by DHCP: dnsmasq.conf has it. */
	if (c->addresses[i] && is && is->range.prefix) {
		ipv4_format(c->addresses[i], ip);
		seed_list_add(a, &l.addresses, arena_printf(a, "%s/%u", ip, is->range.prefix));
	}
	if (l.addresses.count)
		add_routes(a, &l, &is->range);
	if (l.nameservers.count && p->spec->domain)
		seed_list_add(a, &l.search, p->spec->domain);
	ARENA_GROW(a, n->links, n->count, n->room);
	n->links[n->count++] = l;
}

/* One card that asks by DHCP is what every guest does by itself, under a name of its own. */
static bool says_something(const struct plan *p, const struct clone *c,
			   const struct clone_seeding *s)
{
	const struct spec_cloud *cloud = &p->spec->cloud;

	for (size_t i = 0; i < p->nnics; i++)
		if (c->addresses[i])
			return true;
	return p->spec->nnetworks > 1 || p->nnics > 1 || (p->spec->nnetworks && s->fixed) ||
	       cloud->bonds.count || cloud->bridges.count || cloud->vlans.count;
}

int clone_network(struct arena *a, const struct plan *p, const struct clone *c,
		  const struct clone_seeding *s, struct seed_network *out, struct err *e)
{
	const struct spec_cloud *cloud = &p->spec->cloud;
	struct seed_variables v = {0};
	int r;

	*out = (struct seed_network){0};
	if (!says_something(p, c, s))
		return 0;
	set_variables(a, p, c, s, &v);
	for (size_t i = 0; i < p->nnics; i++)
		add_nic(a, p, c, i, out);
	r = spec_cloud_links(cloud, a, &v, out, e);
	if (r < 0)
		return r;
	network_settle(out);
	return network_check(out, e);
}

/* ---- the decision ---- */

static bool all_targets(const struct spec *s, unsigned can)
{
	for (size_t i = 0; i < s->ntargets; i++)
		if (!(target_find(s->targets[i])->can & can))
			return false;
	return true;
}

static void transport_of(const struct ovf_system *system, void *arg)
{
	bool *iso = arg;

	*iso |= str_has_word(system->transport, "iso");
}

int clone_seeding_decide(struct clone_seeding *s, const struct plan *p,
			 const struct guest_facts *facts, struct err *e)
{
	const struct spec_cloud *cloud = &p->spec->cloud;
	struct carry_facts f = {
		.guest = facts,
		.asked = cloud->asked,
		.attaches = all_targets(p->spec, TARGET_SEED),
		.smbios = all_targets(p->spec, TARGET_SMBIOS),
	};

	if (p->source->t.package.ovf.doc.root)
		ovf_each_system(&p->source->t.package.ovf, transport_of, &f.transport_iso);
	s->choice = cloud->carrier == CARRY_AUTO ? carry_decide(p->a, &f)
						 : carry_accept(p->a, cloud->carrier, &f);
	s->choice.reason = arena_dup(p->a, s->choice.reason);
	s->carrier = s->choice.carrier;
	s->fixed = facts->static_network;
	s->properties = clone_properties(p->a, p->spec, p->source);
	if (s->choice.refused)
		return err_set(e, ENOTSUP,
			       "%s: what the spec asks of cloud-init cannot reach it (--carrier "
			       "none goes on without)",
			       s->choice.reason);
	return 0;
}

bool clone_network_inside(const struct clone_seeding *s, const struct guest_facts *facts)
{
	return !carry_is_nocloud(s->carrier) || facts->cloud.network_off;
}

/* ---- the seed ---- */

static int take_whole(struct making *m, const struct spec_whole *w, struct seed_text *out)
{
	*out = w->text;
	if (!w->text.bytes || !m->p->spec->cloud.template)
		return 0;
	return seed_substitute(m->a, &m->v, w->text, out, m->e);
}

static int take_meta(struct making *m)
{
	const struct spec_cloud *cloud = &m->p->spec->cloud;
	struct seed_pair *meta = arena_alloc(m->a, (cloud->nmeta + 1) * sizeof *meta);
	int r = 0;

	for (size_t i = 0; r == 0 && i < cloud->nmeta; i++) {
		meta[i] = cloud->meta[i];
		r = seed_substitute_str(m->a, &m->v, &meta[i].value, m->e);
	}
	m->seed.meta = meta;
	m->seed.nmeta = cloud->nmeta;
	return r;
}

static int take_host_keys(struct making *m, const struct guest_plan *keys)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < keys->nhost_keys; i++) {
		const struct guest_host_key *k = &keys->host_keys[i];
		const struct seed_text text = {k->private_text,
					       k->private_text ? strlen(k->private_text) : 0};

		if (text.size)
			r = config_add_host_key(m->a, &m->config, text, k->public_line, m->e);
	}
	m->config.host_keys_stay = true;
	return r;
}

static const char *instance_of(struct arena *a, const struct clone *c)
{
	char text[UUID_TEXT];

	uuid_format(&c->instance, text);
	return arena_dup(a, text);
}

static int fill(struct making *m, const struct guest_plan *keys)
{
	const struct spec_cloud *cloud = &m->p->spec->cloud;
	struct seed *s = &m->seed;
	int r = config_substitute(m->a, &cloud->config, &m->v, &m->config, m->e);

	s->instance_id = instance_of(m->a, m->c);
	s->hostname = fqdn_of(m->a, m->p, m->c);
	s->ssh_keys = cloud->ssh_keys;
	s->config = &m->config;
	s->network_version = cloud->network_version;
	if (r == 0)
		r = take_host_keys(m, keys);
	if (r == 0)
		r = take_meta(m);
	if (r == 0)
		r = take_whole(m, &cloud->user_data, &s->user_data);
	if (r == 0)
		r = take_whole(m, &cloud->vendor_data, &s->vendor_data);
	if (r == 0)
		r = take_whole(m, &cloud->network_config, &s->network_config);
	if (r == 0 && !s->network_config.bytes)
		r = clone_network(m->a, m->p, m->c, m->s, &m->network, m->e);
	if (m->network.count)
		s->network = &m->network;
	return r;
}

/* ---- carriers ---- */

static int carry_image(struct making *m, struct clone_seed *out, const struct seed_files *files,
		       const char *label)
{
	bool iso = m->s->carrier != CARRY_VFAT;
	struct strbuf image = {0};
	int r = (iso ? seed_iso : seed_vfat)(files, label, &image, m->e);

	if (r == 0)
		out->image = (struct seed_text){arena_dupn(m->a, image.text, image.len), image.len};
	out->file = iso ? "seed.iso" : "seed.img";
	strbuf_fini(&image);
	return r;
}

static int carry_ovf(struct making *m, struct clone_seed *out)
{
	struct seed_files files = {.items = {{.name = "ovf-env.xml"}}, .count = 1};
	struct seed_variables properties = {0};
	int r = ovf_properties(m->a, &m->seed, &out->files, m->s->properties, &properties, m->e);

	if (r == 0)
		r = ovf_environment(m->a, &properties, &files.items[0].text, m->e);
	return r == 0 ? carry_image(m, out, &files, SEED_OVF_LABEL) : r;
}

static int carry_serial(struct making *m, struct clone_seed *out)
{
	const char *url = m->p->spec->cloud.url;
	int r = seed_substitute_str(m->a, &m->v, &url, m->e);

	return r == 0 ? smbios_serial(m->a, m->seed.hostname, m->seed.instance_id, url,
				      &out->serial, m->e)
		      : r;
}

/* Host keys are on the disk already, and nothing there would replace them. */
static int carry_credentials(struct making *m, struct clone_seed *out)
{
	const struct spec_cloud *c = &m->p->spec->cloud;

	if (c->user_data.text.bytes || c->vendor_data.text.bytes || c->config.packages.count ||
	    c->config.run.count || c->config.nwrites || c->config.grow || c->nmeta)
		return err_set(m->e, ENOTSUP,
			       "systemd's credentials hold keys, users, passwords, time zone and "
			       "locale only: the guest needs cloud-init for the rest of the "
			       "spec's section");
	return smbios_credentials(m->a, &m->seed, &out->strings, m->e);
}

static int carry(struct making *m, struct clone_seed *out)
{
	switch (m->s->carrier) {
	case CARRY_ISO:
	case CARRY_VFAT:
		return carry_image(m, out, &out->files, SEED_LABEL);
	case CARRY_OVF:
		return carry_ovf(m, out);
	case CARRY_SERIAL:
		return carry_serial(m, out);
	case CARRY_CREDENTIALS:
		return carry_credentials(m, out);
	case CARRY_GUESTINFO:
		guestinfo_properties(m->a, &out->files, &out->guestinfo);
		return 0;
	default:
		return 0;
	}
}

int clone_seed_make(struct arena *a, const struct plan *p, const struct clone *c,
		    const struct clone_seeding *s, const struct guest_plan *keys,
		    struct clone_seed *out, struct err *e)
{
	struct making m = {.a = a, .p = p, .c = c, .s = s, .e = e};
	int r;

	*out = (struct clone_seed){0};
	if (s->carrier == CARRY_NONE || s->carrier == CARRY_AUTO)
		return 0;
	set_variables(a, p, c, s, &m.v);
	r = fill(&m, keys);
	if (r == 0)
		r = seed_build(a, &m.seed, &out->files, e);
	return r == 0 ? carry(&m, out) : r;
}

void clone_seed_show(const struct clone_seed *seed, struct strbuf *out)
{
	for (size_t i = 0; i < seed->files.count; i++) {
		strbuf_printf(out, "%s== %s\n", i ? "\n" : "", seed->files.items[i].name);
		seed_mask(out, &seed->files.items[i]);
	}
}
