/* The kinds of user-data. */
#include "cloud-init/userdata.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <libdeflate.h>

/* Longer ones before those they begin with: cloud-init looks at them in this order. */
static const struct {
	const char *header, *mime;
	enum userdata_kind kind;
} kinds[] = {
	{"#cloud-config-archive", "text/cloud-config-archive", USERDATA_ARCHIVE},
	{"#cloud-config-jsonp", "text/cloud-config-jsonp", USERDATA_JSON_PATCH},
	{"## template: jinja", "text/jinja2", USERDATA_JINJA},
	{"#cloud-boothook", "text/cloud-boothook", USERDATA_BOOTHOOK},
	{"#cloud-config", "text/cloud-config", USERDATA_CLOUD_CONFIG},
	{"#include-once", "text/x-include-once-url", USERDATA_INCLUDE},
	{"#part-handler", "text/part-handler", USERDATA_HANDLER},
	{"#upstart-job", "text/upstart-job", USERDATA_UPSTART},
	{"#include", "text/x-include-url", USERDATA_INCLUDE},
	{"#!", "text/x-shellscript", USERDATA_SCRIPT},
};

/* cloud-init takes everything for MIME that says so near its beginning. */
static bool says_mime(struct seed_text t)
{
	static const char word[] = "mime-version:";
	size_t most = t.size < 4096 ? t.size : 4096, n = sizeof word - 1;

	for (size_t i = 0; i + n <= most; i++)
		if (strncasecmp(t.bytes + i, word, n) == 0)
			return true;
	return false;
}

static struct seed_text skip_blanks(struct seed_text t)
{
	while (t.size && isspace((unsigned char)*t.bytes)) {
		t.bytes++;
		t.size--;
	}
	return t;
}

enum userdata_kind userdata_kind(struct seed_text t)
{
	if (t.size > 2 && be16(t.bytes) == 0x1f8b)
		return USERDATA_GZIP;
	if (says_mime(t))
		return USERDATA_MIME;
	t = skip_blanks(t);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i].header);

		if (n <= t.size && strncasecmp(t.bytes, kinds[i].header, n) == 0)
			return kinds[i].kind;
	}
	return t.size ? USERDATA_UNKNOWN : USERDATA_EMPTY;
}

const char *userdata_mime_type(enum userdata_kind k)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == k)
			return kinds[i].mime;
	return "text/plain";
}

enum userdata_kind userdata_kind_of_mime(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcasecmp(kinds[i].mime, type))
			return kinds[i].kind;
	return USERDATA_UNKNOWN;
}

const char *userdata_nearest_header(struct arena *a, struct seed_text t)
{
	const char *names[ARRAY_SIZE(kinds)];
	size_t n = 0, end;
	char *line;

	t = skip_blanks(t);
	for (end = 0; end < t.size && end < 40 && t.bytes[end] != '\n'; end++)
		;
	line = str_trim(arena_dupn(a, t.bytes, end));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].header) > 2)
			names[n++] = kinds[i].header;
	return str_nearest(line, names, n);
}

int userdata_gunzip(struct arena *a, struct seed_text t, struct seed_text *out, struct err *e)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	SCOPED(free_at) char *room = NULL;
	enum libdeflate_result r = LIBDEFLATE_INSUFFICIENT_SPACE;
	size_t size = t.size * 4 + 4096, got = 0;

	if (!d)
		return err_set(e, ENOMEM, "out of memory");
	while (r == LIBDEFLATE_INSUFFICIENT_SPACE && size <= SEED_FILE_MAX) {
		room = xrealloc(room, size);
		r = libdeflate_gzip_decompress(d, t.bytes, t.size, room, size, &got);
		size *= 4;
	}
	libdeflate_free_decompressor(d);
	if (r == LIBDEFLATE_INSUFFICIENT_SPACE)
		return err_set(e, EFBIG, "unpacks to more than %d MiB", SEED_FILE_MAX >> 20);
	if (r != LIBDEFLATE_SUCCESS)
		return err_set(e, EBADMSG, "damaged gzip data");
	*out = (struct seed_text){arena_dupn(a, room, got), got};
	return 0;
}
