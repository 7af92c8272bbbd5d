/* Command-line options as rows: parsing, checking and the --help text come from the same table. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum opt_kind {
	OPT_FLAG,  /* bool *: set to true */
	OPT_TEXT,  /* const char **: the last one given wins */
	OPT_LIST,  /* struct opt_list *: every one given is kept */
	OPT_NUMBER /* uint64_t *: a whole number >= 0 */
};

struct opt_list {
	const char *items[256];
	size_t count;
};

struct opt {
	char letter;      /* 0: none */
	const char *name; /* "format" for --format */
	enum opt_kind kind;
	void *target;
	const char *value; /* "FILE" in the help; NULL for a flag */
	const char *help;  /* one line; NULL: accepted but not listed */
};

/* Parses argv[1..); what is not an option is put at the front of argv, their count in *rest. "--" ends options.
 * -EINVAL with a sentence that names the wrong option and the nearest right one. */
int opts_parse(const struct opt *opts, size_t n, int argc, char **argv, size_t *rest,
	       struct err *e);
