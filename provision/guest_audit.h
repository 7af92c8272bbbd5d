/* Identities that machines share: whoever made the images. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "provision/guest.h"
#include "templates/ovf.h"

struct audit_item {
	/* "machine-id", "hostname", "ssh-host-key", "mac", "fs-uuid", "lvm-vg", "smbios-uuid", ... */
	const char *kind;
	const char *value;
	const char *where; /* a path in the guest, or a device */
	size_t machine;
};

struct audit {
	struct arena *a;
	const char **machines; /* names, in order */
	size_t nmachines, machines_room;
	struct audit_item *items;
	size_t nitems, items_room;
	const char **warnings;
	size_t nwarnings, warnings_room;
};

/* One identity that two or more machines have. */
struct audit_shared {
	const char *kind, *value;
	const struct audit_item **items; /* one of each machine */
	size_t n;
};

/* One more of the machine that was added last; nothing for NULL or "". */
void audit_item_add(struct audit *x, const char *kind, const char *value, const char *where);
/* Takes a machine's identities from its facts. */
void audit_add(struct audit *x, const char *machine, const struct guest_facts *f);
/* guest_audit_host.c: the last machine's outside, as its descriptor or its identity.json has it. */
void audit_add_ovf(struct audit *x, const struct ovf *ovf);
void audit_add_record(struct audit *x, const char *path);
/* An .ova, a folder with an .ovf, a disk image, a folder of images (one machine), or a folder of such folders. */
int audit_path(struct audit *x, const char *path, struct err *e);
/* Opens whatever path is, and calls fn for every machine in it with its disks, which are closed afterwards. */
int machines_each(struct arena *a, const char *path,
		  int (*fn)(void *ctx, const char *name, struct disk **disks, size_t n,
			    struct err *e),
		  void *ctx, struct err *e);
/* Every clone of a fleet.json; audit_path takes one, too. A ledger of none is fine. */
int audit_ledger(struct audit *x, const char *path, struct err *e);
/* What is shared, by kind and value. */
void audit_compare(const struct audit *x, struct audit_shared **out, size_t *n);
