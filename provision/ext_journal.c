/* A guest that was not shut down: its journal written back, and what its last moments left half deleted put in order.
 * All of it stays on an overlay in memory until something else is written, too. */
#include "provision/ext_journal.h"

#include "provision/ext_csum.h"
#include "provision/ext_walk.h"
#include "provision/jbd2.h"

#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where the journal is ---- */

struct mapping {
	struct jbd2 j;
	size_t room;
	uint64_t next; /* the log's next block */
};

static int add_run(void *arg, const struct ext_piece *p, struct err *e)
{
	struct mapping *m = arg;
	struct jbd2_run *last = m->j.nruns ? &m->j.runs[m->j.nruns - 1] : NULL;

	if (p->node)
		return 0;
	if (p->unwritten || p->first < m->next)
		return err_set(e, EUCLEAN, "the journal's block map is damaged");
	m->next = p->first + p->count;
	if (last && last->first + last->count == p->first &&
	    last->block + last->count == p->block) {
		last->count += p->count;
		return 0;
	}
	if (m->j.nruns == JBD2_RUNS_MAX)
		return err_set(e, EUCLEAN, "the journal is in too many pieces");
	if (m->j.nruns == m->room) {
		m->room = m->room ? 2 * m->room : 8;
		m->j.runs = xrealloc(m->j.runs, m->room * sizeof *m->j.runs);
	}
	m->j.runs[m->j.nruns++] = (struct jbd2_run){p->first, p->block, p->count};
	return 0;
}

static void mapping_gone(struct mapping *m)
{
	free(m->j.runs);
}

/* No runs: the filesystem has no journal of its own. */
static int map_journal(struct ext *x, struct mapping *m, struct err *e)
{
	struct ext_walk w = {
		.disk = x->fs.disk,
		.block_size = x->e2->blocksize,
		.blocks = ext2fs_blocks_count(x->e2->super),
		.limit = EXT_RUNS_MAX,
		.visit = add_run,
		.arg = m,
	};
	union ext_inode inode;
	uint32_t ino = x->e2->super->s_journal_inum;
	int r;

	*m = (struct mapping){
		.j = {.disk = w.disk, .block_size = w.block_size, .blocks = w.blocks}};
	if (!ino || !(x->e2->super->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL))
		return 0;
	r = ext_inode_read(x, ino, &inode, "the journal", e);
	if (r == 0 && (!LINUX_S_ISREG(inode.small.i_mode) || !ext_has_blocks(inode.bytes)))
		r = err_set(e, EUCLEAN, "the journal is no file");
	return r < 0 ? r : ext_walk_inode(&w, inode.bytes, e);
}

int ext_journal_replay(struct ext *x, uint32_t *transactions, uint64_t *blocks, struct err *e)
{
	SCOPED(mapping_gone) struct mapping m = {.room = 0};
	struct jbd2_done done = {0};
	int r = map_journal(x, &m, e);

	if (r == 0 && !m.j.nruns)
		r = err_set(e, ENOTSUP, "its journal is on another device");
	if (r == 0)
		r = jbd2_replay(&m.j, &done, e);
	*transactions = done.transactions;
	*blocks = done.blocks;
	return r;
}

int ext_journal_clear(struct ext *x, struct err *e)
{
	SCOPED(mapping_gone) struct mapping m = {.room = 0};
	int r;

	if (x->cleared)
		return 0;
	r = map_journal(x, &m, e);
	if (r == 0 && m.j.nruns)
		r = jbd2_clear(&m.j, e);
	x->cleared = r == 0;
	return r;
}

/* ---- files deleted while they were open ---- */

static int orphan(struct ext *x, uint32_t ino, uint32_t *next, struct err *e)
{
	static const char what[] = "a file deleted while open";
	const struct ext2_super_block *s = x->e2->super;
	uint64_t block = x->e2->blocksize;
	union ext_inode inode;
	errcode_t code;
	int r;

	if (ino < EXT2_FIRST_INODE(s) || ino > s->s_inodes_count ||
	    !ext2fs_test_inode_bitmap2(x->e2->inode_map, ino))
		return err_set(e, EUCLEAN, "the list of deleted files is damaged: run e2fsck");
	r = ext_inode_read(x, ino, &inode, what, e);
	*next = inode.small.i_dtime;
	if (r == 0 && !inode.small.i_links_count)
		return ext_inode_free(x, ino, &inode, what, e);
	if (r == 0)
		r = ext_inode_sane(x, &inode, what, e);
	if (r < 0)
		return r;
	/* cut to its size, which was on the way when the guest stopped */
	if (ext_has_blocks(inode.bytes)) {
		code = ext2fs_punch(x->e2, ino, &inode.small, NULL,
				    (EXT2_I_SIZE(&inode.small) + block - 1) / block, ~(blk64_t)0);
		if (code)
			return ext_error(e, code, what, "cut");
		r = ext_inode_read(x, ino, &inode, what, e);
	}
	inode.small.i_dtime = 0;
	return r < 0 ? r : ext_inode_write(x, ino, &inode, what, e);
}

static int orphan_list(struct ext *x, struct err *e)
{
	struct ext2_super_block *s = x->e2->super;
	uint32_t ino = s->s_last_orphan, left = s->s_inodes_count;
	int r = 0;

	while (ino && r == 0) {
		if (left-- == 0)
			return err_set(e, EUCLEAN,
				       "the list of deleted files is damaged: run e2fsck");
		r = orphan(x, ino, &ino, e);
	}
	s->s_last_orphan = 0;
	return r;
}

struct orphan_file {
	struct ext *x;
	uint32_t seed; /* of its blocks' checksums */
	uint8_t *room;
};

static int orphan_block(struct orphan_file *o, uint64_t block, struct err *e)
{
	struct ext *x = o->x;
	unsigned n = x->e2->blocksize;
	uint32_t ignored;
	int r = disk_pread(x->fs.disk, o->room, n, block * n, e);

	/* the last eight bytes are a magic number and the checksum */
	if (r < 0 || bytes_are_zero(o->room, n - 8))
		return r;
	for (unsigned at = 0; at + 8 < n && r == 0; at += 4)
		if (le32(o->room + at))
			r = orphan(x, le32(o->room + at), &ignored, e);
	if (r < 0)
		return r;
	memset(o->room, 0, n - 8);
	if (x->e2->super->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_METADATA_CSUM)
		put_le32(o->room + n - 4, crc32c(ext_crc_le64(o->seed, block), o->room, n - 8));
	return disk_pwrite(x->fs.disk, o->room, n, block * n, e);
}

static int orphan_piece(void *arg, const struct ext_piece *p, struct err *e)
{
	int r = 0;

	for (uint64_t i = 0; !p->node && i < p->count && r == 0; i++)
		r = orphan_block(arg, p->block + i, e);
	return r;
}

static int orphan_file(struct ext *x, struct err *e)
{
	struct ext2_super_block *s = x->e2->super;
	SCOPED(free_at) uint8_t *room = xmalloc(x->e2->blocksize);
	struct orphan_file o = {.x = x, .room = room};
	struct ext_walk w = {
		.disk = x->fs.disk,
		.block_size = x->e2->blocksize,
		.blocks = ext2fs_blocks_count(s),
		.limit = EXT_RUNS_MAX,
		.visit = orphan_piece,
		.arg = &o,
	};
	union ext_inode inode;
	int r;

	if (!(s->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT))
		return 0;
	r = ext_inode_read(x, s->s_orphan_file_inum, &inode, "the orphan file", e);
	if (r == 0 && (!LINUX_S_ISREG(inode.small.i_mode) || !ext_has_blocks(inode.bytes)))
		r = err_set(e, EUCLEAN, "the orphan file is no file");
	if (r < 0)
		return r;
	o.seed = ext_crc_le32(ext_crc_le32(x->e2->csum_seed, s->s_orphan_file_inum),
			      inode.small.i_generation);
	r = ext_walk_inode(&w, inode.bytes, e);
	if (r == 0)
		s->s_feature_ro_compat &= ~(uint32_t)EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT;
	return r;
}

int ext_orphans_release(struct ext *x, struct err *e)
{
	errcode_t code = ext2fs_read_bitmaps(x->e2);
	int r;

	if (code)
		return ext_error(e, code, "ext4", "put in order");
	/* these may be gigabytes, and were nobody's identity */
	x->keep_freed = true;
	r = orphan_list(x, e);
	if (r == 0)
		r = orphan_file(x, e);
	x->keep_freed = false;
	if (r == 0)
		x->e2->flags |= EXT2_FLAG_CHANGED | EXT2_FLAG_DIRTY;
	return r;
}
