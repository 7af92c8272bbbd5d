/* The report: every check judged, every profile answered. Pure: made from facts alone. */
#pragma once

#include "probe/check.h"
#include "probe/diagnose.h"
#include "probe/host.h"
#include "probe/profile.h"

struct strbuf;

enum overall { READY, DEGRADED, NOT_READY, UNDECIDED };

const char *overall_name(enum overall o); /* "ready" "degraded" "not-ready" "unknown" */

struct answer {
	const struct profile *profile;
	enum overall overall;
	struct cause cause; /* id is NULL when ready */
	const struct finding *
		*misses; /* required or wanted findings that do not hold, in table order */
	size_t nmisses;
};

struct report {
	const struct host *host;
	struct finding *findings; /* one per check, in the order of the tables */
	size_t nfindings;
	/* For each finding that was skipped because of an earlier one: that one, else NULL. */
	const struct finding **blockers;
	struct answer *answers; /* one per profile asked */
	size_t nanswers;
	enum overall overall; /* the worst of the answers */
};

const struct check *check_find(const char *id);

/* Judges every check and answers every profile. Everything lives in the host's arena. */
void report_make(struct report *r, const struct host *h, const struct profile *profiles,
		 size_t nprofiles);
/* A few plain sentences, one a line: what kinds of virtualization this host can do, with what, and what it runs on. */
void report_words(const struct host *h, struct strbuf *out);
const struct finding *report_find(const struct report *r, const char *check_id);
