/* Members of md arrays, made from the format's description; the sums are added up in another way than the program's. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct md_member_spec {
	unsigned minor; /* 90, or of format 1 */
	int level;
	unsigned places, number;
	uint16_t role;
	const char *name;
	uint64_t size;       /* of the member */
	uint64_t data, used; /* what is the array's: bytes */
	uint64_t chunk;      /* bytes */
	bool dirty, bitmap;
	uint32_t features;
	uint64_t events;
	const uint8_t *uuid; /* NULL: the one below */
};

static const uint8_t md_uuid[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
				    0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe};
#define MD_TEXT "01234567:89abcdef:10325476:98badcfe"

static inline uint64_t md_place(const struct md_member_spec *m)
{
	if (m->minor == 90)
		return (m->size & ~UINT64_C(0xffff)) - 0x10000;
	if (m->minor == 0)
		return ((m->size / 512 - 16) & ~UINT64_C(7)) * 512;
	return m->minor == 1 ? 0 : 4096;
}

/* End-around carry, a halfword at a time. */
static inline uint32_t md_sum(const uint8_t *b, size_t n, size_t at)
{
	uint32_t low = 0, high = 0;
	uint64_t all;

	for (size_t i = 0; i < n; i += 2) {
		uint32_t v = i >= at && i < at + 4 ? 0 : (uint32_t)(b[i] | b[i + 1] << 8);

		if (i % 4)
			high += v;
		else
			low += v;
	}
	all = ((uint64_t)high << 16) + low;
	return (uint32_t)(all + (all >> 32));
}

static inline void md_put_1(uint8_t *b, const struct md_member_spec *m)
{
	put_le32(b, 0xa92b4efc);
	put_le32(b + 4, 1);
	put_le32(b + 8, m->features | (m->bitmap ? 1 : 0));
	memcpy(b + 16, m->uuid ? m->uuid : md_uuid, 16);
	strncpy((char *)b + 32, m->name, 32);
	put_le32(b + 72, (uint32_t)m->level);
	put_le64(b + 80, m->level == 1 ? m->used / 512 : 0);
	put_le32(b + 88, (uint32_t)(m->chunk / 512));
	put_le32(b + 92, m->places);
	put_le32(b + 96, m->minor == 0 ? (uint32_t)-8 : 8);
	put_le64(b + 128, m->data / 512);
	put_le64(b + 136, m->used / 512);
	put_le64(b + 144, md_place(m) / 512);
	put_le32(b + 160, m->number);
	memset(b + 168, 0xd0 + (int)m->number, 16);
	put_le64(b + 200, m->events);
	put_le64(b + 208, m->dirty ? 0 : UINT64_MAX);
	put_le32(b + 220, 8);
	for (unsigned i = 0; i < 8; i++)
		put_le16(b + 256 + 2 * i, i < m->places ? (uint16_t)i : 0xffff);
	put_le16(b + 256 + 2 * m->number, m->role);
	put_le32(b + 216, md_sum(b, 256 + 16, 216));
}

static inline void md_put_0(uint8_t *b, const struct md_member_spec *m)
{
	put_le32(b, 0xa92b4efc);
	put_le32(b + 8, 90);
	for (unsigned i = 0; i < 4; i++)
		put_le32(b + 4 * (i ? 12 + i : 5), be32((m->uuid ? m->uuid : md_uuid) + 4 * i));
	put_le32(b + 28, (uint32_t)m->level);
	put_le32(b + 32, (uint32_t)(m->used / 1024));
	put_le32(b + 40, m->places);
	put_le32(b + 44, 3);
	put_le32(b + 132, (m->dirty ? 0 : 1) | (m->bitmap ? 8 : 0));
	put_le32(b + 156, (uint32_t)m->events);
	put_le32(b + 260, (uint32_t)m->chunk);
	for (unsigned i = 0; i < m->places; i++) {
		put_le32(b + 512 + 128 * i, i);
		put_le32(b + 512 + 128 * i + 12, i);
		put_le32(b + 512 + 128 * i + 16, 6);
	}
	put_le32(b + 4 * 992, m->number);
	put_le32(b + 152, md_sum(b, 4096, 152));
}

/* The superblock and the bitmap's header into a member's bytes. */
static inline void md_put(uint8_t *bytes, const struct md_member_spec *m)
{
	uint8_t *b = bytes + md_place(m), *bitmap = b + (m->minor == 0 ? -4096 : 4096);

	memset(b, 0, 4096);
	if (m->minor == 90)
		md_put_0(b, m);
	else
		md_put_1(b, m);
	if (!m->bitmap)
		return;
	memset(bitmap, 0, 512);
	memcpy(bitmap, "bitm", 4);
	put_le32(bitmap + 4, 4);
	memcpy(bitmap + 8, m->uuid ? m->uuid : md_uuid, 16);
	put_le64(bitmap + 40, m->used / 512);
	put_le32(bitmap + 52, 65536);
	put_le32(bitmap + 56, 5);
	for (unsigned i = 0; m->minor == 90 && i < 16; i += 4)
		put_le32(bitmap + 8 + i, be32((m->uuid ? m->uuid : md_uuid) + i));
}
