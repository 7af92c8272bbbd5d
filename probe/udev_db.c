/* The export format: records apart by empty lines; "P:" path, "N:" node, "E:" key=value. */
#include "probe/udev_db.h"

#include "base/scope.h"
#include "base/str.h"

#include <string.h>

enum { DEVICES_MAX = 200000 }; /* hosts with thousands of disks have tens of thousands */

static const struct {
	const char *key;
	size_t offset;
} properties[] = {
	{"DEVNAME=", offsetof(struct udev_device, node)},
	{"SUBSYSTEM=", offsetof(struct udev_device, subsystem)},
	{"DRIVER=", offsetof(struct udev_device, driver)},
	{"PCI_SLOT_NAME=", offsetof(struct udev_device, pci_slot)},
	{"PCI_CLASS=", offsetof(struct udev_device, pci_class)},
	{"PCI_ID=", offsetof(struct udev_device, pci_id)},
	{"ID_VENDOR_FROM_DATABASE=", offsetof(struct udev_device, vendor)},
	{"ID_MODEL_FROM_DATABASE=", offsetof(struct udev_device, model)},
};

static void take_property(struct arena *a, struct udev_device *d, const char *text, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		size_t len = strlen(properties[i].key);

		if (n >= len && strncmp(text, properties[i].key, len) == 0) {
			*(const char **)((char *)d + properties[i].offset) =
				arena_dupn(a, text + len, n - len);
			return;
		}
	}
}

/* Old udev wrote "DEVNAME=kvm" without the folder; "N:" never has it. */
static void settle_node(struct arena *a, struct udev_device *d)
{
	if (d->node && d->node[0] != '/')
		d->node = arena_printf(a, "/dev/%s", d->node);
}

static struct udev_device *begin(struct arena *a, struct udev_db *db, size_t *room,
				 const char *path)
{
	struct udev_device *d;

	if (db->count == DEVICES_MAX)
		return NULL;
	ARENA_GROW(a, db->devices, db->count, *room);
	d = &db->devices[db->count++];
	*d = (struct udev_device){.path = path};
	return d;
}

void udev_db_parse(struct arena *a, const char *text, struct udev_db *out)
{
	struct udev_device *d = NULL;
	const char *line;
	size_t n, room = 0;

	*out = (struct udev_db){0};
	while (str_line(&text, &line, &n)) {
		if (n && line[n - 1] == '\r')
			n--;
		if (n > 3 && strncmp(line, "P: ", 3) == 0) {
			d = begin(a, out, &room, arena_dupn(a, line + 3, n - 3));
			if (!d)
				return;
		} else if (d && n > 3 && strncmp(line, "N: ", 3) == 0) {
			d->node = arena_dupn(a, line + 3, n - 3);
			settle_node(a, d);
		} else if (d && n > 3 && strncmp(line, "E: ", 3) == 0) {
			take_property(a, d, line + 3, n - 3);
			settle_node(a, d);
		}
	}
}

bool udev_db_has_node(const struct udev_db *db, const char *node)
{
	for (size_t i = 0; i < db->count; i++)
		if (str_eq(db->devices[i].node, node))
			return true;
	return false;
}

bool udev_db_has_subsystem(const struct udev_db *db, const char *subsystem)
{
	for (size_t i = 0; i < db->count; i++)
		if (str_eq(db->devices[i].subsystem, subsystem))
			return true;
	return false;
}
