/* Finding ids in an initial ramdisk and overriding the members that hold them. */
#include "provision/guest_initrd.h"

#include "base/bytes.h"
#include "base/lazy_archive.h"
#include "base/scope.h"
#include "provision/places_edit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum {
	HEADER = 110,
	MEMBER_MAX = 64 << 20,
	PATH_LONGEST = 4096,
	WINDOW = 1 << 20,
	OVERLAP = 160,
	MEMBERS_MAX = 200000
};

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

static struct archive *new_reader(void)
{
	struct archive *r = archive_read_new();

	lazy_archive_filters(r);
	return r;
}

/* All decompressed bytes in a sliding window: is any id there at all? */
static int stream_holds(const char *data, size_t len, const struct refs *refs, bool *holds,
			struct err *e)
{
	SCOPED(archive_free_at) struct archive *r = new_reader();
	SCOPED(free_at) char *window = xmalloc(WINDOW + OVERLAP);
	struct archive_entry *entry;
	struct ref_hit hit;
	size_t kept = 0, total = 0;

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

/* Exactly n bytes into dst, or past them when dst is NULL; false at the end. */
static bool pull(struct archive *r, char *dst, size_t n)
{
	char skipped[16384];

	while (n) {
		/* cppcheck-suppress legacyUninitvar */
		ssize_t got = archive_read_data(r, dst ? dst : skipped,
						dst || n < sizeof skipped ? n : sizeof skipped);

		if (got <= 0)
			return false;
		dst = dst ? dst + got : NULL;
		n -= (size_t)got;
	}
	return true;
}

struct header {
	char name[PATH_LONGEST];
	size_t mode, size;
};

/* The next member's header and name, over the zeros between archives; false at the end or at what is none. */
static bool next_header(struct archive *r, struct header *h)
{
	char raw[HEADER];
	size_t n;

	do {
		if (!pull(r, raw, 4))
			return false;
	} while (le32(raw) == 0);
	if (!pull(r, raw + 4, HEADER - 4) || memcmp(raw, "07070", 5) != 0 ||
	    !hex_field(raw + 14, &h->mode) || !hex_field(raw + 54, &h->size) ||
	    !hex_field(raw + 94, &n) || n == 0 || n > sizeof h->name)
		return false;
	if (!pull(r, h->name, n) || !pull(r, NULL, aligned(HEADER + n) - HEADER - n))
		return false;
	h->name[n - 1] = '\0';
	return true;
}

static bool read_member(struct arena *a, struct archive *r, const struct header *h,
			const struct refs *refs, struct initrd *out)
{
	size_t fill = aligned(h->size) - h->size;
	struct ref_hit hit;
	char *data;
	bool whole;

	if (!h->size || h->size > MEMBER_MAX)
		return pull(r, NULL, h->size + fill);
	data = xmalloc(h->size);
	whole = pull(r, data, h->size) && pull(r, NULL, fill);
	if (whole && refs_next(refs, data, h->size, 0, REF_ANY, &hit)) {
		if (S_ISREG(h->mode) && text_is_plain(data, h->size)) {
			ARENA_GROW(a, out->members, out->n, out->room);
			out->members[out->n++] =
				(struct initrd_member){arena_dup(a, h->name), (mode_t)h->mode,
						       arena_dupn(a, data, h->size), h->size};
		} else if (!out->stuck) {
			out->stuck = arena_dup(a, h->name);
		}
	}
	free(data);
	return whole;
}

/* libarchive's own cpio reader believes in names of gigabytes, and stops at the first of several archives. */
static int find_members(struct arena *a, const char *data, size_t len, const struct refs *refs,
			struct initrd *out, struct err *e)
{
	SCOPED(archive_free_at) struct archive *r = new_reader();
	SCOPED(free_at) struct header *h = xcalloc(1, sizeof *h);
	struct archive_entry *entry;
	size_t count = 0;

	archive_read_support_format_raw(r);
	if (archive_read_open_memory(r, data, len) != ARCHIVE_OK ||
	    archive_read_next_header(r, &entry) != ARCHIVE_OK)
		return damage(r, e);
	while (count++ < MEMBERS_MAX && next_header(r, h) && read_member(a, r, h, refs, out))
		;
	/* somewhere, but in no member that could be read */
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

static void pad(struct strbuf *out, size_t before)
{
	while ((before + out->len) % 4)
		strbuf_addc(out, '\0');
}

static void add_member(struct strbuf *out, size_t before, unsigned ino, const char *name,
		       mode_t mode, const char *data, size_t len)
{
	strbuf_printf(out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ino,
		      (unsigned)mode, 0u, 0u, 1u, 0u, (unsigned)len, 0u, 0u, 0u, 0u,
		      (unsigned)strlen(name) + 1, 0u);
	strbuf_addn(out, name, strlen(name) + 1);
	pad(out, before);
	if (len)
		strbuf_addn(out, data, len);
	pad(out, before);
}

void initrd_append(struct strbuf *out, size_t before, const struct initrd_member *members, size_t n)
{
	pad(out, before);
	for (size_t i = 0; i < n; i++)
		add_member(out, before, (unsigned)i + 1, members[i].name, members[i].mode,
			   members[i].data, members[i].len);
	add_member(out, before, 0, "TRAILER!!!", 0, NULL, 0);
}
