/* The guest's inside, per clone: a plan made of the template's guest, and its edits on the clone's overlays. */
#pragma once

#include "provision/clone_seed.h"
#include "provision/clone_write.h"
#include "provision/guest.h"

#include <pthread.h>

struct guest_lease;

/* One for a run; its functions may be called from any thread. */
struct clone_guests {
	const struct plan *p;
	struct disk **disks; /* the template's, for reading */
	size_t ndisks;
	struct guest_options o;
	struct clone_seeding seeding;
	uint8_t old_macs[IDENTITY_NICS_MAX][6];
	pthread_mutex_t lock;
	struct guest *first;            /* the one that was read; the others share what it found */
	struct guest_lease *idle, *all; /* one a thread, since a guest has state */
};

/* key_pool: a folder of RSA keys (sshkey.h), or NULL. disks are borrowed. */
int clone_guests_open(struct clone_guests *g, const struct plan *p, struct disk *const *disks,
		      size_t ndisks, const char *key_pool, struct err *e);
void clone_guests_close(struct clone_guests *g);

/* The machine starts by UEFI: as the spec says, the descriptor, or, without one, the guest's boot loaders. */
bool clone_guests_efi(const struct clone_guests *g);
enum carry clone_guests_carrier(const struct clone_guests *g);
/* Before clones are published: what they took is theirs for good. */
int clone_guests_settle(struct clone_guests *g, struct err *e);
/* How many RSA keys had to be made, for want of prepared ones. */
size_t clone_guests_keys_made(const struct clone_guests *g);
/* What the guest says of itself; valid while g is open. */
const struct guest_facts *clone_guests_facts(struct clone_guests *g);

/* Plans for w->c, makes its seed and edits the overlays; w's changes, host keys and seed are set. */
int clone_guests_edit(struct clone_guests *g, struct clone_writing *w, struct disk **overlays,
		      struct err *e);
/* The plan alone, as the JSON of identity.json's changes, and the seed as it may be shown. */
int clone_guests_preview(struct clone_guests *g, const struct clone *c, json_t **changes,
			 struct strbuf *seed, struct err *e);
