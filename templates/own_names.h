/* Names for files of our own, made from names that somebody else chose. */
#pragma once

#include "base/arena.h"

struct own_names {
	struct arena *a;
	const char **taken;
	size_t count, room;
};

/* The last part of a package's name, with harmless characters, the suffix (NULL: its own), and different from all
 * given out before, also where case does not count. At most 99 bytes. */
const char *own_name(struct own_names *n, const char *from, const char *suffix);
