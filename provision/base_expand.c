/* The base as raw files that clones can share blocks with. They have no name and end with the run: nobody can alter them,
 * and nothing is left of them but what the clones share. */
#include "provision/base_store.h"

#include "base/scope.h"
#include "base/sys.h"
#include "templates/import_stream.h"

#include <errno.h>
#include <fcntl.h>

enum { PIECE = 1 << 20, PROBE = 65536 };

static int copy_extent(int fd, struct disk *src, uint8_t *buf, uint64_t at, uint64_t end,
		       struct err *e)
{
	int r = 0;

	while (r == 0 && at < end) {
		size_t n = end - at < PIECE ? (size_t)(end - at) : PIECE;

		r = disk_pread(src, buf, n, at, e);
		if (r == 0) {
			r = import_write_sparse(fd, buf, n, at);
			if (r < 0)
				err_sys(e, r, "writing the disk");
		}
		at += n;
	}
	return r;
}

int base_write_raw(int fd, struct disk *src, struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(PIECE);
	int r = sys_truncate(fd, src->size);

	if (r < 0)
		return err_sys(e, r, "making a file of the disk's size");
	for (uint64_t at = 0; r == 0 && at < src->size;) {
		struct extent x;

		r = disk_extent(src, src->size - at, at, &x, e);
		if (r == 0 && x.kind == EXTENT_DATA)
			r = copy_extent(fd, src, buf, at, at + x.len, e);
		at += r == 0 ? x.len : 0;
	}
	return r;
}

static int unnamed(int out)
{
	return sys_openat(out, ".", O_RDWR | O_TMPFILE, 0600);
}

/* Asked of two files, since each filesystem has its own conditions. */
static bool shares_blocks(int out)
{
	SCOPED(free_at) uint8_t *bytes = xcalloc(1, PROBE);
	SCOPED(close_at) int from = unnamed(out);
	SCOPED(close_at) int to = unnamed(out);

	bytes[0] = 1;
	return from >= 0 && to >= 0 && sys_pwrite(from, bytes, PROBE, 0) == 0 &&
	       sys_reflink(to, from) == 0;
}

int base_expand(struct base *b, int out, const struct stop *stop, struct err *e)
{
	int r = 0;

	if (!shares_blocks(out))
		return 0;
	for (size_t i = 0; r == 0 && i < b->ndisks; i++) {
		struct base_disk *d = &b->disks[i];
		SCOPED(disk_close_at) struct disk *src = disk_until(d->image, stop);

		d->expansion = unnamed(out);
		if (d->expansion < 0)
			return err_sys(e, d->expansion, "a file in the output folder");
		d->expanded = true;
		r = base_write_raw(d->expansion, src, e);
	}
	return r < 0 ? err_in(e, r, "expanding the base") : 0;
}
