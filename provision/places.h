/* The places in a guest that hold identity: a row each, built in or the user's. Data; the engine is in guest_plan.c. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* In the order in which they are done. */
enum place_action {
	PLACE_SET,        /* to a value of the clone's identity */
	PLACE_REGENERATE, /* new random content of the same form */
	PLACE_REWRITE,    /* old ids, MACs and names become the new ones; everything else stays */
	PLACE_REMOVE,
	PLACE_REPORT, /* left alone; said in the plan */
	PLACE_ACTIONS
};

/* What an editor makes of the file, for PLACE_SET, PLACE_REGENERATE and PLACE_REWRITE. */
enum place_editor {
	EDIT_NONE,
	EDIT_HOSTNAME,      /* the one name in the file */
	EDIT_HOSTS,         /* lines of /etc/hosts */
	EDIT_NAME_WORDS,    /* the old host name where it stands as a word */
	EDIT_MACHINE_ID,    /* the file is the machine-id */
	EDIT_JOURNAL,       /* a folder named by the machine-id: emptied, under the new name */
	EDIT_REFS,          /* ids of storage, machine-id */
	EDIT_NETWORK,       /* MACs and the ids of connections */
	EDIT_RENAME,        /* the old id in the file's own name, and its content */
	EDIT_GRUBENV,       /* EDIT_REFS, and the block keeps its 1,024 bytes */
	EDIT_LVM_DEVICES,   /* EDIT_REFS, and disks are found by the ids of what is on them */
	EDIT_MDADM,         /* EDIT_REFS, and the names of arrays */
	EDIT_BINARY,        /* EDIT_REFS of forms whose length stays, in a file that is not text */
	EDIT_RANDOM,        /* the same number of random bytes */
	EDIT_UUID_TEXT,     /* one new UUID in the form of the old */
	EDIT_INITIATOR,     /* InitiatorName=iqn...: a new unique part */
	EDIT_HOSTID,        /* 4 bytes */
	EDIT_INITRD,        /* an initial ramdisk: overridden by an appended archive */
	EDIT_SSH_KEY,       /* a host key and its public half */
	EDIT_CLOUD_OFF,     /* removed from a clone that gets a seed */
	EDIT_CLOUD_SOURCES, /* a datasource_list, which shall have NoCloud in it */
	EDIT_CLOUD_POLICY,  /* ds-identify's, which shall look */
	EDIT_CLOUD_NETWORK, /* what cloud-init wrote of the network, and will write anew */
};

struct place {
	const char *id;        /* stable: "hostname", "ssh-host-keys" */
	const char *paths[12]; /* absolute; * matches within one name */
	enum place_action action;
	enum place_editor editor;
	bool privacy;       /* only with --clean */
	const char *missed; /* what two clones suffer when it is not done */
	const char *group;  /* "name", "storage", ...; NULL: that of the row before */
};

/* The built-in rows, in the order in which they are done. */
size_t places_count(void);
const struct place *places_at(size_t i);
const char *places_group(size_t i);
/* When something is done at a place that is there: "always", "with --clean", ... */
const char *place_when(const struct place *p);

/* places_services.c: the second half of the table */
extern const struct place places_services[];
extern const size_t places_services_count;

const char *place_action_name(enum place_action a); /* "set", "regenerate", ... */

/* The user's rows: a YAML list of maps {id, path or paths, action, missed}. Actions: regenerate (random bytes), rewrite,
 * remove, report. */
int places_read(struct arena *a, const char *text, size_t len, const char *name, struct place **out,
		size_t *n, struct err *e);

/* A glob: * and ? stay inside one name. Both absolute paths. */
bool place_matches(const char *pattern, const char *path);
