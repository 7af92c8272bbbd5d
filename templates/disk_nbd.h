/* Formats left to QEMU's block layer: a qemu-nbd of our own behind a private socket, read-only. */
#pragma once

#include "templates/disk.h"

/* The image of the format QEMU calls `format` in file, which is borrowed and must be a raw file or a window
 * of one. The server ends when the disk is closed or the thread that opened it
 * ends, also by a kill. A missing tool or library is -ENOENT
 * with the package's name in the sentence. */
int disk_nbd_open(struct disk *file, const char *format, struct disk **out, struct err *e);
