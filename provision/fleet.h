/* The output folder: one fleet, one key, one ledger, one run at a time. */
#pragma once

#include "provision/identity.h"
#include "provision/ledger.h"

#include <stdbool.h>

#define FLEET_KEY_FILE "fleet.key"
#define FLEET_LOCK_FILE ".lock"

struct fleet {
	struct arena a;
	const char *folder; /* absolute */
	int out;            /* -1: not there yet (nothing is to be written) */
	int lock;
	struct identity_key key;
	bool key_drawn; /* by this run */
	struct ledger ledger;
};

struct fleet_options {
	const char *folder;
	const char *key_file; /* NULL: the folder's own, drawn when there is none */
	bool look_only;       /* writes nothing, locks nothing, makes nothing */
	/* Called when another run has the folder, before waiting for it. NULL: do not wait. */
	void (*waiting)(void *ctx);
	void *ctx;
};

/* Opens or makes the folder; one that holds something else is refused. Removes what runs that died have left. */
int fleet_open(struct fleet *f, const struct fleet_options *o, struct err *e);
void fleet_close(struct fleet *f);

/* Reads a key file: 64 hex digits, readable by its owner only. */
int fleet_read_key(const char *path, struct identity_key *out, struct err *e);
