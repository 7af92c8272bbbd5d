/* Ids and secrets as byte patterns: the template's, which must be gone, and the siblings', which must not be there. */
#pragma once

#include "base/json.h"
#include "provision/guest.h"
#include "provision/scan.h"

enum { IDS_TEMPLATE = 0 }; /* owners above are clones: their number in the ledger, from 1 */

struct verify_known {
	size_t owner;
	const char *kind;  /* "machine-id", "fs-uuid", "ssh-host-key" */
	const char *where; /* whose: "vda2", a path in the guest */
	const char *value; /* "" for secrets */
};

struct verify_ids {
	struct arena *a;
	struct verify_known *items; /* by the tag of a pattern */
	size_t n, room;
	struct scan scan;
};

/* An id in every form and encoding that a text of its shape is written in; ids that tell nothing are left out. */
void verify_ids_add(struct verify_ids *x, size_t owner, const char *kind, const char *where,
		    const char *value);
/* Everything that makes the guest this machine: ids of storage, machine and network, keys, seeds. */
void verify_ids_template(struct verify_ids *x, struct guest *g);
/* What the ledger says of a clone. identity: its identity.json, or NULL. */
void verify_ids_clone(struct verify_ids *x, size_t owner, const json_t *record,
		      const json_t *identity);
