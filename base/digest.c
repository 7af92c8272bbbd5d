/* EVP behind five calls. */
#include "base/digest.h"

#include "base/lazy_crypto.h"

#include <errno.h>

static const struct {
	const char *name;
	size_t size;
} kinds[DIGEST_KINDS] = {
	[DIGEST_SHA1] = {"SHA1", 20},
	[DIGEST_SHA256] = {"SHA256", 32},
	[DIGEST_SHA384] = {"SHA384", 48},
	[DIGEST_SHA512] = {"SHA512", 64},
};

const char *digest_kind_name(enum digest_kind k)
{
	return kinds[k].name;
}

size_t digest_kind_size(enum digest_kind k)
{
	return kinds[k].size;
}

static int failed(struct err *e, const char *what)
{
	return err_set(e, EIO, "libcrypto: %s failed", what);
}

int digest_init(struct digest *d, enum digest_kind kind, struct err *e)
{
	const EVP_MD *md;
	int r = lazy_crypto_load(e);

	*d = (struct digest){.kind = kind};
	if (r < 0)
		return r;
	md = EVP_get_digestbyname(kinds[kind].name);
	d->ctx = EVP_MD_CTX_new();
	if (!md || !d->ctx || EVP_DigestInit_ex(d->ctx, md, NULL) != 1) {
		digest_fini(d);
		return failed(e, kinds[kind].name);
	}
	return 0;
}

int digest_add(struct digest *d, const void *p, size_t n, struct err *e)
{
	return EVP_DigestUpdate(d->ctx, p, n) == 1 ? 0 : failed(e, "digesting");
}

int digest_final(struct digest *d, uint8_t *out, struct err *e)
{
	return EVP_DigestFinal_ex(d->ctx, out, NULL) == 1 ? 0 : failed(e, "digesting");
}

void digest_fini(struct digest *d)
{
	if (d->ctx)
		EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
}

int digest_of(enum digest_kind kind, const void *p, size_t n, uint8_t *out, struct err *e)
{
	struct digest d;
	int r = digest_init(&d, kind, e);

	if (r == 0)
		r = digest_add(&d, p, n, e);
	if (r == 0)
		r = digest_final(&d, out, e);
	digest_fini(&d);
	return r;
}

int hmac_sha256(const void *key, size_t key_size, const void *p, size_t n, uint8_t out[32],
		struct err *e)
{
	unsigned size = 32;
	int r = lazy_crypto_load(e);

	if (r < 0)
		return r;
	if (!HMAC(EVP_get_digestbyname("SHA256"), key, (int)key_size, p, n, out, &size))
		return failed(e, "HMAC");
	return 0;
}

void hex_format(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}
