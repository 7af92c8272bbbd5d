/* LUKS: the UUID in its headers, for which no key is needed. What is inside stays unread. */
#include "provision/guestfs_engine.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	VERSION_AT = 6,
	SIZE_AT = 8,
	LABEL_AT = 24,
	LABEL_SIZE = 48,
	ALG_AT = 72,
	UUID_AT = 168,
	UUID_ROOM = 40,
	OFFSET_AT = 256,
	SUM_AT = 448,
	SUM_SIZE = 64,
	HEAD = 4096,
	AREA_MAX = 4 << 20,
};

/* The header at one of the two places with its JSON, all that its checksum covers. */
static int read_area(struct disk *d, uint64_t at, uint64_t size, uint8_t *area, struct err *e)
{
	const char *magic = at ? "SKUL\xba\xbe" : "LUKS\xba\xbe";
	uint8_t sum[SUM_SIZE], want[DIGEST_MAX];
	int r = disk_pread(d, area, size, at, e);

	if (r < 0)
		return r;
	if (memcmp(area, magic, 6) != 0 || be16(area + VERSION_AT) != 2 ||
	    be64(area + SIZE_AT) != size || be64(area + OFFSET_AT) != at)
		return err_set(e, EUCLEAN, "LUKS: the header at %llu makes no sense",
			       (unsigned long long)at);
	if (strncmp((const char *)area + ALG_AT, "sha256", 32) != 0)
		return err_set(e, ENOTSUP,
			       "LUKS: checksums of its header's kind are not made here");
	memcpy(sum, area + SUM_AT, sizeof sum);
	memset(area + SUM_AT, 0, SUM_SIZE);
	r = digest_of(DIGEST_SHA256, area, size, want, e);
	memcpy(area + SUM_AT, sum, sizeof sum);
	if (r == 0 && memcmp(want, sum, 32) != 0)
		r = err_set(e, EUCLEAN, "LUKS: the checksum of the header at %llu is wrong",
			    (unsigned long long)at);
	return r;
}

static int area_size(const uint8_t *head, uint64_t disk_size, uint64_t *size, struct err *e)
{
	*size = be64(head + SIZE_AT);
	if (*size < 4 * HEAD || *size > AREA_MAX || (*size & (*size - 1)) ||
	    !range_inside(*size, *size, disk_size))
		return err_set(e, EUCLEAN, "LUKS: its header has no sensible size");
	return 0;
}

/* Both copies are sound, so that both can be written. */
static int check_areas(struct disk *d, const uint8_t *head, struct err *e)
{
	uint64_t size;
	int r = area_size(head, d->size, &size, e);

	if (r < 0)
		return r;
	SCOPED(free_at) uint8_t *area = xmalloc((size_t)size);

	r = read_area(d, 0, size, area, e);
	return r < 0 ? r : read_area(d, size, size, area, e);
}

static int luks_open(struct disk *d, struct guest_fs **out, struct err *e)
{
	uint8_t head[512];
	struct err why = {0};
	struct guest_fs *fs;
	struct uuid u;
	unsigned version;
	int r = disk_pread(d, head, sizeof head, 0, e);

	if (r < 0)
		return r;
	version = be16(head + VERSION_AT);
	if (memcmp(head, "LUKS\xba\xbe", 6) != 0 || (version != 1 && version != 2))
		return err_set(e, EINVAL, "LUKS: there is no header of version 1 or 2");
	fs = xcalloc(1, sizeof *fs);
	snprintf(fs->uuid, sizeof fs->uuid, "%.36s", (const char *)head + UUID_AT);
	if (version == 2)
		snprintf(fs->label, sizeof fs->label, "%.*s", LABEL_SIZE,
			 (const char *)head + LABEL_AT);
	if (uuid_parse(fs->uuid, &u) < 0)
		guest_fs_pin(fs, "LUKS: its UUID is none");
	else if (version == 2 && check_areas(d, head, &why) < 0)
		guest_fs_pin(fs, why.text);
	*out = fs;
	return 0;
}

static int set_area(struct disk *d, uint64_t at, uint64_t size, uint8_t *area, const char *text,
		    struct err *e)
{
	uint8_t sum[DIGEST_MAX];
	int r = read_area(d, at, size, area, e);

	if (r < 0)
		return r;
	memset(area + UUID_AT, 0, UUID_ROOM);
	memcpy(area + UUID_AT, text, strlen(text));
	memset(area + SUM_AT, 0, SUM_SIZE);
	r = digest_of(DIGEST_SHA256, area, size, sum, e);
	if (r < 0)
		return r;
	memcpy(area + SUM_AT, sum, 32);
	return disk_pwrite(d, area, HEAD, at, e);
}

static int luks_set_uuid(struct guest_fs *fs, const struct uuid *u, bool seed, struct err *e)
{
	char text[UUID_ROOM] = "";
	uint8_t head[512];
	uint64_t size;
	int r = disk_pread(fs->disk, head, sizeof head, 0, e);

	(void)seed;
	uuid_format(u, text);
	if (r == 0 && be16(head + VERSION_AT) == 1) {
		r = disk_pwrite(fs->disk, text, sizeof text, UUID_AT, e);
	} else if (r == 0) {
		r = area_size(head, fs->disk->size, &size, e);
		if (r < 0)
			return r;
		SCOPED(free_at) uint8_t *area = xmalloc((size_t)size);

		r = set_area(fs->disk, 0, size, area, text, e);
		if (r == 0)
			r = set_area(fs->disk, size, size, area, text, e);
	}
	if (r == 0)
		uuid_format(u, fs->uuid);
	return r;
}

static void luks_close(struct guest_fs *fs)
{
	free(fs);
}

const struct guest_fs_ops guest_luks_ops = {
	.engine = "luks",
	.open = luks_open,
	.close = luks_close,
	.set_uuid = luks_set_uuid,
};
