/* The report for people: the verdict first, then what to do, then what this host is, then the details. */
#include "probe/render.h"

#include <string.h>

enum colour { GREEN = 32, YELLOW = 33, RED = 31, CYAN = 36, BOLD = 1, FAINT = 2 };

static void paint(struct strbuf *out, const struct render_options *o, enum colour c, const char *s)
{
	if (o->colour)
		strbuf_printf(out, "\033[%dm%s\033[0m", c, s);
	else
		strbuf_add(out, s);
}

/* Appends text folded at the terminal's width; later lines start with `indent` spaces. at: column now. */
static void fold(struct strbuf *out, const struct render_options *o, const char *text, size_t at,
		 size_t indent)
{
	const char *word;
	size_t n;
	bool first = true;

	if (!o->width) {
		strbuf_add(out, text);
		return;
	}
	while (str_word(&text, &word, &n)) {
		if (!first && at + 1 + n > o->width) {
			strbuf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			strbuf_addc(out, ' ');
			at++;
		}
		strbuf_addn(out, word, n);
		at += n;
		first = false;
	}
}

static enum colour overall_colour(enum overall v)
{
	return v == READY ? GREEN : v == NOT_READY ? RED : YELLOW;
}

static enum colour verdict_colour(enum verdict v)
{
	static const enum colour colours[] = {
		[PASS] = GREEN, [WARN] = YELLOW, [FAIL] = RED, [SKIP] = FAINT, [UNSURE] = CYAN};

	return colours[v];
}

/* ---- the head ---- */

static const char *ready_sentence(const struct report *r, const struct answer *a)
{
	const struct finding *speed = report_find(r, "kvm.speed");

	if (speed && speed->verdict == PASS && speed->note && report_requires(r, speed))
		return arena_printf(r->host->a, "%s; %s", a->profile->title, speed->note);
	return a->profile->title;
}

static void answer_head(const struct report *r, const struct answer *a,
			const struct render_options *o, struct strbuf *out)
{
	const char *name = overall_name(a->overall);
	size_t start = out->len, at;

	if (r->nanswers > 1)
		strbuf_printf(out, "%s: ", a->profile->id);
	paint(out, o, overall_colour(a->overall), name);
	strbuf_add(out, ": ");
	at = out->len - start - (o->colour ? 9 : 0);
	fold(out, o, a->cause.id ? a->cause.text : ready_sentence(r, a), at, 2);
	strbuf_addc(out, '\n');
}

static void print_fix(const char *fix, const struct render_options *o, struct strbuf *out)
{
	strbuf_add(out, "      fix: ");
	fold(out, o, fix, 11, 11);
	strbuf_addc(out, '\n');
}

static void print_finding(const struct finding *f, const struct render_options *o,
			  struct strbuf *out)
{
	const char *name = verdict_name(f->verdict);
	size_t at = 2 + 8 + strlen(f->check->id) + 2;

	strbuf_add(out, "  ");
	paint(out, o, verdict_colour(f->verdict), name);
	strbuf_printf(out, "%*s%s  ", (int)(8 - strlen(name)), "", f->check->id);
	fold(out, o, f->note ? f->note : f->check->title, at, 10);
	strbuf_addc(out, '\n');
}

/* The misses that the first line did not already tell. */
static void other_misses(const struct answer *a, const struct render_options *o, struct strbuf *out)
{
	for (size_t i = 0; i < a->nmisses; i++) {
		const struct finding *f = a->misses[i];

		if (str_eq(f->check->id, a->cause.id) || str_eq(f->note, a->cause.text))
			continue;
		print_finding(f, o, out);
		if (f->fix && !str_eq(f->fix, a->cause.fix))
			print_fix(f->fix, o, out);
	}
}

static void print_answer(const struct report *r, const struct answer *a,
			 const struct render_options *o, struct strbuf *out)
{
	answer_head(r, a, o, out);
	if (a->cause.id && a->cause.fix)
		print_fix(a->cause.fix, o, out);
	other_misses(a, o, out);
}

/* ---- the details ---- */

static void print_evidence(const struct finding *f, struct strbuf *out)
{
	for (size_t i = 0; i < f->ncites; i++) {
		const struct fact *c = f->cites[i];

		strbuf_printf(out, "            %s: ", c->source ? c->source : "(not asked)");
		if (c->is == UNKNOWN)
			strbuf_printf(out, "unknown: %s",
				      c->err ? err_word(c->err) : "nobody could ask");
		else if (c->text)
			strbuf_printf(out, "%.200s", c->text);
		else if (c->has_num)
			strbuf_printf(out, "%lld", (long long)c->num);
		else
			strbuf_add(out, c->is == YES ? "yes" : "no");
		strbuf_addc(out, '\n');
	}
}

/* What is not there and was not asked for: no news, and no reason for alarm. */
static bool is_absent(const struct report *r, const struct finding *f)
{
	return f->missed && (f->verdict == FAIL || f->verdict == WARN) && !report_requires(r, f) &&
	       !report_wants(r, f);
}

/* What the first lines have said already. */
static bool is_told(const struct report *r, const struct finding *f)
{
	for (size_t i = 0; i < r->nanswers; i++) {
		const struct answer *a = &r->answers[i];

		if (a->cause.text && str_eq(f->note, a->cause.text))
			return true;
		for (size_t k = 0; k < a->nmisses; k++)
			if (a->misses[k] == f)
				return true;
	}
	return false;
}

enum group { PASSED, ABSENT, TOLD, SPOKEN, SILENT };

static enum group group_of(const struct report *r, const struct finding *f)
{
	if (f->verdict == PASS)
		return PASSED;
	if (f->verdict == SKIP)
		return SILENT;
	if (is_told(r, f))
		return TOLD;
	return is_absent(r, f) ? ABSENT : SPOKEN;
}

/* One group of a category on one line: nobody reads forty of them. */
static void print_group(const struct report *r, enum category c, enum group g, const char *name,
			enum colour colour, const struct render_options *o, struct strbuf *out)
{
	struct strbuf ids = {0};

	for (size_t i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];

		if (f->check->category == c && group_of(r, f) == g)
			strbuf_printf(&ids, "%s%s", ids.len ? ", " : "", f->check->id);
	}
	if (ids.len) {
		strbuf_add(out, "  ");
		paint(out, o, colour, name);
		strbuf_printf(out, "%*s", (int)(8 - strlen(name)), "");
		fold(out, o, strbuf_str(&ids), 10, 10);
		strbuf_addc(out, '\n');
	}
	strbuf_fini(&ids);
}

static void print_whole(const struct finding *f, const struct render_options *o, struct strbuf *out)
{
	print_finding(f, o, out);
	if (f->fix && (f->verdict == WARN || f->verdict == FAIL))
		print_fix(f->fix, o, out);
	if (o->verbose)
		print_evidence(f, out);
}

static void print_category(const struct report *r, enum category c, const struct render_options *o,
			   struct strbuf *out)
{
	size_t before;

	strbuf_addc(out, '\n');
	paint(out, o, BOLD, category_title(c));
	strbuf_addc(out, '\n');
	before = out->len;
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];

		if (f->check->category == c && (o->verbose || group_of(r, f) == SPOKEN))
			print_whole(f, o, out);
	}
	if (!o->verbose) {
		print_group(r, c, TOLD, "above", YELLOW, o, out);
		print_group(r, c, ABSENT, "absent", FAINT, o, out);
		print_group(r, c, PASSED, "pass", GREEN, o, out);
	}
	if (out->len == before)
		strbuf_add(out, "  nothing that applies here\n");
}

static bool has_category(const struct report *r, enum category c)
{
	for (size_t i = 0; i < r->nfindings; i++)
		if (r->findings[i].check->category == c)
			return true;
	return false;
}

static void print_words(const struct report *r, const struct render_options *o, struct strbuf *out)
{
	struct strbuf words = {0};
	const char *at, *line;
	size_t n;

	report_words(r->host, &words);
	at = strbuf_str(&words);
	if (*at)
		strbuf_addc(out, '\n');
	while (str_line(&at, &line, &n)) {
		fold(out, o, arena_dupn(r->host->a, line, n), 0, 2);
		strbuf_addc(out, '\n');
	}
	strbuf_fini(&words);
}

void render_text(const struct report *r, const struct render_options *o, struct strbuf *out)
{
	for (size_t i = 0; i < r->nanswers; i++)
		print_answer(r, &r->answers[i], o, out);
	print_words(r, o, out);
	for (int c = 0; c < CAT_COUNT; c++)
		if (has_category(r, (enum category)c))
			print_category(r, (enum category)c, o, out);
	if (!o->verbose)
		strbuf_add(out, "\n`vmint probe --explain ID` tells what a check means, "
				"`--verbose` shows the evidence.\n");
}
