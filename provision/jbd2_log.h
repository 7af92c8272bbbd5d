/* The log's format, as the files of jbd2 share it: numbers are big-endian. */
#pragma once

#include "provision/jbd2.h"

enum {
	JBD2_MAGIC = 0xc03b3998,
	JBD2_SUPER = 1024, /* bytes of the log's superblock */
	JBD2_HEADER = 12,
	JBD2_TAIL = 4, /* a checksum behind descriptors and revocations */

	JBD2_DESCRIPTOR = 1,
	JBD2_COMMIT = 2,
	JBD2_SUPER_V1 = 3,
	JBD2_SUPER_V2 = 4,
	JBD2_REVOKE = 5,

	JBD2_COMPAT_CHECKSUM = 1, /* v1: a CRC-32 over a transaction in its commit block */

	JBD2_64BIT = 2,
	JBD2_CSUM_V2 = 8,
	JBD2_CSUM_V3 = 16,
	JBD2_FAST_COMMIT = 32,
	JBD2_KNOWN = 63,

	JBD2_ESCAPED = 1,
	JBD2_SAME_UUID = 2,
	JBD2_LAST_TAG = 8,
};

/* A block that must not be written back from this transaction or an earlier one. */
struct jbd2_revoked {
	uint64_t block;
	uint32_t tid;
};

struct jbd2_log {
	const struct jbd2 *j;
	uint8_t super[JBD2_SUPER];
	uint32_t first, last; /* its blocks: [first, last) */
	uint32_t start,
		sequence; /* where the oldest transaction is, and its number; start 0: empty */
	uint32_t end;     /* the first transaction that is not whole */
	uint32_t incompat, seed;
	bool crc_v1;
	unsigned tag_bytes, tail;
	struct jbd2_revoked *revoked; /* sorted by block, then by tid, after the second pass */
	size_t nrevoked, room;
	uint64_t writes;
};

struct jbd2_tag {
	uint64_t block;
	uint32_t sum, flags;
};

/* ---- jbd2_log.c ---- */

/* Reads and checks the superblock. */
int jbd2_log_open(struct jbd2_log *l, const struct jbd2 *j, struct err *e);
/* The kernel noted an error. */
bool jbd2_log_failed(const struct jbd2_log *l);
void jbd2_log_close(struct jbd2_log *l);
int jbd2_log_read(const struct jbd2_log *l, uint32_t block, void *to, struct err *e);
/* An empty log whose next transaction is number sequence. */
int jbd2_log_write_super(struct jbd2_log *l, uint32_t sequence, struct err *e);
uint32_t jbd2_log_next(const struct jbd2_log *l, uint32_t block);
/* Moves *at over the next tag of a descriptor; false behind the last. */
bool jbd2_next_tag(const struct jbd2_log *l, const uint8_t *descriptor, size_t *at,
		   struct jbd2_tag *t);
/* Checksums: true when right, or when this log has none of the kind. */
bool jbd2_tail_is_right(const struct jbd2_log *l, uint8_t *block);
bool jbd2_commit_is_right(const struct jbd2_log *l, uint8_t *block);
bool jbd2_data_is_right(const struct jbd2_log *l, const struct jbd2_tag *t, uint32_t tid,
			const uint8_t *data);
/* The CRC-32 of version 1, big-endian bit order, nothing inverted. */
uint32_t jbd2_crc_v1(uint32_t crc, const uint8_t *p, size_t n);
