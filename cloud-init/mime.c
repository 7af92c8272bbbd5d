/* MIME messages: multipart taken apart, and put together. */
#include "cloud-init/mime.h"

#include "base/scope.h"
#include "cloud-init/userdata.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HEADER_MAX = 8192, BOUNDARY_MAX = 256 };

struct header {
	const char *type, *boundary;
	enum { PLAIN, BASE64, QUOTED } encoding;
};

struct reader {
	struct arena *a;
	struct mime_parts *out;
	struct err *e;
};

/* The text of one header line with its continuations, white space as one blank. */
static const char *unfold(struct arena *a, const char **at, const char *end)
{
	struct strbuf b = {0};
	bool more = true;
	char *line;

	while (*at < end && more) {
		const char *nl = memchr(*at, '\n', (size_t)(end - *at));
		const char *stop = nl ? nl : end;

		if (b.len < HEADER_MAX)
			strbuf_addn(&b, *at, (size_t)(stop - *at));
		*at = nl ? nl + 1 : end;
		more = *at < end && (**at == ' ' || **at == '\t');
	}
	line = str_trim(arena_dupn(a, strbuf_str(&b), b.len));
	strbuf_fini(&b);
	return line;
}

/* The value of `; name=...`, with or without quotes; NULL when it is not there. */
static const char *parameter(struct arena *a, const char *value, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strchr(value, ';'); p; p = strchr(p, ';')) {
		const char *end;

		p++;
		p += strspn(p, " \t\r\n");
		if (strncasecmp(p, name, n) != 0 || p[n] != '=')
			continue;
		p += n + 1;
		if (*p == '"')
			end = strchr(++p, '"');
		else
			end = p + strcspn(p, "; \t\r\n");
		return end ? arena_dupn(a, p, (size_t)(end - p)) : NULL;
	}
	return NULL;
}

static const char *media_type(struct arena *a, const char *value)
{
	char *type = str_trim(arena_dupn(a, value, strcspn(value, ";")));

	for (char *p = type; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return type;
}

static bool is_header(const char *line, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	*value = line + n + 1 + strspn(line + n + 1, " \t");
	return true;
}

/* Reads headers up to the empty line; *at is behind it. */
static struct header read_header(struct arena *a, const char **at, const char *end)
{
	struct header h = {.type = "text/plain"};
	const char *value;

	while (*at < end) {
		const char *line = unfold(a, at, end);

		if (!*line)
			break;
		if (is_header(line, "Content-Type", &value)) {
			h.type = media_type(a, value);
			h.boundary = parameter(a, value, "boundary");
		} else if (is_header(line, "Content-Transfer-Encoding", &value)) {
			h.encoding = !strncasecmp(value, "base64", 6)              ? BASE64
				     : !strncasecmp(value, "quoted-printable", 16) ? QUOTED
										   : PLAIN;
		}
	}
	return h;
}

static void unquote(struct strbuf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned v;

		if (p[i] != '=') {
			strbuf_addc(out, p[i]);
		} else if (i + 1 < n && p[i + 1] == '\n') {
			i++;
		} else if (i + 2 < n && p[i + 1] == '\r') {
			i += 2;
		} else if (i + 2 < n && sscanf(p + i + 1, "%2x", &v) == 1) {
			strbuf_addc(out, (char)v);
			i += 2;
		}
	}
}

static int add_leaf(struct reader *r, const struct header *h, struct seed_text body, unsigned line)
{
	struct mime_part part = {
		.type = h->type, .text = body, .line = line, .encoded = h->encoding != PLAIN};
	struct strbuf b = {0};
	int status = 0;

	if (r->out->count == MIME_PARTS_MAX)
		return err_set(r->e, E2BIG, "more than %d MIME parts", MIME_PARTS_MAX);
	if (h->encoding == BASE64)
		status = base64_decode(&b, body.bytes, body.size);
	else if (h->encoding == QUOTED)
		unquote(&b, body.bytes, body.size);
	if (part.encoded)
		part.text = (struct seed_text){arena_dupn(r->a, strbuf_str(&b), b.len), b.len};
	strbuf_fini(&b);
	if (status < 0)
		return err_set(r->e, EINVAL, "line %u: this part is not base64", line);
	ARENA_GROW(r->a, r->out->items, r->out->count, r->out->room);
	r->out->items[r->out->count++] = part;
	return 0;
}

static unsigned lines_between(const char *from, const char *to)
{
	unsigned n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

/* A line "--boundary" or "--boundary--" at p; *last tells which. */
static bool is_boundary(const char *p, const char *end, const char *boundary, bool *last)
{
	size_t n = strlen(boundary);

	if ((size_t)(end - p) < n + 2 || p[0] != '-' || p[1] != '-' ||
	    memcmp(p + 2, boundary, n) != 0)
		return false;
	p += n + 2;
	*last = end - p >= 2 && p[0] == '-' && p[1] == '-';
	if (*last)
		p += 2;
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p == end || *p == '\n';
}

static int parse(struct reader *r, struct seed_text t, unsigned line, unsigned depth);

static int parse_parts(struct reader *r, const struct header *h, struct seed_text t, unsigned line,
		       unsigned depth)
{
	const char *end = t.bytes + t.size, *start = NULL, *next;
	bool last = false;
	int status = 0;

	for (const char *p = t.bytes; p < end && !last && status == 0; p = next) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		next = nl ? nl + 1 : end;
		if (!is_boundary(p, end, h->boundary, &last))
			continue;
		if (start) {
			/* The line's end before a boundary belongs to the boundary. */
			const char *stop = p > start ? p - 1 : p;

			status = parse(r, (struct seed_text){start, (size_t)(stop - start)},
				       line + lines_between(t.bytes, start), depth + 1);
		}
		start = next;
	}
	if (status == 0 && !last)
		return err_set(r->e, EINVAL,
			       "line %u: this multipart message has no closing boundary", line);
	return status;
}

static int parse(struct reader *r, struct seed_text t, unsigned line, unsigned depth)
{
	const char *at = t.bytes, *end = t.bytes + t.size;
	struct header h = read_header(r->a, &at, end);
	struct seed_text body = {at, (size_t)(end - at)};
	unsigned body_line = line + lines_between(t.bytes, at);

	if (!str_starts(h.type, "multipart/"))
		return add_leaf(r, &h, body, body_line);
	if (depth == MIME_DEPTH_MAX)
		return err_set(r->e, ELOOP, "line %u: MIME parts nested deeper than %d", line,
			       MIME_DEPTH_MAX);
	if (!h.boundary || !*h.boundary || strlen(h.boundary) > BOUNDARY_MAX)
		return err_set(r->e, EINVAL, "line %u: %s without a boundary", line, h.type);
	return parse_parts(r, &h, body, body_line, depth);
}

int mime_parse(struct arena *a, struct seed_text t, struct mime_parts *out, struct err *e)
{
	struct reader r = {.a = a, .out = out, .e = e};

	return parse(&r, t, 1, 0);
}

static bool needs_base64(struct seed_text t)
{
	size_t column = 0;

	for (size_t i = 0; i < t.size; i++) {
		unsigned char c = (unsigned char)t.bytes[i];

		column = c == '\n' ? 0 : column + 1;
		if (c >= 0x80 || (c < 0x20 && !strchr("\n\t", c)) || !c || column > 900)
			return true;
	}
	return false;
}

static void join_part(struct strbuf *b, const struct mime_input *in, const char *boundary)
{
	enum userdata_kind kind = userdata_kind(in->text);
	bool encode = needs_base64(in->text);

	strbuf_printf(b, "--%s\n", boundary);
	if (kind == USERDATA_MIME && !encode) {
		/* It brings its own headers. */
		strbuf_addn(b, in->text.bytes, in->text.size);
		strbuf_addc(b, '\n');
		return;
	}
	strbuf_printf(b,
		      "Content-Type: %s%s\nMIME-Version: 1.0\nContent-Transfer-Encoding: %s\n"
		      "Content-Disposition: attachment; filename=\"%s\"\n",
		      kind == USERDATA_GZIP   ? "application/gzip"
		      : kind == USERDATA_MIME ? "message/rfc822"
					      : userdata_mime_type(kind),
		      kind == USERDATA_GZIP || kind == USERDATA_MIME ? "" : "; charset=\"utf-8\"",
		      encode ? "base64" : "7bit", in->name);
	if (in->merge)
		strbuf_printf(b, "Merge-Type: %s\n", in->merge);
	strbuf_addc(b, '\n');
	if (encode)
		base64_encode(b, in->text.bytes, in->text.size, 76);
	else
		strbuf_addn(b, in->text.bytes, in->text.size);
	strbuf_addc(b, '\n');
}

static bool occurs(const struct mime_input *parts, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (memmem(parts[i].text.bytes, parts[i].text.size, word, strlen(word)))
			return true;
	return false;
}

int mime_join(struct arena *a, const struct mime_input *parts, size_t n, struct seed_text *out,
	      struct err *e)
{
	struct strbuf b = {0};
	char boundary[32];
	unsigned number = 0;

	do
		snprintf(boundary, sizeof boundary, "==vmint-part-%u==", number++);
	while (occurs(parts, n, boundary) && number < MIME_PARTS_MAX);
	if (number == MIME_PARTS_MAX)
		return err_set(e, EINVAL, "no boundary is left that the parts do not contain");
	strbuf_printf(&b, "Content-Type: multipart/mixed; boundary=\"%s\"\nMIME-Version: 1.0\n\n",
		      boundary);
	for (size_t i = 0; i < n; i++)
		join_part(&b, &parts[i], boundary);
	strbuf_printf(&b, "--%s--\n", boundary);
	*out = (struct seed_text){arena_dupn(a, strbuf_str(&b), b.len), b.len};
	strbuf_fini(&b);
	return 0;
}
