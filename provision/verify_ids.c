/* From values to patterns. */
#include "provision/verify_ids.h"

#include "provision/guest_survey.h"
#include "provision/refs.h"

#include "base/scope.h"
#include "base/str.h"

#include <string.h>
#include <strings.h>

enum { SECRET_LEAST = 16, SECRET_PART = 32, KEY_TAIL = 40, TELLING_LEAST = 5 };

static uint32_t remember(struct verify_ids *x, size_t owner, const char *kind, const char *where,
			 const char *value)
{
	ARENA_GROW(x->a, x->items, x->n, x->room);
	x->items[x->n] = (struct verify_known){owner, arena_dup(x->a, kind), arena_dup(x->a, where),
					       arena_dup(x->a, value)};
	return (uint32_t)x->n++;
}

/* How many different bytes there are. */
static unsigned different(const char *p, size_t n)
{
	bool seen[256] = {false};
	unsigned count = 0;

	for (size_t i = 0; i < n; i++) {
		count += !seen[(uint8_t)p[i]];
		seen[(uint8_t)p[i]] = true;
	}
	return count;
}

/* ---- ids ---- */

/* UTF-16 of both orders: firmware variables, Windows, some agents. */
static void add_wide(struct verify_ids *x, const char *text, size_t len, uint32_t tag)
{
	char wide[SCAN_LONGEST + 1] = {0};

	if (2 * len > SCAN_LONGEST)
		return;
	for (size_t i = 0; i < len; i++)
		wide[2 * i + 1] = text[i];
	/* the same bytes, begun one later and ended one earlier or later, are the other order */
	scan_add(&x->scan, SCAN_LETTERS, wide + 1, 2 * len - 1, tag);
}

static bool add_form(struct verify_ids *x, enum ref_form form, const char *value, uint32_t tag)
{
	bool any = false, bytes;
	char out[160];

	for (unsigned way = 0; way < REF_WAYS; way++) {
		size_t len = ref_written(form, way, value, out, &bytes);
		enum scan_kind kind = bytes || form == REF_LVM ? SCAN_EXACT
				      : form == REF_FAT        ? SCAN_SHORT_ID
							       : SCAN_ID;

		if (!len)
			continue;
		any = true;
		scan_add(&x->scan, kind, out, len, tag);
		if (!bytes)
			add_wide(x, out, len, tag);
	}
	return any;
}

void verify_ids_add(struct verify_ids *x, size_t owner, const char *kind, const char *where,
		    const char *value)
{
	static const enum ref_form forms[] = {REF_UUID, REF_MACHINE_ID, REF_MAC, REF_FAT,
					      REF_MD,   REF_PARTUUID,   REF_LVM};
	uint32_t tag;

	if (!value || different(value, strlen(value)) < TELLING_LEAST)
		return;
	for (size_t i = 0; owner == IDS_TEMPLATE && i < x->n; i++)
		if (x->items[i].owner == owner && strcasecmp(x->items[i].value, value) == 0)
			return;
	tag = remember(x, owner, kind, where, value);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (add_form(x, forms[i], value, tag))
			return;
}

/* ---- keys and seeds ---- */

/* "ssh-ed25519 AAAA...": keys of a kind begin alike, their ends differ. */
static void add_public_key(struct verify_ids *x, size_t owner, const char *where, const char *line)
{
	const char *data = line ? strchr(line, ' ') : NULL;
	size_t len;

	if (!data)
		return;
	len = strcspn(++data, " \n");
	while (len && data[len - 1] == '=')
		len--;
	if (len <= KEY_TAIL)
		return;
	scan_add(&x->scan, SCAN_EXACT, data + len - KEY_TAIL, KEY_TAIL,
		 remember(x, owner, "ssh-host-key", where, ""));
}

static void add_bytes(struct verify_ids *x, const char *kind, const char *where, const char *data,
		      size_t len)
{
	size_t part = len < SECRET_PART ? len : SECRET_PART;
	const char *from = data + (len - part) / 2;

	if (len >= SECRET_LEAST && different(from, part) >= TELLING_LEAST + 3)
		scan_add(&x->scan, SCAN_EXACT, from, part,
			 remember(x, IDS_TEMPLATE, kind, where, ""));
}

/* A key in PEM: every whole line but the first, which begins alike in all. */
static void add_pem(struct verify_ids *x, const char *kind, const char *where, const char *data,
		    size_t len)
{
	const char *at = arena_dupn(x->a, data, len), *line;
	uint32_t tag = remember(x, IDS_TEMPLATE, kind, where, "");
	size_t n, count = 0;

	while (str_line(&at, &line, &n))
		if (n >= 60 && n <= 76 && line[0] != '-' && count++ &&
		    different(line, n) > TELLING_LEAST)
			scan_add(&x->scan, SCAN_EXACT, line, n, tag);
}

/* InitiatorName=iqn...:UNIQUE */
static void add_initiator(struct verify_ids *x, const char *kind, const char *where,
			  const char *data, size_t len)
{
	const char *text = arena_dupn(x->a, data, len), *name = strstr(text, "\nInitiatorName=");
	size_t n;

	name = name ? name + 1 : str_starts(text, "InitiatorName=") ? text : NULL;
	if (!name)
		return;
	n = strcspn(name += strlen("InitiatorName="), " \r\n");
	if (n >= SECRET_LEAST && n <= SCAN_LONGEST)
		scan_add(&x->scan, SCAN_LETTERS, name, n,
			 remember(x, IDS_TEMPLATE, kind, where, arena_dupn(x->a, name, n)));
}

/* The first UUID or 32 hex digits in the file. */
static void add_first_id(struct verify_ids *x, const char *kind, const char *where,
			 const char *data, size_t len)
{
	char *text = arena_dupn(x->a, data, len < 256 ? len : 256), *at = text;
	struct uuid u;

	for (; (at = strpbrk(at, "0123456789abcdefABCDEF")); at++) {
		size_t n = strspn(at, "0123456789abcdefABCDEF-");
		char *word = arena_dupn(x->a, at, n);

		if ((n == 36 || n == 32) && uuid_parse(word, &u) == 0) {
			verify_ids_add(x, IDS_TEMPLATE, kind, where, word);
			return;
		}
		at += n - 1;
	}
}

static const struct secret {
	const char *kind, *path;
	void (*add)(struct verify_ids *x, const char *kind, const char *where, const char *data,
		    size_t len);
} secrets[] = {
	{"ssh-host-key", "/etc/ssh/ssh_host_*_key", add_pem},
	{"dropbear-key", "/etc/dropbear/dropbear_*_host_key", add_bytes},
	{"random-seed", "/var/lib/systemd/random-seed", add_bytes},
	{"random-seed", "/var/lib/urandom/random-seed", add_bytes},
	{"random-seed", "/var/lib/random-seed", add_bytes},
	{"random-seed", "/var/lib/misc/random-seed", add_bytes},
	{"random-seed", "/boot/efi/loader/random-seed", add_bytes},
	{"random-seed", "/boot/loader/random-seed", add_bytes},
	{"random-seed", "/var/lib/seedrng/*", add_bytes},
	{"credential-secret", "/var/lib/systemd/credential.secret", add_bytes},
	{"networkmanager-secret", "/var/lib/NetworkManager/secret_key", add_bytes},
	{"iscsi-initiator", "/etc/iscsi/initiatorname.iscsi", add_initiator},
	{"nvme-host", "/etc/nvme/hostnqn", add_first_id},
	{"nvme-host", "/etc/nvme/hostid", add_first_id},
	{"dbus-machine-id", "/var/lib/dbus/machine-id", add_first_id},
	{"insights-id", "/etc/insights-client/machine-id", add_first_id},
	{"dhcp-duid", "/var/lib/dhcpcd/duid", add_first_id},
	{"salt-key", "/etc/salt/pki/minion/minion.pem", add_pem},
	{"puppet-key", "/var/lib/puppet/ssl/private_keys/*", add_pem},
	{"chef-key", "/etc/chef/client.pem", add_pem},
};

static void add_secrets(struct verify_ids *x, struct guest *g)
{
	struct arena a = {0};

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		struct guest_list paths = {0};

		guest_glob(g, &a, secrets[i].path, &paths);
		for (size_t k = 0; k < paths.n; k++) {
			size_t len = 0;
			const char *data = guest_text(g, &a, paths.items[k], 256 << 10, &len);

			if (data && len)
				secrets[i].add(x, secrets[i].kind, paths.items[k], data, len);
		}
	}
	arena_fini(&a);
}

/* ---- a template, a clone ---- */

static const char *kind_of(const struct ref *r)
{
	static const char *const kinds[] = {
		[REF_UUID] = "uuid",  [REF_FAT] = "fs-uuid", [REF_PARTUUID] = "partition-guid",
		[REF_MD] = "md-uuid", [REF_LVM] = "lvm-id",  [REF_MACHINE_ID] = "machine-id",
		[REF_MAC] = "mac"};

	return kinds[r->form];
}

void verify_ids_template(struct verify_ids *x, struct guest *g)
{
	const struct guest_facts *f = guest_facts(g);

	if (guest_survey_make(g, NULL, 0, NULL) < 0)
		return;
	for (size_t i = 0; i < g->survey->old.n; i++) {
		const struct ref *r = &g->survey->old.items[i];

		verify_ids_add(x, IDS_TEMPLATE, kind_of(r), r->what, r->old_text);
	}
	for (size_t i = 0; i < f->nhost_keys; i++)
		add_public_key(x, IDS_TEMPLATE, f->host_keys[i].path, f->host_keys[i].public_line);
	if (f->linux_found)
		add_secrets(x, g);
}

static void add_list(struct verify_ids *x, size_t owner, const char *kind, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		verify_ids_add(x, owner, kind, "", json_string_value(json_array_get(list, i)));
}

void verify_ids_clone(struct verify_ids *x, size_t owner, const json_t *record,
		      const json_t *identity)
{
	static const char *const keys[] = {"machine_id", "smbios_uuid", "vmgenid", "instance_id"};
	const json_t *changes = json_object_get(identity, "changes"), *row,
		     *host_keys = json_object_get(record, "ssh_host_keys");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		verify_ids_add(x, owner, keys[i], "", json_get_text(record, keys[i]));
	add_list(x, owner, "mac", json_object_get(record, "macs"));
	for (i = 0; i < json_array_size(host_keys); i++)
		add_public_key(x, owner, "", json_string_value(json_array_get(host_keys, i)));
	json_array_foreach((json_t *)changes, i, row)
	{
		const char *kind = json_get_text(row, "kind"), *where = json_get_text(row, "where");

		if (kind && where && str_eq(json_get_text(row, "action"), "changed") &&
		    (str_ends(kind, "-id") || str_ends(kind, "-guid") || str_ends(kind, "-uuid") ||
		     str_starts(kind, "lvm-") || str_eq(kind, "mac")))
			verify_ids_add(x, owner, kind, where, json_get_text(row, "new"));
	}
}
