/* Digests of templates and bases, each taken in the one pass that reads them. */
#include "provision/base_digest.h"

#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>

enum { PART = 1 << 20 };

/* ---- while reading ---- */

int base_digest_input(void *ctx, const void *p, size_t n, struct err *e)
{
	struct base_digesting *d = ctx;
	int r = digest_add(&d->sha256, p, n, e);

	if (r == 0 && d->entry && d->entry->kind != DIGEST_SHA256)
		r = digest_add(&d->listed, p, n, e);
	return r;
}

int base_digest_begin(struct base_digesting *d, const struct source *s,
		      const struct template_disk *t, const struct template_image *x, struct err *e)
{
	int r = digest_init(&d->sha256, DIGEST_SHA256, e);

	/* One piece as it is: its manifest digest comes on the way. Others are digested apart. */
	if (x->direct && t->npieces == 1)
		d->entry = manifest_find(&s->t.package.manifest, t->pieces[0].name);
	if (r == 0 && d->entry && d->entry->kind != DIGEST_SHA256)
		r = digest_init(&d->listed, d->entry->kind, e);
	return r;
}

int base_digest_end(struct base_digesting *d, const struct source *s, uint8_t out[32],
		    struct err *e)
{
	uint8_t listed[DIGEST_MAX];
	int r = digest_final(&d->sha256, out, e);

	if (r < 0 || !d->entry)
		return r;
	if (d->entry->kind == DIGEST_SHA256)
		return trust_compare(&s->t.package, d->entry, out, e);
	r = digest_final(&d->listed, listed, e);
	return r < 0 ? r : trust_compare(&s->t.package, d->entry, listed, e);
}

void base_digest_fini(struct base_digesting *d)
{
	digest_fini(&d->sha256);
	digest_fini(&d->listed);
}

int base_check_others(struct source *s, const struct template_disk *t,
		      const struct template_image *x, const struct base_digesting *d, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && !d->entry && i < t->npieces; i++)
		r = trust_check_member(&s->t.package, &t->pieces[i], e);
	for (size_t i = 0; r == 0 && i < x->others.count; i++)
		r = trust_check_member(&s->t.package, x->others.items[i], e);
	return r;
}

/* ---- the template's digest ---- */

int base_summary_begin(struct strbuf *text, struct source *s, struct err *e)
{
	struct package *p = &s->t.package;
	const struct member *m;
	uint8_t raw[32];
	char hex[65];
	int r;

	if (p->kind == PACKAGE_DISK)
		return 0;
	r = digest_of(DIGEST_SHA256, p->descriptor, p->descriptor_len, raw, e);
	if (r == 0)
		r = package_member(p, p->descriptor_name, &m, e);
	if (r == 0 && m)
		r = trust_check_member(p, m, e);
	if (r < 0)
		return r;
	hex_format(raw, 32, hex);
	strbuf_printf(text, "descriptor %s\n", hex);
	return 0;
}

int base_summary_end(const struct strbuf *text, char digest[DIGEST_TEXT], struct err *e)
{
	uint8_t raw[32];
	int r = digest_of(DIGEST_SHA256, strbuf_str(text), text->len, raw, e);

	if (r == 0)
		hex_format(raw, 32, digest);
	return r;
}

void base_summary_disk(struct strbuf *text, size_t i, const uint8_t raw[32])
{
	char hex[65];

	hex_format(raw, 32, hex);
	strbuf_printf(text, "disk %zu %s\n", i, hex);
}

static int read_through(struct disk *file, struct base_digesting *d, struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(PART);
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < file->size;) {
		size_t n = file->size - at < PART ? (size_t)(file->size - at) : PART;

		r = stop_check(d->stop, e);
		if (r == 0)
			r = disk_pread(file, buf, n, at, e);
		if (r == 0)
			r = base_digest_input(d, buf, n, e);
		at += n;
	}
	return r;
}

static int digest_disk(struct source *s, size_t i, struct strbuf *text, struct err *e)
{
	SCOPED(template_image_close_at) struct template_image x = {0};
	const struct template_disk *t = s->disks[i].is;
	struct base_digesting d = {.stop = &s->t.package.stop};
	uint8_t raw[32];
	int r = template_disk_open(&s->t, t, &x, e);

	if (r == 0)
		r = base_digest_begin(&d, s, t, &x, e);
	if (r == 0)
		r = base_check_others(s, t, &x, &d, e);
	if (r == 0)
		r = read_through(x.file, &d, e);
	if (r == 0)
		r = base_digest_end(&d, s, raw, e);
	base_digest_fini(&d);
	if (r == 0)
		base_summary_disk(text, i, raw);
	return r;
}

int base_digest(struct source *s, char digest[DIGEST_TEXT], struct err *e)
{
	struct strbuf text = {0};
	int r = base_summary_begin(&text, s, e);

	for (size_t i = 0; r == 0 && i < s->ndisks; i++)
		r = digest_disk(s, i, &text, e);
	if (r == 0)
		r = base_summary_end(&text, digest, e);
	strbuf_fini(&text);
	return r;
}

int base_digest_file(int fd, const struct stop *stop, char hex[DIGEST_TEXT], struct err *e)
{
	SCOPED(disk_close_at) struct disk *file = NULL;
	struct base_digesting d = {.stop = stop};
	uint8_t raw[32];
	int copy = sys_dup(fd), r;

	if (copy < 0)
		return err_sys(e, copy, "reading the base");
	r = disk_raw_fd(copy, true, &file, e);
	if (r == 0)
		r = digest_init(&d.sha256, DIGEST_SHA256, e);
	if (r == 0)
		r = read_through(file, &d, e);
	if (r == 0)
		r = digest_final(&d.sha256, raw, e);
	digest_fini(&d.sha256);
	if (r == 0)
		hex_format(raw, 32, hex);
	return r;
}
