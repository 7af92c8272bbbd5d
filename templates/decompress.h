/* Compressed files of a package: whole, into an unnamed file. */
#pragma once

#include "base/stop.h"
#include "templates/disk.h"

struct decompress_options {
	const char *compression; /* gzip, bzip2, xz or zstd */
	uint64_t limit;          /* bytes that an honest file holds at most */
	const struct stop *stop; /* or NULL */
};

/* Decompresses file into an unnamed temporary file that is given back as a raw disk; runs of zeros become holes. More
 * than the limit, or more than an honest compressor could have shrunk, is refused. */
int decompress_disk(struct disk *file, const struct decompress_options *o, struct disk **out,
		    struct err *e);

/* What the first bytes of a file say it is compressed by, and how such files' names end; NULL: by none of them. */
const char *compression_sniff(const uint8_t *head, size_t n, const char **suffix);

/* A file without a name in $TMPDIR or /tmp: a descriptor, or -errno with the sentence. */
int unnamed_file(struct err *e);
