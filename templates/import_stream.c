/* Decodes a streamOptimized VMDK in one pass. The caller's thread reads chunks, digests them and finds the grains
 * by their markers; all threads inflate whole chunks and write them where they belong. */
#include "templates/import_stream.h"
#include "templates/disk_qcow2_write.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/pool.h"
#include "base/scope.h"
#include "base/sys.h"
#include "base/writeback.h"

#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdlib.h>

enum {
	CHUNK = 256
		<< 10, /* small enough that grains are still in the cache when they are written */
	MEMORY = 64 << 20, /* for all slots together */
	MAX_THREADS = 16,
	MARKER = 12,
	RECORD_HEAD = 16,
	ZERO_RUN = 32 << 10,
	PAGE = 4096,
};

enum { MARK_EOS, MARK_GT, MARK_GD, MARK_FOOTER };

struct grain {
	uint32_t at, len;    /* compressed, in the chunk */
	uint64_t number, to; /* to: in the output */
};

struct chunk {
	uint8_t *in, *out;
	size_t used;
	struct grain *grains;
	size_t count;
	struct libdeflate_decompressor *inflate;
};

struct stream {
	struct vmdk_sparse *s;
	const struct import_target *out;
	const struct import_options *o;
	uint64_t at;    /* how far the file is read */
	uint64_t base;  /* the file offset of carry's first byte */
	uint64_t skip;  /* sectors of tables to pass over, in bytes */
	bool ended;     /* the end marker was seen */
	uint8_t *carry; /* a record begun but not finished */
	size_t carried, record_max, in_room;
	uint32_t **seen; /* per grain table: the sector of each grain met */
};

/* ---- reading and finding grains ---- */

static int note_grain(struct stream *t, uint64_t number, uint64_t off, struct err *e)
{
	const struct vmdk_header *h = &t->s->h;
	uint32_t **table = &t->seen[number / h->gtes];
	uint64_t sector = off / VMDK_SECTOR;

	if (!*table)
		*table = xcalloc(h->gtes, sizeof **table);
	if ((*table)[number % h->gtes])
		return err_set(e, EINVAL, "vmdk: grain %" PRIu64 " is there twice", number);
	if (sector > UINT32_MAX)
		return err_set(e, EINVAL, "vmdk: a grain behind 2 TiB");
	(*table)[number % h->gtes] = (uint32_t)sector;
	return 0;
}

static int take_grain(struct stream *t, struct chunk *c, size_t at, uint64_t lba, uint32_t len,
		      struct err *e)
{
	const struct vmdk_header *h = &t->s->h;
	uint64_t number = lba / (h->grain / VMDK_SECTOR), off = t->base + at;
	struct grain *g = &c->grains[c->count];
	int r;

	if (lba % (h->grain / VMDK_SECTOR) || lba >= h->capacity / VMDK_SECTOR)
		return err_set(e, EINVAL, "vmdk: a bad grain marker at %" PRIu64, off);
	r = note_grain(t, number, off, e);
	if (r < 0)
		return r;
	g->at = (uint32_t)at + MARKER;
	g->len = len;
	g->number = number;
	g->to = t->out->to ? qcow2_writer_place(t->out->to, number * h->grain) : number * h->grain;
	c->count++;
	return 0;
}

/* A sector that is no grain: 0 when passed over. */
static int take_marker(struct stream *t, const uint8_t *b, uint64_t off, struct err *e)
{
	uint64_t sectors = le64(b);
	uint32_t type = le32(b + 12);

	if (type == MARK_EOS && sectors == 0) {
		/* Where the directory is in front, writers may leave room between grains. */
		t->ended = t->s->h.footer;
		return 0;
	}
	if (type < MARK_GT || type > MARK_FOOTER || sectors > t->s->file->size / VMDK_SECTOR)
		return err_set(e, EINVAL, "vmdk: a bad grain marker at %" PRIu64, off);
	t->skip = sectors * VMDK_SECTOR;
	return 0;
}

/* Finds the grains in c->in; returns through *done where the first unfinished record begins. */
static int find_grains(struct stream *t, struct chunk *c, size_t *done, struct err *e)
{
	size_t at = 0;

	while (at < c->used && !t->ended) {
		const uint8_t *b = c->in + at;
		uint64_t total;
		uint32_t len;
		int r;

		if (t->skip > 0) {
			size_t part = t->skip < c->used - at ? (size_t)t->skip : c->used - at;

			t->skip -= part;
			at += part;
			continue;
		}
		if (c->used - at < RECORD_HEAD)
			break;
		len = le32(b + 8);
		if (len == 0) {
			if (c->used - at < VMDK_SECTOR)
				break;
			r = take_marker(t, b, t->base + at, e);
			at += VMDK_SECTOR;
		} else {
			total = ((uint64_t)len + MARKER + VMDK_SECTOR - 1) / VMDK_SECTOR *
				VMDK_SECTOR;
			if (total > t->record_max)
				return err_set(e, EINVAL, "vmdk: a bad grain marker at %" PRIu64,
					       t->base + at);
			if (c->used - at < MARKER + (uint64_t)len)
				break;
			/* The file's last grain need not be padded. */
			if (c->used - at < total && t->at < t->s->file->size)
				break;
			r = take_grain(t, c, at, le64(b), len, e);
			at += c->used - at < total ? c->used - at : (size_t)total;
		}
		if (r < 0)
			return r;
	}
	*done = t->ended ? c->used : at;
	return 0;
}

static int tell(struct stream *t, const void *p, size_t n, struct err *e)
{
	const struct import_options *o = t->o;
	int r = o->input ? o->input(o->ctx, p, n, e) : 0;

	if (r < 0)
		return r;
	if (o->progress)
		r = o->progress(o->ctx, t->at, t->s->file->size);
	return r < 0 ? err_sys(e, r, "stopped") : 0;
}

static int read_chunk(void *ctx, void *slot, struct err *e)
{
	struct stream *t = ctx;
	struct chunk *c = slot;
	uint64_t left = t->s->file->size - t->at;
	size_t n = left < CHUNK ? (size_t)left : CHUNK, done = 0;
	int r;

	c->count = 0;
	if (left == 0)
		return 0;
	memcpy(c->in, t->carry, t->carried);
	r = disk_pread(t->s->file, c->in + t->carried, n, t->at, e);
	if (r < 0)
		return r;
	c->used = t->carried + n;
	t->at += n;
	r = tell(t, c->in + t->carried, n, e);
	if (r == 0)
		r = find_grains(t, c, &done, e);
	if (r < 0)
		return r;
	t->carried = c->used - done;
	if (t->at == t->s->file->size && t->carried >= VMDK_SECTOR)
		return err_set(e, EINVAL, "vmdk: the last grain is cut short");
	memcpy(t->carry, c->in + done, t->carried);
	t->base += done;
	return 1;
}

/* ---- inflating and writing ---- */

int import_write_sparse(int fd, const uint8_t *p, size_t n, uint64_t off)
{
	size_t start = 0, at = 0;

	while (at < n) {
		size_t zero = at;

		while (zero < n && bytes_are_zero(p + zero, n - zero < PAGE ? n - zero : PAGE))
			zero += n - zero < PAGE ? n - zero : PAGE;
		/* Short runs cost less written than skipped. */
		if (zero - at >= ZERO_RUN || (zero == n && start == at)) {
			int r = at > start ? sys_pwrite(fd, p + start, at - start, off + start) : 0;

			if (r < 0)
				return r;
			start = zero;
		}
		at = zero < n ? zero + (n - zero < PAGE ? n - zero : PAGE) : n;
	}
	return start < n ? sys_pwrite(fd, p + start, n - start, off + start) : 0;
}

static uint32_t grain_need(const struct vmdk_header *h, uint64_t number)
{
	uint64_t left = h->capacity - number * h->grain;

	return left < h->grain ? (uint32_t)left : h->grain;
}

static int write_out(const struct stream *t, const struct chunk *c, size_t n, uint64_t to,
		     struct err *e)
{
	int r = import_write_sparse(t->out->fd, c->out, n, to);

	writeback_wrote(t->out->back, n);
	return r < 0 ? err_sys(e, r, "writing the disk") : 0;
}

/* Grains that are neighbours in the output are written together. */
static int decode_chunk(void *ctx, void *slot, struct err *e)
{
	const struct stream *t = ctx;
	const struct vmdk_header *h = &t->s->h;
	struct chunk *c = slot;
	uint64_t to = 0;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < c->count; i++) {
		const struct grain *g = &c->grains[i];
		uint32_t need = grain_need(h, g->number);

		if (n > 0 && (g->to != to + n || n + h->grain > CHUNK + h->grain)) {
			r = write_out(t, c, n, to, e);
			if (r < 0)
				return r;
			n = 0;
		}
		if (n == 0)
			to = g->to;
		r = vmdk_inflate(c->inflate, c->in + g->at, g->len, c->out + n, h->grain, need);
		if (r < 0)
			return err_set(e, EINVAL, "vmdk: grain %" PRIu64 " is damaged", g->number);
		n += need;
		/* The disk's last grain may be cut: nothing can follow it directly. */
	}
	return n > 0 ? write_out(t, c, n, to, e) : 0;
}

static const struct pipeline stages = {read_chunk, decode_chunk, NULL};

/* ---- the tables must agree ---- */

/* Whoever reads by the tables must see the same disk. */
static int compare_tables(struct stream *t, struct err *e)
{
	const struct vmdk_header *h = &t->s->h;

	for (uint64_t table = 0; table < h->gd_entries; table++) {
		if (!t->seen[table] && !t->s->gd[table])
			continue;
		for (uint32_t k = 0; k < h->gtes; k++) {
			uint64_t i = table * h->gtes + k, host = 0;
			uint32_t met = t->seen[table] ? t->seen[table][k] : 0;
			enum vmdk_grain kind;
			int r;

			if (i * h->grain >= h->capacity)
				return 0;
			r = vmdk_sparse_grain(t->s, i, &kind, &host, e);
			if (r < 0)
				return r;
			if ((kind == GRAIN_DATA) != (met != 0) ||
			    (met && host / VMDK_SECTOR != met))
				return err_set(e, EINVAL,
					       "vmdk: its tables disagree with grain %" PRIu64, i);
		}
	}
	return 0;
}

/* ---- setting up ---- */

static void free_chunks(struct chunk *chunks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		libdeflate_free_decompressor(chunks[i].inflate);
		free(chunks[i].in);
		free(chunks[i].out);
		free(chunks[i].grains);
	}
	free(chunks);
}

static int run(struct stream *t, struct err *e)
{
	unsigned threads = t->o->threads ? t->o->threads : pool_threads(MAX_THREADS);
	size_t out_room = CHUNK + 2 * (size_t)t->s->h.grain;
	size_t records = t->in_room / VMDK_SECTOR + 1;
	size_t each = t->in_room + out_room + records * sizeof(struct grain);
	size_t count = threads * 2 + 2 < MEMORY / each ? threads * 2 + 2 : MEMORY / each;
	struct chunk *chunks = xcalloc(count, sizeof *chunks);
	SCOPED(free_at) void **slots = xcalloc(count, sizeof *slots);
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		struct chunk *c = slots[i] = &chunks[i];

		c->in = xmalloc(t->in_room);
		c->out = xmalloc(out_room);
		c->grains = xcalloc(records, sizeof *c->grains);
		c->inflate = libdeflate_alloc_decompressor();
		if (!c->inflate)
			r = err_set(e, ENOMEM, "no memory for a decompressor");
	}
	if (r == 0)
		r = pipeline_run(&stages, t, slots, count, threads, e);
	free_chunks(chunks, count);
	return r;
}

int import_stream(struct vmdk_sparse *s, const struct import_target *out,
		  const struct import_options *o, struct err *e)
{
	struct stream t = {.s = s, .out = out, .o = o};
	int r;

	/* Header, descriptor and tables in front are read like the rest, and passed over. */
	t.skip = s->h.overhead;
	t.record_max = (size_t)s->h.grain * 2 + 2 * VMDK_SECTOR;
	t.in_room = CHUNK + t.record_max + VMDK_SECTOR;
	t.carry = xmalloc(t.in_room);
	t.seen = xcalloc(s->h.gd_entries ? s->h.gd_entries : 1, sizeof *t.seen);
	r = run(&t, e);
	if (r == 0)
		r = compare_tables(&t, e);
	for (uint32_t i = 0; i < s->h.gd_entries; i++)
		free(t.seen[i]);
	free(t.seen);
	free(t.carry);
	return r;
}
