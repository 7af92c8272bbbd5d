/* The plan: every clone that is wanted, who it will be, and what stands already. Pure data; making it writes nothing. */
#pragma once

#include "provision/base_store.h"
#include "provision/ledger.h"
#include "provision/source.h"
#include "provision/spec.h"
#include "provision/target.h"

enum clone_state {
	CLONE_MAKE,    /* to be made */
	CLONE_THERE,   /* finished by an earlier run */
	CLONE_REPLACE, /* there, made of something else, and to be made anew */
	CLONE_FOREIGN, /* another share's: its addresses are kept free */
};

struct clone {
	const char *name, *lower;
	enum clone_state state;
	const struct spec_clone *listed; /* what the spec says of it alone, or NULL */
	struct uuid machine_id, smbios, vmgenid, instance;
	uint8_t macs[IDENTITY_NICS_MAX][6];
	uint32_t addresses[IDENTITY_NICS_MAX]; /* 0: DHCP */
	unsigned cpus;
	uint64_t memory;
	const char *recipe_id;
	json_t *recipe; /* owned by the plan */
};

/* A disk that every clone has. */
struct plan_disk {
	const char *file; /* in the clone's folder */
	const char *format, *bus;
	uint64_t size;                  /* bytes the guest sees */
	const struct spec_extra *extra; /* NULL: it is the template's; those come first */
};

struct plan {
	struct arena *a;
	const struct spec *spec;
	const struct source *source;
	struct ledger *ledger;
	struct identity_key key;
	char key_id[17];
	char digest[DIGEST_TEXT]; /* of the template */
	const char *folder;       /* of the output, absolute */
	bool kvm;                 /* the descriptions ask for KVM */
	size_t nnics;
	struct plan_disk *disks;
	size_t ndisks;
	struct clone *clones;
	size_t nclones;
	size_t make, there, replace, foreign; /* how many of each */
	json_t *recipe;                       /* of a clone without settings of its own */
	char recipe_id[17];
};

/* Decides everything but the inside of the guest. spec, source and ledger are borrowed; key, digest, folder and kvm
 * are set by the caller before. replace: clones that were made of something else are made anew. */
int plan_make(struct plan *p, bool replace, struct err *e);
void plan_fini(struct plan *p);

/* plan_disks.c: what can be said before the template's disks are open. */
int plan_check_disks(const struct spec *s, const struct source *source, struct err *e);
/* Lays out p's disks; sizes are those of the template's, in their order. -EINVAL with the sentence when one cannot be
 * what the spec says. */
int plan_disks(struct plan *p, const uint64_t *sizes, struct err *e);

/* A clone's disk i: at most 20 characters, and the image's own id. Derived when asked for. */
int clone_disk_serial(const struct plan *p, const struct clone *c, size_t i, char out[21],
		      struct err *e);
int clone_disk_uuid(const struct plan *p, const struct clone *c, size_t i, struct uuid *out,
		    struct err *e);

/* An empty key draws one. The id names a key without telling it. */
int key_id(const struct identity_key *key, char out[17], struct err *e);

/* What is the same for all clones of a settings: for the ledger, and to tell when it has changed. */
json_t *recipe_of(const struct plan *p, const struct spec_clone *listed);
