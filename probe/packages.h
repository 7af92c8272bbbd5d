/* Versions of installed packages, out of the package manager's own records. */
#pragma once

#include "base/str.h"
#include "base/tree.h"

/* Both append "NAME VERSION\n" for each of n names that the text says is installed. */
void packages_from_dpkg(const char *text, const char *const *names, size_t n, struct strbuf *out);
void packages_from_apk(const char *text, const char *const *names, size_t n, struct strbuf *out);
/* The same from the folder names of pacman's database: "qemu-base-9.1.0-1". */
void packages_from_pacman(const struct tree_names *dirs, const char *const *names, size_t n,
			  struct strbuf *out);

/* Which package database the host has: asked once, remembered by captures as the few lines that matter.
 * *text is in the format above. 0, -ENODATA where there is none that can be read (rpm's cannot), or -errno. */
int packages_versions(struct tree *t, const char *const *names, size_t n, const char **text);

/* The version of name in such a text, or NULL; in a. */
const char *packages_find(struct arena *a, const char *text, const char *name);
