/* modprobe's configuration: which line keeps a module out. */
#pragma once

#include "base/tree.h"

struct modprobe_line {
	const char *path;
	unsigned line;
	const char *rest; /* what stands behind the module's name: the command of "install" */
};

/* The line "VERB MODULE ..." that counts ("blacklist", "install", "options"), looked for in modprobe's folders
 * in their order; a file hides the files of the same name in later folders. '-' and '_' are the same. */
bool modprobe_find(struct tree *t, const char *verb, const char *module, struct modprobe_line *out);

/* The same in the text of one file; path is left alone. */
bool modprobe_find_in(struct arena *a, const char *text, const char *verb, const char *module,
		      struct modprobe_line *out);

/* True when the two names mean the same module. */
bool modprobe_same_name(const char *a, const char *b, size_t n);
