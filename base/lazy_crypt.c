/* libcrypt's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_crypt.h"

#define ROW(f) {#f, offsetof(struct lazy_crypt, f)},

static const struct lazy_symbol symbols[] = {CRYPT_FUNCTIONS(ROW)};

LAZY_DEFINE(crypt, "libcrypt.so.1", "libcrypt1", symbols)
