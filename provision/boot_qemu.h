/* QEMU as a child: its command line, and its start. */
#pragma once

#include "base/arena.h"
#include "provision/boot.h"

#include <sys/types.h>

/* ORDER fds: what QEMU finds open, from FIRST on; overlays follow. */
enum { FD_CONSOLE = 3, FD_QMP, FD_CAPTURE, FD_VARIABLES, FD_OVERLAY };

struct qemu_argv {
	struct arena *a;
	const char **items; /* ends in NULL */
	size_t n, room;
};

struct firmware {
	const char *code, *variables; /* NULL: SeaBIOS */
};

/* -ENOENT with a sentence when efi is asked for and none is installed. */
int firmware_find(bool efi, struct firmware *out, struct err *e);
/* Pure: no file is looked at. */
void qemu_argv_make(struct qemu_argv *v, const char *program, const struct boot_machine *m,
		    const struct boot_options *o, const struct firmware *f);
/* Starts it with fds[i] as descriptor FD_CONSOLE + i, its messages going to log; it dies with the calling thread. */
int qemu_start(const struct qemu_argv *v, const int *fds, size_t nfds, int log, pid_t *out,
	       struct err *e);
/* Seconds of processor time it has used, or -1. */
double qemu_cpu_seconds(pid_t pid);
/* What it gets of the processors, once a second; at: seconds since its start. */
void qemu_measure(pid_t pid, double at, struct boot_meter *m);
/* True once it has ended; wait: not before that. */
bool qemu_has_ended(pid_t pid, bool wait);
void qemu_kill(pid_t pid);
