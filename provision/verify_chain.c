/* The disks: each base with its digest, each clone's image, and what it stands on. */
#include "provision/verify_parts.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/disk_format.h"
#include "templates/disk_id.h"
#include "templates/disk_qcow2.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

enum { RECORD_MAX = 1 << 20 };

/* ---- bases ---- */

static int open_base_disk(struct verify_fleet *f, struct verify_base *b, const json_t *row,
			  struct err *e)
{
	const char *path = json_get_text(row, "file"), *sha256 = json_get_text(row, "sha256");
	SCOPED(close_at) int fd = -1;
	char hex[65];
	int r;

	if (!path || !sha256 || b->n == VERIFY_DISKS)
		return err_set(e, EINVAL, "base/%s.json: not a base's record", b->digest);
	fd = sys_open_beneath(f->dir, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, fd, "%s", path);
	r = verify_digest(fd, hex, e);
	if (r == 0 && !str_eq(hex, sha256))
		verify_wrong(
			f->subject, VERIFY_BASE_DIGEST,
			"%s was altered since it was made (SHA-256 %.16s..., recorded %.16s...)",
			path, hex, sha256);
	if (r == 0)
		r = disk_raw_fd(TAKE_FD(fd), true, &b->files[b->n], e);
	if (r == 0)
		r = qcow2_open(b->files[b->n], NULL, &b->disks[b->n], e);
	b->names[b->n] = arena_dup(&b->mem, path);
	b->n += b->files[b->n] != NULL;
	return r < 0 ? err_in(e, r, "%s", path) : 0;
}

bool verify_base_open(struct verify_fleet *f, struct verify_base *b)
{
	const char *path = arena_printf(&b->mem, "base/%s.json", b->digest);
	json_t *record = NULL, *disks;
	struct err e = {0};
	int r = json_read_beneath(f->dir, path, RECORD_MAX, &record, &e);

	disks = json_object_get(record, "disks");
	if (r == 0 && !str_eq(json_get_text(record, "digest"), b->digest))
		r = err_set(&e, EINVAL, "%s: the record of another base", path);
	for (size_t i = 0; r == 0 && i < json_array_size(disks); i++)
		r = open_base_disk(f, b, json_array_get(disks, i), &e);
	json_decref(record);
	if (r == 0)
		r = guest_open(&b->guest, &b->mem, b->disks, b->n, &e);
	if (r == 0)
		guest_facts(b->guest);
	else
		verify_wrong(f->subject, VERIFY_BASE_DIGEST, "%s", e.text);
	return r == 0;
}

void verify_base_close(struct verify_base *b)
{
	guest_close(b->guest);
	for (size_t i = 0; i < b->n; i++) {
		disk_close(b->disks[i]);
		disk_close(b->files[i]);
	}
	arena_fini(&b->mem);
}

/* ---- a clone's disks ---- */

/* Which of the base's disks a linked image stands on; NULL with a finding when it is none. */
static struct disk *backing_of(struct verify_clone *c, const char *file,
			       const struct qcow2_backing *b)
{
	for (size_t i = 0; c->base && i < c->base->n; i++) {
		const char *want = arena_printf(&c->mem, "../%s", c->base->names[i]);

		if (!str_eq(b->name, want))
			continue;
		if (!str_eq(b->format, "qcow2"))
			verify_wrong(c->subject, VERIFY_CHAIN,
				     "%s: its backing format is '%s', not qcow2", file, b->format);
		if (i != c->ndisks)
			verify_wrong(c->subject, VERIFY_CHAIN, "%s stands on the base of disk %zu",
				     file, i);
		return c->base->disks[i];
	}
	verify_wrong(c->subject, VERIFY_CHAIN,
		     "%s: its backing file is '%s', which is no base of this fleet's ledger", file,
		     b->name);
	return NULL;
}

static int open_image(struct verify_clone *c, const char *name, struct disk *file,
		      struct disk **out, struct err *e)
{
	struct qcow2_backing b = {0};
	struct disk *below = NULL;
	enum disk_format f;
	int r = disk_format_sniff(file, &f, e);

	if (r == 0 && f != DISK_QCOW2)
		return disk_image_open(file, f, NULL, out, e);
	if (r == 0)
		r = qcow2_backing(file, &b, e);
	if (r == 0 && b.name[0]) {
		below = backing_of(c, name, &b);
		if (!below)
			return -ENOENT;
	}
	c->linked[c->ndisks] = below != NULL;
	return r < 0 ? r : qcow2_open(file, below, out, e);
}

/* What the recipe asks for: a linked disk has a base, a full one none. */
static void check_mode(struct verify_clone *c, const char *name, struct disk *file)
{
	const json_t *disk = json_object_get(json_object_get(c->identity, "recipe"), "disk");
	const char *mode = json_get_text(disk, "mode");
	struct qcow2_backing b = {0};
	enum disk_format f;

	if (disk_format_sniff(file, &f, NULL) < 0 ||
	    (f == DISK_QCOW2 && qcow2_backing(file, &b, NULL) < 0))
		return;
	if (mode && str_eq(mode, "linked") != (b.name[0] != 0))
		verify_wrong(c->subject, VERIFY_CHAIN, "%s: the ledger says %s, and it has %s base",
			     name, mode, b.name[0] ? "a" : "no");
}

/* As large as the template's, or as the recipe has it; and as the ledger says, which older versions left open. */
static void check_size(struct verify_clone *c, const char *name, size_t i)
{
	const json_t *disk = json_object_get(json_object_get(c->identity, "recipe"), "disk");
	const json_t *row = json_array_get(json_object_get(c->record, "disks"), i);
	const json_t *listed = json_object_get(row, "size");
	const json_t *grown =
		json_object_get(json_object_get(disk, "grow"), arena_printf(&c->mem, "%zu", i));
	uint64_t size = c->disks[i]->size, want = (uint64_t)json_integer_value(listed);

	if (listed && size != want)
		verify_wrong(c->subject, VERIFY_CHAIN,
			     "%s: %" PRIu64 " bytes for the guest, the ledger says %" PRIu64, name,
			     size, want);
	if (!grown && (!c->base || i >= c->base->n))
		return;
	want = grown ? (uint64_t)json_integer_value(grown) : c->base->disks[i]->size;
	if (size != want)
		verify_wrong(c->subject, VERIFY_CHAIN,
			     "%s: %" PRIu64 " bytes for the guest, %s %" PRIu64, name, size,
			     grown ? "grown it has" : "the template has", want);
}

/* VirtualBox and Hyper-V know a disk by an id inside it. */
void verify_image_id(struct verify_clone *c, const char *name, struct disk *file, const json_t *row)
{
	const char *listed = json_get_text(row, "image_id");
	char text[UUID_TEXT];
	enum disk_format f;
	struct err e = {0};
	struct uuid id;

	if (disk_format_sniff(file, &f, NULL) < 0 || !disk_has_ids(f))
		return;
	if (disk_id_read(file, f, id.bytes, &e) < 0) {
		verify_wrong(c->subject, VERIFY_CHAIN, "%s: %s", name, e.text);
		return;
	}
	uuid_format(&id, text);
	if (!str_eq(text, listed))
		verify_wrong(c->subject, VERIFY_CHAIN, "%s: its own id is %s, the ledger says %s",
			     name, text, listed ? listed : "nothing");
}

static int open_one(struct verify_clone *c, const char *name, struct err *e)
{
	SCOPED(close_at) int fd = sys_open_beneath(c->dir, name, O_RDONLY | O_NONBLOCK, 0);
	size_t i = c->ndisks;
	int r;

	if (fd < 0)
		return err_sys(e, fd, "%s", name);
	r = disk_raw_fd(TAKE_FD(fd), true, &c->files[i], e);
	if (r == 0)
		r = open_image(c, name, c->files[i], &c->disks[i], e);
	c->ndisks += c->files[i] != NULL;
	if (r == 0) {
		check_mode(c, name, c->files[i]);
		check_size(c, name, i);
		verify_image_id(c, name, c->files[i],
				json_array_get(json_object_get(c->record, "disks"), i));
	}
	return r;
}

static int open_row(struct verify_clone *c, const json_t *row, struct err *e)
{
	const char *name = json_get_text(row, "file");
	int r;

	if (!name)
		return err_set(e, EINVAL, "a disk without a file");
	if (json_is_true(json_object_get(row, "extra")))
		r = verify_extra_open(c, name, row, e);
	else if (c->nextra)
		r = err_set(e, EINVAL, "a disk of the template behind blank ones");
	else
		r = open_one(c, name, e);
	if (r < 0 && e->code)
		verify_wrong(c->subject, VERIFY_CHAIN, "%s: %s", name, e->text);
	return r;
}

/* As many as the template has, and as many blank ones as were asked for. */
static void check_counts(struct verify_clone *c)
{
	const json_t *recipe = json_object_get(c->identity, "recipe");
	size_t extra = json_array_size(json_object_get(recipe, "extra-disks"));

	if (c->base && c->ndisks != c->base->n)
		verify_wrong(c->subject, VERIFY_CHAIN, "%zu disks where the template has %zu",
			     c->ndisks, c->base->n);
	if (c->identity && c->nextra != extra)
		verify_wrong(c->subject, VERIFY_CHAIN, "%zu blank disks where the recipe has %zu",
			     c->nextra, extra);
}

void verify_chain_open(struct verify_clone *c)
{
	const json_t *disks = json_object_get(c->record, "disks");
	struct err e = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(disks) && i < VERIFY_DISKS; i++)
		r = open_row(c, json_array_get(disks, i), &e);
	if (r < 0)
		return;
	check_counts(c);
	if (c->ndisks)
		verify_holds(c->subject, VERIFY_CHAIN, "%zu disk%s", c->ndisks + c->nextra,
			     c->ndisks + c->nextra == 1 ? "" : "s");
	r = guest_open(&c->guest, &c->mem, c->disks, c->ndisks, &e);
	if (r < 0)
		verify_wrong(c->subject, VERIFY_STORAGE, "%s", e.text);
}

void verify_chain_close(struct verify_clone *c)
{
	guest_close(c->guest);
	for (size_t i = 0; i < c->ndisks + c->nextra; i++) {
		disk_close(c->disks[i]);
		disk_close(c->files[i]);
	}
	c->guest = NULL;
	c->ndisks = c->nextra = 0;
}
