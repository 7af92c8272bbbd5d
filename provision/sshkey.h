/* SSH host keys: made from the system's random source, written as OpenSSH writes them. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum ssh_key_type { SSH_ED25519, SSH_ECDSA, SSH_RSA, SSH_KEY_TYPES };

enum { SSH_RSA_BITS = 3072 };

struct ssh_key {
	const char *private_text; /* openssh-key-v1 in PEM, not encrypted; wipe it after use */
	const char *public_text;  /* "ssh-ed25519 AAAA... comment\n" */
	const char *line;         /* the same without comment and newline */
	const char *fingerprint;  /* "SHA256:..." as ssh-keygen -l prints it */
};

/* "ed25519", "ecdsa", "rsa" */
const char *ssh_key_type_name(enum ssh_key_type t);
/* -EINVAL for a name that is none of them. */
int ssh_key_type_parse(const char *name, enum ssh_key_type *out);

/* A new key. Texts live in the arena. */
int ssh_key_make(struct arena *a, enum ssh_key_type type, const char *comment, struct ssh_key *out,
		 struct err *e);

struct ssh_public {
	const char *line, *fingerprint;
};

/* The first key of a .pub file. -EINVAL when there is none. */
int ssh_public_parse(struct arena *a, const char *text, struct ssh_public *out);

/* RSA keys made ahead of need, since one takes as long as fifty clones: a folder of files, mode 0600, each used once. A key
 * is used after its name is gone, so no other run can have it, and a run that dies has at most lost it. A copy of the folder
 * would give keys twice. */
struct ssh_key_pool;

/* folder may be NULL or not be there: an empty pool. Refused when others may read or change it. */
int ssh_key_pool_open(struct ssh_key_pool **out, const char *folder, struct err *e);
void ssh_key_pool_close(struct ssh_key_pool *p); /* NULL is allowed */
/* The next key, from any thread; as ssh_key_make once the pool is empty. p may be NULL. */
int ssh_key_pool_take(struct ssh_key_pool *p, struct arena *a, const char *comment,
		      struct ssh_key *out, struct err *e);
/* How many of the keys taken had to be made. */
size_t ssh_key_pool_made(struct ssh_key_pool *p);
/* After it no key taken comes back, not even by a power cut. */
int ssh_key_pool_settle(struct ssh_key_pool *p, struct err *e);

struct ssh_key_fill {
	size_t want; /* so many keys shall be there */
	int (*progress)(void *ctx, size_t done, size_t total);
	void *ctx;
	size_t made, have; /* results */
};

/* Makes what is missing, with all processors. The folder is made, too. */
int ssh_key_pool_fill(const char *folder, struct ssh_key_fill *f, struct err *e);
