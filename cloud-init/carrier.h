/* What brings a seed into a guest: an ISO 9660 image, a VFAT image, a folder. The same files give the same bytes,
 * whenever and wherever they are written. */
#pragma once

#include "base/str.h"
#include "cloud-init/seed.h"

/* cloud-init finds a volume by this label; old releases know only the lower case one. */
#define SEED_LABEL "cidata"
/* Of an OVF environment's image; ds-identify does not see through blkid's spelling of "OVF ENV". */
#define SEED_OVF_LABEL "OVF-TRANSPORT"

/* ISO 9660 level 2 with Rock Ridge and Joliet, all files in its root, readable for the guest's root only.
 * Names: 1 to SEED_NAME_MAX printable ASCII characters without '/'. */
int seed_iso(const struct seed_files *files, const char *label, struct strbuf *out, struct err *e);

/* The names that the carriers can hold exactly. */
int seed_check_names(const struct seed_files *files, struct err *e);

/* FAT12, or FAT16 when it is large; exact long names. */
int seed_vfat(const struct seed_files *files, const char *label, struct strbuf *out, struct err *e);

/* A folder, mode 0700, made when it is not there; files 0600, each whole or not at all; files of an earlier seed go. */
int seed_folder(const char *folder, const struct seed_files *files, struct err *e);
