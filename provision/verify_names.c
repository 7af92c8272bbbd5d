/* Names, host keys and modes inside the guest. */
#include "provision/verify_parts.h"

#include "provision/guest_parts.h"
#include "provision/sshkey_text.h"

#include "base/scope.h"
#include "base/str.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { TEXT_MAX = 1 << 20, KEY_FILE_MAX = 64 << 10 };

/* ---- the host name ---- */

static void check_loopback(struct verify_clone *c, const char *hostname)
{
	size_t len = 0, n;
	const char *text = guest_text(c->guest, &c->mem, "/etc/hosts", TEXT_MAX, &len), *line;

	while (text && str_line(&text, &line, &n)) {
		const char *at = arena_dupn(&c->mem, line, n), *word;
		bool named = false;
		size_t k;

		if (!str_word(&at, &word, &k) || k != 9 || strncmp(word, "127.0.1.1", 9) != 0)
			continue;
		while (str_word(&at, &word, &k) && *word != '#')
			named |= strncasecmp(word, hostname, strlen(hostname)) == 0 &&
				 (k == strlen(hostname) || word[strlen(hostname)] == '.');
		if (!named)
			verify_wrong(c->subject, VERIFY_NAMES,
				     "/etc/hosts: 127.0.1.1 is not %s: %.100s", hostname,
				     arena_dupn(&c->mem, line, n));
	}
}

static void check_old_name(struct verify_clone *c, const char *path, const struct edit_names *names)
{
	struct strbuf out = {0};
	size_t len = 0;
	const char *text = guest_text(c->guest, &c->mem, path, TEXT_MAX, &len);

	if (text && edit_name_words(text, len, names, &out))
		verify_wrong(c->subject, VERIFY_NAMES, "%s: still names the template, %s", path,
			     names->old_name);
	strbuf_fini(&out);
}

static void check_old_names(struct verify_clone *c, const char *old_name, const char *hostname)
{
	struct edit_names names = {.old_domain = "", .name = "(another)", .domain = ""};

	names.old_name = arena_dupn(&c->mem, old_name, strcspn(old_name, "."));
	if (!*names.old_name || str_starts(names.old_name, "localhost") ||
	    strcasecmp(names.old_name, hostname) == 0)
		return;
	for (size_t i = 0; i < places_count(); i++) {
		const struct place *p = places_at(i);
		bool named = p->editor == EDIT_HOSTNAME || p->editor == EDIT_HOSTS ||
			     p->editor == EDIT_NAME_WORDS;

		for (size_t k = 0; named && k < ARRAY_SIZE(p->paths) && p->paths[k]; k++)
			check_old_name(c, p->paths[k], &names);
	}
}

void verify_names(struct verify_clone *c)
{
	const char *hostname = json_get_text(c->record, "hostname");
	const struct guest_facts *f;
	size_t n;

	if (!c->guest || !guest_facts(c->guest)->linux_found) {
		verify_skip(c->subject, VERIFY_NAMES, "no Linux was found in it");
		return;
	}
	f = guest_facts(c->guest);
	n = strcspn(f->hostname, ".");
	if (hostname && (strncasecmp(f->hostname, hostname, n) != 0 || strlen(hostname) != n))
		verify_wrong(c->subject, VERIFY_NAMES,
			     "/etc/hostname is '%s', the ledger says '%s'", f->hostname, hostname);
	if (hostname)
		check_loopback(c, hostname);
	if (c->base && c->base->guest)
		check_old_names(c, guest_facts(c->base->guest)->hostname, f->hostname);
	verify_holds(c->subject, VERIFY_NAMES, "%s", f->hostname);
}

/* ---- SSH host keys ---- */

static bool is_listed(const json_t *list, const char *line)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_eq(json_string_value(json_array_get(list, i)), line))
			return true;
	return false;
}

/* The bytes of "ssh-rsa AAAA...". */
static bool public_blob(const char *line, struct strbuf *out)
{
	const char *data = strchr(line, ' ');

	return data && base64_read(data + 1, strcspn(data + 1, " \n"), out) && out->len;
}

/* What is between the lines of a PEM file. */
static bool private_blob(struct arena *a, const char *text, struct strbuf *out)
{
	struct strbuf all = {0};
	const char *line;
	size_t n;
	bool ok;

	if (!str_starts(text, "-----BEGIN OPENSSH PRIVATE KEY-----"))
		return false;
	while (str_line(&text, &line, &n))
		if (n && *line != '-')
			strbuf_addn(&all, line, n);
	(void)a;
	ok = base64_read(strbuf_str(&all), all.len, out);
	strbuf_fini(&all);
	return ok;
}

static void check_private(struct verify_clone *c, const struct guest_host_key *k)
{
	const char *text = guest_text(c->guest, &c->mem, k->path, KEY_FILE_MAX, NULL);
	struct strbuf public = {0}, private = {0};

	if (!text)
		verify_wrong(c->subject, VERIFY_HOST_KEYS, "%s: the private half is missing",
			     k->path);
	else if (public_blob(k->public_line, &public) && private_blob(&c->mem, text, &private) &&
		 !memmem(private.text, private.len, public.text, public.len))
		verify_wrong(c->subject, VERIFY_HOST_KEYS, "%s: another key than its public half",
			     k->path);
	strbuf_fini(&public);
	strbuf_fini(&private);
}

static void check_lone_keys(struct verify_clone *c, const struct guest_facts *f)
{
	struct guest_list paths = {0};

	guest_glob(c->guest, &c->mem, "/etc/ssh/ssh_host_*_key", &paths);
	for (size_t i = 0; i < paths.n; i++) {
		bool known = false;

		for (size_t k = 0; k < f->nhost_keys; k++)
			known |= str_eq(f->host_keys[k].path, paths.items[i]);
		if (!known)
			verify_wrong(c->subject, VERIFY_HOST_KEYS,
				     "%s: a key without its public half", paths.items[i]);
	}
}

void verify_host_keys(struct verify_clone *c)
{
	const json_t *list = json_object_get(c->record, "ssh_host_keys");
	const json_t *recipe = json_object_get(c->identity, "recipe");
	const char *mode = json_get_text(json_object_get(recipe, "identity"), "ssh-keys");
	const struct guest_facts *f = c->guest ? guest_facts(c->guest) : NULL;

	if (!f || !f->linux_found) {
		verify_skip(c->subject, VERIFY_HOST_KEYS, "no Linux was found in it");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *line = json_string_value(json_array_get(list, i));
		bool there = false;

		for (size_t k = 0; k < f->nhost_keys; k++)
			there |= str_eq(f->host_keys[k].public_line, line);
		if (!there)
			verify_wrong(c->subject, VERIFY_HOST_KEYS,
				     "the ledger's key %.24s... is not in the guest",
				     line ? line : "");
	}
	for (size_t k = 0; k < f->nhost_keys; k++) {
		if (list && !str_eq(mode, "keep") && !is_listed(list, f->host_keys[k].public_line))
			verify_wrong(c->subject, VERIFY_HOST_KEYS, "%s (%s) is not in the ledger",
				     f->host_keys[k].path, f->host_keys[k].fingerprint);
		check_private(c, &f->host_keys[k]);
	}
	check_lone_keys(c, f);
	verify_holds(c->subject, VERIFY_HOST_KEYS, "%zu keys", f->nhost_keys);
}

/* ---- modes ---- */

static const struct {
	const char *path;
	bool private; /* for its owner alone, whatever the template's was */
} secrets[] = {
	{"/etc/ssh/ssh_host_*_key", true},
	{"/etc/dropbear/dropbear_*_host_key", true},
	{"/var/lib/systemd/random-seed", true},
	{"/var/lib/systemd/credential.secret", true},
	{"/var/lib/NetworkManager/secret_key", true},
	{"/etc/iscsi/initiatorname.iscsi", false},
	{"/etc/shadow", false},
	{"/etc/netplan/*", false},
	{"/etc/NetworkManager/system-connections/*", false},
	{"/etc/wireguard/*", false},
	{"/etc/machine-id", false},
	{"/etc/hostname", false},
	{"/etc/fstab", false},
	{"/etc/crypttab", false},
};

void verify_modes_gather(struct guest *g, struct arena *a, struct verify_mode **out, size_t *n)
{
	size_t room = 0;

	*out = NULL;
	*n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		struct guest_list paths = {0};
		struct guest_spot spot;

		guest_glob(g, a, secrets[i].path, &paths);
		for (size_t k = 0; k < paths.n; k++) {
			if (guest_find(g, paths.items[k], false, &spot) < 0 ||
			    !S_ISREG(spot.st.mode))
				continue;
			ARENA_GROW(a, *out, *n, room);
			(*out)[(*n)++] =
				(struct verify_mode){paths.items[k], spot.st.mode & 07777,
						     spot.st.uid, spot.st.gid, secrets[i].private};
		}
	}
}

static const struct verify_mode *mode_in(const struct verify_base *b, const char *path)
{
	for (size_t i = 0; b && i < b->nmodes; i++)
		if (str_eq(b->modes[i].path, path))
			return &b->modes[i];
	return NULL;
}

void verify_guest_modes(struct verify_clone *c)
{
	struct verify_mode *list;
	size_t n;

	if (!c->guest || !guest_facts(c->guest)->linux_found) {
		verify_skip(c->subject, VERIFY_GUEST_MODES, "no Linux was found in it");
		return;
	}
	verify_modes_gather(c->guest, &c->mem, &list, &n);
	for (size_t i = 0; i < n; i++) {
		const struct verify_mode *m = &list[i], *was = mode_in(c->base, m->path);

		if (was && was->mode == m->mode && was->uid == m->uid && was->gid == m->gid)
			continue;
		if (m->private && m->mode & 077)
			verify_wrong(c->subject, VERIFY_GUEST_MODES,
				     "%s: mode %o: others can read it", m->path, m->mode);
		else if (m->private && m->uid)
			verify_wrong(c->subject, VERIFY_GUEST_MODES, "%s: belongs to user %u",
				     m->path, m->uid);
		else if (was && !m->private)
			verify_wrong(c->subject, VERIFY_GUEST_MODES,
				     "%s: mode %o, owner %u:%u; in the template %o, %u:%u", m->path,
				     m->mode, m->uid, m->gid, was->mode, was->uid, was->gid);
	}
	verify_holds(c->subject, VERIFY_GUEST_MODES, "%zu files", n);
}
