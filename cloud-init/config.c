/* Users, files and keys from options, and passwords into hashes. */
#include "cloud-init/config.h"

#include "base/lazy_crypt.h"
#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { USERS_MAX = 256, PASSWORD_MAX = 512 };

static const struct {
	const char *key;
	size_t at; /* in struct seed_user */
	bool list, alone;
} keys[] = {
	{"name", offsetof(struct seed_user, name), false, false},
	{"gecos", offsetof(struct seed_user, gecos), false, false},
	{"shell", offsetof(struct seed_user, shell), false, false},
	{"home", offsetof(struct seed_user, homedir), false, false},
	{"sudo", offsetof(struct seed_user, sudo), false, true},
	{"password-hash", offsetof(struct seed_user, password_hash), false, false},
	{"password-file", offsetof(struct seed_user, password_file), false, false},
	{"group", offsetof(struct seed_user, groups), true, false},
	{"ssh-key", offsetof(struct seed_user, ssh_keys), true, false},
};

static int take(struct arena *a, struct seed_user *u, const struct spec_pair *pair, struct err *e)
{
	const char *known[ARRAY_SIZE(keys)];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		void *at = (char *)u + keys[i].at;

		known[i] = keys[i].key;
		if (!str_eq(keys[i].key, pair->key))
			continue;
		if (!pair->value && !keys[i].alone)
			return err_set(e, EINVAL, "--user: '%s' needs a value", pair->key);
		if (keys[i].list)
			seed_list_add(a, at, pair->value);
		else
			*(const char **)at = pair->value ? pair->value : "ALL=(ALL) NOPASSWD:ALL";
		return 0;
	}
	if (str_eq(pair->key, "system") && !pair->value) {
		u->system = true;
		return 0;
	}
	return spec_unknown("--user", pair->key, known, ARRAY_SIZE(known), e);
}

/* What useradd takes. */
static bool is_user_name(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("_-.", name[i]))
			return false;
	return n && n <= 32 && name[0] != '-' && name[0] != '.' && !isdigit((unsigned char)name[0]);
}

int config_take_user(struct arena *a, struct seed_config *c, struct seed_user u, struct err *e)
{
	if (c->nusers == USERS_MAX)
		return err_set(e, E2BIG, "more than %d users", USERS_MAX);
	/* A name with a variable is looked at again when its value is there. */
	if (!u.name || (!is_user_name(u.name) && !strstr(u.name, "${")))
		return err_set(e, EINVAL, "--user: '%.40s' is no name for a user",
			       u.name ? u.name : "");
	if (u.password_hash && !config_is_hash(u.password_hash))
		return err_set(e, EINVAL,
			       "--user: the password-hash of '%s' is no hash as crypt(3) makes it",
			       u.name);
	ARENA_GROW(a, c->users, c->nusers, c->users_room);
	c->users[c->nusers++] = u;
	return 0;
}

int config_add_user(struct arena *a, struct seed_config *c, const char *spec, struct err *e)
{
	struct seed_user u = {0};
	struct spec_pair pair;
	bool first = true;
	int r;

	while ((r = spec_next(a, &spec, &pair, e)) > 0) {
		if (first && !pair.value)
			u.name = pair.key;
		else
			r = take(a, &u, &pair, e);
		if (r < 0)
			return r;
		first = false;
	}
	if (r < 0)
		return r;
	return config_take_user(a, c, u, e);
}

bool config_is_key(const char *text)
{
	return str_starts(text, "ssh-") || str_starts(text, "ecdsa-sha2-") ||
	       str_starts(text, "sk-");
}

int config_take_keys(struct arena *a, struct seed_list *out, struct seed_text text,
		     const char *from, struct err *e)
{
	struct seed_text line;
	size_t before = out->count;

	while (seed_text_line(&text, &line)) {
		char *key = str_trim(arena_dupn(a, line.bytes, line.size));

		if (str_starts(key, "-----BEGIN"))
			return err_set(e, EINVAL, "%s: a private key; its .pub file is wanted",
				       from);
		if (*key && *key != '#')
			seed_list_add(a, out, key);
	}
	if (out->count == before)
		return err_set(e, EINVAL, "%s: no key in it", from);
	return 0;
}

void config_add_write(struct arena *a, struct seed_config *c, struct seed_write w)
{
	ARENA_GROW(a, c->writes, c->nwrites, c->writes_room);
	c->writes[c->nwrites++] = w;
}

int config_add_host_key(struct arena *a, struct seed_config *c, struct seed_text private_key,
			const char *public_key, struct err *e)
{
	static const struct {
		const char *prefix, *kind;
	} kinds[] = {{"ssh-ed25519 ", "ed25519"}, {"ecdsa-sha2-", "ecdsa"}, {"ssh-rsa ", "rsa"}};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!str_starts(public_key, kinds[i].prefix))
			continue;
		ARENA_GROW(a, c->host_keys, c->nhost_keys, c->host_keys_room);
		c->host_keys[c->nhost_keys++] =
			(struct seed_host_key){kinds[i].kind, private_key, public_key};
		return 0;
	}
	return err_set(e, EINVAL, "a host key of a kind other than ed25519, ecdsa or rsa");
}

bool config_is_hash(const char *text)
{
	/* "$6$salt$hash": no white space, no colon, for it goes into /etc/shadow. */
	return text[0] == '$' && isalnum((unsigned char)text[1]) && strlen(text) > 20 &&
	       strchr(text + 1, '$') && !strpbrk(text, ": \t\r\n");
}

/* 16 characters of crypt's alphabet; FNV-1a, twice. */
static void make_salt(const char *password, const char *what_for, char salt[17])
{
	static const char digits[] =
		"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t h = 0xcbf29ce484222325ull;

	for (int i = 0; i < 16; i++) {
		for (const char *p = what_for; *p; p++)
			h = (h ^ (uint8_t)*p) * 0x100000001b3ull;
		h = (h ^ strlen(password)) * 0x100000001b3ull;
		salt[i] = digits[h >> 32 & 63];
	}
	salt[16] = 0;
}

int config_hash_password(struct arena *a, const char *password, const char *what_for,
			 const char **out, struct err *e)
{
	SCOPED(free_at) struct crypt_data *data = NULL;
	char salt[17], setting[32];
	const char *hash;
	int r;

	if (!*password || strlen(password) >= PASSWORD_MAX)
		return err_set(e, EINVAL, "a password has 1 to %d characters", PASSWORD_MAX - 1);
	r = lazy_crypt_load(e);
	if (r < 0)
		return r;
	make_salt(password, what_for, salt);
	snprintf(setting, sizeof setting, "$6$%s$", salt);
	data = xcalloc(1, sizeof *data);
	hash = crypt_rn(password, setting, data, sizeof *data);
	if (!hash)
		return err_set(e, EINVAL, "this password cannot be hashed");
	*out = arena_dup(a, hash);
	explicit_bzero(data, sizeof *data);
	return 0;
}
