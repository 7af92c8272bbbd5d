/* What a clone's boot has left on its disks, read offline. */
#pragma once

#include "provision/boot.h"
#include "provision/verify_parts.h"

/* The rows of identity, storage, journal and units; r: a boot that was turned off. -errno when it cannot be read. */
int verify_booted(struct verify_clone *c, const struct boot_result *r, struct err *e);
