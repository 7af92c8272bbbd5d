/* Words for verdicts and categories, and the few ways a judge may answer. */
#include "probe/check.h"

#include "base/arena.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>

static const struct {
	const char *name, *title;
} categories[CAT_COUNT] = {
	[CAT_CPU] = {"cpu", "Processor"},
	[CAT_KVM] = {"kvm", "KVM"},
	[CAT_MEMORY] = {"memory", "Memory"},
	[CAT_ISOLATION] = {"isolation", "Isolation and containers"},
	[CAT_NETWORK] = {"network", "Network"},
	[CAT_STORAGE] = {"storage", "Storage"},
	[CAT_DEVICES] = {"devices", "Device assignment"},
	[CAT_CONFIDENTIAL] = {"confidential", "Confidential computing"},
	[CAT_HYPERVISORS] = {"hypervisors", "Other hypervisors"},
	[CAT_PLACE] = {"place", "Where this system runs"},
	[CAT_SECURITY] = {"security", "CPU vulnerabilities"},
	[CAT_TOOLS] = {"tools", "Tools"},
};

static const char *const verdicts[] = {
	[PASS] = "pass", [WARN] = "warn", [FAIL] = "fail", [SKIP] = "skip", [UNSURE] = "unknown",
};

const char *category_name(enum category c)
{
	return categories[c].name;
}

const char *category_title(enum category c)
{
	return categories[c].title;
}

const char *verdict_name(enum verdict v)
{
	return verdicts[v];
}

__attribute__((format(printf, 3, 0))) static void answer(struct finding *f, enum verdict v,
							 const char *fmt, va_list ap)
{
	f->verdict = v;
	f->note = fmt ? arena_vprintf(f->a, fmt, ap) : NULL;
}

#define ANSWER(f, v, fmt)                                                                          \
	do {                                                                                       \
		va_list ap_;                                                                       \
		va_start(ap_, fmt);                                                                \
		answer((f), (v), (fmt), ap_);                                                      \
		va_end(ap_);                                                                       \
	} while (0)

void finding_pass(struct finding *f, const char *fmt, ...)
{
	ANSWER(f, PASS, fmt);
}

void finding_miss(struct finding *f, const char *fmt, ...)
{
	ANSWER(f, f->check->miss, fmt);
	f->missed = true;
}

void finding_absent(struct finding *f, const char *fmt, ...)
{
	ANSWER(f, SKIP, fmt);
	f->missed = true;
}

void finding_warn(struct finding *f, const char *fmt, ...)
{
	ANSWER(f, WARN, fmt);
}

void finding_fail(struct finding *f, const char *fmt, ...)
{
	ANSWER(f, FAIL, fmt);
}

void finding_unsure(struct finding *f, const char *fmt, ...)
{
	ANSWER(f, UNSURE, fmt);
}

void finding_skip(struct finding *f, const char *fmt, ...)
{
	ANSWER(f, SKIP, fmt);
}

void finding_fix(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	f->fix = arena_vprintf(f->a, fmt, ap);
	va_end(ap);
}

void finding_cite(struct finding *f, const struct fact *fact)
{
	for (size_t i = 0; i < f->ncites; i++)
		if (f->cites[i] == fact)
			return;
	if (fact->source && f->ncites < ARRAY_SIZE(f->cites))
		f->cites[f->ncites++] = fact;
}

bool finding_if_unknown(struct finding *f, const struct fact *fact)
{
	if (fact->is != UNKNOWN)
		return false;
	finding_cite(f, fact);
	if (!fact->err)
		finding_unsure(f, "nobody could ask%s%s", fact->source ? ": " : "",
			       fact->source ? fact->source : "");
	else if (fact->err == ENODATA)
		finding_unsure(f, "the capture does not tell%s%s", fact->source ? ": " : "",
			       fact->source ? fact->source : "");
	else
		finding_unsure(f, "%s: %s", fact->source ? fact->source : "?", err_word(fact->err));
	return true;
}
