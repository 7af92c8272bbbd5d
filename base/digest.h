/* Digests and message authentication codes, by libcrypto, loaded when first needed. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum digest_kind { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_KINDS };

enum { DIGEST_MAX = 64 };

/* "SHA256"; its length in bytes. */
const char *digest_kind_name(enum digest_kind k);
size_t digest_kind_size(enum digest_kind k);

/* One digest in the making; a zeroed one may be passed to digest_fini. Not shared between threads. */
struct digest {
	void *ctx;
	enum digest_kind kind;
};

int digest_init(struct digest *d, enum digest_kind kind, struct err *e);
int digest_add(struct digest *d, const void *p, size_t n, struct err *e);
/* Writes digest_kind_size(kind) bytes. */
int digest_final(struct digest *d, uint8_t *out, struct err *e);
void digest_fini(struct digest *d);

int digest_of(enum digest_kind kind, const void *p, size_t n, uint8_t *out, struct err *e);
int hmac_sha256(const void *key, size_t key_size, const void *p, size_t n, uint8_t out[32],
		struct err *e);

/* out holds 2 * n + 1 characters. */
void hex_format(const uint8_t *p, size_t n, char *out);
