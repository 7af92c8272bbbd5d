/* Where the fields of a btrfs superblock are, and the checksum that it and every block of the trees begin with. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	BTRFS_SUPER = 4096,
	BTRFS_CSUM = 32,
	BTRFS_FSID = 32, /* of a block, too */
	BTRFS_BYTENR = 48,
	BTRFS_FLAGS = 56,
	BTRFS_MAGIC = 64,
	BTRFS_CHUNK_ROOT = 88,
	BTRFS_TOTAL = 112,
	BTRFS_DEVICES = 136,
	BTRFS_SECTORSIZE = 144,
	BTRFS_NODESIZE = 148,
	BTRFS_SYS_CHUNKS_SIZE = 160,
	BTRFS_INCOMPAT = 188,
	BTRFS_CSUM_TYPE = 196,
	BTRFS_CHUNK_ROOT_LEVEL = 199,
	BTRFS_DEV_FSID = 283,
	BTRFS_LABEL = 299,
	BTRFS_LABEL_SIZE = 256,
	BTRFS_METADATA_UUID = 571,
	BTRFS_SYS_CHUNKS = 811,
	BTRFS_SYS_CHUNKS_MAX = 2048,
};

static const uint64_t btrfs_has_metadata_uuid = 1 << 10;

/* Of the n bytes at block, which begin with room for it. -ENOTSUP: a kind that is not made here. */
int btrfs_checksum(uint16_t type, const uint8_t *block, size_t n, uint8_t out[BTRFS_CSUM],
		   struct err *e);
/* Where the UUID is that the blocks of the trees carry. */
size_t btrfs_uuid_inside(const uint8_t *superblock);
