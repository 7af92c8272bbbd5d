/* Every checksum of an ext4 filesystem that its UUID is part of. */
#pragma once

#include "provision/ext.h"

/* Makes all checksums in inode tables, directories, extent trees, attribute blocks, the orphan file and the MMP block
 * right for another seed. Those that are wrong for the old one are an error before anything is written.
 * Bitmaps and descriptors are libext2fs's, and are done by the caller. */
int ext_reseed(struct ext *x, uint32_t from, uint32_t to, struct err *e);
