/* The 512 bytes in front of a member. */
#include "templates/tar_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put_octal(uint8_t *field, size_t n, uint64_t v)
{
	char text[32];

	snprintf(text, sizeof text, "%0*" PRIo64, (int)n - 1, v);
	memcpy(field, text, n);
}

/* 12 bytes: eleven octal digits, or the top bit and 95 bits, big end first. */
static void put_size(uint8_t *field, uint64_t v)
{
	if (v >> 33 == 0) {
		put_octal(field, 12, v);
		return;
	}
	memset(field, 0, 12);
	for (int i = 11; v; i--, v >>= 8)
		field[i] = (uint8_t)v;
	field[0] |= 0x80;
}

void tar_header(uint8_t out[TAR_BLOCK], const char *name, uint64_t size, uint64_t mtime)
{
	unsigned sum = 0;
	char text[8];

	memset(out, 0, TAR_BLOCK);
	memcpy(out, name, strnlen(name, TAR_NAME_MAX));
	put_octal(out + 100, 8, 0644);
	put_octal(out + 108, 8, 0);
	put_octal(out + 116, 8, 0);
	put_size(out + 124, size);
	put_octal(out + 136, 12, mtime);
	memset(out + 148, ' ', 8);
	out[156] = '0';
	memcpy(out + 257, "ustar\00000", 8);
	put_octal(out + 329, 8, 0);
	put_octal(out + 337, 8, 0);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += out[i];
	snprintf(text, sizeof text, "%06o", sum);
	memcpy(out + 148, text, 7);
}
