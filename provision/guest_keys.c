/* The clone's SSH host keys. */
#include "provision/guest_work.h"

#include "base/scope.h"
#include "base/str.h"
#include "provision/sshkey.h"

#include <stdio.h>
#include <string.h>

static void remember(struct work *w, const char *type, const char *path, const struct ssh_key *k)
{
	struct guest_plan *p = w->plan;

	ARENA_GROW(w->a, p->host_keys, p->nhost_keys, w->key_rows);
	p->host_keys[p->nhost_keys++] = (struct guest_host_key){
		type, arena_dup(w->a, path), k->line, k->fingerprint, k->private_text};
}

static int make(struct work *w, enum ssh_key_type type, struct ssh_key *k, struct err *e)
{
	const char *comment = arena_printf(w->a, "root@%s", w->id->hostname);

	if (type == SSH_RSA)
		return ssh_key_pool_take(w->o->keys, w->a, comment, k, e);
	return ssh_key_make(w->a, type, comment, k, e);
}

static const char *old_fingerprint(const struct work *w, const char *path)
{
	for (size_t i = 0; i < w->g->facts.nhost_keys; i++)
		if (str_eq(w->g->facts.host_keys[i].path, path))
			return w->g->facts.host_keys[i].fingerprint;
	return "";
}

static int key_type_of(const char *path, enum ssh_key_type *type)
{
	static const char prefix[] = "/etc/ssh/ssh_host_";
	char name[64];
	size_t n;

	if (!str_starts(path, prefix) || !str_ends(path, "_key"))
		return -1;
	n = strlen(path) - (sizeof prefix - 1) - 4;
	snprintf(name, sizeof name, "%.*s", (int)n, path + sizeof prefix - 1);
	return ssh_key_type_parse(name, type);
}

static int put_key(struct work *w, const char *path, enum ssh_key_type type, struct err *e)
{
	const char *public_path = arena_printf(w->a, "%s.pub", path);
	struct ssh_key k;
	int r = make(w, type, &k, e);

	if (r < 0)
		return r;
	if (!work_create(w, path, 0600, k.private_text, strlen(k.private_text)) ||
	    !work_create(w, public_path, 0644, k.public_text, strlen(k.public_text))) {
		work_say(w, "ssh-host-keys", path, old_fingerprint(w, path), "", GUEST_REFUSED,
			 "what is there is no file");
		return 0;
	}
	work_say(w, "ssh-host-keys", path, old_fingerprint(w, path), k.fingerprint, GUEST_CHANGED,
		 "");
	remember(w, ssh_key_type_name(type), path, &k);
	return 0;
}

static void remove_key(struct work *w, const struct found *f, const char *reason)
{
	struct guest_spot s;

	work_edit(w, OP_REMOVE, f->volume, f->inner);
	if (guest_find(w->g, arena_printf(w->a, "%s.pub", f->path), false, &s) == 0)
		work_edit(w, OP_REMOVE, s.volume, s.inner);
	work_say(w, "ssh-host-keys", f->path, old_fingerprint(w, f->path), "", GUEST_REMOVED,
		 reason);
}

int work_host_key(struct work *w, const struct found *f, struct err *e)
{
	enum ssh_key_type type;

	if (w->o->ssh_keys == GUEST_SSH_KEEP) {
		work_say(w, "ssh-host-keys", f->path, old_fingerprint(w, f->path), "", GUEST_KEPT,
			 "asked for: every clone can pose as any other");
		return 0;
	}
	if (w->o->ssh_keys == GUEST_SSH_REMOVE) {
		remove_key(w, f,
			   "asked for: on Debian and Ubuntu sshd does not start without keys");
		return 0;
	}
	if (key_type_of(f->path, &type) < 0) {
		remove_key(w, f, "a kind of key no longer made");
		return 0;
	}
	if (type == SSH_RSA && w->o->without_rsa) {
		remove_key(w, f, "the other kinds of key serve");
		return 0;
	}
	if (w->o->ssh_keys == GUEST_SSH_MODERN && type == SSH_RSA) {
		remove_key(w, f, "asked for: ed25519 and ecdsa keys only");
		return 0;
	}
	return put_key(w, f->path, type, e);
}

/* cloud-init would throw the keys of a new instance away, and make those of other kinds that known_hosts does not know. */
static void hold_cloud_init(struct work *w)
{
	static const char path[] = "/etc/cloud/cloud.cfg.d/99_vmint_ssh_keys.cfg";
	struct strbuf text = {0};

	if (!w->g->facts.cloud.installed || !w->plan->nhost_keys)
		return;
	strbuf_add(&text, "# The host keys are this machine's own already.\n"
			  "ssh_deletekeys: false\nssh_genkeytypes: [");
	for (size_t i = 0; i < w->plan->nhost_keys; i++)
		strbuf_printf(&text, "%s%s", i ? ", " : "", w->plan->host_keys[i].type);
	strbuf_add(&text, "]\n");
	if (work_create(w, path, 0644, arena_dupn(w->a, text.text, text.len), text.len))
		work_say(w, "cloud-init.keys", path, "", "ssh_deletekeys: false", GUEST_CHANGED,
			 "cloud-init would replace the new host keys at the first boot");
	strbuf_fini(&text);
}

int work_missing_keys(struct work *w, struct err *e)
{
	static const enum ssh_key_type usual[] = {SSH_ED25519, SSH_ECDSA};
	int r = 0;

	if (w->o->ssh_keys != GUEST_SSH_GENERATE && w->o->ssh_keys != GUEST_SSH_MODERN)
		return 0;
	if (!w->plan->nhost_keys && guest_has(w->g, "/usr/sbin/sshd"))
		for (size_t i = 0; i < ARRAY_SIZE(usual) && r == 0; i++)
			r = put_key(w,
				    arena_printf(w->a, "/etc/ssh/ssh_host_%s_key",
						 ssh_key_type_name(usual[i])),
				    usual[i], e);
	hold_cloud_init(w);
	return r;
}
