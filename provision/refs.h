/* Old ids and what they become, found and replaced in every form they are written in. Every form of the new id is as
 * long as the old one's, so that no file changes its length. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ref_form {
	REF_UUID, /* a filesystem's, a partition's: with and without dashes, \x2d, as 16 bytes */
	REF_FAT,  /* XXXX-XXXX */
	REF_PARTUUID,   /* an MBR partition's: 1234abcd-01 */
	REF_MD,         /* an array's: in mdadm's way, with dashes, without, as 16 bytes */
	REF_LVM,        /* 32 characters with and without LVM's dashes */
	REF_MACHINE_ID, /* 32 hex digits, with dashes, as 16 bytes */
	REF_MAC,        /* with :, with -, without */
};

enum { REF_ANY = ~0u, REF_WAYS = 6 };

struct ref {
	enum ref_form form;
	const char *what; /* for the report: "vda1", "machine-id" */
	char old_text[48], new_text[48];
	bool pinned; /* found, but not replaced */
};

struct refs {
	struct arena *a;
	struct ref *items;
	size_t n, room;
	struct ref_pattern *patterns;
	size_t npatterns, patterns_room;
	uint8_t *shifts; /* by the bytes looked at: how far behind them a pattern can begin */
};

/* false when the texts are not of that form, or are the same, or the old one is there already. */
bool refs_add(struct refs *r, enum ref_form form, const char *what, const char *old_text,
	      const char *new_text);
struct ref *refs_old(const struct refs *r, const char *old_text);

struct ref_hit {
	size_t ref, off, len;
};

/* The first id of these forms (1u << form, or REF_ANY) at or behind from; pinned ones, too. */
bool refs_next(const struct refs *r, const char *text, size_t len, size_t from, unsigned forms,
	       struct ref_hit *hit);
/* Replaces in place what is not pinned; how many. Upper case stays upper case. */
size_t refs_apply(const struct refs *r, char *text, size_t len, unsigned forms);

/* The ways one id is written, way in [0, REF_WAYS): how many bytes of out, 0 when its form is not written so. bytes: not as
 * text. */
size_t ref_written(enum ref_form form, unsigned way, const char *text, char out[160], bool *bytes);
/* Whether XXXX-XXXX at [off, end) is the middle of an id with more dashes. */
bool ref_in_longer_id(const char *text, size_t len, size_t off, size_t end);
