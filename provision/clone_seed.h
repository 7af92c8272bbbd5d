/* One clone's seed: the spec's section with this clone's values, and what its targets need to know of it. */
#pragma once

#include "provision/carry.h"
#include "provision/plan.h"

/* The same for all clones of a run. */
struct clone_seeding {
	struct carry_choice choice;
	enum carry carrier;                      /* what is done */
	bool fixed;                              /* the template has an address of its own */
	const struct seed_variables *properties; /* the template's, and the spec's over them */
};

struct clone_seed {
	struct seed_files files;  /* none where nothing is carried as files */
	struct seed_text image;   /* of file: an ISO or VFAT image */
	const char *file;         /* "seed.iso", "seed.img", or NULL */
	const char *serial;       /* SMBIOS type 1; or NULL */
	struct seed_list strings; /* SMBIOS type 11 */
	struct seed_variables guestinfo;
};

/* The names of the template's properties with their values, the spec's over them. */
const struct seed_variables *clone_properties(struct arena *a, const struct spec *s,
					      const struct source *source);
/* Decides the carrier. -EINVAL when what was asked for cannot get into the guest. */
int clone_seeding_decide(struct clone_seeding *s, const struct plan *p,
			 const struct guest_facts *facts, struct err *e);
/* Whether the guest's own network files are the place for the clone's addresses. */
bool clone_network_inside(const struct clone_seeding *s, const struct guest_facts *facts);

/* The clone's network as the plan has it; no links when the spec says nothing of it. */
int clone_network(struct arena *a, const struct plan *p, const struct clone *c,
		  const struct clone_seeding *s, struct seed_network *out, struct err *e);
/* keys: the clone's host keys as the guest got them. What it makes lives in the arena. */
int clone_seed_make(struct arena *a, const struct plan *p, const struct clone *c,
		    const struct clone_seeding *s, const struct guest_plan *keys,
		    struct clone_seed *out, struct err *e);
/* Its files as a dry run may show them, secrets as "***". */
void clone_seed_show(const struct clone_seed *seed, struct strbuf *out);
