/* The log of ext3 and ext4 (jbd2): written back onto its filesystem, and emptied. On bytes alone: neither libext2fs nor
 * the filesystem around it is needed. */
#pragma once

#include "templates/disk.h"

enum { JBD2_RUNS_MAX = 1 << 16 };

/* Where the log's blocks are, in ascending order of first. */
struct jbd2_run {
	uint64_t first; /* in the log */
	uint64_t block; /* of the filesystem */
	uint64_t count;
};

struct jbd2 {
	struct disk *disk; /* the filesystem's */
	unsigned block_size;
	uint64_t blocks; /* of the filesystem */
	struct jbd2_run *runs;
	size_t nruns;
};

struct jbd2_done {
	uint32_t transactions;
	uint64_t blocks; /* written */
};

/* Writes every whole transaction back, as the kernel and e2fsck do, and marks the log empty. What they would write
 * although it is damaged is refused (-EUCLEAN), as are features this code does not know (-ENOTSUP): fast commits that
 * were not followed by a full one are among them. The disk is half changed then: give an overlay, and drop it. */
int jbd2_replay(const struct jbd2 *j, struct jbd2_done *done, struct err *e);

/* Zeroes all of the log but its first block: nothing of the past can be found in it, and nothing in it is
 * written back any more. */
int jbd2_clear(const struct jbd2 *j, struct err *e);
