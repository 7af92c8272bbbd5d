/* What a guest shall become, from options; and the cloud-config that says so. */
#pragma once

#include "cloud-init/seed.h"

struct seed_user {
	const char *name, *gecos, *shell, *homedir;
	const char *sudo; /* a rule, "ALL=(ALL) NOPASSWD:ALL" for the word alone; NULL: none */
	const char *password_hash; /* crypt(3)'s; NULL: no password, login by key only */
	const char *password_file; /* for the caller, who reads and hashes it */
	struct seed_list groups, ssh_keys;
	bool system;
};

struct seed_write {
	const char *path, *permissions, *owner;
	struct seed_text content;
	bool variables; /* ${NAME} in the content, too */
};

/* An SSH host key of this machine, so that its entry in known_hosts is right from the first boot. */
struct seed_host_key {
	const char *kind; /* "ed25519", "ecdsa", "rsa" */
	struct seed_text private_key;
	const char *public_key;
};

struct seed_config {
	struct seed_user *users;
	size_t nusers, users_room;
	const char *password_hash; /* of the guest's default user */
	bool password_login;       /* sshd takes passwords */
	struct seed_list packages, run;
	struct seed_write *writes;
	size_t nwrites, writes_room;
	struct seed_host_key *host_keys;
	size_t nhost_keys, host_keys_room;
	bool host_keys_stay; /* those on the disk are these already */
	bool grow;           /* the root partition and its filesystem, to the end of the disk */
	const char *timezone, *locale;
};

/* Adds the user that "name=alice,group=adm,group=docker,sudo,shell=/bin/bash" describes; a name alone will do.
 * ssh-key= and password-file= are left to the caller, who may open files. */
int config_add_user(struct arena *a, struct seed_config *c, const char *spec, struct err *e);
void config_add_write(struct arena *a, struct seed_config *c, struct seed_write w);
/* An SSH public key itself, as against the name of a file. */
bool config_is_key(const char *text);
/* The keys in a text as ssh-keygen and authorized_keys have it; from: what it is called. */
int config_take_keys(struct arena *a, struct seed_list *out, struct seed_text text,
		     const char *from, struct err *e);
/* A complete one, checked. */
int config_take_user(struct arena *a, struct seed_config *c, struct seed_user u, struct err *e);
/* Tells the kind by the public key. */
int config_add_host_key(struct arena *a, struct seed_config *c, struct seed_text private_key,
			const char *public_key, struct err *e);

struct seed_variables;

/* A copy with values for ${NAME} in all but hashes and keys of hosts; in contents where they
 * ask for it. */
int config_substitute(struct arena *a, const struct seed_config *c, const struct seed_variables *v,
		      struct seed_config *out, struct err *e);

bool config_is_empty(const struct seed_config *c);
/* "#cloud-config ..." */
void config_write(struct arena *a, const struct seed_config *c, struct seed_text *out);

/* A crypt(3) hash by SHA-512. The salt is made from what it is for, so that the same seed comes out the same; it has
 * to differ from others, not to be secret. Takes some milliseconds. */
int config_hash_password(struct arena *a, const char *password, const char *what_for,
			 const char **out, struct err *e);
bool config_is_hash(const char *text);
