/* Keys, certificates and signatures by libcrypto. */
#include "templates/sign.h"

#include "base/arena.h"
#include "base/lazy_crypto.h"
#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>
#include <string.h>

enum { FILE_MAX = 256 << 10, RSA_LEAST = 2048, SIGNATURE_MAX = 4096 };

/* Nobody is asked: a tool in a script must not stop at a prompt. */
static int no_passphrase(char *buf, int size, int rw, void *arg)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)arg;
	return 0;
}

static int read_file(const char *path, struct strbuf *out, struct err *e)
{
	int r = sys_read_file(path, out, FILE_MAX);

	return r < 0 ? err_sys(e, r, "%s", path) : 0;
}

static int read_key(struct signer *s, const char *path, struct err *e)
{
	struct strbuf text = {0};
	int r = read_file(path, &text, e);
	BIO *bio = r < 0 ? NULL : BIO_new_mem_buf(strbuf_str(&text), (int)text.len);

	if (bio) {
		s->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
		BIO_free(bio);
	}
	if (text.text)
		explicit_bzero(text.text, text.len);
	strbuf_fini(&text);
	ERR_clear_error();
	if (r < 0)
		return r;
	if (!s->key)
		return err_set(e, EINVAL,
			       "%s: no private key can be read from it (PEM, without a passphrase)",
			       path);
	if (EVP_PKEY_get_base_id(s->key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(s->key) < RSA_LEAST)
		return err_set(e, EINVAL, "%s: an RSA key of %d bits is too weak", path,
			       EVP_PKEY_get_bits(s->key));
	if (EVP_PKEY_get_base_id(s->key) != EVP_PKEY_RSA &&
	    EVP_PKEY_get_base_id(s->key) != EVP_PKEY_EC)
		return err_set(e, ENOTSUP, "%s: neither an RSA nor an ECDSA key", path);
	return 0;
}

static int read_certificate(struct signer *s, const char *path, struct err *e)
{
	int r = read_file(path, &s->certs, e);
	BIO *bio = r < 0 ? NULL : BIO_new_mem_buf(strbuf_str(&s->certs), (int)s->certs.len);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	if (bio)
		BIO_free(bio);
	if (r == 0 && !cert)
		r = err_set(e, EINVAL, "%s: no certificate can be read from it", path);
	else if (r == 0 && X509_check_private_key(cert, s->key) != 1)
		r = err_set(e, EINVAL, "%s: this certificate is not the key's", path);
	if (cert)
		X509_free(cert);
	ERR_clear_error();
	return r;
}

int signer_open(struct signer *s, const char *key, const char *cert, struct err *e)
{
	int r = lazy_crypto_load(e);

	*s = (struct signer){0};
	if (r == 0)
		r = read_key(s, key, e);
	if (r == 0)
		r = read_certificate(s, cert, e);
	if (r < 0)
		signer_close(s);
	return r;
}

void signer_close(struct signer *s)
{
	if (s->key)
		EVP_PKEY_free(s->key);
	strbuf_fini(&s->certs);
	*s = (struct signer){0};
}

int signer_sign(const struct signer *s, enum digest_kind kind, const char *name, const void *text,
		size_t n, struct strbuf *out, struct err *e)
{
	const EVP_MD *md = EVP_get_digestbyname(digest_kind_name(kind));
	unsigned char raw[SIGNATURE_MAX];
	char hex[2 * SIGNATURE_MAX + 1];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = sizeof raw;
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, md, NULL, s->key) == 1 &&
		  EVP_DigestSign(ctx, raw, &size, text, n) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (!ok)
		return err_set(e, EIO, "%s: libcrypto cannot sign it with %s", name,
			       digest_kind_name(kind));
	hex_format(raw, size, hex);
	strbuf_printf(out, "%s(%s)= %s\n%s", digest_kind_name(kind), name, hex,
		      strbuf_str(&s->certs));
	if (!str_ends(strbuf_str(out), "\n"))
		strbuf_addc(out, '\n');
	return 0;
}
