/* LVM2's metadata text: sections, values and lists. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LVM_TEXT_MAX = 4 << 20, LVM_NODES_MAX = 200000, LVM_DEPTH = 8 };

struct lvm_node {
	const char *key;        /* NULL for an element of a list */
	const char *text;       /* a value; NULL for sections and lists */
	struct lvm_node *child; /* what is in a section or list, in order */
	struct lvm_node *next;
};

/* The tree under a nameless root. */
int lvm_text_parse(struct arena *a, const char *text, size_t n, const struct lvm_node **out,
		   struct err *e);
const struct lvm_node *lvm_child(const struct lvm_node *n, const char *key);
const char *lvm_value(const struct lvm_node *n, const char *key); /* "" when absent */
bool lvm_number(const struct lvm_node *n, const char *key, uint64_t *out);
bool lvm_list_has(const struct lvm_node *n, const char *key, const char *word);
