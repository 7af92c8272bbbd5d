/* The list of formats, and the short ones: TAP, JUnit, Prometheus, node-feature-discovery, kvm-ok. */
#include "probe/render.h"

#include "base/scope.h"
#include "base/xml_escape.h"

#include <ctype.h>
#include <string.h>

const struct renderer renderers[] = {
	{"text", "for people", render_text},
	{"json", "everything, schema vmint.probe/1", render_json},
	{"junit", "JUnit XML for CI servers", render_junit},
	{"tap", "Test Anything Protocol 14", render_tap},
	{"github", "workflow commands, and a step summary where GITHUB_STEP_SUMMARY is set",
	 render_github},
	{"prometheus", "for node_exporter's textfile collector", render_prometheus},
	{"nfd", "labels for node-feature-discovery's local source", render_nfd},
	{"kvm-ok", "kvm-ok's sentences and its 0/1/2", render_kvm_ok},
};

const size_t nrenderers = ARRAY_SIZE(renderers);

const struct renderer *renderer_find(const char *name)
{
	for (size_t i = 0; i < nrenderers; i++)
		if (str_eq(renderers[i].name, name))
			return &renderers[i];
	return NULL;
}

static bool listed(const char *const *ids, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(ids[i], id))
			return true;
	return false;
}

bool report_requires(const struct report *r, const struct finding *f)
{
	for (size_t i = 0; i < r->nanswers; i++) {
		const struct profile *p = r->answers[i].profile;

		if (listed(p->require, p->nrequire, f->check->id))
			return true;
	}
	return false;
}

bool report_wants(const struct report *r, const struct finding *f)
{
	for (size_t i = 0; i < r->nanswers; i++) {
		const struct profile *p = r->answers[i].profile;

		if (listed(p->want, p->nwant, f->check->id))
			return true;
	}
	return false;
}

static const char *note_of(const struct finding *f)
{
	return f->note ? f->note : f->check->title;
}

/* ---- TAP ---- */

static void tap_yaml_line(struct strbuf *out, const char *key, const char *value)
{
	strbuf_printf(out, "  %s: \"", key);
	for (const char *p = value; *p; p++) {
		if (*p == '"' || *p == '\\')
			strbuf_addc(out, '\\');
		strbuf_addc(out, (unsigned char)*p < ' ' ? ' ' : *p);
	}
	strbuf_add(out, "\"\n");
}

/* Only what a profile asks for can be "not ok"; the rest is told as a pass or a skip. */
void render_tap(const struct report *r, const struct render_options *o, struct strbuf *out)
{
	(void)o;
	strbuf_printf(out, "TAP version 14\n1..%zu\n", r->nfindings);
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];
		bool asked = report_requires(r, f) || report_wants(r, f);
		bool bad = f->verdict == FAIL || f->verdict == WARN || f->verdict == UNSURE;

		strbuf_printf(out, "%s %zu - %s: ", bad && asked ? "not ok" : "ok", i + 1,
			      f->check->id);
		for (const char *p = f->check->title; *p; p++) {
			if (*p == '#' || *p == '\\')
				strbuf_addc(out, '\\');
			strbuf_addc(out, *p);
		}
		if (f->verdict == SKIP || (bad && !asked))
			strbuf_printf(out, " # SKIP %s",
				      f->verdict == SKIP ? note_of(f) : "not asked for");
		strbuf_addc(out, '\n');
		if (!bad)
			continue;
		strbuf_add(out, "  ---\n");
		tap_yaml_line(out, "verdict", verdict_name(f->verdict));
		tap_yaml_line(out, "message", note_of(f));
		if (f->fix)
			tap_yaml_line(out, "fix", f->fix);
		strbuf_add(out, "  ...\n");
	}
}

/* ---- JUnit ---- */

static void junit_result(const struct report *r, const struct finding *f, struct strbuf *out)
{
	bool asked = report_requires(r, f) || report_wants(r, f);

	if (f->verdict == PASS)
		return;
	if (asked && (f->verdict == FAIL || f->verdict == WARN)) {
		strbuf_printf(out, "<failure type=\"%s\" message=\"", verdict_name(f->verdict));
		xml_escape(out, note_of(f), true);
		strbuf_add(out, "\">");
		xml_escape(out, f->fix ? f->fix : "", true);
		strbuf_add(out, "</failure>");
		return;
	}
	strbuf_add(out,
		   asked && f->verdict == UNSURE ? "<error message=\"" : "<skipped message=\"");
	strbuf_printf(out, "%s: ", verdict_name(f->verdict));
	xml_escape(out, note_of(f), true);
	strbuf_add(out, "\"/>");
}

void render_junit(const struct report *r, const struct render_options *o, struct strbuf *out)
{
	size_t failures = 0, errors = 0, skipped = 0;

	for (size_t i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];
		bool asked = report_requires(r, f) || report_wants(r, f);

		if (asked && (f->verdict == FAIL || f->verdict == WARN))
			failures++;
		else if (asked && f->verdict == UNSURE)
			errors++;
		else if (f->verdict != PASS)
			skipped++;
	}
	strbuf_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	strbuf_printf(out,
		      "<testsuite name=\"vmint probe\" tests=\"%zu\" failures=\"%zu\" "
		      "errors=\"%zu\" skipped=\"%zu\"",
		      r->nfindings, failures, errors, skipped);
	if (o->seconds >= 0)
		strbuf_printf(out, " time=\"%.3f\"", o->seconds);
	strbuf_add(out, ">\n");
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];

		strbuf_printf(out, "<testcase classname=\"vmint.probe.%s\" name=\"%s\">",
			      category_name(f->check->category), f->check->id);
		junit_result(r, f, out);
		strbuf_add(out, "</testcase>\n");
	}
	strbuf_add(out, "</testsuite>\n</testsuites>\n");
}

/* ---- Prometheus ---- */

void render_prometheus(const struct report *r, const struct render_options *o, struct strbuf *out)
{
	(void)o;
	strbuf_add(out, "# HELP vmint_probe_profile Whether the host is fit for a profile: 1 for "
			"the verdict that holds.\n"
			"# TYPE vmint_probe_profile gauge\n");
	for (size_t i = 0; i < r->nanswers; i++)
		for (int v = READY; v <= UNDECIDED; v++)
			strbuf_printf(out,
				      "vmint_probe_profile{profile=\"%s\",verdict=\"%s\"} %d\n",
				      r->answers[i].profile->id, overall_name((enum overall)v),
				      r->answers[i].overall == (enum overall)v);
	strbuf_add(out, "# HELP vmint_probe_check The verdict of a check: 0 pass, 1 warn, 2 fail, "
			"3 skip, 4 unknown.\n"
			"# TYPE vmint_probe_check gauge\n");
	for (size_t i = 0; i < r->nfindings; i++)
		strbuf_printf(out, "vmint_probe_check{check=\"%s\",category=\"%s\"} %d\n",
			      r->findings[i].check->id,
			      category_name(r->findings[i].check->category),
			      r->findings[i].verdict);
	strbuf_add(out, "# HELP vmint_probe_fact A fact that is a number.\n# TYPE vmint_probe_fact "
			"gauge\n");
	for (size_t i = 0; i < nareas; i++) {
		for (size_t j = 0; j < areas[i]->nfacts; j++) {
			const struct fact_row *row = &areas[i]->facts[j];
			const struct fact *f = (const void *)((const char *)r->host + row->offset);

			if (f->is == YES && f->has_num)
				strbuf_printf(out, "vmint_probe_fact{fact=\"%s\"} %lld\n", row->id,
					      (long long)f->num);
		}
	}
}

/* ---- node-feature-discovery ---- */

void render_nfd(const struct report *r, const struct render_options *o, struct strbuf *out)
{
	(void)o;
	for (size_t i = 0; i < r->nanswers; i++)
		strbuf_printf(out, "vmint.probe/%s=%s\n", r->answers[i].profile->id,
			      overall_name(r->answers[i].overall));
	for (size_t i = 0; i < r->nfindings; i++)
		if (r->findings[i].verdict != SKIP)
			strbuf_printf(out, "vmint.check/%s=%s\n", r->findings[i].check->id,
				      verdict_name(r->findings[i].verdict));
}

/* ---- kvm-ok ---- */

/* kvm-ok's own verdict sentences; its INFO and HINT lines carry our cause and fix. */
void render_kvm_ok(const struct report *r, const struct render_options *o, struct strbuf *out)
{
	const struct answer *a = &r->answers[0];

	(void)o;
	if (a->overall == READY) {
		strbuf_add(out, "INFO: /dev/kvm exists\nKVM acceleration can be used\n");
		return;
	}
	if (a->cause.id)
		strbuf_printf(out, "INFO: %s\n", a->cause.text);
	if (a->cause.id && a->cause.fix)
		strbuf_printf(out, "HINT:   %s\n", a->cause.fix);
	strbuf_add(out, a->overall == UNDECIDED ? "KVM acceleration could not be determined\n"
						: "KVM acceleration can NOT be used\n");
}
