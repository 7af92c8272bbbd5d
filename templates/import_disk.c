/* import_disk: the fast path where there is one, else a copy by extents beside the digest. */
#include "templates/import_disk.h"
#include "templates/disk_qcow2_write.h"
#include "templates/disk_vmdk.h"
#include "templates/import_stream.h"

#include "base/arena.h"
#include "base/pool.h"
#include "base/scope.h"
#include "base/sys.h"
#include "base/writeback.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { PIECE = 1 << 20, MAX_THREADS = 16, MEMORY_PIECES = 40, CLUSTER = 65536 };

/* ---- the digest of a file that is not read in order ---- */

struct reader {
	struct disk *file;
	const struct import_options *o;
	int result;
	struct err err;
};

static void *read_in_order(void *arg)
{
	struct reader *rd = arg;
	SCOPED(free_at) uint8_t *buf = xmalloc(PIECE);
	uint64_t size = rd->file->size;

	for (uint64_t at = 0; rd->result == 0 && at < size;) {
		size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;

		rd->result = disk_pread(rd->file, buf, n, at, &rd->err);
		if (rd->result == 0)
			rd->result = rd->o->input(rd->o->ctx, buf, n, &rd->err);
		at += n;
	}
	return NULL;
}

/* ---- the copy ---- */

struct piece {
	uint64_t off;
	size_t n;
	uint8_t *buf;
};

struct copy {
	struct disk *image;
	const struct import_target *out;
	const struct import_options *o;
	uint64_t at, data_until; /* data_until: the end of the data extent it is in */
};

/* Where the data from c->at on ends, or the disk when there is none. Extents end at clusters: what one leaves of
 * a cluster is read as data. Each is asked for once, not again for each of its pieces. */
static int find_data(struct copy *c, struct err *e)
{
	uint64_t size = c->image->size;

	while (c->at < size && c->at >= c->data_until) {
		struct extent x;
		uint64_t end;
		int r = disk_extent(c->image, size - c->at, c->at, &x, e);

		if (r < 0)
			return r;
		end = c->at + x.len;
		if (x.kind != EXTENT_DATA && (end == size || end / CLUSTER > c->at / CLUSTER)) {
			c->at = end == size ? end : end / CLUSTER * CLUSTER;
			continue;
		}
		c->data_until =
			size - end < CLUSTER ? size : (end + CLUSTER - 1) / CLUSTER * CLUSTER;
	}
	return 0;
}

static int next_piece(void *ctx, void *slot, struct err *e)
{
	struct copy *c = ctx;
	struct piece *p = slot;
	int r = c->o->progress ? c->o->progress(c->o->ctx, c->at, c->image->size) : 0;

	if (r < 0)
		return err_sys(e, r, "stopped");
	r = find_data(c, e);
	if (r < 0 || c->at == c->image->size)
		return r;
	p->off = c->at;
	p->n = c->data_until - c->at < PIECE ? (size_t)(c->data_until - c->at) : PIECE;
	c->at += p->n;
	return 1;
}

static int read_piece(void *ctx, void *slot, struct err *e)
{
	struct piece *p = slot;

	return disk_pread(((struct copy *)ctx)->image, p->buf, p->n, p->off, e);
}

static int write_piece(void *ctx, void *slot, struct err *e)
{
	struct copy *c = ctx;
	struct piece *p = slot;
	int r = 0;

	writeback_wrote(c->out->back, p->n);
	if (c->out->to)
		return qcow2_writer_put(c->out->to, p->buf, p->n, p->off, e);
	r = import_write_sparse(c->out->fd, p->buf, p->n, p->off);
	return r < 0 ? err_sys(e, r, "writing the disk") : 0;
}

static const struct pipeline stages = {next_piece, read_piece, write_piece};

static int copy_extents(struct copy *c, struct err *e)
{
	unsigned threads = c->o->threads ? c->o->threads : pool_threads(MAX_THREADS);
	size_t count = threads * 2 + 1 < MEMORY_PIECES ? threads * 2 + 1 : MEMORY_PIECES;
	SCOPED(free_at) struct piece *pieces = xcalloc(count, sizeof *pieces);
	SCOPED(free_at) void **slots = xcalloc(count, sizeof *slots);
	int r;

	for (size_t i = 0; i < count; i++) {
		pieces[i].buf = xmalloc(PIECE);
		slots[i] = &pieces[i];
	}
	r = pipeline_run(&stages, c, slots, count, threads, e);
	for (size_t i = 0; i < count; i++)
		free(pieces[i].buf);
	return r;
}

static int copy_and_digest(struct disk *file, struct copy *c, struct err *e)
{
	struct reader rd = {.file = file, .o = c->o};
	pthread_t thread;
	bool apart = false;
	int r;

	if (c->o->input)
		apart = pthread_create(&thread, NULL, read_in_order, &rd) == 0;
	r = copy_extents(c, e);
	if (apart)
		pthread_join(thread, NULL);
	else if (c->o->input)
		read_in_order(&rd);
	if (r == 0 && rd.result < 0) {
		if (e)
			*e = rd.err;
		return rd.result;
	}
	return r;
}

/* ---- both ---- */

static unsigned bits_of(uint32_t n)
{
	unsigned bits = 0;

	while (n >>= 1)
		bits++;
	return bits;
}

static int decode(struct disk *file, struct disk *image, const struct import_target *out,
		  const struct import_options *o, struct err *e)
{
	struct vmdk_sparse *s = vmdk_stream_of(image);
	struct copy c = {.image = image, .out = out, .o = o};

	return s && !vmdk_has_parent(image) ? import_stream(s, out, o, e)
					    : copy_and_digest(file, &c, e);
}

int import_disk(struct disk *file, struct disk *image, int fd, const struct import_options *o,
		struct err *e)
{
	static const struct import_options plain = {0};
	struct vmdk_sparse *s = vmdk_stream_of(image);
	SCOPED(qcow2_writer_close_at) struct qcow2_writer *to = NULL;
	struct import_target out = {.fd = fd};
	struct qcow2_write_options clusters = {.cluster_bits = s ? bits_of(s->h.grain) : 16};
	int r;

	o = o ? o : &plain;
	if (o->qcow2) {
		r = qcow2_writer_open(fd, image->size, &clusters, &to, e);
	} else {
		r = sys_truncate(fd, image->size);
		if (r < 0)
			err_sys(e, r, "making a file of the disk's size");
	}
	if (r < 0)
		return r;
	out.to = to;
	out.back = o->sync ? writeback_begin(fd) : NULL;
	r = decode(file, image, &out, o, e);
	writeback_end(&out.back);
	return r == 0 && to ? qcow2_writer_finish(to, e) : r;
}
