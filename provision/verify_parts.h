/* What the files of verify share. */
#pragma once

#include "base/json.h"
#include "provision/guest.h"
#include "provision/guest_initrd.h"
#include "provision/guest_parts.h"
#include "provision/verify.h"
#include "provision/verify_scan.h"
#include "templates/disk.h"

#include <pthread.h>

enum { VERIFY_DISKS = 32 };

/* ---- verify.c ---- */

struct verify_subject *verify_subject_new(struct verify *v, const char *name, bool is_fleet);
/* A finding: the row fails. */
void verify_wrong(struct verify_subject *s, enum verify_id id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* It was looked at; a row that has findings stays failed. */
void verify_holds(struct verify_subject *s, enum verify_id id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void verify_skip(struct verify_subject *s, enum verify_id id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void verify_except(struct verify_subject *s, const char *kind, const char *where, const char *value,
		   const char *reason);
bool verify_is_wrong(const struct verify_subject *s, enum verify_id id);

/* ---- verify_fleet.c: a folder with a ledger ---- */

/* A reference that leads nowhere. */
struct verify_ref {
	const char *path, *spec;
};

struct verify_refs {
	struct verify_ref *items;
	size_t n, room;
	size_t looked; /* references in all */
};

/* An initial ramdisk of the template. */
struct verify_initrd {
	const char *path, *data;
	size_t len;
	struct initrd found; /* members that hold its ids */
	const char *unread;  /* why it could not be searched, or NULL */
};

/* A file whose mode matters. */
struct verify_mode {
	const char *path;
	unsigned mode, uid, gid;
	bool private; /* for root alone */
};

/* A base that linked clones stand on, and the template's machine in it. */
struct verify_base {
	const char *digest; /* of the template */
	struct disk *files[VERIFY_DISKS], *disks[VERIFY_DISKS];
	const char *names[VERIFY_DISKS]; /* "base/DIGEST.qcow2" */
	size_t n;
	struct arena mem;
	struct guest *guest;     /* NULL when it cannot be opened */
	struct verify_refs refs; /* that led nowhere before */
	struct verify_mode *modes;
	size_t nmodes;
	struct verify_initrd *initrds;
	size_t ninitrds;
	struct verify_ids ids;   /* of the template alone */
	struct verify_hits hits; /* of the template's ids, with their files */
	pthread_mutex_t booting;
	double boot_seconds; /* of the template; 0: not booted yet, -1: it does not start */
};

struct verify_fleet {
	struct verify *v;
	struct verify_subject *subject;
	const char *path; /* as given */
	int dir;
	json_t *ledger;
	struct verify_base *bases;
	size_t nbases;
	struct verify_ids ids; /* of every template and every clone */
	struct arena mem;
};

/* only: the one clone that is looked at, or NULL. */
int verify_fleet(struct verify *v, const char *path, const char *only, struct err *e);
struct verify_base *verify_base_find(struct verify_fleet *f, const json_t *record);

/* One clone at work. */
struct verify_clone {
	struct verify *v;
	struct verify_fleet *f; /* NULL: no ledger knows it */
	struct verify_subject *subject;
	struct arena mem; /* of this one's looking */
	const char *name;
	int dir;
	const json_t *record; /* fleet.json's */
	json_t *identity;     /* identity.json, whole; NULL when it cannot be read */
	struct verify_base *base;
	const struct verify_ids *ids; /* of its template and all clones; NULL: none are known */
	size_t number;                /* in the ledger, from 1; 0: in none */
	struct disk *files[VERIFY_DISKS], *disks[VERIFY_DISKS];
	bool linked[VERIFY_DISKS]; /* it stands on the base */
	size_t ndisks;
	size_t nextra; /* blank ones, behind those of the guest */
	uint64_t scanned;
	bool unchecked; /* the checkers run on others of its fleet */
	size_t nkept;   /* exceptions that the ledger names */
	/* Ramdisks in which no id of the template counts: where bytes of one are left, they are compressed and overridden. */
	struct guest_list overridden;
	struct guest *guest; /* NULL: its disks cannot be opened */
};

/* verify_image.c */
int verify_image(struct verify *v, const char *path, struct err *e);
/* verify_fleet.c: what of the base's guest is asked for later, and where its ids stand. */
int verify_base_gather(struct verify *v, struct verify_base *b, struct err *e);
/* verify_checkers.c */
void verify_checkers(struct verify_clone *c);
/* verify.c: the rows of a machine whose disks are open. */
int verify_machine(struct verify_clone *c, struct err *e);
/* verify.c: every row of one machine. An error is what could not be done: no QEMU, an interrupt. */
int verify_clone_all(struct verify_clone *c, struct err *e);

/* ---- verify_ledger.c ---- */

void verify_ledger_unique(struct verify_fleet *f);
void verify_ledger_record(struct verify_clone *c);
void verify_ledger_files(struct verify_clone *c);
void verify_file_modes(struct verify_clone *c);
/* SHA-256 of a whole file, in hex. */
int verify_digest(int fd, char hex[65], struct err *e);

/* ---- verify_chain.c ---- */

/* False when something is wrong, which is said in the fleet's row. */
bool verify_base_open(struct verify_fleet *f, struct verify_base *b);
void verify_base_close(struct verify_base *b);
void verify_chain_open(struct verify_clone *c);
void verify_image_id(struct verify_clone *c, const char *name, struct disk *file,
		     const json_t *row);
/* verify_extra.c: the next blank disk, by its row in the ledger. */
int verify_extra_open(struct verify_clone *c, const char *name, const json_t *row, struct err *e);
void verify_chain_close(struct verify_clone *c);

/* ---- verify_left.c ---- */

/* Nothing of the template, nothing of siblings. */
void verify_left(struct verify_clone *c);
const char *verify_clone_name(const struct verify_fleet *f, size_t number);

/* ---- verify_describe.c, verify_initrd.c ---- */

void verify_descriptions(struct verify_clone *c);
void verify_fleet_files(struct verify_fleet *f);
void verify_initrds(struct verify_clone *c);
void verify_initrds_gather(struct verify_base *b);

/* ---- verify_guest.c ---- */

void verify_guest(struct verify_clone *c);
/* ---- verify_boot.c ---- */

/* The rows from VERIFY_BOOT_LOGIN to VERIFY_BOOT_TIME; its disks and guest are open. An error is what could not be done. */
int verify_boot(struct verify_clone *c, struct err *e);

/* ---- verify_storage.c, verify_names.c, verify_refs.c ---- */

void verify_storage(struct verify_clone *c);
void verify_names(struct verify_clone *c);
void verify_host_keys(struct verify_clone *c);
void verify_guest_modes(struct verify_clone *c);
void verify_modes_gather(struct guest *g, struct arena *a, struct verify_mode **out, size_t *n);
void verify_refs_storage(struct verify_clone *c);
void verify_refs_network(struct verify_clone *c);
/* disks: the ledger's of this machine, or NULL. */
void verify_refs_gather(struct guest *g, struct arena *a, const json_t *disks,
			struct verify_refs *out);
