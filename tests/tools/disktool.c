/* Drives the disk layer from scripts: reads any image, writes ours.
 *	disktool info FORMAT FILE            capacity, data bytes
 *	disktool read FORMAT FILE OUT.raw    through disk_pread and disk_extent, in uneven pieces
 *	disktool sniff FILE */
#include "templates/disk.h"
#include "templates/disk_format.h"

#include "base/arena.h"
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
			x.len -= n;
		}
		at += x.kind == EXTENT_DATA ? 0 : x.len;
	}
	return r;
}

static const struct verb {
	const char *name;
	int args;
	int (*run)(char **arg, struct err *e);
} verbs[] = {
	{"sniff", 1, do_sniff},
	{"info", 2, do_info},
	{"read", 3, do_read},
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
	fprintf(stderr, "usage: disktool sniff|info|read ...\n");
	return 2;
}
