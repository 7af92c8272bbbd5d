/* Names below /dev/disk/by-id, which udev makes of serial numbers, of LVM's and md's ids and of mapper names. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define BY_ID "/dev/disk/by-id/"

/* Why a disk's name can lead nowhere. */
#define BY_ID_UNTOLD "a template does not tell its disks' serial numbers, and it has several disks"

enum { BY_ID_NAME = 256 }; /* room of a name */

enum by_id_kind {
	BY_ID_OTHER,  /* encrypted volumes: nothing we know the ids of */
	BY_ID_DISK,   /* virtio-, scsi-, ata-, nvme-, wwn-...: a disk, by its serial number */
	BY_ID_MAPPER, /* dm-name-: says nothing of identity */
	BY_ID_LV,     /* dm-uuid-LVM-: a group's id and a volume's */
	BY_ID_PV,     /* lvm-pv-uuid- */
	BY_ID_ARRAY,  /* md-uuid-, md-name- */
};

struct by_id {
	enum by_id_kind kind;
	char value[BY_ID_NAME]; /* behind the prefix; of a disk all of it, without "-partN" */
	unsigned part;          /* 0: the whole disk */
};

/* name: what stands behind BY_ID. */
struct by_id by_id_read(const char *name);
/* Whether a path is such a name of a disk or of a partition of it. */
bool by_id_is_disk(const char *path);
/* Does udev make this name of a disk with this serial number, on whatever bus? */
bool by_id_has_serial(const struct by_id *b, const char *serial);
/* Names of disks become what instead says (NULL: it stays); how many did. out gets the whole new text. */
size_t by_id_replace(const char *text, size_t len,
		     const char *(*instead)(void *ctx, const char *name), void *ctx,
		     struct strbuf *out);
