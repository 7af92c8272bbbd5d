/* The log's superblock, blocks, tags and checksums. */
#include "provision/jbd2_log.h"

#include "base/bytes.h"
#include "base/crc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	S_BLOCKSIZE = 0x0c,
	S_MAXLEN = 0x10,
	S_FIRST = 0x14,
	S_SEQUENCE = 0x18,
	S_START = 0x1c,
	S_ERRNO = 0x20,
	S_COMPAT = 0x24,
	S_INCOMPAT = 0x28,
	S_RO_COMPAT = 0x2c,
	S_UUID = 0x30,
	S_SUM_TYPE = 0x50,
	S_FAST_BLOCKS = 0x54,
	S_SUM = 0xfc,
	SUM_CRC32C = 4,
	FAST_BLOCKS_USUAL = 256,
	COMMIT_SUM = 16,
};

uint32_t jbd2_crc_v1(uint32_t crc, const uint8_t *p, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b,
		0x1a864db2, 0x1e475005, 0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61,
		0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd,
	};

	while (n-- > 0) {
		crc ^= (uint32_t)*p++ << 24;
		crc = crc << 4 ^ table[crc >> 28];
		crc = crc << 4 ^ table[crc >> 28];
	}
	return crc;
}

static bool has_sums(const struct jbd2_log *l)
{
	return l->incompat & (JBD2_CSUM_V2 | JBD2_CSUM_V3);
}

/* The number in a block's place at off counts as zero. */
static bool sum_is_right(const struct jbd2_log *l, uint32_t seed, uint8_t *p, size_t n, size_t off)
{
	uint32_t was = be32(p + off), now;

	put_be32(p + off, 0);
	now = crc32c(seed, p, n);
	put_be32(p + off, was);
	return !has_sums(l) || was == now;
}

bool jbd2_tail_is_right(const struct jbd2_log *l, uint8_t *block)
{
	unsigned n = l->j->block_size;

	return sum_is_right(l, l->seed, block, n, n - JBD2_TAIL);
}

bool jbd2_commit_is_right(const struct jbd2_log *l, uint8_t *block)
{
	return sum_is_right(l, l->seed, block, l->j->block_size, COMMIT_SUM);
}

bool jbd2_data_is_right(const struct jbd2_log *l, const struct jbd2_tag *t, uint32_t tid,
			const uint8_t *data)
{
	uint8_t number[4];
	uint32_t sum;

	if (!has_sums(l))
		return true;
	put_be32(number, tid);
	sum = crc32c(crc32c(l->seed, number, sizeof number), data, l->j->block_size);
	return t->sum == (l->incompat & JBD2_CSUM_V3 ? sum : sum & 0xffff);
}

/* ---- blocks ---- */

uint32_t jbd2_log_next(const struct jbd2_log *l, uint32_t block)
{
	return block + 1 >= l->last ? l->first : block + 1;
}

static bool find_run(const struct jbd2 *j, uint64_t block, uint64_t *out)
{
	size_t low = 0, high = j->nruns;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct jbd2_run *r = &j->runs[mid];

		if (block < r->first) {
			high = mid;
		} else if (block - r->first >= r->count) {
			low = mid + 1;
		} else {
			*out = r->block + (block - r->first);
			return true;
		}
	}
	return false;
}

int jbd2_log_read(const struct jbd2_log *l, uint32_t block, void *to, struct err *e)
{
	uint64_t at;

	if (!find_run(l->j, block, &at))
		return err_set(e, EUCLEAN, "the journal has no block %" PRIu32, block);
	return disk_pread(l->j->disk, to, l->j->block_size, at * l->j->block_size, e);
}

bool jbd2_next_tag(const struct jbd2_log *l, const uint8_t *descriptor, size_t *at,
		   struct jbd2_tag *t)
{
	size_t end = l->j->block_size - l->tail;
	const uint8_t *p = descriptor + *at;

	if (*at > end || end - *at < l->tag_bytes)
		return false;
	*t = (struct jbd2_tag){.block = be32(p), .flags = be16(p + 6), .sum = be16(p + 4)};
	if (l->incompat & JBD2_CSUM_V3)
		t->sum = be32(p + 12);
	if (l->incompat & JBD2_64BIT)
		t->block |= (uint64_t)be32(p + 8) << 32;
	*at += l->tag_bytes + (t->flags & JBD2_SAME_UUID ? 0 : 16);
	if (t->flags & JBD2_LAST_TAG)
		*at = end + 1;
	return true;
}

/* ---- the superblock ---- */

static unsigned tag_size(uint32_t incompat)
{
	if (incompat & JBD2_CSUM_V3)
		return 16;
	return 8 + (incompat & JBD2_CSUM_V2 ? 2 : 0) + (incompat & JBD2_64BIT ? 4 : 0);
}

static int features(struct jbd2_log *l, struct err *e)
{
	const uint8_t *s = l->super;
	uint32_t both = JBD2_CSUM_V2 | JBD2_CSUM_V3;

	if (be32(s + 4) == JBD2_SUPER_V2) {
		l->incompat = be32(s + S_INCOMPAT);
		l->crc_v1 = be32(s + S_COMPAT) & JBD2_COMPAT_CHECKSUM;
	}
	if ((l->incompat & ~(uint32_t)JBD2_KNOWN) ||
	    (be32(s + 4) == JBD2_SUPER_V2 && be32(s + S_RO_COMPAT)))
		return err_set(e, ENOTSUP, "the journal has a feature that is not known here");
	if ((l->incompat & both) == both || (has_sums(l) && l->crc_v1))
		return err_set(e, EUCLEAN, "the journal claims two kinds of checksums");
	if (has_sums(l) && (s[S_SUM_TYPE] != SUM_CRC32C ||
			    !sum_is_right(l, ~UINT32_C(0), l->super, JBD2_SUPER, S_SUM)))
		return err_set(e, EUCLEAN, "the checksum of the journal's superblock is wrong");
	l->seed = crc32c(~UINT32_C(0), s + S_UUID, 16);
	l->tag_bytes = tag_size(l->incompat);
	l->tail = has_sums(l) ? JBD2_TAIL : 0;
	return 0;
}

static int bounds(struct jbd2_log *l, struct err *e)
{
	uint32_t fast = be32(l->super + S_FAST_BLOCKS), most = be32(l->super + S_MAXLEN);
	uint64_t at;

	l->first = be32(l->super + S_FIRST);
	l->last = most;
	l->start = be32(l->super + S_START);
	l->sequence = be32(l->super + S_SEQUENCE);
	if (l->incompat & JBD2_FAST_COMMIT) {
		fast = fast ? fast : FAST_BLOCKS_USUAL;
		l->last = most > fast ? most - fast : 0;
	}
	if (be32(l->super + S_BLOCKSIZE) != l->j->block_size || l->first < 1 ||
	    l->last <= l->first || !find_run(l->j, most - 1, &at) ||
	    (l->start && (l->start < l->first || l->start >= l->last)))
		return err_set(e, EUCLEAN, "the journal's superblock is damaged");
	return 0;
}

int jbd2_log_open(struct jbd2_log *l, const struct jbd2 *j, struct err *e)
{
	uint64_t at;
	uint32_t kind;
	int r;

	*l = (struct jbd2_log){.j = j};
	if (j->block_size < JBD2_SUPER || !find_run(j, 0, &at))
		return err_set(e, EUCLEAN, "the journal has no superblock");
	r = disk_pread(j->disk, l->super, sizeof l->super, at * j->block_size, e);
	if (r < 0)
		return r;
	kind = be32(l->super + 4);
	if (be32(l->super) != JBD2_MAGIC || (kind != JBD2_SUPER_V1 && kind != JBD2_SUPER_V2))
		return err_set(e, EUCLEAN, "the journal has no superblock");
	r = features(l, e);
	if (r == 0)
		r = bounds(l, e);
	return r;
}

bool jbd2_log_failed(const struct jbd2_log *l)
{
	return be32(l->super + S_ERRNO);
}

void jbd2_log_close(struct jbd2_log *l)
{
	free(l->revoked);
	l->revoked = NULL;
}

int jbd2_log_write_super(struct jbd2_log *l, uint32_t sequence, struct err *e)
{
	uint64_t at;

	if (!find_run(l->j, 0, &at))
		return err_set(e, EUCLEAN, "the journal has no superblock");
	put_be32(l->super + S_START, 0);
	put_be32(l->super + S_SEQUENCE, sequence);
	if (has_sums(l)) {
		put_be32(l->super + S_SUM, 0);
		put_be32(l->super + S_SUM, crc32c(~UINT32_C(0), l->super, JBD2_SUPER));
	}
	return disk_pwrite(l->j->disk, l->super, JBD2_SUPER, at * l->j->block_size, e);
}
