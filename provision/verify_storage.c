/* Partition tables and filesystems: whole, both copies alike, and as many as the template's. */
#include "provision/verify_parts.h"

#include "provision/guest_parts.h"
#include "provision/storage_gpt.h"

#include "base/bytes.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

enum { SECTOR = 512, FAT_SIZE16 = 22, FAT_BACKUP = 50, FAT32_SERIAL = 67 };

/* ---- GPT ---- */

static void check_gpt(struct verify_clone *c, size_t i)
{
	static const uint32_t sectors[] = {512, 4096};
	struct disk *d = c->disks[i];
	struct gpt first = {0}, last = {0};
	struct err e = {0};
	uint32_t sector = 0;
	int r;

	for (size_t k = 0; k < 2 && !sector; k++)
		if (gpt_read(d, sectors[k], 1, &c->mem, &first, NULL) == 0)
			sector = sectors[k];
	if (!sector) {
		verify_wrong(c->subject, VERIFY_STORAGE, "disk %zu: the first GPT is damaged", i);
		return;
	}
	r = gpt_read(d, sector, d->size / sector - 1, &c->mem, &last, &e);
	if (r < 0)
		verify_wrong(c->subject, VERIFY_STORAGE, "disk %zu: the GPT at its end is %s", i,
			     r == -ENOENT ? "not there" : e.text);
	else if (memcmp(first.header + 56, last.header + 56, 16) != 0 ||
		 first.count != last.count || first.size != last.size ||
		 memcmp(first.array, last.array, (size_t)first.count * first.size) != 0)
		verify_wrong(c->subject, VERIFY_STORAGE, "disk %zu: its two GPTs differ", i);
}

/* ---- FAT32 keeps a copy of its boot sector ---- */

static void check_fat(struct verify_clone *c, const struct volume *v)
{
	uint8_t boot[SECTOR], copy[SECTOR];
	uint64_t at;

	if (v->data->size < SECTOR || disk_pread(v->data, boot, SECTOR, 0, NULL) < 0 ||
	    le16(boot + FAT_SIZE16))
		return;
	at = (uint64_t)le16(boot + FAT_BACKUP) * le16(boot + 11);
	if (!at || !range_inside(at, SECTOR, v->data->size) ||
	    disk_pread(v->data, copy, SECTOR, at, NULL) < 0)
		return;
	if (memcmp(boot + FAT32_SERIAL, copy + FAT32_SERIAL, 4) != 0)
		verify_wrong(c->subject, VERIFY_STORAGE,
			     "%s: the copy of its boot sector has another serial number",
			     v->device);
}

/* ---- against the template ---- */

static void check_like(struct verify_clone *c)
{
	const struct storage *own = &c->guest->storage, *was = &c->base->guest->storage;

	if (own->nvolumes != was->nvolumes) {
		verify_wrong(c->subject, VERIFY_STORAGE, "%zu volumes, the template has %zu",
			     own->nvolumes, was->nvolumes);
		return;
	}
	for (size_t i = 0; i < own->nvolumes; i++) {
		if (!str_eq(own->volumes[i].type, was->volumes[i].type))
			verify_wrong(c->subject, VERIFY_STORAGE, "%s: %s, in the template %s",
				     own->volumes[i].device,
				     *own->volumes[i].type ? own->volumes[i].type : "nothing known",
				     *was->volumes[i].type ? was->volumes[i].type
							   : "nothing known");
		else if (c->guest->refusal[i] && !c->base->guest->refusal[i])
			verify_wrong(c->subject, VERIFY_STORAGE, "%s: %s", own->volumes[i].device,
				     c->guest->refusal[i]);
	}
	for (size_t i = 0; i < own->nwarnings; i++) {
		bool known = false;

		for (size_t k = 0; k < was->nwarnings; k++)
			known |= str_eq(own->warnings[i], was->warnings[k]);
		if (!known)
			verify_wrong(c->subject, VERIFY_STORAGE, "%s", own->warnings[i]);
	}
}

void verify_storage(struct verify_clone *c)
{
	if (!c->guest) {
		verify_skip(c->subject, VERIFY_STORAGE, "its disks cannot be opened");
		return;
	}
	guest_facts(c->guest);
	for (size_t i = 0; i < c->guest->storage.ndisks; i++)
		if (c->guest->storage.disks[i].table == TABLE_GPT)
			check_gpt(c, i);
	for (size_t i = 0; i < c->guest->storage.nvolumes; i++)
		if (str_eq(c->guest->storage.volumes[i].type, "vfat"))
			check_fat(c, &c->guest->storage.volumes[i]);
	if (c->base && c->base->guest)
		check_like(c);
	verify_holds(c->subject, VERIFY_STORAGE, "%zu volumes", c->guest->storage.nvolumes);
}
