/* A template written as an OVA or an OVF folder that other programs import. */
#pragma once

#include "templates/sign.h"
#include "templates/template.h"

/* What an importer accepts. */
struct pack_target {
	const char *name, *about;
	enum digest_kind digest;
	const char *open,
		*close; /* of a manifest's line, around the name: "SHA256" "(" name ")= " */
};

extern const struct pack_target pack_targets[];
extern const size_t npack_targets;
const struct pack_target *pack_target_find(const char *name);

struct pack_request {
	const char *path; /* NAME.ova, or else a folder to make; it must not exist */
	const struct pack_target *target;
	const struct signer *signer; /* NULL: not signed */
	struct trust_options trust;  /* of the source */
	int level;                   /* of compression, 1 to 12; 0: the default */
	/* How much of the disks is written; a negative answer ends it. May be NULL. */
	int (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct pack_result {
	uint64_t size; /* of all files */
	size_t nfiles; /* in References */
	size_t converted;
};

/* Files in References order behind descriptor, manifest and certificate; disks that are not streamOptimized are
 * converted. The same input gives the same bytes, an ECDSA signature apart. It appears whole or not at all. */
int pack_template(struct template *t, const struct pack_request *o, struct pack_result *out,
		  struct err *e);
