/* An NBD server: fixed newstyle negotiation, simple replies, one connection at a time. */
#include "templates/disk_export.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	REQUEST = 28,
	REPLY = 16,
	OPTION = 16,
	OPTION_MAX = 4096,
	LENGTH_MAX = 32 << 20,
	NO_ZEROES = 2,
	TRANSMISSION = 1 | 4 | 32 | 64, /* flags are there, flush, trim, write zeroes */
};

enum { OPT_EXPORT_NAME = 1, OPT_ABORT = 2, OPT_INFO = 6, OPT_GO = 7 };
enum { REP_ACK = 1, REP_INFO = 3, REP_UNSUP = INT32_MIN + 1 };
enum { CMD_READ, CMD_WRITE, CMD_DISCONNECT, CMD_FLUSH, CMD_TRIM, CMD_CACHE, CMD_ZEROES };
enum { NBD_EPERM = 1, NBD_EIO = 5, NBD_EINVAL = 22, NBD_ENOSPC = 28 };

struct disk_export {
	struct disk *disk;
	uint64_t size;
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool open, stop;
	int listener, peer;
	pthread_t thread;
	char dir[32];
	struct sockaddr_un address;
	uint8_t *buf; /* of the connection: LENGTH_MAX */
};

/* ---- whole messages ---- */

static bool get(int fd, void *p, size_t n)
{
	uint8_t *b = p;

	while (n > 0) {
		ssize_t r = recv(fd, b, n, 0);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		b += r;
		n -= (size_t)r;
	}
	return true;
}

static bool put(int fd, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0) {
		ssize_t r = send(fd, b, n, MSG_NOSIGNAL);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		b += r;
		n -= (size_t)r;
	}
	return true;
}

/* ---- negotiation ---- */

static bool put_option(int fd, uint32_t option, uint32_t type, const void *data, uint32_t n)
{
	uint8_t h[20];

	put_be64(h, 0x3e889045565a9);
	put_be32(h + 8, option);
	put_be32(h + 12, type);
	put_be32(h + 16, n);
	return put(fd, h, sizeof h) && put(fd, data, n);
}

static bool put_info(const struct disk_export *x, int fd, uint32_t option)
{
	uint8_t info[12] = {0};

	put_be64(info + 2, x->size);
	put_be16(info + 10, TRANSMISSION);
	return put_option(fd, option, REP_INFO, info, sizeof info) &&
	       put_option(fd, option, REP_ACK, NULL, 0);
}

static bool put_old_info(const struct disk_export *x, int fd, bool zeroes)
{
	uint8_t info[10 + 124] = {0};

	put_be64(info, x->size);
	put_be16(info + 8, TRANSMISSION);
	return put(fd, info, zeroes ? sizeof info : 10);
}

/* True when transmission begins. */
static bool negotiate(const struct disk_export *x, int fd)
{
	static const uint8_t hello[18] = "NBDMAGICIHAVEOPT\0\3";
	uint8_t h[OPTION], data[OPTION_MAX], flags[4];

	if (!put(fd, hello, sizeof hello) || !get(fd, flags, sizeof flags))
		return false;
	for (;;) {
		uint32_t option, n;

		if (!get(fd, h, sizeof h) || memcmp(h, "IHAVEOPT", 8) != 0)
			return false;
		option = be32(h + 8);
		n = be32(h + 12);
		if (n > sizeof data || !get(fd, data, n))
			return false;
		if (option == OPT_EXPORT_NAME)
			return put_old_info(x, fd, !(be32(flags) & NO_ZEROES));
		if (option == OPT_ABORT)
			return put_option(fd, option, REP_ACK, NULL, 0) && false;
		if (option != OPT_INFO && option != OPT_GO) {
			if (!put_option(fd, option, (uint32_t)REP_UNSUP, NULL, 0))
				return false;
			continue;
		}
		if (!put_info(x, fd, option))
			return false;
		if (option == OPT_GO)
			return true;
	}
}

/* ---- requests ---- */

/* How much of a range is inside the disk that is in. */
static size_t inside(const struct disk *d, uint64_t off, size_t n)
{
	if (off >= d->size)
		return 0;
	return d->size - off < n ? (size_t)(d->size - off) : n;
}

static int do_read(struct disk *d, uint8_t *buf, uint64_t off, size_t n)
{
	size_t have = d ? inside(d, off, n) : 0;

	memset(buf + have, 0, n - have);
	return have && disk_pread(d, buf, have, off, NULL) < 0 ? NBD_EIO : 0;
}

static int do_write(struct disk *d, const uint8_t *buf, uint64_t off, size_t n, bool zeroes)
{
	int r;

	if (!d || d->readonly)
		return NBD_EPERM;
	if (inside(d, off, n) < n)
		return NBD_ENOSPC;
	if (!n)
		return 0;
	r = zeroes ? disk_zero(d, n, off, NULL) : disk_pwrite(d, buf, n, off, NULL);
	return r == -EROFS ? NBD_EPERM : r < 0 ? NBD_EIO : 0;
}

/* What is given back becomes zeros, so that nothing of it stays behind; what is zeros already costs nothing. */
static int do_trim(struct disk *d, uint64_t off, size_t n)
{
	size_t have = d ? inside(d, off, n) : 0;

	if (!d || d->readonly)
		return NBD_EPERM;
	return disk_zero_data(d, have, off, NULL) < 0 ? NBD_EIO : 0;
}

static int do_request(struct disk_export *x, unsigned type, uint64_t off, size_t n)
{
	int r = 0;

	pthread_mutex_lock(&x->lock);
	while (!x->open && !x->stop)
		pthread_cond_wait(&x->opened, &x->lock);
	if (off > x->size || n > x->size - off)
		r = NBD_EINVAL;
	else if (type == CMD_READ)
		r = do_read(x->disk, x->buf, off, n);
	else if (type == CMD_WRITE || type == CMD_ZEROES)
		r = do_write(x->disk, x->buf, off, n, type == CMD_ZEROES);
	else if (type == CMD_TRIM)
		r = do_trim(x->disk, off, n);
	else if (type != CMD_FLUSH)
		r = NBD_EINVAL;
	pthread_mutex_unlock(&x->lock);
	return r;
}

static bool serve_one(struct disk_export *x, int fd)
{
	uint8_t h[REQUEST], reply[REPLY];
	unsigned type;
	uint32_t n;
	int r;

	if (!get(fd, h, sizeof h) || be32(h) != 0x25609513)
		return false;
	type = be16(h + 6);
	n = be32(h + 24);
	if (type == CMD_DISCONNECT || (n > LENGTH_MAX && type != CMD_ZEROES && type != CMD_TRIM) ||
	    (type == CMD_WRITE && !get(fd, x->buf, n)))
		return false;
	r = do_request(x, type, be64(h + 16), n);
	put_be32(reply, 0x67446698);
	put_be32(reply + 4, (uint32_t)r);
	memcpy(reply + 8, h + 8, 8);
	return put(fd, reply, sizeof reply) && (r != 0 || type != CMD_READ || put(fd, x->buf, n));
}

void disk_export_serve(struct disk_export *x, int fd)
{
	if (!negotiate(x, fd))
		return;
	while (serve_one(x, fd))
		;
}

static void *serve(void *ctx)
{
	struct disk_export *x = ctx;

	for (;;) {
		SCOPED(close_at) int fd = accept4(x->listener, NULL, NULL, SOCK_CLOEXEC);
		bool stop;

		if (fd < 0 && errno == EINTR)
			continue;
		pthread_mutex_lock(&x->lock);
		x->peer = fd;
		stop = x->stop;
		pthread_mutex_unlock(&x->lock);
		if (fd < 0 || stop)
			return NULL;
		disk_export_serve(x, fd);
		pthread_mutex_lock(&x->lock);
		x->peer = -1;
		pthread_mutex_unlock(&x->lock);
	}
}

/* ---- life ---- */

static int listen_at(struct disk_export *x)
{
	const struct sockaddr *address = (const struct sockaddr *)&x->address;

	if (!mkdtemp(x->dir))
		return -errno;
	snprintf(x->address.sun_path, sizeof x->address.sun_path, "%s/s", x->dir);
	x->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (x->listener < 0 || bind(x->listener, address, sizeof x->address) < 0 ||
	    listen(x->listener, 4) < 0)
		return -errno;
	return 0;
}

static void free_export(struct disk_export *x)
{
	disk_export_hide(x);
	close_at(&x->listener);
	pthread_mutex_destroy(&x->lock);
	pthread_cond_destroy(&x->opened);
	free(x->buf);
	free(x);
}

int disk_export_open(uint64_t size, struct disk_export **out, struct err *e)
{
	struct disk_export *x = xcalloc(1, sizeof *x);
	int r;

	x->size = size;
	x->listener = x->peer = -1;
	x->address.sun_family = AF_UNIX;
	snprintf(x->dir, sizeof x->dir, "/tmp/vmint-disk-XXXXXX");
	pthread_mutex_init(&x->lock, NULL);
	pthread_cond_init(&x->opened, NULL);
	x->buf = xmalloc(LENGTH_MAX);
	r = listen_at(x);
	if (r == 0)
		r = -pthread_create(&x->thread, NULL, serve, x);
	if (r < 0) {
		err_sys(e, r, "a socket to lend a disk through");
		free_export(x);
		return r;
	}
	*out = x;
	return 0;
}

void disk_export_close(struct disk_export *x)
{
	if (!x)
		return;
	pthread_mutex_lock(&x->lock);
	x->stop = true;
	x->disk = NULL;
	pthread_cond_broadcast(&x->opened);
	shutdown(x->listener, SHUT_RDWR);
	if (x->peer >= 0)
		shutdown(x->peer, SHUT_RDWR);
	pthread_mutex_unlock(&x->lock);
	pthread_join(x->thread, NULL);
	free_export(x);
}

const char *disk_export_socket(const struct disk_export *x)
{
	return x->address.sun_path;
}

void disk_export_hide(struct disk_export *x)
{
	if (!x->dir[0])
		return;
	unlink(x->address.sun_path);
	rmdir(x->dir);
	x->dir[0] = '\0';
}

void disk_export_put(struct disk_export *x, struct disk *d)
{
	pthread_mutex_lock(&x->lock);
	x->disk = d;
	pthread_mutex_unlock(&x->lock);
}

void disk_export_gate(struct disk_export *x, bool open)
{
	pthread_mutex_lock(&x->lock);
	x->open = open;
	pthread_cond_broadcast(&x->opened);
	pthread_mutex_unlock(&x->lock);
}
