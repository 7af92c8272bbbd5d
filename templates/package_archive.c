/* Tar members in place; zip and compressed tar through unnamed files. */
#include "templates/package_archive.h"
#include "templates/decompress.h"

#include "base/bytes.h"
#include "base/lazy_archive.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum {
	MEMBERS_MAX = 20000,
	NAME_MAX_ = 1024,
	RATIO_MAX = 1100, /* deflate cannot do better than 1,032:1; a bomb nests or repeats */
	TAIL_MAX = 16 << 20,
};

static const struct {
	const char *magic;
	size_t offset, len;
	enum package_kind kind;
} kinds[] = {
	{"ustar", 257, 5, PACKAGE_OVA},
	{"PK\003\004", 0, 4, PACKAGE_ARCHIVE},
	{"\x1f\x8b", 0, 2, PACKAGE_ARCHIVE},
	{"BZh", 0, 3, PACKAGE_ARCHIVE},
	{"\xfd"
	 "7zXZ",
	 0, 5, PACKAGE_ARCHIVE},
	{"\x28\xb5\x2f\xfd", 0, 4, PACKAGE_ARCHIVE},
};

static bool has_checksum(const uint8_t *h)
{
	unsigned long sum = 0, want;
	char field[9] = {0};

	memcpy(field, h + 148, 8);
	want = strtoul(field, NULL, 8);
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	return want && sum == want;
}

/* A tar from before 1988 has no magic: its checksum tells. */
static bool old_tar(const uint8_t *h, size_t n)
{
	return n >= 512 && h[0] && has_checksum(h);
}

static enum package_kind sniff(const uint8_t *head, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (n >= kinds[i].offset + kinds[i].len &&
		    !memcmp(head + kinds[i].offset, kinds[i].magic, kinds[i].len))
			return kinds[i].kind;
	return old_tar(head, n) ? PACKAGE_OVA : PACKAGE_DISK;
}

/* ---- one member ---- */

static const char *name_problem(const char *name)
{
	if (!name || !*name)
		return "a member without a name";
	if (strlen(name) > NAME_MAX_)
		return "a member name above 1,024 bytes";
	if (*name == '/' || strchr(name, '\\') || (name[0] && name[1] == ':'))
		return "an absolute path";
	for (const char *p = name; (p = strstr(p, "..")); p += 2)
		if ((p == name || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return "a path that leaves the package";
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return "a control character in the name";
	return NULL;
}

static const char *type_problem(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry))
		return "a hard link";
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return archive_entry_sparse_count(entry) ? "a sparse member" : NULL;
	case AE_IFLNK:
		return "a symbolic link";
	case AE_IFCHR:
	case AE_IFBLK:
		return "a device";
	case AE_IFIFO:
		return "a FIFO";
	default:
		return "a member that is not a file";
	}
}

static int refuse(struct package *p, const char *name, const char *what, struct err *e)
{
	char shown[120];
	size_t n = 0;

	/* A hostile name must not write to the terminal. */
	for (const char *c = name ? name : "?"; *c && n < sizeof shown - 1; c++)
		shown[n++] = (unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c;
	shown[n] = '\0';
	return err_set(e, EINVAL, "%s: the member '%s' is refused: %s", p->path, shown, what);
}

static int check_entry(struct package *p, struct archive_entry *entry, const char **name,
		       struct err *e)
{
	const char *raw = archive_entry_pathname(entry), *problem = name_problem(raw);

	if (!problem)
		problem = type_problem(entry);
	if (problem)
		return refuse(p, raw, problem, e);
	*name = str_starts(raw, "./") ? raw + 2 : raw;
	if (p->nmembers == MEMBERS_MAX)
		return err_set(e, EINVAL, "%s: more than 20,000 members", p->path);
	for (size_t i = 0; i < p->nmembers; i++)
		if (str_eq(p->members[i].name, *name))
			return refuse(p, raw, "two members have this name", e);
	if (archive_entry_size(entry) < 0)
		return refuse(p, raw, "a negative size", e);
	return 0;
}

/* ---- in place ---- */

static bool is_size(const uint8_t f[12])
{
	size_t i = 0;

	if (f[0] & 0x80)
		return true;
	while (i < 12 && f[i] == ' ')
		i++;
	while (i < 12 && f[i] >= '0' && f[i] <= '7')
		i++;
	while (i < 12 && (f[i] == ' ' || !f[i]))
		i++;
	return i == 12;
}

/* What stands in front of the data, when it is not a plain header: libarchive takes a size that is no number for 0,
 * and a sparse member without holes for a plain one. Other readers do not. */
static const char *header_problem(const struct package *p, uint64_t data)
{
	uint8_t h[512];

	if (data < sizeof h || sys_pread(p->fd, h, sizeof h, data - sizeof h) != sizeof h)
		return "it has no header";
	if (!is_size(h + 124))
		return "its size is no number";
	if (!has_checksum(h) || (h[156] && h[156] != '0'))
		return "a sparse member, or one of another special kind";
	return NULL;
}

static int add_in_place(struct package *p, struct archive *ar, struct archive_entry *entry,
			uint64_t total, struct err *e)
{
	uint64_t size = (uint64_t)archive_entry_size(entry);
	int64_t offset = archive_filter_bytes(ar, 0);
	const char *name, *problem;
	int r = check_entry(p, entry, &name, e);

	if (r < 0)
		return r;
	if (offset < 0 || !range_inside((uint64_t)offset, size, total))
		return refuse(p, name,
			      "it reaches behind the end of the file: the archive is cut short", e);
	problem = header_problem(p, (uint64_t)offset);
	if (problem)
		return refuse(p, name, problem, e);
	package_add(p, name, p->fd, (uint64_t)offset, size);
	return 0;
}

/* ---- decompressed ---- */

static int copy_out(struct package *p, struct archive *ar, int fd, uint64_t *left, uint64_t *size,
		    const char *name, struct err *e)
{
	static const size_t part = 256 * 1024;
	char *buf = xmalloc(part);
	ssize_t got;
	int r = 0;

	*size = 0;
	while (r == 0 && (got = archive_read_data(ar, buf, part)) != 0) {
		if (got < 0)
			r = refuse(p, name,
				   archive_error_string(ar) ? archive_error_string(ar) : "damaged",
				   e);
		else if ((uint64_t)got > *left)
			r = refuse(p, name, "it decompresses to far more than an honest file could",
				   e);
		else
			r = sys_write(fd, buf, (size_t)got);
		if (r == 0) {
			*left -= (uint64_t)got;
			*size += (uint64_t)got;
		}
	}
	free(buf);
	if (r < 0 && !e->code)
		err_sys(e, r, "%s: decompressing %s", p->path, name);
	return r;
}

static int add_decompressed(struct package *p, struct archive *ar, struct archive_entry *entry,
			    uint64_t *left, struct err *e)
{
	SCOPED(close_at) int fd = -1;
	uint64_t size;
	const char *name;
	int r = check_entry(p, entry, &name, e);

	if (r < 0)
		return r;
	name = arena_dup(p->a, name);
	fd = unnamed_file(e);
	if (fd < 0)
		return fd;
	r = copy_out(p, ar, fd, left, &size, name, e);
	if (r < 0)
		return r;
	package_add(p, name, TAKE_FD(fd), 0, size);
	return 0;
}

/* ---- the walk ---- */

static int walk(struct package *p, struct archive *ar, uint64_t total, struct err *e)
{
	uint64_t left = UINT64_MAX;
	struct archive_entry *entry;
	int r, code;

	if (!mul_fits(total, RATIO_MAX, &left))
		left = UINT64_MAX;
	while ((code = archive_read_next_header(ar, &entry)) == ARCHIVE_OK) {
		if (archive_entry_filetype(entry) == AE_IFDIR &&
		    !name_problem(archive_entry_pathname(entry)))
			continue;
		r = p->kind == PACKAGE_OVA ? add_in_place(p, ar, entry, total, e)
					   : add_decompressed(p, ar, entry, &left, e);
		if (r < 0)
			return r;
	}
	if (code != ARCHIVE_EOF)
		return err_set(e, EINVAL, "%s: the archive is damaged or cut short: %s", p->path,
			       archive_error_string(ar) ? archive_error_string(ar) : "unknown");
	if (!p->nmembers)
		return err_set(e, EINVAL, "%s: the archive is empty", p->path);
	return 0;
}

/* Bytes behind the end of a tar are seen by some readers and not by others: only zeros may be there. */
static int check_tail(struct package *p, uint64_t total, struct err *e)
{
	const struct member *last = &p->members[p->nmembers - 1];
	uint64_t at = last->offset + ((last->size + 511) & ~511ull);
	uint8_t buf[4096];

	if (at < total && total - at > TAIL_MAX)
		return err_set(e, EINVAL, "%s: %llu bytes follow the last member", p->path,
			       (unsigned long long)(total - at));
	while (at < total) {
		ssize_t n = sys_pread(p->fd, buf, sizeof buf, at);

		if (n <= 0)
			return n < 0 ? err_sys(e, (int)n, "%s", p->path) : 0;
		for (ssize_t i = 0; i < n; i++)
			if (buf[i])
				return err_set(e, EINVAL,
					       "%s: there is data behind the archive's end",
					       p->path);
		at += (uint64_t)n;
	}
	return 0;
}

/* A compressed file is an archive when a tar is in it, however often it is compressed; else it is an image. */
static int look_inside(struct package *p, const uint8_t *head, size_t n, struct err *e)
{
	const char *suffix, *compression = compression_sniff(head, n, &suffix);
	struct archive *ar;
	struct archive_entry *entry;
	uint8_t inner[1024] = {0};
	la_ssize_t got = -1;
	int r = 0;

	if (!compression)
		return 0;
	ar = archive_read_new();
	archive_read_support_format_raw(ar);
	lazy_archive_filters(ar);
	if (archive_read_open_fd(ar, p->fd, 65536) == ARCHIVE_OK &&
	    archive_read_next_header(ar, &entry) == ARCHIVE_OK)
		got = archive_read_data(ar, inner, sizeof inner);
	if (got < 0)
		r = err_set(e, EINVAL, "%s: the compressed file is damaged: %s", p->path,
			    archive_error_string(ar) ? archive_error_string(ar) : "unknown");
	archive_read_free(ar);
	if (r == 0 && sniff(inner, (size_t)got) != PACKAGE_OVA) {
		p->kind = PACKAGE_DISK;
		p->compression = compression;
		p->suffix = suffix;
	}
	return r < 0 ? r : (int)sys_seek(p->fd, 0, SEEK_SET);
}

static int open_members(struct package *p, uint64_t size, struct err *e)
{
	struct archive *ar = archive_read_new();
	int r;

	archive_read_support_format_tar(ar);
	if (p->kind == PACKAGE_ARCHIVE) {
		archive_read_support_format_zip(ar);
		lazy_archive_filters(ar);
	}
	if (archive_read_open_fd(ar, p->fd, 65536) != ARCHIVE_OK)
		r = err_set(e, EINVAL, "%s: not an archive: %s", p->path, archive_error_string(ar));
	else
		r = walk(p, ar, size, e);
	archive_read_free(ar);
	if (r == 0 && p->kind == PACKAGE_OVA)
		r = check_tail(p, size, e);
	return r;
}

/* pax headers hold names in UTF-8, which libarchive hands out in the locale's characters, or not at all. */
static locale_t utf8_begin(locale_t *before)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	*before = utf8 ? uselocale(utf8) : (locale_t)0;
	return utf8;
}

static void utf8_end(locale_t utf8, locale_t before)
{
	if (!utf8)
		return;
	uselocale(before);
	freelocale(utf8);
}

int package_open_archive(struct package *p, const uint8_t *head, size_t n, uint64_t size,
			 struct err *e)
{
	locale_t utf8, before;
	int r;

	p->kind = sniff(head, n);
	if (p->kind == PACKAGE_DISK)
		return 0;
	r = lazy_archive_load(e);
	if (r == 0)
		r = look_inside(p, head, n, e);
	if (r < 0 || p->kind == PACKAGE_DISK)
		return r;
	utf8 = utf8_begin(&before);
	r = open_members(p, size, e);
	utf8_end(utf8, before);
	return r;
}
