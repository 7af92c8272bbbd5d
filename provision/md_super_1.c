/* md superblocks of the formats 1.0, 1.1 and 1.2: the same bytes at three places. */
#include "provision/md_super.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <string.h>

enum {
	S_MAGIC = 0,
	S_MAJOR = 4,
	S_FEATURES = 8,
	S_UUID = 16,
	S_NAME = 32,
	S_LEVEL = 72,
	S_SIZE = 80,
	S_CHUNK = 88,
	S_PLACES = 92,
	S_BITMAP = 96,
	S_DATA = 128,
	S_DATA_SIZE = 136,
	S_OFFSET = 144,
	S_NUMBER = 160,
	S_DEVICE = 168,
	S_EVENTS = 200,
	S_RESYNC = 208,
	S_SUM = 216,
	S_ROLES = 220, /* how many */
	S_FIXED = 256,
	ROLES_MAX = (MD_BLOCK - S_FIXED) / 2,
	SECTOR = 512,
	BITMAP_HEAD = 512,
};

static const uint32_t magic = 0xa92b4efc;

enum { HAS_BITMAP = 1, KEEPS_LAYOUT = 4096 };

/* What an array must not be in the middle of; every bit but those two. */
static const struct {
	uint32_t bits;
	const char *text;
} features[] = {
	{2, "it is being rebuilt"},
	{4 | 32 | 64, "it is being reshaped"},
	{8, "it has a list of bad blocks"},
	{16, "one of its members is being replaced"},
	{128, "it is being rebuilt"},
	{256, "it belongs to a cluster"},
	{512, "it has a journal"},
	{1024 | 2048, "it has a log of partial parity (PPL)"},
	{~(uint32_t)(HAS_BITMAP | KEEPS_LAYOUT), "it uses what is not known here"},
};

static uint32_t roles_of(const uint8_t *b)
{
	return le32(b + S_ROLES);
}

/* All words of it but the sum itself, the carries added once. */
static uint32_t checksum(const uint8_t *b)
{
	size_t n = S_FIXED + 2 * (size_t)roles_of(b);
	uint64_t sum = 0;

	for (size_t i = 0; i + 4 <= n; i += 4)
		if (i != S_SUM)
			sum += le32(b + i);
	if (n % 4)
		sum += le16(b + n - 2);
	return (uint32_t)((sum & 0xffffffff) + (sum >> 32));
}

bool md_super_1_is(const uint8_t *b, uint64_t at)
{
	return le32(b + S_MAGIC) == magic && le32(b + S_MAJOR) == 1 &&
	       le64(b + S_OFFSET) == at / SECTOR;
}

static const char *trouble_of(uint32_t bits)
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (bits & features[i].bits)
			return features[i].text;
	return NULL;
}

/* Its data and the superblock are in the member, and apart. */
static int window_read(const uint8_t *b, uint64_t size, struct md_super *s, struct err *e)
{
	if (!mul_fits(le64(b + S_DATA), SECTOR, &s->data) ||
	    !mul_fits(le64(b + S_DATA_SIZE), SECTOR, &s->data_size) ||
	    !mul_fits(le64(b + S_SIZE), SECTOR, &s->size) ||
	    !range_inside(s->data, s->data_size, size) || s->size > s->data_size)
		return err_set(e, EUCLEAN, "md: the array's part of it is larger than it is");
	if (s->data < s->at + MD_BLOCK && s->data + s->data_size > s->at)
		return err_set(e, EUCLEAN, "md: the superblock is in the array's data");
	return 0;
}

/* So many sectors before or behind the superblock. */
static int bitmap_find(const uint8_t *b, uint64_t size, struct md_super *s, struct err *e)
{
	int64_t off = (int64_t)(int32_t)le32(b + S_BITMAP) * SECTOR;
	uint64_t at = s->at + (uint64_t)off;

	if (!(le32(b + S_FEATURES) & HAS_BITMAP))
		return 0;
	if ((off < 0 && (uint64_t)-off > s->at) || !range_inside(at, BITMAP_HEAD, size) ||
	    (at < s->at + MD_BLOCK && at + BITMAP_HEAD > s->at) ||
	    (at < s->data + s->data_size && at + BITMAP_HEAD > s->data))
		return err_set(e, EUCLEAN, "md: its bitmap is where none can be");
	s->bitmap = at;
	return 0;
}

static void roles_read(const uint8_t *b, struct md_super *s)
{
	uint32_t n = roles_of(b);

	for (uint32_t i = 0; i < MD_NUMBERS_MAX; i++)
		s->roles[i] = i < n ? le16(b + S_FIXED + 2 * (size_t)i) : MD_SPARE;
	s->role = MD_SPARE;
	s->device_number = le32(b + S_NUMBER);
	if (s->device_number < MD_NUMBERS_MAX)
		s->role = s->roles[s->device_number];
	else if (s->device_number < n)
		s->trouble = "it has too many members";
}

int md_super_1_parse(const uint8_t *b, uint64_t size, struct md_super *s, struct err *e)
{
	int r;

	if (roles_of(b) > ROLES_MAX)
		return err_set(e, EUCLEAN, "md: the superblock has %u roles", roles_of(b));
	if (checksum(b) != le32(b + S_SUM))
		return err_set(e, EUCLEAN, "md: the superblock's checksum is wrong");
	s->places = le32(b + S_PLACES);
	if (!s->places || s->places > MD_PLACES_MAX)
		return err_set(e, EUCLEAN, "md: an array of %u members", s->places);
	r = window_read(b, size, s, e);
	if (r == 0)
		r = bitmap_find(b, size, s, e);
	if (r < 0)
		return r;
	memcpy(s->array.bytes, b + S_UUID, 16);
	memcpy(s->device.bytes, b + S_DEVICE, 16);
	memcpy(s->name, b + S_NAME, MD_NAME - 1);
	s->level = (int32_t)le32(b + S_LEVEL);
	s->chunk = (uint64_t)le32(b + S_CHUNK) * SECTOR;
	s->events = le64(b + S_EVENTS);
	s->clean = le64(b + S_RESYNC) == UINT64_MAX;
	roles_read(b, s);
	if (trouble_of(le32(b + S_FEATURES)))
		s->trouble = trouble_of(le32(b + S_FEATURES));
	return 0;
}

void md_super_1_put(uint8_t *b, const struct md_ids *to)
{
	if (to->array)
		memcpy(b + S_UUID, to->array->bytes, 16);
	if (to->device)
		memcpy(b + S_DEVICE, to->device->bytes, 16);
	if (to->name) {
		memset(b + S_NAME, 0, MD_NAME - 1);
		memcpy(b + S_NAME, to->name, strnlen(to->name, MD_NAME - 1));
	}
	put_le32(b + S_SUM, checksum(b));
}
