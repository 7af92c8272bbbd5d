/* QEMU's monitor over a connected socket: a few commands, and the events that matter here. */
#pragma once

#include "base/str.h"

#include <stdbool.h>

struct qmp {
	int fd; /* borrowed */
	bool greeted, lost;
	bool shutdown;   /* the guest turned itself off */
	unsigned resets; /* the guest started anew */
	struct strbuf line;
};

/* Takes what has come; lost is set at the end of the connection or of its sense. */
void qmp_read(struct qmp *q);
/* name: "system_powerdown". */
void qmp_command(struct qmp *q, const char *name);
/* Pulls a card's cable. */
void qmp_unplug(struct qmp *q, const char *device);
void qmp_fini(struct qmp *q);

/* One line of it; part of qmp_read. */
void qmp_line(struct qmp *q, const char *text, size_t len);
