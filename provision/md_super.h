/* What md keeps on a member of an array: superblocks of the formats 0.90, 1.0, 1.1 and 1.2. */
#pragma once

#include "provision/identity.h"
#include "templates/disk.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	MD_UUID_TEXT = 36, /* "01234567:89abcdef:01234567:89abcdef" */
	MD_NAME = 33,
	MD_BLOCK = 4096,     /* no superblock is larger */
	MD_NUMBERS_MAX = 128 /* devices whose roles are remembered */
};

/* Roles that are no place in the array. */
enum { MD_SPARE = 0xffff, MD_FAULTY = 0xfffe, MD_JOURNAL = 0xfffd, MD_PLACES_MAX = 1920 };

struct md_super {
	uint64_t at;        /* in the member */
	unsigned minor;     /* 90: format 0.90; else 1.0, 1.1 or 1.2 */
	struct uuid array;  /* in the order in which mdadm, blkid and GRUB write it */
	struct uuid device; /* 1.x: the member's own */
	char name[MD_NAME]; /* 1.x: "host:0", as far as it can be read */
	uint32_t number;    /* 0.90: of the device node; 1.x: unused */
	int32_t level;
	uint64_t size;            /* of a member, bytes, as far as the array uses it; 0: all */
	uint64_t data, data_size; /* what of the member is the array's: inside it */
	uint64_t chunk;           /* bytes */
	uint32_t places;
	uint32_t device_number;
	uint16_t roles[MD_NUMBERS_MAX], role; /* by device number; this one's */
	uint64_t events;
	bool clean;
	uint64_t bitmap;     /* where the write-intent bitmap's header is; 0: none */
	const char *trouble; /* why such an array is left alone, or NULL */
};

/* Looks in all places where a member keeps its superblock. 0; -ENOENT without a sentence: it is no member; -EUCLEAN: it is
 * one, and damaged; -ENOTSUP: it is one, of an array of another maker's format. */
int md_super_read(struct disk *d, struct md_super *out, struct err *e);
/* The same for the places at the end, which a partition table leaves room for. out->at is set with -EUCLEAN, too. */
int md_super_read_end(struct disk *d, struct md_super *out, struct err *e);

/* New ids of one member; what is NULL stays. */
struct md_ids {
	const struct uuid *array, *device;
	const char *name;
};

/* Changes ids in the superblock, with its checksum, and in the bitmap's header. s is what was read of d. */
int md_super_change(const struct md_super *s, struct disk *d, const struct md_ids *to,
		    struct err *e);

/* As mdadm writes it. */
void md_uuid_format(const struct uuid *u, char out[MD_UUID_TEXT]);
/* "raid1", "linear"... */
const char *md_level_name(int32_t level);
const char *md_version(const struct md_super *s); /* "0.90", "1.2" */

/* ---- the two formats: a block of MD_BLOCK bytes that stood at out->at of a member of that size ---- */

/* Whether the block is one at all. */
bool md_super_0_is(const uint8_t *block);
bool md_super_1_is(const uint8_t *block, uint64_t at);
int md_super_0_parse(const uint8_t *block, uint64_t size, struct md_super *out, struct err *e);
int md_super_1_parse(const uint8_t *block, uint64_t size, struct md_super *out, struct err *e);
/* Ids into the block, and the checksum. */
void md_super_0_put(uint8_t *block, const struct md_ids *to);
void md_super_1_put(uint8_t *block, const struct md_ids *to);
