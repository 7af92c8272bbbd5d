/* A clone's addresses in the guest's own network files, for whichever stack the guest uses. */
#include "provision/guest_work.h"
#include "provision/network_files.h"

#include "base/scope.h"
#include "base/yaml.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX = 256 << 10 };

struct networking {
	struct work *w;
	const struct seed_network *n;
	struct seed_network named; /* the cards under the names the guest has for them */
	struct err *e;
};

static int say_refused(struct networking *x, const char *where, const char *why)
{
	work_say(x->w, "addresses", where, "", "", GUEST_REFUSED, why);
	return 0;
}

/* What a plan has made of a file so far, or the file. */
static const char *text_now(struct networking *x, const char *path, size_t *len)
{
	struct guest_spot s;
	struct guest_edit *edit;

	if (guest_find(x->w->g, path, true, &s) == 0 && S_ISREG(s.st.mode) &&
	    (edit = work_planned(x->w, s.volume, s.inner))) {
		*len = edit->len;
		return edit->data;
	}
	return guest_text(x->w->g, x->w->a, path, FILE_MAX, len);
}

static int put(struct networking *x, const char *path, mode_t mode, struct strbuf *text,
	       const char *why)
{
	bool done = work_create(x->w, path, mode, strbuf_str(text), text->len);

	strbuf_fini(text);
	if (!done)
		return say_refused(x, path, "its folder is not there, or it is no file");
	work_say(x->w, "addresses", path, "", "", GUEST_CHANGED, why);
	return 0;
}

static bool only_cards(const struct seed_network *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->links[i].kind != LINK_ETHERNET)
			return false;
	return true;
}

/* ---- name servers, where no service keeps the file ---- */

static int put_servers(struct networking *x)
{
	static const char path[] = "/etc/resolv.conf";
	struct strbuf text = {0};
	struct guest_spot s;
	bool first = true;

	if (guest_find(x->w->g, path, false, &s) == 0 && !S_ISREG(s.st.mode))
		return 0;
	for (size_t i = 0; i < x->n->count; i++) {
		const struct seed_link *l = &x->n->links[i];

		if (first && l->search.count)
			strbuf_printf(&text, "search %s\n", l->search.items[0]);
		for (size_t k = 0; k < l->nameservers.count; k++)
			strbuf_printf(&text, "nameserver %s\n", l->nameservers.items[k]);
		first = first && !l->search.count;
	}
	if (text.len)
		return put(x, path, 0644, &text, "name servers");
	strbuf_fini(&text);
	return 0;
}

/* ---- netplan ---- */

static const struct yaml_node *child(const struct yaml_node *n, const char *key)
{
	return n && n->kind == YAML_MAP ? yaml_get(n, key) : NULL;
}

/* Cards keep the names of a file that has them; false when there is more than cards in it. */
static bool take_netplan(struct networking *x, const char *text, size_t len, size_t *cards,
			 const char **renderer)
{
	static const char *const known[] = {"version", "renderer", "ethernets"};
	struct yaml_node *root = NULL;
	const struct yaml_node *net, *list, *word;

	if (yaml_parse_duplicates(x->w->a, text, len, "", &root, NULL) < 0 || !root)
		return false;
	net = child(root, "network");
	if (!net || net->kind != YAML_MAP)
		return root->kind == YAML_MAP && !net;
	for (size_t i = 0; i < net->count; i += 2) {
		bool ok = false;

		for (size_t k = 0; k < ARRAY_SIZE(known); k++)
			ok |= net->items[i]->kind == YAML_TEXT &&
			      str_eq(net->items[i]->text, known[k]);
		if (!ok && net->items[i + 1]->count)
			return false;
	}
	word = child(net, "renderer");
	if (word && word->kind == YAML_TEXT)
		*renderer = word->text;
	list = child(net, "ethernets");
	for (size_t i = 0; list && list->kind == YAML_MAP && i < list->count; i += 2) {
		const struct yaml_node *name = child(list->items[i + 1], "set-name");

		if (*cards == x->named.count)
			break;
		if (!name || name->kind != YAML_TEXT)
			name = list->items[i];
		if (name->kind == YAML_TEXT && name->len && name->len <= 15 &&
		    !strpbrk(name->text, "*?[ /"))
			x->named.links[*cards].name = name->text;
		*cards += 1;
	}
	return true;
}

static int put_netplan(struct networking *x)
{
	const char *renderer = NULL, *first = NULL;
	struct guest_list paths = {0};
	struct strbuf text = {0};
	size_t cards = 0;
	int r;

	guest_glob(x->w->g, x->w->a, "/etc/netplan/*.yaml", &paths);
	for (size_t i = 0; i < paths.n; i++) {
		size_t len = 0;
		const char *old = text_now(x, paths.items[i], &len);

		if (!old || !take_netplan(x, old, len, &cards, &renderer))
			return say_refused(x, paths.items[i],
					   "there is more in it than cards; bridges, bonds and "
					   "the like are not rewritten");
	}
	r = network_check(&x->named, x->e);
	if (r == 0)
		r = network_netplan(x->w->a, &x->named, renderer, &text, x->e);
	for (size_t i = 0; r == 0 && i < paths.n; i++) {
		struct guest_spot s;

		if (!first) {
			first = paths.items[i];
		} else if (guest_find(x->w->g, paths.items[i], false, &s) == 0) {
			work_edit(x->w, OP_REMOVE, s.volume, s.inner);
			work_say(x->w, "addresses", paths.items[i], "", "", GUEST_REMOVED,
				 "the other file holds all cards");
		}
	}
	if (r < 0) {
		strbuf_fini(&text);
		return r;
	}
	return put(x, first ? first : "/etc/netplan/50-vmint.yaml", 0600, &text,
		   "the clone's network by MAC");
}

/* ---- systemd-networkd: the first file that matches a card holds ---- */

static int put_networkd(struct networking *x)
{
	int r = 0;

	if (!only_cards(x->n))
		return say_refused(x, "/etc/systemd/network",
				   "bonds, bridges and VLANs take "
				   "cloud-init or netplan");
	for (size_t i = 0; r == 0 && i < x->n->count; i++) {
		struct strbuf text = {0};

		network_networkd(&text, &x->n->links[i]);
		r = put(x, arena_printf(x->w->a, "/etc/systemd/network/00-vmint-%zu.network", i),
			0644, &text, "goes before the files that are there");
	}
	return r == 0 ? put_servers(x) : r;
}

/* ---- NetworkManager ---- */

static int put_manager(struct networking *x)
{
	int r = 0;

	if (!only_cards(x->n))
		return say_refused(x, "/etc/NetworkManager",
				   "bonds, bridges and VLANs take "
				   "cloud-init or netplan");
	for (size_t i = 0; r == 0 && i < x->n->count; i++) {
		const char *item = arena_printf(x->w->a, "network/%zu", i);
		struct strbuf text = {0};
		char uuid[UUID_TEXT];
		struct uuid u;

		r = identity_uuid(x->w->id->key, x->w->id->name, item, 0, &u, x->e);
		if (r < 0)
			return r;
		uuid_format(&u, uuid);
		network_manager(&text, &x->n->links[i], uuid);
		r = put(x,
			arena_printf(x->w->a,
				     "/etc/NetworkManager/system-connections/"
				     "vmint-%zu.nmconnection",
				     i),
			0600, &text, "goes before the connections that are there");
	}
	return r;
}

/* ---- ifupdown ---- */

static int put_ifupdown(struct networking *x)
{
	static const char path[] = "/etc/network/interfaces";
	size_t len = 0;
	const char *text = text_now(x, path, &len);
	int r = 0;

	if (!only_cards(x->n))
		return say_refused(x, path, "bonds, bridges and VLANs take cloud-init or netplan");
	if (!text)
		return say_refused(x, path, "it cannot be read");
	for (size_t i = 0; r == 0 && i < x->named.count; i++) {
		struct seed_link *l = &x->named.links[i];
		const char *name = interfaces_name(x->w->a, text, len, i);
		struct strbuf out = {0}, link = {0};

		if (name)
			l->name = name;
		if (!name || !edit_interfaces(text, len, l, &out)) {
			strbuf_addn(&out, text, len);
			strbuf_add(&out, len && text[len - 1] != '\n' ? "\n" : "");
			network_ifupdown(&out, l);
			network_name(&link, l);
			r = put(x,
				arena_printf(x->w->a, "/etc/systemd/network/70-vmint-%zu.link", i),
				0644, &link, "the card's name");
		}
		text = arena_dupn(x->w->a, out.text, len = out.len);
		if (r == 0)
			r = put(x, path, 0644, &out, l->name);
	}
	return r == 0 ? put_servers(x) : r;
}

/* ---- ifcfg ---- */

static bool is_loopback(const char *path)
{
	return str_ends(path, "/ifcfg-lo");
}

static int put_ifcfg(struct networking *x)
{
	static const char *const folders[] = {"/etc/sysconfig/network-scripts",
					      "/etc/sysconfig/network"};
	const char *folder = folders[guest_has(x->w->g, folders[0]) ? 0 : 1];
	struct guest_list paths = {0};
	size_t at = 0;
	int r = 0;

	if (!only_cards(x->n))
		return say_refused(x, folder,
				   "bonds, bridges and VLANs take cloud-init or netplan");
	guest_glob(x->w->g, x->w->a, arena_printf(x->w->a, "%s/ifcfg-*", folder), &paths);
	for (size_t i = 0; r == 0 && i < x->named.count; i++) {
		const struct seed_link *l = &x->named.links[i];
		const char *path, *text;
		struct strbuf out = {0};
		size_t len = 0;

		while (at < paths.n && is_loopback(paths.items[at]))
			at++;
		path = at < paths.n ? paths.items[at++]
				    : arena_printf(x->w->a, "%s/ifcfg-%s", folder, l->name);
		text = text_now(x, path, &len);
		if (text)
			edit_ifcfg(text, len, l, &out);
		else
			network_ifcfg(&out, l);
		r = put(x, path, 0644, &out, "the clone's addresses");
	}
	return r;
}

/* ---- which stack ---- */

/* In the order of who has the last word where a guest has several. */
static const struct {
	const char *stack;
	int (*put)(struct networking *x);
} stacks[] = {
	{"netplan", put_netplan},   {"ifcfg", put_ifcfg},       {"NetworkManager", put_manager},
	{"networkd", put_networkd}, {"ifupdown", put_ifupdown},
};

static bool uses(const struct guest_facts *f, const char *stack)
{
	for (size_t i = 0; i < f->nnetworks; i++)
		if (str_eq(f->networks[i], stack))
			return true;
	return false;
}

static bool has_address(const struct seed_network *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->links[i].addresses.count)
			return true;
	return false;
}

int work_network(struct work *w, struct err *e)
{
	struct networking x = {.w = w, .n = w->o->network, .e = e};
	const char *was = w->g->facts.static_network;

	if (!x.n || !x.n->count)
		return 0;
	/* Guests that ask by DHCP go on doing so, in their own words. */
	if (!has_address(x.n) && !was && only_cards(x.n))
		return 0;
	x.named = *x.n;
	x.named.links = arena_alloc(w->a, x.n->count * sizeof *x.named.links);
	memcpy(x.named.links, x.n->links, x.n->count * sizeof *x.named.links);
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++)
		if (uses(&w->g->facts, stacks[i].stack))
			return stacks[i].put(&x);
	return say_refused(&x, "network", "no network configuration of a known kind is there");
}

/* ---- facts ---- */

void guest_static_facts(struct guest *g)
{
	static const char *const globs[] = {
		"/etc/netplan/*.yaml",
		"/etc/network/interfaces",
		"/etc/network/interfaces.d/*",
		"/etc/systemd/network/*.network",
		"/etc/NetworkManager/system-connections/*",
		"/etc/sysconfig/network-scripts/ifcfg-*",
		"/etc/sysconfig/network/ifcfg-*",
	};

	for (size_t i = 0; i < ARRAY_SIZE(globs) && !g->facts.static_network; i++) {
		struct guest_list paths = {0};

		guest_glob(g, g->a, globs[i], &paths);
		for (size_t k = 0; k < paths.n && !g->facts.static_network; k++) {
			size_t len = 0;
			const char *text = guest_text(g, g->a, paths.items[k], FILE_MAX, &len);

			if (text && !is_loopback(paths.items[k]) && network_is_static(text, len))
				g->facts.static_network = paths.items[k];
		}
	}
}
