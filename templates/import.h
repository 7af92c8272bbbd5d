/* A template made into a folder of verified disks and a descriptor that names them. */
#pragma once

#include "templates/template.h"

struct import_request {
	const char *folder; /* must not exist, or be empty */
	bool qcow2;         /* else raw */
	bool no_sync;       /* what was made is whole, but a power cut may still take it */
	struct trust_options trust;
	/* How much of the package is read; a negative answer ends the import with it. May be NULL. */
	int (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct import_result {
	const char *descriptor; /* its name in the folder; "" for a bare image */
	const char **disks;     /* names in the folder */
	size_t ndisks, nfiles;  /* files: those copied as they are */
	uint64_t read;          /* bytes of the package */
	const char **warnings;
	size_t nwarnings;
	struct trust trust;
};

/* All or nothing: the folder appears by one rename when every digest was right. Each member is read once; a digest is
 * taken while its disk is decoded. Strings of the result live in the template. */
int import_template(struct template *t, const struct import_request *o, struct import_result *out,
		    struct err *e);
