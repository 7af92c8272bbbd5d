/* Starting, mounting, ejecting. */
#include "provision/appliance.h"

#include "base/scope.h"
#include "templates/disk_export.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4 };

/* Its kernel is told of drives of one size: tapes of any size fit in, and zeros follow them. */
static const uint64_t drive_size = 1ULL << 50;

struct slot {
	struct disk_export *drive;
	const struct appliance_fs *fs; /* NULL: empty */
	bool writable, writing;        /* the disk may be written; it is mounted for that */
	uint64_t used;                 /* when, for eviction */
	char device[16], root[8];
};

static struct {
	pthread_mutex_t lock; /* who is inside */
	bool forbidden;
	guestfs_h *g;
	struct slot slots[SLOTS];
	uint64_t clock;
	struct err failed; /* it did not start, or died: not tried again */
} the = {.lock = PTHREAD_MUTEX_INITIALIZER};

void appliance_forbid(void)
{
	the.forbidden = true;
}

bool appliance_is_there(struct err *e)
{
	if (the.forbidden) {
		err_set(e, ENOTSUP, "only native engines are used, as asked for");
		return false;
	}
	return lazy_guestfs_load(e) == 0;
}

int appliance_error(guestfs_h *g, struct err *e, const char *what)
{
	const char *text = guestfs_last_error(g);
	int code = guestfs_last_errno(g);

	return err_set(e, code > 0 ? code : EIO, "%s: %s", what, text ? text : "libguestfs failed");
}

/* ---- starting ---- */

static int add_drive(guestfs_h *g, struct slot *s, size_t i, struct err *e)
{
	char server[160], *list[] = {server, NULL};
	int r = disk_export_open(drive_size, &s->drive, e);

	if (r < 0)
		return r;
	snprintf(s->device, sizeof s->device, "/dev/sd%c", (char)('a' + i));
	snprintf(s->root, sizeof s->root, "/%zu", i);
	snprintf(server, sizeof server, "unix:%s", disk_export_socket(s->drive));
	disk_export_gate(s->drive, true);
	/* the format is named: nothing inside decides how it is read */
	r = guestfs_add_drive_opts(g, "", GUESTFS_DRIVE_FORMAT, "raw", GUESTFS_DRIVE_PROTOCOL,
				   "nbd", GUESTFS_DRIVE_SERVER, list, GUESTFS_DRIVE_CACHE, "unsafe",
				   GUESTFS_DRIVE_DISCARD, "besteffort", GUESTFS_DRIVE_END);
	return r < 0 ? appliance_error(g, e, "libguestfs") : 0;
}

static void stop(void)
{
	if (the.g) {
		guestfs_shutdown(the.g);
		guestfs_close(the.g);
	}
	the.g = NULL;
	for (size_t i = 0; i < SLOTS; i++) {
		disk_export_close(the.slots[i].drive);
		the.slots[i] = (struct slot){0};
	}
}

static int start(struct err *e)
{
	guestfs_h *g = guestfs_create();
	int r = 0;

	if (!g)
		return err_set(e, ENOMEM, "libguestfs: no handle");
	the.g = g;
	guestfs_set_error_handler(g, NULL, NULL);
	guestfs_set_autosync(g, 0);
	if (!getenv("LIBGUESTFS_BACKEND"))
		guestfs_set_backend(g, "direct");
	for (size_t i = 0; i < SLOTS && r == 0; i++)
		r = add_drive(g, &the.slots[i], i, e);
	if (r == 0 && guestfs_launch(g) < 0)
		r = appliance_error(g, e, "libguestfs's appliance did not start");
	for (size_t i = 0; i < SLOTS && r == 0; i++) {
		disk_export_hide(the.slots[i].drive);
		if (guestfs_mkmountpoint(g, the.slots[i].root) < 0)
			r = appliance_error(g, e, "libguestfs");
	}
	if (r < 0)
		stop();
	return r;
}

static int started(struct err *e)
{
	if (the.failed.code)
		return err_set(e, the.failed.code, "%s", the.failed.text);
	if (the.g)
		return 0;
	if (!appliance_is_there(&the.failed) || start(&the.failed) < 0) {
		if (e)
			*e = the.failed;
		return -the.failed.code;
	}
	return 0;
}

void appliance_stop(void)
{
	pthread_mutex_lock(&the.lock);
	stop();
	the.failed = (struct err){0};
	pthread_mutex_unlock(&the.lock);
}

/* ---- tapes ---- */

static void gates(bool open)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (open || the.slots[i].writable)
			disk_export_gate(the.slots[i].drive, open);
}

static struct slot *slot_of(const struct appliance_fs *f)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (the.slots[i].fs == f)
			return &the.slots[i];
	return NULL;
}

/* btrfs refuses the same UUID on two devices: a copy of what is in goes into its place. */
static struct slot *choose(const struct appliance_fs *f)
{
	struct slot *best = &the.slots[0];

	for (size_t i = 0; i < SLOTS; i++)
		if (the.slots[i].fs && strcmp(the.slots[i].fs->uuid, f->uuid) == 0)
			return &the.slots[i];
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &the.slots[i];

		if (!s->fs)
			return s;
		if (s->used < best->used)
			best = s;
	}
	return best;
}

/* Replaced files leave their old blocks behind, with old keys and ids in them: they are given back, and become zeros.
 * What is still in the journal, or is freed later by a thread of the kernel's, cannot be given back: unmounting ends both. */
static int forget_freed(const struct slot *s)
{
	if (guestfs_mount_options(the.g, s->fs->write_options, s->device, s->root) < 0)
		return -1;
	guestfs_fstrim(the.g, s->root, GUESTFS_DRIVE_END);
	return guestfs_umount(the.g, s->root);
}

static int take_out(struct slot *s, struct err *e)
{
	int r = 0;

	if (!s->fs)
		return 0;
	if (guestfs_umount(the.g, s->root) < 0 || (s->writing && forget_freed(s) < 0) ||
	    guestfs_blockdev_flushbufs(the.g, s->device) < 0)
		/* what it still holds back is lost with it */
		r = appliance_error(the.g, &the.failed, "unmounting");
	if (r < 0)
		err_set(e, -r, "%s", the.failed.text);
	disk_export_put(s->drive, NULL);
	s->fs = NULL;
	s->writable = s->writing = false;
	return r;
}

static int put_in(struct slot *s, const struct appliance_fs *f, bool write, struct err *e)
{
	disk_export_put(s->drive, f->disk);
	/* whatever was read of the tape before */
	if (guestfs_blockdev_flushbufs(the.g, s->device) < 0 ||
	    guestfs_mount_options(the.g, write ? f->write_options : f->read_options, s->device,
				  s->root) < 0) {
		int r = appliance_error(the.g, e, "mounting");

		disk_export_put(s->drive, NULL);
		return r;
	}
	s->fs = f;
	s->writable = !f->disk->readonly;
	s->writing = write;
	return 0;
}

static int insert(const struct appliance_fs *f, bool write, struct slot **out, struct err *e)
{
	struct slot *s = slot_of(f);
	int r = 0;

	/* writing is short, and ends with ejecting: what is in and not ours to write is mounted for reading */
	if (!s || write) {
		if (!s)
			s = choose(f);
		r = take_out(s, e);
		if (r == 0)
			r = put_in(s, f, write, e);
	}
	s->used = ++the.clock;
	*out = s;
	return r;
}

int appliance_enter(const struct appliance_fs *f, bool write, guestfs_h **g, const char **root,
		    struct err *e)
{
	struct slot *s = NULL;
	int r;

	pthread_mutex_lock(&the.lock);
	r = started(e);
	if (r == 0) {
		gates(true);
		r = insert(f, write, &s, e);
	}
	if (r < 0) {
		appliance_leave();
		return r;
	}
	*g = the.g;
	*root = s->root;
	return 0;
}

void appliance_leave(void)
{
	if (the.g)
		gates(false);
	pthread_mutex_unlock(&the.lock);
}

int appliance_eject(const struct appliance_fs *f, struct err *e)
{
	struct slot *s;
	int r = 0;

	pthread_mutex_lock(&the.lock);
	s = the.g ? slot_of(f) : NULL;
	if (s) {
		gates(true);
		r = take_out(s, e);
	}
	appliance_leave();
	return r;
}
