/* Swap areas: a UUID and a label in the first page, and whether somebody is asleep in it. */
#include "provision/guestfs_engine.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MAGIC_SIZE = 10,
	UUID_AT = 1036,
	LABEL_AT = 1052,
	LABEL_SIZE = 16,
	VERSION_AT = 1024,
	FIRST_PAGE = 4096
};

static const struct {
	const char *magic;
	const char *pinned;
} kinds[] = {
	{"SWAPSPACE2", ""},
	{"SWAP-SPACE", "an old swap area without a UUID"},
	{"S1SUSPEND", "the guest is hibernated in this swap area"},
	{"S2SUSPEND", "the guest is hibernated in this swap area"},
	{"ULSUSPEND", "the guest is hibernated in this swap area"},
	{"LINHIB0001", "the guest is hibernated in this swap area"},
};

/* The signature ends the first page, whose size is the guest's: 4 KiB to 64 KiB. */
static int swap_kind(struct disk *d, struct err *e)
{
	char magic[MAGIC_SIZE];

	for (uint64_t page = 4096; page <= 65536 && page <= d->size; page *= 2) {
		int r = disk_pread(d, magic, MAGIC_SIZE, page - MAGIC_SIZE, e);

		if (r < 0)
			return r;
		for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
			if (strncmp(magic, kinds[i].magic, MAGIC_SIZE) == 0)
				return (int)i;
	}
	return err_set(e, EINVAL, "swap: there is no signature");
}

static int swap_open(struct disk *d, struct guest_fs **out, struct err *e)
{
	uint8_t head[LABEL_AT + LABEL_SIZE - VERSION_AT];
	int kind = swap_kind(d, e);
	struct guest_fs *fs;
	struct uuid u;
	int r = kind < 0 ? kind : disk_pread(d, head, sizeof head, VERSION_AT, e);

	if (r < 0)
		return r;
	fs = xcalloc(1, sizeof *fs);
	snprintf(fs->pinned, sizeof fs->pinned, "%s", kinds[kind].pinned);
	memcpy(u.bytes, head + (UUID_AT - VERSION_AT), sizeof u.bytes);
	if (kind != 1 && !bytes_are_zero(u.bytes, sizeof u.bytes)) {
		uuid_format(&u, fs->uuid);
		snprintf(fs->label, sizeof fs->label, "%.*s", LABEL_SIZE,
			 (const char *)head + (LABEL_AT - VERSION_AT));
	}
	*out = fs;
	return 0;
}

static int swap_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e)
{
	int r = disk_pwrite(fs->disk, u->bytes, sizeof u->bytes, UUID_AT, e);

	(void)seed;
	if (r == 0)
		uuid_format(u, fs->uuid);
	return r;
}

/* What was swapped out is nobody's once the machine is off. */
static int swap_owners(struct guest_fs *fs, struct arena *a, struct guest_owner *list, size_t n,
		       bool names, struct err *e)
{
	(void)fs;
	(void)a;
	(void)names;
	(void)e;
	for (size_t i = 0; i < n; i++) {
		list[i].space = list[i].off < FIRST_PAGE ? GUEST_SPACE_META : GUEST_SPACE_FREE;
		list[i].path = "";
		list[i].slack = false;
	}
	return 0;
}

static void swap_close(struct guest_fs *fs)
{
	free(fs);
}

const struct guest_fs_ops guest_swap_ops = {
	.engine = "swap",
	.open = swap_open,
	.close = swap_close,
	.set_uuid = swap_set_uuid,
	.owners = swap_owners,
};
