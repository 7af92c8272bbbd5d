/* SMBIOS strings: sysfs, and dmidecode's text for captures that have only that. */
#include "probe/dmidecode.h"

#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DMI_TEXT_MAX = 1 << 20, DMI_VALUE_MAX = 256 };

static const struct {
	const char *name; /* in /sys/class/dmi/id */
	unsigned type;    /* SMBIOS structure */
	const char *label;
} fields[DMI_FIELDS] = {
	[DMI_SYS_VENDOR] = {"sys_vendor", 1, "Manufacturer"},
	[DMI_PRODUCT_NAME] = {"product_name", 1, "Product Name"},
	[DMI_PRODUCT_VERSION] = {"product_version", 1, "Version"},
	[DMI_PRODUCT_FAMILY] = {"product_family", 1, "Family"},
	[DMI_PRODUCT_SKU] = {"product_sku", 1, "SKU Number"},
	[DMI_BOARD_VENDOR] = {"board_vendor", 2, "Manufacturer"},
	[DMI_BOARD_NAME] = {"board_name", 2, "Product Name"},
	[DMI_BOARD_ASSET_TAG] = {"board_asset_tag", 2, "Asset Tag"},
	[DMI_BIOS_VENDOR] = {"bios_vendor", 0, "Vendor"},
	[DMI_BIOS_VERSION] = {"bios_version", 0, "Version"},
	[DMI_CHASSIS_VENDOR] = {"chassis_vendor", 3, "Manufacturer"},
	[DMI_CHASSIS_ASSET_TAG] = {"chassis_asset_tag", 3, "Asset Tag"},
};

const char *dmi_field_name(enum dmi_field f)
{
	return fields[f].name;
}

const char *dmi_get(const struct dmi *d, enum dmi_field f)
{
	return d->field[f] ? d->field[f] : "";
}

static bool is_filler(const char *s)
{
	static const char *const words[] = {
		"", "Not Specified", "Not Present", "<BAD INDEX>", "None", "Unknown",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(s, words[i]))
			return true;
	return false;
}

static void set_field(struct dmi *d, enum dmi_field f, const char *value)
{
	if (d->field[f] || is_filler(value))
		return;
	d->field[f] = value;
	d->found = true;
}

/* ---- dmidecode's text ---- */

enum { TYPE_NONE = 1000 };

/* "Handle 0x0100, DMI type 1, 27 bytes". Old versions put the type on a line of its own, indented. */
static bool structure_type(const char *line, size_t len, unsigned *type)
{
	static const char mark[] = "DMI type ";
	const char *p = memmem(line, len, mark, sizeof mark - 1);
	unsigned n = 0, digits = 0;

	if (!p)
		return false;
	for (p += sizeof mark - 1; p < line + len && isdigit((unsigned char)*p) && digits < 3;
	     p++) {
		n = n * 10 + (unsigned)(*p - '0');
		digits++;
	}
	if (!digits)
		return false;
	*type = n;
	return true;
}

/* For texts without handles (`dmidecode -q`): the structure's title. */
static bool structure_title(const char *line, size_t len, unsigned *type)
{
	static const char *const titles[] = {
		"BIOS Information",
		"System Information",
		"Base Board Information",
		"Chassis Information",
	};

	if (!len || isspace((unsigned char)line[0]))
		return false;
	*type = TYPE_NONE;
	for (unsigned i = 0; i < ARRAY_SIZE(titles); i++)
		if (len >= strlen(titles[i]) && !memcmp(line, titles[i], strlen(titles[i])))
			*type = i;
	return true;
}

static void take_line(struct arena *a, struct dmi *d, unsigned type, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	char *label, *value;

	if (type == 0 && memmem(line, len, "System is a virtual machine", 27))
		d->says_vm = true;
	if (!colon || len > DMI_VALUE_MAX)
		return;
	label = str_trim(arena_dupn(a, line, (size_t)(colon - line)));
	for (enum dmi_field f = 0; f < DMI_FIELDS; f++) {
		if (fields[f].type != type || strcmp(fields[f].label, label) != 0)
			continue;
		value = str_trim(arena_dupn(a, colon + 1, len - (size_t)(colon + 1 - line)));
		set_field(d, f, value);
	}
}

void dmidecode_parse(struct arena *a, const char *text, struct dmi *out)
{
	bool seen[4] = {false};
	unsigned type = TYPE_NONE, next;
	const char *line;
	size_t len;

	*out = (struct dmi){0};
	while (str_line(&text, &line, &len)) {
		bool handle = structure_type(line, len, &next);

		if (handle || (structure_title(line, len, &next) && next != type)) {
			type = next < ARRAY_SIZE(seen) && !seen[next] ? next : TYPE_NONE;
			if (type != TYPE_NONE)
				seen[type] = true;
		} else if (type != TYPE_NONE) {
			take_line(a, out, type, line, len);
		}
	}
	if (!out->found)
		out->err = ENODATA;
}

/* ---- a host ---- */

static const char sysfs[] = "/sys/class/dmi/id";

static void gather_sysfs(struct tree *t, struct dmi *d)
{
	char path[64];
	const char *text;

	d->source = sysfs;
	for (enum dmi_field f = 0; f < DMI_FIELDS; f++) {
		snprintf(path, sizeof path, "%s/%s", sysfs, fields[f].name);
		if (tree_line(t, path, &text) == 0)
			set_field(d, f, text);
	}
}

/* Type 0 as the firmware wrote it; root only. Byte 0x13 bit 4: "the SMBIOS table describes a virtual machine". */
static void gather_vm_bit(struct tree *t, struct dmi *d)
{
	const char *raw;
	size_t len;

	if (tree_read(t, "/sys/firmware/dmi/entries/0-0/raw", 4096, &raw, &len) == 0 && len > 0x13)
		d->says_vm = raw[0x13] >> 4 & 1;
}

void dmi_gather(struct tree *t, struct dmi *out)
{
	static const char captured[] = "/captured-dmidecode.txt";
	const char *text;
	struct tree_stat st;
	int r = tree_stat(t, sysfs, &st);

	*out = (struct dmi){0};
	if (r == 0) {
		gather_sysfs(t, out);
		gather_vm_bit(t, out);
	} else if (!tree_is_live(t) && tree_read(t, captured, DMI_TEXT_MAX, &text, NULL) == 0) {
		dmidecode_parse(tree_arena(t), text, out);
		out->source = captured;
	}
	if (!out->source)
		out->source = sysfs;
	if (!out->found && !out->err)
		out->err = r < 0 ? -r : ENODATA;
}
