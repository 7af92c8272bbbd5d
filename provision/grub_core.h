/* GRUB's image for BIOS: what is compressed in it, out of the MBR gap or a BIOS boot partition. */
#pragma once

#include "base/arena.h"
#include "templates/disk.h"

#include <stdint.h>

/* The image that this disk's boot sector loads, unpacked: kernel, modules, prefix and the configuration inside it.
 * -ENOENT without a sentence when GRUB is not in the boot sector; any other error says why it cannot be read. */
int grub_core_read(struct disk *d, struct arena *a, const uint8_t **data, size_t *len,
		   struct err *e);
