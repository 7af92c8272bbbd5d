/* A check: one row of data that turns facts into a verdict. Pure: reads struct host, opens nothing. */
#pragma once

#include "probe/fact.h"

#include <stdarg.h>

struct host;

enum verdict { PASS, WARN, FAIL, SKIP, UNSURE }; /* UNSURE is shown as "unknown" */

enum category {
	CAT_CPU,
	CAT_KVM,
	CAT_MEMORY,
	CAT_ISOLATION,
	CAT_NETWORK,
	CAT_STORAGE,
	CAT_DEVICES,
	CAT_CONFIDENTIAL,
	CAT_HYPERVISORS,
	CAT_PLACE,
	CAT_SECURITY,
	CAT_TOOLS,
	CAT_COUNT
};

const char *category_name(enum category c);  /* "cpu" */
const char *category_title(enum category c); /* "Processor" */
const char *verdict_name(enum verdict v);    /* "pass" "warn" "fail" "skip" "unknown" */

enum { FINDING_CITES = 8 };

struct finding {
	const struct check *check;
	enum verdict verdict;
	bool missed; /* what the check stands for is not there: a no to a profile that requires it */
	const char *note; /* one sentence without a full stop; NULL when the title says it all */
	const char *fix;  /* what to type or do; NULL when nothing is to be done */
	const struct fact *cites[FINDING_CITES];
	size_t ncites;
	struct arena *a; /* where note and fix live */
};

struct check {
	const char *id;    /* "kvm.node": stable, scripts depend on it */
	const char *title; /* "/dev/kvm is there": reads well after "pass:" */
	enum category category;
	const char
		*after; /* an earlier row that must pass first, or NULL; else this row is skipped */
	enum verdict miss; /* FAIL or WARN: what this row says when it does not hold */
	/* Either a judge, or the offset of one fact: YES passes, NO misses, UNKNOWN is unknown. */
	void (*judge)(const struct host *h, struct finding *f);
	size_t fact;
	const char
		*why; /* for --explain: what it means and why it matters; one or more sentences */
	const char *fix; /* the fix when the judge sets none; required for FAIL rows */
};

#define CHECK_FACT(member_) .fact = offsetof(struct host, member_)

/* A judge calls exactly one of these. The sentence may be NULL. */
void finding_pass(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_miss(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* There, with a loss: a profile that requires it is degraded. */
void finding_warn(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_fail(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_unsure(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Not there, and no loss to those who did not ask for it: shown as skipped, a no where it is required. */
void finding_absent(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Does not apply here: said, never counted. */
void finding_skip(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_fix(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The fact is shown as evidence; it must live in struct host. Up to FINDING_CITES. */
void finding_cite(struct finding *f, const struct fact *fact);
/* UNKNOWN -> finding_unsure with the errno and path, true; else false. */
bool finding_if_unknown(struct finding *f, const struct fact *fact);
