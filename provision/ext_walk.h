/* An inode's mapping blocks, walked by ourselves with a limit. */
#pragma once

#include "provision/ext.h"

/* Called for each piece of an inode's mapping; a non-zero answer ends the walk. node is the content of an extent block
 * (depth > 0 of the tree), NULL for data. */
struct ext_piece {
	uint64_t block;
	uint64_t count; /* blocks; 1 for nodes */
	uint64_t first; /* data: the first logical block */
	uint8_t *node;
	bool unwritten;
};

struct ext_walk {
	struct disk *disk;
	unsigned block_size;
	uint64_t blocks; /* of the filesystem */
	uint64_t limit;  /* pieces */
	bool nodes_only; /* leaves' entries are not visited */
	int (*visit)(void *arg, const struct ext_piece *p, struct err *e);
	void *arg;
};

/* inode: at least 128 bytes as on disk, little-endian; inodes without blocks (fast symlinks, inline data,
 * devices) must not be given. -EUCLEAN for what cannot be. */
int ext_walk_inode(struct ext_walk *w, const uint8_t *inode, struct err *e);
/* True when i_block holds a mapping at all. */
bool ext_has_blocks(const uint8_t *inode);
