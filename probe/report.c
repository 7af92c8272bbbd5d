/* Judging checks in table order, then answering profiles from the findings. */
#include "probe/report.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

const char *overall_name(enum overall o)
{
	static const char *const names[] = {
		[READY] = "ready",
		[DEGRADED] = "degraded",
		[NOT_READY] = "not-ready",
		[UNDECIDED] = "unknown",
	};

	return names[o];
}

const struct check *check_find(const char *id)
{
	for (size_t i = 0; i < nareas; i++)
		for (size_t j = 0; j < areas[i]->nchecks; j++)
			if (str_eq(areas[i]->checks[j].id, id))
				return &areas[i]->checks[j];
	return NULL;
}

const struct finding *report_find(const struct report *r, const char *check_id)
{
	for (size_t i = 0; i < r->nfindings; i++)
		if (str_eq(r->findings[i].check->id, check_id))
			return &r->findings[i];
	return NULL;
}

/* ---- findings ---- */

static void judge_fact(const struct host *h, struct finding *f)
{
	const struct fact *fact = (const void *)((const char *)h + f->check->fact);

	if (finding_if_unknown(f, fact))
		return;
	finding_cite(f, fact);
	if (fact->is == YES)
		finding_pass(f, NULL);
	else
		finding_miss(f, NULL);
}

static void judge(struct report *r, const struct check *c, struct finding *f,
		  const struct finding **blocker)
{
	const struct finding *before = c->after ? report_find(r, c->after) : NULL;

	*f = (struct finding){.check = c, .a = r->host->a, .verdict = UNSURE};
	if (before && before->verdict != PASS && before->verdict != WARN) {
		f->verdict = SKIP;
		*blocker = before;
		f->note = arena_printf(f->a, "because %s: %s", before->check->id,
				       verdict_name(before->verdict));
		return;
	}
	if (c->judge)
		c->judge(r->host, f);
	else
		judge_fact(r->host, f);
	if (!f->fix && (f->verdict == FAIL || f->verdict == WARN))
		f->fix = c->fix;
}

static void judge_all(struct report *r)
{
	size_t total = 0;

	for (size_t i = 0; i < nareas; i++)
		total += areas[i]->nchecks;
	r->findings = arena_alloc(r->host->a, total * sizeof *r->findings);
	r->blockers = arena_alloc(r->host->a, total * sizeof *r->blockers);
	for (size_t i = 0; i < nareas; i++) {
		for (size_t j = 0; j < areas[i]->nchecks; j++) {
			size_t at = r->nfindings;

			judge(r, &areas[i]->checks[j], &r->findings[at], &r->blockers[at]);
			r->nfindings++;
		}
	}
}

/* ---- answers ---- */

/* What a skipped check comes to: the check that blocked it. */
static const struct finding *root_of(const struct report *r, const struct finding *f)
{
	while (f->verdict == SKIP && r->blockers[f - r->findings])
		f = r->blockers[f - r->findings];
	return f;
}

/* What is required and absent is a no, however mildly its row says so to those who did not ask. */
static enum overall weigh(const struct finding *f, bool required)
{
	if (required && f->missed)
		return NOT_READY;
	switch (f->verdict) {
	case FAIL:
		return required ? NOT_READY : DEGRADED;
	case UNSURE:
		return required ? UNDECIDED : READY;
	case WARN:
		return DEGRADED;
	default:
		return READY;
	}
}

/* A certain no outweighs an unknown, which outweighs a loss. */
static int rank(enum overall o)
{
	static const int ranks[] = {[READY] = 0, [DEGRADED] = 1, [UNDECIDED] = 2, [NOT_READY] = 3};

	return ranks[o];
}

static void add_miss(const struct report *r, struct answer *a, const struct finding *f)
{
	const struct finding *root = root_of(r, f);

	for (size_t i = 0; i < a->nmisses; i++)
		if (a->misses[i] == root)
			return;
	a->misses[a->nmisses++] = root;
}

static void count(const struct report *r, struct answer *a, const char *id, bool required)
{
	const struct finding *f = report_find(r, id);
	enum overall o = f ? weigh(root_of(r, f), required) : UNDECIDED;

	if (o == READY)
		return;
	if (rank(o) > rank(a->overall))
		a->overall = o;
	if (f)
		add_miss(r, a, f);
}

static int by_table_order(const void *x, const void *y)
{
	const struct finding *a = *(const struct finding *const *)x;
	const struct finding *b = *(const struct finding *const *)y;

	return a < b ? -1 : a > b;
}

/* The first finding that made the answer what it is. */
static const struct finding *decisive(const struct answer *a)
{
	for (size_t i = 0; i < a->nmisses; i++)
		if (rank(weigh(a->misses[i], true)) == rank(a->overall))
			return a->misses[i];
	return a->nmisses ? a->misses[0] : NULL;
}

static void explain(const struct host *h, struct answer *a)
{
	const struct finding *f = decisive(a);
	struct cause diagnosed;

	if (!f)
		return;
	a->cause = (struct cause){
		.id = f->check->id,
		.layer = category_name(f->check->category),
		.text = f->note ? f->note : f->check->title,
		.fix = f->fix,
	};
	/* The same words: then its name and layer say more than the row's. */
	if (diagnose(h, &diagnosed) && str_eq(diagnosed.text, a->cause.text))
		a->cause = diagnosed;
}

static void answer_profile(struct report *r, const struct profile *p, struct answer *a)
{
	a->profile = p;
	a->overall = READY;
	a->misses = arena_alloc(r->host->a, (p->nrequire + p->nwant) * sizeof *a->misses);
	for (size_t i = 0; i < p->nrequire; i++)
		count(r, a, p->require[i], true);
	for (size_t i = 0; i < p->nwant; i++)
		count(r, a, p->want[i], false);
	if (a->nmisses)
		qsort(a->misses, a->nmisses, sizeof *a->misses, by_table_order);
	explain(r->host, a);
}

void report_make(struct report *r, const struct host *h, const struct profile *profiles,
		 size_t nprofiles)
{
	memset(r, 0, sizeof *r);
	r->host = h;
	r->overall = READY;
	judge_all(r);
	r->answers = arena_alloc(h->a, nprofiles * sizeof *r->answers);
	for (size_t i = 0; i < nprofiles; i++) {
		answer_profile(r, &profiles[i], &r->answers[i]);
		if (rank(r->answers[i].overall) > rank(r->overall))
			r->overall = r->answers[i].overall;
	}
	r->nanswers = nprofiles;
}

void report_words(const struct host *h, struct strbuf *out)
{
	hypervisors_words(h, out);
}
