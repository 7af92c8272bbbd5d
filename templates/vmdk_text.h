/* The VMDK descriptor: the text that names a disk's type, parent and extents. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum vmdk_extent_type { VMDK_SPARSE, VMDK_FLAT, VMDK_ZERO };

struct vmdk_extent_line {
	enum vmdk_extent_type type;
	uint64_t sectors, offset; /* offset: in sectors, of FLAT extents */
	const char *name;         /* a plain member name; NULL for ZERO */
};

struct vmdk_text {
	char create_type[40];
	uint32_t cid, parent_cid; /* parent_cid 0xffffffff: no parent */
	const char *parent_hint;  /* NULL: none */
	struct vmdk_extent_line *extents;
	size_t count, room;
};

/* Strings live in a. Extents that are devices, or names with a path, are refused. */
int vmdk_text_parse(struct arena *a, const char *text, size_t len, struct vmdk_text *t,
		    struct err *e);

/* True when the first len bytes of a file begin a descriptor. */
bool vmdk_text_looks_like(const char *text, size_t len);
