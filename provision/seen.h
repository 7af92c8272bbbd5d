/* A set of texts, each with who brought it: how uniqueness is proved before anything is written. */
#pragma once

#include "base/arena.h"

#include <stddef.h>

struct seen_slot {
	const char *text, *owner;
};

/* A zeroed one is empty; a is set by the caller and holds the table. */
struct seen {
	struct arena *a;
	struct seen_slot *slots;
	size_t count, room;
};

/* Who brought text before, or NULL: then it is added. Both are borrowed. */
const char *seen_add(struct seen *s, const char *text, const char *owner);
const char *seen_find(const struct seen *s, const char *text);
