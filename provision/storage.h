/* What is on a guest's disks: partition tables, filesystems, swap, md, LVM and what else blkid knows; and their ids. */
#pragma once

#include "base/arena.h"
#include "provision/identity.h"
#include "provision/md_super.h"
#include "templates/disk.h"

#include <stdbool.h>
#include <stdint.h>

enum { LVM_ID_TEXT = 39 }; /* 32 letters and digits in seven groups, as LVM prints them */

enum table_kind { TABLE_NONE, TABLE_MBR, TABLE_GPT };

struct md_member; /* storage_md.h */

struct partition {
	unsigned number;      /* 1.. as Linux counts */
	uint64_t start, size; /* bytes */
	char type[UUID_TEXT]; /* GPT type GUID in lower case, or MBR type as "0x83" */
	char guid[UUID_TEXT]; /* GPT: its GUID; MBR: "DISKID-NN" as PARTUUID */
	const char *name;     /* GPT label or "" */
	bool esp, bios_boot;
};

/* An md array, its members in the order in which they were found. */
struct md_array {
	const char *device;      /* "md0", "md/root" */
	char uuid[MD_UUID_TEXT]; /* as mdadm writes it */
	const char *name;        /* "host:0"; "" in 0.90 */
	const char *version, *level;
	const char *why; /* why it is no volume, and keeps its ids; or NULL */
	struct md_member *members;
	size_t nmembers;
};

/* Something with content: a partition, an array, a logical volume, or a whole disk. */
struct volume {
	const char *device; /* as the guest's kernel would call it by order: "vda1", "vg/root" */
	size_t disk;        /* which disk; for an array or an LV the first one */
	struct disk
		*data; /* a window of the disk (writable when the disk is); owned by the storage */
	const struct partition *part;             /* NULL for whole disks, arrays and LVs */
	const struct md_array *array, *member_of; /* that it is, that it is a member of; or NULL */
	bool logical;                             /* an LV */
	const char *
		type; /* blkid's: "ext4", "vfat", "swap", "LVM2_member", "crypto_LUKS"..., "" unknown */
	const char *uuid, *label; /* "" for none */
};

/* An LVM volume group that is whole: all its physical volumes are there. */
struct lvm_group {
	const char *name;
	char id[LVM_ID_TEXT];
	const char *pinned; /* why no id of it can be changed, or NULL */
	struct lvm_volume {
		const char *name;
		char id[LVM_ID_TEXT];
	} * volumes;
	size_t nvolumes;
};

struct guest_disk {
	struct disk *disk; /* borrowed */
	enum table_kind table;
	char id[UUID_TEXT]; /* GPT disk GUID, or the MBR id as 8 hex digits */
	struct partition *parts;
	size_t nparts;
};

struct storage {
	struct arena *a;
	struct guest_disk *disks;
	size_t ndisks;
	struct volume *volumes;
	size_t nvolumes;
	struct md_array *arrays;
	size_t narrays;
	struct lvm_group *groups;
	size_t ngroups;
	const char **warnings;
	size_t nwarnings;
};

/* Looks at the disks; they stay the caller's and must outlive the storage. */
int storage_open(struct storage *s, struct arena *a, struct disk **disks, size_t n, struct err *e);
void storage_close(struct storage *s);

/* Sets ids: the disk's, and each partition's (guids[i] for parts[i]; NULL keeps it). Both GPT headers and their CRCs,
 * or the MBR id. The backup header moves to the end where the disk has grown. */
int storage_set_ids(struct guest_disk *d, const struct uuid *disk_id,
		    const struct uuid *const *guids, struct err *e);

/* A disk that was made larger: the backup of its GPT moves to its end, and the protective MBR covers all of it. Other
 * tables, and disks without one, are left alone. */
int storage_fit(struct disk *d, struct err *e);

/* An LVM id: of a physical volume, a group or a logical volume. */
struct lvm_change {
	char from[LVM_ID_TEXT], to[LVM_ID_TEXT];
};

/* 32 random bytes as an LVM id. */
void lvm_id_format(const uint8_t raw[32], char out[LVM_ID_TEXT]);
/* Changes ids wherever the physical volumes' labels and metadata hold them (older metadata included), with the checksums.
 * The storage's own texts follow only when it is opened again. */
int storage_set_lvm(struct storage *s, const struct lvm_change *changes, size_t n, struct err *e);

/* Whether a member is there of an array that is no volume. */
bool storage_lacks_arrays(const struct storage *s);

/* New ids of an array: as many devices as it has members, NULL for one that keeps its own; to may be from. */
struct md_change {
	struct uuid from, to;
	const char *old_name, *name; /* NULL: kept */
	const struct uuid **devices;
	size_t ndevices;
};

/* Changes them on every member, spares included. The storage's own texts follow only when it is opened again. */
int storage_set_md(struct storage *s, const struct md_change *changes, size_t n, struct err *e);
