/* References: what configuration says of disks, filesystems and network cards must be there. */
#include "provision/by_id.h"
#include "provision/verify_parts.h"

#include "provision/guest_parts.h"

#include "base/scope.h"
#include "base/str.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { TEXT_MAX = 1 << 20, SPEC_MAX = 200, UUID_LEN = 36 };

struct looking {
	struct guest *g;
	struct arena *a;
	struct verify_refs *out;
	const char *path;
	const json_t *disks; /* of the ledger, with their serial numbers; NULL: nobody knows them */
};

/* ---- what a text says ---- */

static const char *const prefixes[] = {"UUID=",
				       "PARTUUID=",
				       "LABEL=",
				       "PARTLABEL=",
				       "/dev/disk/by-uuid/",
				       "/dev/disk/by-partuuid/",
				       "/dev/disk/by-label/",
				       "/dev/disk/by-partlabel/",
				       BY_ID,
				       "/dev/mapper/"};

static bool is_name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '-' || c == '.' || c == '+' || c == ':';
}

static void add(struct looking *w, const char *spec)
{
	struct verify_refs *r = w->out;

	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->items[i].spec, spec) && str_eq(r->items[i].path, w->path))
			return;
	ARENA_GROW(w->a, r->items, r->n, r->room);
	r->items[r->n++] = (struct verify_ref){arena_dup(w->a, w->path), arena_dup(w->a, spec)};
}

/* "UUID=true" and the like name nothing. */
static bool names_something(const char *prefix, const char *value)
{
	size_t n = strlen(value);

	if (!n || strchr(value, '$'))
		return false;
	if (!strstr(prefix, "UUID=") && !strstr(prefix, "uuid/"))
		return !str_eq(value, "control");
	return n >= 9 && strspn(value, "0123456789abcdefABCDEF-") == n;
}

/* A disk by its serial number: a machine's are those that its description gives it. */
static void take_disk(struct looking *w, const struct by_id *b, const char *spec)
{
	const struct guest_facts *f = guest_facts(w->g);
	const char *device;

	if (!w->disks)
		return;
	w->out->looked++;
	for (size_t i = 0; i < json_array_size(w->disks) && i < f->ndisks; i++) {
		const char *serial = json_get_text(json_array_get(w->disks, i), "serial");

		if (!serial || !by_id_has_serial(b, serial))
			continue;
		device = arena_printf(w->a, "%s%u", f->disks[i].device, b->part);
		for (size_t k = 0; k < f->disks[i].nparts; k++)
			if (str_eq(f->disks[i].parts[k].device, device))
				return;
		if (!b->part)
			return;
	}
	add(w, spec);
}

static void take_spec(struct looking *w, const char *spec)
{
	struct by_id b = {0};

	/* where a disk is plugged in says nothing of identity */
	if (str_starts(spec, "/dev/disk/by-path/"))
		return;
	if (str_starts(spec, BY_ID))
		b = by_id_read(spec + strlen(BY_ID));
	if (b.kind == BY_ID_DISK) {
		take_disk(w, &b, spec);
		return;
	}
	w->out->looked++;
	if (guest_spec_volume(w->g, spec) == SIZE_MAX)
		add(w, spec);
}

/* prefix at text[at]: the value behind it. */
static void take_prefixed(struct looking *w, const char *text, size_t at, const char *prefix)
{
	char value[SPEC_MAX], spec[2 * SPEC_MAX];
	const char *from = text + at + strlen(prefix);
	size_t n = 0;

	if (at && prefix[0] != '/' && is_name_char(text[at - 1]))
		return;
	from += *from == '\\';
	from += *from == '"' || *from == '\'';
	while (n < sizeof value - 1 && is_name_char(from[n]))
		n++;
	memcpy(value, from, n);
	value[n] = '\0';
	if (!names_something(prefix, value))
		return;
	snprintf(spec, sizeof spec, "%s%s", prefix, value);
	take_spec(w, spec);
}

static bool is_known_uuid(struct guest *g, const char *uuid)
{
	const struct guest_facts *f = guest_facts(g);
	char bare[33];
	size_t n = 0;

	for (size_t i = 0; i < f->nfilesystems; i++)
		if (strcasecmp(f->filesystems[i].uuid, uuid) == 0)
			return true;
	for (size_t i = 0; i < f->ndisks; i++) {
		if (strcasecmp(f->disks[i].id, uuid) == 0)
			return true;
		for (size_t k = 0; k < f->disks[i].nparts; k++)
			if (strcasecmp(f->disks[i].parts[k].id, uuid) == 0)
				return true;
	}
	for (const char *p = uuid; *p && n < 32; p++)
		if (*p != '-')
			bare[n++] = *p;
	bare[n] = '\0';
	return strcasecmp(bare, f->machine_id) == 0;
}

/* The same 32 digits, with and without colons. */
static bool same_digits(const char *a, const char *b)
{
	do {
		a += strspn(a, ":");
		b += strspn(b, ":");
		if ((*a | 32) != (*b | 32))
			return false;
	} while (*a++ && *b++);
	return true;
}

/* "01234567:89abcdef:01234567:89abcdef", or GRUB's "mduuid/" and the digits. */
static bool is_known_array(struct guest *g, const char *id)
{
	const struct guest_facts *f = guest_facts(g);

	for (size_t i = 0; i < f->narrays; i++) {
		if (same_digits(f->arrays[i].id, id))
			return true;
		for (size_t k = 0; k < f->arrays[i].nmembers; k++)
			if (same_digits(f->arrays[i].members[k].id, id))
				return true;
	}
	return false;
}

static void take_array(struct looking *w, const char *text, size_t n)
{
	const char *word = arena_dupn(w->a, text, n);

	w->out->looked++;
	if (!is_known_array(w->g, word))
		add(w, word);
}

/* The n hex digits at at end in the first eight of an array's id; how far it reaches, 0 when they do not. */
static size_t take_md(struct looking *w, const char *text, size_t len, size_t at, size_t n)
{
	struct uuid u;
	char digits[33];
	size_t from;

	if (n < 8 || text[at + n] != ':' || (n > 8 && text[at + n - 9] != '-'))
		return 0;
	from = at + n - 8;
	if (len - from < MD_UUID_TEXT - 1 || uuid_has(text[from + MD_UUID_TEXT - 1]))
		return 0;
	for (size_t i = 0; i < 4; i++)
		memcpy(digits + 8 * i, text + from + 9 * i, 8);
	digits[32] = '\0';
	if (text[from + 17] != ':' || text[from + 26] != ':' || uuid_parse(digits, &u) < 0)
		return 0;
	take_array(w, text + from, MD_UUID_TEXT - 1);
	return n - 8 + MD_UUID_TEXT - 1;
}

/* A UUID that stands anywhere: GRUB's search, menu entries, units, rules. */
static size_t take_uuid(struct looking *w, const char *text, size_t len, size_t at)
{
	char word[UUID_LEN + 1];
	struct uuid u;
	size_t n = 0;

	while (at + n < len && uuid_has(text[at + n]))
		n++;
	if (take_md(w, text, len, at, n))
		return n - 8 + MD_UUID_TEXT - 1;
	/* "by-uuid-c1a5...": a d and a dash before it */
	if (n < UUID_LEN || (n > UUID_LEN && text[at + n - UUID_LEN - 1] != '-'))
		return n;
	memcpy(word, text + at + n - UUID_LEN, UUID_LEN);
	word[UUID_LEN] = '\0';
	if (word[8] != '-' || uuid_parse(word, &u) < 0)
		return n;
	w->out->looked++;
	if (!is_known_uuid(w->g, word))
		add(w, word);
	return n;
}

/* In place: units write "-" as "\x2d". */
static size_t unescape(char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (len - i >= 4 && memcmp(text + i, "\\x2d", 4) == 0) {
			text[n++] = '-';
			i += 3;
		} else {
			text[n++] = text[i];
		}
	text[n] = '\0';
	return n;
}

static void take_line(struct looking *w, const char *line, size_t len)
{
	char *text = arena_dupn(w->a, line, len);

	while (len && (*text == ' ' || *text == '\t'))
		text++, len--;
	/* GRUB's device.map: drives of whoever installed it, and nothing boots by them. */
	if (*text == '#' || str_starts(text, "(hd"))
		return;
	len = unescape(text, len);
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		for (const char *at = text; (at = strstr(at, prefixes[i])); at++)
			take_prefixed(w, text, (size_t)(at - text), prefixes[i]);
	for (const char *at = text; (at = strstr(at, "mduuid/")); at++)
		if (strspn(at + 7, "0123456789abcdefABCDEF") == 32)
			take_array(w, at + 7, 32);
	for (size_t at = 0; at < len;)
		at += uuid_has(text[at]) ? take_uuid(w, text, len, at) : 1;
}

static void take_fstab(struct looking *w, const char *text, size_t len)
{
	struct fstab_entry *entries;
	size_t n;

	fstab_parse(w->a, text, len, &entries, &n);
	for (size_t i = 0; i < n; i++)
		if (str_starts(entries[i].spec, "/dev/"))
			take_spec(w, entries[i].spec);
}

/* ---- which texts ---- */

static void take_file(struct looking *w, const char *path)
{
	size_t len = 0, n;
	const char *text = guest_text(w->g, w->a, path, TEXT_MAX, &len), *line,
		   *name = strrchr(path, '/');

	w->path = path;
	take_line(w, name, strlen(name));
	if (!text || !text_is_plain(text, len))
		return;
	if (str_eq(path, "/etc/fstab"))
		take_fstab(w, text, len);
	while (str_line(&text, &line, &n))
		take_line(w, line, n);
}

/* Places where ids of storage stand; those of the network have UUIDs of connections. */
static bool holds_refs(const struct place *p)
{
	return !p->privacy &&
	       (p->editor == EDIT_REFS || p->editor == EDIT_GRUBENV || p->editor == EDIT_MDADM ||
		p->editor == EDIT_RENAME || str_eq(p->id, "udev-rules"));
}

void verify_refs_gather(struct guest *g, struct arena *a, const json_t *disks,
			struct verify_refs *out)
{
	struct looking w = {.g = g, .a = a, .out = out, .disks = disks};

	for (size_t i = 0; i < places_count(); i++) {
		const struct place *p = places_at(i);

		for (size_t k = 0; holds_refs(p) && k < ARRAY_SIZE(p->paths) && p->paths[k]; k++) {
			struct guest_list paths = {0};

			guest_glob(g, a, p->paths[k], &paths);
			for (size_t f = 0; f < paths.n; f++)
				take_file(&w, paths.items[f]);
		}
	}
}

static bool was_so(const struct verify_base *b, const char *spec)
{
	for (size_t i = 0; b && i < b->refs.n; i++)
		if (strcasecmp(b->refs.items[i].spec, spec) == 0)
			return true;
	return false;
}

void verify_refs_storage(struct verify_clone *c)
{
	struct verify_refs refs = {0};
	size_t before = 0;

	if (!c->guest || !guest_facts(c->guest)->linux_found) {
		verify_skip(c->subject, VERIFY_REFS_STORAGE, "no Linux was found in it");
		return;
	}
	verify_refs_gather(c->guest, &c->mem, json_object_get(c->record, "disks"), &refs);
	for (size_t i = 0; i < refs.n; i++) {
		/* what led nowhere in the template is the template's affair */
		if (was_so(c->base, refs.items[i].spec)) {
			before++;
			continue;
		}
		verify_wrong(c->subject, VERIFY_REFS_STORAGE,
			     "%s: %s is on no disk of this machine%s", refs.items[i].path,
			     refs.items[i].spec,
			     c->ndisks > 1 && by_id_is_disk(refs.items[i].spec) ? ": " BY_ID_UNTOLD
										: "");
	}
	verify_holds(c->subject, VERIFY_REFS_STORAGE,
		     before ? "%zu references; %zu led nowhere in the template, too"
			    : "%zu references",
		     refs.looked, before);
}

/* ---- the network ---- */

static bool in_list(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *v = json_string_value(json_array_get(list, i));

		if (v && strcasecmp(v, text) == 0)
			return true;
	}
	return false;
}

static bool is_promised(const struct verify_clone *c, const char *mac)
{
	const json_t *changes = json_object_get(c->identity, "changes"), *row;
	size_t i;

	json_array_foreach((json_t *)changes, i, row)
	{
		const char *to = json_get_text(row, "new"), *was = json_get_text(row, "old");
		bool kept = str_eq(json_get_text(row, "action"), "kept");

		if (str_eq(json_get_text(row, "kind"), "mac") &&
		    ((to && strcasecmp(to, mac) == 0) ||
		     (kept && was && strcasecmp(was, mac) == 0)))
			return true;
	}
	return false;
}

void verify_refs_network(struct verify_clone *c)
{
	const json_t *macs = json_object_get(c->record, "macs");
	const struct guest_facts *f = c->guest ? guest_facts(c->guest) : NULL;

	if (!f || !f->linux_found || !macs) {
		verify_skip(c->subject, VERIFY_REFS_NETWORK,
			    macs ? "no Linux was found in it" : "no ledger names its addresses");
		return;
	}
	for (size_t i = 0; i < f->nmacs; i++)
		if (!in_list(macs, f->macs[i].text) && !is_promised(c, f->macs[i].text))
			verify_wrong(c->subject, VERIFY_REFS_NETWORK,
				     "%s: %s is no address of this machine's", f->macs[i].path,
				     f->macs[i].text);
	verify_holds(c->subject, VERIFY_REFS_NETWORK, "%zu addresses", f->nmacs);
}
