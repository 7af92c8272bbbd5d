/* What the files of the guest engine share. */
#pragma once

#include "provision/guest.h"
#include "provision/guestfs.h"
#include "provision/places.h"
#include "provision/places_edit.h"
#include "provision/refs.h"
#include "provision/storage.h"

enum { GUEST_PATH = 1024, GUEST_MOUNTS = 32, GUEST_LINKS = 40, GUEST_GLOB_MAX = 4096 };

struct guest_mount {
	const char *point; /* "/", "/boot/efi" */
	size_t volume;
};

struct guest_list {
	const char **items;
	size_t n, room;
};

struct guest {
	struct arena *a;
	struct storage storage;
	struct guest_fs **fs; /* by volume; NULL until asked for, and when it does not open */
	bool *tried;
	const char **refusal; /* by volume: why it did not open, or NULL */
	struct guest_mount mounts[GUEST_MOUNTS];
	size_t nmounts;
	size_t root;           /* volume, or SIZE_MAX */
	const char *root_disk; /* what by_id.h's names call the disk of the root, or NULL */
	const char *lost_boot; /* what fstab mounts for the boot loader from no disk there is */
	bool looked;           /* mounts and facts are there */
	struct guest_facts facts;
	struct guest_list warnings;
	struct guest_survey *survey;
};

/* ---- guest.c ---- */

/* The filesystem of a volume, opened when first asked for; NULL when nothing reads it. */
struct guest_fs *guest_volume(struct guest *g, size_t volume);
/* Whether its files can be read. */
bool guest_reads(struct guest *g, size_t volume);
void guest_warn(struct guest *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void guest_list_add(struct arena *a, struct guest_list *l, const char *text);

/* ---- guest_mounts.c ---- */

/* Finds the root and what its fstab mounts. */
void guest_mounts_find(struct guest *g);
/* "UUID=...", "/dev/vda1", "LABEL=x": the volume, or SIZE_MAX. */
size_t guest_spec_volume(struct guest *g, const char *spec);

/* ---- guest_path.c: the guest's files as one tree ---- */

struct guest_spot {
	size_t volume;
	struct guest_fs *fs;
	char path[GUEST_PATH]; /* in the guest, no links in it */
	const char *inner;     /* the same inside the filesystem: a tail of path, or "/" */
	struct guest_stat st;
};

/* 0, or -errno: ENOENT, ELOOP, ENAMETOOLONG. Links are resolved inside the guest, across its mounts. */
int guest_find(struct guest *g, const char *path, bool follow, struct guest_spot *out);
bool guest_has(struct guest *g, const char *path);
/* A regular file of at most limit bytes; NULL otherwise. */
const char *guest_text(struct guest *g, struct arena *a, const char *path, size_t limit,
		       size_t *len);
/* Names in a folder; empty when it is none. */
void guest_names_of(struct guest *g, struct arena *a, const char *path, struct guest_names *out);
/* Paths that match, sorted; mid-path links are followed, last ones are not. */
void guest_glob(struct guest *g, struct arena *a, const char *pattern, struct guest_list *out);

/* ---- guest_facts.c, guest_system.c, guest_console.c ---- */

void guest_facts_gather(struct guest *g);
void guest_system_facts(struct guest *g); /* OS, boot loaders, network, cloud-init */
void guest_console_facts(struct guest *g);
void guest_static_facts(struct guest *g); /* guest_network.c */
void guest_cloud_facts(struct guest *g);  /* guest_cloud.c */
