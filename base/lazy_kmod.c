/* libkmod's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_kmod.h"

#define ROW(f) {#f, offsetof(struct lazy_kmod, f)},

static const struct lazy_symbol symbols[] = {KMOD_FUNCTIONS(ROW)};

LAZY_DEFINE(kmod, "libkmod.so.2", "libkmod2", symbols)
