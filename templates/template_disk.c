/* Opening one disk of a template: pieces, compression, format, parents, extents. */
#include "templates/template.h"
#include "templates/decompress.h"
#include "templates/disk_concat.h"
#include "templates/disk_qcow2.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { PARENTS_MAX = 16 };

/* ---- the bytes ---- */

int template_member_open(const struct member *m, struct disk **out, struct err *e)
{
	struct disk *whole, *window;
	int fd = sys_dup(m->fd), r;

	if (fd < 0)
		return err_sys(e, fd, "%s", m->name);
	r = disk_raw_fd(fd, true, &whole, e);
	if (r < 0)
		return err_in(e, r, "%s", m->name);
	if (m->offset == 0 && m->size == whole->size) {
		*out = whole;
		return 0;
	}
	r = disk_slice(whole, m->offset, m->size, &window, e);
	if (r < 0) {
		disk_close(whole);
		return err_in(e, r, "%s", m->name);
	}
	*out = disk_keep(window, whole);
	return 0;
}

static int join_pieces(const struct template_disk *d, struct disk **out, struct err *e)
{
	SCOPED(free_at) struct disk **parts = xcalloc(d->npieces + 1, sizeof(struct disk *));
	size_t n = 0;
	int r = 0;

	if (d->npieces == 1)
		return template_member_open(d->pieces, out, e);
	while (r == 0 && n < d->npieces) {
		r = template_member_open(&d->pieces[n], &parts[n], e);
		n += r == 0;
	}
	if (r == 0)
		return disk_concat(parts, n, out, e);
	while (n > 0)
		disk_close(parts[--n]);
	return r;
}

/* A sparse format adds tables and headers to what it holds, never much. */
static uint64_t image_limit(uint64_t capacity)
{
	uint64_t limit;

	if (!capacity || !add_fits(capacity, capacity / 32 + (16 << 20), &limit))
		return (uint64_t)INT64_MAX;
	return limit;
}

/* The standard, and other importers, go by the descriptor alone. An image has a magic of its own; a raw disk may begin
 * with any bytes, so that its name has to say it, too. */
static int check_plain(const struct template_disk *d, struct disk *file, struct err *e)
{
	const char *suffix, *compression;
	uint8_t head[8];
	size_t n = file->size < sizeof head ? (size_t)file->size : sizeof head;
	int r = disk_pread(file, head, n, 0, e);

	if (r < 0)
		return r;
	compression = compression_sniff(head, n, &suffix);
	if (!compression || (d->format == DISK_RAW && !str_ends(d->href, suffix)))
		return 0;
	return err_set(e, EINVAL,
		       "'%.120s' is compressed by %s, which the descriptor does not say: its File "
		       "has no ovf:compression",
		       d->href, compression);
}

static int open_file(struct template *t, const struct template_disk *d, struct template_image *x,
		     struct err *e)
{
	const struct decompress_options o = {
		.compression = d->compression,
		.limit = image_limit(d->capacity),
		.stop = &t->package.stop,
	};
	struct disk *packed;
	int r = join_pieces(d, &x->file, e);

	x->direct = r == 0 && !*d->compression;
	if (x->direct && d->ovf)
		return check_plain(d, x->file, e);
	if (r < 0 || x->direct)
		return r;
	packed = x->file;
	x->file = NULL;
	r = decompress_disk(packed, &o, &x->file, e);
	disk_close(packed);
	return r;
}

/* ---- other members ---- */

struct extents {
	struct template *t;
	const struct template_disk *d;
	struct template_image *x;
};

static int note_member(struct template_image *x, const struct member *m, struct err *e)
{
	if (x->others.count == ARRAY_SIZE(x->others.items))
		return err_set(e, EINVAL, "it is spread over more than %zu files",
			       ARRAY_SIZE(x->others.items));
	x->others.items[x->others.count++] = m;
	return 0;
}

/* An extent lies beside the file that names it, and the manifest must cover it, too. */
static int open_extent(void *ctx, const char *name, struct disk **out, struct err *e)
{
	struct extents *c = ctx;
	struct package *p = &c->t->package;
	const char *slash = strrchr(c->d->href, '/');
	const struct member *m;
	int r;

	if (slash)
		name = arena_printf(p->a, "%.*s/%s", (int)(slash - c->d->href), c->d->href, name);
	r = package_member(p, name, &m, e);
	if (r < 0)
		return r;
	if (!m)
		return err_set(e, ENOENT, "its extent '%.120s' is not in the package", name);
	if (p->manifest.count && !manifest_find(&p->manifest, name))
		return err_set(e, EINVAL, "the manifest does not list its extent '%.120s'", name);
	r = note_member(c->x, m, e);
	return r < 0 ? r : template_member_open(m, out, e);
}

/* ---- the image ---- */

static int sniff_bare(const struct template_disk *d, struct disk *file, enum disk_format *f,
		      struct err *e)
{
	static const char *const raw_names[] = {".raw", ".img", ".dd", ".bin"};
	const char *dot = strrchr(d->href, '.');
	int r = disk_format_sniff(file, f, e);

	if (r < 0 || *f != DISK_RAW)
		return r;
	for (size_t i = 0; dot && i < ARRAY_SIZE(raw_names); i++)
		if (!strcasecmp(dot, raw_names[i]))
			return 0;
	return err_set(e, EINVAL,
		       "no template and no disk image that is known; a raw disk is named "
		       ".raw, .img, .dd or .bin");
}

static int check_backing_name(const struct template_disk *d, struct disk *file,
			      const char *parent_href, struct err *e)
{
	struct qcow2_backing b = {.name = ""};
	const char *slash;
	int r;

	if (d->format != DISK_QCOW2 || !parent_href)
		return 0;
	r = qcow2_backing(file, &b, e);
	if (r < 0)
		return r;
	slash = strrchr(parent_href, '/');
	if (str_eq(b.name, parent_href) || (slash && str_eq(b.name, slash + 1)))
		return 0;
	return err_set(e, EINVAL, "its backing file \"%.120s\" is not its parent in the descriptor",
		       b.name);
}

static int open_image(struct template *t, const struct template_disk *d,
		      const struct template_disk *parent, struct template_image *x, struct err *e)
{
	struct extents ctx = {.t = t, .d = d, .x = x};
	struct disk_image_options o = {
		.vmdk = {.member = d->ovf ? open_extent : NULL, .ctx = &ctx, .parent = x->parent}};
	enum disk_format f = d->format;
	int r = d->has_format ? 0 : sniff_bare(d, x->file, &f, e);

	if (r == 0 && parent)
		r = check_backing_name(d, x->file, parent->href, e);
	return r < 0 ? r : disk_image_open(x->file, f, &o, &x->image, e);
}

static int check_size(const struct template_disk *d, const struct template_image *x, struct err *e)
{
	if (x->image->size == 0)
		return err_set(e, EINVAL, "it is empty");
	if (!d->capacity || x->image->size <= d->capacity)
		return 0;
	return err_set(e, EINVAL,
		       "the image holds a disk of %" PRIu64 " bytes, more than the %" PRIu64
		       " that the descriptor promises",
		       x->image->size, d->capacity);
}

const char *template_size_warning(struct template *t, const struct template_disk *d, uint64_t size)
{
	if (!d->capacity || size >= d->capacity)
		return NULL;
	return arena_printf(&t->a,
			    "the image holds a disk of %" PRIu64 " bytes, less than the %" PRIu64
			    " that the descriptor promises",
			    size, d->capacity);
}

static const struct template_disk *parent_of(const struct template *t,
					     const struct template_disk *d)
{
	for (size_t i = 0; d->ovf && d->ovf->parent && i < t->ndisks; i++)
		if (t->disks[i].ovf == d->ovf->parent)
			return &t->disks[i];
	return NULL;
}

static int open_one(struct template *t, const struct template_disk *d,
		    const struct template_disk *parent, struct template_image *x, struct err *e)
{
	int r;

	if (d->problem)
		return err_set(e, EINVAL, "%s", d->problem);
	if (!d->npieces)
		return 0;
	r = open_file(t, d, x, e);
	if (r == 0)
		r = open_image(t, d, parent, x, e);
	if (r == 0)
		r = check_size(d, x, e);
	return r;
}

/* What the parent was made of belongs to the child from now on. */
static int adopt(struct template_image *x, struct template_image *parent,
		 const struct template_disk *d, struct err *e)
{
	int r = 0;

	x->parent = disk_keep(parent->image, parent->file);
	if (parent->parent)
		disk_keep(x->parent, parent->parent);
	x->others = parent->others;
	for (size_t i = 0; r == 0 && i < d->npieces; i++)
		r = note_member(x, &d->pieces[i], e);
	return r;
}

/* chain[0] is d, chain[*depth] the disk that stands on nothing. */
static int find_parents(const struct template *t, const struct template_disk *d,
			const struct template_disk **chain, size_t *depth, struct err *e)
{
	const struct template_disk *p;

	chain[0] = d;
	for (*depth = 0; (p = parent_of(t, chain[*depth])); chain[++*depth] = p)
		if (*depth + 1 == PARENTS_MAX)
			return err_set(e, EINVAL, "its chain of parents is longer than %d",
				       PARENTS_MAX - 1);
	if (*depth && !chain[*depth]->npieces && !chain[*depth]->problem)
		return err_set(e, EINVAL, "its parent disk '%.60s' has no file", chain[*depth]->id);
	return 0;
}

static int open_chain(struct template *t, const struct template_disk *const *chain, size_t depth,
		      struct template_image *x, struct err *e)
{
	int r = open_one(t, chain[depth], NULL, x, e);

	if (r < 0)
		return depth ? err_in(e, r, "its parent '%.60s'", chain[depth]->id) : r;
	while (depth-- > 0) {
		struct template_image next = {0};

		r = adopt(&next, x, chain[depth + 1], e);
		*x = next;
		if (r == 0)
			r = open_one(t, chain[depth], chain[depth + 1], x, e);
		if (r < 0)
			return depth ? err_in(e, r, "its parent '%.60s'", chain[depth]->id) : r;
	}
	return 0;
}

int template_disk_open(struct template *t, const struct template_disk *d, struct template_image *x,
		       struct err *e)
{
	const struct template_disk *chain[PARENTS_MAX];
	struct template_image now = {0};
	size_t depth;
	int r = find_parents(t, d, chain, &depth, e);

	if (r == 0)
		r = open_chain(t, chain, depth, &now, e);
	if (r < 0) {
		template_image_close(&now);
		return err_in(e, r, "%s: disk '%.80s'", t->package.path, d->id);
	}
	*x = now;
	return 0;
}

void template_image_close(struct template_image *x)
{
	disk_close(x->image);
	disk_close(x->file);
	disk_close(x->parent);
	*x = (struct template_image){0};
}

void template_image_close_at(struct template_image *x)
{
	template_image_close(x);
}
