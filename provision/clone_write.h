/* One clone's files, written into its staging folder. */
#pragma once

#include "base/stop.h"
#include "provision/clone_seed.h"
#include "provision/plan.h"

struct clone_guests;
struct target;
struct vm;

struct clone_writing {
	const struct plan *p;
	const struct base *b;
	const struct clone *c;
	struct arena a;              /* of this clone */
	int dir;                     /* the staging folder */
	const struct stop *stop;     /* or NULL */
	bool sync;                   /* every file is on stable storage when this returns */
	struct clone_guests *guests; /* clone_guest.h */
	struct clone_seed seed;
	json_t *files;               /* of the record */
	json_t *changes, *host_keys; /* of the guest; owned while it is written */
	json_t *record;              /* the result; owned by the caller */
	uint64_t bytes; /* that its files take, those they share with others left out */
	bool shared;    /* some are shared */
};

/* Disks, descriptions, identity.json. */
int clone_write(struct clone_writing *w, struct err *e);

/* A file of the clone: written, listed with its size and digest. */
int clone_add_file(struct clone_writing *w, const char *name, const void *data, size_t n,
		   mode_t mode, struct err *e);
/* A file that was written by somebody else through fd. digest: it is read back for it. */
int clone_list_file(struct clone_writing *w, const char *name, int fd, bool digest, struct err *e);

/* The same of a file that shares all but `own` bytes with others. */
int clone_list_shared(struct clone_writing *w, const char *name, int fd, uint64_t own,
		      struct err *e);

/* clone_files.c: the seed's files, and what the targets need to know of it. */
int clone_write_seed(struct clone_writing *w, struct vm *vm, struct err *e);

/* clone_archive.c: the target's file is an OVA of its descriptor, a manifest and the disks that stand beside. */
int clone_add_ova(struct clone_writing *w, const struct vm *vm, const struct target *t,
		  const struct strbuf *ovf, struct err *e);

/* clone_disks.c: disk0.qcow2 and so on, from overlays of the base in the order of its disks; then the blank ones. */
int clone_write_disks(struct clone_writing *w, struct disk *const *overlays, struct err *e);
