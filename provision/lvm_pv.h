/* An LVM2 physical volume: its label, its metadata areas, and the text in them. */
#pragma once

#include "provision/storage.h"

enum { LVM_MDAS_MAX = 4, LVM_MDA_MAX = 64 << 20, LVM_SECTOR = 512 };

struct lvm_pv {
	struct disk *disk; /* borrowed */
	uint64_t label;    /* where the label's sector is */
	uint32_t id_at;    /* in that sector */
	char id[LVM_ID_TEXT];
	struct {
		uint64_t off, size; /* inside the disk */
	} mdas[LVM_MDAS_MAX];
	size_t nmdas;
};

int lvm_pv_read(struct disk *d, struct lvm_pv *out, struct err *e);
/* The current text of the first area that has one; *text NULL where none does. */
int lvm_pv_text(const struct lvm_pv *pv, struct arena *a, const char **text, size_t *n,
		struct err *e);
/* Changes ids in the label and in all metadata areas, and the checksums. */
int lvm_pv_change(const struct lvm_pv *pv, const struct lvm_change *changes, size_t n,
		  struct err *e);
