/* What uname(2) says about a host, live or captured. */
#pragma once

#include "base/tree.h"

struct uname_words {
	const char *sysname, *nodename, *release, *version, *machine; /* NULL: not known */
	const char *source;
};

/* From uname(2) or its recorded answer; in a plain folder from /proc/sys/kernel and /proc/version.
 * -ENODATA when not even the release could be found; what was found is filled in either way. */
int uname_read(struct tree *t, struct uname_words *out);
