/* The machine as QEMU's options, and a process that cannot outlive us. */
#include "provision/boot_qemu.h"
#include "provision/qemu_devices.h"
#include "provision/quote.h"

#include "base/json.h"
#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { THREADS_MOST = 4096, MEGA = 1 << 20, MEMORY_LEAST = 256, FDS_MAX = FD_OVERLAY + BOOT_DISKS };

static const struct firmware firmwares[] = {
	{"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},
	{"/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"},
	{"/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"},
	{"/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"},
	{"/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"},
};

int firmware_find(bool efi, struct firmware *out, struct err *e)
{
	*out = (struct firmware){0};
	if (!efi)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(firmwares); i++) {
		*out = firmwares[i];
		if (access(out->code, R_OK) == 0 && access(out->variables, R_OK) == 0)
			return 0;
	}
	return err_set(e, ENOENT,
		       "this machine starts by UEFI, and no UEFI firmware is installed here: "
		       "install ovmf");
}

/* ---- the command line ---- */

static void add(struct qemu_argv *v, const char *word)
{
	ARENA_GROW(v->a, v->items, v->n, v->room);
	v->items[v->n++] = word;
}

static void add_option(struct qemu_argv *v, const char *option, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void add_option(struct qemu_argv *v, const char *option, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(v, option);
	add(v, arena_vprintf(v->a, fmt, ap));
	va_end(ap);
}

/* An option's value that ends in a text from outside. */
static void add_quoted(struct qemu_argv *v, const char *option, const char *before,
		       const char *text)
{
	struct strbuf value = {0};

	strbuf_add(&value, before);
	quote_qemu(&value, text);
	add_option(v, option, "%s", strbuf_str(&value));
	strbuf_fini(&value);
}

static bool any_bus(const struct boot_machine *m, const char *bus)
{
	for (size_t i = 0; i < m->ndisks; i++)
		if (str_eq(m->disks[i].bus, bus))
			return true;
	return false;
}

static void add_board(struct qemu_argv *v, const struct boot_machine *m,
		      const struct boot_options *o)
{
	uint64_t memory = m->memory / MEGA;

	add_option(v, "-machine", "%s,graphics=off", any_bus(m, "ide") ? "pc" : "q35");
	add_option(v, "-accel", "%s", o->kvm ? "kvm" : "tcg,thread=multi");
	/* Programs of a guest crash at random under QEMU 7's TCG with five levels of page tables. */
	add_option(v, "-cpu", "%s", o->kvm ? "host" : "max,-la57");
	add_option(v, "-smp", "%u", m->cpus ? m->cpus : 1);
	add_option(v, "-m", "%" PRIu64 "M", memory < MEMORY_LEAST ? MEMORY_LEAST : memory);
	if (m->smbios)
		add_option(v, "-uuid", "%s", m->smbios);
	if (m->vmgenid)
		add_option(v, "-device", "vmgenid,guid=%s", m->vmgenid);
	add_option(v, "-device", "virtio-rng-pci");
	add_option(v, "-chardev", "socket,id=console,fd=%d", FD_CONSOLE);
	add_option(v, "-serial", "chardev:console");
	add_option(v, "-chardev", "socket,id=qmp,fd=%d", FD_QMP);
	add_option(v, "-mon", "chardev=qmp,mode=control");
}

static void add_firmware(struct qemu_argv *v, const struct firmware *f)
{
	if (!f->code)
		return;
	add_quoted(v, "-drive", "if=pflash,format=raw,readonly=on,file=", f->code);
	add_option(v, "-drive", "if=pflash,format=raw,file=/proc/self/fd/%d", FD_VARIABLES);
}

/* Names of files go in as JSON: nothing in them is syntax. */
static void add_blockdev(struct qemu_argv *v, const struct boot_disk *d, size_t i)
{
	json_t *node = json_object(), *file = json_object(), *cache = json_object();
	json_t *below = json_object(), *below_file = json_object();
	char *text;

	json_set_text(below_file, "driver", "file");
	json_object_set_new(below_file, "filename", json_stringn_nocheck(d->path, strlen(d->path)));
	json_set_text(below, "driver", qemu_disk_format(d->format));
	json_object_set_new(below, "file", below_file);
	json_object_set_new(below, "read-only", json_true());
	json_set_text(file, "driver", "file");
	json_object_set_new(file, "filename", json_sprintf("/dev/fdset/%d", FD_OVERLAY + (int)i));
	/* It is thrown away: nothing of it needs to reach a disk. */
	json_object_set_new(cache, "no-flush", json_true());
	json_set_text(node, "driver", "qcow2");
	json_object_set_new(node, "node-name", json_sprintf("disk%zu", i));
	json_object_set_new(node, "cache", cache);
	json_object_set_new(node, "file", file);
	json_object_set_new(node, "backing", below);
	text = json_dumps(node, JSON_COMPACT);
	json_decref(node);
	add_option(v, "-blockdev", "%s", text ? text : "{}");
	free(text);
}

static void add_disk(struct qemu_argv *v, const struct boot_disk *d, size_t i)
{
	char where[80] = "", before[200];

	add_option(v, "-add-fd", "fd=%d,set=%d", FD_OVERLAY + (int)i, FD_OVERLAY + (int)i);
	add_blockdev(v, d, i);
	if (str_eq(d->bus, "sata"))
		snprintf(where, sizeof where, ",bus=ahci0.%zu", i);
	else if (str_eq(d->bus, "ide"))
		snprintf(where, sizeof where, ",bus=ide.%zu,unit=%zu", i / 2 % 2, i % 2);
	else if (str_eq(d->bus, "scsi"))
		snprintf(where, sizeof where, ",bus=scsi0.0,scsi-id=%zu", i);
	snprintf(before, sizeof before, "%s,drive=disk%zu,bootindex=%zu%s%s",
		 qemu_disk_device(d->bus), i, i + 1, where, *d->serial ? ",serial=" : "");
	add_quoted(v, "-device", before, d->serial);
}

static void add_nic(struct qemu_argv *v, const struct boot_nic *n, size_t i, bool unplugged)
{
	if (unplugged)
		add_option(v, "-netdev", "hubport,id=net%zu,hubid=%zu", i, i);
	else
		add_option(v, "-netdev",
			   "user,id=net%zu,net=" BOOT_NETWORK ".0/24,dhcpstart=" BOOT_NETWORK
			   ".101,restrict=on,ipv6=off",
			   i);
	/* romfile: no boot from the network. */
	add_option(v, "-device", "%s,id=nic%zu,netdev=net%zu,romfile=,mac=%s",
		   qemu_nic_device(n->model), i, i, n->mac);
	if (i > 0)
		return;
	/* It opens its file by itself, and knows nothing of fd sets. */
	add_option(v, "-object", "filter-dump,id=capture,netdev=net0,file=/proc/self/fd/%d",
		   FD_CAPTURE);
}

void qemu_argv_make(struct qemu_argv *v, const char *program, const struct boot_machine *m,
		    const struct boot_options *o, const struct firmware *f)
{
	add(v, program);
	add(v, "-nodefaults");
	add(v, "-no-user-config");
	add_option(v, "-display", "none");
	add_option(v, "-name", "vmint verify");
	add_board(v, m, o);
	add_firmware(v, f);
	if (any_bus(m, "scsi"))
		add_option(v, "-device", "virtio-scsi-pci,id=scsi0");
	if (any_bus(m, "sata"))
		add_option(v, "-device", "ahci,id=ahci0");
	for (size_t i = 0; i < m->ndisks; i++)
		add_disk(v, &m->disks[i], i);
	if (m->seed)
		add_quoted(v, "-drive", "if=virtio,format=raw,readonly=on,file=", m->seed);
	for (size_t i = 0; i < m->nnics; i++)
		add_nic(v, &m->nics[i], i, o->unplugged);
	add(v, NULL);
}

/* ---- the process ---- */

/* In the child, between fork and exec: only calls that are safe there. */
static void become_qemu(char *const *argv, const int *fds, size_t nfds, int log, pid_t parent)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *env[] = {path, locale, NULL};
	int moved[FDS_MAX], null = open("/dev/null", O_RDWR);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A group of its own: Ctrl-C is for us, and we end it. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	/* First out of the way of the numbers they shall get. */
	for (size_t i = 0; i < nfds; i++)
		moved[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, FDS_MAX + 8);
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(log, 2) < 0)
		_exit(126);
	for (size_t i = 0; i < nfds; i++)
		if (moved[i] >= 0 && dup2(moved[i], FD_CONSOLE + (int)i) < 0)
			_exit(126);
	execve(argv[0], argv, env);
	_exit(127);
}

int qemu_start(const struct qemu_argv *v, const int *fds, size_t nfds, int log, pid_t *out,
	       struct err *e)
{
	pid_t parent = getpid(), pid;

	if (nfds > FDS_MAX)
		return err_set(e, EINVAL, "too many disks");
	pid = fork();
	if (pid == 0)
		become_qemu((char *const *)v->items, fds, nfds, log, parent);
	if (pid < 0)
		return err_sys(e, -errno, "starting QEMU");
	*out = pid;
	return 0;
}

double qemu_cpu_seconds(pid_t pid)
{
	struct strbuf text = {0};
	uint64_t user = 0, kernel = 0;
	const char *at;
	char path[40];
	bool ok;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	/* behind the name: state, and ten numbers before these two */
	ok = sys_read_file(path, &text, 4096) == 0 && (at = strrchr(strbuf_str(&text), ')')) &&
	     sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
		    &user, &kernel) == 2;
	strbuf_fini(&text);
	return ok ? (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK) : -1;
}

/* Seconds that its threads stood ready to run and did not, or -1. */
static double missed_seconds(pid_t pid)
{
	char path[64];
	SCOPED(close_at) int dir = -1;
	struct strbuf names = {0};
	double sum = -1;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	dir = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0 || sys_list(dir, &names, THREADS_MOST) < 0)
		names.len = 0;
	for (size_t at = 0; at < names.len; at += strlen(names.text + at) + 1) {
		uint64_t had, missed;
		struct strbuf text = {0};

		/* nanoseconds: on a processor, waiting for one */
		snprintf(path, sizeof path, "/proc/%d/task/%.12s/schedstat", (int)pid,
			 names.text + at);
		if (sys_read_file(path, &text, 4096) == 0 &&
		    sscanf(strbuf_str(&text), "%" SCNu64 " %" SCNu64, &had, &missed) == 2)
			sum = (sum < 0 ? 0 : sum) + (double)missed / 1e9;
		strbuf_fini(&text);
	}
	strbuf_fini(&names);
	return sum;
}

void qemu_measure(pid_t pid, double at, struct boot_meter *m)
{
	struct boot_load l = {.at = at};

	if (at < m->last.at + 1)
		return;
	l.had = qemu_cpu_seconds(pid);
	l.missed = missed_seconds(pid);
	if (l.had >= 0 && l.missed >= 0)
		boot_meter_add(m, l);
}

bool qemu_has_ended(pid_t pid, bool wait)
{
	pid_t r;

	do
		r = waitpid(pid, NULL, wait ? 0 : WNOHANG);
	while (r < 0 && errno == EINTR);
	return r != 0;
}

void qemu_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	qemu_has_ended(pid, true);
}
