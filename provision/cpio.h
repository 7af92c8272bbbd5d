/* Archives in cpio's newc form, in memory, as the kernel reads them in initial ramdisks. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CPIO_HEADER = 110 };

/* A member; name, body and next are offsets in the same bytes as the one it was asked for at. */
struct cpio_member {
	mode_t mode;
	size_t size, named; /* of its body, and of its name with the NUL */
	size_t name, body, next;
	bool last;   /* the archive's end */
	bool summed; /* the header holds a sum of the body */
};

/* The fields of a header of CPIO_HEADER bytes alone: neither offsets nor last. False for what is none. */
bool cpio_header(const char *raw, struct cpio_member *m);
/* A member whole within len, at a multiple of four. Its name ends with a NUL. */
bool cpio_at(const char *data, size_t len, size_t at, struct cpio_member *m);
/* Over the zeros between members and archives. */
size_t cpio_skip(const char *data, size_t len, size_t at);
/* Behind the last whole archive of those that begin at at; at when there is none. *stopped: no member is there. */
size_t cpio_end(const char *data, size_t len, size_t at, size_t *stopped);
/* Writes the sum of the body into the header of a member at 0 that has one. */
void cpio_sum(char *raw, const struct cpio_member *m);
/* What a body is filled up to. */
size_t cpio_aligned(size_t n);
/* Adds a member to out, which stands behind before bytes of its file; the last one is named CPIO_LAST. */
#define CPIO_LAST "TRAILER!!!"
void cpio_add(struct strbuf *out, size_t before, unsigned ino, const char *name, mode_t mode,
	      const char *data, size_t len);
/* Fills out up to where a member may begin. */
void cpio_pad(struct strbuf *out, size_t before);
