/* One boot from the power button to the power button. */
#include "provision/boot_qemu.h"
#include "provision/boot_qmp.h"

#include "base/scope.h"
#include "base/sys.h"
#include "base/tool.h"
#include "templates/disk_qcow2.h"
#include "templates/disk_qcow2_write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	TICK_MS = 200,
	LOG_MAX = 4 << 20,
	CAPTURE_MAX = 16 << 20,
	VARIABLES_MAX = 16 << 20,
	RESETS_MAX = 4
};

/* Seconds. At rest: this little processor time in so long a time. */
static const double rest_share = 0.12, rest_window = 2, silent_window = 10;
static const double settle_most = 30, linger = 1, press_again = 15, off_most = 120;

enum phase { STARTING, SETTLING, TURNING_OFF, DONE };

struct run {
	const struct boot_machine *m;
	const struct boot_options *o;
	struct boot_result *r;
	struct arena a;
	int console, capture, log;
	int overlays[BOOT_DISKS];
	struct qmp qmp;
	pid_t pid;
	enum phase phase;
	double began, since, pressed; /* the start; the phase; the button */
	double window_at, window_cpu; /* where the measure of rest began */
	bool console_closed;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- files without names ---- */

static int scratch(struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	dir = dir && *dir == '/' ? dir : "/var/tmp";
	fd = sys_open(dir, O_TMPFILE | O_RDWR, 0600);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof path, "%s/.vmint-boot-XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, -errno, "a temporary file in %s", dir);
	unlink(path);
	return fd;
}

static int copy_in(int fd, const char *path, struct err *e)
{
	struct strbuf data = {0};
	int r = sys_read_file(path, &data, VARIABLES_MAX);

	if (r == 0)
		r = sys_pwrite(fd, strbuf_str(&data), data.len, 0);
	strbuf_fini(&data);
	return r < 0 ? err_sys(e, r, "%s", path) : 0;
}

/* An empty image of the disk's size over it. */
static int make_overlay(const struct boot_disk *d, int fd, struct err *e)
{
	const struct qcow2_write_options o = {
		.cluster_bits = 16, .backing = d->path, .backing_format = d->format};
	struct qcow2_writer *w = NULL;
	int r = qcow2_writer_open(fd, d->image->size, &o, &w, e);

	if (r == 0)
		r = qcow2_writer_finish(w, e);
	qcow2_writer_close(w);
	return r;
}

/* ---- the start ---- */

static int find_qemu(char *path, size_t room, struct err *e)
{
	static const char other[] = "/usr/libexec/qemu-kvm";

	if (tool_find("qemu-system-x86_64", path, room) == 0)
		return 0;
	snprintf(path, room, "%s", other);
	if (access(path, X_OK) == 0)
		return 0;
	return err_set(e, ENOENT, "booting needs qemu-system-x86_64: install qemu-system-x86");
}

static int open_overlays(struct run *x, int *fds, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->m->ndisks; i++) {
		fds[FD_OVERLAY - FD_CONSOLE + i] = x->overlays[i] = r = scratch(e);
		if (r >= 0)
			r = make_overlay(&x->m->disks[i], x->overlays[i], e);
	}
	return r;
}

/* A socket to the child's end of which only the child holds on. */
static int pair(int *ours, int *theirs, struct err *e)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_sys(e, -errno, "a pair of sockets");
	*ours = fds[0];
	*theirs = fds[1];
	return 0;
}

static int start(struct run *x, struct err *e)
{
	SCOPED(close_at) int console = -1;
	SCOPED(close_at) int qmp = -1;
	SCOPED(close_at) int variables = -1;
	int fds[FD_OVERLAY + BOOT_DISKS], r;
	struct qemu_argv v = {.a = &x->a};
	struct firmware f;
	char program[512];

	memset(fds, -1, sizeof fds);
	if (x->m->ndisks > BOOT_DISKS)
		return err_set(e, E2BIG, "more than %d disks", BOOT_DISKS);
	r = find_qemu(program, sizeof program, e);
	if (r == 0)
		r = firmware_find(x->m->efi, &f, e);
	if (r == 0)
		r = open_overlays(x, fds, e);
	if (r == 0)
		r = pair(&x->console, &console, e);
	if (r == 0)
		r = pair(&x->qmp.fd, &qmp, e);
	if (r == 0)
		r = x->capture = scratch(e);
	if (r >= 0)
		r = x->log = scratch(e);
	if (r >= 0 && f.code) {
		r = variables = scratch(e);
		if (r >= 0)
			r = copy_in(variables, f.variables, e);
	}
	if (r < 0)
		return r;
	fds[FD_CONSOLE - FD_CONSOLE] = console;
	fds[FD_QMP - FD_CONSOLE] = qmp;
	fds[FD_CAPTURE - FD_CONSOLE] = x->capture;
	fds[FD_VARIABLES - FD_CONSOLE] = variables;
	qemu_argv_make(&v, program, x->m, x->o, &f);
	return qemu_start(&v, fds, FD_OVERLAY - FD_CONSOLE + x->m->ndisks, x->log, &x->pid, e);
}

/* ---- what is heard ---- */

static void read_console(struct run *x)
{
	char part[4096];
	ssize_t got = recv(x->console, part, sizeof part, MSG_DONTWAIT);
	size_t keep;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		x->console_closed = true;
		return;
	}
	console_watch_feed(&x->r->console, part, (size_t)got);
	keep = LOG_MAX - x->r->log.len;
	strbuf_addn(&x->r->log, part, (size_t)got < keep ? (size_t)got : keep);
}

static void read_capture(struct run *x)
{
	static const uint8_t server[5] = {0x52, 0x55, 192, 0, 2};
	SCOPED(free_at) uint8_t *buf = NULL;
	struct stat st;
	ssize_t got;

	/* QEMU shares the position in the file: only reads that name theirs. */
	if (sys_fstat(x->capture, &st) < 0 || st.st_size <= 0 || st.st_size > CAPTURE_MAX)
		return;
	buf = xmalloc((size_t)st.st_size);
	got = sys_pread(x->capture, buf, (size_t)st.st_size, 0);
	if (got > 0)
		frames_read(buf, (size_t)got, server, &x->r->net);
}

static void listen_to_it(struct run *x)
{
	struct pollfd p[] = {
		{.fd = x->console_closed ? -1 : x->console, .events = POLLIN},
		{.fd = x->qmp.lost ? -1 : x->qmp.fd, .events = POLLIN},
	};
	bool greeted = x->qmp.greeted;

	poll(p, ARRAY_SIZE(p), TICK_MS);
	if (p[0].revents)
		read_console(x);
	if (p[1].revents)
		qmp_read(&x->qmp);
	if (greeted || !x->qmp.greeted)
		return;
	qmp_command(&x->qmp, "qmp_capabilities");
	for (size_t i = 0; x->o->unplugged && i < x->m->nnics; i++) {
		char device[24];

		snprintf(device, sizeof device, "nic%zu", i);
		qmp_unplug(&x->qmp, device);
	}
}

/* Has it used little processor time for so long? */
static bool at_rest(struct run *x, double window)
{
	double at = now(), cpu = qemu_cpu_seconds(x->pid);

	if (cpu < 0)
		return false;
	if (x->window_at == 0 || cpu - x->window_cpu > rest_share * window) {
		x->window_at = at;
		x->window_cpu = cpu;
	}
	return at - x->window_at >= window;
}

/* ---- phases ---- */

static void enter(struct run *x, enum phase phase)
{
	x->phase = phase;
	x->since = now();
	x->window_at = 0;
}

static void reach(struct run *x, enum boot_end end, enum phase next)
{
	x->r->end = end;
	x->r->seconds = now() - x->began;
	enter(x, next);
}

static void while_starting(struct run *x)
{
	const struct console_watch *c = &x->r->console;
	double at = now() - x->began;

	if (c->end == CONSOLE_LOGIN)
		reach(x, BOOT_LOGIN, SETTLING);
	else if (c->end != CONSOLE_RUNS)
		reach(x, BOOT_FAILED, SETTLING);
	else if (x->qmp.resets >= RESETS_MAX)
		reach(x, BOOT_RESETS, DONE);
	else if (at > x->o->seconds)
		reach(x, BOOT_TIMEOUT, DONE);
	else if (x->m->silent && at_rest(x, silent_window))
		reach(x, BOOT_AT_REST, SETTLING);
}

static void press(struct run *x)
{
	qmp_command(&x->qmp, "system_powerdown");
	x->pressed = now();
	x->r->power_asked = true;
}

/* Units that start beside the prompt: the lease, the first writes of keys and seeds. A failure gets to end its line. */
static void while_settling(struct run *x)
{
	bool waits_for_lease =
		x->m->nnics && !x->o->unplugged && !x->r->net.lease && !x->r->net.address;
	double at = now() - x->since;

	if (x->r->console.end > CONSOLE_LOGIN && x->r->end != BOOT_FAILED) {
		x->r->end = BOOT_FAILED;
		enter(x, SETTLING);
	}
	if (x->r->end == BOOT_FAILED) {
		if (at >= linger)
			x->phase = DONE;
		return;
	}
	if (waits_for_lease)
		read_capture(x);
	if (at < settle_most && (waits_for_lease || !at_rest(x, rest_window)))
		return;
	press(x);
	enter(x, TURNING_OFF);
}

static void while_turning_off(struct run *x)
{
	double at = now();

	x->r->powered_off = x->qmp.shutdown;
	if (at - x->since > off_most)
		x->phase = DONE;
	else if (!x->qmp.shutdown && at - x->pressed > press_again)
		press(x);
}

static const char *const doing[] = {[STARTING] = "starting",
				    [SETTLING] = "coming to rest",
				    [TURNING_OFF] = "turning off",
				    [DONE] = ""};

static int watch(struct run *x)
{
	static void (*const phases[])(struct run *) = {[STARTING] = while_starting,
						       [SETTLING] = while_settling,
						       [TURNING_OFF] = while_turning_off};
	int r = 0;

	while (r == 0 && x->phase != DONE) {
		bool ended = qemu_has_ended(x->pid, false);

		listen_to_it(x);
		if (!ended)
			qemu_measure(x->pid, now() - x->began, &x->r->meter);
		phases[x->phase](x);
		if (x->o->progress)
			r = x->o->progress(x->o->ctx, doing[x->phase], now() - x->began);
		if (!ended)
			continue;
		x->pid = 0;
		while (!x->console_closed)
			read_console(x);
		while (!x->qmp.lost)
			qmp_read(&x->qmp);
		break;
	}
	return r;
}

/* QEMU has ended by itself. */
static void judge_end(struct run *x)
{
	if (x->phase == TURNING_OFF) {
		x->r->powered_off = x->qmp.shutdown;
		x->r->off_seconds = now() - x->since;
	} else if (x->phase != DONE && x->r->console.end > CONSOLE_LOGIN) {
		x->r->end = BOOT_FAILED;
	} else if (x->phase != DONE) {
		x->r->end = BOOT_ENDED;
		x->r->powered_off = x->qmp.shutdown;
		x->r->seconds = now() - x->began;
	}
}

/* ---- afterwards ---- */

static void keep_messages(struct run *x)
{
	struct strbuf text = {0}, plain = {0};
	char *last, *end;

	if (x->log < 0 || sys_seek(x->log, 0, SEEK_SET) < 0 ||
	    sys_read_all(x->log, &text, LOG_MAX) < 0 || !text.len) {
		strbuf_fini(&text);
		return;
	}
	end = str_trim(text.text);
	last = strrchr(end, '\n');
	strbuf_add_plain(&plain, last ? last + 1 : end, sizeof x->r->qemu_says - 8);
	snprintf(x->r->qemu_says, sizeof x->r->qemu_says, "%s", strbuf_str(&plain));
	strbuf_fini(&text);
	strbuf_fini(&plain);
}

static int open_results(struct run *x, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->m->ndisks; i++) {
		struct disk *file = NULL;

		r = disk_raw_fd(TAKE_FD(x->overlays[i]), true, &file, e);
		if (r == 0)
			r = qcow2_open(file, x->m->disks[i].image, &x->r->disks[i], e);
		if (r < 0) {
			disk_close(file);
			return err_in(e, r, "what the guest wrote to disk %zu", i);
		}
		disk_keep(x->r->disks[i], file);
		x->r->ndisks++;
	}
	return r;
}

static int64_t realtime_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int boot_run(const struct boot_machine *m, const struct boot_options *o, struct boot_result *out,
	     struct err *e)
{
	struct run x = {.m = m,
			.o = o,
			.r = out,
			.console = -1,
			.capture = -1,
			.log = -1,
			.qmp = {.fd = -1}};
	int r;

	*out = (struct boot_result){.began_us = realtime_us()};
	memset(x.overlays, -1, sizeof x.overlays);
	x.began = now();
	r = start(&x, e);
	if (r == 0)
		r = watch(&x);
	if (x.pid > 0)
		qemu_kill(x.pid);
	else if (r == 0)
		judge_end(&x);
	if (r == 0) {
		out->resets = x.qmp.resets;
		read_capture(&x);
		keep_messages(&x);
		r = open_results(&x, e);
	}
	qmp_fini(&x.qmp);
	for (size_t i = 0; i < BOOT_DISKS; i++)
		close_at(&x.overlays[i]);
	close_at(&x.console);
	close_at(&x.capture);
	close_at(&x.log);
	close_at(&x.qmp.fd);
	arena_fini(&x.a);
	return r;
}

void boot_result_fini(struct boot_result *r)
{
	for (size_t i = 0; i < r->ndisks; i++)
		disk_close(r->disks[i]);
	strbuf_fini(&r->log);
	*r = (struct boot_result){0};
}
