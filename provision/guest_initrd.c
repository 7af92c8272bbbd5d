/* Finding ids in an initial ramdisk and overriding the members that hold them. */
#include "provision/guest_initrd.h"

#include "base/bytes.h"
#include "base/lazy_archive.h"
#include "base/scope.h"
#include "provision/cpio.h"
#include "provision/places_edit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum {
	MEMBER_MAX = 64 << 20,
	PATH_LONGEST = 4096,
	WINDOW = 1 << 20,
	OVERLAP = 160,
	MEMBERS_MAX = 200000
};

/* ---- archives that are not compressed ---- */

/* Where those begin that nothing but zeros follows: what overrides a compressed one, mostly. */
static size_t tail_start(const char *data, size_t len, size_t from)
{
	const char *p;

	for (size_t at = from; (p = memmem(data + at, len - at, "07070", 5)); at++) {
		size_t stopped;

		at = (size_t)(p - data);
		if (at % 4)
			continue;
		if (cpio_end(data, len, at, &stopped) == len)
			return at;
		/* nothing is walked over twice */
		at = stopped > at ? stopped - 1 : at;
	}
	return len;
}

static bool refs_in(const struct refs *refs, const char *data, size_t len)
{
	struct ref_hit hit;

	return refs_next(refs, data, len, 0, REF_ANY, &hit);
}

/* The last member of a name is the one that counts. */
static void drop_overridden(struct initrd *out, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < out->n; i++)
		if (out->members[i].raw || !str_eq(out->members[i].name, name))
			out->members[kept++] = out->members[i];
	out->n = kept;
}

static void take_plain(struct arena *a, const char *data, size_t at, const struct cpio_member *m,
		       const struct refs *refs, struct initrd *out)
{
	bool text =
		S_ISLNK(m->mode) || (S_ISREG(m->mode) && text_is_plain(data + m->body, m->size));
	char *raw;

	if (!text && refs_in(refs, data + m->body, m->size)) {
		out->stuck = out->stuck ? out->stuck : arena_dup(a, data + m->name);
		return;
	}
	raw = arena_dupn(a, data + at, m->next - at);
	ARENA_GROW(a, out->members, out->n, out->room);
	out->members[out->n++] = (struct initrd_member){
		raw + (m->name - at), m->mode, raw + (m->body - at), m->size, at, raw,
		m->next - at};
}

static void plain_members(struct arena *a, const char *data, size_t at, size_t end,
			  const struct refs *refs, struct initrd *out)
{
	struct cpio_member m;

	if (!out->n && !refs_in(refs, data + at, end - at))
		return;
	for (; cpio_at(data, end, at, &m); at = m.last ? cpio_skip(data, end, m.next) : m.next) {
		drop_overridden(out, data + m.name);
		if (refs_in(refs, data + at, m.next - at))
			take_plain(a, data, at, &m, refs, out);
	}
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
		if (refs_in(refs, window, (size_t)n)) {
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
	struct cpio_member m;
};

/* The next member's header and name, over the zeros between archives; false at the end or at what is none. */
static bool next_header(struct archive *r, struct header *h)
{
	char raw[CPIO_HEADER];
	size_t n;

	do {
		if (!pull(r, raw, 4))
			return false;
	} while (le32(raw) == 0);
	if (!pull(r, raw + 4, CPIO_HEADER - 4) || !cpio_header(raw, &h->m) ||
	    h->m.named > sizeof h->name)
		return false;
	n = h->m.named;
	if (!pull(r, h->name, n) || !pull(r, NULL, cpio_aligned(CPIO_HEADER + n) - CPIO_HEADER - n))
		return false;
	h->name[n - 1] = '\0';
	return true;
}

static bool read_member(struct arena *a, struct archive *r, const struct header *h,
			const struct refs *refs, struct initrd *out)
{
	size_t size = h->m.size, fill = cpio_aligned(size) - size;
	char *data;
	bool whole;

	if (!size || size > MEMBER_MAX)
		return pull(r, NULL, size + fill);
	data = xmalloc(size);
	whole = pull(r, data, size) && pull(r, NULL, fill);
	if (whole && refs_in(refs, data, size)) {
		if (S_ISREG(h->m.mode) && text_is_plain(data, size)) {
			ARENA_GROW(a, out->members, out->n, out->room);
			out->members[out->n++] = (struct initrd_member){
				.name = arena_dup(a, h->name),
				.mode = h->m.mode,
				.data = arena_dupn(a, data, size),
				.len = size,
			};
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
	size_t count = 0, before = out->n;

	archive_read_support_format_raw(r);
	if (archive_read_open_memory(r, data, len) != ARCHIVE_OK ||
	    archive_read_next_header(r, &entry) != ARCHIVE_OK)
		return damage(r, e);
	while (count++ < MEMBERS_MAX && next_header(r, h) && read_member(a, r, h, refs, out))
		;
	/* somewhere, but in no member that could be read */
	if (out->n == before && !out->stuck)
		out->stuck = "one of its archives";
	return 0;
}

/* What is between the archives that are not compressed. */
static int compressed_members(struct arena *a, const char *data, size_t len,
			      const struct refs *refs, struct initrd *out, struct err *e)
{
	bool holds = false;
	int r = lazy_archive_load(e);

	if (r == 0)
		r = stream_holds(data, len, refs, &holds, e);
	return r == 0 && holds ? find_members(a, data, len, refs, out, e) : r;
}

static int search(struct arena *a, const char *data, size_t len, const struct refs *refs,
		  bool compressed, struct initrd *out, struct err *e)
{
	size_t stopped;
	int r = 0;

	*out = (struct initrd){0};
	if (len < 16)
		return err_set(e, EINVAL, "too short for an initial ramdisk");
	out->front = cpio_end(data, len, 0, &stopped);
	out->tail = tail_start(data, len, out->front);
	plain_members(a, data, 0, out->front, refs, out);
	if (compressed && out->front < out->tail)
		r = compressed_members(a, data + out->front, out->tail - out->front, refs, out, e);
	if (r == 0)
		plain_members(a, data, out->tail, len, refs, out);
	return r;
}

int initrd_search(struct arena *a, const char *data, size_t len, const struct refs *refs,
		  struct initrd *out, struct err *e)
{
	return search(a, data, len, refs, true, out, e);
}

int initrd_search_plain(struct arena *a, const char *data, size_t len, const struct refs *refs,
			struct initrd *out, struct err *e)
{
	return search(a, data, len, refs, false, out, e);
}

/* ---- changing ---- */

size_t initrd_edit(struct initrd_member *m, const struct refs *refs)
{
	size_t n = refs_apply(refs, m->data, m->len, REF_ANY);
	struct cpio_member at;

	if (!m->raw || !cpio_at(m->raw, m->raw_len, 0, &at))
		return n;
	n += refs_apply(refs, m->raw + at.name, at.named, REF_ANY);
	cpio_sum(m->raw, &at);
	return n;
}

void initrd_append(struct strbuf *out, size_t before, const struct initrd_member *members, size_t n)
{
	cpio_pad(out, before);
	for (size_t i = 0; i < n; i++)
		cpio_add(out, before, (unsigned)i + 1, members[i].name, members[i].mode,
			 members[i].data, members[i].len);
	cpio_add(out, before, 0, CPIO_LAST, 0, NULL, 0);
}
