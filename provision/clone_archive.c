/* A target's description with the disks in one OVA: descriptor, manifest, disks, as importers want the order. */
#include "provision/clone_write.h"
#include "provision/target.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/tar_write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { PART = 1 << 18, SHA256_HEX = 64 };

struct ova {
	struct clone_writing *w;
	const struct target *t;
	int fd;
	uint64_t at;
	struct strbuf manifest;
};

static int put(struct ova *o, const void *p, size_t n, uint64_t at, struct err *e)
{
	int r = n ? sys_pwrite(o->fd, p, n, at) : 0;

	return r < 0 ? err_sys(e, r, "%s/%s", o->w->c->name, o->t->file) : 0;
}

static void list(struct ova *o, const char *name, const uint8_t sha256[32])
{
	char hex[SHA256_HEX + 1];

	hex_format(sha256, 32, hex);
	strbuf_printf(&o->manifest, "SHA256%s%s%s%s\n", o->t->manifest[0], name, o->t->manifest[1],
		      hex);
}

/* Header and bytes at o->at, which moves behind them. */
static int add_bytes(struct ova *o, const char *name, const void *p, size_t n, struct err *e)
{
	uint8_t head[TAR_BLOCK];
	int r;

	tar_header(head, name, n, 0);
	r = put(o, head, sizeof head, o->at, e);
	if (r == 0)
		r = put(o, p, n, o->at + TAR_BLOCK, e);
	o->at += TAR_BLOCK + tar_padded(n);
	return r;
}

static int copy(struct ova *o, int from, uint64_t size, struct digest *d, struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(PART);
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < size;) {
		ssize_t n = sys_pread(from, buf, PART, at);

		if (n <= 0)
			return err_sys(e, n < 0 ? (int)n : -EIO, "reading the disk back");
		r = digest_add(d, buf, (size_t)n, e);
		if (r == 0)
			r = put(o, buf, (size_t)n, o->at + TAR_BLOCK + at, e);
		at += (uint64_t)n;
	}
	return r;
}

static int add_disk(struct ova *o, const char *name, struct err *e)
{
	SCOPED(close_at) int from = sys_open_beneath(o->w->dir, name, O_RDONLY, 0);
	uint8_t head[TAR_BLOCK], raw[DIGEST_MAX];
	struct digest d = {0};
	struct stat st;
	int r = from < 0 ? from : sys_fstat(from, &st);

	if (r < 0)
		return err_sys(e, r, "%s", name);
	tar_header(head, name, (uint64_t)st.st_size, 0);
	r = put(o, head, sizeof head, o->at, e);
	if (r == 0)
		r = digest_init(&d, DIGEST_SHA256, e);
	if (r == 0)
		r = copy(o, from, (uint64_t)st.st_size, &d, e);
	if (r == 0)
		r = digest_final(&d, raw, e);
	digest_fini(&d);
	if (r == 0)
		list(o, name, raw);
	o->at += TAR_BLOCK + tar_padded((uint64_t)st.st_size);
	return r;
}

static size_t manifest_line(const struct target *t, const char *name)
{
	return strlen("SHA256") + strlen(t->manifest[0]) + strlen(name) + strlen(t->manifest[1]) +
	       SHA256_HEX + 1;
}

/* The manifest stands before the disks whose digests it holds: its length is known ahead. */
static int fill(struct ova *o, const struct vm *vm, const struct strbuf *ovf, struct err *e)
{
	static const uint8_t end[2 * TAR_BLOCK];
	size_t length = manifest_line(o->t, o->t->descriptor);
	uint64_t manifest_at;
	uint8_t raw[32];
	int r = add_bytes(o, o->t->descriptor, ovf->text, ovf->len, e);

	if (r == 0)
		r = digest_of(DIGEST_SHA256, ovf->text, ovf->len, raw, e);
	if (r < 0)
		return r;
	list(o, o->t->descriptor, raw);
	for (size_t i = 0; i < vm->ndisks; i++)
		length += manifest_line(o->t, vm->disks[i].file);
	manifest_at = o->at;
	o->at += TAR_BLOCK + tar_padded(length);
	for (size_t i = 0; r == 0 && i < vm->ndisks; i++)
		r = add_disk(o, vm->disks[i].file, e);
	if (r == 0)
		r = put(o, end, sizeof end, o->at, e);
	o->at = manifest_at;
	return r < 0 ? r : add_bytes(o, "machine.mf", o->manifest.text, o->manifest.len, e);
}

int clone_add_ova(struct clone_writing *w, const struct vm *vm, const struct target *t,
		  const struct strbuf *ovf, struct err *e)
{
	SCOPED(close_at)
	int fd = sys_openat(w->dir, t->file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	struct ova o = {.w = w, .t = t, .fd = fd};
	int r;

	if (fd < 0)
		return err_sys(e, fd, "%s/%s", w->c->name, t->file);
	r = fill(&o, vm, ovf, e);
	strbuf_fini(&o.manifest);
	if (r == 0)
		r = clone_list_file(w, t->file, fd, false, e);
	if (r == 0) {
		r = sys_close(TAKE_FD(fd));
		if (r < 0)
			err_sys(e, r, "%s", t->file);
	}
	return r;
}
