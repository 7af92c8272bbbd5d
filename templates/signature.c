/* Verifying "SHA256(x.mf)= hex" plus PEM certificates against the manifest's bytes. */
#include "templates/signature.h"

#include "base/lazy_crypto.h"
#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { CERTIFICATES_MAX = 16, CERT_FILE_MAX = 256 * 1024, RSA_BITS_MIN = 1024 };

struct chain {
	X509 *certs[CERTIFICATES_MAX];
	size_t count;
};

static void chain_fini(struct chain *c)
{
	for (size_t i = 0; i < c->count; i++)
		X509_free(c->certs[i]);
}

static int read_chain(struct package *p, const char *pem, struct chain *c, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert;

	while (bio && c->count < CERTIFICATES_MAX &&
	       (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		c->certs[c->count++] = cert;
	if (bio)
		BIO_free(bio);
	ERR_clear_error();
	if (c->count)
		return 0;
	return err_set(e, EINVAL, "%s: %s holds no readable certificate", p->path,
		       p->certificate_name);
}

static int check_bytes(struct package *p, X509 *signer, const struct signature_line *s,
		       const struct member *mf, const char *text, struct err *e)
{
	EVP_PKEY *key = X509_get0_pubkey(signer);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = EVP_get_digestbyname(digest_kind_name(s->kind));
	int ok;

	if (!key || EVP_PKEY_get_bits(key) < 160 ||
	    (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < RSA_BITS_MIN)) {
		EVP_MD_CTX_free(ctx);
		return err_set(e, EINVAL, "%s: %s: the signer's key is too weak to prove anything",
			       p->path, p->certificate_name);
	}
	ok = EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, s->bytes, s->size, (const unsigned char *)text, mf->size) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (ok)
		return 0;
	return err_set(e, EBADMSG,
		       "%s: the signature in %s is not of this manifest: the package was changed",
		       p->path, p->certificate_name);
}

static const char *name_of(struct arena *a, X509_NAME *name)
{
	char text[256];

	X509_NAME_oneline(name, text, sizeof text);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = '?';
	return arena_dup(a, text);
}

static void describe(struct package *p, X509 *signer, struct trust *t)
{
	unsigned char digest[DIGEST_MAX];
	unsigned n = sizeof digest;

	t->signer = name_of(p->a, X509_get_subject_name(signer));
	t->issuer = name_of(p->a, X509_get_issuer_name(signer));
	if (X509_digest(signer, EVP_get_digestbyname("SHA256"), digest, &n) == 1 && n == 32)
		hex_format(digest, 32, t->fingerprint);
	t->expired = X509_cmp_time(X509_get0_notAfter(signer), NULL) < 0 ||
		     X509_cmp_time(X509_get0_notBefore(signer), NULL) > 0;
}

/* Colons and case do not matter. */
static bool same_fingerprint(const char *given, const char *hex)
{
	for (; *given; given++) {
		if (*given == ':' || *given == ' ')
			continue;
		if (!*hex || tolower((unsigned char)*given) != *hex)
			return false;
		hex++;
	}
	return !*hex;
}

static int check_chain(struct package *p, const struct chain *c, const char *ca, struct err *e)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	OPENSSL_STACK *others = OPENSSL_sk_new_null();
	int r = 0;

	for (size_t i = 1; i < c->count; i++)
		OPENSSL_sk_push(others, c->certs[i]);
	if (X509_STORE_load_locations(store, ca, NULL) != 1)
		r = err_set(e, EINVAL, "%s: no certificates can be read from it", ca);
	else if (X509_STORE_CTX_init(ctx, store, c->certs[0], (STACK_OF(X509) *)others) != 1)
		r = err_set(e, EIO, "libcrypto: verifying a chain failed");
	else if (X509_verify_cert(ctx) != 1)
		r = err_set(e, EBADMSG, "%s: %s is not signed by a certificate of %s: %s", p->path,
			    p->certificate_name, ca,
			    X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	OPENSSL_sk_free(others);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return r;
}

static int check_identity(struct package *p, const struct chain *c, const struct trust_options *o,
			  struct trust *t, struct err *e)
{
	int r;

	t->signature = SIGNATURE_SELF;
	if (o->fingerprint && !same_fingerprint(o->fingerprint, t->fingerprint))
		return err_set(e, EBADMSG,
			       "%s: signed by a certificate with fingerprint %s, not the one given",
			       p->path, t->fingerprint);
	if (o->ca) {
		r = check_chain(p, c, o->ca, e);
		if (r < 0)
			return r;
	}
	if (t->expired && o->require_signature)
		return err_set(e, EBADMSG,
			       "%s: the certificate of %s has expired or is not valid yet", p->path,
			       t->signer);
	if (o->ca || o->fingerprint)
		t->signature = SIGNATURE_TRUSTED;
	return 0;
}

static int check_with(struct package *p, const struct trust_options *o,
		      const struct signature_line *s, const struct member *mf, struct trust *t,
		      struct err *e)
{
	struct chain c = {0};
	const char *text;
	int r = read_chain(p, s->pem, &c, e);

	if (r == 0)
		r = package_read(p, mf, 4 << 20, &text, e);
	if (r == 0)
		r = check_bytes(p, c.certs[0], s, mf, text, e);
	if (r == 0) {
		describe(p, c.certs[0], t);
		r = check_identity(p, &c, o, t, e);
	}
	chain_fini(&c);
	return r;
}

int signature_check(struct package *p, const struct trust_options *o, struct trust *t,
		    struct err *e)
{
	const struct member *cert, *mf;
	struct signature_line s;
	const char *text;
	int r = lazy_crypto_load(e);

	if (r == 0)
		r = package_member(p, p->certificate_name, &cert, e);
	if (r == 0)
		r = package_read(p, cert, CERT_FILE_MAX, &text, e);
	if (r == 0)
		r = signature_parse(p->a, text, cert->size,
				    arena_printf(p->a, "%s: %s", p->path, cert->name), &s, e);
	if (r < 0)
		return r;
	if (!p->manifest_name || !str_eq(s.name, p->manifest_name))
		return err_set(e, EINVAL, "%s: %s signs %s, which is not this package's manifest",
			       p->path, p->certificate_name, s.name);
	r = package_member(p, p->manifest_name, &mf, e);
	return r < 0 ? r : check_with(p, o, &s, mf, t, e);
}
