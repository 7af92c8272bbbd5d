/* The ids inside disk images of VirtualBox and Hyper-V, which other programs draw and take for the disk's own. */
#pragma once

#include "templates/disk_format.h"

struct disk_ids {
	uint8_t image
		[16]; /* what the disk is known by, in the order of a UUID's text; of VHDX its page 83 id */
	uint8_t content[16]; /* changes when its contents do */
};

/* True of VDI, VHD and VHDX. */
bool disk_has_ids(enum disk_format f);

/* The image's own id. -EINVAL when the file is not what f says, or damaged. */
int disk_id_read(struct disk *file, enum disk_format f, uint8_t image[16], struct err *e);
/* Sets the ids of an image that nobody has open and that was closed whole, with the checksums around them; an empty log
 * of a VHDX is said to be empty. */
int disk_ids_write(struct disk *file, enum disk_format f, const struct disk_ids *ids,
		   struct err *e);
