/* Three passes over the log, as in the kernel: which transactions are whole, what they take back, and the writing.
 * Whoever follows a log written by an attacker must not be led in circles: no pass reads more blocks than there are. */
#include "provision/jbd2_log.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { COMMIT_KIND = 12, COMMIT_SIZE = 13, COMMIT_SUM = 16, COMMIT_TIME = 48, KIND_CRC32 = 1 };

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };

struct walk {
	struct jbd2_log *l;
	enum pass pass;
	uint32_t at, tid;
	uint32_t left;      /* blocks this pass may still read */
	uint8_t *block;     /* the one being looked at */
	uint8_t *data;      /* what its tags stand for */
	uint32_t crc;       /* v1: of the transaction so far */
	uint64_t last_time; /* of the last commit */
	bool doubt, at_end; /* a checksum was wrong; the log ends here */
};

/* Numbers of transactions wrap. */
static bool tid_reached(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

static int damaged(const struct walk *w, struct err *e)
{
	return err_set(e, EUCLEAN,
		       "the journal's transaction %" PRIu32
		       " has a wrong checksum: e2fsck has to decide",
		       w->tid);
}

static int read_next(struct walk *w, uint8_t *to, struct err *e)
{
	int r;

	if (w->left == 0)
		return err_set(e, EUCLEAN, "the journal's transactions are longer than it is");
	w->left--;
	r = jbd2_log_read(w->l, w->at, to, e);
	w->at = jbd2_log_next(w->l, w->at);
	return r;
}

/* ---- revocations ---- */

static int by_block(const void *a, const void *b)
{
	const struct jbd2_revoked *x = a, *y = b;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return x->tid == y->tid ? 0 : tid_reached(x->tid, y->tid) ? 1 : -1;
}

static void add_revoked(struct jbd2_log *l, uint64_t block, uint32_t tid)
{
	if (l->nrevoked == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->revoked = xrealloc(l->revoked, l->room * sizeof *l->revoked);
	}
	l->revoked[l->nrevoked++] = (struct jbd2_revoked){block, tid};
}

/* Each record is four or eight bytes of the log, so that the log bounds the table. */
static int revoke_block(struct walk *w, struct err *e)
{
	struct jbd2_log *l = w->l;
	uint32_t end = be32(w->block + JBD2_HEADER), each = l->incompat & JBD2_64BIT ? 8 : 4;

	if (w->pass == PASS_SCAN)
		w->doubt |= !jbd2_tail_is_right(l, w->block);
	if (w->pass != PASS_REVOKE)
		return 0;
	if (!jbd2_tail_is_right(l, w->block) || end > l->j->block_size - l->tail)
		return damaged(w, e);
	for (uint32_t at = JBD2_HEADER + 4; at + each <= end; at += each)
		add_revoked(l, each == 8 ? be64(w->block + at) : be32(w->block + at), w->tid);
	return 0;
}

/* The last of a block's records is the newest. */
static bool is_revoked(const struct jbd2_log *l, uint64_t block, uint32_t tid)
{
	size_t low = 0, high = l->nrevoked;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (l->revoked[mid].block <= block)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && l->revoked[low - 1].block == block &&
	       tid_reached(l->revoked[low - 1].tid, tid);
}

/* ---- descriptors ---- */

static int write_back(struct walk *w, const struct jbd2_tag *t, struct err *e)
{
	struct jbd2_log *l = w->l;
	unsigned n = l->j->block_size;

	if (is_revoked(l, t->block, w->tid))
		return 0;
	if (!jbd2_data_is_right(l, t, w->tid, w->data))
		return damaged(w, e);
	if (t->block >= l->j->blocks)
		return err_set(e, EUCLEAN,
			       "the journal writes block %" PRIu64 " of a filesystem of %" PRIu64,
			       t->block, l->j->blocks);
	if (t->flags & JBD2_ESCAPED)
		put_be32(w->data, JBD2_MAGIC);
	l->writes++;
	return disk_pwrite(l->j->disk, w->data, n, t->block * n, e);
}

static int descriptor_block(struct walk *w, struct err *e)
{
	const struct jbd2_log *l = w->l;
	bool needed = w->pass == PASS_REPLAY || (w->pass == PASS_SCAN && l->crc_v1);
	size_t at = JBD2_HEADER;
	struct jbd2_tag t;
	int r = 0;

	if (!jbd2_tail_is_right(l, w->block)) {
		if (w->pass != PASS_SCAN)
			return damaged(w, e);
		w->doubt = true;
	}
	if (needed)
		w->crc = jbd2_crc_v1(w->crc, w->block, l->j->block_size);
	while (r == 0 && jbd2_next_tag(l, w->block, &at, &t)) {
		/* a transaction that was never finished may say anything */
		w->at_end = w->pass == PASS_SCAN && w->left == 0;
		if (w->at_end)
			return 0;
		if (!needed && w->left > 0) {
			w->left--;
			w->at = jbd2_log_next(l, w->at);
			continue;
		}
		r = read_next(w, w->data, e);
		if (r == 0 && w->pass == PASS_SCAN)
			w->crc = jbd2_crc_v1(w->crc, w->data, l->j->block_size);
		else if (r == 0)
			r = write_back(w, &t, e);
	}
	return r;
}

/* ---- commits ---- */

static bool v1_is_right(const struct walk *w)
{
	const uint8_t *b = w->block;
	uint32_t found = be32(b + COMMIT_SUM);

	return (found == w->crc && b[COMMIT_KIND] == KIND_CRC32 && b[COMMIT_SIZE] == 4) ||
	       (!found && !b[COMMIT_KIND] && !b[COMMIT_SIZE]);
}

/* A block left from an earlier round of the log may carry the right number by chance: its time says so. */
static int commit_block(struct walk *w, struct err *e)
{
	uint64_t time = be64(w->block + COMMIT_TIME);
	bool wrong;

	if (w->pass != PASS_SCAN) {
		w->tid++;
		return 0;
	}
	wrong = w->doubt || !jbd2_commit_is_right(w->l, w->block) ||
		(w->l->crc_v1 && !v1_is_right(w));
	if (wrong && time >= w->last_time)
		return damaged(w, e);
	w->at_end = wrong;
	if (wrong)
		return 0;
	w->last_time = time;
	w->crc = ~UINT32_C(0);
	w->tid++;
	return 0;
}

/* ---- passes ---- */

static int one_block(struct walk *w, struct err *e)
{
	int r = read_next(w, w->block, e);

	if (r < 0)
		return r;
	w->at_end = be32(w->block) != JBD2_MAGIC || be32(w->block + 8) != w->tid;
	if (w->at_end)
		return 0;
	switch (be32(w->block + 4)) {
	case JBD2_DESCRIPTOR:
		return descriptor_block(w, e);
	case JBD2_COMMIT:
		return commit_block(w, e);
	case JBD2_REVOKE:
		return revoke_block(w, e);
	default:
		w->at_end = true;
		return 0;
	}
}

static int do_pass(struct jbd2_log *l, enum pass pass, uint8_t *room, struct err *e)
{
	struct walk w = {
		.l = l,
		.pass = pass,
		.at = l->start,
		.tid = l->sequence,
		.left = l->last - l->first,
		.block = room,
		.data = room + l->j->block_size,
		.crc = ~UINT32_C(0),
	};
	int r = 0;

	while (r == 0 && !w.at_end && (pass == PASS_SCAN || !tid_reached(w.tid, l->end))) {
		/* a log that is full to the last block ends there */
		if (w.left == 0)
			break;
		r = one_block(&w, e);
	}
	if (pass == PASS_SCAN)
		l->end = w.tid;
	return r;
}

/* What fast commits describe is not blocks but operations. */
static int no_fast_commit(const struct jbd2_log *l, uint8_t *room, struct err *e)
{
	enum { TAG_HEAD = 9 };
	int r;

	if (!(l->incompat & JBD2_FAST_COMMIT))
		return 0;
	r = jbd2_log_read(l, l->last, room, e);
	if (r == 0 && le16(room) == TAG_HEAD && le16(room + 2) >= 8 && le32(room + 8) == l->end)
		r = err_set(e, ENOTSUP,
			    "its last changes are fast commits, which are not written back here");
	return r;
}

int jbd2_replay(const struct jbd2 *j, struct jbd2_done *done, struct err *e)
{
	SCOPED(free_at) uint8_t *room = NULL;
	struct jbd2_log l;
	int r = jbd2_log_open(&l, j, e);

	if (r == 0 && jbd2_log_failed(&l))
		r = err_set(e, EUCLEAN, "the kernel recorded an error in it");
	if (r < 0)
		return r;
	room = xcalloc(2, j->block_size);
	l.end = l.sequence;
	if (l.start)
		r = do_pass(&l, PASS_SCAN, room, e);
	if (r == 0)
		r = no_fast_commit(&l, room, e);
	if (r == 0 && l.start)
		r = do_pass(&l, PASS_REVOKE, room, e);
	if (r == 0 && l.nrevoked)
		qsort(l.revoked, l.nrevoked, sizeof *l.revoked, by_block);
	if (r == 0 && l.start)
		r = do_pass(&l, PASS_REPLAY, room, e);
	if (r == 0)
		r = jbd2_log_write_super(&l, l.end + 1, e);
	if (r == 0)
		*done = (struct jbd2_done){l.end - l.sequence, l.writes};
	jbd2_log_close(&l);
	return r;
}

/* ---- emptying ---- */

int jbd2_clear(const struct jbd2 *j, struct err *e)
{
	struct jbd2_log l;
	int r = jbd2_log_open(&l, j, e);

	/* as the kernel does with what no flag asks it to write back */
	if (r == 0 && l.start)
		r = jbd2_log_write_super(&l, l.sequence + 1, e);
	for (size_t i = 0; i < j->nruns && r == 0; i++) {
		uint64_t skip = j->runs[i].first == 0;

		r = disk_zero_data(j->disk, (j->runs[i].count - skip) * j->block_size,
				   (j->runs[i].block + skip) * j->block_size, e);
	}
	jbd2_log_close(&l);
	return r;
}
