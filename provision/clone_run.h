/* `vmint clone` without its command line: from a checked spec to a finished fleet. */
#pragma once

#include "provision/apply.h"
#include "provision/clone_seed.h"
#include "provision/fleet.h"

struct clone_options {
	bool dry_run, replace, kvm;
	const char *key_pool; /* a folder of prepared RSA keys, or NULL */
	/* All may be NULL. stage is "base" or "clones" ("clones, RSA" when keys had to be made); done and total are
	 * bytes of the template, or clones. */
	int (*progress)(void *ctx, const char *stage, uint64_t done, uint64_t total);
	void (*waiting)(void *ctx); /* another run has the folder */
	struct stop stop;           /* asked for on any thread */
	void *ctx;
};

struct clone_run {
	struct arena a;
	struct fleet fleet;
	struct source source;
	struct plan plan;
	struct base base;
	struct apply_result result;
	const char *os;        /* what the guest calls itself, or "" */
	const char **warnings; /* about the guest */
	size_t nwarnings;
	size_t keys_made; /* RSA keys that were not prepared */
	struct clone_seeding seeding;
	struct findings findings; /* of what cloud-init would read */
	struct strbuf seed;       /* of a dry run: the first clone's, secrets as "***" */
	json_t *preview;          /* of a dry run: what changes inside the first clone; or NULL */
	bool opened;
};

/* Reads the files that the spec names into it. After an error, too, clone_close. */
int clone_run(struct clone_run *run, struct spec *spec, const struct clone_options *o,
	      struct err *e);
void clone_close(struct clone_run *run);
