/* Proof from the files alone: is a clone who the ledger says it is, whole, and nobody else? Nothing is written, and nothing
 * of how it was made is believed. What is looked at is a table of checks (verify.c); each subject, a fleet's folder or a
 * machine, has one row a check. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verify_verdict { VERIFY_SKIP, VERIFY_PASS, VERIFY_FAIL };

/* In the order of the table. */
enum verify_id {
	VERIFY_LEDGER_SCHEMA,
	VERIFY_LEDGER_UNIQUE,
	VERIFY_FLEET_FILES,
	VERIFY_BASE_DIGEST,
	VERIFY_LEDGER_RECORD,
	VERIFY_LEDGER_FILES,
	VERIFY_FILES_MODES,
	VERIFY_DESCRIPTION,
	VERIFY_CHAIN,
	VERIFY_STORAGE,
	VERIFY_IDENTITY,
	VERIFY_NAMES,
	VERIFY_HOST_KEYS,
	VERIFY_GUEST_MODES,
	VERIFY_REFS_STORAGE,
	VERIFY_REFS_NETWORK,
	VERIFY_SCAN_TEMPLATE,
	VERIFY_SCAN_SIBLINGS,
	VERIFY_SCAN_INITRD,
	VERIFY_CHECKERS,
	VERIFY_BOOT_LOGIN, /* the first of those that need --boot */
	VERIFY_BOOT_CONSOLE,
	VERIFY_BOOT_NAME,
	VERIFY_BOOT_NETWORK,
	VERIFY_BOOT_UNITS,
	VERIFY_BOOT_OFF,
	VERIFY_BOOT_IDENTITY,
	VERIFY_BOOT_STORAGE,
	VERIFY_BOOT_JOURNAL,
	VERIFY_BOOT_TIME, /* the last of them */
	VERIFY_CHECKS
};

struct verify_check {
	const char *id;    /* stable: scripts depend on it */
	const char *title; /* what holds when it passes */
	bool of_fleet;     /* looked at once a fleet, not once a machine */
};

extern const struct verify_check verify_checks[VERIFY_CHECKS];
const char *verify_verdict_name(enum verify_verdict v); /* "skip", "pass", "fail" */

struct verify_row {
	enum verify_verdict verdict;
	const char *note;      /* why it was skipped, or how much was looked at; "" for nothing */
	const char **findings; /* what is wrong, one sentence each */
	size_t n, room;
};

/* An id that stays on purpose: the ledger says why. */
struct verify_exception {
	const char *kind, *where, *value, *reason;
};

struct verify_subject {
	struct arena mem;
	const char *name; /* the path as given, and below it the clone */
	bool is_fleet, booted;
	struct verify_row rows[VERIFY_CHECKS];
	struct verify_exception *exceptions;
	size_t nexceptions, exceptions_room;
	size_t failed; /* rows */
	const char *
		unsure; /* why it could not be found out whether it starts; NULL: it could, or nobody asked */
	double seconds;
};

/* ORDER boot_firmware */
enum boot_firmware { BOOT_BY_TEMPLATE, BOOT_BY_BIOS, BOOT_BY_UEFI };

struct verify_boot_options {
	bool kvm; /* it was measured to accelerate here */
	bool unplugged; /* cards without a cable; else QEMU's own DHCP server answers them, and nothing else does */
	unsigned seconds; /* until the login prompt */
	enum boot_firmware uefi;
	bool compare;        /* with the time the template takes, which is booted once a fleet */
	const char *log_dir; /* of the consoles of machines that fail; NULL: none is kept */
	/* What each machine does, a few times a second, on any thread; a negative answer stops. NULL: nobody asks. */
	int (*progress)(void *ctx, const char *machine, const char *doing, double seconds);
};

/* Which machines filesystem checkers are run on: some of a large fleet. */
enum verify_which { VERIFY_CHECK_SOME, VERIFY_CHECK_ALL, VERIFY_CHECK_NONE };

struct verify_options {
	const char *against; /* the template of images that no ledger knows; NULL: none is given */
	enum verify_which checkers;
	unsigned threads; /* machines at a time; 0: as many as there are processors */
	const struct verify_boot_options *boot; /* NULL: nothing is booted */
	/* done of total machines are looked at; a negative answer stops. NULL: nobody asks. */
	int (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct verify {
	struct arena mem;
	const struct verify_options *o;
	struct verify_subject **subjects;
	size_t n, room;
	uint64_t scanned; /* bytes */
};

/* Looks at a fleet's folder, a clone's folder, a package or an image, and adds its subjects. An error is what could not
 * be found out; what is wrong is in the rows. */
int verify_path(struct verify *v, const char *path, struct err *e);
size_t verify_failed(const struct verify *v); /* rows of all subjects */
size_t verify_unsure(const struct verify *v); /* machines */
void verify_fini(struct verify *v);
