/* A hash table with open addressing, at most half full. */
#include "provision/seen.h"

#include "base/str.h"

#include <stdint.h>

static size_t slot_of(const struct seen *s, const char *text)
{
	uint64_t h = 0xcbf29ce484222325;
	size_t i;

	for (const char *p = text; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3;
	for (i = h ^ h >> 32;; i++) {
		const struct seen_slot *slot = &s->slots[i & (s->room - 1)];

		if (!slot->text || str_eq(slot->text, text))
			return i & (s->room - 1);
	}
}

static void grow(struct seen *s)
{
	struct seen old = *s;

	s->room = old.room ? old.room * 2 : 256;
	s->slots = arena_alloc(s->a, s->room * sizeof *s->slots);
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].text)
			s->slots[slot_of(s, old.slots[i].text)] = old.slots[i];
}

const char *seen_find(const struct seen *s, const char *text)
{
	return s->room ? s->slots[slot_of(s, text)].owner : NULL;
}

const char *seen_add(struct seen *s, const char *text, const char *owner)
{
	struct seen_slot *slot;

	if (s->count * 2 >= s->room)
		grow(s);
	slot = &s->slots[slot_of(s, text)];
	if (slot->text)
		return slot->owner;
	slot->text = text;
	slot->owner = owner;
	s->count++;
	return NULL;
}
