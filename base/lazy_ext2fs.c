/* libext2fs's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_ext2fs.h"

#define ROW(f) {#f, offsetof(struct lazy_ext2fs, f)},

static const struct lazy_symbol symbols[] = {EXT2FS_FUNCTIONS(ROW)};

LAZY_DEFINE(ext2fs, "libext2fs.so.2", "libext2fs2", symbols)
