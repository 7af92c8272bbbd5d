/* libcrypto's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_crypto.h"

#define ROW(f) {#f, offsetof(struct lazy_crypto, f)},

static const struct lazy_symbol symbols[] = {CRYPTO_FUNCTIONS(ROW)};

LAZY_DEFINE(crypto, "libcrypto.so.3", "libssl3", symbols)
