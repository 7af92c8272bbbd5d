/* Names for the numbers and words of OVF: operating systems, resource types, formats. */
#pragma once

#include "base/arena.h"
#include "templates/disk_format.h"

#include <stdbool.h>

/* "Debian 12, 64 bit": the vendor's type when it is known, else the CIM number; NULL when neither says anything. */
const char *ovf_os_name(struct arena *a, unsigned cim, const char *vmware_type);
/* "SCSI controller"; "resource type 77" for a number without a name. */
const char *ovf_resource_name(struct arena *a, unsigned type);

/* The disk format that a format URI means; false for a URI that is not known. */
bool ovf_format_parse(const char *uri, enum disk_format *f);
/* The URI to write for a format; streamOptimized for VMDK. NULL: there is none. */
const char *ovf_format_uri(enum disk_format f);
