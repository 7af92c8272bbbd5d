/* A template: a package, what was chosen among its options, what it proves, and its disks ready to be opened. */
#pragma once

#include "templates/disk_format.h"
#include "templates/package.h"
#include "templates/trust.h"

struct template_choices {
	const char *configuration;     /* an id, or NULL: the template's default */
	const char *const *properties; /* "key=value" */
	size_t nproperties;
	/* The format of a bare image without a magic; NULL: told by its name. */
	const char *disk_format;
};

struct template_property {
	const struct ovf_system *system;
	const struct ovf_product *product;
	const struct ovf_property *is;
	const char *name;  /* "class.key.instance", without what is empty */
	const char *value; /* chosen, of the configuration, or the default */
	bool chosen;
};

struct template_disk {
	const struct ovf_disk *ovf; /* NULL: a bare image */
	const char *id;             /* diskId, or the file's name */
	const char *href;           /* "" for a disk without a file */
	const char *compression;    /* "", "gzip", "bzip2" */
	const struct member *pieces;
	size_t npieces;
	uint64_t stored;   /* bytes in the package */
	uint64_t capacity; /* what the descriptor promises, decided; 0: nothing does */
	bool has_format;
	enum disk_format format;
	bool used;           /* some machine has it, or nobody says which disks machines have */
	const char *problem; /* why it cannot be used, found without opening it; or NULL */
};

struct template
{
	struct arena a;
	struct package package;
	const struct ovf_config *configuration; /* NULL: there are none */
	struct template_property *properties;
	size_t nproperties;
	struct template_disk *disks;
	size_t ndisks;
};

/* Opens the package and decides; nothing is verified yet. A wrong choice is -EINVAL; what is wrong with single
 * disks is in their problem. */
int template_open(struct template *t, const char *path, const struct template_choices *o,
		  struct err *e);
/* Also after a failed open. */
void template_close(struct template *t);

/* Why nothing may be made of it, first of the descriptor, then of the disks: 0, or -EINVAL with the sentence. */
int template_check(const struct template *t, struct err *e);

/* An open disk. A disk without a file has neither. */
struct template_image {
	struct disk *file;  /* the member's bytes, chunks joined, decompressed */
	struct disk *image; /* what the guest sees */
	bool direct;        /* file is the pieces' bytes, one after the other */
	struct disk *parent;
	/* Other members it reads: extents. Of parents, their files, too. */
	struct member_list {
		const struct member *items[64];
		size_t count;
	} others;
};

/* What is odd about an image of that size, in a sentence without the disk's name; or NULL. */
const char *template_size_warning(struct template *t, const struct template_disk *d, uint64_t size);

int template_disk_open(struct template *t, const struct template_disk *d, struct template_image *x,
		       struct err *e);
void template_image_close(struct template_image *x);
void template_image_close_at(struct template_image *x);

/* One member's bytes as a disk of its own. */
int template_member_open(const struct member *m, struct disk **out, struct err *e);

/* True when an item holds in the chosen configuration (and is no minimum or maximum). */
bool template_has_item(const struct template *t, const struct ovf_item *i);

/* ---- private to templates/template*.c ---- */

int template_choose(struct template *t, const struct template_choices *o, struct err *e);
