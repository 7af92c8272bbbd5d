/* libarchive's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_archive.h"

#define ROW(f) {#f, offsetof(struct lazy_archive, f)},

static const struct lazy_symbol symbols[] = {ARCHIVE_FUNCTIONS(ROW)};

LAZY_DEFINE(archive, "libarchive.so.13", "libarchive13", symbols)
