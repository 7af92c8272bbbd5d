/* The ledger against itself, against identity.json and against the files in the folder. */
#include "provision/verify_parts.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "provision/ledger.h"
#include "provision/seen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 10000, PART = 1 << 18 };

/* ---- no identity twice ---- */

static void once(struct verify_fleet *f, struct seen *seen, const char *kind, const char *value,
		 const char *owner)
{
	const char *was;

	if (!value || !*value || str_eq(value, "dhcp"))
		return;
	was = seen_add(seen, arena_printf(seen->a, "%s %s", kind, value), owner);
	if (was)
		verify_wrong(f->subject, VERIFY_LEDGER_UNIQUE, "%s %s is %s's and %s's", kind,
			     value, was, owner);
}

static void once_each(struct verify_fleet *f, struct seen *seen, const char *kind,
		      const json_t *list, const char *owner)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		once(f, seen, kind, json_string_value(json_array_get(list, i)), owner);
}

void verify_ledger_unique(struct verify_fleet *f)
{
	static const char *const keys[] = {"name",        "hostname", "machine_id",
					   "smbios_uuid", "vmgenid",  "instance_id"};
	const json_t *clones = json_object_get(f->ledger, "clones"), *record;
	struct arena a = {0};
	struct seen seen = {.a = &a};
	size_t i;

	json_array_foreach((json_t *)clones, i, record)
	{
		const char *name = json_get_text(record, "name");
		const json_t *disks = json_object_get(record, "disks");

		if (!name)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			once(f, &seen, keys[k], json_get_text(record, keys[k]), name);
		once_each(f, &seen, "mac", json_object_get(record, "macs"), name);
		once_each(f, &seen, "address", json_object_get(record, "addresses"), name);
		once_each(f, &seen, "host key", json_object_get(record, "ssh_host_keys"), name);
		for (size_t k = 0; k < json_array_size(disks); k++) {
			const json_t *d = json_array_get(disks, k);

			once(f, &seen, "disk serial", json_get_text(d, "serial"), name);
			once(f, &seen, "image id", json_get_text(d, "image_id"), name);
		}
	}
	verify_holds(f->subject, VERIFY_LEDGER_UNIQUE, "%zu values", seen.count);
	arena_fini(&a);
}

/* ---- identity.json ---- */

static char *compact(const json_t *v)
{
	char *text = v ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	return text ? text : xstrdup("(nothing)");
}

static void differs(struct verify_clone *c, const char *key, const json_t *listed,
		    const json_t *own)
{
	SCOPED(free_at) char *a = compact(listed);
	SCOPED(free_at) char *b = compact(own);

	verify_wrong(c->subject, VERIFY_LEDGER_RECORD,
		     "%s: %.100s in fleet.json, %.100s in identity.json", key, a, b);
}

/* Ids that stay on purpose. */
static void add_exceptions(struct verify_clone *c)
{
	const json_t *changes = json_object_get(c->identity, "changes"), *row;
	size_t i;

	json_array_foreach((json_t *)changes, i, row)
	{
		const char *action = json_get_text(row, "action"),
			   *kind = json_get_text(row, "kind"), *where = json_get_text(row, "where"),
			   *was = json_get_text(row, "old"), *reason = json_get_text(row, "reason");

		if (kind && where && (str_eq(action, "kept") || str_eq(action, "refused")))
			verify_except(c->subject, kind, where, was ? was : "",
				      reason ? reason : "");
	}
}

void verify_ledger_record(struct verify_clone *c)
{
	const json_t *own = json_object_get(c->identity, "clone"), *v;
	const char *schema = json_get_text(c->identity, "schema"), *key,
		   *recipe = json_get_text(c->record, "recipe");
	const json_t *recipes = c->f ? json_object_get(c->f->ledger, "recipes") : NULL;

	if (!c->identity)
		return;
	if (!schema || !str_eq(schema, "vmint.identity/1") || !own) {
		verify_wrong(c->subject, VERIFY_LEDGER_RECORD,
			     "identity.json is no vmint.identity/1");
		return;
	}
	add_exceptions(c);
	json_object_foreach((json_t *)c->record, key, v)
	{
		const json_t *mine = json_object_get(own, key);

		if (!mine || !json_equal(v, mine))
			differs(c, key, v, mine);
	}
	json_object_foreach((json_t *)own, key, v) if (!json_object_get(c->record, key))
		differs(c, key, NULL, v);
	if (recipes && recipe &&
	    !json_equal(json_object_get(recipes, recipe), json_object_get(c->identity, "recipe")))
		differs(c, "recipe", json_object_get(recipes, recipe),
			json_object_get(c->identity, "recipe"));
	if (c->f && !json_equal(json_object_get(c->f->ledger, "key_id"),
				json_object_get(c->identity, "key_id")))
		differs(c, "key_id", json_object_get(c->f->ledger, "key_id"),
			json_object_get(c->identity, "key_id"));
	verify_holds(c->subject, VERIFY_LEDGER_RECORD, "%s", "");
}

/* ---- the files ---- */

int verify_digest(int fd, char hex[65], struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(PART);
	struct digest d;
	uint8_t raw[32];
	uint64_t at = 0;
	ssize_t got = 1;
	int r = digest_init(&d, DIGEST_SHA256, e);

	while (r == 0 && got > 0) {
		got = sys_pread(fd, buf, PART, at);
		if (got > 0)
			r = digest_add(&d, buf, (size_t)got, e);
		else if (got < 0)
			r = err_sys(e, (int)got, "reading");
		at += got > 0 ? (uint64_t)got : 0;
	}
	if (r == 0)
		r = digest_final(&d, raw, e);
	digest_fini(&d);
	if (r == 0)
		hex_format(raw, 32, hex);
	return r;
}

static void check_file(struct verify_clone *c, const json_t *row)
{
	const char *name = json_get_text(row, "file"), *sha256 = json_get_text(row, "sha256");
	SCOPED(close_at) int fd = -1;
	struct err e = {0};
	char hex[65];
	struct stat st;
	int r;

	if (!name) {
		verify_wrong(c->subject, VERIFY_LEDGER_FILES, "a file without a name is listed");
		return;
	}
	fd = sys_open_beneath(c->dir, name, O_RDONLY | O_NONBLOCK, 0);
	r = fd < 0 ? fd : sys_fstat(fd, &st);
	if (r < 0)
		verify_wrong(c->subject, VERIFY_LEDGER_FILES, "%s: %s", name, err_word(r));
	else if (st.st_size != json_integer_value(json_object_get(row, "size")))
		verify_wrong(c->subject, VERIFY_LEDGER_FILES, "%s: %lld bytes, listed with %lld",
			     name, (long long)st.st_size,
			     (long long)json_integer_value(json_object_get(row, "size")));
	else if (sha256 && verify_digest(fd, hex, &e) < 0)
		verify_wrong(c->subject, VERIFY_LEDGER_FILES, "%s: %s", name, e.text);
	else if (sha256 && !str_eq(hex, sha256))
		verify_wrong(c->subject, VERIFY_LEDGER_FILES,
			     "%s: not what was written (SHA-256 %.16s..., listed %.16s...)", name,
			     hex, sha256);
}

static bool is_listed(const json_t *files, const char *name)
{
	for (size_t i = 0; i < json_array_size(files); i++)
		if (str_eq(json_get_text(json_array_get(files, i), "file"), name))
			return true;
	return str_eq(name, IDENTITY_FILE);
}

/* What a run of the machine leaves: UEFI variables, logs. */
static bool may_be_there(const char *name)
{
	return str_eq(name, "efivars.fd") || str_ends(name, ".log") || str_ends(name, ".pid") ||
	       str_ends(name, ".sock");
}

void verify_ledger_files(struct verify_clone *c)
{
	const json_t *files = json_object_get(c->record, "files");
	struct strbuf names = {0};

	for (size_t i = 0; i < json_array_size(files); i++)
		check_file(c, json_array_get(files, i));
	if (sys_list(c->dir, &names, FILES_MAX) == 0)
		for (const char *n = strbuf_str(&names); n < names.text + names.len;
		     n += strlen(n) + 1)
			if (!is_listed(files, n) && !may_be_there(n))
				verify_wrong(c->subject, VERIFY_LEDGER_FILES, "%s is not listed",
					     n);
	strbuf_fini(&names);
	verify_holds(c->subject, VERIFY_LEDGER_FILES, "%zu files", json_array_size(files));
}

/* ---- modes ---- */

void verify_file_modes(struct verify_clone *c)
{
	const json_t *files = json_object_get(c->record, "files");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(files); i++) {
		const char *name = json_get_text(json_array_get(files, i), "file");
		bool secret = name && (str_starts(name, "disk") || str_starts(name, "seed"));
		SCOPED(close_at) int fd = secret ? sys_open_beneath(c->dir, name, O_PATH, 0) : -1;
		struct stat st;

		/* a description of a disk holds no secret */
		if (fd < 0 || sys_fstat(fd, &st) < 0 ||
		    (str_ends(name, ".vmdk") && st.st_size < 4096))
			continue;
		n++;
		if (st.st_mode & 077)
			verify_wrong(c->subject, VERIFY_FILES_MODES,
				     "%s: mode %o: others can read the machine's keys in it", name,
				     (unsigned)st.st_mode & 07777);
	}
	verify_holds(c->subject, VERIFY_FILES_MODES, "%zu files", n);
}
