/* MIME messages as cloud-init reads and writes them: parts, each with a type. */
#pragma once

#include "base/str.h"
#include "cloud-init/seed.h"

struct mime_part {
	const char *type; /* "text/cloud-config", lower case; "text/plain" when it does not say */
	struct seed_text text; /* decoded */
	unsigned line;         /* of the first line of its text, from 1 */
	bool encoded;          /* base64 or quoted-printable: its lines are not the file's */
};

enum { MIME_PARTS_MAX = 256, MIME_DEPTH_MAX = 8 };

struct mime_parts {
	struct mime_part *items;
	size_t count, room;
};

/* All leaves of a message, multipart or not. */
int mime_parse(struct arena *a, struct seed_text t, struct mime_parts *out, struct err *e);

/* A multipart/mixed message of texts whose kinds are told by their contents. merge: a Merge-Type for a part, or NULL. */
struct mime_input {
	struct seed_text text;
	const char *name, *merge;
};
int mime_join(struct arena *a, const struct mime_input *parts, size_t n, struct seed_text *out,
	      struct err *e);

void base64_encode(struct strbuf *out, const void *p, size_t n, unsigned line_length);
/* White space is passed over; -EINVAL for anything else that is not base64. */
int base64_decode(struct strbuf *out, const char *p, size_t n);
