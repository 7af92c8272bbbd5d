/* md superblocks of the format 0.90: words in the byte order of the machine that made them, 64 KiB from the end. */
#include "provision/md_super.h"

#include "base/bytes.h"

#include <errno.h>
#include <string.h>

/* Words, not bytes. */
enum {
	W_MAGIC = 0,
	W_MAJOR = 1,
	W_MINOR = 2,
	W_UUID = 5,
	W_LEVEL = 7,
	W_SIZE = 8, /* KiB */
	W_PLACES = 10,
	W_NUMBER = 11,
	W_UUID_REST = 13,
	W_STATE = 33,
	W_SUM = 38,
	W_EVENTS = 39,
	W_CHUNK = 65, /* bytes */
	W_DEVICES = 128,
	W_THIS = 992,
	DEVICES = 27,
	D_WORDS = 32,
	D_PLACE = 3,
	D_STATE = 4,
	BITMAP_HEAD = 512,
};

enum { CLEAN = 1, ERRORS = 2, HAS_BITMAP = 8, IN_CLUSTER = 32 };
enum { IS_FAULTY = 1, IS_IN_SYNC = 4, IS_JOURNAL = 1 << 18 };

static const uint32_t magic = 0xa92b4efc;

static uint32_t word(const uint8_t *b, size_t i)
{
	return le32(b + 4 * i);
}

static uint32_t checksum(const uint8_t *b)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < MD_BLOCK / 4; i++)
		if (i != W_SUM)
			sum += word(b, i);
	return (uint32_t)((sum & 0xffffffff) + (sum >> 32));
}

bool md_super_0_is(const uint8_t *b)
{
	return word(b, W_MAGIC) == magic || be32(b) == magic;
}

static void roles_read(const uint8_t *b, struct md_super *s)
{
	for (size_t i = 0; i < MD_NUMBERS_MAX; i++) {
		size_t at = W_DEVICES + i * D_WORDS;
		uint32_t state = i < DEVICES ? word(b, at + D_STATE) : 0;
		uint32_t place = i < DEVICES ? word(b, at + D_PLACE) : 0;

		s->roles[i] = MD_SPARE;
		if (state & IS_FAULTY)
			s->roles[i] = MD_FAULTY;
		else if (state & IS_JOURNAL)
			s->roles[i] = MD_JOURNAL;
		else if ((state & IS_IN_SYNC) && place < DEVICES)
			s->roles[i] = (uint16_t)place;
	}
	s->device_number = word(b, W_THIS);
	s->role = s->device_number < DEVICES ? s->roles[s->device_number] : MD_SPARE;
}

static void uuid_read(const uint8_t *b, struct uuid *u)
{
	put_be32(u->bytes, word(b, W_UUID));
	for (size_t i = 0; i < 3; i++)
		put_be32(u->bytes + 4 + 4 * i, word(b, W_UUID_REST + i));
}

/* All up to the superblock is the array's. */
static int window_read(const uint8_t *b, uint64_t size, struct md_super *s, struct err *e)
{
	s->size = (uint64_t)word(b, W_SIZE) * 1024;
	s->data_size = s->at;
	if (s->level >= 1 && s->size > s->data_size)
		return err_set(e, EUCLEAN, "md: the array's part of it is larger than it is");
	if (!(word(b, W_STATE) & HAS_BITMAP))
		return 0;
	s->bitmap = s->at + MD_BLOCK;
	if (!range_inside(s->bitmap, BITMAP_HEAD, size))
		return err_set(e, EUCLEAN, "md: its bitmap is where none can be");
	return 0;
}

int md_super_0_parse(const uint8_t *b, uint64_t size, struct md_super *s, struct err *e)
{
	if (word(b, W_MAGIC) != magic)
		return err_set(e, ENOTSUP, "md: made by a machine of the other byte order");
	if (word(b, W_MAJOR) != 0 || (word(b, W_MINOR) != 90 && word(b, W_MINOR) != 91))
		return err_set(e, EUCLEAN, "md: a superblock of version %u.%u", word(b, W_MAJOR),
			       word(b, W_MINOR));
	if (checksum(b) != word(b, W_SUM))
		return err_set(e, EUCLEAN, "md: the superblock's checksum is wrong");
	s->minor = 90;
	s->places = word(b, W_PLACES);
	if (!s->places || s->places > DEVICES)
		return err_set(e, EUCLEAN, "md: an array of %u members", s->places);
	s->level = (int32_t)word(b, W_LEVEL);
	s->chunk = word(b, W_CHUNK);
	s->number = word(b, W_NUMBER);
	s->events = word(b, W_EVENTS) | (uint64_t)word(b, W_EVENTS + 1) << 32;
	s->clean = word(b, W_STATE) & CLEAN;
	uuid_read(b, &s->array);
	roles_read(b, s);
	if (word(b, W_MINOR) == 91)
		s->trouble = "it is being reshaped";
	if (word(b, W_STATE) & ERRORS)
		s->trouble = "it had errors";
	if (word(b, W_STATE) & IN_CLUSTER)
		s->trouble = "it belongs to a cluster";
	return window_read(b, size, s, e);
}

void md_super_0_put(uint8_t *b, const struct md_ids *to)
{
	if (to->array) {
		put_le32(b + 4 * W_UUID, be32(to->array->bytes));
		for (size_t i = 0; i < 3; i++)
			put_le32(b + 4 * (W_UUID_REST + i), be32(to->array->bytes + 4 + 4 * i));
	}
	put_le32(b + 4 * W_SUM, checksum(b));
}
