/* What a check has to say about a file: each thing with its place. */
#pragma once

#include "base/arena.h"
#include "base/yaml.h"

#include <stdbool.h>
#include <stddef.h>

enum { FINDINGS_MAX = 100 };

struct finding {
	bool warning;
	const char *text; /* "user-data:3:5: packges: not known; did you mean packages?" */
};

struct findings {
	struct arena *a;  /* the caller's */
	const char *name; /* the file, as people know it */
	unsigned lines;   /* added to every line number: what stands before the part looked at */
	unsigned columns; /* the same of columns */
	struct finding *items;
	size_t count, room, errors; /* errors counts on after FINDINGS_MAX */
};

/* "NAME:LINE:COLUMN: <sentence>" */
void finding_add(struct findings *f, bool warning, const struct yaml_node *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* "NAME: <sentence>", or with a line when it is not 0. */
void finding_add_line(struct findings *f, bool warning, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* What yaml_parse said when it was called with the name "": its lines are the part's, not the file's. */
void finding_add_yaml(struct findings *f, const struct err *e);
