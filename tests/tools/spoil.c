/* Spoils one clone of a fleet in one way, for tests of vmint verify.
 *	spoil FLEET CLONE replace PATH OLD NEW      in a file of the guest
 *	spoil FLEET CLONE write PATH MODE TEXT      a file of the guest, made or replaced
 *	spoil FLEET CLONE copy FROM PATH            a file of the template into the clone
 *	spoil FLEET CLONE steal OTHER PATH          a file of another clone into this one
 *	spoil FLEET CLONE mode PATH MODE
 *	spoil FLEET CLONE remove PATH
 *	spoil FLEET CLONE slack PATH TEXT           behind the file's end, in its last block
 *	spoil FLEET CLONE journal TEXT              into the journal of the root filesystem
 *	spoil FLEET CLONE bytes OFFSET HEX          anywhere on the disk; a negative offset counts from its end
 *	spoil FLEET CLONE uuid DEVICE UUID          of a filesystem
 *	spoil FLEET CLONE guid DISK|PART UUID       of the GPT: "disk", or a partition's number
 *	spoil FLEET CLONE relist                    the ledger lists the files as they are now
 * All but the last relist disk0.qcow2, too: the spoiled disk is what the ledger says, and must be caught by its contents. */
#include "provision/ext_walk.h"
#include "provision/guest_parts.h"
#include "templates/disk_overlay.h"
#include "templates/disk_qcow2.h"
#include "templates/disk_qcow2_write.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct spoiling {
	struct arena a;
	const char *fleet, *clone;
	struct disk *base, *over; /* the clone's disk, to be written to */
	struct qcow2_backing backing;
	struct guest *guest;
};

static int open_file(const char *path, struct disk **out, struct err *e)
{
	return disk_raw_open(path, true, out, e);
}

/* What the clone's image holds, on an overlay of its base. */
static int copy_own(struct disk *file, struct disk *over, struct err *e)
{
	static uint8_t buf[1 << 16];
	SCOPED(disk_close_at) struct disk *hole = disk_hole(over->size);
	struct disk *map = NULL;
	int r = qcow2_open(file, hole, &map, e);

	for (uint64_t at = 0; r == 0 && at < map->size;) {
		struct extent x;

		r = disk_extent(map, map->size - at, at, &x, e);
		if (r == 0 && x.len > sizeof buf && x.kind != EXTENT_HOLE)
			x.len = sizeof buf;
		if (r == 0 && x.kind == EXTENT_ZERO)
			r = disk_zero(over, x.len, at, e);
		if (r == 0 && x.kind == EXTENT_DATA) {
			r = disk_pread(map, buf, (size_t)x.len, at, e);
			if (r == 0)
				r = disk_pwrite(over, buf, (size_t)x.len, at, e);
		}
		at += x.len;
	}
	disk_close(map);
	return r;
}

static int open_clone(struct spoiling *s, const char *clone, struct disk **base, struct disk **over,
		      struct err *e)
{
	const char *path = arena_printf(&s->a, "%s/%s/disk0.qcow2", s->fleet, clone);
	struct disk *file, *below;
	int r = open_file(path, &file, e);

	if (r == 0)
		r = qcow2_backing(file, &s->backing, e);
	if (r == 0)
		r = open_file(arena_printf(&s->a, "%s/%s/%s", s->fleet, clone, s->backing.name),
			      &below, e);
	if (r == 0)
		r = qcow2_open(below, NULL, base, e);
	if (r < 0)
		return r;
	*over = disk_overlay(*base);
	return copy_own(file, *over, e);
}

static int save(struct spoiling *s, struct err *e)
{
	const struct qcow2_write_options o = {.backing = s->backing.name,
					      .backing_format = s->backing.format};
	const char *path = arena_printf(&s->a, "%s/%s/disk0.qcow2", s->fleet, s->clone);
	SCOPED(close_at) int fd = sys_open(path, O_RDWR | O_TRUNC, 0600);

	return fd < 0 ? err_sys(e, fd, "%s", path) : qcow2_write_overlay(fd, s->over, &o, e);
}

/* ---- the ledger follows ---- */

static int relist_rows(struct spoiling *s, json_t *record, struct err *e)
{
	json_t *files = json_object_get(record, "files"), *row;
	size_t i;

	json_array_foreach(files, i, row)
	{
		const char *path = arena_printf(&s->a, "%s/%s/%s", s->fleet, s->clone,
						json_get_text(row, "file"));
		struct strbuf text = {0};
		uint8_t raw[32];
		char hex[65];
		int r = sys_read_file(path, &text, 1 << 30);

		if (r == 0)
			r = digest_of(DIGEST_SHA256, strbuf_str(&text), text.len, raw, e);
		if (r < 0)
			return err_set(e, -r, "%s", path);
		hex_format(raw, 32, hex);
		json_object_set_new(row, "size", json_integer((json_int_t)text.len));
		json_set_text(row, "sha256", hex);
		strbuf_fini(&text);
	}
	return 0;
}

static int relist_in(struct spoiling *s, const char *path, bool ledger, struct err *e)
{
	json_t *root = NULL, *row;
	struct strbuf text = {0};
	size_t i;
	int r = json_read_beneath(AT_FDCWD, path, 1 << 30, &root, e);

	if (r == 0 && !ledger)
		r = relist_rows(s, json_object_get(root, "clone"), e);
	if (r == 0 && ledger)
		json_array_foreach(json_object_get(root, "clones"), i,
				   row) if (str_eq(json_get_text(row, "name"), s->clone)) r =
			relist_rows(s, row, e);
	json_add(&text, root);
	if (r == 0)
		r = sys_write_whole(path, strbuf_str(&text), text.len, 0644);
	strbuf_fini(&text);
	return r;
}

static int relist(struct spoiling *s, struct err *e)
{
	int r = relist_in(s, arena_printf(&s->a, "%s/fleet.json", s->fleet), true, e);

	return r < 0 ? r
		     : relist_in(s, arena_printf(&s->a, "%s/%s/identity.json", s->fleet, s->clone),
				 false, e);
}

/* ---- in the guest ---- */

static int find(struct guest *g, const char *path, struct guest_spot *spot, struct err *e)
{
	int r;

	guest_facts(g);
	r = guest_find(g, path, true, spot);
	return r < 0 ? err_set(e, -r, "%s: not in the guest", path) : 0;
}

static const char *inside(struct spoiling *s, const struct guest_spot *folder, const char *name)
{
	return arena_printf(&s->a, "%s%s", str_eq(folder->inner, "/") ? "" : folder->inner, name);
}

/* The folder a path is in, made when it is not there. */
static int folder_of(struct spoiling *s, const char *path, struct guest_spot *spot, struct err *e)
{
	size_t len = strlen(path);

	for (size_t at = 1; at < len; at++) {
		const char *up, *folder = arena_dupn(&s->a, path, at);
		int r;

		if (path[at] != '/' || guest_has(s->guest, folder))
			continue;
		up = arena_dupn(&s->a, folder, (size_t)(strrchr(folder, '/') - folder));
		r = find(s->guest, *up ? up : "/", spot, e);
		if (r == 0)
			r = guest_fs_mkdir(spot->fs, inside(s, spot, strrchr(folder, '/')), 0755, 0,
					   0, e);
		if (r < 0)
			return r;
	}
	return find(s->guest, arena_dupn(&s->a, path, (size_t)(strrchr(path, '/') - path)), spot,
		    e);
}

static int put(struct spoiling *s, const char *path, unsigned mode, const char *data, size_t len,
	       struct err *e)
{
	struct guest_spot spot;
	int r = folder_of(s, path, &spot, e);

	return r < 0 ? r
		     : guest_fs_create(spot.fs, inside(s, &spot, strrchr(path, '/')), mode, 0, 0,
				       data, len, e);
}

static int get(struct spoiling *s, struct guest *g, const char *path, const char **data,
	       size_t *len, struct guest_stat *st, struct err *e)
{
	struct guest_spot spot;
	int r = find(g, path, &spot, e);

	*st = spot.st;
	return r < 0 ? r : guest_fs_read(spot.fs, &s->a, spot.inner, GUEST_FILE_MAX, data, len, e);
}

static int do_replace(struct spoiling *s, char **arg, struct err *e)
{
	struct strbuf text = {0};
	struct guest_stat st;
	const char *data, *at;
	size_t len, old = strlen(arg[1]);
	int r = get(s, s->guest, arg[0], &data, &len, &st, e);

	if (r < 0)
		return r;
	at = memmem(data, len, arg[1], old);
	if (!at)
		return err_set(e, ENOENT, "%s: '%s' is not in it", arg[0], arg[1]);
	strbuf_addn(&text, data, (size_t)(at - data));
	strbuf_add(&text, arg[2]);
	strbuf_addn(&text, at + old, len - old - (size_t)(at - data));
	r = put(s, arg[0], st.mode & 07777, text.text, text.len, e);
	strbuf_fini(&text);
	return r;
}

static int do_write(struct spoiling *s, char **arg, struct err *e)
{
	const char *text = arena_printf(&s->a, "%s\n", arg[2]);

	return put(s, arg[0], (unsigned)strtoul(arg[1], NULL, 8), text, strlen(text), e);
}

static int from_disk(struct spoiling *s, struct disk *d, const char *path, struct err *e)
{
	struct guest *g = NULL;
	struct guest_stat st;
	const char *data;
	size_t len;
	int r = guest_open(&g, &s->a, &d, 1, e);

	if (r == 0)
		r = get(s, g, path, &data, &len, &st, e);
	if (r == 0)
		r = put(s, path, st.mode & 07777, data, len, e);
	guest_close(g);
	return r;
}

static int do_copy(struct spoiling *s, char **arg, struct err *e)
{
	return from_disk(s, s->base, arg[0], e);
}

static int do_steal(struct spoiling *s, char **arg, struct err *e)
{
	struct disk *base, *over;
	int r = open_clone(s, arg[0], &base, &over, e);

	return r < 0 ? r : from_disk(s, over, arg[1], e);
}

static int do_mode(struct spoiling *s, char **arg, struct err *e)
{
	struct guest_stat st;
	const char *data;
	size_t len;
	int r = get(s, s->guest, arg[0], &data, &len, &st, e);

	return r < 0 ? r : put(s, arg[0], (unsigned)strtoul(arg[1], NULL, 8), data, len, e);
}

static int do_remove(struct spoiling *s, char **arg, struct err *e)
{
	struct guest_spot spot;
	int r = find(s->guest, arg[0], &spot, e);

	return r < 0 ? r : guest_fs_remove(spot.fs, spot.inner, true, e);
}

/* Where a file's content stands on the disk: at a block's start. */
static int do_slack(struct spoiling *s, char **arg, struct err *e)
{
	static char block[4096];
	struct guest_stat st;
	const char *data;
	size_t len;
	int r = get(s, s->guest, arg[0], &data, &len, &st, e);

	for (uint64_t at = 0; r == 0 && at + sizeof block <= s->over->size; at += sizeof block) {
		r = disk_pread(s->over, block, sizeof block, at, e);
		if (r == 0 && len < 2048 && memcmp(block, data, len) == 0 && !block[len])
			return disk_pwrite(s->over, arg[1], strlen(arg[1]), at + 2048, e);
	}
	return r < 0 ? r : err_set(e, ENOENT, "%s: its block was not found", arg[0]);
}

struct journal {
	struct disk *disk;
	unsigned block_size;
	const char *text;
};

static int in_journal(void *arg, const struct ext_piece *p, struct err *e)
{
	struct journal *j = arg;
	int r;

	if (p->node || p->count < 8)
		return 0;
	r = disk_pwrite(j->disk, j->text, strlen(j->text), (p->block + 7) * j->block_size + 100, e);
	return r < 0 ? r : 1;
}

static int do_journal(struct spoiling *s, char **arg, struct err *e)
{
	struct ext *x;
	struct journal j;
	struct ext_walk w = {.limit = EXT_RUNS_MAX, .visit = in_journal, .arg = &j};
	union ext_inode inode;
	int r;

	guest_facts(s->guest);
	x = (struct ext *)guest_volume(s->guest, s->guest->root);
	j = (struct journal){x->fs.disk, x->e2->blocksize, arg[0]};
	w.disk = x->fs.disk;
	w.block_size = x->e2->blocksize;
	w.blocks = ext2fs_blocks_count(x->e2->super);
	r = ext_inode_read(x, 8, &inode, "journal", e);
	if (r == 0)
		r = ext_walk_inode(&w, inode.bytes, e);
	return r == 1 ? 0 : r < 0 ? r : err_set(e, ENOENT, "no journal");
}

static int do_bytes(struct spoiling *s, char **arg, struct err *e)
{
	int64_t off = strtoll(arg[0], NULL, 0);
	uint8_t bytes[256];
	size_t n = strlen(arg[1]) / 2;

	for (size_t i = 0; i < n && i < sizeof bytes; i++)
		bytes[i] = (uint8_t)strtoul(arena_dupn(&s->a, arg[1] + 2 * i, 2), NULL, 16);
	return disk_pwrite(s->over, bytes, n,
			   off < 0 ? s->over->size - (uint64_t)-off : (uint64_t)off, e);
}

static int do_uuid(struct spoiling *s, char **arg, struct err *e)
{
	struct uuid u;

	guest_facts(s->guest);
	if (uuid_parse(arg[1], &u) < 0)
		return err_set(e, EINVAL, "%s: no UUID", arg[1]);
	for (size_t i = 0; i < s->guest->storage.nvolumes; i++)
		if (str_eq(s->guest->storage.volumes[i].device, arg[0]))
			return guest_fs_set_uuid(guest_volume(s->guest, i), &u, false, e);
	return err_set(e, ENOENT, "no %s", arg[0]);
}

static int do_guid(struct spoiling *s, char **arg, struct err *e)
{
	struct guest_disk *d = &s->guest->storage.disks[0];
	const struct uuid *parts[64] = {NULL};
	struct uuid disk, u;
	bool whole = str_eq(arg[0], "disk");

	if (uuid_parse(d->id, &disk) < 0 || uuid_parse(arg[1], &u) < 0)
		return err_set(e, EINVAL, "no GPT, or no UUID");
	for (size_t i = 0; !whole && i < d->nparts; i++)
		if (d->parts[i].number == strtoul(arg[0], NULL, 10))
			parts[i] = &u;
	return storage_set_ids(d, whole ? &u : &disk, parts, e);
}

static const struct verb {
	const char *name;
	int args;
	int (*run)(struct spoiling *s, char **arg, struct err *e);
} verbs[] = {
	{"replace", 3, do_replace}, {"write", 3, do_write},     {"copy", 1, do_copy},
	{"steal", 2, do_steal},     {"mode", 2, do_mode},       {"remove", 1, do_remove},
	{"slack", 2, do_slack},     {"journal", 1, do_journal}, {"bytes", 2, do_bytes},
	{"uuid", 2, do_uuid},       {"guid", 2, do_guid},
};

static int spoil(struct spoiling *s, const struct verb *v, char **arg, struct err *e)
{
	int r = open_clone(s, s->clone, &s->base, &s->over, e);

	if (r == 0)
		r = guest_open(&s->guest, &s->a, &s->over, 1, e);
	if (r == 0) {
		guest_facts(s->guest);
		r = v->run(s, arg, e);
	}
	for (size_t i = 0; r == 0 && i < s->guest->storage.nvolumes; i++)
		if (s->guest->fs[i])
			r = guest_fs_flush(s->guest->fs[i], e);
	if (r == 0)
		r = save(s, e);
	return r < 0 ? r : relist(s, e);
}

int main(int argc, char **argv)
{
	struct spoiling s = {.fleet = argc > 3 ? argv[1] : NULL,
			     .clone = argc > 3 ? argv[2] : NULL};
	struct err e = {0};
	int r = -EINVAL;

	if (argc > 3 && str_eq(argv[3], "relist"))
		r = relist(&s, &e);
	for (size_t i = 0; argc > 3 && i < ARRAY_SIZE(verbs); i++)
		if (str_eq(verbs[i].name, argv[3]) && argc - 4 == verbs[i].args)
			r = spoil(&s, &verbs[i], argv + 4, &e);
	if (r < 0)
		fprintf(stderr, "spoil: %s\n",
			e.text[0] ? e.text : "usage: see the top of spoil.c");
	return r < 0;
}
