/* Drives the disk layer from scripts: reads any image, writes ours.
 *	disktool info FORMAT FILE            capacity, data bytes
 *	disktool read FORMAT FILE OUT.raw    through disk_pread and disk_extent, in uneven pieces
 *	disktool write qcow2|vmdk IN.raw OUT [BITS|LEVEL]
 *	disktool import FORMAT FILE raw|qcow2 OUT [THREADS]   prints the file's SHA-256, as sha256sum does
 *	disktool patch FORMAT FILE SEED overlay|rewrite OUT OUT.raw
 *	    writes here and there on an overlay; commits it as a qcow2 overlay or a rewritten VMDK, and as raw
 *	disktool rewrite FILE.vmdk OUT.vmdk   one sector changed; prints the new file's SHA-256
 *	disktool sniff FILE */
#include "templates/disk.h"
#include "templates/disk_format.h"

#include "templates/disk_overlay.h"
#include "templates/disk_qcow2_write.h"
#include "templates/disk_vmdk_write.h"
#include "templates/import_disk.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int member_open(void *ctx, const char *name, struct disk **out, struct err *e)
{
	SCOPED(close_at) int dir = sys_open(ctx, O_PATH | O_DIRECTORY, 0);
	int fd = dir < 0 ? dir : sys_open_beneath(dir, name, O_RDONLY | O_NONBLOCK, 0);

	return fd < 0 ? err_sys(e, fd, "%s", name) : disk_raw_fd(fd, true, out, e);
}

static int open_image(const char *format, const char *path, struct disk **out, struct err *e)
{
	char dir[4096];
	char *slash;
	struct disk_image_options o = {.vmdk = {.member = member_open, .ctx = dir}};
	enum disk_format f;

	snprintf(dir, sizeof dir, "%s", path);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = 0;
	else
		strcpy(dir, ".");
	if (!disk_format_parse(format, &f))
		return err_set(e, EINVAL, "no format %s", format);
	return disk_image_open_path(path, f, &o, out, e);
}

static int do_sniff(char **arg, struct err *e)
{
	SCOPED(disk_close_at) struct disk *d = NULL;
	enum disk_format f;
	int r = disk_raw_open(arg[0], true, &d, e);

	if (r == 0)
		r = disk_format_sniff(d, &f, e);
	if (r == 0)
		puts(disk_format_name(f));
	return r;
}

static int do_info(char **arg, struct err *e)
{
	SCOPED(disk_close_at) struct disk *d = NULL;
	uint64_t sum[3] = {0};
	int r = open_image(arg[0], arg[1], &d, e);

	for (uint64_t at = 0; r == 0 && at < d->size;) {
		struct extent x;

		r = disk_extent(d, d->size - at, at, &x, e);
		if (r < 0)
			break;
		sum[x.kind] += x.len;
		at += x.len;
	}
	if (r == 0)
		printf("size=%" PRIu64 " data=%" PRIu64 " zero=%" PRIu64 " hole=%" PRIu64 "\n",
		       d->size, sum[EXTENT_DATA], sum[EXTENT_ZERO], sum[EXTENT_HOLE]);
	return r;
}

/* What an extent calls zero must read as zeros. */
static int check_zero(struct disk *d, uint64_t n, uint64_t off, struct err *e)
{
	static uint8_t buf[70000];

	while (n > 0) {
		size_t part = n < sizeof buf ? (size_t)n : sizeof buf;
		int r = disk_pread(d, buf, part, off, e);

		if (r < 0)
			return r;
		if (!bytes_are_zero(buf, part))
			return err_set(e, EIO, "a zero extent with data at %" PRIu64, off);
		n -= part;
		off += part;
	}
	return 0;
}

static int do_read(char **arg, struct err *e)
{
	static const size_t pieces[] = {1, 511, 4096, 65536, 70001, 300000};
	static uint8_t buf[300000];
	SCOPED(disk_close_at) struct disk *d = NULL;
	SCOPED(close_at) int fd = sys_open(arg[2], O_CREAT | O_TRUNC | O_WRONLY, 0600);
	int r = open_image(arg[0], arg[1], &d, e), turn = 0;

	if (r == 0)
		r = sys_truncate(fd, d->size);
	for (uint64_t at = 0; r == 0 && at < d->size;) {
		struct extent x;

		r = disk_extent(d, d->size - at, at, &x, e);
		if (r < 0)
			break;
		if (x.kind != EXTENT_DATA)
			r = x.len < 8 << 20 ? check_zero(d, x.len, at, e) : 0;
		for (uint64_t end = at + x.len; r == 0 && x.kind == EXTENT_DATA && at < end;) {
			size_t n = pieces[turn++ % 6];

			if (n > end - at)
				n = (size_t)(end - at);
			r = disk_pread(d, buf, n, at, e);
			if (r == 0)
				r = sys_pwrite(fd, buf, n, at);
			at += n;
		}
		at += x.kind == EXTENT_DATA ? 0 : x.len;
	}
	return r;
}

struct file_sink {
	int fd;
	size_t used;
	uint64_t at;
	uint8_t buf[1 << 20];
};

static int sink_flush(struct file_sink *s)
{
	int r = sys_pwrite(s->fd, s->buf, s->used, s->at);

	s->at += s->used;
	s->used = 0;
	return r;
}

static int sink_write(void *ctx, const void *p, size_t n, struct err *e)
{
	struct file_sink *s = ctx;
	int r = 0;

	if (s->used + n > sizeof s->buf)
		r = sink_flush(s);
	if (r == 0 && n > sizeof s->buf) {
		r = sys_pwrite(s->fd, p, n, s->at);
		s->at += n;
	} else if (r == 0) {
		memcpy(s->buf + s->used, p, n);
		s->used += n;
	}
	return r < 0 ? err_sys(e, r, "writing") : 0;
}

static int new_file(const char *path, struct err *e)
{
	int fd = sys_open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);

	return fd < 0 ? err_sys(e, fd, "%s", path) : fd;
}

static int do_write(char **arg, struct err *e)
{
	static struct file_sink sink;
	struct vmdk_sink to = {sink_write, &sink};
	SCOPED(disk_close_at) struct disk *d = NULL;
	SCOPED(close_at) int fd = new_file(arg[2], e);
	unsigned number = arg[3] ? (unsigned)atoi(arg[3]) : 0;
	struct qcow2_write_options q = {.cluster_bits = number};
	struct vmdk_write_options v = {.level = (int)number};
	int r = fd < 0 ? fd : disk_raw_open(arg[1], true, &d, e);

	if (r < 0)
		return r;
	if (str_eq(arg[0], "qcow2"))
		return qcow2_write(fd, d, &q, e);
	sink.fd = fd;
	r = vmdk_write(d, &v, &to, e);
	return r == 0 ? sink_flush(&sink) : r;
}

static int digest_input(void *ctx, const void *p, size_t n, struct err *e)
{
	return digest_add(ctx, p, n, e);
}

static int do_import(char **arg, struct err *e)
{
	SCOPED(digest_fini) struct digest digest = {0};
	SCOPED(disk_close_at) struct disk *file = NULL;
	SCOPED(disk_close_at) struct disk *image = NULL;
	SCOPED(close_at) int fd = new_file(arg[3], e);
	struct import_options o = {.qcow2 = str_eq(arg[2], "qcow2"), .input = digest_input};
	uint8_t sum[DIGEST_MAX];
	char hex[2 * DIGEST_MAX + 1];
	enum disk_format f = DISK_RAW;
	int r = fd < 0 ? fd : disk_raw_open(arg[1], true, &file, e);

	o.threads = arg[4] ? (unsigned)atoi(arg[4]) : 0;
	if (r == 0)
		r = digest_init(&digest, DIGEST_SHA256, e);
	o.ctx = &digest;
	disk_format_parse(arg[0], &f);
	if (r == 0)
		r = disk_image_open(file, f, NULL, &image, e);
	if (r == 0)
		r = import_disk(file, image, fd, &o, e);
	if (r == 0)
		r = digest_final(&digest, sum, e);
	if (r < 0)
		return r;
	hex_format(sum, digest_kind_size(DIGEST_SHA256), hex);
	printf("%s  %s\n", hex, arg[1]);
	return 0;
}

static int patch(struct disk *o, unsigned seed, struct err *e)
{
	static uint8_t buf[100000];
	int r = 0;

	for (int i = 0; r == 0 && i < 12 && o->size; i++) {
		uint64_t off = ((uint64_t)rand_r(&seed) << 20 ^ (uint64_t)rand_r(&seed)) % o->size;
		size_t n = (size_t)rand_r(&seed) % sizeof buf;

		if (n > o->size - off)
			n = (size_t)(o->size - off);
		for (size_t k = 0; k < n; k++)
			buf[k] = (uint8_t)(rand_r(&seed) >> (i % 8));
		r = i % 3 == 2 ? disk_zero(o, n, off, e) : disk_pwrite(o, buf, n, off, e);
	}
	return r;
}

static int write_raw(struct disk *d, const char *path, struct err *e)
{
	static uint8_t buf[1 << 20];
	SCOPED(close_at) int fd = new_file(path, e);
	int r = fd < 0 ? fd : sys_truncate(fd, d->size);

	for (uint64_t at = 0; r == 0 && at < d->size; at += sizeof buf) {
		size_t n = d->size - at < sizeof buf ? (size_t)(d->size - at) : sizeof buf;

		r = disk_pread(d, buf, n, at, e);
		if (r == 0)
			r = sys_pwrite(fd, buf, n, at);
	}
	return r;
}

static int do_patch(char **arg, struct err *e)
{
	static struct file_sink sink;
	struct vmdk_sink to = {sink_write, &sink};
	SCOPED(disk_close_at) struct disk *base = NULL;
	SCOPED(disk_close_at) struct disk *overlay = NULL;
	SCOPED(close_at) int fd = new_file(arg[4], e);
	struct qcow2_write_options q = {.backing = arg[1], .backing_format = arg[0]};
	int r = fd < 0 ? fd : open_image(arg[0], arg[1], &base, e);

	if (r < 0)
		return r;
	overlay = disk_overlay(base);
	r = patch(overlay, (unsigned)atoi(arg[2]), e);
	if (r == 0)
		r = write_raw(overlay, arg[5], e);
	if (r < 0)
		return r;
	if (str_eq(arg[3], "overlay"))
		return qcow2_write_overlay(fd, overlay, &q, e);
	sink.fd = fd;
	r = vmdk_rewrite(base, overlay, NULL, &to, e);
	return r == 0 ? sink_flush(&sink) : r;
}

struct summed_sink {
	struct file_sink *file;
	struct digest digest;
};

static int summed_write(void *ctx, const void *p, size_t n, struct err *e)
{
	struct summed_sink *s = ctx;
	int r = digest_add(&s->digest, p, n, e);

	return r < 0 ? r : sink_write(s->file, p, n, e);
}

static int do_rewrite(char **arg, struct err *e)
{
	static struct file_sink file;
	struct summed_sink sink = {.file = &file};
	struct vmdk_sink to = {summed_write, &sink};
	SCOPED(disk_close_at) struct disk *base = NULL;
	SCOPED(disk_close_at) struct disk *overlay = NULL;
	SCOPED(close_at) int fd = new_file(arg[1], e);
	uint8_t sum[DIGEST_MAX];
	char hex[2 * DIGEST_MAX + 1], sector[512] = "changed";
	int r = fd < 0 ? fd : open_image("vmdk", arg[0], &base, e);

	if (r == 0)
		r = digest_init(&sink.digest, DIGEST_SHA256, e);
	if (r < 0)
		return r;
	file.fd = fd;
	overlay = disk_overlay(base);
	r = disk_pwrite(overlay, sector, sizeof sector, base->size / 2 / 512 * 512, e);
	if (r == 0)
		r = vmdk_rewrite(base, overlay, NULL, &to, e);
	if (r == 0)
		r = sink_flush(&file);
	if (r == 0)
		r = digest_final(&sink.digest, sum, e);
	digest_fini(&sink.digest);
	if (r < 0)
		return r;
	hex_format(sum, digest_kind_size(DIGEST_SHA256), hex);
	printf("%s  %s\n", hex, arg[1]);
	return 0;
}

static const struct verb {
	const char *name;
	int args;
	int (*run)(char **arg, struct err *e);
} verbs[] = {
	{"sniff", 1, do_sniff},     {"info", 2, do_info},     {"read", 3, do_read},
	{"write", 3, do_write},     {"import", 4, do_import}, {"patch", 6, do_patch},
	{"rewrite", 2, do_rewrite},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++) {
		struct err e = {0};
		int r;

		if (!str_eq(verbs[i].name, argv[1]) || argc - 2 < verbs[i].args)
			continue;
		r = verbs[i].run(argv + 2, &e);
		if (r < 0)
			fprintf(stderr, "%s\n", e.text[0] ? e.text : err_word(r));
		return r < 0 ? 3 : 0;
	}
	fprintf(stderr, "usage: disktool sniff|info|read|write|import|patch|rewrite ...\n");
	return 2;
}
