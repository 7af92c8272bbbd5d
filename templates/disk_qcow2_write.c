/* The qcow2 writer. The file: header, L1 | clusters as they come | L2 tables | refcount blocks, refcount table. */
#include "templates/disk_qcow2_write.h"
#include "templates/disk_overlay.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define COPIED (UINT64_C(1) << 63)

enum { HEADER = 104, EXT_BACKING_FORMAT = 0xe2792aca, NAME_MAX_LEN = 1023, COPY_CHUNK = 1 << 20 };

/* L1 tables larger than 32 MiB are not opened by QEMU. */
enum { L1_MAX = 32 << 20 };

struct qcow2_writer {
	int fd;
	unsigned bits;
	uint64_t size, next; /* next: where the next cluster goes */
	uint64_t **l2;       /* in the file's byte order; NULL: nothing in its range */
	size_t l1_count;
	const char *backing, *backing_format;
};

static uint64_t cluster_size(const struct qcow2_writer *w)
{
	return UINT64_C(1) << w->bits;
}

static uint64_t round_up(const struct qcow2_writer *w, uint64_t n)
{
	return (n + cluster_size(w) - 1) & ~(cluster_size(w) - 1);
}

static size_t l2_entries(const struct qcow2_writer *w)
{
	return (size_t)(cluster_size(w) / 8);
}

static int check_options(const struct qcow2_write_options *o, unsigned bits, struct err *e)
{
	size_t len = o->backing ? strlen(o->backing) : 0;
	size_t format = o->backing_format ? strlen(o->backing_format) : 0;

	if (bits < 9 || bits > 21)
		return err_set(e, EINVAL, "qcow2: clusters of 2^%u bytes", bits);
	if (len > NAME_MAX_LEN || HEADER + 16 + format + 8 + len > UINT64_C(1) << bits)
		return err_set(e, ENAMETOOLONG, "qcow2: a backing file name of %zu bytes", len);
	return 0;
}

int qcow2_writer_open(int fd, uint64_t size, const struct qcow2_write_options *o,
		      struct qcow2_writer **out, struct err *e)
{
	unsigned bits = o && o->cluster_bits ? o->cluster_bits : 16;
	uint64_t cover = UINT64_C(1) << (2 * bits - 3);
	uint64_t count = size / cover + (size % cover != 0);
	struct qcow2_writer *w;
	int r = o ? check_options(o, bits, e) : 0;

	if (r < 0)
		return r;
	if (size > INT64_MAX || count > L1_MAX / 8)
		return err_set(e, EFBIG, "qcow2: %" PRIu64 " bytes need larger clusters", size);
	w = xcalloc(1, sizeof *w);
	w->fd = fd;
	w->bits = bits;
	w->size = size;
	w->l1_count = (size_t)count;
	w->l2 = xcalloc(count ? (size_t)count : 1, sizeof *w->l2);
	w->backing = o ? o->backing : NULL;
	w->backing_format = o ? o->backing_format : NULL;
	w->next = cluster_size(w) + round_up(w, count ? count * 8 : 8);
	*out = w;
	return 0;
}

void qcow2_writer_close(struct qcow2_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->l1_count; i++)
		free(w->l2[i]);
	free(w->l2);
	free(w);
}

void qcow2_writer_close_at(struct qcow2_writer **w)
{
	qcow2_writer_close(*w);
}

unsigned qcow2_writer_bits(const struct qcow2_writer *w)
{
	return w->bits;
}

static uint64_t *entry_of(struct qcow2_writer *w, uint64_t off)
{
	uint64_t cluster = off >> w->bits;
	uint64_t **table = &w->l2[cluster / l2_entries(w)];

	if (!*table)
		*table = xcalloc(l2_entries(w), sizeof **table);
	return *table + cluster % l2_entries(w);
}

uint64_t qcow2_writer_place(struct qcow2_writer *w, uint64_t off)
{
	uint64_t *entry = entry_of(w, off), word = be64(entry);

	if (word > 1)
		return word & ~COPIED;
	word = w->next;
	w->next += cluster_size(w);
	put_be64(entry, word | COPIED);
	return word;
}

void qcow2_writer_zero(struct qcow2_writer *w, uint64_t off)
{
	put_be64(entry_of(w, off), 1);
}

/* ---- tables ---- */

static int write_l2(struct qcow2_writer *w, struct err *e)
{
	SCOPED(free_at) uint8_t *l1 = xcalloc(w->l1_count ? w->l1_count : 1, 8);
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->l1_count; i++) {
		if (!w->l2[i])
			continue;
		r = sys_pwrite(w->fd, w->l2[i], (size_t)cluster_size(w), w->next);
		put_be64(l1 + i * 8, w->next | COPIED);
		w->next += cluster_size(w);
	}
	if (r == 0)
		r = sys_pwrite(w->fd, l1, w->l1_count * 8, cluster_size(w));
	return r < 0 ? err_sys(e, r, "writing the qcow2 tables") : 0;
}

struct refcounts {
	uint64_t blocks, table_clusters, table; /* table: its offset */
};

/* The blocks count themselves and the table, too: grow until they do. */
static struct refcounts plan_refcounts(const struct qcow2_writer *w)
{
	uint64_t per_block = cluster_size(w) / 2, used = w->next >> w->bits;
	struct refcounts c = {0};

	for (;;) {
		uint64_t total = used + c.blocks + c.table_clusters;
		uint64_t blocks = (total + per_block - 1) / per_block;
		uint64_t table = round_up(w, blocks * 8) >> w->bits;

		if (blocks == c.blocks && table == c.table_clusters)
			break;
		c.blocks = blocks;
		c.table_clusters = table;
	}
	c.table = w->next + (c.blocks << w->bits);
	return c;
}

static int write_refcounts(struct qcow2_writer *w, struct refcounts *out, struct err *e)
{
	struct refcounts c = plan_refcounts(w);
	uint64_t per_block = cluster_size(w) / 2;
	uint64_t left = (w->next >> w->bits) + c.blocks + c.table_clusters;
	SCOPED(free_at) uint8_t *block = xmalloc((size_t)cluster_size(w));
	SCOPED(free_at) uint8_t *table = xcalloc(1, (size_t)(c.table_clusters << w->bits));
	int r = 0;

	for (uint64_t i = 0; r == 0 && i < c.blocks; i++) {
		uint64_t n = left < per_block ? left : per_block;

		memset(block, 0, (size_t)cluster_size(w));
		for (uint64_t k = 0; k < n; k++)
			block[k * 2 + 1] = 1;
		left -= n;
		put_be64(table + i * 8, w->next);
		r = sys_pwrite(w->fd, block, (size_t)cluster_size(w), w->next);
		w->next += cluster_size(w);
	}
	if (r == 0)
		r = sys_pwrite(w->fd, table, (size_t)(c.table_clusters << w->bits), c.table);
	w->next = c.table + (c.table_clusters << w->bits);
	*out = c;
	return r < 0 ? err_sys(e, r, "writing the qcow2 refcounts") : 0;
}

static void put_backing(const struct qcow2_writer *w, uint8_t *b)
{
	size_t len = w->backing_format ? strlen(w->backing_format) : 0;
	uint8_t *at = b + HEADER;

	if (!w->backing)
		return;
	if (len > 0) {
		put_be32(at, (uint32_t)EXT_BACKING_FORMAT);
		put_be32(at + 4, (uint32_t)len);
		memcpy(at + 8, w->backing_format, len);
		at += 8 + ((len + 7) & ~(size_t)7);
	}
	at += 8; /* the end of the extensions */
	memcpy(at, w->backing, strlen(w->backing));
	put_be64(b + 8, (uint64_t)(at - b));
	put_be32(b + 16, (uint32_t)strlen(w->backing));
}

static int write_header(struct qcow2_writer *w, const struct refcounts *c, struct err *e)
{
	SCOPED(free_at) uint8_t *b = xcalloc(1, (size_t)cluster_size(w));
	int r;

	memcpy(b, "QFI\xfb", 4);
	put_be32(b + 4, 3);
	put_be32(b + 20, w->bits);
	put_be64(b + 24, w->size);
	put_be32(b + 36, (uint32_t)w->l1_count);
	put_be64(b + 40, cluster_size(w));
	put_be64(b + 48, c->table);
	put_be32(b + 56, (uint32_t)c->table_clusters);
	put_be32(b + 96, 4); /* refcounts of 16 bits */
	put_be32(b + 100, HEADER);
	put_backing(w, b);
	r = sys_pwrite(w->fd, b, (size_t)cluster_size(w), 0);
	return r < 0 ? err_sys(e, r, "writing the qcow2 header") : 0;
}

int qcow2_writer_finish(struct qcow2_writer *w, struct err *e)
{
	struct refcounts c = {0};
	int r = write_l2(w, e);

	if (r == 0)
		r = write_refcounts(w, &c, e);
	return r < 0 ? r : write_header(w, &c, e);
}

/* ---- whole disks ---- */

int qcow2_writer_put(struct qcow2_writer *w, const uint8_t *buf, size_t n, uint64_t off,
		     struct err *e)
{
	size_t each = (size_t)cluster_size(w), run = 0;
	uint64_t host = 0;
	int r = 0;

	for (size_t at = 0; r == 0 && at < n; at += each) {
		size_t part = n - at < each ? n - at : each;
		bool zero = bytes_are_zero(buf + at, part);

		if (!zero && run == 0)
			host = qcow2_writer_place(w, off + at);
		else if (!zero)
			qcow2_writer_place(w, off + at);
		if (!zero)
			run += part;
		if (run > 0 && (zero || at + part == n)) {
			size_t end = zero ? at : n;

			r = sys_pwrite(w->fd, buf + end - run, run, host);
			run = 0;
		}
	}
	return r < 0 ? err_sys(e, r, "writing the qcow2 image") : 0;
}

/* Whole clusters at a time. */
static size_t chunk_size(const struct qcow2_writer *w)
{
	return cluster_size(w) > COPY_CHUNK ? (size_t)cluster_size(w) : COPY_CHUNK;
}

static int copy_data(struct qcow2_writer *w, struct disk *src, uint8_t *buf, uint64_t off,
		     uint64_t end, struct err *e)
{
	while (off < end) {
		size_t n = end - off < chunk_size(w) ? (size_t)(end - off) : chunk_size(w);
		int r = disk_pread(src, buf, n, off, e);

		if (r == 0)
			r = qcow2_writer_put(w, buf, n, off, e);
		if (r < 0)
			return r;
		off += n;
	}
	return 0;
}

int qcow2_write(int fd, struct disk *src, const struct qcow2_write_options *o, struct err *e)
{
	SCOPED(qcow2_writer_close_at) struct qcow2_writer *w = NULL;
	SCOPED(free_at) uint8_t *buf = NULL;
	uint64_t mask;
	int r = qcow2_writer_open(fd, src->size, o, &w, e);

	if (r < 0)
		return r;
	mask = cluster_size(w) - 1;
	buf = xmalloc(chunk_size(w));
	for (uint64_t at = 0; at < src->size;) {
		struct extent x;
		uint64_t end;

		r = disk_extent(src, src->size - at, at, &x, e);
		if (r < 0)
			return r;
		end = at + x.len;
		if (x.kind == EXTENT_DATA) {
			/* Whole clusters: what an extent leaves of one is read again, as data or not. */
			at &= ~mask;
			end = end > src->size - mask ? src->size : (end + mask) & ~mask;
			r = copy_data(w, src, buf, at, end < src->size ? end : src->size, e);
			if (r < 0)
				return r;
		}
		at = end;
	}
	return qcow2_writer_finish(w, e);
}

/* ---- overlays ---- */

/* Output gathered into large writes; the writer's clusters come in the file's order. */
struct gather {
	int fd;
	uint64_t off; /* of buf's first byte */
	size_t used;
	uint8_t *buf;
};

enum { GATHER = 1 << 20 };

static int gather_flush(struct gather *g)
{
	int r = g->used ? sys_pwrite(g->fd, g->buf, g->used, g->off) : 0;

	g->off += g->used;
	g->used = 0;
	return r;
}

static int gather_cluster(struct gather *g, struct disk *overlay, uint64_t size, uint64_t at,
			  struct err *e)
{
	uint64_t left = overlay->size - at;
	size_t n = (size_t)(left < size ? left : size);
	int r;

	if (g->used + size > GATHER) {
		r = gather_flush(g);
		if (r < 0)
			return err_sys(e, r, "writing the overlay");
	}
	memset(g->buf + g->used + n, 0, (size_t)size - n);
	r = disk_pread(overlay, g->buf + g->used, n, at, e);
	g->used += (size_t)size;
	return r;
}

/* 4 KiB as far as the largest L1 table goes, which is 8 TiB. */
static unsigned overlay_bits(uint64_t size)
{
	unsigned bits = 12;

	while (bits < 16 && size >> (2 * bits - 3) >= L1_MAX / 8)
		bits++;
	return bits;
}

int qcow2_write_overlay(int fd, struct disk *overlay, const struct qcow2_write_options *o,
			struct err *e)
{
	struct qcow2_write_options mine = *o;
	SCOPED(qcow2_writer_close_at) struct qcow2_writer *w = NULL;
	SCOPED(free_at) uint8_t *buf = NULL;
	struct gather g = {.fd = fd};
	struct overlay_run run;
	uint64_t size, done = 0;
	int r;

	if (!mine.cluster_bits)
		mine.cluster_bits = overlay_bits(overlay->size);
	r = qcow2_writer_open(fd, overlay->size, &mine, &w, e);
	if (r < 0)
		return r;
	size = cluster_size(w);
	if (size > GATHER)
		return err_set(e, EINVAL, "qcow2: clusters too large for an overlay");
	g.buf = buf = xmalloc(GATHER);
	g.off = w->next;
	for (uint64_t at = 0; overlay_next(overlay, at, &run); at = run.off + run.len) {
		uint64_t first = run.off & ~(size - 1), end = run.off + run.len;

		/* `done`: a large cluster holds several blocks, a small one is a part of one. */
		for (first = first < done ? done : first; first < end; first += size) {
			done = first + size;
			if (!run.data && size <= OVERLAY_BLOCK) {
				qcow2_writer_zero(w, first);
				continue;
			}
			qcow2_writer_place(w, first);
			r = gather_cluster(&g, overlay, size, first, e);
			if (r < 0)
				return r;
		}
	}
	r = gather_flush(&g);
	if (r < 0)
		return err_sys(e, r, "writing the overlay");
	return qcow2_writer_finish(w, e);
}
