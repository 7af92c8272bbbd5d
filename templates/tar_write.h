/* Tar headers as OVF asks for them: ustar, and GNU's base-256 where a size is 8 GiB or more. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { TAR_BLOCK = 512, TAR_NAME_MAX = 99 };

/* The header of a regular file; nothing in it depends on who or when. mtime: seconds since 1970. The name has at most
 * TAR_NAME_MAX bytes. */
void tar_header(uint8_t out[TAR_BLOCK], const char *name, uint64_t size, uint64_t mtime);

static inline uint64_t tar_padded(uint64_t size)
{
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}
