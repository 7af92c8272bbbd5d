/* Editors of configuration texts: pure, bytes in and bytes out, whatever the bytes are. Each adds the whole new text to
 * out and returns how many things it changed. */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "provision/identity.h"

#include <stdbool.h>
#include <stddef.h>

struct edit_names {
	const char *old_name, *old_domain; /* of the template; "" for none */
	const char *name, *domain;         /* of the clone */
};

/* The first line that is not a comment becomes the name, with its domain where the old one had one. */
size_t edit_hostname(const char *text, size_t len, const struct edit_names *n, struct strbuf *out);
/* Old names become the new one; the line of 127.0.1.1 names the clone whatever it named before. */
size_t edit_hosts(const char *text, size_t len, const struct edit_names *n, struct strbuf *out);
/* The old name where it stands as a word. */
size_t edit_name_words(const char *text, size_t len, const struct edit_names *n,
		       struct strbuf *out);
/* Every UUID in the text becomes u. */
size_t edit_uuid_text(const char *text, size_t len, const struct uuid *u, struct strbuf *out);
/* InitiatorName=iqn.1993-08.org.debian:01:8c2b3d4e5f: what follows the last colon becomes unique. */
size_t edit_initiator(const char *text, size_t len, const char *unique, struct strbuf *out);

/* A datasource_list without NoCloud gets it in front. */
size_t edit_datasources(const char *text, size_t len, struct strbuf *out);
/* ds-identify.cfg: a policy that never looks, or another fixed datasource, goes. */
size_t edit_identify_policy(const char *text, size_t len, struct strbuf *out);

/* LVM's devices file: disks named by serial number or WWN, which are a clone's own, are looked for by their PVID. */
size_t edit_lvm_devices(const char *text, size_t len, struct strbuf *out);

/* mdadm.conf: an array's name, "name=host:0", and HOMEHOST where it is that host. */
size_t edit_mdadm(const char *text, size_t len, const char *from, const char *to,
		  struct strbuf *out);

/* The next MAC address (six pairs with : or -) at or behind from: its offset, or -1. mac is lower case with colons. */
long mac_next(const char *text, size_t len, size_t from, char mac[18]);
/* "52:54:00:..." of a NIC: not all zeros or ones, not a group address. */
bool mac_is_machine(const char *mac);
/* The next id of a connection ("uuid=" or "UUID=" at a line's start), moving *at; false when there is none. */
bool connection_uuid_next(const char *text, size_t len, size_t *at, char uuid[UUID_TEXT]);

bool text_is_plain(const char *text, size_t len); /* no NUL and hardly any control characters */

struct fstab_entry {
	const char *spec, *file, *type, *options; /* \040 and the like undone */
};

enum { FSTAB_MAX = 512 };

/* At most FSTAB_MAX entries; lines with fewer than two fields are passed over. */
void fstab_parse(struct arena *a, const char *text, size_t len, struct fstab_entry **out,
		 size_t *n);
