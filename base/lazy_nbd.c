/* libnbd's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_nbd.h"

#define ROW(f) {#f, offsetof(struct lazy_nbd, f)},

static const struct lazy_symbol symbols[] = {NBD_FUNCTIONS(ROW)};

LAZY_DEFINE(nbd, "libnbd.so.0", "libnbd0", symbols)
