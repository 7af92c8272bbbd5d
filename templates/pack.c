/* Packing: the front of an OVA is left free, the disks stream past their digests, then the front is filled in. */
#include "templates/pack.h"
#include "templates/disk_vmdk.h"
#include "templates/disk_vmdk_write.h"
#include "templates/ovf_names.h"
#include "templates/ovf_write.h"
#include "templates/own_names.h"
#include "templates/tar_write.h"

#include "base/scope.h"
#include "base/staging.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* SLACK: what a disk's attributes may grow by, and a signature. */
enum { PART = 1 << 20, SLACK = 128 };

const struct pack_target pack_targets[] = {
	{"generic", "any importer that knows SHA-256", DIGEST_SHA256, "(", ")= "},
	{"vsphere8", "vSphere 6.5 and later", DIGEST_SHA256, "(", ")= "},
	{"vsphere6", "vSphere 5 and 6.0, which know SHA-1 only", DIGEST_SHA1, "(", ")= "},
	{"virtualbox", "VirtualBox", DIGEST_SHA256, " (", ") = "},
};
const size_t npack_targets = ARRAY_SIZE(pack_targets);

const struct pack_target *pack_target_find(const char *name)
{
	for (size_t i = 0; i < npack_targets; i++)
		if (str_eq(pack_targets[i].name, name))
			return &pack_targets[i];
	return NULL;
}

struct packed {
	const struct ovf_file *ovf;
	const struct template_disk *disk; /* NULL: copied as it is */
	const char *name;
	uint64_t size, capacity;
	uint8_t digest[DIGEST_MAX];
};

struct pack {
	struct template *t;
	const struct pack_request *o;
	struct pack_result *out;
	bool folder;
	struct staging stage;
	struct staged_file file;
	uint64_t at; /* of the archive: where the next header goes */
	uint64_t done, total, mtime;
	struct own_names names;
	const char *ovf_name, *mf_name, *cert_name;
	struct packed *files;
	size_t nfiles;
};

/* ---- one member, streamed ---- */

struct stream {
	struct pack *p;
	const char *name;
	int fd;
	uint64_t head, size; /* head: where its header goes */
	struct digest digest;
};

static int out_error(struct pack *p, int r, struct err *e)
{
	return r < 0 ? err_sys(e, r, "%s", p->o->path) : 0;
}

static int stream_begin(struct stream *s, struct pack *p, const char *name, struct err *e)
{
	*s = (struct stream){.p = p, .name = name, .fd = p->file.fd, .head = p->at};
	if (p->folder) {
		s->fd = sys_openat(p->stage.fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
		if (s->fd < 0)
			return out_error(p, s->fd, e);
	}
	return digest_init(&s->digest, p->o->target->digest, e);
}

static int stream_write(void *ctx, const void *data, size_t n, struct err *e)
{
	struct stream *s = ctx;
	struct pack *p = s->p;
	uint64_t at = p->folder ? 0 : s->head + TAR_BLOCK;
	int r = sys_pwrite(s->fd, data, n, at + s->size);

	if (r < 0)
		return out_error(p, r, e);
	s->size += n;
	p->done += n;
	r = p->o->progress ? p->o->progress(p->o->ctx, p->done, p->total) : 0;
	if (r < 0)
		return err_sys(e, r, "stopped");
	return digest_add(&s->digest, data, n, e);
}

static int put_header(struct pack *p, uint64_t at, const char *name, uint64_t size, struct err *e)
{
	static const uint8_t zeros[TAR_BLOCK];
	uint8_t head[TAR_BLOCK];
	int r;

	tar_header(head, name, size, p->mtime);
	r = sys_pwrite(p->file.fd, head, sizeof head, at);
	if (r == 0 && size % TAR_BLOCK)
		r = sys_pwrite(p->file.fd, zeros, TAR_BLOCK - size % TAR_BLOCK,
			       at + TAR_BLOCK + size);
	return out_error(p, r, e);
}

static int stream_end(struct stream *s, struct packed *f, struct err *e)
{
	struct pack *p = s->p;
	int r = digest_final(&s->digest, f->digest, e);

	f->size = s->size;
	p->out->size += s->size;
	if (r < 0)
		return r;
	if (p->folder)
		return out_error(p, sys_sync(s->fd), e);
	p->at = s->head + TAR_BLOCK + tar_padded(s->size);
	return put_header(p, s->head, s->name, s->size, e);
}

static void stream_close(struct stream *s)
{
	digest_fini(&s->digest);
	if (s->p && s->p->folder && s->fd >= 0)
		close(s->fd);
}

/* ---- what goes through it ---- */

static int copy_disk(struct disk *from, struct stream *s, struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(PART);
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < from->size;) {
		size_t n = from->size - at < PART ? (size_t)(from->size - at) : PART;

		r = disk_pread(from, buf, n, at, e);
		if (r == 0)
			r = stream_write(s, buf, n, e);
		at += n;
	}
	return r;
}

static bool is_ready(const struct template_image *x)
{
	return vmdk_stream_of(x->image) && !vmdk_has_parent(x->image);
}

static int pack_disk(struct pack *p, struct packed *f, struct stream *s, struct err *e)
{
	SCOPED(template_image_close_at) struct template_image x = {0};
	const struct vmdk_write_options wo = {.level = p->o->level, .extent = f->name};
	const struct vmdk_sink sink = {stream_write, s};
	int r = template_disk_open(p->t, f->disk, &x, e);

	if (r < 0)
		return r;
	f->capacity = (x.image->size + 511) / 512 * 512;
	if (is_ready(&x))
		return copy_disk(x.file, s, e);
	p->out->converted++;
	return vmdk_write(x.image, &wo, &sink, e);
}

static int pack_file(struct pack *p, struct packed *f, struct stream *s, struct err *e)
{
	const struct member *pieces;
	size_t n;
	int r = package_file(&p->t->package, f->ovf, &pieces, &n, e);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct disk *d = NULL;

		r = template_member_open(&pieces[i], &d, e);
		if (r == 0)
			r = copy_disk(d, s, e);
		disk_close(d);
	}
	return r;
}

static int pack_files(struct pack *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->nfiles; i++) {
		struct packed *f = &p->files[i];
		struct stream s;

		r = stream_begin(&s, p, f->name, e);
		if (r == 0)
			r = f->disk ? pack_disk(p, f, &s, e) : pack_file(p, f, &s, e);
		if (r == 0)
			r = stream_end(&s, f, e);
		stream_close(&s);
	}
	return r;
}

/* ---- descriptor, manifest, signature ---- */

static void write_choices(struct pack *p, struct ovf_writer *w)
{
	struct template *t = p->t;

	for (size_t i = 0; i < t->nproperties; i++)
		if (t->properties[i].chosen)
			ovf_write_property(w, t->properties[i].is, t->properties[i].value);
	if (t->configuration && !t->configuration->is_default)
		ovf_write_default(w, t->configuration);
}

static bool keeps_file(const struct pack *p, const struct ovf_file *f)
{
	for (size_t i = 0; i < p->nfiles; i++)
		if (p->files[i].ovf == f)
			return true;
	return false;
}

static void drop_parents(struct pack *p, struct ovf_writer *w)
{
	const struct ovf *o = &p->t->package.ovf;

	for (size_t i = 0; i < p->t->ndisks; i++)
		if (!p->t->disks[i].used && p->t->disks[i].npieces)
			ovf_drop_disk(w, p->t->disks[i].ovf);
	for (size_t i = 0; i < o->nfiles; i++)
		if (!keeps_file(p, &o->files[i]))
			ovf_drop_file(w, &o->files[i]);
}

static int make_descriptor(struct pack *p, struct strbuf *out, struct err *e)
{
	struct ovf_writer w;

	ovf_write_begin(&w, &p->t->a, &p->t->package.ovf);
	for (size_t i = 0; i < p->nfiles; i++) {
		const struct packed *f = &p->files[i];

		if (!f->disk) {
			ovf_rename_file(&w, f->ovf, f->name, f->size);
			continue;
		}
		ovf_write_file(&w, f->ovf, f->name, f->size);
		ovf_write_disk(&w, f->disk->ovf, f->capacity, ovf_format_uri(DISK_VMDK));
	}
	drop_parents(p, &w);
	write_choices(p, &w);
	return ovf_write_end(&w, out, e);
}

static void add_line(const struct pack_target *target, const char *name, const uint8_t *digest,
		     struct strbuf *out)
{
	char hex[2 * DIGEST_MAX + 1];

	hex_format(digest, digest_kind_size(target->digest), hex);
	strbuf_printf(out, "%s%s%s%s%s\n", digest_kind_name(target->digest), target->open, name,
		      target->close, hex);
}

static int make_manifest(struct pack *p, const struct strbuf *ovf, struct strbuf *out,
			 struct err *e)
{
	const struct pack_target *target = p->o->target;
	uint8_t digest[DIGEST_MAX];
	int r = digest_of(target->digest, strbuf_str(ovf), ovf->len, digest, e);

	if (r < 0)
		return r;
	add_line(target, p->ovf_name, digest, out);
	for (size_t i = 0; i < p->nfiles; i++)
		add_line(target, p->files[i].name, p->files[i].digest, out);
	return 0;
}

struct front {
	struct strbuf ovf, mf, cert;
};

static void front_fini(struct front *f)
{
	strbuf_fini(&f->ovf);
	strbuf_fini(&f->mf);
	strbuf_fini(&f->cert);
}

/* Newlines at the end of XML and PEM mean nothing: they fill the blocks that were kept free. */
static void fill_up(struct strbuf *text, uint64_t room)
{
	while (tar_padded(text->len) < room)
		strbuf_addc(text, '\n');
}

/* room: how many bytes of the archive each may have; zero: as many as it needs. */
static int make_front(struct pack *p, struct front *f, uint64_t ovf_room, uint64_t cert_room,
		      struct err *e)
{
	int r = make_descriptor(p, &f->ovf, e);

	if (r < 0)
		return r;
	fill_up(&f->ovf, ovf_room);
	r = make_manifest(p, &f->ovf, &f->mf, e);
	if (r == 0 && p->o->signer)
		r = signer_sign(p->o->signer, p->o->target->digest, p->mf_name, f->mf.text,
				f->mf.len, &f->cert, e);
	if (r == 0 && p->o->signer)
		fill_up(&f->cert, cert_room);
	return r;
}

struct rooms {
	uint64_t ovf, mf, cert; /* of the archive, without headers */
};

/* Numbers of 20 digits are the longest there are. */
static int reserve(struct pack *p, struct rooms *room, struct err *e)
{
	struct front f = {0};
	int r;

	for (size_t i = 0; i < p->nfiles; i++)
		p->files[i].size = p->files[i].capacity = UINT64_MAX;
	r = make_front(p, &f, 0, 0, e);
	room->ovf = tar_padded(f.ovf.len + SLACK * (p->nfiles + 1));
	room->mf = tar_padded(f.mf.len);
	room->cert = p->o->signer ? tar_padded(f.cert.len + SLACK) : 0;
	p->at = 2 * TAR_BLOCK + room->ovf + room->mf;
	if (p->o->signer)
		p->at += TAR_BLOCK + room->cert;
	front_fini(&f);
	return r;
}

static int put_small(struct pack *p, uint64_t *at, const char *name, const struct strbuf *text,
		     struct err *e)
{
	int r;

	p->out->size += text->len;
	if (p->folder) {
		SCOPED(close_at)
		int fd = sys_openat(p->stage.fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

		r = fd < 0 ? fd : sys_write(fd, strbuf_str(text), text->len);
		if (r == 0)
			r = sys_sync(fd);
		return out_error(p, r, e);
	}
	r = out_error(p, sys_pwrite(p->file.fd, text->text, text->len, *at + TAR_BLOCK), e);
	if (r == 0)
		r = put_header(p, *at, name, text->len, e);
	*at += TAR_BLOCK + tar_padded(text->len);
	return r;
}

static int put_front(struct pack *p, const struct rooms *room, struct err *e)
{
	struct front f = {0};
	uint64_t at = 0;
	int r = make_front(p, &f, p->folder ? 0 : room->ovf, p->folder ? 0 : room->cert, e);

	if (r == 0)
		r = put_small(p, &at, p->ovf_name, &f.ovf, e);
	if (r == 0)
		r = put_small(p, &at, p->mf_name, &f.mf, e);
	if (r == 0 && p->o->signer)
		r = put_small(p, &at, p->cert_name, &f.cert, e);
	front_fini(&f);
	return r;
}

/* ---- all of it ---- */

static const struct template_disk *disk_of(const struct template *t, const struct ovf_file *f)
{
	for (size_t i = 0; i < t->ndisks; i++)
		if (t->disks[i].ovf->file == f && t->disks[i].used)
			return &t->disks[i];
	return NULL;
}

static bool only_parent(const struct template *t, const struct ovf_file *f)
{
	bool named = false;

	for (size_t i = 0; i < t->ndisks; i++) {
		if (t->disks[i].ovf->file != f)
			continue;
		named = true;
		if (t->disks[i].used)
			return false;
	}
	return named;
}

static void plan(struct pack *p)
{
	const struct ovf *o = &p->t->package.ovf;
	const char *slash = strrchr(p->o->path, '/'),
		   *base = slash && slash[1] ? slash + 1 : p->o->path;
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	if (!epoch || !num_parse(epoch, 10, &p->mtime) || p->mtime >> 33)
		p->mtime = 0;
	p->names.a = &p->t->a;
	p->ovf_name = own_name(&p->names, base, ".ovf");
	p->mf_name = own_name(&p->names, base, ".mf");
	p->cert_name = own_name(&p->names, base, ".cert");
	p->files = arena_alloc(&p->t->a, (o->nfiles + 1) * sizeof *p->files);
	for (size_t i = 0; i < o->nfiles; i++) {
		struct packed *f = &p->files[p->nfiles];

		if (only_parent(p->t, &o->files[i]))
			continue;
		f->ovf = &o->files[i];
		f->disk = disk_of(p->t, f->ovf);
		f->name = own_name(&p->names, f->ovf->href, f->disk ? ".vmdk" : NULL);
		p->total += f->disk ? f->disk->stored : 0;
		p->nfiles++;
	}
}

static int fill(struct pack *p, struct err *e)
{
	static const uint8_t zeros[2 * TAR_BLOCK];
	struct rooms room = {0};
	int r = p->folder ? 0 : reserve(p, &room, e);

	if (r == 0)
		r = pack_files(p, e);
	if (r == 0)
		r = put_front(p, &room, e);
	if (r == 0 && !p->folder)
		r = out_error(p, sys_pwrite(p->file.fd, zeros, sizeof zeros, p->at), e);
	return r;
}

static int check_source(struct template *t, const struct pack_request *o, struct err *e)
{
	struct trust trust;
	int r = template_check(t, e);

	if (r == 0 && t->package.kind == PACKAGE_DISK)
		r = err_set(e, EINVAL, "%s: a bare disk image has no descriptor to pack it with",
			    t->package.path);
	if (r == 0)
		r = trust_check(&t->package, &o->trust, &trust, e);
	return r < 0 ? r : trust_check_members(&t->package, NULL, NULL, e);
}

int pack_template(struct template *t, const struct pack_request *o, struct pack_result *out,
		  struct err *e)
{
	struct pack p = {.t = t, .o = o, .out = out, .folder = !str_ends(o->path, ".ova")};
	int r = check_source(t, o, e);

	*out = (struct pack_result){0};
	if (r < 0)
		return r;
	plan(&p);
	out->nfiles = p.nfiles;
	r = p.folder ? staging_open(&p.stage, o->path, e) : staged_file_open(&p.file, o->path, e);
	if (r < 0)
		return r;
	r = fill(&p, e);
	if (r == 0)
		r = p.folder ? staging_commit(&p.stage, true, e) : staged_file_commit(&p.file, e);
	staging_drop(&p.stage);
	staged_file_drop(&p.file);
	return r;
}
