/* A table of prefixes. A serial number is a disk's, so a clone's disks have others than the template's. */
#include "provision/by_id.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *prefix;
	enum by_id_kind kind;
} prefixes[] = {
	{"dm-name-", BY_ID_MAPPER}, {"dm-uuid-LVM-", BY_ID_LV}, {"lvm-pv-uuid-", BY_ID_PV},
	{"virtio-", BY_ID_DISK},    {"scsi-", BY_ID_DISK},      {"ata-", BY_ID_DISK},
	{"nvme-", BY_ID_DISK},      {"wwn-", BY_ID_DISK},       {"usb-", BY_ID_DISK},
	{"mmc-", BY_ID_DISK},       {"md-uuid-", BY_ID_ARRAY},  {"md-name-", BY_ID_ARRAY},
};

/* "-part2" at the end is cut off. */
static unsigned take_part(char *value)
{
	char *at = strrchr(value, '-');
	size_t digits = at && str_starts(at, "-part") ? strspn(at + 5, "0123456789") : 0;

	if (digits < 1 || digits > 3 || at[5 + digits])
		return 0;
	*at = '\0';
	return (unsigned)strtoul(at + 5, NULL, 10);
}

struct by_id by_id_read(const char *name)
{
	struct by_id b = {.kind = BY_ID_OTHER};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && b.kind == BY_ID_OTHER; i++) {
		if (!str_starts(name, prefixes[i].prefix) || strlen(name) >= BY_ID_NAME)
			continue;
		b.kind = prefixes[i].kind;
		strcpy(b.value, b.kind == BY_ID_DISK ? name : name + strlen(prefixes[i].prefix));
	}
	if (b.kind == BY_ID_DISK)
		b.part = take_part(b.value);
	return b;
}

bool by_id_is_disk(const char *path)
{
	return str_starts(path, BY_ID) && by_id_read(path + strlen(BY_ID)).kind == BY_ID_DISK;
}

/* "virtio-SERIAL", "scsi-0QEMU_QEMU_HARDDISK_SERIAL", "ata-QEMU_HARDDISK_SERIAL" */
bool by_id_has_serial(const struct by_id *b, const char *serial)
{
	size_t n = strlen(serial), all = strlen(b->value);

	return b->kind == BY_ID_DISK && n && all > n && str_eq(b->value + all - n, serial) &&
	       strchr("-_", b->value[all - n - 1]);
}

static bool is_name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("_-.+:=@", c));
}

size_t by_id_replace(const char *text, size_t len,
		     const char *(*instead)(void *ctx, const char *name), void *ctx,
		     struct strbuf *out)
{
	static const size_t before = sizeof BY_ID - 1;
	size_t done = 0, kept = 0;

	for (size_t at = 0; len - at > before; at++) {
		char name[BY_ID_NAME];
		const char *other;
		size_t n = 0;

		if (memcmp(text + at, BY_ID, before) != 0)
			continue;
		while (at + before + n < len && n < sizeof name - 1 &&
		       is_name_char(text[at + before + n])) {
			name[n] = text[at + before + n];
			n++;
		}
		name[n] = '\0';
		other = by_id_read(name).kind == BY_ID_DISK ? instead(ctx, name) : NULL;
		if (!other)
			continue;
		strbuf_addn(out, text + kept, at - kept);
		strbuf_add(out, other);
		kept = at + before + n;
		at = kept - 1;
		done++;
	}
	strbuf_addn(out, text + kept, len - kept);
	return done;
}
