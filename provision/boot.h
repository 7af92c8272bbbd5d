/* A machine booted for real in QEMU, on throw-away overlays, and what came of it.
 *
 * Nothing is injected into the guest and no agent is asked: its serial console is watched, the frames of its first card
 * are captured, it is turned off by its power button. What it wrote can be read afterwards. Nothing it uses has a name in
 * any folder: a kill at any moment leaves nothing behind, and QEMU dies with the thread that started it. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "provision/boot_frames.h"
#include "provision/boot_console.h"
#include "provision/boot_starved.h"
#include "templates/disk.h"

#include <stdbool.h>

enum { BOOT_DISKS = 32 };

/* All borrowed. */
struct boot_disk {
	const char *path;   /* absolute; QEMU opens it, and what it stands on, to read */
	const char *format; /* as QEMU calls it: "qcow2", "raw", "vmdk" */
	const char *bus;    /* "virtio", "scsi", "sata", "ide" */
	const char *serial; /* "" for none */
	struct disk *image; /* the same, opened here */
};

struct boot_nic {
	const char *mac, *model;
};

struct boot_machine {
	bool efi;
	bool silent; /* no login is to be expected on its serial console */
	unsigned cpus;
	uint64_t memory;              /* bytes */
	const char *smbios, *vmgenid; /* UUIDs; NULL: none */
	const char *seed;             /* an ISO image's absolute path, or NULL */
	const struct boot_disk *disks;
	size_t ndisks;
	const struct boot_nic *nics;
	size_t nnics;
};

struct boot_options {
	bool kvm; /* it accelerates; else TCG is used */
	bool unplugged; /* the cards have no cable; else a DHCP server answers, and nothing goes in or out */
	unsigned seconds; /* until the login prompt */
	/* Called a few times a second with what is waited for; a negative answer stops. May be NULL. */
	int (*progress)(void *ctx, const char *doing, double seconds);
	void *ctx;
};

enum boot_end {
	BOOT_LOGIN,   /* a login prompt */
	BOOT_AT_REST, /* a silent guest came to rest */
	BOOT_FAILED,  /* the console says so: console.end */
	BOOT_TIMEOUT,
	BOOT_RESETS, /* it starts over and over */
	BOOT_ENDED,  /* it turned itself off, or QEMU ended: qemu_says */
};

struct boot_result {
	enum boot_end end;
	double seconds; /* until then */
	struct console_watch console;
	struct strbuf log; /* what the console said, its first part when it said too much */
	bool power_asked, powered_off;
	double off_seconds;
	unsigned resets; /* by the guest */
	struct frame_facts net;
	struct boot_meter meter;
	char qemu_says[200]; /* its last message, or "" */
	int64_t began_us;    /* by this host's clock, as a journal counts */
	/* The disks as the guest left them. */
	struct disk *disks[BOOT_DISKS];
	size_t ndisks;
};

/* The first three bytes of the network that QEMU's own DHCP server gives addresses of: 192.0.2 is nobody's. */
#define BOOT_NETWORK "192.0.2"

/* -ENOENT with a sentence when QEMU or the firmware is missing, -EINTR when progress said so. out is to be finished in
 * any case. */
int boot_run(const struct boot_machine *m, const struct boot_options *o, struct boot_result *out,
	     struct err *e);
void boot_result_fini(struct boot_result *r);
