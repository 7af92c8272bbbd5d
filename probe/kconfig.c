/* Kernel configurations: gunzip, then one pass over the lines. */
#include "probe/kconfig.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <libdeflate.h>
#include <string.h>

enum { BUCKETS = 256, LONGEST_NAME = 96 };

/* Wanted names by a cheap hash, so that ten thousand lines cost one table look-up each. */
struct wanted {
	struct kconfig_option *options;
	short first[BUCKETS]; /* -1: none */
	short *next;
};

static unsigned hash(const char *name, size_t len)
{
	return (unsigned)(len * 31 + (unsigned char)name[len / 2] * 7 + (unsigned char)name[0] +
			  (unsigned char)name[len - 1] * 13) %
	       BUCKETS;
}

static void wanted_init(struct wanted *w, struct kconfig_option *options, size_t n, struct arena *a)
{
	w->options = options;
	w->next = arena_alloc(a, n * sizeof *w->next);
	memset(w->first, -1, sizeof w->first);
	for (size_t i = 0; i < n; i++) {
		unsigned b = hash(options[i].name, strlen(options[i].name));

		w->next[i] = w->first[b];
		w->first[b] = (short)i;
		options[i].value = NULL;
	}
}

static struct kconfig_option *wanted_find(const struct wanted *w, const char *name, size_t len)
{
	for (short i = w->first[hash(name, len)]; i >= 0; i = w->next[i])
		if (!strncmp(w->options[i].name, name, len) && !w->options[i].name[len])
			return &w->options[i];
	return NULL;
}

static size_t name_length(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && ((*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_' ||
			   (*p >= 'a' && *p <= 'z')))
		p++;
	return (size_t)(p - start);
}

static bool starts(const char *p, const char *end, const char *prefix)
{
	size_t n = strlen(prefix);

	return (size_t)(end - p) >= n && !memcmp(p, prefix, n);
}

/* One line; true when it sets or unsets an option. */
static bool take_line(const struct wanted *w, const char *p, const char *end, struct arena *a)
{
	bool off = starts(p, end, "# CONFIG_");
	struct kconfig_option *o;
	size_t n;

	if (!off && !starts(p, end, "CONFIG_"))
		return false;
	p += off ? strlen("# CONFIG_") : strlen("CONFIG_");
	n = name_length(p, end);
	if (!n || n > LONGEST_NAME)
		return false;
	if (off ? !starts(p + n, end, " is not set") : !starts(p + n, end, "="))
		return false;
	o = wanted_find(w, p, n);
	if (!o)
		return true;
	p += n + 1;
	while (end > p && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	/* "=n" is written by people, never by the kernel's own tools. */
	o->value = off || (end - p == 1 && *p == 'n') ? NULL : arena_dupn(a, p, (size_t)(end - p));
	return true;
}

static int read_plain(const char *p, size_t len, const struct wanted *w, struct arena *a)
{
	const char *end = p + len;
	int count = 0;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));

		if (!eol)
			eol = end;
		/* Only these two can begin a line that matters. */
		if (*p == 'C' || *p == '#')
			count += take_line(w, p, eol, a);
		p = eol + 1;
	}
	return count ? count : -ENODATA;
}

static void free_decompressor(struct libdeflate_decompressor **d)
{
	libdeflate_free_decompressor(*d);
}

static int gunzip(const uint8_t *data, size_t len, char **out, size_t *out_len)
{
	SCOPED(free_decompressor)
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	/* gzip ends with the plain size: a promise that is capped and then checked by decompressing. */
	size_t room = len < 18 ? 0 : le32(data + len - 4);
	SCOPED(free_at) char *plain = NULL;

	if (!room)
		return -EINVAL;
	if (room > KCONFIG_MAX)
		return -EFBIG;
	if (!d)
		return -ENOMEM;
	plain = xmalloc(room);
	if (libdeflate_gzip_decompress(d, data, len, plain, room, out_len) != LIBDEFLATE_SUCCESS)
		return -EINVAL;
	*out = TAKE_PTR(plain);
	return 0;
}

int kconfig_read(const void *data, size_t len, struct kconfig_option *options, size_t n,
		 struct arena *a)
{
	const uint8_t *bytes = data;
	SCOPED(free_at) char *plain = NULL;
	struct wanted w;
	int r;

	wanted_init(&w, options, n, a);
	if (len < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b)
		return len > KCONFIG_MAX ? -EFBIG : read_plain(data, len, &w, a);
	r = gunzip(bytes, len, &plain, &len);
	return r < 0 ? r : read_plain(plain, len, &w, a);
}
