/* Runs qemu-nbd on one image and reads through libnbd. */
#include "templates/disk_nbd.h"

#include "base/arena.h"
#include "base/lazy_nbd.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { FIRST_FD = 3, IMAGE_FD = 4, MAX_REQUEST = 1 << 20, SECTOR = 512 };

struct nbd {
	struct disk disk;
	struct nbd_handle *handle;
	pid_t server;
	bool extents;
};

/* ---- the server ---- */

/* A listening socket and one already connected to it. The name is gone before anybody else could use it. */
static int socket_pair(int *listener, int *client)
{
	char dir[] = "/tmp/vmint-nbd-XXXXXX";
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const struct sockaddr *address = (const struct sockaddr *)&to;
	int r = 0;

	if (!mkdtemp(dir))
		return -errno;
	snprintf(to.sun_path, sizeof to.sun_path, "%s/s", dir);
	*listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*listener < 0 || *client < 0 || bind(*listener, address, sizeof to) < 0 ||
	    listen(*listener, 1) < 0 || connect(*client, address, sizeof to) < 0)
		r = -errno;
	unlink(to.sun_path);
	rmdir(dir);
	return r;
}

/* In the child, between fork and exec: only calls that are safe there. */
static void become_server(const char *tool, char *const argv[], char *env[], char *pid_text,
			  pid_t parent, int listener, int image)
{
	unsigned pid = (unsigned)getpid();
	char digits[12];
	int n = 0, null = open("/dev/null", O_RDWR);
	sigset_t none;

	/* An interrupt at the terminal is for us: we may have blocked it, and end the server in our own time. */
	setpgid(0, 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* When we are killed before it has met its client, nothing else would end it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	do
		digits[n++] = (char)('0' + pid % 10);
	while ((pid /= 10) > 0);
	while (n > 0)
		*pid_text++ = digits[--n];
	*pid_text = 0;
	/* First out of the way of the numbers they shall get. */
	listener = fcntl(listener, F_DUPFD_CLOEXEC, 10);
	image = fcntl(image, F_DUPFD_CLOEXEC, 10);
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    dup2(listener, FIRST_FD) < 0 || dup2(image, IMAGE_FD) < 0)
		_exit(126);
	execve(tool, argv, env);
	_exit(127);
}

static int start_server(const char *tool, const char *options, int listener, int image, pid_t *out)
{
	/* systemd's way to hand over a listening socket. */
	char pid_text[32] = "LISTEN_PID=", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char fds[] = "LISTEN_FDS=1", locale[] = "LC_ALL=C";
	char *env[] = {pid_text, fds, path, locale, NULL};
	char *argv[] = {(char *)"qemu-nbd",     (char *)"--read-only", (char *)"--shared=1",
			(char *)"--image-opts", (char *)options,       NULL};
	pid_t self = getpid(), pid = fork();

	if (pid == 0)
		become_server(tool, argv, env, pid_text + strlen(pid_text), self, listener, image);
	if (pid < 0)
		return -errno;
	*out = pid;
	return 0;
}

static void stop_server(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* ---- the client ---- */

static int nbd_failed(struct err *e, const char *what)
{
	const char *why = nbd_get_error();

	return err_set(e, EIO, "qemu-nbd: %s%s%s", what, why ? ": " : "", why ? why : "");
}

/* Some formats answer whole sectors only: the first and last one by way of a buffer. */
static int read_sector_part(struct nbd *nbd, void *buf, size_t n, uint64_t off)
{
	uint8_t sector[SECTOR];
	uint64_t start = off - off % SECTOR;
	size_t whole = nbd->disk.size - start < SECTOR ? (size_t)(nbd->disk.size - start) : SECTOR;

	if (nbd_pread(nbd->handle, sector, whole, start, 0) < 0)
		return -1;
	memcpy(buf, sector + (off - start), n);
	return 0;
}

static int nbd_driver_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	struct nbd *nbd = (struct nbd *)d;
	uint8_t *to = buf;

	while (n > 0) {
		size_t inside = off % SECTOR, part = n < MAX_REQUEST ? n : MAX_REQUEST;
		int r;

		if (inside || part < SECTOR) {
			part = part < SECTOR - inside ? part : SECTOR - inside;
			r = read_sector_part(nbd, to, part, off);
		} else {
			part -= part % SECTOR;
			r = nbd_pread(nbd->handle, to, part, off, 0);
		}
		if (r < 0)
			return nbd_failed(e, "reading");
		to += part;
		off += part;
		n -= part;
	}
	return 0;
}

static int first_extent(void *ctx, const char *context, uint64_t off, uint32_t *entries, size_t n,
			int *error)
{
	struct extent *x = ctx;

	(void)off;
	(void)error;
	if (!str_eq(context, "base:allocation") || n < 2 || entries[0] == 0)
		return 0;
	x->len = entries[0];
	/* Bit 0: a hole; bit 1: reads as zeros. A hole that need not be zero is data. */
	x->kind = (entries[1] & 3) == 3 ? EXTENT_HOLE : entries[1] & 2 ? EXTENT_ZERO : EXTENT_DATA;
	return 0;
}

static int nbd_driver_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x,
			     struct err *e)
{
	struct nbd *nbd = (struct nbd *)d;
	nbd_extent_callback callback = {0};

	callback.callback = first_extent;
	callback.user_data = x;
	*x = (struct extent){.len = n, .kind = EXTENT_DATA};
	if (!nbd->extents)
		return 0;
	if (n > 1u << 30)
		n = 1u << 30;
	if (nbd_block_status(nbd->handle, n, off, callback, 0) < 0)
		return nbd_failed(e, "asking for extents");
	return 0;
}

static void nbd_driver_close(struct disk *d)
{
	struct nbd *nbd = (struct nbd *)d;

	if (nbd->handle) {
		nbd_shutdown(nbd->handle, 0);
		nbd_close(nbd->handle);
	}
	/* Without a client it ends by itself; without its first client it might not. */
	kill(nbd->server, SIGTERM);
	stop_server(nbd->server);
	free(nbd);
}

static const struct disk_ops nbd_ops = {
	.name = "nbd",
	.pread = nbd_driver_pread,
	.extent = nbd_driver_extent,
	.close = nbd_driver_close,
};

static int attach(struct nbd *nbd, int *client, const char *format, struct err *e)
{
	int64_t size;

	nbd->handle = nbd_create();
	if (!nbd->handle)
		return nbd_failed(e, "no handle");
	nbd_add_meta_context(nbd->handle, "base:allocation");
	if (nbd_connect_socket(nbd->handle, TAKE_FD(*client)) < 0)
		return err_set(e, EINVAL, "%s: QEMU does not open it as this format", format);
	size = nbd_get_size(nbd->handle);
	if (size < 0)
		return nbd_failed(e, "its size");
	nbd->disk.size = (uint64_t)size;
	nbd->extents = nbd_can_meta_context(nbd->handle, "base:allocation") == 1;
	return 0;
}

int disk_nbd_open(struct disk *file, const char *format, struct disk **out, struct err *e)
{
	SCOPED(close_at) int listener = -1;
	SCOPED(close_at) int client = -1;
	char tool[512], options[400];
	uint64_t off = 0;
	int image = disk_file_range(file, &off), r = lazy_nbd_load(e);
	struct nbd *nbd;

	if (r < 0)
		return r;
	r = tool_find("qemu-nbd", tool, sizeof tool);
	if (r < 0)
		return err_set(e, -r, "reading this format needs qemu-nbd: install qemu-utils");
	if (image < 0)
		return err_set(e, ENOTSUP, "%s: only read from a plain file", format);
	r = socket_pair(&listener, &client);
	if (r < 0)
		return err_sys(e, r, "a socket in /tmp");
	snprintf(options, sizeof options,
		 "driver=%s,file.driver=raw,file.offset=%" PRIu64 ",file.size=%" PRIu64
		 ",file.file.driver=file,file.file.locking=off,file.file.filename=/proc/self/fd/%d",
		 format, off, file->size, IMAGE_FD);
	nbd = xcalloc(1, sizeof *nbd);
	nbd->disk.ops = &nbd_ops;
	nbd->disk.readonly = true;
	r = start_server(tool, options, listener, image, &nbd->server);
	if (r < 0) {
		free(nbd);
		return err_sys(e, r, "starting qemu-nbd");
	}
	/* Ours must go: when the server ends without accepting, connect shall fail and not wait. */
	close(TAKE_FD(listener));
	r = attach(nbd, &client, format, e);
	if (r < 0) {
		nbd_driver_close(&nbd->disk);
		return r;
	}
	*out = &nbd->disk;
	return 0;
}
