/* One verb of the command line: a row in the table of cli/main.c, a file cli/NAME.c. */
#pragma once

#include "base/err.h"
#include "base/opts.h"

#include <stdbool.h>

/* The exit status, the same for every verb. */
enum status {
	STATUS_OK = 0,      /* fine, ready */
	STATUS_NO = 1,      /* the answer is no */
	STATUS_USAGE = 2,   /* the command line is wrong */
	STATUS_TROUBLE = 3, /* could not find out, or could not do it */
	STATUS_INTERRUPTED = 130
};

struct verb {
	const char *name;
	const char *summary; /* one line for `vmint --help` */
	/* argv[0] is the verb. Prints results on stdout. Trouble: fills e and returns a status;
	 * main prints the sentence once. */
	int (*run)(int argc, char **argv, struct err *e);
};

/* The options of --help: two columns, one row per listed option. */
void opts_print(const struct opt *opts, size_t n);

extern const struct verb verb_probe;
extern const struct verb verb_capture;
extern const struct verb verb_compare;
extern const struct verb verb_seed;
extern const struct verb verb_inspect;
extern const struct verb verb_import;
extern const struct verb verb_pack;
extern const struct verb verb_clone;
extern const struct verb verb_audit;
extern const struct verb verb_verify;
