/* libguestfs's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_guestfs.h"

#define ROW(f) {#f, offsetof(struct lazy_guestfs, f)},

static const struct lazy_symbol symbols[] = {GUESTFS_FUNCTIONS(ROW)};

LAZY_DEFINE(guestfs, "libguestfs.so.0", "libguestfs0", symbols)
