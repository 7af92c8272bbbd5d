/* YAML as a tree of nodes that remember their line and column; hostile documents are refused with a sentence. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line, column; /* from 1 */
	const char *text;      /* YAML_TEXT: the scalar, NUL-terminated, valid UTF-8 */
	size_t len;
	bool quoted;     /* a scalar in quotes or a block: never a number, a boolean or null */
	const char *tag; /* explicit tag such as "!!binary", or NULL */
	struct yaml_node **items; /* YAML_LIST: elements; YAML_MAP: key, value, key, value... */
	size_t count;             /* items in the array: twice the pairs for a map */
	uint64_t
		weight; /* nodes below and including this one, aliases counted as often as they appear */
};

/* Limits: 8 MiB of text, 64 levels, 200,000 nodes with aliases expanded.
 * The first document only; *out is NULL for an empty one. name goes in front of messages: "NAME:LINE:COLUMN: ...".
 * Duplicate keys are refused. */
int yaml_parse(struct arena *a, const char *text, size_t len, const char *name,
	       struct yaml_node **out, struct err *e);
/* The same, but equal keys are both kept, as other readers accept them (PyYAML: the last one holds). */
int yaml_parse_duplicates(struct arena *a, const char *text, size_t len, const char *name,
			  struct yaml_node **out, struct err *e);

/* The first tab that parts two tokens, or stands inside a plain scalar. libyaml takes it for a blank; PyYAML, which
 * cloud-init reads with, refuses it. */
bool yaml_find_tab(const char *text, size_t len, unsigned *line, unsigned *column);

/* The value of a key, of equal keys the first; or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* Plain-scalar readings by YAML 1.1's words, as cloud-init and libyaml's users expect them. */
bool yaml_is_null(const struct yaml_node *n);
bool yaml_to_bool(const struct yaml_node *n, bool *out);
bool yaml_to_int(const struct yaml_node *n, int64_t *out);
/* "NAME:LINE:COLUMN: <sentence>"; returns -EINVAL. */
int yaml_err(struct err *e, const char *name, const struct yaml_node *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
