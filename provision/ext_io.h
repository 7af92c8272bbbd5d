/* libext2fs's io_manager over a struct disk. */
#pragma once

#include "templates/disk.h"

#include "base/lazy_ext2fs.h"

/* The name to open d by: libext2fs hands it to the manager, which finds d again. */
enum { EXT_IO_NAME = 40 };
void ext_io_name(const struct disk *d, char out[EXT_IO_NAME]);
io_manager ext_io_manager(void);
