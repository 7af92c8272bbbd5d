/* Images that QEMU's block layer writes: VDI, VHD, VHDX. qemu-img is run, formats always named, without a shell. */
#pragma once

#include "base/err.h"
#include "base/stop.h"
#include "templates/disk_format.h"

#include <stdint.h>

/* A format of that word is written by qemu-img. */
bool convert_writes(const char *format, enum disk_format *f);
/* 0 when qemu-img is there, else -ENOENT with the package's name. */
int convert_ready(const char *format, struct err *e);

/* Makes `to` of the qcow2 image `from`, both names in the folder dir. qemu-img ends with the thread that asked, and when
 * stop says so (-EINTR); what it wrote until then is left to the caller. size: bytes the guest sees. */
int convert_image(int dir, const char *from, const char *to, enum disk_format f, uint64_t size,
		  const struct stop *stop, struct err *e);
