/* Finding ids in an initial ramdisk and overriding the members that hold them. */
#include "provision/guest_initrd.h"

#include "base/lazy_archive.h"
#include "base/scope.h"
#include "provision/places_edit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { HEADER = 110, MEMBER_MAX = 1 << 20, WINDOW = 1 << 20, OVERLAP = 160, MEMBERS_MAX = 200000 };

/* ---- the uncompressed archive at the front: microcode ---- */

static bool hex_field(const char *p, size_t *out)
{
	size_t v = 0;

	for (int i = 0; i < 8; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (size_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | (size_t)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Behind the archives in front that are not compressed, when compressed ones follow; else 0. */
static size_t front_end(const char *data, size_t len)
{
	size_t at = 0, end = 0;

	while (at < len && len - at > HEADER && memcmp(data + at, "07070", 5) == 0) {
		size_t size, name, next;
		bool last;

		if (!hex_field(data + at + 54, &size) || !hex_field(data + at + 94, &name) ||
		    name > len || size > len)
			return 0;
		next = aligned(at + HEADER + name);
		if (next > len || aligned(next + size) > len)
			return 0;
		last = name == 11 && memcmp(data + at + HEADER, "TRAILER!!!", 10) == 0;
		at = aligned(next + size);
		while (last && at < len && !data[at])
			at++;
		if (last)
			end = at;
	}
	return end < len ? end : 0;
}

/* ---- libarchive over the rest ---- */

static void archive_free_at(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}

static int damage(struct archive *r, struct err *e)
{
	return err_set(e, EINVAL, "the initial ramdisk cannot be read: %s",
		       archive_error_string(r) ? archive_error_string(r) : "damaged");
}

/* All decompressed bytes in a sliding window: is any id there at all? */
static int stream_holds(const char *data, size_t len, const struct refs *refs, bool *holds,
			struct err *e)
{
	SCOPED(archive_free_at) struct archive *r = archive_read_new();
	SCOPED(free_at) char *window = xmalloc(WINDOW + OVERLAP);
	struct archive_entry *entry;
	struct ref_hit hit;
	size_t kept = 0, total = 0;

	archive_read_support_filter_all(r);
	archive_read_support_format_raw(r);
	if (archive_read_open_memory(r, data, len) != ARCHIVE_OK ||
	    archive_read_next_header(r, &entry) != ARCHIVE_OK)
		return damage(r, e);
	for (;;) {
		ssize_t n = archive_read_data(r, window + kept, WINDOW);

		/* what follows the last stream is often padding */
		if (n < 0 && !total)
			return damage(r, e);
		if (n <= 0)
			return 0;
		total += (size_t)n;
		if (total > INITRD_UNPACKED)
			return err_set(e, EFBIG, "the initial ramdisk is larger than %d bytes",
				       INITRD_UNPACKED);
		n += (ssize_t)kept;
		if (refs_next(refs, window, (size_t)n, 0, REF_ANY, &hit)) {
			*holds = true;
			return 0;
		}
		kept = (size_t)n < OVERLAP ? (size_t)n : OVERLAP;
		memmove(window, window + n - kept, kept);
	}
}

static int read_member(struct arena *a, struct archive *r, struct archive_entry *entry,
		       const struct refs *refs, struct initrd *out)
{
	const struct stat *st = archive_entry_stat(entry);
	const char *name = archive_entry_pathname(entry);
	struct ref_hit hit;
	char *data;
	ssize_t n;

	if (!name || !S_ISREG(st->st_mode) || st->st_size <= 0 || st->st_size > MEMBER_MAX)
		return 0;
	data = xmalloc((size_t)st->st_size);
	n = archive_read_data(r, data, (size_t)st->st_size);
	if (n > 0 && refs_next(refs, data, (size_t)n, 0, REF_ANY, &hit)) {
		if (text_is_plain(data, (size_t)n)) {
			ARENA_GROW(a, out->members, out->n, out->room);
			out->members[out->n++] =
				(struct initrd_member){arena_dup(a, name), st->st_mode,
						       arena_dupn(a, data, (size_t)n), (size_t)n};
		} else if (!out->stuck) {
			out->stuck = arena_dup(a, name);
		}
	}
	free(data);
	return n < 0 ? -EINVAL : 0;
}

static int find_members(struct arena *a, const char *data, size_t len, const struct refs *refs,
			struct initrd *out, struct err *e)
{
	SCOPED(archive_free_at) struct archive *r = archive_read_new();
	struct archive_entry *entry;
	size_t count = 0;

	archive_read_support_filter_all(r);
	archive_read_support_format_cpio(r);
	if (archive_read_open_memory(r, data, len) != ARCHIVE_OK)
		return damage(r, e);
	while (archive_read_next_header(r, &entry) == ARCHIVE_OK && count++ < MEMBERS_MAX)
		if (read_member(a, r, entry, refs, out) < 0)
			return damage(r, e);
	/* somewhere, but in no member: a second archive, or a large one */
	if (!out->n && !out->stuck)
		out->stuck = "one of its archives";
	return 0;
}

int initrd_search(struct arena *a, const char *data, size_t len, const struct refs *refs,
		  struct initrd *out, struct err *e)
{
	size_t front = front_end(data, len);
	struct ref_hit hit;
	bool holds = false;
	int r = lazy_archive_load(e);

	*out = (struct initrd){0};
	if (r < 0)
		return r;
	if (len < 16)
		return err_set(e, EINVAL, "too short for an initial ramdisk");
	if (front && refs_next(refs, data, front, 0, REF_ANY, &hit))
		out->stuck = "its first archive";
	r = stream_holds(data + front, len - front, refs, &holds, e);
	if (r == 0 && holds)
		r = find_members(a, data + front, len - front, refs, out, e);
	return r;
}

/* ---- the archive at the end ---- */

static void pad(struct strbuf *out)
{
	while (out->len % 4)
		strbuf_addc(out, '\0');
}

static void add_member(struct strbuf *out, unsigned ino, const char *name, mode_t mode,
		       const char *data, size_t len)
{
	strbuf_printf(out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ino,
		      (unsigned)mode, 0u, 0u, 1u, 0u, (unsigned)len, 0u, 0u, 0u, 0u,
		      (unsigned)strlen(name) + 1, 0u);
	strbuf_addn(out, name, strlen(name) + 1);
	pad(out);
	if (len)
		strbuf_addn(out, data, len);
	pad(out);
}

void initrd_append(struct strbuf *out, const struct initrd_member *members, size_t n)
{
	pad(out);
	for (size_t i = 0; i < n; i++)
		add_member(out, (unsigned)i + 1, members[i].name, members[i].mode, members[i].data,
			   members[i].len);
	add_member(out, 0, "TRAILER!!!", 0, NULL, 0);
}
