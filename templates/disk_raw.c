/* The raw driver: a file or block device as it is. */
#include "templates/disk.h"

#include "base/arena.h"
#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

struct raw {
	struct disk disk;
	int fd;
};

static struct raw *raw_of(struct disk *d)
{
	return (struct raw *)d;
}

static int raw_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	ssize_t got = sys_pread(raw_of(d)->fd, buf, n, off);

	if (got < 0)
		return err_sys(e, (int)got, "reading at %" PRIu64, off);
	if ((size_t)got < n)
		return err_set(e, EIO, "the file became shorter while it was read");
	return 0;
}

static int raw_pwrite(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e)
{
	int r = sys_pwrite(raw_of(d)->fd, buf, n, off);

	return r < 0 ? err_sys(e, r, "writing at %" PRIu64, off) : 0;
}

static int raw_zero(struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	int r = sys_punch(raw_of(d)->fd, off, n);

	if (r == -EOPNOTSUPP || r == -ENODEV || r == -ENOSYS)
		return -EOPNOTSUPP;
	return r < 0 ? err_sys(e, r, "zeroing at %" PRIu64, off) : 0;
}

/* A filesystem that cannot tell calls everything data: true, only less useful. */
static int raw_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	int fd = raw_of(d)->fd;
	int64_t data = sys_seek(fd, off, SEEK_DATA), hole;

	(void)e;
	x->len = n;
	x->kind = EXTENT_DATA;
	if (data == -ENXIO) {
		x->kind = EXTENT_HOLE;
		return 0;
	}
	if (data < 0)
		return 0;
	if ((uint64_t)data > off) {
		x->kind = EXTENT_HOLE;
		x->len = (uint64_t)data - off;
		return 0;
	}
	hole = sys_seek(fd, off, SEEK_HOLE);
	if (hole > 0 && (uint64_t)hole > off)
		x->len = (uint64_t)hole - off;
	return 0;
}

static int raw_flush(struct disk *d, struct err *e)
{
	int r = sys_sync(raw_of(d)->fd);

	return r < 0 ? err_sys(e, r, "syncing") : 0;
}

static void raw_close(struct disk *d)
{
	close(raw_of(d)->fd);
	free(d);
}

static const struct disk_ops raw_ops = {
	.name = "raw",
	.pread = raw_pread,
	.pwrite = raw_pwrite,
	.zero = raw_zero,
	.extent = raw_extent,
	.flush = raw_flush,
	.close = raw_close,
};

int disk_raw_fd(int fd, bool readonly, struct disk **out, struct err *e)
{
	SCOPED(close_at) int mine = fd;
	struct stat st;
	struct raw *raw;
	int64_t end;
	int r = sys_fstat(fd, &st);

	if (r < 0)
		return err_sys(e, r, "asking for its size");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(e, EINVAL, "neither a regular file nor a block device");
	end = S_ISREG(st.st_mode) ? st.st_size : sys_seek(fd, 0, SEEK_END);
	if (end < 0)
		return err_sys(e, (int)end, "asking for its size");
	raw = xcalloc(1, sizeof *raw);
	raw->disk = (struct disk){.ops = &raw_ops, .size = (uint64_t)end, .readonly = readonly};
	raw->fd = TAKE_FD(mine);
	*out = &raw->disk;
	return 0;
}

int disk_raw_open(const char *path, bool readonly, struct disk **out, struct err *e)
{
	/* O_NONBLOCK: a FIFO must be refused, not waited for. */
	int flags = (readonly ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_NOCTTY;
	int fd = sys_open(path, flags, 0);

	if (fd < 0)
		return err_sys(e, fd, "%s", path);
	return err_in(e, disk_raw_fd(fd, readonly, out, e), "%s", path);
}

int disk_raw_descriptor(const struct disk *d)
{
	return d->ops == &raw_ops ? ((const struct raw *)d)->fd : -1;
}
