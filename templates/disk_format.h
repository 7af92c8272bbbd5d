/* Which format a disk image has, by its magic, and opening it by name. */
#pragma once

#include "templates/disk.h"
#include "templates/disk_vmdk.h"

enum disk_format {
	DISK_RAW, /* no known magic */
	DISK_QCOW2,
	DISK_VMDK,
	DISK_VDI,
	DISK_VHD,
	DISK_VHDX,
	DISK_PARALLELS,
	DISK_QCOW1,
	DISK_QED,
	DISK_DMG,
	DISK_FORMATS,
};

/* "qcow2"; what the messages and options call it. */
const char *disk_format_name(enum disk_format f);
/* Also knows "img", "vpc", "qcow"; false for a word that names none. */
bool disk_format_parse(const char *word, enum disk_format *f);

/* What file's magic says. */
int disk_format_sniff(struct disk *file, enum disk_format *f, struct err *e);

struct disk_image_options {
	struct vmdk_options
		vmdk; /* members of the package; parent of a delta disk, of any format */
};

/* The image in file, which is borrowed and must have the format named: the magic has to agree, and an image
 * with a magic is never raw. o may be NULL. Raw images come back as a window of file. */
int disk_image_open(struct disk *file, enum disk_format f, const struct disk_image_options *o,
		    struct disk **out, struct err *e);
/* The same for a path, sentence included; the file is opened read-only and closed with the disk. */
int disk_image_open_path(const char *path, enum disk_format f, const struct disk_image_options *o,
			 struct disk **out, struct err *e);
