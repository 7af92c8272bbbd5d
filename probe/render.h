/* A report in the formats that people, CI systems and monitoring read. All pure: report in, text out. */
#pragma once

#include "base/str.h"
#include "probe/report.h"

struct render_options {
	bool verbose, colour;
	unsigned width; /* columns of the terminal; 0: do not fold lines */
	double seconds; /* how long it took; < 0: leave timings out */
};

struct renderer {
	const char *name;
	const char *about; /* for --help */
	void (*render)(const struct report *r, const struct render_options *o, struct strbuf *out);
};

const struct renderer *renderer_find(const char *name);
extern const struct renderer renderers[];
extern const size_t nrenderers;

void render_text(const struct report *r, const struct render_options *o, struct strbuf *out);
void render_json(const struct report *r, const struct render_options *o, struct strbuf *out);
void render_junit(const struct report *r, const struct render_options *o, struct strbuf *out);
void render_tap(const struct report *r, const struct render_options *o, struct strbuf *out);
void render_github(const struct report *r, const struct render_options *o, struct strbuf *out);
void render_prometheus(const struct report *r, const struct render_options *o, struct strbuf *out);
void render_nfd(const struct report *r, const struct render_options *o, struct strbuf *out);
void render_kvm_ok(const struct report *r, const struct render_options *o, struct strbuf *out);

/* Markdown for a GitHub step summary. */
void render_github_summary(const struct report *r, struct strbuf *out);

/* Does this check matter to a profile that was asked? Formats for machines report only those as failures. */
bool report_requires(const struct report *r, const struct finding *f);
bool report_wants(const struct report *r, const struct finding *f);
