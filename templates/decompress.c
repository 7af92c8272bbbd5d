/* gzip, bzip2, xz and zstd by libarchive, through the disk layer. */
#include "templates/decompress.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/lazy_archive.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { PART = 256 << 10 };

/* The library is there only from its first use on. */
static int filter_gzip(struct archive *a)
{
	return archive_read_support_filter_gzip(a);
}

static int filter_bzip2(struct archive *a)
{
	return archive_read_support_filter_bzip2(a);
}

static int filter_xz(struct archive *a)
{
	return archive_read_support_filter_xz(a);
}

static int filter_zstd(struct archive *a)
{
	return archive_read_support_filter_zstd(a);
}

/* What one byte can become at most: deflate's own limit, and for the others what a disk of nothing but zeros comes to. */
static const struct kind {
	const char *name, *suffix;
	uint64_t ratio;
	uint8_t magic[5];
	size_t magic_len;
	int (*filter)(struct archive *);
} kinds[] = {
	{"gzip", ".gz", 1100, {0x1f, 0x8b}, 2, filter_gzip},
	{"bzip2", ".bz2", 50000, {'B', 'Z', 'h'}, 3, filter_bzip2},
	{"xz", ".xz", 8000, {0xfd, '7', 'z', 'X', 'Z'}, 5, filter_xz},
	{"zstd", ".zst", 45000, {0x28, 0xb5, 0x2f, 0xfd}, 4, filter_zstd},
};

const char *compression_sniff(const uint8_t *head, size_t n, const char **suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (n < kinds[i].magic_len || memcmp(head, kinds[i].magic, kinds[i].magic_len) != 0)
			continue;
		*suffix = kinds[i].suffix;
		return kinds[i].name;
	}
	return NULL;
}

struct source {
	struct disk *file;
	uint64_t at;
	uint8_t *part;
	struct err *e;
	int failed;
};

static la_ssize_t source_read(struct archive *ar, void *arg, const void **buf)
{
	struct source *s = arg;
	uint64_t left = s->file->size - s->at;
	size_t n = left < PART ? (size_t)left : PART;

	(void)ar;
	if (n == 0)
		return 0;
	s->failed = disk_pread(s->file, s->part, n, s->at, s->e);
	if (s->failed < 0)
		return -1;
	s->at += n;
	*buf = s->part;
	return (la_ssize_t)n;
}

int unnamed_file(struct err *e)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	if (!folder || !*folder)
		folder = "/tmp";
	fd = sys_open(folder, O_TMPFILE | O_RDWR, 0600);
	return fd < 0 ? err_sys(e, fd, "an unnamed file in %s", folder) : fd;
}

static int put(int fd, const uint8_t *p, size_t n, uint64_t at)
{
	return bytes_are_zero(p, n) ? 0 : sys_pwrite(fd, p, n, at);
}

static int copy(struct archive *ar, struct source *s, int fd, const struct decompress_options *o,
		uint64_t limit, struct err *e)
{
	SCOPED(free_at) uint8_t *buf = xmalloc(PART);
	uint64_t size = 0;
	la_ssize_t got;
	int r;

	while ((got = archive_read_data(ar, buf, PART)) != 0) {
		if (got < 0)
			return s->failed < 0
				       ? s->failed
				       : err_set(e, EINVAL, "the compressed file is damaged: %s",
						 archive_error_string(ar) ? archive_error_string(ar)
									  : "unknown");
		if ((uint64_t)got > limit - size)
			return err_set(e, EINVAL,
				       "it decompresses to more than the %llu bytes an honest file "
				       "could hold",
				       (unsigned long long)limit);
		r = put(fd, buf, (size_t)got, size);
		if (r < 0)
			return err_sys(e, r, "decompressing into an unnamed file");
		size += (uint64_t)got;
		r = stop_check(o->stop, e);
		if (r < 0)
			return r;
	}
	r = sys_truncate(fd, size);
	return r < 0 ? err_sys(e, r, "decompressing into an unnamed file") : 0;
}

static int run(struct archive *ar, struct source *s, const struct kind *k, int fd,
	       const struct decompress_options *o, struct err *e)
{
	struct archive_entry *entry;
	uint64_t limit = o->limit, most;

	if (mul_fits(s->file->size, k->ratio, &most) && most < limit)
		limit = most;
	archive_read_support_format_raw(ar);
	k->filter(ar);
	if (archive_read_open(ar, s, NULL, source_read, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(ar, &entry) != ARCHIVE_OK)
		return s->failed < 0 ? s->failed
				     : err_set(e, EINVAL, "the compressed file is damaged: %s",
					       archive_error_string(ar));
	return copy(ar, s, fd, o, limit, e);
}

/* libarchive takes what is no gzip for plain data: the magic is asked first. */
static int check_magic(struct disk *file, const struct kind *k, struct err *e)
{
	uint8_t head[sizeof k->magic];
	int r;

	if (file->size >= k->magic_len) {
		r = disk_pread(file, head, k->magic_len, 0, e);
		if (r < 0)
			return r;
		if (!memcmp(head, k->magic, k->magic_len))
			return 0;
	}
	return err_set(e, EINVAL, "it should be compressed by %s, and is not", k->name);
}

int decompress_disk(struct disk *file, const struct decompress_options *o, struct disk **out,
		    struct err *e)
{
	struct source s = {.file = file, .e = e};
	const struct kind *k = NULL;
	struct archive *ar;
	int fd, r;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i].name, o->compression))
			k = &kinds[i];
	if (!k)
		return err_set(e, ENOTSUP, "the compression \"%.40s\" is not known",
			       o->compression);
	r = check_magic(file, k, e);
	if (r == 0)
		r = lazy_archive_load(e);
	if (r < 0)
		return r;
	fd = unnamed_file(e);
	if (fd < 0)
		return fd;
	s.part = xmalloc(PART);
	ar = archive_read_new();
	r = run(ar, &s, k, fd, o, e);
	archive_read_free(ar);
	free(s.part);
	if (r < 0) {
		close(fd);
		return r;
	}
	return disk_raw_fd(fd, true, out, e);
}
