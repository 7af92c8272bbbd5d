/* Initial ramdisks: cpio archives one after the other, mostly compressed. Read from memory. What is not compressed is edited
 * where it stands; the rest is overridden by an archive at the end, which the kernel unpacks last. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "provision/refs.h"

#include <stdbool.h>
#include <sys/types.h>

enum { INITRD_MAX = 256 << 20, INITRD_UNPACKED = 1 << 30 };

struct initrd_member {
	const char *name;
	mode_t mode;
	char *data;
	size_t len;
	/* Of an archive that is not compressed: where the whole member stands, and a copy that name and data lie in. */
	size_t off;
	char *raw;
	size_t raw_len;
};

struct initrd {
	struct initrd_member
		*members; /* texts that hold an id; of plain archives also links and names */
	size_t n, room;
	const char *stuck;  /* a member that holds one and is no text, or NULL */
	size_t front, tail; /* what is compressed: at [front, tail) */
};

/* Which members hold an id of refs. -EINVAL for what is no initial ramdisk; damage is an error with a sentence. */
int initrd_search(struct arena *a, const char *data, size_t len, const struct refs *refs,
		  struct initrd *out, struct err *e);
/* The same, but what is compressed is not looked into. */
int initrd_search_plain(struct arena *a, const char *data, size_t len, const struct refs *refs,
			struct initrd *out, struct err *e);
/* New ids for old ones in a member, with its name and its sum where it has them; how many. */
size_t initrd_edit(struct initrd_member *m, const struct refs *refs);
/* Adds a newc archive of these members to out, aligned and ended as the kernel wants it in a file that has before bytes in
 * front of out. */
void initrd_append(struct strbuf *out, size_t before, const struct initrd_member *members,
		   size_t n);
