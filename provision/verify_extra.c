/* Blank disks beside the guest's: as large as the ledger says, standing on nothing, with nothing on them. */
#include "provision/verify_parts.h"

#include "base/scope.h"
#include "base/sys.h"
#include "templates/disk_format.h"
#include "templates/disk_qcow2.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

enum { PIECE = 1 << 20 };

static int open_blank(struct verify_clone *c, const char *name, struct disk *file,
		      struct disk **out, struct err *e)
{
	struct qcow2_backing b = {0};
	enum disk_format f;
	int r = disk_format_sniff(file, &f, e);

	if (r == 0 && f == DISK_QCOW2)
		r = qcow2_backing(file, &b, e);
	if (r == 0 && b.name[0]) {
		verify_wrong(c->subject, VERIFY_CHAIN, "%s is a blank disk, and stands on '%s'",
			     name, b.name);
		return -ENOENT;
	}
	return r < 0 ? r : disk_image_open(file, f, NULL, out, e);
}

static int piece_is_blank(struct disk *d, uint8_t *buf, uint64_t at, uint64_t end, struct err *e)
{
	for (; at < end; at += PIECE) {
		size_t n = end - at < PIECE ? (size_t)(end - at) : PIECE;
		int r = disk_pread(d, buf, n, at, e);

		if (r < 0)
			return r;
		if (!bytes_are_zero(buf, n))
			return 0;
	}
	return 1;
}

/* 1, 0 or -errno. */
static int is_blank(struct disk *d, struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(PIECE);
	int r = 1;

	for (uint64_t at = 0; r == 1 && at < d->size;) {
		struct extent x = {0};
		int got = disk_extent(d, d->size - at, at, &x, e);

		if (got < 0)
			return got;
		if (x.kind == EXTENT_DATA)
			r = piece_is_blank(d, buf, at, at + x.len, e);
		at += x.len;
	}
	return r;
}

static void check_sizes(struct verify_clone *c, const char *name, const json_t *row, uint64_t size)
{
	const json_t *all = json_object_get(json_object_get(c->identity, "recipe"), "extra-disks");
	const json_t *asked = json_array_get(all, c->nextra);
	uint64_t listed = (uint64_t)json_integer_value(json_object_get(row, "size"));
	uint64_t want = (uint64_t)json_integer_value(json_object_get(asked, "size"));

	if (size != listed)
		verify_wrong(c->subject, VERIFY_CHAIN,
			     "%s: %" PRIu64 " bytes for the guest, the ledger says %" PRIu64, name,
			     size, listed);
	if (c->identity && size != want)
		verify_wrong(c->subject, VERIFY_CHAIN,
			     "%s: %" PRIu64 " bytes for the guest, the recipe says %" PRIu64, name,
			     size, want);
}

int verify_extra_open(struct verify_clone *c, const char *name, const json_t *row, struct err *e)
{
	SCOPED(close_at) int fd = sys_open_beneath(c->dir, name, O_RDONLY | O_NONBLOCK, 0);
	size_t i = c->ndisks + c->nextra;
	int r;

	if (fd < 0)
		return err_sys(e, fd, "%s", name);
	r = disk_raw_fd(TAKE_FD(fd), true, &c->files[i], e);
	if (r == 0)
		r = open_blank(c, name, c->files[i], &c->disks[i], e);
	if (r == 0) {
		check_sizes(c, name, row, c->disks[i]->size);
		verify_image_id(c, name, c->files[i], row);
		r = is_blank(c->disks[i], e);
		if (r == 0)
			verify_wrong(c->subject, VERIFY_CHAIN,
				     "%s was made blank, and something is on it", name);
	}
	c->nextra += c->files[i] != NULL;
	return r < 0 ? r : 0;
}
