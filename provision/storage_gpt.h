/* GPT on a disk: the header that is right, and its entries. */
#pragma once

#include "templates/disk.h"

#include "base/arena.h"

enum { GPT_ENTRIES_MAX = 1024, GPT_ENTRY_MAX = 512, GPT_HEADER_MAX = 512 };

struct gpt {
	uint32_t sector;     /* 512 or 4096 */
	uint64_t at, backup; /* LBA of this header and of the other, as it says */
	uint64_t entries;    /* LBA */
	uint32_t count, size;
	uint32_t header_size;
	uint8_t header[GPT_HEADER_MAX];
	uint8_t *array; /* count * size bytes, in the arena */
};

/* The header at byte off, checked whole; -ENOENT when there is none, -EUCLEAN with the sentence when it is damaged. */
int gpt_read(struct disk *d, uint32_t sector, uint64_t lba, struct arena *a, struct gpt *out,
	     struct err *e);
/* The primary, or the backup at the end of the disk when that is all there is (*warning says so). -ENOENT: no GPT. */
int gpt_find(struct disk *d, struct arena *a, struct gpt *out, const char **warning, struct err *e);
/* GUIDs have their first three fields little-endian on disk. */
void gpt_guid_swap(const uint8_t in[16], uint8_t out[16]);
