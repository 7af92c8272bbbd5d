/* What `udevadm info --export-db` printed on some host, as a source of device facts. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* One record. Fields are NULL when the record lacks them. */
struct udev_device {
	const char *path; /* "/devices/pci0000:00/0000:00:02.0" */
	const char *node; /* "/dev/kvm" */
	const char *subsystem, *driver;
	const char *pci_slot, *pci_class, *pci_id;
	const char *vendor, *model; /* from the hardware database */
};

struct udev_db {
	struct udev_device *devices;
	size_t count;
};

/* Text of any origin: what is no record is passed over. Strings live in a. */
void udev_db_parse(struct arena *a, const char *text, struct udev_db *out);

bool udev_db_has_node(const struct udev_db *db, const char *node);
bool udev_db_has_subsystem(const struct udev_db *db, const char *subsystem);
