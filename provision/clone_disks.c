/* A clone's disks: a small qcow2 over the base, or a whole image. */
#include "provision/clone_write.h"
#include "provision/convert.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/disk_id.h"
#include "templates/disk_qcow2_write.h"
#include "templates/disk_vmdk_write.h"
#include "templates/disk_overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* ---- raw ---- */

static int put_run(int fd, const struct overlay_run *run)
{
	static const uint8_t zeros[OVERLAY_BLOCK];
	int r = -EOPNOTSUPP;

	if (!run->data)
		r = sys_punch(fd, run->off, run->len);
	return r < 0 ? sys_pwrite(fd, run->data ? run->data : zeros, run->len, run->off) : 0;
}

/* The expanded base's blocks, and what the clone changed over them. */
static int write_shared(int fd, const struct base_disk *d, struct disk *overlay, uint64_t *written,
			struct err *e)
{
	struct overlay_run run;
	int r = sys_truncate(fd, overlay->size);

	for (uint64_t at = 0; r == 0 && overlay_next(overlay, at, &run); at = run.off + run.len) {
		r = put_run(fd, &run);
		*written += run.data ? run.len : 0;
	}
	return r < 0 ? err_sys(e, r, "writing over %s", d->file) : 0;
}

/* True: fd shares all its blocks with the base. A filesystem may refuse the next share (btrfs, XFS: their counts of
 * owners are full); what it may have begun with goes again. */
static bool share(struct clone_writing *w, int fd, size_t i)
{
	if (i >= w->b->ndisks || !w->b->disks[i].expanded)
		return false;
	if (sys_reflink(fd, w->b->disks[i].expansion) == 0)
		return true;
	sys_truncate(fd, 0);
	return false;
}

/* ---- vmdk ---- */

struct file_sink {
	int fd;
};

static int sink_write(void *ctx, const void *p, size_t n, struct err *e)
{
	int r = sys_write(((struct file_sink *)ctx)->fd, p, n);

	return r < 0 ? err_sys(e, r, "writing the disk") : 0;
}

/* Its CID and UUID are the clone's own: VMware takes two disks with one for the same. */
static int write_vmdk(struct clone_writing *w, int fd, size_t i, struct disk *src, struct err *e)
{
	struct file_sink to = {fd};
	const struct vmdk_sink sink = {sink_write, &to};
	const char *ddb[3];
	struct vmdk_write_options o = {.threads = 1, .ddb = ddb, .ddb_count = ARRAY_SIZE(ddb)};
	struct strbuf id = {0};
	struct uuid u;
	int r = clone_disk_uuid(w->p, w->c, i, &u, e);

	if (r < 0)
		return r;
	for (size_t k = 0; k < sizeof u.bytes; k++)
		strbuf_printf(&id, "%02x%s", u.bytes[k], k == 7 ? "-" : k == 15 ? "" : " ");
	ddb[0] = arena_printf(&w->a, "ddb.adapterType = \"%s\"",
			      str_eq(w->p->disks[i].bus, "ide") ? "ide" : "lsilogic");
	ddb[1] = arena_printf(&w->a, "ddb.uuid = \"%s\"", strbuf_str(&id));
	ddb[2] = "ddb.virtualHWVersion = \"13\"";
	strbuf_fini(&id);
	/* 0 and ffffffff have meanings of their own. */
	o.cid = (be32(u.bytes) & 0x7fffffff) | 1;
	o.extent = w->p->disks[i].file;
	return vmdk_write(src, &o, &sink, e);
}

/* ---- one disk ---- */

static int write_linked(struct clone_writing *w, int fd, size_t i, struct disk *overlay,
			struct err *e)
{
	const struct qcow2_write_options o = {
		.backing = arena_printf(&w->a, "../%s", w->b->disks[i].file),
		.backing_format = "qcow2",
	};

	return qcow2_write_overlay(fd, overlay, &o, e);
}

static int write_whole(struct clone_writing *w, int fd, size_t i, struct disk *src, struct err *e)
{
	const struct qcow2_write_options o = {.cluster_bits = 16};

	if (str_eq(w->p->disks[i].format, "raw"))
		return base_write_raw(fd, src, e);
	if (str_eq(w->p->disks[i].format, "vmdk"))
		return write_vmdk(w, fd, i, src, e);
	return qcow2_write(fd, src, &o, e);
}

static int create(struct clone_writing *w, const char *name, struct err *e)
{
	int fd = sys_openat(w->dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);

	return fd < 0 ? err_sys(e, fd, "%s", name) : fd;
}

/* src: an overlay of the base, or a hole for a blank disk. */
static int fill_own(struct clone_writing *w, int fd, size_t i, struct disk *src, struct err *e)
{
	SCOPED(disk_close_at) struct disk *watched = disk_until(src, w->stop);
	const struct plan_disk *d = &w->p->disks[i];
	bool linked = w->p->spec->mode == DISKS_LINKED && !d->extra;
	uint64_t written = 0;
	int r;

	if (linked || !str_eq(d->format, "raw") || !share(w, fd, i)) {
		r = linked ? write_linked(w, fd, i, src, e) : write_whole(w, fd, i, watched, e);
		return r < 0 ? r : clone_list_file(w, d->file, fd, linked, e);
	}
	r = write_shared(fd, &w->b->disks[i], src, &written, e);
	return r < 0 ? r : clone_list_shared(w, d->file, fd, written, e);
}

static int write_own(struct clone_writing *w, size_t i, struct disk *src, struct err *e)
{
	const char *name = w->p->disks[i].file;
	SCOPED(close_at) int fd = create(w, name, e);
	int r = fd < 0 ? fd : fill_own(w, fd, i, src, e);

	if (r < 0)
		return r;
	r = sys_close(TAKE_FD(fd));
	return r < 0 ? err_sys(e, r, "%s", name) : 0;
}

/* ---- what qemu-img writes ---- */

/* The ids that it drew are replaced by the clone's. */
static int set_ids(struct clone_writing *w, int fd, size_t i, enum disk_format f, struct err *e)
{
	SCOPED(disk_close_at) struct disk *file = NULL;
	struct uuid image, content;
	struct disk_ids ids;
	int copy, r = clone_disk_uuid(w->p, w->c, i, &image, e);

	if (r == 0)
		r = identity_uuid(&w->p->key, w->c->name,
				  arena_printf(&w->a, "disk/%zu/content", i), 0, &content, e);
	if (r < 0)
		return r;
	memcpy(ids.image, image.bytes, sizeof ids.image);
	memcpy(ids.content, content.bytes, sizeof ids.content);
	copy = sys_dup(fd);
	r = copy < 0 ? err_sys(e, copy, "%s", w->p->disks[i].file)
		     : disk_raw_fd(copy, false, &file, e);
	return r < 0 ? r : disk_ids_write(file, f, &ids, e);
}

/* What qemu-img reads: the overlay over the base, or a blank disk. */
static int write_source(struct clone_writing *w, const char *name, size_t i, struct disk *src,
			struct err *e)
{
	const struct qcow2_write_options o = {.cluster_bits = 16};
	SCOPED(close_at) int fd = create(w, name, e);
	int r;

	if (fd < 0)
		return fd;
	r = w->p->disks[i].extra ? qcow2_write(fd, src, &o, e) : write_linked(w, fd, i, src, e);
	if (r < 0)
		return r;
	r = sys_close(TAKE_FD(fd));
	return r < 0 ? err_sys(e, r, "%s", name) : 0;
}

static int write_converted(struct clone_writing *w, size_t i, struct disk *src, enum disk_format f,
			   struct err *e)
{
	const struct plan_disk *d = &w->p->disks[i];
	const char *source = arena_printf(&w->a, ".disk%zu.qcow2", i);
	SCOPED(close_at) int fd = -1;
	int r = write_source(w, source, i, src, e);

	if (r == 0)
		r = convert_image(w->dir, source, d->file, f, d->size, w->stop, e);
	if (r < 0)
		return r;
	sys_unlinkat(w->dir, source, 0);
	fd = sys_openat(w->dir, d->file, O_RDWR | O_NOFOLLOW, 0);
	if (fd < 0)
		return err_sys(e, fd, "%s", d->file);
	r = sys_chmod(fd, 0600);
	r = r < 0 ? err_sys(e, r, "%s", d->file) : set_ids(w, fd, i, f, e);
	return r < 0 ? err_in(e, r, "%s", d->file) : clone_list_file(w, d->file, fd, false, e);
}

/* ---- all of them ---- */

static int write_disk(struct clone_writing *w, size_t i, struct disk *src, struct err *e)
{
	const struct plan_disk *d = &w->p->disks[i];
	enum disk_format f;

	return convert_writes(d->format, &f) ? write_converted(w, i, src, f, e)
					     : write_own(w, i, src, e);
}

int clone_write_disks(struct clone_writing *w, struct disk *const *overlays, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->b->ndisks; i++)
		r = write_disk(w, i, overlays[i], e);
	for (size_t i = w->b->ndisks; r == 0 && i < w->p->ndisks; i++) {
		SCOPED(disk_close_at) struct disk *blank = disk_hole(w->p->disks[i].size);

		r = write_disk(w, i, blank, e);
	}
	return r;
}
