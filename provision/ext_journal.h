/* The journal of an ext3 or ext4, and what a guest that stopped hard left half done. */
#pragma once

#include "provision/ext.h"

/* Writes the journal back; libext2fs has to be opened anew behind it. */
int ext_journal_replay(struct ext *x, uint32_t *transactions, uint64_t *blocks, struct err *e);
/* Once: the old blocks in an empty journal, with all the template's names and keys in them, become zeros. */
int ext_journal_clear(struct ext *x, struct err *e);
/* Deletes files that were deleted while open, and cuts those that were being cut. */
int ext_orphans_release(struct ext *x, struct err *e);
