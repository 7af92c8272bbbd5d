/* A kernel's build configuration: the values of the options one asks for. */
#pragma once

#include "base/arena.h"

#include <stddef.h>

enum { KCONFIG_MAX = 4 << 20 }; /* the longest known is 300 kB */

/* "y", "m", a number or a quoted string; NULL for "is not set" and for an option that is not there. */
struct kconfig_option {
	const char *name; /* without CONFIG_ */
	const char *value;
};

/* Reads a configuration, gzipped (/proc/config.gz) or plain, and sets the value of each option asked for;
 * where an option is set twice the last one counts, as for the kernel. Values live in a.
 * Returns how many options the text sets in all, or -EINVAL (damaged gzip), -EFBIG, -ENODATA (no option at all). */
int kconfig_read(const void *data, size_t len, struct kconfig_option *options, size_t n,
		 struct arena *a);
