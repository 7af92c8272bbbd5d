/* The streamOptimized writer: header, descriptor | grains, and each table behind its grains | directory | footer. */
#include "templates/disk_vmdk_write.h"
#include "templates/disk_overlay.h"
#include "templates/disk_vmdk.h"
#include "templates/vmdk_sparse.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/pool.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdlib.h>

enum {
	GTES = 512,
	TEXT_SECTORS = 20,
	OVERHEAD = 128,
	BATCH = 16,
	GRAIN = 65536,
	MARKER = 12,
	MAX_THREADS = 16,
	GD_MAX = 1 << 24,
};

enum { MARK_EOS, MARK_GT, MARK_GD, MARK_FOOTER };

struct record {
	uint64_t grain;
	size_t len; /* with marker and padding; 0: the grain is zero */
};

struct batch {
	struct record records[BATCH];
	size_t count, room;
	uint8_t *out, *raw;
	struct libdeflate_compressor *compressor;
};

struct writer {
	struct disk *src;
	struct vmdk_sparse *from; /* NULL: nothing is copied */
	const struct vmdk_sink *to;
	uint32_t grain;       /* bytes */
	uint64_t sectors, at; /* at: in the output, in sectors */
	uint64_t next;        /* the next grain to look at */
	uint64_t data_until;  /* the end of the data extent it is in */
	uint64_t table;       /* the number of the grain table being filled */
	uint8_t gt[GTES * 4];
	bool gt_used;
	uint8_t *gd;
	uint64_t gd_entries;
};

static int put(struct writer *w, const void *p, size_t n, struct err *e)
{
	w->at += n / VMDK_SECTOR;
	return w->to->write(w->to->ctx, p, n, e);
}

static size_t padded(size_t n)
{
	return (n + VMDK_SECTOR - 1) / VMDK_SECTOR * VMDK_SECTOR;
}

static int put_marker(struct writer *w, uint64_t sectors, uint32_t type, struct err *e)
{
	uint8_t b[VMDK_SECTOR] = {0};

	put_le64(b, sectors);
	put_le32(b + 12, type);
	return put(w, b, sizeof b, e);
}

static void fill_header(const struct writer *w, uint64_t gd, uint8_t *b)
{
	memset(b, 0, VMDK_HEADER);
	memcpy(b, "KDMV", 4);
	put_le32(b + 4, 3);
	put_le32(b + 8, 0x30001); /* newline test, compressed, markers */
	put_le64(b + 12, w->sectors);
	put_le64(b + 20, w->grain / VMDK_SECTOR);
	put_le64(b + 28, 1);
	put_le64(b + 36, TEXT_SECTORS);
	put_le32(b + 44, GTES);
	put_le64(b + 56, gd);
	put_le64(b + 64, OVERHEAD);
	memcpy(b + 73, "\n \r\n", 4);
	put_le16(b + 77, 1); /* deflate */
}

static void default_ddb(const struct writer *w, struct strbuf *text)
{
	uint64_t cylinders = w->sectors / (16 * 63);

	strbuf_printf(text,
		      "ddb.virtualHWVersion = \"4\"\n"
		      "ddb.geometry.cylinders = \"%" PRIu64 "\"\n"
		      "ddb.geometry.heads = \"16\"\n"
		      "ddb.geometry.sectors = \"63\"\n"
		      "ddb.adapterType = \"lsilogic\"\n",
		      cylinders > 16383 ? UINT64_C(16383) : cylinders);
}

static int put_front(struct writer *w, const struct vmdk_write_options *o, struct err *e)
{
	SCOPED(strbuf_fini) struct strbuf text = {0};
	uint8_t b[OVERHEAD * VMDK_SECTOR] = {0};

	strbuf_printf(&text,
		      "# Disk DescriptorFile\nversion=1\nCID=%08" PRIx32 "\nparentCID=ffffffff\n"
		      "createType=\"streamOptimized\"\n\n# Extent description\n"
		      "RW %" PRIu64 " SPARSE \"%s\"\n\n# The Disk Data Base\n#DDB\n\n",
		      o->cid ? o->cid : 1, w->sectors, o->extent ? o->extent : "disk.vmdk");
	for (size_t i = 0; i < o->ddb_count; i++)
		strbuf_printf(&text, "%s\n", o->ddb[i]);
	if (o->ddb_count == 0)
		default_ddb(w, &text);
	if (text.len >= TEXT_SECTORS * VMDK_SECTOR)
		return err_set(e, E2BIG, "vmdk: a descriptor of %zu bytes", text.len);
	fill_header(w, UINT64_MAX, b);
	memcpy(b + VMDK_SECTOR, text.text, text.len);
	return put(w, b, sizeof b, e);
}

static int put_table(struct writer *w, struct err *e)
{
	int r;

	if (!w->gt_used)
		return 0;
	r = put_marker(w, sizeof w->gt / VMDK_SECTOR, MARK_GT, e);
	put_le32(w->gd + w->table * 4, (uint32_t)w->at);
	if (r == 0)
		r = put(w, w->gt, sizeof w->gt, e);
	memset(w->gt, 0, sizeof w->gt);
	w->gt_used = false;
	return r;
}

static int put_back(struct writer *w, struct err *e)
{
	size_t size = padded((size_t)w->gd_entries * 4);
	uint8_t footer[VMDK_HEADER];
	int r = put_marker(w, size / VMDK_SECTOR, MARK_GD, e);

	fill_header(w, w->at, footer);
	if (r == 0)
		r = put(w, w->gd, size, e);
	if (r == 0)
		r = put_marker(w, 1, MARK_FOOTER, e);
	if (r == 0)
		r = put(w, footer, sizeof footer, e);
	return r < 0 ? r : put_marker(w, 0, MARK_EOS, e);
}

/* ---- the pipeline ---- */

/* Passes over whole grains of nothing: 1 when the next one has data, 0 at the end. A partly empty one is read. */
static int next_data(struct writer *w, struct err *e)
{
	uint64_t end = w->src->size;

	while (w->next * w->grain < end) {
		uint64_t at = w->next * w->grain, stop;
		struct extent x;
		int r;

		/* An extent is asked for once, not again for each of its grains. */
		if (at < w->data_until)
			return 1;
		r = disk_extent(w->src, end - at, at, &x, e);
		if (r < 0)
			return r;
		stop = at + x.len;
		if (x.kind == EXTENT_DATA)
			w->data_until = stop;
		if (x.kind == EXTENT_DATA || stop / w->grain == w->next)
			return 1;
		w->next = stop == end ? end / w->grain + 1 : stop / w->grain;
	}
	return 0;
}

static int find_grains(void *ctx, void *slot, struct err *e)
{
	struct writer *w = ctx;
	struct batch *b = slot;

	b->count = 0;
	while (b->count < BATCH) {
		int more = next_data(w, e);

		if (more < 0)
			return more;
		if (!more)
			break;
		b->records[b->count++] = (struct record){.grain = w->next++};
	}
	return b->count > 0;
}

static size_t put_record(uint8_t *out, uint64_t lba, size_t len)
{
	size_t total = padded(MARKER + len);

	put_le64(out, lba);
	put_le32(out + 8, (uint32_t)len);
	memset(out + MARKER + len, 0, total - MARKER - len);
	return total;
}

static bool may_copy(struct writer *w, uint64_t grain)
{
	uint64_t start = grain * w->grain;
	struct overlay_run run;

	return w->from && !(overlay_next(w->src, start, &run) && run.off < start + w->grain);
}

static int copy_grain(struct writer *w, struct record *rec, uint8_t *out, struct err *e)
{
	enum vmdk_grain kind;
	uint64_t host = 0;
	uint32_t len = 0;
	int r = vmdk_sparse_grain(w->from, rec->grain, &kind, &host, e);

	if (r < 0 || kind != GRAIN_DATA)
		return r;
	r = vmdk_sparse_compressed(w->from, rec->grain, &host, &len, e);
	if (r == 0)
		r = disk_pread(w->from->file, out + MARKER, len, host, e);
	if (r == 0)
		rec->len = put_record(out, rec->grain * (w->grain / VMDK_SECTOR), len);
	return r;
}

static int encode_grain(struct writer *w, struct batch *b, struct record *rec, uint8_t *out,
			struct err *e)
{
	uint64_t off = rec->grain * w->grain, left = w->src->size - off;
	size_t n = left < w->grain ? (size_t)left : w->grain, len;
	int r = disk_pread(w->src, b->raw, n, off, e);

	if (r < 0)
		return r;
	memset(b->raw + n, 0, w->grain - n);
	if (bytes_are_zero(b->raw, n))
		return 0;
	len = libdeflate_zlib_compress(b->compressor, b->raw, w->grain, out + MARKER,
				       b->room / BATCH - MARKER - VMDK_SECTOR);
	if (len == 0)
		return err_set(e, EIO, "vmdk: a grain did not compress");
	rec->len = put_record(out, rec->grain * (w->grain / VMDK_SECTOR), len);
	return 0;
}

static int make_grains(void *ctx, void *slot, struct err *e)
{
	struct writer *w = ctx;
	struct batch *b = slot;
	uint8_t *out = b->out;

	for (size_t i = 0; i < b->count; i++) {
		struct record *rec = &b->records[i];
		int r = may_copy(w, rec->grain) ? copy_grain(w, rec, out, e)
						: encode_grain(w, b, rec, out, e);

		if (r < 0)
			return r;
		out += rec->len;
	}
	return 0;
}

static int put_grains(void *ctx, void *slot, struct err *e)
{
	struct writer *w = ctx;
	struct batch *b = slot;
	uint8_t *out = b->out, *done = out;

	for (size_t i = 0; i < b->count; i++) {
		const struct record *rec = &b->records[i];
		uint64_t table = rec->grain / GTES;
		int r = 0;

		if (rec->len == 0)
			continue;
		if (table != w->table) {
			r = out > done ? put(w, done, (size_t)(out - done), e) : 0;
			if (r == 0)
				r = put_table(w, e);
			if (r < 0)
				return r;
			done = out;
			w->table = table;
		}
		put_le32(w->gt + rec->grain % GTES * 4,
			 (uint32_t)(w->at + (size_t)(out - done) / VMDK_SECTOR));
		w->gt_used = true;
		out += rec->len;
		if (w->at + (size_t)(out - done) / VMDK_SECTOR > UINT32_MAX)
			return err_set(e, EFBIG, "vmdk: more than 2 TiB of grains");
	}
	return out > done ? put(w, done, (size_t)(out - done), e) : 0;
}

static const struct pipeline stages = {find_grains, make_grains, put_grains};

static void free_batches(struct batch *batches, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		libdeflate_free_compressor(batches[i].compressor);
		free(batches[i].out);
		free(batches[i].raw);
	}
	free(batches);
}

static int run(struct writer *w, const struct vmdk_write_options *o, struct err *e)
{
	unsigned threads = o->threads ? o->threads : pool_threads(MAX_THREADS);
	size_t count = (threads < MAX_THREADS ? threads : MAX_THREADS) * 2 + 1;
	size_t most = libdeflate_zlib_compress_bound(NULL, w->grain);
	struct batch *batches = xcalloc(count, sizeof *batches);
	SCOPED(free_at) void **slots = xcalloc(count, sizeof *slots);
	int r = 0;

	/* A copied grain may be larger than what this compressor makes of one. */
	if (most < (size_t)w->grain * 2 + VMDK_SECTOR)
		most = (size_t)w->grain * 2 + VMDK_SECTOR;
	for (size_t i = 0; i < count; i++) {
		struct batch *b = slots[i] = &batches[i];

		b->compressor = libdeflate_alloc_compressor(o->level ? o->level : 6);
		b->room = BATCH * (padded(most + MARKER) + VMDK_SECTOR);
		b->out = xmalloc(b->room);
		b->raw = xmalloc(w->grain);
		if (!b->compressor)
			r = err_set(e, EINVAL, "vmdk: compression level %d", o->level);
	}
	if (r == 0)
		r = pipeline_run(&stages, w, slots, count, threads, e);
	free_batches(batches, count);
	return r;
}

static int write_all(struct writer *w, const struct vmdk_write_options *o, struct err *e)
{
	static const struct vmdk_write_options plain = {0};
	uint64_t cover = (uint64_t)w->grain * GTES;
	int r;

	if (!o)
		o = &plain;
	w->sectors = w->src->size / VMDK_SECTOR + (w->src->size % VMDK_SECTOR != 0);
	w->gd_entries = w->src->size / cover + (w->src->size % cover != 0);
	if (w->gd_entries > GD_MAX)
		return err_set(e, EFBIG, "vmdk: a capacity of %" PRIu64 " bytes", w->src->size);
	w->gd = xcalloc(1, padded((size_t)w->gd_entries * 4) + VMDK_SECTOR);
	r = put_front(w, o, e);
	if (r == 0)
		r = run(w, o, e);
	if (r == 0)
		r = put_table(w, e);
	if (r == 0)
		r = put_back(w, e);
	free(w->gd);
	return r;
}

int vmdk_write(struct disk *src, const struct vmdk_write_options *o, const struct vmdk_sink *to,
	       struct err *e)
{
	struct writer w = {.src = src, .to = to, .grain = GRAIN};

	return write_all(&w, o, e);
}

int vmdk_rewrite(struct disk *vmdk, struct disk *overlay, const struct vmdk_write_options *o,
		 const struct vmdk_sink *to, struct err *e)
{
	struct writer w = {.src = overlay, .to = to, .grain = GRAIN};

	w.from = vmdk_stream_of(vmdk);
	if (w.from)
		w.grain = w.from->h.grain;
	return write_all(&w, o, e);
}
