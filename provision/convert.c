/* Running qemu-img. */
#include "provision/convert.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAID_MAX = 65536, TICK_MAX = 20 * 1000 * 1000 };

static const struct convert_row {
	enum disk_format format;
	const char *driver, *options;
} rows[] = {
	{DISK_VDI, "vdi", NULL},
	/* Without it the size would be that of a geometry of cylinders. */
	{DISK_VHD, "vpc", "subformat=dynamic,force_size=on"},
	/* What Hyper-V's maker advises for Linux guests, whose filesystems write here and there. */
	{DISK_VHDX, "vhdx", "subformat=dynamic,block_size=1048576"},
};

/* Above that, a VHDX's table of blocks would be larger than it is worth. */
static const uint64_t small_blocks_max = UINT64_C(4) << 40;

static const struct convert_row *row_of(enum disk_format f)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].format == f)
			return &rows[i];
	return NULL;
}

bool convert_writes(const char *format, enum disk_format *f)
{
	return disk_format_parse(format, f) && row_of(*f);
}

int convert_ready(const char *format, struct err *e)
{
	char tool[512];

	if (tool_find("qemu-img", tool, sizeof tool) == 0)
		return 0;
	return err_set(e, ENOENT, "%s disks are written by qemu-img: install qemu-utils", format);
}

/* ---- the child ---- */

/* Between fork and exec: only calls that are safe there. */
static void become(const char *tool, char *const argv[], pid_t parent, int dir, int errors)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *env[] = {path, locale, NULL};
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	/* Killed, we can no longer end it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	if (fchdir(dir) < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(errors, 2) < 0)
		_exit(126);
	execve(tool, argv, env);
	_exit(127);
}

/* It has ended by itself, with status; or it was ended, since we are to stop. */
static int wait_for(pid_t child, int *status, const struct stop *stop, struct err *e)
{
	struct timespec tick = {.tv_nsec = 1000 * 1000};

	for (;;) {
		pid_t got = waitpid(child, status, WNOHANG);
		int r;

		if (got == child)
			return 0;
		if (got < 0 && errno != EINTR)
			return err_sys(e, -errno, "qemu-img");
		r = stop_check(stop, e);
		if (r < 0) {
			kill(child, SIGKILL);
			while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
				;
			return r;
		}
		nanosleep(&tick, NULL);
		if (tick.tv_nsec < TICK_MAX)
			tick.tv_nsec *= 2;
	}
}

/* The first line of what it said. */
static void read_words(int errors, struct strbuf *out)
{
	if (sys_seek(errors, 0, SEEK_SET) < 0 || sys_read_all(errors, out, SAID_MAX) < 0)
		strbuf_fini(out);
	for (size_t i = 0; i < out->len; i++)
		if (out->text[i] == '\n')
			out->text[i] = 0;
}

static int run(int dir, const char *tool, char *const argv[], const struct stop *stop,
	       struct err *e)
{
	SCOPED(close_at) int errors = memfd_create("qemu-img", MFD_CLOEXEC);
	SCOPED(strbuf_fini) struct strbuf words = {0};
	pid_t self = getpid(), child = errors < 0 ? -1 : fork();
	int status = 0, r;

	if (child == 0)
		become(tool, argv, self, dir, errors);
	if (child < 0)
		return err_sys(e, -errno, "starting qemu-img");
	r = wait_for(child, &status, stop, e);
	/* An interrupt at the terminal was for both. */
	if (r == 0)
		r = stop_check(stop, e);
	if (r < 0)
		return r;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	read_words(errors, &words);
	return err_set(e, EIO, "%s", words.len ? words.text : "qemu-img was ended by a signal");
}

int convert_image(int dir, const char *from, const char *to, enum disk_format f, uint64_t size,
		  const struct stop *stop, struct err *e)
{
	const struct convert_row *row = row_of(f);
	const char *options = row ? row->options : NULL;
	char tool[512];
	const char *argv[12] = {"qemu-img", "convert", "-q", "-f", "qcow2", "-O"};
	size_t n = 6;
	int r;

	if (!row)
		return err_set(e, ENOTSUP, "%s images are not written", disk_format_name(f));
	r = convert_ready(disk_format_name(f), e);
	if (r < 0 || tool_find("qemu-img", tool, sizeof tool) < 0)
		return r;
	argv[n++] = row->driver;
	if (f == DISK_VHDX && size > small_blocks_max)
		options = "subformat=dynamic";
	if (options) {
		argv[n++] = "-o";
		argv[n++] = options;
	}
	argv[n++] = from;
	argv[n] = to;
	r = run(dir, tool, (char *const *)argv, stop, e);
	return r < 0 ? err_in(e, r, "%s", to) : 0;
}
