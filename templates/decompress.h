/* Compressed files of a package: whole, into an unnamed file. */
#pragma once

#include "templates/disk.h"

/* Decompresses file ("gzip" or "bzip2") into an unnamed temporary file that is given back as a raw disk; runs of
 * zeros become holes. More than `limit` bytes, or more than an honest compressor could have shrunk, is refused. */
int decompress_disk(struct disk *file, const char *compression, uint64_t limit, struct disk **out,
		    struct err *e);

/* A file without a name in $TMPDIR or /tmp: a descriptor, or -errno with the sentence. */
int unnamed_file(struct err *e);
