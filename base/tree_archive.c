/* Trees that are archives: a tar of a captured folder, or a capture of ours. Everything is read into memory once;
 * nothing is unpacked, and no name of the archive is ever opened on this host. */
#include "base/tree_archive.h"

#include "base/bytes.h"
#include "base/lazy_archive.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/tree_backend.h"
#include "base/tree_capture.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

enum { MEMBERS_MAX = 200000 };

struct reader {
	const char *name; /* of the archive, for messages */
	struct archive *a;
	struct memory *m;
	size_t members;
	struct strbuf index; /* vmint-capture.json, when it is the first member */
	bool is_capture;
};

static void reader_fini(struct reader *r)
{
	if (r->a)
		archive_read_free(r->a);
	memory_free(r->m);
	strbuf_fini(&r->index);
}

/* ---- trouble ---- */

static int cut_short(const struct reader *r, struct err *e)
{
	return err_set(e, EINVAL, "%s: the capture is cut short", r->name);
}

static int too_big(const struct reader *r, struct err *e)
{
	return err_set(e, EINVAL, "%s: unpacks to more than %d MiB or %d files", r->name,
		       MEMORY_TOTAL_MAX >> 20, MEMORY_NODES_MAX);
}

/* libarchive has no error number for an early end, only words; none at all when not even the first block is there. */
static bool says_cut_short(const char *why)
{
	/* The last one is liblzma's. */
	static const char *const words[] = {"truncated", "end of file", "premature",
					    "no progress is possible"};

	for (size_t i = 0; why && i < ARRAY_SIZE(words); i++)
		if (strcasestr(why, words[i]))
			return true;
	return !why;
}

static int damaged(const struct reader *r, struct err *e)
{
	const char *why = archive_error_string(r->a);

	if (says_cut_short(why))
		return cut_short(r, e);
	return err_set(e, EINVAL, "%s: the archive is damaged: %s", r->name, why);
}

/* ---- members ---- */

static struct tree_stat stat_of(struct archive_entry *entry)
{
	const struct stat *st = archive_entry_stat(entry);

	return (struct tree_stat){
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.rdev_major = major(st->st_rdev),
		.rdev_minor = minor(st->st_rdev),
		.size = st->st_size > 0 ? (uint64_t)st->st_size : 0,
	};
}

/* A member's bytes, size from its header already bounded. */
static int read_bytes(struct reader *r, struct strbuf *out, size_t size, struct err *e)
{
	char part[16384];

	for (;;) {
		la_ssize_t n = archive_read_data(r->a, part, sizeof part);

		if (n < 0)
			return damaged(r, e);
		if (n == 0)
			return 0;
		if ((size_t)n > size)
			return too_big(r, e);
		size -= (size_t)n;
		strbuf_addn(out, part, (size_t)n);
	}
}

static int add_file(struct reader *r, const char *path, const struct tree_stat *st, struct err *e)
{
	struct strbuf bytes = {0};
	int error = 0, rc = 0;

	if (st->size > MEMORY_FILE_MAX)
		error = -EFBIG;
	else
		rc = read_bytes(r, &bytes, (size_t)st->size, e);
	if (rc == 0)
		rc = memory_add(r->m, path, st, bytes.text, bytes.len);
	if (rc == -E2BIG)
		rc = too_big(r, e);
	else if (rc < 0 && rc != -EINVAL)
		rc = 0; /* a name that cannot be: the member is left out */
	if (rc == 0 && error)
		memory_set_error(r->m, path, error);
	strbuf_fini(&bytes);
	return rc;
}

static int add_member(struct reader *r, struct archive_entry *entry, struct err *e)
{
	const char *path = archive_entry_pathname(entry);
	const char *link = archive_entry_symlink(entry), *same = archive_entry_hardlink(entry);
	struct tree_stat st = stat_of(entry);
	int rc;

	if (!path)
		return 0; /* a name that is no text in any encoding */
	if (same) {
		rc = memory_add_hardlink(r->m, path, same);
	} else if (S_ISLNK(st.mode) && link) {
		st.size = strlen(link);
		rc = memory_add(r->m, path, &st, link, strlen(link));
	} else if (S_ISREG(st.mode)) {
		return add_file(r, path, &st, e);
	} else {
		rc = memory_add(r->m, path, &st, NULL, 0);
	}
	return rc == -E2BIG ? too_big(r, e) : 0;
}

/* What the stream has given so far plus what this member claims. */
static int check_size(const struct reader *r, struct archive_entry *entry, struct err *e)
{
	la_int64_t claimed = archive_entry_size(entry), seen = archive_filter_bytes(r->a, 0);
	uint64_t sum;

	if (claimed < 0)
		return err_set(e, EINVAL, "%s: a member claims a negative size", r->name);
	if (r->members > MEMBERS_MAX || seen < 0 ||
	    !add_fits((uint64_t)claimed, (uint64_t)seen, &sum) || sum > MEMORY_TOTAL_MAX)
		return too_big(r, e);
	return 0;
}

static int read_members(struct reader *r, struct archive_entry *entry, struct err *e)
{
	int code, rc;

	for (code = ARCHIVE_OK; code == ARCHIVE_OK || code == ARCHIVE_WARN;
	     code = archive_read_next_header(r->a, &entry)) {
		const char *path = archive_entry_pathname(entry);

		r->members++;
		rc = check_size(r, entry, e);
		if (rc < 0)
			return rc;
		if (r->members == 1 && path && str_eq(path, CAPTURE_INDEX)) {
			r->is_capture = true;
			rc = read_bytes(r, &r->index, MEMORY_FILE_MAX, e);
		} else {
			rc = add_member(r, entry, e);
		}
		if (rc < 0)
			return rc;
	}
	return code == ARCHIVE_EOF ? 0 : damaged(r, e);
}

/* ---- what is no tar ---- */

static bool begins_like_archive(const struct strbuf *b)
{
	static const char *const magic[] = {"\x1f\x8b", "BZh", "\3757zX", "\x28\xb5\x2f\xfd"};

	for (size_t i = 0; i < ARRAY_SIZE(magic); i++)
		if (b->len && !strncmp(b->text, magic[i], strlen(magic[i])))
			return true;
	return false;
}

static int read_text(struct reader *r, struct err *e)
{
	struct strbuf text = {0};
	int rc = read_bytes(r, &text, MEMORY_FILE_MAX, e);

	if (rc < 0)
		;
	else if (!text.len)
		rc = err_set(e, EINVAL, "%s: an empty file", r->name);
	else if (ttar_is(text.text, text.len))
		rc = err_in(e, ttar_read(r->m, text.text, text.len, e), "%s", r->name);
	else if (begins_like_archive(&text))
		rc = cut_short(r, e);
	else
		rc = err_set(e, EINVAL, "%s: neither a folder, a tar archive nor a capture",
			     r->name);
	strbuf_fini(&text);
	return rc;
}

/* ---- the whole ---- */

static struct archive *reader_new(void)
{
	struct archive *a = archive_read_new();

	/* Not filter_all: lrzip, lzop and grzip would start programs. */
	lazy_archive_filters(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	return a;
}

static int read_all(struct reader *r, struct err *e)
{
	struct archive_entry *entry;
	int code = archive_read_next_header(r->a, &entry);

	if (code == ARCHIVE_EOF)
		return err_set(e, EINVAL, "%s: an empty archive", r->name);
	if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
		return damaged(r, e);
	if (archive_format(r->a) == ARCHIVE_FORMAT_RAW)
		return read_text(r, e);
	return read_members(r, entry, e);
}

static int finish(struct tree **out, struct reader *r, struct err *e)
{
	int rc;

	if (r->is_capture)
		rc = capture_read(out, r->name, r->m, strbuf_str(&r->index), r->index.len, e);
	else
		rc = memory_find_host(r->m);
	if (rc < 0)
		return r->is_capture ? err_in(e, rc, "%s", r->name)
				     : err_set(e, EINVAL,
					       "%s: no proc, sys or dev in it: not a captured host",
					       r->name);
	if (!r->is_capture)
		*out = memory_tree(r->name, r->m);
	r->m = NULL;
	return 0;
}

static int parse(struct tree **out, struct reader *r, int opened, struct err *e)
{
	int rc;

	if (opened != ARCHIVE_OK)
		return damaged(r, e);
	r->m = memory_new();
	rc = read_all(r, e);
	return rc < 0 ? rc : finish(out, r, e);
}

int tree_archive_open(struct tree **out, const char *path, int fd, struct err *e)
{
	SCOPED(reader_fini) struct reader r = {.name = path};
	int rc = lazy_archive_load(e);

	if (rc < 0)
		return rc;
	r.a = reader_new();
	return parse(out, &r, archive_read_open_fd(r.a, fd, 64 * 1024), e);
}

int tree_archive_parse(struct tree **out, const char *name, const void *data, size_t len,
		       struct err *e)
{
	SCOPED(reader_fini) struct reader r = {.name = name};
	int rc = lazy_archive_load(e);

	if (rc < 0)
		return rc;
	r.a = reader_new();
	return parse(out, &r, archive_read_open_memory(r.a, data, len), e);
}
