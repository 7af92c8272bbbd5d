/* Hosts side by side, from their probe reports (schema vmint.probe/1): which facts differ, which CPU features all
 * share, and whether a VM can move from one to another. Pure: reports in, answers out. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { COMPARE_FEATURES = 512 };

/* By index into cpu_features. */
struct feature_set {
	bool has[COMPARE_FEATURES];
};

struct side {
	const char *name;      /* what the user called it */
	const json_t *report;  /* borrowed */
	const char *vendor;    /* "GenuineIntel"; NULL: unknown */
	const char *brand;     /* NULL: unknown */
	int64_t physical_bits; /* 0: unknown */
	bool cpu_known;        /* cpu holds what the CPU shows */
	bool guest_known;      /* guest holds what KVM gives to guests there */
	struct feature_set cpu, guest;
	int level;           /* 0 to 4, when cpu_known */
	const char *missing; /* a feature that the next level wants, or NULL */
};

enum movable { MOVE_NO, MOVE_YES, MOVE_UNKNOWN };

/* Whether a VM that runs on `from` can go on running on `to`. */
struct move {
	const struct side *from, *to;
	enum movable can;
	const char *reason;   /* one clause, when it is not YES */
	const char **lacking; /* the features that forbid it */
	size_t nlacking;
};

struct difference {
	const char *id;
	const char **values; /* one per side; NULL where it is not known */
};

struct comparison {
	const struct side *sides;
	size_t nsides;
	const char *cpu_model; /* "host", or the name asked for */
	struct difference *differences;
	size_t ndifferences;
	bool cpu_known; /* of every side: the next three mean something */
	struct feature_set shared;
	int level;
	const char *missing;
	struct move *moves; /* every ordered pair */
	size_t nmoves;
	const char *
		*models; /* the models of most features that start and move everywhere; at most 3 */
	size_t nmodels;
};

/* -EINVAL with a sentence when the report is none. */
int side_init(struct side *s, const char *name, const json_t *report, struct err *e);
/* model NULL: the host's own CPU. -EINVAL when there is no such model. Results live in the arena. */
int compare(struct comparison *c, struct arena *a, const struct side *sides, size_t n,
	    const char *model, struct err *e);
/* Whether a VM can move from the first side to every other. */
enum movable compare_verdict(const struct comparison *c);

/* Two sides know, and say different things; else some side only does not know. */
bool difference_is_known(const struct difference *d, size_t nsides);

/* verbose: also what only some sides know. */
void compare_text(const struct comparison *c, bool verbose, struct strbuf *out);
void compare_json(const struct comparison *c, struct strbuf *out);
