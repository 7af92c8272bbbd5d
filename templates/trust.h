/* What a package proves about itself: digests of its files, and a signature over the list of digests. */
#pragma once

#include "templates/package.h"

enum signature_state {
	SIGNATURE_NONE, /* there is no certificate */
	SIGNATURE_SELF, /* right, but by a certificate that nobody asked for vouches for */
	SIGNATURE_TRUSTED, /* right, and the chain ends at the CA given, or the fingerprint is the one given */
};

struct trust_options {
	const char *ca; /* a PEM file of accepted certificate authorities, or NULL */
	const char *
		fingerprint; /* SHA-256 of the signer's certificate in hex, colons allowed, or NULL */
	bool require_manifest, require_signature;
};

struct trust {
	bool has_manifest;
	enum digest_kind weakest; /* of the manifest's algorithms */
	enum signature_state signature;
	const char *signer, *issuer; /* names of the certificate, or NULL */
	char fingerprint[65];
	bool expired; /* or not valid yet */
};

/* Everything but the digests: that the manifest covers the descriptor and every referenced file and names nothing that is
 * not there, and that the signature, if there is one, is right. */
int trust_check(struct package *p, const struct trust_options *o, struct trust *out, struct err *e);

/* Digests one member and compares; a member that the manifest does not list is fine here. */
int trust_check_member(struct package *p, const struct member *m, struct err *e);
/* All members, several at a time. done may be NULL; it is called with the bytes digested so far. */
int trust_check_members(struct package *p, void (*done)(void *arg, uint64_t bytes), void *arg,
			struct err *e);
/* For who digests while decoding: the comparison alone. */
int trust_compare(const struct package *p, const struct manifest_entry *entry,
		  const uint8_t *digest, struct err *e);
