/* Signing a manifest with a key and its certificate. */
#pragma once

#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"

struct signer {
	void *key;           /* EVP_PKEY */
	struct strbuf certs; /* PEM, the key's own first */
};

/* RSA of at least 2048 bits or ECDSA, both PEM files; a key with a passphrase is refused. The certificate must be the
 * key's. A zeroed signer may be closed. */
int signer_open(struct signer *s, const char *key, const char *cert, struct err *e);
void signer_close(struct signer *s);

/* Appends a .cert file: "SHA256(NAME)= hex" and the certificates. */
int signer_sign(const struct signer *s, enum digest_kind kind, const char *name, const void *text,
		size_t n, struct strbuf *out, struct err *e);
