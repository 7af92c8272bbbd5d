/* Where images would lie: room, filesystems that share blocks (reflink), loop, NBD and thin devices. */
#pragma once

#include "probe/fact.h"

struct host;
struct area;

/* One folder where images may lie. */
struct storage_place {
	struct fact space; /* num: bytes this user may still write; text: its path and filesystem */
	struct fact reflink;  /* a copy can share its blocks; text: path and filesystem */
	struct fact writable; /* NO: mounted read-only */
};

enum { PLACE_HERE, PLACE_IMAGES, PLACE_TMP, STORAGE_PLACES };

struct storage_facts {
	struct storage_place place[STORAGE_PLACES];
	struct fact loop_node, nbd_node, mapper_node;
};

extern const struct area storage_area;
