/* How a seed reaches a clone's guest: by what the guest, the template and the targets can do. Pure. */
#pragma once

#include "provision/guest.h"

enum carry {
	CARRY_AUTO,
	CARRY_ISO,         /* seed.iso, which the targets attach */
	CARRY_VFAT,        /* seed.img, the same on a disk */
	CARRY_DIR,         /* a folder seed/ beside the clone */
	CARRY_GUEST,       /* in the guest: /var/lib/cloud/seed/nocloud */
	CARRY_SERIAL,      /* SMBIOS: ds=nocloud in the serial number */
	CARRY_CREDENTIALS, /* SMBIOS: systemd's credentials */
	CARRY_OVF,         /* an OVF environment in an image */
	CARRY_GUESTINFO,   /* VMware's guestinfo */
	CARRY_NONE,
	CARRY_COUNT
};

/* In the order of the enum: "auto", "iso"... */
extern const char *const carry_names[CARRY_COUNT];

struct carry_facts {
	const struct guest_facts *guest;
	bool asked;         /* somebody wants something of cloud-init */
	bool transport_iso; /* the template's descriptor wants its environment on a disc */
	bool attaches;      /* every target attaches an image */
	bool smbios;        /* every target hands SMBIOS strings on */
};

struct carry_choice {
	enum carry carrier;
	bool refused;       /* what was asked for cannot get there */
	const char *reason; /* a part of a sentence */
};

/* The first rule that holds; reasons that name something of the guest live in the arena. */
struct carry_choice carry_decide(struct arena *a, const struct carry_facts *f);
/* The same for a carrier that somebody chose: what is odd about it is its reason, or "". */
struct carry_choice carry_accept(struct arena *a, enum carry c, const struct carry_facts *f);

/* cloud-init will look for a NoCloud seed. */
bool carry_is_nocloud(enum carry c);
