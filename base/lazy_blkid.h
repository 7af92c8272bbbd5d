/* libblkid, loaded when first needed. */
#pragma once

#include "base/lazy.h"

#include <blkid/blkid.h>

#define BLKID_FUNCTIONS(X)                                                                         \
	X(blkid_do_safeprobe)                                                                      \
	X(blkid_free_probe)                                                                        \
	X(blkid_new_probe)                                                                         \
	X(blkid_probe_enable_partitions)                                                           \
	X(blkid_probe_enable_superblocks)                                                          \
	X(blkid_probe_lookup_value)                                                                \
	X(blkid_probe_set_device)                                                                  \
	X(blkid_probe_set_superblocks_flags)

LAZY_LIBRARY(blkid, BLKID_FUNCTIONS)

#ifndef LAZY_NO_REDIRECT
#define blkid_do_safeprobe lazy_blkid.blkid_do_safeprobe
#define blkid_free_probe lazy_blkid.blkid_free_probe
#define blkid_new_probe lazy_blkid.blkid_new_probe
#define blkid_probe_enable_partitions lazy_blkid.blkid_probe_enable_partitions
#define blkid_probe_enable_superblocks lazy_blkid.blkid_probe_enable_superblocks
#define blkid_probe_lookup_value lazy_blkid.blkid_probe_lookup_value
#define blkid_probe_set_device lazy_blkid.blkid_probe_set_device
#define blkid_probe_set_superblocks_flags lazy_blkid.blkid_probe_set_superblocks_flags
#endif
