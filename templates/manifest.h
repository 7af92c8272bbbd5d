/* OVF manifests (.mf) and the first line of certificates (.cert): lines of "SHA256(name)= hex". */
#pragma once

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct manifest_entry {
	enum digest_kind kind;
	const char *name;
	uint8_t digest[DIGEST_MAX];
	unsigned line;
};

struct manifest {
	struct manifest_entry *entries;
	size_t count;
};

/* Every line must be understood: a line that is not, an unknown algorithm (MD5 too), a digest of the wrong
 * length, a name twice, or a name that leaves the package is refused with the line. */
int manifest_parse(struct arena *a, const char *text, size_t len, const char *name,
		   struct manifest *out, struct err *e);
const struct manifest_entry *manifest_find(const struct manifest *m, const char *name);

/* The signature line of a certificate file, and where its PEM part begins. */
struct signature_line {
	enum digest_kind kind;
	const char *name; /* of the manifest it signs */
	uint8_t *bytes;
	size_t size;
	const char *pem; /* in text */
};

int signature_parse(struct arena *a, const char *text, size_t len, const char *name,
		    struct signature_line *out, struct err *e);
