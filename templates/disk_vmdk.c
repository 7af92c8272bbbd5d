/* The VMDK driver: extents side by side, each sparse, flat or zero. */
#include "templates/disk_vmdk.h"
#include "templates/vmdk_sparse.h"
#include "templates/vmdk_text.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { TEXT_FILE_MAX = 1 << 20 };

struct part {
	enum vmdk_extent_type type;
	uint64_t start, size; /* on the disk */
	uint64_t offset;      /* in the file, of flat ones */
	struct disk *file;    /* ours when own_file */
	bool own_file, opened;
	struct vmdk_sparse sparse;
};

struct vmdk {
	struct disk disk, *parent;
	struct arena arena;
	struct vmdk_text text;
	struct part *parts;
	size_t count;
};

/* ---- reading ---- */

static struct part *part_at(struct vmdk *v, uint64_t off)
{
	size_t low = 0, high = v->count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (v->parts[mid].start <= off)
			low = mid;
		else
			high = mid;
	}
	return &v->parts[low];
}

static int pread_parent(struct vmdk *v, void *buf, size_t n, uint64_t off, struct err *e)
{
	size_t have = 0;

	if (v->parent && off < v->parent->size)
		have = range_inside(off, n, v->parent->size) ? n : (size_t)(v->parent->size - off);
	memset((uint8_t *)buf + have, 0, n - have);
	return have ? disk_pread(v->parent, buf, have, off, e) : 0;
}

struct run {
	enum vmdk_grain kind;
	uint64_t len, host;
};

static int map_part(struct part *p, uint64_t n, uint64_t off, struct run *run, struct err *e)
{
	uint64_t inside = off - p->start;

	if (n > p->size - inside)
		n = p->size - inside;
	if (p->type == VMDK_SPARSE)
		return vmdk_sparse_map(&p->sparse, n, inside, &run->kind, &run->len, &run->host, e);
	run->len = n;
	run->kind = p->type == VMDK_ZERO ? GRAIN_ZERO : GRAIN_DATA;
	run->host = p->offset + inside;
	return 0;
}

static int pread_run(struct vmdk *v, struct part *p, const struct run *run, void *buf, uint64_t off,
		     struct err *e)
{
	if (run->kind == GRAIN_ABSENT)
		return pread_parent(v, buf, (size_t)run->len, off, e);
	if (run->kind == GRAIN_ZERO) {
		memset(buf, 0, (size_t)run->len);
		return 0;
	}
	if (p->type == VMDK_SPARSE)
		return vmdk_sparse_pread(&p->sparse, buf, (size_t)run->len, off - p->start,
					 run->host, e);
	return disk_pread(p->file, buf, (size_t)run->len, run->host, e);
}

static int vmdk_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e)
{
	struct vmdk *v = (struct vmdk *)d;
	uint8_t *to = buf;

	while (n > 0) {
		struct part *p = part_at(v, off);
		struct run run;
		int r = map_part(p, n, off, &run, e);

		if (r == 0)
			r = pread_run(v, p, &run, to, off, e);
		if (r < 0)
			return r;
		to += run.len;
		off += run.len;
		n -= run.len;
	}
	return 0;
}

static int vmdk_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e)
{
	struct vmdk *v = (struct vmdk *)d;
	struct part *p = part_at(v, off);
	struct run run;
	int r = map_part(p, n, off, &run, e);

	if (r < 0)
		return r;
	x->len = run.len;
	x->kind = run.kind == GRAIN_DATA   ? EXTENT_DATA
		  : run.kind == GRAIN_ZERO ? EXTENT_ZERO
					   : EXTENT_HOLE;
	if (p->type == VMDK_FLAT)
		return disk_extent(p->file, run.len, run.host, x, e);
	if (run.kind != GRAIN_ABSENT || !v->parent || off >= v->parent->size)
		return 0;
	if (x->len > v->parent->size - off)
		x->len = v->parent->size - off;
	return disk_extent(v->parent, x->len, off, x, e);
}

static void vmdk_close(struct disk *d)
{
	struct vmdk *v = (struct vmdk *)d;

	for (size_t i = 0; i < v->count; i++) {
		if (v->parts[i].opened)
			vmdk_sparse_close(&v->parts[i].sparse);
		if (v->parts[i].own_file)
			disk_close(v->parts[i].file);
	}
	arena_fini(&v->arena);
	free(v->parts);
	free(v);
}

static const struct disk_ops vmdk_ops = {
	.name = "vmdk",
	.pread = vmdk_pread,
	.extent = vmdk_extent,
	.close = vmdk_close,
};

/* ---- opening ---- */

static int read_text(struct vmdk *v, struct disk *file, uint64_t off, uint64_t len, struct err *e)
{
	SCOPED(free_at) char *text = xmalloc((size_t)len + 1);
	int r = disk_pread(file, text, (size_t)len, off, e);

	return r < 0 ? r : vmdk_text_parse(&v->arena, text, (size_t)len, &v->text, e);
}

static int open_sparse(struct part *p, struct disk *file, struct err *e)
{
	p->file = file;
	p->opened = true;
	return vmdk_sparse_open(&p->sparse, file, e);
}

static int check_parent(const struct vmdk *v, const struct vmdk_options *o, struct err *e)
{
	bool needs = v->text.parent_cid != UINT32_MAX;

	if (needs && !(o && o->parent))
		return err_set(e, ENOTSUP, "vmdk: it needs the parent disk \"%.200s\"",
			       v->text.parent_hint ? v->text.parent_hint : "?");
	if (!needs && o && o->parent)
		return err_set(e, EINVAL, "vmdk: it names no parent disk");
	return 0;
}

/* Header and descriptor in one file: one sparse extent, which is the file itself, whatever it calls it. */
static int open_monolithic(struct vmdk *v, struct disk *file, struct err *e)
{
	struct part *p = v->parts = xcalloc(1, sizeof *v->parts);
	const struct vmdk_header *h = &p->sparse.h;
	const char *type = v->text.create_type;
	int r;

	v->count = 1;
	r = open_sparse(p, file, e);
	if (r < 0)
		return r;
	if (h->text_size == 0)
		return err_set(e, EINVAL,
			       "vmdk: one extent of a disk whose descriptor is elsewhere");
	r = read_text(v, file, h->text_offset, h->text_size, e);
	if (r < 0)
		return r;
	if (!str_eq(type, "streamOptimized") && !str_eq(type, "monolithicSparse"))
		return err_set(e, ENOTSUP, "vmdk: a sparse extent that says it is %s", type);
	if (str_eq(type, "streamOptimized") != h->compressed)
		return err_set(e, EINVAL, "vmdk: %s, but its grains are %scompressed", type,
			       h->compressed ? "" : "not ");
	if (v->text.count != 1 || v->text.extents[0].type != VMDK_SPARSE)
		return err_set(e, EINVAL, "vmdk: %s with other extents than itself", type);
	if (v->text.extents[0].sectors != h->capacity / VMDK_SECTOR)
		return err_set(e, EINVAL,
			       "vmdk: the descriptor says %" PRIu64
			       " sectors, the header says %" PRIu64,
			       v->text.extents[0].sectors, h->capacity / VMDK_SECTOR);
	p->size = h->capacity;
	v->disk.size = h->capacity;
	return 0;
}

static int open_member(struct part *p, const struct vmdk_extent_line *x,
		       const struct vmdk_options *o, struct err *e)
{
	int r;

	if (!o || !o->member)
		return err_set(e, ENOENT, "vmdk: its extent \"%.200s\" is not in the package",
			       x->name);
	r = o->member(o->ctx, x->name, &p->file, e);
	if (r < 0)
		return r;
	p->own_file = true;
	if (x->type == VMDK_SPARSE) {
		r = open_sparse(p, p->file, e);
		if (r == 0 && p->sparse.h.capacity < p->size)
			r = err_set(e, EINVAL, "vmdk: it is smaller than its descriptor says");
		return err_in(e, r, "extent \"%.200s\"", x->name);
	}
	p->offset = x->offset * VMDK_SECTOR;
	if (!range_inside(p->offset, p->size, p->file->size))
		return err_set(e, EINVAL,
			       "vmdk: extent \"%.200s\" is shorter than %" PRIu64 " sectors",
			       x->name, x->sectors);
	return 0;
}

static const char *const split_types[] = {
	"monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat", "monolithicSparse", "vmfs",
	"vmfsThin",       "vmfsEagerZeroedThick",
};

static int open_split(struct vmdk *v, struct disk *file, const struct vmdk_options *o,
		      struct err *e)
{
	const struct vmdk_text *t = &v->text;
	bool known = false;
	int r;

	if (file->size > TEXT_FILE_MAX)
		return err_set(e, EINVAL, "vmdk: a descriptor of %" PRIu64 " bytes", file->size);
	r = read_text(v, file, 0, file->size, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(split_types); i++)
		known |= str_eq(split_types[i], t->create_type);
	if (!known)
		return err_set(e, ENOTSUP, "vmdk: a disk of type %s", t->create_type);
	v->parts = xcalloc(t->count, sizeof *v->parts);
	for (size_t i = 0; i < t->count; i++) {
		struct part *p = &v->parts[v->count++];

		p->type = t->extents[i].type;
		p->start = v->disk.size;
		p->size = t->extents[i].sectors * VMDK_SECTOR;
		if (!add_fits(v->disk.size, p->size, &v->disk.size) || v->disk.size > INT64_MAX)
			return err_set(e, EINVAL, "vmdk: an absurd capacity");
		if (p->type == VMDK_ZERO)
			continue;
		r = open_member(p, &t->extents[i], o, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int vmdk_open(struct disk *file, const struct vmdk_options *o, struct disk **out, struct err *e)
{
	struct vmdk *v = xcalloc(1, sizeof *v);
	char head[32] = "";
	size_t n = file->size < sizeof head ? (size_t)file->size : sizeof head;
	int r = disk_pread(file, head, n, 0, e);

	v->disk.ops = &vmdk_ops;
	v->disk.readonly = true;
	if (r == 0)
		r = vmdk_text_looks_like(head, n) ? open_split(v, file, o, e)
						  : open_monolithic(v, file, e);
	if (r == 0)
		r = check_parent(v, o, e);
	if (r == 0 && o)
		v->parent = o->parent;
	if (r < 0) {
		vmdk_close(&v->disk);
		return r;
	}
	*out = &v->disk;
	return 0;
}

struct vmdk_sparse *vmdk_stream_of(struct disk *d)
{
	struct vmdk *v = (struct vmdk *)d;

	if (d->ops != &vmdk_ops || v->count != 1 || v->parts[0].type != VMDK_SPARSE ||
	    !v->parts[0].sparse.h.compressed || !v->parts[0].sparse.h.markers)
		return NULL;
	return &v->parts[0].sparse;
}

bool vmdk_has_parent(struct disk *d)
{
	return d->ops == &vmdk_ops && ((struct vmdk *)d)->parent;
}
