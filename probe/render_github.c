/* GitHub Actions: workflow commands for the log, Markdown for the step summary. */
#include "probe/render.h"

#include <string.h>

/* Workflow commands end at a newline, and '%' starts an escape. */
static void escape(struct strbuf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '%')
			strbuf_add(out, "%25");
		else if (*s == '\n')
			strbuf_add(out, "%0A");
		else if (*s == '\r')
			strbuf_add(out, "%0D");
		else
			strbuf_addc(out, *s);
	}
}

static const char *command_for(enum overall o)
{
	return o == READY ? "notice" : o == NOT_READY ? "error" : "warning";
}

void render_github(const struct report *r, const struct render_options *o, struct strbuf *out)
{
	(void)o;
	for (size_t i = 0; i < r->nanswers; i++) {
		const struct answer *a = &r->answers[i];

		strbuf_printf(out, "::%s title=vmint probe %s::%s: ", command_for(a->overall),
			      a->profile->id, overall_name(a->overall));
		escape(out, a->cause.id ? a->cause.text : a->profile->title);
		if (a->cause.id && a->cause.fix) {
			strbuf_add(out, "%0Afix: ");
			escape(out, a->cause.fix);
		}
		strbuf_addc(out, '\n');
	}
	strbuf_add(out, "::group::vmint probe: every check\n");
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];

		strbuf_printf(out, "%-8s %s: ", verdict_name(f->verdict), f->check->id);
		escape(out, f->note ? f->note : f->check->title);
		strbuf_addc(out, '\n');
	}
	strbuf_add(out, "::endgroup::\n");
}

static void cell(struct strbuf *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("|\\`<>*_", *s))
			strbuf_addc(out, '\\');
		strbuf_addc(out, *s == '\n' ? ' ' : *s);
	}
}

void render_github_summary(const struct report *r, struct strbuf *out)
{
	strbuf_add(out, "### vmint probe\n\n| profile | verdict | what stands in the way | fix |\n"
			"|---|---|---|---|\n");
	for (size_t i = 0; i < r->nanswers; i++) {
		const struct answer *a = &r->answers[i];

		strbuf_printf(out, "| %s | %s | ", a->profile->id, overall_name(a->overall));
		cell(out, a->cause.id ? a->cause.text : "nothing");
		strbuf_add(out, " | ");
		cell(out, a->cause.id && a->cause.fix ? a->cause.fix : "");
		strbuf_add(out, " |\n");
	}
}
