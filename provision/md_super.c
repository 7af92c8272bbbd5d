/* Where superblocks are, and the bitmap that carries the array's UUID once more. */
#include "provision/md_super.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	ROOM_0 = 65536, /* 0.90: at the last multiple of it that has as much behind it */
	ROOM_1 = 8192,  /* 1.0: at least so far from the end */
	ALIGN_1 = 4096,
	AT_1_2 = 4096,
	BITMAP_HEAD = 64,
	BITMAP_UUID = 8,
};

static const char bitmap_magic[] = "bitm";

void md_uuid_format(const struct uuid *u, char out[MD_UUID_TEXT])
{
	const uint8_t *b = u->bytes;

	snprintf(out, MD_UUID_TEXT, "%08x:%08x:%08x:%08x", be32(b), be32(b + 4), be32(b + 8),
		 be32(b + 12));
}

const char *md_level_name(int32_t level)
{
	static const struct {
		int32_t level;
		const char *name;
	} names[] = {
		{-1, "linear"}, {0, "raid0"},   {1, "raid1"},      {4, "raid4"},   {5, "raid5"},
		{6, "raid6"},   {10, "raid10"}, {-4, "multipath"}, {-5, "faulty"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].level == level)
			return names[i].name;
	return "an array of an unknown level";
}

const char *md_version(const struct md_super *s)
{
	static const char *const minors[] = {"1.0", "1.1", "1.2"};

	return s->minor < ARRAY_SIZE(minors) ? minors[s->minor] : "0.90";
}

/* ---- looking ---- */

/* What an image's own damage is called is no answer here. */
static int part_read(struct disk *d, void *to, size_t n, uint64_t at, struct err *e)
{
	int r = disk_pread(d, to, n, at, e);

	return r == -ENOENT || r == -EUCLEAN || r == -ENOTSUP ? -EIO : r;
}

static int block_read(struct disk *d, uint64_t at, uint8_t *block, struct err *e)
{
	if (!range_inside(at, MD_BLOCK, d->size))
		return -ENOENT;
	return part_read(d, block, MD_BLOCK, at, e);
}

static int look_0(struct disk *d, struct md_super *out, struct err *e)
{
	uint64_t at = d->size / ROOM_0 * ROOM_0 - ROOM_0;
	uint8_t block[MD_BLOCK];
	int r = d->size < 2 * ROOM_0 ? -ENOENT : block_read(d, at, block, e);

	if (r < 0)
		return r;
	if (!md_super_0_is(block))
		return -ENOENT;
	*out = (struct md_super){.at = at, .minor = 90};
	return md_super_0_parse(block, d->size, out, e);
}

static int look_1(struct disk *d, unsigned minor, uint64_t at, struct md_super *out, struct err *e)
{
	uint8_t block[MD_BLOCK];
	int r = block_read(d, at, block, e);

	if (r < 0)
		return r;
	if (!md_super_1_is(block, at))
		return -ENOENT;
	*out = (struct md_super){.at = at, .minor = minor};
	return md_super_1_parse(block, d->size, out, e);
}

/* Firmware's arrays, which have a partition table inside and no superblock of md's. */
static int look_foreign(struct disk *d, struct md_super *out, struct err *e)
{
	static const char intel[] = "Intel Raid ISM Cfg Sig. ";
	uint8_t tail[1024];
	int r;

	if (d->size < MD_BLOCK || d->size % 512)
		return -ENOENT;
	r = part_read(d, tail, sizeof tail, d->size - sizeof tail, e);
	if (r < 0)
		return r;
	*out = (struct md_super){.at = d->size - sizeof tail, .minor = 90};
	if (memcmp(tail, intel, sizeof intel - 1) == 0)
		return err_set(e, ENOTSUP, "a member of an array of Intel's firmware");
	if (be32(tail + 512) == 0xde11de11)
		return err_set(e, ENOTSUP, "a member of an array of a controller's (DDF)");
	return -ENOENT;
}

/* The bitmap has the UUID as the superblock has it: 0.90's in words. */
static void stored_uuid(const struct md_super *s, const struct uuid *u, uint8_t out[16])
{
	memcpy(out, u->bytes, 16);
	for (size_t i = 0; s->minor == 90 && i < 16; i += 4)
		put_le32(out + i, be32(u->bytes + i));
}

/* A member whose bitmap belongs to another array is left alone. */
static int bitmap_check(const struct md_super *s, struct disk *d, bool *fits, struct err *e)
{
	uint8_t head[BITMAP_HEAD], uuid[16];
	int r = part_read(d, head, sizeof head, s->bitmap, e);

	if (r < 0)
		return r;
	stored_uuid(s, &s->array, uuid);
	*fits = memcmp(head, bitmap_magic, 4) == 0 && memcmp(head + BITMAP_UUID, uuid, 16) == 0;
	return 0;
}

static int checked(int r, struct disk *d, struct md_super *s, struct err *e)
{
	bool fits = true;

	if (r == 0 && s->bitmap)
		r = bitmap_check(s, d, &fits, e);
	if (!fits)
		s->trouble = "its bitmap is damaged";
	return r;
}

int md_super_read_end(struct disk *d, struct md_super *out, struct err *e)
{
	struct md_super s = {0};
	int r = look_0(d, &s, e);

	if (r == -ENOENT && d->size >= 2 * ROOM_1)
		r = look_1(d, 0, (d->size - ROOM_1) / ALIGN_1 * ALIGN_1, &s, e);
	if (r == -ENOENT)
		r = look_foreign(d, &s, e);
	r = checked(r, d, &s, e);
	if (r == 0 || r == -EUCLEAN || r == -ENOTSUP)
		*out = s;
	return r;
}

/* The order is libblkid's. */
int md_super_read(struct disk *d, struct md_super *out, struct err *e)
{
	int r = md_super_read_end(d, out, e);

	if (r != -ENOENT)
		return r;
	r = look_1(d, 1, 0, out, e);
	if (r == -ENOENT)
		r = look_1(d, 2, AT_1_2, out, e);
	return checked(r, d, out, e);
}

/* ---- changing ---- */

int md_super_change(const struct md_super *s, struct disk *d, const struct md_ids *to,
		    struct err *e)
{
	uint8_t block[MD_BLOCK], uuid[16];
	struct md_super now = {.at = s->at, .minor = s->minor};
	int r = block_read(d, s->at, block, e);

	if (r == 0)
		r = s->minor == 90 ? md_super_0_parse(block, d->size, &now, e)
				   : md_super_1_parse(block, d->size, &now, e);
	if (r < 0 || memcmp(&now.array, &s->array, sizeof now.array) != 0)
		return r < 0 ? r : err_set(e, EINVAL, "md: this is another array's member now");
	if (s->minor == 90)
		md_super_0_put(block, to);
	else
		md_super_1_put(block, to);
	r = disk_pwrite(d, block, sizeof block, s->at, e);
	if (r < 0 || !s->bitmap || !to->array)
		return r;
	stored_uuid(s, to->array, uuid);
	return disk_pwrite(d, uuid, sizeof uuid, s->bitmap + BITMAP_UUID, e);
}
