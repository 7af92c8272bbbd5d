/* Verified bases: base/DIGEST.qcow2, made once per template, shared by every linked clone and never written again. */
#pragma once

#include "provision/source.h"

enum { DIGEST_TEXT = 65 };

struct base_disk {
	const char *file;   /* "base/DIGEST.qcow2", below the output folder */
	struct disk *image; /* open; any number of threads may read it */
	struct disk *raw;   /* its file */
	uint64_t size;      /* bytes the guest sees */
	bool expanded;      /* expansion is a file without a name that holds what the guest sees */
	int expansion;
};

struct base {
	char digest[DIGEST_TEXT]; /* of the template: its descriptor and its disks */
	struct base_disk *disks;
	size_t ndisks;
	bool made; /* by this call */
};

struct base_options {
	/* How much of the template is read; NULL: nobody asks. A negative answer stops. */
	int (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

/* Finds the template's base in the output folder out (a descriptor), or makes it in one pass that verifies the
 * template, too. A base that is not what was made is refused. Strings live in a. */
int base_open(struct base *b, struct arena *a, int out, struct source *s,
	      const struct base_options *o, struct err *e);
void base_close(struct base *b);

/* base_expand.c: where out's filesystem shares blocks between files, a raw copy of each disk for the time of this run,
 * which full raw clones share theirs with. Elsewhere nothing happens. */
int base_expand(struct base *b, int out, const struct stop *stop, struct err *e);
/* What the guest sees of src, into the empty file fd: holes stay holes. */
int base_write_raw(int fd, struct disk *src, struct err *e);

/* base_digest.c: the template's digest alone, verified; nothing is written. */
int base_digest(struct source *s, char digest[DIGEST_TEXT], struct err *e);
/* Which base fits a template that has not changed since, by its record; false when none does. */
bool base_known(struct arena *a, int out, const struct source *s, char digest[DIGEST_TEXT]);
