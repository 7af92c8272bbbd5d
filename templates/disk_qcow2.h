/* qcow2 images, versions 2 and 3: read from any disk, written in one pass. */
#pragma once

#include "templates/disk.h"

struct qcow2_backing {
	char name[1024]; /* empty: none */
	char format[32]; /* empty: not recorded */
};

/* The image in file, which is borrowed. backing stands behind clusters the image lacks; it is borrowed, too,
 * and must be given exactly when the image names one. Encryption, data files, unknown features and whatever
 * the file cannot back are refused. */
int qcow2_open(struct disk *file, struct disk *backing, struct disk **out, struct err *e);

/* Which backing file the image in file names; for callers that look it up among a package's members. */
int qcow2_backing(struct disk *file, struct qcow2_backing *b, struct err *e);
