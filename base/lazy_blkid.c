/* libblkid's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_blkid.h"

#define ROW(f) {#f, offsetof(struct lazy_blkid, f)},

static const struct lazy_symbol symbols[] = {BLKID_FUNCTIONS(ROW)};

LAZY_DEFINE(blkid, "libblkid.so.1", "libblkid1", symbols)
