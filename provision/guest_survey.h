/* What one reading of a guest found: everything a plan needs besides the new identity. */
#pragma once

#include "provision/guest_initrd.h"
#include "provision/guest_parts.h"

enum { FOUND_MAX = 20000 };

/* A file, folder or link at a place. */
struct found {
	const struct place *place;
	const char *path; /* in the guest */
	size_t volume;
	const char *inner; /* in the filesystem */
	struct guest_stat st;
	const char *data; /* a regular file's content, when its editor wants it; else NULL */
	size_t len;
	const char *target;          /* of a link, else NULL */
	bool hit;                    /* an old id is in its content, target or name */
	const struct initrd *initrd; /* of an initial ramdisk that is to be overridden */
};

/* Why an old id must stay. */
struct pin {
	size_t ref;
	const char *path, *reason;
};

struct guest_survey {
	struct arena *a;
	struct refs old; /* every id there is: each stands for itself */
	struct found *found;
	size_t n, room;
	struct pin *pins;
	size_t npins, pins_room;
	const char *grub;           /* version by the package database, "" when unknown */
	const struct place *places; /* the user's, as surveyed */
};

/* Reads; NULL-safe to call again with the same user's places. Fails only on broken disks. */
int guest_survey_make(struct guest *g, const struct place *places, size_t nplaces, struct err *e);

/* Every old id in these bytes, which cannot be edited because of why: ids of storage stay, others are a warning. */
void guest_survey_pin_all(struct guest *g, struct guest_survey *s, const char *path,
			  const char *data, size_t len, const char *why);
void guest_survey_pin(struct guest_survey *s, size_t ref, const char *path, const char *reason);
struct found *guest_survey_add(struct guest *g, struct guest_survey *s, const struct place *place,
			       const char *path);
/* The first old id in these bytes, not counting ids that only places of their own hold. */
bool guest_survey_hit(const struct guest_survey *s, const char *data, size_t len, size_t from,
		      struct ref_hit *hit);

/* guest_search.c: everything else in the guest's files. */
void guest_search(struct guest *g, struct guest_survey *s);
/* guest_ramdisk.c: ids inside initial ramdisks. */
void guest_ramdisks(struct guest *g, struct guest_survey *s);
/* guest_loader.c: ids inside boot loaders' images. */
void guest_loader_pins(struct guest *g, struct guest_survey *s);
bool guest_image_is_signed(const char *data, size_t len);
/* Whether this guest's loader and kernel read an ext4 with a checksum seed on that volume; *why says why not. */
bool guest_seed_is_safe(struct guest *g, size_t volume, const char **why);
/* Whether they read that volume's filesystem when its UUID is no longer the one its blocks hold. */
bool guest_new_id_is_read(struct guest *g, size_t volume, const char **why);
