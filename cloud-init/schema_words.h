/* Sentences about values that do not fit, and the names of their places. */
#pragma once

#include "cloud-init/finding.h"
#include "cloud-init/schema.h"

/* The way from the top to a value; NULL is the top. */
struct step {
	const struct step *up;
	const char *key; /* NULL: an item of a list */
	size_t index;
};

/* "NAME:LINE:COLUMN: users[0].sudo: <sentence>" */
void finding_at(struct findings *f, bool warning, const struct step *at, const struct yaml_node *n,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* "must be a list, not text" */
const char *words_of_type(struct arena *a, const struct yaml_node *n, uint8_t types);
/* "must be one of: a, b" */
const char *words_of_values(struct arena *a, const struct yaml_node *n,
			    const struct schema_value *values, size_t count);
