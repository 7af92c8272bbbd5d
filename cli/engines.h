/* --engines: whether libguestfs may be used where no engine of ours reads files. */
#pragma once

#include "base/err.h"

/* NULL: as usual. */
int engines_choose(const char *word, struct err *e);
