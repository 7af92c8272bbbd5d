/* The keys of a spec as rows, for its reader and for the options that set the same things. */
#pragma once

#include "provision/spec.h"

struct spec_reading {
	struct spec *s;
	struct arena *a;
	const char *name;   /* of the file */
	const char *source; /* its text; NULL for options */
	size_t source_len;
	void *item; /* the entry of a list that is being read */
};

/* Sets a key from a value; the sentence says what is wrong with the value, without place and key. */
typedef int spec_set(struct spec_reading *r, const char *value, struct err *e);

struct spec_key {
	const char *name;
	/* A scalar by its text, or a tree; both where options give the first and files the second. */
	spec_set *set;
	int (*read)(struct spec_reading *r, const struct yaml_node *n, struct err *e);
	const struct spec_key *keys; /* of a map below this key */
	size_t nkeys;
	bool list;                     /* of scalars */
	void (*clear)(struct spec *s); /* before an option's first value */
};

extern const struct spec_key spec_keys[];
extern const size_t spec_nkeys;

/* Reads a map by rows; every other key is refused, the nearest right one named. */
int spec_read_map(struct spec_reading *r, const struct yaml_node *n, const char *what,
		  const struct spec_key *keys, size_t nkeys, struct err *e);
/* A scalar's text, or the sentence that it must be one. */
int spec_scalar(struct spec_reading *r, const struct yaml_node *n, const char *what,
		const char **out, struct err *e);

/* spec_lists.c: what is longer than a value. */
int spec_read_names(struct spec_reading *r, const struct yaml_node *n, struct err *e);
int spec_read_networks(struct spec_reading *r, const struct yaml_node *n, struct err *e);

/* spec_disks.c */
enum { SPEC_DISK_KEYS = 4 };
extern const struct spec_key spec_disk_keys[SPEC_DISK_KEYS];
int spec_add_extra(struct spec_reading *r, const char *value, struct err *e);
int spec_read_extras(struct spec_reading *r, const struct yaml_node *n, struct err *e);
void spec_clear_extras(struct spec *s);

/* spec_cloud.c: the cloud-init section, from the file and from options. */
int spec_read_cloud(struct spec_reading *r, const struct yaml_node *n, struct err *e);
int spec_option_cloud(struct spec_reading *r, const char *key, const char *value, bool first,
		      struct err *e);

/* Checked numbers and words, sentences included. */
int spec_number(const char *value, uint64_t least, uint64_t most, uint64_t *out, struct err *e);
int spec_size(const char *value, uint64_t least, uint64_t *out, struct err *e);
int spec_word(const char *value, const char *const *words, size_t n, size_t *out, struct err *e);
