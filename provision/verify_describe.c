/* The files beside the disks: descriptions of the machine, and what the fleet's neighbours read. */
#include "provision/verify_parts.h"

#include "provision/fleet.h"
#include "provision/guest_parts.h"
#include "provision/neighbours.h"
#include "provision/plan.h"
#include "provision/target.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/tar_write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

enum { DESCRIPTION_MAX = 8 << 20, UUID_LEN = 36 };

/* ---- one description ---- */

static bool is_mine(const json_t *v, const char *word)
{
	const json_t *m;
	const char *key;
	size_t i;

	if (json_is_string(v))
		return strcasecmp(json_string_value(v), word) == 0;
	if (json_is_array(v))
		json_array_foreach((json_t *)v, i, m) if (is_mine(m, word)) return true;
	if (json_is_object(v))
		json_object_foreach((json_t *)v, key, m) if (is_mine(m, word)) return true;
	return false;
}

static void check_macs(struct verify_clone *c, const char *file, const char *text, size_t len)
{
	const json_t *macs = json_object_get(c->record, "macs");
	size_t seen = 0;
	char mac[18];

	for (long at = -1; (at = mac_next(text, len, (size_t)(at + 1), mac)) >= 0;) {
		seen++;
		if (mac_is_machine(mac) && !is_mine(macs, mac))
			verify_wrong(c->subject, VERIFY_DESCRIPTION,
				     "%s: %s is no address of this machine's", file, mac);
	}
	for (size_t i = 0; seen && i < json_array_size(macs); i++) {
		const char *want = json_string_value(json_array_get(macs, i));

		if (want && !strcasestr(text, want))
			verify_wrong(c->subject, VERIFY_DESCRIPTION,
				     "%s: the address %s is missing", file, want);
	}
}

static void check_uuids(struct verify_clone *c, const char *file, const char *text)
{
	for (const char *at = text; *at;) {
		char word[UUID_LEN + 1];
		struct uuid u;
		size_t n = 0;

		while (uuid_has(at[n]))
			n++;
		if (n == UUID_LEN && at[8] == '-') {
			memcpy(word, at, UUID_LEN);
			word[UUID_LEN] = '\0';
			if (uuid_parse(word, &u) == 0 && !is_mine(c->record, word))
				verify_wrong(c->subject, VERIFY_DESCRIPTION,
					     "%s: %s is no id of this machine's", file, word);
		}
		at += n ? n : 1;
	}
}

/* libvirt's words for what the ledger says. */
static void check_libvirt(struct verify_clone *c, const char *file, const char *text)
{
	static const struct {
		const char *key, *before, *after;
	} rows[] = {
		{"name", "<name>", "</name>"},
		{"smbios_uuid", "<uuid>", "</uuid>"},
		{"vmgenid", "<genid>", "</genid>"},
	};
	const json_t *disks = json_object_get(c->record, "disks");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = json_get_text(c->record, rows[i].key);
		const char *want = arena_printf(&c->mem, "%s%s%s", rows[i].before,
						value ? value : "", rows[i].after);

		if (!strstr(text, want))
			verify_wrong(c->subject, VERIFY_DESCRIPTION, "%s: no %s in it", file, want);
	}
	for (size_t i = 0; i < json_array_size(disks); i++) {
		const json_t *d = json_array_get(disks, i);
		const char *name = json_get_text(d, "file"), *serial = json_get_text(d, "serial");
		const char *tail = arena_printf(&c->mem, "/%s/%s'", c->name, name ? name : "");

		if (!strstr(text, tail) || !serial || !strstr(text, serial))
			verify_wrong(c->subject, VERIFY_DESCRIPTION,
				     "%s: the disk %s is not in it, or with another serial", file,
				     name ? name : "");
	}
}

/* An OVA's first member is its descriptor. */
static int read_member(int fd, const char *name, struct strbuf *text)
{
	uint8_t head[TAR_BLOCK];
	char digits[12] = "";
	uint64_t size;
	ssize_t got = sys_pread(fd, head, sizeof head, 0);

	if (got != TAR_BLOCK || strncmp((char *)head, name, 100) != 0)
		return got < 0 ? (int)got : -EINVAL;
	memcpy(digits, head + 124, 11);
	if (!num_parse(digits, 8, &size) || size > DESCRIPTION_MAX)
		return -EINVAL;
	SCOPED(free_at) char *buf = xmalloc(size + 1);
	got = sys_pread(fd, buf, size, TAR_BLOCK);
	if (got < 0 || (uint64_t)got < size)
		return got < 0 ? (int)got : -EINVAL;
	strbuf_addn(text, buf, size);
	return 0;
}

static int read_text(int fd, const struct target *t, struct strbuf *text)
{
	if (t->descriptor)
		return read_member(fd, t->descriptor, text);
	return sys_read_all(fd, text, DESCRIPTION_MAX);
}

static void check_description(struct verify_clone *c, const struct target *t, const char *file)
{
	SCOPED(close_at) int fd = sys_open_beneath(c->dir, file, O_RDONLY | O_NONBLOCK, 0);
	struct strbuf text = {0};
	struct stat st;

	if (fd < 0 || read_text(fd, t, &text) < 0 || sys_fstat(fd, &st) < 0) {
		verify_wrong(c->subject, VERIFY_DESCRIPTION, "%s cannot be read", file);
	} else {
		check_macs(c, file, strbuf_str(&text), text.len);
		check_uuids(c, file, strbuf_str(&text));
		if (str_eq(t->name, "libvirt"))
			check_libvirt(c, file, strbuf_str(&text));
		if (st.st_mode & 022)
			verify_wrong(c->subject, VERIFY_DESCRIPTION,
				     "%s: mode %o: others can change it", file,
				     (unsigned)st.st_mode & 07777);
	}
	strbuf_fini(&text);
}

void verify_descriptions(struct verify_clone *c)
{
	const json_t *list = json_object_get(json_object_get(c->identity, "recipe"), "targets");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		const struct target *t = name ? target_find(name) : NULL;

		if (!t)
			continue;
		check_description(c, t, t->file);
		n++;
	}
	if (n)
		verify_holds(c->subject, VERIFY_DESCRIPTION, "%zu file%s", n, n == 1 ? "" : "s");
	else
		verify_skip(c->subject, VERIFY_DESCRIPTION, "nothing describes it");
}

/* ---- beside the clones ---- */

static void check_neighbour(void *ctx, const char *file, const char *text, size_t len)
{
	struct verify_fleet *f = ctx;
	SCOPED(close_at) int fd = sys_open_beneath(f->dir, file, O_RDONLY | O_NONBLOCK, 0);
	struct strbuf own = {0};
	int r;

	/* ssh_config names the folder, which may have moved */
	if (str_eq(file, "ssh_config"))
		return;
	r = fd < 0 ? fd : sys_read_all(fd, &own, 1 << 30);
	/* an older version did not make it, and the next run will */
	if (r < 0 && r != -ENOENT)
		verify_wrong(f->subject, VERIFY_FLEET_FILES, "%s: %s", file, err_word(r));
	else if (r == 0 && (own.len != len || memcmp(strbuf_str(&own), text, len) != 0))
		verify_wrong(f->subject, VERIFY_FLEET_FILES, "%s does not say what the ledger says",
			     file);
	strbuf_fini(&own);
}

static void check_key(struct verify_fleet *f)
{
	SCOPED(close_at) int fd = sys_open_beneath(f->dir, FLEET_KEY_FILE, O_PATH, 0);
	const char *path = arena_printf(&f->mem, "%s/%s", f->path, FLEET_KEY_FILE);
	const char *want = json_get_text(f->ledger, "key_id");
	struct identity_key key;
	struct err e = {0};
	char id[17];

	if (fd < 0) /* it was given with --key, and is elsewhere */
		return;
	if (fleet_read_key(path, &key, &e) < 0 || key_id(&key, id, &e) < 0)
		verify_wrong(f->subject, VERIFY_FLEET_FILES, "%s", e.text);
	else if (!str_eq(id, want))
		verify_wrong(f->subject, VERIFY_FLEET_FILES,
			     "%s is not the key the clones were made with", FLEET_KEY_FILE);
	explicit_bzero(&key, sizeof key);
}

void verify_fleet_files(struct verify_fleet *f)
{
	struct ledger l = {
		.a = &f->mem, .root = f->ledger, .clones = json_object_get(f->ledger, "clones")};

	check_key(f);
	neighbours_each(&l, "", check_neighbour, f);
	verify_holds(f->subject, VERIFY_FLEET_FILES, "%s", "");
}
