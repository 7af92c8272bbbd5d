/* Every checksum of an ext4 filesystem that its UUID is part of. */
#pragma once

#include "provision/ext.h"

/* Checksums continued over a little-endian number. */
uint32_t ext_crc_le32(uint32_t crc, uint32_t v);
uint32_t ext_crc_le64(uint32_t crc, uint64_t v);

/* Makes all checksums in inode tables, directories, extent trees, attribute blocks, the orphan file and the MMP block
 * right for another seed. Those that are wrong for the old one are an error before anything is written.
 * Bitmaps and descriptors are libext2fs's, and are done by the caller. */
int ext_reseed(struct ext *x, uint32_t from, uint32_t to, struct err *e);
