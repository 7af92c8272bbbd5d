/* The qcow2 reader: guest offset -> L1 -> L2 -> a run of bytes in the file, zeros, backing, or a compressed cluster. */
#include "templates/disk_qcow2.h"
#include "templates/disk_cache.h"
#include "templates/disk_qcow2_header.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <zstd.h>

#define OFFSET_MASK UINT64_C(0x00fffffffffffe00)
#define COMPRESSED (UINT64_C(1) << 62)

enum { L2_PART = 4096, L2_PARTS = 256, CLUSTERS_MEMORY = 4 << 20 };

struct qcow2 {
	struct disk disk, *file, *backing;
	struct qcow2_header h;
	uint64_t *l1;
	struct disk_cache *tables;   /* L2 tables, in parts of L2_PART bytes keyed by file offset */
	struct disk_cache *clusters; /* decompressed ones, keyed by guest offset */
};

enum run_kind { RUN_DATA, RUN_ZERO, RUN_ABSENT, RUN_COMPRESSED };

struct run {
	enum run_kind kind;
	uint64_t len;
	uint64_t host; /* in the file; the raw descriptor when compressed */
};

static uint64_t cluster_size(const struct qcow2 *q)
{
	return UINT64_C(1) << q->h.cluster_bits;
}

/* ---- tables ---- */

struct l2_entry {
	uint64_t word, bitmap;
};

/* The L2 entry of the cluster at off; an absent table gives an absent entry. */
static int read_entry(struct qcow2 *q, uint64_t off, struct l2_entry *l2, struct err *e)
{
	unsigned shift = q->h.extended ? 4 : 3;
	uint64_t entries = UINT64_C(1) << (q->h.cluster_bits - shift);
	uint64_t cluster = off >> q->h.cluster_bits;
	uint64_t table = q->l1[cluster / entries];
	uint8_t b[16] = {0};
	int r;

	*l2 = (struct l2_entry){0};
	if (!table)
		return 0;
	table += (cluster % entries) << shift;
	if (!range_inside(table, UINT64_C(1) << shift, q->file->size))
		return err_set(e, EINVAL, "qcow2: an L2 table reaches past the end of the file");
	r = disk_cache_pread(q->tables, q->file, b, (size_t)1 << shift, table, e);
	if (r < 0)
		return r;
	l2->word = be64(b);
	l2->bitmap = q->h.extended ? be64(b + 8) : 0;
	return 0;
}

static int check_host(const struct qcow2 *q, uint64_t host, struct err *e)
{
	if (host & (cluster_size(q) - 1))
		return err_set(e, EINVAL, "qcow2: a data cluster at %" PRIu64 ", which is none",
			       host);
	if (host == 0)
		return err_set(e, EINVAL, "qcow2: a data cluster where the header is");
	/* The last cluster of a file may be cut short: the rest of it reads as zeros. */
	if (host >= q->file->size)
		return err_set(e, EINVAL, "qcow2: a data cluster past the end of the file");
	return 0;
}

/* Inside one cluster with subclusters: those from off on that are of one kind. */
static int map_subclusters(const struct qcow2 *q, const struct l2_entry *l2, uint64_t off,
			   struct run *run, struct err *e)
{
	uint64_t each = cluster_size(q) / 32, inside = off & (cluster_size(q) - 1);
	unsigned i = (unsigned)(inside / each);
	unsigned state = (unsigned)(l2->bitmap >> i & 1) | (unsigned)(l2->bitmap >> (i + 32) & 1)
								   << 1;

	while (++i < 32)
		if (((l2->bitmap >> i & 1) | (l2->bitmap >> (i + 32) & 1) << 1) != state)
			break;
	run->len = i * each - inside;
	run->host = (l2->word & OFFSET_MASK) + inside;
	if (state == 3)
		return err_set(e, EINVAL, "qcow2: a subcluster both allocated and zero");
	run->kind = state == 2 ? RUN_ZERO : state == 1 ? RUN_DATA : RUN_ABSENT;
	return run->kind == RUN_DATA ? check_host(q, l2->word & OFFSET_MASK, e) : 0;
}

/* What stands at off, up to the end of its cluster. */
static int map_cluster(struct qcow2 *q, uint64_t off, struct run *run, struct err *e)
{
	uint64_t inside = off & (cluster_size(q) - 1);
	struct l2_entry l2;
	int r = read_entry(q, off, &l2, e);

	if (r < 0)
		return r;
	run->len = cluster_size(q) - inside;
	if (l2.word & COMPRESSED) {
		run->kind = RUN_COMPRESSED;
		run->host = l2.word;
		return 0;
	}
	if (q->h.extended)
		return map_subclusters(q, &l2, off, run, e);
	run->host = (l2.word & OFFSET_MASK) + inside;
	run->kind = RUN_DATA;
	if (q->h.version >= 3 && (l2.word & 1))
		run->kind = RUN_ZERO;
	else if (!(l2.word & OFFSET_MASK))
		run->kind = RUN_ABSENT;
	return run->kind == RUN_DATA ? check_host(q, l2.word & OFFSET_MASK, e) : 0;
}

/* How far nothing is there because whole L2 tables are absent. */
static uint64_t absent_tables(const struct qcow2 *q, uint64_t n, uint64_t off)
{
	unsigned bits = q->h.cluster_bits * 2 - (q->h.extended ? 4 : 3);
	uint64_t len = 0;

	while (len < n && !q->l1[(off + len) >> bits])
		len += (UINT64_C(1) << bits) - ((off + len) & ((UINT64_C(1) << bits) - 1));
	return len;
}

/* The longest run of one kind from off on, contiguous in the file when it is data. */
static int map_run(struct qcow2 *q, uint64_t n, uint64_t off, struct run *run, struct err *e)
{
	uint64_t absent = absent_tables(q, n, off);
	int r;

	*run = (struct run){.kind = RUN_ABSENT, .len = absent};
	if (!absent)
		r = map_cluster(q, off, run, e);
	else
		r = 0;
	while (r == 0 && run->len < n && run->kind != RUN_COMPRESSED) {
		struct run next;

		absent = absent_tables(q, n - run->len, off + run->len);
		next = (struct run){.kind = RUN_ABSENT, .len = absent};
		if (!absent)
			r = map_cluster(q, off + run->len, &next, e);
		if (r < 0 || next.kind != run->kind ||
		    (run->kind == RUN_DATA && next.host != run->host + run->len))
			break;
		run->len += next.len;
	}
	if (run->len > n)
		run->len = n;
	return r;
}

/* ---- reading ---- */

static int inflate_zlib(const void *in, size_t in_len, void *out, size_t out_len)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	enum libdeflate_result r = LIBDEFLATE_BAD_DATA;

	if (d)
		r = libdeflate_deflate_decompress(d, in, in_len, out, out_len, NULL);
	libdeflate_free_decompressor(d);
	return r == LIBDEFLATE_SUCCESS ? 0 : -EINVAL;
}

/* As a stream, because sectors behind the frame are part of the input. */
static int inflate_zstd(const void *in, size_t in_len, void *out, size_t out_len)
{
	ZSTD_DStream *d = ZSTD_createDStream();
	ZSTD_inBuffer from = {in, in_len, 0};
	ZSTD_outBuffer to = {out, out_len, 0};
	bool moved = d != NULL;

	while (moved && to.pos < to.size) {
		size_t was_in = from.pos, was_out = to.pos;

		if (ZSTD_isError(ZSTD_decompressStream(d, &to, &from)))
			break;
		moved = from.pos > was_in || to.pos > was_out;
	}
	ZSTD_freeDStream(d);
	return to.pos == to.size ? 0 : -EINVAL;
}

static int read_compressed(struct qcow2 *q, uint64_t word, uint8_t *out, struct err *e)
{
	unsigned x = 62 - (q->h.cluster_bits - 8);
	uint64_t off = word & ((UINT64_C(1) << x) - 1);
	uint64_t sectors = (word & (COMPRESSED - 1)) >> x;
	uint64_t len = (sectors + 1) * 512 - (off & 511);
	SCOPED(free_at) void *in = NULL;
	int r;

	if (off >= q->file->size)
		return err_set(e, EINVAL, "qcow2: a compressed cluster past the end of the file");
	if (len > q->file->size - off)
		len = q->file->size - off;
	in = xmalloc((size_t)len);
	r = disk_pread(q->file, in, (size_t)len, off, e);
	if (r < 0)
		return r;
	r = q->h.compression == QCOW2_ZSTD ? inflate_zstd(in, len, out, cluster_size(q))
					   : inflate_zlib(in, len, out, cluster_size(q));
	return r < 0 ? err_set(e, EINVAL, "qcow2: the compressed cluster at %" PRIu64 " is damaged",
			       off)
		     : 0;
}

static int pread_compressed(struct qcow2 *q, uint64_t word, void *buf, size_t n, uint64_t off,
			    struct err *e)
{
	uint64_t inside = off & (cluster_size(q) - 1);
	SCOPED(free_at) uint8_t *cluster = NULL;
	int r;

	if (disk_cache_get(q->clusters, off - inside, inside, buf, n))
		return 0;
	cluster = xmalloc(cluster_size(q));
	r = read_compressed(q, word, cluster, e);
	if (r < 0)
		return r;
	memcpy(buf, cluster + inside, n);
	/* Whoever reads a whole cluster does not come back for it. */
	if (n < cluster_size(q))
		disk_cache_put(q->clusters, off - inside, cluster);
	return 0;
}

static int pread_data(struct qcow2 *q, uint64_t host, void *buf, size_t n, struct err *e)
{
	size_t have = n;

	if (!range_inside(host, n, q->file->size))
		have = host < q->file->size ? (size_t)(q->file->size - host) : 0;
	memset((uint8_t *)buf + have, 0, n - have);
	return disk_pread(q->file, buf, have, host, e);
}

/* A backing disk may be shorter: behind its end are zeros. */
static int pread_backing(struct qcow2 *q, void *buf, size_t n, uint64_t off, struct err *e)
{
	size_t have = 0;

	if (q->backing && off < q->backing->size)
		have = range_inside(off, n, q->backing->size) ? n
							      : (size_t)(q->backing->size - off);
	memset((uint8_t *)buf + have, 0, n - have);
	return have ? disk_pread(q->backing, buf, have, off, e) : 0;
}

static int pread_run(struct qcow2 *q, const struct run *run, void *buf, uint64_t off, struct err *e)
{
	size_t n = (size_t)run->len;

	switch (run->kind) {
	case RUN_DATA:
		return pread_data(q, run->host, buf, n, e);
	case RUN_COMPRESSED:
		return pread_compressed(q, run->host, buf, n, off, e);
	case RUN_ABSENT:
		return pread_backing(q, buf, n, off, e);
	case RUN_ZERO:
		break;
	}
	memset(buf, 0, n);
	return 0;
}

static int qcow2_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	struct qcow2 *q = (struct qcow2 *)d;
	uint8_t *to = buf;

	while (n > 0) {
		struct run run;
		int r = map_run(q, n, off, &run, e);

		if (r == 0)
			r = pread_run(q, &run, to, off, e);
		if (r < 0)
			return r;
		to += run.len;
		off += run.len;
		n -= run.len;
	}
	return 0;
}

static int qcow2_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct qcow2 *q = (struct qcow2 *)d;
	struct run run;
	int r = map_run(q, n, off, &run, e);

	if (r < 0)
		return r;
	x->len = run.len;
	x->kind = run.kind == RUN_ZERO     ? EXTENT_ZERO
		  : run.kind == RUN_ABSENT ? EXTENT_HOLE
					   : EXTENT_DATA;
	if (run.kind != RUN_ABSENT || !q->backing || off >= q->backing->size)
		return 0;
	if (x->len > q->backing->size - off)
		x->len = q->backing->size - off;
	return disk_extent(q->backing, x->len, off, x, e);
}

/* ---- opening ---- */

static void qcow2_close(struct disk *d)
{
	struct qcow2 *q = (struct qcow2 *)d;

	disk_cache_free(q->tables);
	disk_cache_free(q->clusters);
	free(q->l1);
	free(q);
}

static const struct disk_ops qcow2_ops = {
	.name = "qcow2",
	.pread = qcow2_pread,
	.extent = qcow2_extent,
	.close = qcow2_close,
};

static int read_l1(struct qcow2 *q, struct err *e)
{
	size_t n = q->h.l1_size;
	int r;

	/* At most L1_MAX bytes, and as many are in the file. */
	q->l1 = xcalloc(n ? n : 1, sizeof q->l1[0]);
	r = disk_pread(q->file, q->l1, n * 8, q->h.l1_offset, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		q->l1[i] = be64(&q->l1[i]) & OFFSET_MASK;
		if (q->l1[i] & (cluster_size(q) - 1))
			return err_set(e, EINVAL, "qcow2: an L2 table not at a cluster's start");
		if (q->l1[i] >= q->file->size)
			return err_set(e, EINVAL,
				       "qcow2: an L2 table reaches past the end of the file");
	}
	return r;
}

static int check_backing(const struct qcow2_header *h, const struct disk *backing, struct err *e)
{
	if (h->backing.name[0] && !backing)
		return err_set(e, ENOTSUP, "qcow2: it needs the backing file \"%.200s\"",
			       h->backing.name);
	if (!h->backing.name[0] && backing)
		return err_set(e, EINVAL, "qcow2: it names no backing file");
	return 0;
}

int qcow2_open(struct disk *file, struct disk *backing, struct disk **out, struct err *e)
{
	struct qcow2 *q = xcalloc(1, sizeof *q);
	size_t blocks;
	int r;

	q->disk.ops = &qcow2_ops;
	q->disk.readonly = true;
	q->file = file;
	q->backing = backing;
	r = qcow2_header_read(file, &q->h, e);
	if (r == 0)
		r = check_backing(&q->h, backing, e);
	if (r == 0)
		r = read_l1(q, e);
	if (r < 0) {
		qcow2_close(&q->disk);
		return r;
	}
	q->disk.size = q->h.size;
	blocks = CLUSTERS_MEMORY >> q->h.cluster_bits;
	q->tables = disk_cache_new(L2_PARTS, L2_PART);
	q->clusters = disk_cache_new(blocks < 2 ? 2 : blocks > 64 ? 64 : blocks, cluster_size(q));
	*out = &q->disk;
	return 0;
}
