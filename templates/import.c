/* Importing: every disk decoded and digested in one pass, in a folder that appears whole. */
#include "templates/import.h"
#include "templates/import_disk.h"
#include "templates/ovf_names.h"
#include "templates/ovf_write.h"
#include "templates/own_names.h"

#include "base/scope.h"
#include "base/staging.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { PART = 1 << 20 };

struct import {
	struct template *t;
	const struct import_request *o;
	struct import_result *out;
	struct staging stage;
	struct ovf_writer writer;
	struct own_names names;
	const char **right; /* members whose digest was found right on the way */
	size_t nright, right_room;
	uint64_t before, total; /* of the package: read before this member; all that will be */
};

/* ---- digests on the way ---- */

struct hashing {
	struct import *c;
	const struct member *pieces;
	size_t npieces, at;
	uint64_t left; /* of the piece */
	struct digest digest;
	const struct manifest_entry *entry;
	bool open;
};

static int begin_piece(struct hashing *h, struct err *e)
{
	const struct member *m = &h->pieces[h->at];

	h->left = m->size;
	h->entry = manifest_find(&h->c->t->package.manifest, m->name);
	h->open = true;
	return h->entry ? digest_init(&h->digest, h->entry->kind, e) : 0;
}

static int end_piece(struct hashing *h, struct err *e)
{
	struct import *c = h->c;
	uint8_t value[DIGEST_MAX];
	int r = 0;

	h->open = false;
	if (h->entry) {
		r = digest_final(&h->digest, value, e);
		digest_fini(&h->digest);
		h->digest = (struct digest){0};
		if (r == 0)
			r = trust_compare(&c->t->package, h->entry, value, e);
		ARENA_GROW(&c->t->a, c->right, c->nright, c->right_room);
		c->right[c->nright++] = h->pieces[h->at].name;
	}
	h->at++;
	return r;
}

static int hash_input(struct hashing *h, const uint8_t *p, size_t n, struct err *e)
{
	int r = 0;

	while (r == 0 && h->at < h->npieces) {
		size_t now;

		if (!h->open)
			r = begin_piece(h, e);
		now = n < h->left ? n : (size_t)h->left;
		if (r == 0 && now && h->entry)
			r = digest_add(&h->digest, p, now, e);
		p += now;
		n -= now;
		h->left -= now;
		if (r == 0 && h->left == 0)
			r = end_piece(h, e);
		else
			return r;
	}
	return r;
}

static int on_input(void *ctx, const void *p, size_t n, struct err *e)
{
	return hash_input(ctx, p, n, e);
}

static int report(struct import *c, uint64_t done)
{
	return c->o->progress ? c->o->progress(c->o->ctx, c->before + done, c->total) : 0;
}

static int on_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct hashing *h = ctx;
	uint64_t size = 0;

	for (size_t i = 0; i < h->npieces; i++)
		size += h->pieces[i].size;
	/* Of a compressed or foreign image what is counted is not the package's bytes. */
	return report(h->c, total ? (uint64_t)((double)done / (double)total * (double)size) : 0);
}

/* ---- disks ---- */

static int create(struct import *c, const char *name, struct err *e)
{
	int fd = sys_openat(c->stage.fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);

	return fd < 0 ? err_sys(e, fd, "%s/%s", c->o->folder, name) : fd;
}

static int sync_file(struct import *c, int fd, const char *name, struct err *e)
{
	int r = c->o->no_sync ? 0 : sys_sync(fd);

	return r < 0 ? err_sys(e, r, "%s/%s", c->o->folder, name) : 0;
}

static int decode(struct import *c, const struct template_disk *d, struct template_image *x, int fd,
		  struct err *e)
{
	struct hashing h = {.c = c, .pieces = d->pieces, .npieces = d->npieces};
	struct import_options io = {
		.qcow2 = c->o->qcow2,
		.sync = !c->o->no_sync,
		.input = x->direct && c->t->package.manifest.count ? on_input : NULL,
		.progress = on_progress,
		.ctx = &h,
	};
	int r = import_disk(x->file, x->image, fd, &io, e);

	/* Pieces of no bytes at the end. */
	if (r == 0 && io.input)
		r = hash_input(&h, NULL, 0, e);
	digest_fini(&h.digest);
	return r;
}

/* There is room for one of each disk. */
static void add_warning(struct import *c, const struct template_disk *d, const char *what)
{
	if (what)
		c->out->warnings[c->out->nwarnings++] =
			arena_printf(&c->t->a, "disk '%.80s': %s", d->id, what);
}

static int import_one(struct import *c, const struct template_disk *d, const char *name,
		      uint64_t *size, uint64_t *stored, struct err *e)
{
	SCOPED(template_image_close_at) struct template_image x = {0};
	SCOPED(close_at) int fd = -1;
	struct stat st = {0};
	int r = template_disk_open(c->t, d, &x, e);

	if (r < 0)
		return r;
	fd = create(c, name, e);
	if (fd < 0)
		return fd;
	r = decode(c, d, &x, fd, e);
	/* A digest that differs has named the package already. */
	if (r < 0)
		return e && str_starts(e->text, c->t->package.path)
			       ? r
			       : err_in(e, r, "%s: disk '%.80s'", c->t->package.path, d->id);
	*size = x.image->size;
	add_warning(c, d, template_size_warning(c->t, d, *size));
	r = sys_fstat(fd, &st);
	*stored = (uint64_t)st.st_size;
	return r < 0 ? err_sys(e, r, "%s/%s", c->o->folder, name) : sync_file(c, fd, name, e);
}

static bool file_of_other(const struct template *t, const struct template_disk *d)
{
	for (size_t i = 0; i < t->ndisks; i++)
		if (&t->disks[i] != d && t->disks[i].used && t->disks[i].ovf->file == d->ovf->file)
			return true;
	return false;
}

static void write_disk(struct import *c, const struct template_disk *d, const char *name,
		       uint64_t size, uint64_t stored)
{
	if (!d->ovf)
		return;
	ovf_write_file(&c->writer, d->ovf->file, name, stored);
	ovf_write_disk(&c->writer, d->ovf, size,
		       ovf_format_uri(c->o->qcow2 ? DISK_QCOW2 : DISK_RAW));
}

static int import_disks(struct import *c, struct err *e)
{
	struct template *t = c->t;

	c->out->disks = arena_alloc(&t->a, (t->ndisks + 1) * sizeof *c->out->disks);
	c->out->warnings = arena_alloc(&t->a, (t->ndisks + 1) * sizeof *c->out->warnings);
	for (size_t i = 0; i < t->ndisks; i++) {
		const struct template_disk *d = &t->disks[i];
		uint64_t size = 0, stored = 0;
		const char *name;
		int r;

		if (!d->npieces)
			continue;
		if (!d->used) {
			ovf_drop_disk(&c->writer, d->ovf);
			if (!file_of_other(t, d))
				ovf_drop_file(&c->writer, d->ovf->file);
			continue;
		}
		name = own_name(&c->names, d->href, c->o->qcow2 ? ".qcow2" : ".raw");
		r = import_one(c, d, name, &size, &stored, e);
		if (r < 0)
			return r;
		write_disk(c, d, name, size, stored);
		c->out->disks[c->out->ndisks++] = name;
		c->before += d->stored;
	}
	return 0;
}

/* ---- other files: ISO images, NVRAM, message bundles ---- */

static int copy_piece(struct import *c, struct hashing *h, int fd, struct err *e)
{
	const struct member *m = &h->pieces[h->at];
	SCOPED(free_at) uint8_t *buf = xmalloc(PART);
	int r = 0;

	/* Also where it has no bytes. */
	if (!m->size)
		return hash_input(h, buf, 0, e);
	for (uint64_t at = 0; r == 0 && at < m->size;) {
		size_t n = m->size - at < PART ? (size_t)(m->size - at) : PART;
		ssize_t got = sys_pread(m->fd, buf, n, m->offset + at);

		if (got < 0)
			return err_sys(e, (int)got, "%s: %s", c->t->package.path, m->name);
		if ((size_t)got != n)
			return err_set(e, EIO, "%s: %s became shorter while it was read",
				       c->t->package.path, m->name);
		r = sys_write(fd, buf, n);
		if (r < 0)
			return err_sys(e, r, "%s", c->o->folder);
		r = hash_input(h, buf, n, e);
		if (r == 0)
			r = report(c, at);
		at += n;
	}
	c->before += m->size;
	return r;
}

static int copy_file(struct import *c, const struct ovf_file *f, struct err *e)
{
	struct hashing h = {.c = c};
	SCOPED(close_at) int fd = -1;
	uint64_t size = 0;
	const char *name;
	int r = package_file(&c->t->package, f, &h.pieces, &h.npieces, e);

	if (r < 0)
		return r;
	name = own_name(&c->names, f->href, NULL);
	fd = create(c, name, e);
	if (fd < 0)
		return fd;
	while (r == 0 && h.at < h.npieces) {
		size += h.pieces[h.at].size;
		r = copy_piece(c, &h, fd, e);
	}
	digest_fini(&h.digest);
	if (r < 0)
		return r;
	if (*f->compression)
		ovf_rename_file(&c->writer, f, name, size);
	else
		ovf_write_file(&c->writer, f, name, size);
	c->out->nfiles++;
	return sync_file(c, fd, name, e);
}

static bool is_disk_file(const struct template *t, const struct ovf_file *f)
{
	for (size_t i = 0; i < t->ndisks; i++)
		if (t->disks[i].ovf && t->disks[i].ovf->file == f)
			return true;
	return false;
}

static int copy_files(struct import *c, struct err *e)
{
	const struct ovf *o = &c->t->package.ovf;
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->nfiles; i++)
		if (!is_disk_file(c->t, &o->files[i]))
			r = copy_file(c, &o->files[i], e);
	return r;
}

/* ---- what was not digested on the way ---- */

static bool found_right(const struct import *c, const char *name)
{
	for (size_t i = 0; i < c->nright; i++)
		if (str_eq(c->right[i], name))
			return true;
	return false;
}

static int check_rest(struct import *c, struct err *e)
{
	struct package *p = &c->t->package;

	for (size_t i = 0; i < p->manifest.count; i++) {
		const struct member *m;
		int r;

		if (found_right(c, p->manifest.entries[i].name))
			continue;
		r = package_member(p, p->manifest.entries[i].name, &m, e);
		if (r == 0)
			r = trust_check_member(p, m, e);
		if (r == 0)
			r = report(c, 0);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the descriptor ---- */

static int write_descriptor(struct import *c, struct err *e)
{
	struct template *t = c->t;
	struct strbuf text = {0};
	int fd, r;

	if (t->package.kind == PACKAGE_DISK) {
		c->out->descriptor = "";
		return 0;
	}
	for (size_t i = 0; i < t->nproperties; i++)
		if (t->properties[i].chosen)
			ovf_write_property(&c->writer, t->properties[i].is, t->properties[i].value);
	if (t->configuration && !t->configuration->is_default)
		ovf_write_default(&c->writer, t->configuration);
	c->out->descriptor = own_name(&c->names, t->package.descriptor_name, ".ovf");
	r = ovf_write_end(&c->writer, &text, e);
	fd = r < 0 ? r : create(c, c->out->descriptor, e);
	if (fd >= 0) {
		r = sys_write(fd, strbuf_str(&text), text.len);
		r = r < 0 ? err_sys(e, r, "%s/%s", c->o->folder, c->out->descriptor)
			  : sync_file(c, fd, c->out->descriptor, e);
		close(fd);
	}
	strbuf_fini(&text);
	return fd < 0 ? fd : r;
}

/* ---- all of it ---- */

static void count_bytes(struct import *c)
{
	const struct ovf *o = &c->t->package.ovf;

	for (size_t i = 0; i < c->t->ndisks; i++)
		c->total += c->t->disks[i].used ? c->t->disks[i].stored : 0;
	for (size_t i = 0; i < o->nfiles; i++) {
		const struct member *pieces;
		size_t n;

		if (is_disk_file(c->t, &o->files[i]) ||
		    package_file(&c->t->package, &o->files[i], &pieces, &n, NULL) < 0)
			continue;
		while (n-- > 0)
			c->total += pieces[n].size;
	}
}

static int fill(struct import *c, struct err *e)
{
	int r = import_disks(c, e);

	if (r == 0)
		r = copy_files(c, e);
	if (r == 0)
		r = check_rest(c, e);
	if (r == 0)
		r = write_descriptor(c, e);
	return r;
}

int import_template(struct template *t, const struct import_request *o, struct import_result *out,
		    struct err *e)
{
	struct import c = {.t = t, .o = o, .out = out, .names = {.a = &t->a}};
	int r = template_check(t, e);

	*out = (struct import_result){0};
	if (r == 0)
		r = trust_check(&t->package, &o->trust, &out->trust, e);
	if (r < 0)
		return r;
	ovf_write_begin(&c.writer, &t->a, &t->package.ovf);
	count_bytes(&c);
	out->read = c.total;
	r = staging_open(&c.stage, o->folder, e);
	if (r < 0)
		return r;
	r = fill(&c, e);
	if (r == 0)
		r = staging_commit(&c.stage, !o->no_sync, e);
	staging_drop(&c.stage);
	return r;
}
