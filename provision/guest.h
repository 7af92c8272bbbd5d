/* A guest's insides: what is found there, a plan that gives it an identity of its own, and the plan's edits.
 *
 *	guest_open(&base, a, disks, n, &e);             once, on the template's disks
 *	guest_plan_make(base, &id, &o, &plan, &e);      per clone: reads only, and the first call does the reading for all
 *	guest_open(&g, a, overlays, n, &e);             per clone, on overlays of the same disks
 *	guest_plan_apply(g, &plan, &e);                 edits
 *
 * Plan and edits may use the same guest, too. Nothing of the guest is mounted or executed; its symlinks lead nowhere
 * but into itself; what is odd in it is a warning, not an error. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "provision/identity.h"
#include "templates/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct guest;
struct place;
struct seed_network; /* cloud-init/network.h */

/* ---- what is there ---- */

struct guest_filesystem {
	const char *device;     /* "vda1", "vg/root", by order */
	const char *type;       /* blkid's: "ext4", "vfat", "swap", "LVM2_member"... */
	const char *uuid;       /* "" for none */
	const char *label;      /* "" for none */
	const char *mountpoint; /* "/", "/boot/efi", "swap"; "" when nothing mounts it */
	const char *engine;     /* which reads and writes it; "" when none does */
	const char *pinned;     /* why its id cannot be changed, or NULL */
};

struct guest_disk_ids {
	const char *device; /* "vda" */
	const char *table;  /* "gpt", "mbr" or "" */
	const char *id;     /* GPT disk GUID, MBR id in 8 hex digits, or "" */
	size_t nparts;
	const struct guest_part_id {
		const char *device, *id,
			*role; /* "vda15", its PARTUUID, "esp", "bios boot" or "" */
	} * parts;
};

struct guest_lvm_id {
	const char *kind, *name, *id; /* "lvm-vg" or "lvm-lv", "vg" or "vg/root" */
};

struct guest_md_array {
	const char *device, *level, *version; /* "md0", "raid1", "1.2" */
	const char *name, *id;                /* "host:0" or ""; as mdadm writes it */
	const char *why;                      /* why it is left alone, or NULL */
	size_t nmembers;
	const struct guest_md_member {
		const char *device, *id; /* "vda2", its own id or "" */
	} * members;
};

struct guest_host_key {
	const char *type;        /* "ed25519", "ecdsa", "rsa", "dsa" */
	const char *path;        /* of the private key in the guest */
	const char *public_line; /* "ssh-ed25519 AAAA...", without comment */
	const char *fingerprint; /* "SHA256:..." */
	/* Of a plan's keys: secret, wiped with the plan. Else NULL. */
	const char *private_text;
};

struct guest_mac {
	const char *text; /* "52:54:00:aa:bb:cc" */
	const char *path; /* the file that names it */
};

/* What decides how a seed may reach a guest. */
struct guest_cloud {
	bool installed;
	const char *off; /* what turns it off in a way that can be undone: a path; or NULL */
	const char *off_for_good; /* the same, in a way that is left alone; or NULL */
	const char *datasources;  /* its datasource_list as read last, "NoCloud, None"; "": any */
	const char *datasources_path;
	bool nocloud, ovf;       /* are in it, or could be */
	const char *network_off; /* the file that keeps it from the network, or NULL */
	const char *policy;      /* ds-identify's, "" for its default */
	unsigned systemd;        /* its version, 0: none or unknown */
};

enum guest_answer { GUEST_UNKNOWN, GUEST_NO, GUEST_YES };

struct guest_facts {
	bool linux_found; /* without it only disk ids can be changed */
	const char *os_id, *os_version,
		*os_name;                    /* "debian", "12", "Debian GNU/Linux 12 (bookworm)" */
	const char *hostname;                /* "" when unset */
	const char *machine_id;              /* 32 hex digits, "" or "uninitialized" */
	const char *kernel;                  /* newest version in /lib/modules or /boot, "" */
	const struct guest_filesystem *root; /* NULL when no root was found */
	const struct guest_filesystem *filesystems;
	size_t nfilesystems;
	const struct guest_disk_ids *disks;
	size_t ndisks;
	const struct guest_md_array *arrays;
	size_t narrays;
	const struct guest_lvm_id *lvm; /* groups and volumes */
	size_t nlvm;
	const char **
		bootloaders; /* "grub bios", "grub uefi signed", "grub uefi", "systemd-boot", "extlinux" */
	size_t nbootloaders;
	const char **
		networks; /* "ifupdown", "netplan", "networkd", "NetworkManager", "ifcfg", "wicked" */
	size_t nnetworks;
	const char *static_network; /* a file that gives the guest an address of its own, or NULL */
	bool cloud_init;            /* there, and not turned off */
	struct guest_cloud cloud;
	const char *cloud_datasource, *cloud_instance; /* the last datasource and instance id, "" */
	const struct guest_host_key *host_keys;
	size_t nhost_keys;
	const struct guest_mac
		*macs; /* in network configuration, each once, in order of appearance */
	size_t nmacs;
	enum guest_answer serial_console; /* does it answer on its first serial port? */
	const char *serial_why;
	const char *
		*warnings; /* one sentence each: hibernated, encrypted, dirty, no Linux found... */
	size_t nwarnings;
};

/* Inventory only, cheap. The disks stay the caller's, are written only by guest_plan_apply, and must outlive the guest,
 * as must the arena. A guest without a Linux inside opens, too: linux_found says so. */
int guest_open(struct guest **out, struct arena *a, struct disk **disks, size_t n, struct err *e);
void guest_close(struct guest *g); /* NULL is allowed */
const struct guest_facts *guest_facts(struct guest *g);
/* Only UEFI firmware can start it: there is an EFI system partition, and no boot loader for a BIOS. */
bool guest_needs_uefi(const struct guest_facts *f);

/* ---- what shall change ---- */

/* MODERN: ed25519 and ecdsa are made, RSA keys removed: each takes as long as making fifty clones. */
enum guest_ssh_keys { GUEST_SSH_GENERATE, GUEST_SSH_REMOVE, GUEST_SSH_KEEP, GUEST_SSH_MODERN };
enum guest_machine_id { GUEST_ID_NEW, GUEST_ID_UNINITIALIZED, GUEST_ID_KEEP };
enum guest_seed { GUEST_SEED_AUTO, GUEST_SEED_NEVER, GUEST_SEED_ALWAYS };
enum guest_serial { GUEST_SERIAL_KEEP, GUEST_SERIAL_ON, GUEST_SERIAL_OFF };

struct ssh_key_pool;

/* Zeroed: the defaults. */
struct guest_options {
	enum guest_ssh_keys ssh_keys;
	enum guest_machine_id machine_id;
	enum guest_seed ext4_seed;
	enum guest_serial serial_console;
	bool without_rsa;         /* RSA host keys are removed, not made: the other kinds serve */
	bool keep_storage_ids;    /* filesystems, swap, partitions, disks stay as they are */
	const char *const *clean; /* ids of the privacy set; "all" for all of it */
	size_t nclean;
	const struct place *places; /* the user's rows (places_read), after the built-in ones */
	size_t nplaces;
	const uint8_t (
		*old_macs)[6]; /* the template's NICs by its descriptor, in order; may be NULL */
	size_t nold_macs;
	/* Addresses for the guest's own network files, cards first, by MAC; NULL: as they are. */
	const struct seed_network *network;
	bool cloud_seed;           /* cloud-init shall find a NoCloud seed */
	bool cloud_network;        /* which tells it the network */
	struct ssh_key_pool *keys; /* RSA keys made ahead (sshkey.h); NULL: made when needed */
};

enum guest_action { GUEST_CHANGED, GUEST_REMOVED, GUEST_KEPT, GUEST_REFUSED };

struct guest_change {
	const char *kind;      /* "hostname", "machine-id", "ssh-host-key", "fs-uuid", ... stable */
	const char *where;     /* a path in the guest, or a device */
	const char *old_value; /* "" for none; secrets are never shown */
	const char *new_value;
	enum guest_action action;
	const char
		*reason; /* why it was kept or refused, or what is worth knowing; "" for nothing */
};

struct guest_plan {
	struct arena mem; /* everything in the plan */
	struct guest_change *changes;
	size_t n;
	struct guest_host_key *host_keys; /* the clone's, for known_hosts and SSHFP */
	size_t nhost_keys;
	struct guest_edits *edits; /* what apply does */
};

/* All the reading that plans need, done now. */
int guest_look(struct guest *g, const struct guest_options *o, struct err *e);
/* g, whose disks show what from's show, takes over what guest_look found there. from must outlive g. */
void guest_share(struct guest *g, const struct guest *from);
/* Reads only. out is zeroed or was finished; on error nothing is in it. Secrets are new at every call. */
int guest_plan_make(struct guest *g, const struct identity *id, const struct guest_options *o,
		    struct guest_plan *out, struct err *e);
/* Adds a file to a plan of g, with the folders it needs; what is there is replaced. kind is for the report. */
int guest_plan_put(struct guest *g, struct guest_plan *p, const char *kind, const char *path,
		   mode_t mode, const char *data, size_t len, struct err *e);
/* Edits g's disks: files first, then filesystem ids, then partition tables, and flushes. g is the guest the plan was
 * made of, or one on overlays of the same disks. After an error the disks are half changed: throw the overlay away. */
int guest_plan_apply(struct guest *g, const struct guest_plan *p, struct err *e);
void guest_plan_fini(struct guest_plan *p);

const char *guest_action_name(enum guest_action a); /* "changed", "removed", "kept", "refused" */

/* ---- shown ---- */

/* The guest section of `vmint inspect`: text, or a JSON object. */
void guest_describe(const struct guest_facts *f, struct strbuf *out);
json_t *guest_describe_json(const struct guest_facts *f);
