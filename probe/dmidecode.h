/* What the firmware calls this machine (SMBIOS): from sysfs, or from the text that dmidecode prints. */
#pragma once

#include "base/tree.h"

enum dmi_field {
	DMI_SYS_VENDOR,
	DMI_PRODUCT_NAME,
	DMI_PRODUCT_VERSION,
	DMI_PRODUCT_FAMILY,
	DMI_PRODUCT_SKU,
	DMI_BOARD_VENDOR,
	DMI_BOARD_NAME,
	DMI_BOARD_ASSET_TAG,
	DMI_BIOS_VENDOR,
	DMI_BIOS_VERSION,
	DMI_CHASSIS_VENDOR,
	DMI_CHASSIS_ASSET_TAG,
	DMI_FIELDS
};

struct dmi {
	const char *field[DMI_FIELDS]; /* NULL where nobody says */
	bool found;                    /* at least one field has a value */
	bool says_vm;                  /* BIOS characteristics: "System is a virtual machine" */
	int err;                       /* why nothing was found: a positive errno */
	const char *source;            /* "/sys/class/dmi/id" or the text's path */
};

/* The name of a field in /sys/class/dmi/id. */
const char *dmi_field_name(enum dmi_field f);
/* The field, or "": never NULL. */
const char *dmi_get(const struct dmi *d, enum dmi_field f);

/* Reads sysfs; where a captured tree has none, the dmidecode text beside it (/captured-dmidecode.txt). */
void dmi_gather(struct tree *t, struct dmi *out);

/* Parses dmidecode's text. Any bytes will do: what is not understood is passed over.
 * The first structure of a type wins. Strings are put into a. */
void dmidecode_parse(struct arena *a, const char *text, struct dmi *out);
