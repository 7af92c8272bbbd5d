/* XML as a small tree, read by libxml2 with everything dangerous off; and edits that leave the rest of the
 * document's bytes alone. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct xml_attr {
	const char *name; /* local name */
	const char *ns;   /* namespace URI or "" */
	const char *prefix;
	const char *value;
};

struct xml_node {
	const char *name; /* local name */
	const char *ns;   /* namespace URI or "" */
	const char *prefix;
	struct xml_attr *attrs; /* namespace declarations are not among them */
	size_t nattrs;
	struct xml_node *parent, *first, *last, *next; /* elements only */
	const char *text;                              /* all direct text, entities resolved */
	unsigned line;
	unsigned index; /* the how-many-eth start tag of the document, from 0: what edits name */
};

struct xml_doc {
	struct xml_node *root;
	unsigned count; /* elements */
	/* The document in UTF-8, as it was but for a converted encoding; edits work on it. */
	const char *source;
	size_t len;
};

/* Refuses any DOCTYPE, and more than 16 MiB, 64 levels, 500,000 elements, 256 attributes of an element,
 * or a value above 4 MiB. An undeclared namespace prefix is let pass, as most OVF readers do. */
int xml_parse(struct arena *a, const char *text, size_t len, const char *name, struct xml_doc *out,
	      struct err *e);

const struct xml_node *xml_child(const struct xml_node *n, const char *name);
/* The next sibling of that name, starting behind n. */
const struct xml_node *xml_next(const struct xml_node *n, const char *name);
/* An attribute by local name, any namespace; NULL when absent. */
const char *xml_attr(const struct xml_node *n, const char *name);
/* The text of a child element; NULL when absent. */
const char *xml_child_text(const struct xml_node *n, const char *name);
/* The node after n in document order within root's subtree, or NULL. */
const struct xml_node *xml_walk(const struct xml_node *root, const struct xml_node *n);

#define XML_EACH(var, node)                                                                        \
	for (const struct xml_node *var = (node) ? (node)->first : NULL; var; var = var->next)
