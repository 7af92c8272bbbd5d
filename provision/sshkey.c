/* Making host keys by libcrypto; reading public ones. */
#include "provision/sshkey.h"

#include "base/digest.h"
#include "base/lazy_crypto.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/sshkey_text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { NUMBER_MAX = 1024 };

const char *ssh_key_type_name(enum ssh_key_type t)
{
	static const char *const names[SSH_KEY_TYPES] = {"ed25519", "ecdsa", "rsa"};

	return t < SSH_KEY_TYPES ? names[t] : "";
}

int ssh_key_type_parse(const char *name, enum ssh_key_type *out)
{
	for (enum ssh_key_type t = 0; t < SSH_KEY_TYPES; t++)
		if (str_eq(name, ssh_key_type_name(t))) {
			*out = t;
			return 0;
		}
	return -EINVAL;
}

/* ---- the parts of a key, in the order OpenSSH has them ---- */

struct parts {
	struct strbuf blob;   /* public */
	struct strbuf fields; /* private section, without check and comment */
};

static void parts_fini(struct parts *p)
{
	if (p->fields.text)
		explicit_bzero(p->fields.text, p->fields.room);
	strbuf_fini(&p->blob);
	strbuf_fini(&p->fields);
}

static int trouble(struct err *e, const char *what)
{
	ERR_clear_error();
	return err_set(e, EIO, "libcrypto did not make an SSH host key: %s", what);
}

static int ed25519_parts(const EVP_PKEY *key, struct parts *p, struct err *e)
{
	uint8_t pair[64];
	size_t n = 32, m = 32;

	if (EVP_PKEY_get_raw_private_key(key, pair, &n) != 1 ||
	    EVP_PKEY_get_raw_public_key(key, pair + 32, &m) != 1 || n != 32 || m != 32)
		return trouble(e, "ed25519");
	ssh_add_text(&p->blob, "ssh-ed25519");
	ssh_add_string(&p->blob, pair + 32, 32);
	strbuf_addn(&p->fields, p->blob.text, p->blob.len);
	ssh_add_string(&p->fields, pair, 64);
	explicit_bzero(pair, sizeof pair);
	return 0;
}

static int add_number(const EVP_PKEY *key, const char *name, struct strbuf *out)
{
	uint8_t bytes[NUMBER_MAX];
	BIGNUM *bn = NULL;
	int n;

	if (EVP_PKEY_get_bn_param(key, name, &bn) != 1)
		return -EIO;
	n = (BN_num_bits(bn) + 7) / 8;
	if (n <= (int)sizeof bytes)
		ssh_add_mpint(out, bytes, (size_t)BN_bn2bin(bn, bytes));
	BN_clear_free(bn);
	explicit_bzero(bytes, sizeof bytes);
	return n <= (int)sizeof bytes ? 0 : -EIO;
}

static int ecdsa_parts(const EVP_PKEY *key, struct parts *p, struct err *e)
{
	uint8_t point[256];
	size_t n = 0;

	if (EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof point, &n) != 1 || n != 65)
		return trouble(e, "ecdsa");
	ssh_add_text(&p->blob, "ecdsa-sha2-nistp256");
	ssh_add_text(&p->blob, "nistp256");
	ssh_add_string(&p->blob, point, n);
	strbuf_addn(&p->fields, p->blob.text, p->blob.len);
	return add_number(key, "priv", &p->fields) < 0 ? trouble(e, "ecdsa") : 0;
}

static int rsa_parts(const EVP_PKEY *key, struct parts *p, struct err *e)
{
	static const char *const fields[] = {"n",           "e",          "d", "rsa-coefficient1",
					     "rsa-factor1", "rsa-factor2"};

	ssh_add_text(&p->blob, "ssh-rsa");
	if (add_number(key, "e", &p->blob) < 0 || add_number(key, "n", &p->blob) < 0)
		return trouble(e, "rsa");
	ssh_add_text(&p->fields, "ssh-rsa");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (add_number(key, fields[i], &p->fields) < 0)
			return trouble(e, "rsa");
	return 0;
}

static const struct {
	const char *wire;
	int (*parts)(const EVP_PKEY *key, struct parts *p, struct err *e);
} kinds[SSH_KEY_TYPES] = {
	[SSH_ED25519] = {"ssh-ed25519", ed25519_parts},
	[SSH_ECDSA] = {"ecdsa-sha2-nistp256", ecdsa_parts},
	[SSH_RSA] = {"ssh-rsa", rsa_parts},
};

static EVP_PKEY *generate(enum ssh_key_type type)
{
	if (type == SSH_ED25519)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (type == SSH_ECDSA)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)SSH_RSA_BITS);
}

/* ---- texts ---- */

static const char *fingerprint_of(struct arena *a, const void *blob, size_t n)
{
	struct strbuf text = {0};
	uint8_t digest[32];
	const char *out;

	if (digest_of(DIGEST_SHA256, blob, n, digest, NULL) < 0)
		return "";
	base64_add(&text, digest, sizeof digest, 0);
	while (text.len && text.text[text.len - 1] == '=')
		text.text[--text.len] = '\0';
	out = arena_printf(a, "SHA256:%s", strbuf_str(&text));
	strbuf_fini(&text);
	return out;
}

static const char *line_of(struct arena *a, const char *wire, const struct strbuf *blob)
{
	struct strbuf text = {0};
	const char *out;

	strbuf_printf(&text, "%s ", wire);
	base64_add(&text, blob->text, blob->len, 0);
	out = arena_dup(a, strbuf_str(&text));
	strbuf_fini(&text);
	return out;
}

static int write_key(struct arena *a, enum ssh_key_type type, const EVP_PKEY *key,
		     const char *comment, struct ssh_key *out, struct err *e)
{
	SCOPED(parts_fini) struct parts p = {0};
	struct strbuf file = {0};
	uint32_t check;
	int r = kinds[type].parts(key, &p, e);

	if (r < 0)
		return r;
	if (getentropy(&check, sizeof check) < 0)
		return err_sys(e, errno, "random numbers");
	ssh_private_file(&file, &p.blob, &p.fields, comment, check);
	out->private_text = arena_dup(a, strbuf_str(&file));
	explicit_bzero(file.text, file.len);
	strbuf_fini(&file);
	out->line = line_of(a, kinds[type].wire, &p.blob);
	out->public_text = arena_printf(a, "%s %s\n", out->line, comment);
	out->fingerprint = fingerprint_of(a, p.blob.text, p.blob.len);
	return 0;
}

int ssh_key_make(struct arena *a, enum ssh_key_type type, const char *comment, struct ssh_key *out,
		 struct err *e)
{
	EVP_PKEY *key;
	int r = lazy_crypto_load(e);

	if (r < 0)
		return r;
	key = generate(type);
	if (!key)
		return trouble(e, ssh_key_type_name(type));
	r = write_key(a, type, key, comment, out, e);
	EVP_PKEY_free(key);
	return r;
}

/* ---- public keys ---- */

int ssh_public_parse(struct arena *a, const char *text, struct ssh_public *out)
{
	struct strbuf blob = {0};
	const char *word, *key;
	size_t n, k;
	int r = -EINVAL;

	if (str_word(&text, &word, &n) && str_word(&text, &key, &k) && n < 64 &&
	    base64_read(key, k, &blob) && blob.len > 4) {
		out->line = arena_printf(a, "%.*s %.*s", (int)n, word, (int)k, key);
		out->fingerprint = fingerprint_of(a, blob.text, blob.len);
		r = 0;
	}
	strbuf_fini(&blob);
	return r;
}
