/* Where the fields of an XFS superblock are that more than one reader needs. */
#pragma once

enum {
	XFS_BLOCKSIZE = 4,
	XFS_AGBLOCKS = 84,
	XFS_AGCOUNT = 88,
	XFS_VERSION = 100,
	XFS_SECTSIZE = 102,
	XFS_INCOMPAT = 216,
	XFS_HAS_SPARSE_INODES = 0x2,
};
