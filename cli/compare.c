/* vmint compare: hosts side by side. */
#include "cli/verb.h"

#include "base/json.h"
#include "base/opts.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "probe/compare.h"
#include "probe/cpu_dump.h"
#include "probe/render.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SIDES_MAX = 64, REPORT_MAX = 16 << 20 };

struct settings {
	const char *format, *model;
	bool verbose, help;
};

/* ---- one host ---- */

/* What `vmint probe --root PATH --no-trial --format json` would print, as an object. */
static json_t *probe_tree(struct tree *t, const char *name, struct err *e)
{
	const struct probe_options opt = {.trial = false, .versions = true};
	const struct render_options ro = {.seconds = -1};
	SCOPED(free_at) struct host *h = xcalloc(1, sizeof *h);
	struct strbuf text = {0};
	struct report r;
	json_t *root;

	host_gather(h, t, &opt);
	report_make(&r, h, NULL, 0);
	render_json(&r, &ro, &text);
	root = json_parse(strbuf_str(&text), text.len, name, e);
	strbuf_fini(&text);
	return root;
}

/* A report begins with '{' and has a schema of ours. NULL without a sentence when the file is something else:
 * an archive, or another program's JSON about a CPU. */
static json_t *read_report(const char *path, struct err *e)
{
	struct strbuf text = {0};
	json_t *root = NULL;

	if (sys_read_file(path, &text, REPORT_MAX) == 0) {
		const char *at = strbuf_str(&text);

		while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
			at++;
		if (*at == '{')
			root = json_parse(text.text, text.len, path, e);
		if (root && !json_get_text(root, "schema")) {
			json_decref(root);
			root = NULL;
		}
	}
	strbuf_fini(&text);
	return root;
}

static json_t *load(const char *path, struct err *e)
{
	struct tree *t = NULL;
	json_t *root = read_report(path, e);

	if (root || e->code)
		return root;
	if (cpu_tree_open(&t, path, e) < 0)
		return NULL;
	root = probe_tree(t, path, e);
	tree_close(t);
	return root;
}

/* ---- all ---- */

static int status_of(const struct comparison *c)
{
	switch (compare_verdict(c)) {
	case MOVE_YES:
		return STATUS_OK;
	case MOVE_NO:
		return STATUS_NO;
	default:
		return c->ndifferences ? STATUS_TROUBLE : STATUS_OK;
	}
}

static int print(const struct side *sides, size_t n, const struct settings *s, struct err *e)
{
	struct arena a = {0};
	struct strbuf text = {0}, out = {0};
	struct comparison c;
	int status = STATUS_USAGE;

	if (compare(&c, &a, sides, n, s->model, e) == 0) {
		if (str_eq(s->format, "json"))
			compare_json(&c, &out);
		else
			compare_text(&c, s->verbose, &text);
		strbuf_add_lines(&out, strbuf_str(&text), false);
		fwrite(strbuf_str(&out), 1, out.len, stdout);
		status = status_of(&c);
	}
	strbuf_fini(&text);
	strbuf_fini(&out);
	arena_fini(&a);
	return status;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* Short names where they are enough to tell the hosts apart. */
static void name_sides(struct side *sides, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (str_eq(last_part(sides[i].name), last_part(sides[j].name)))
				return;
	for (size_t i = 0; i < n; i++)
		sides[i].name = last_part(sides[i].name);
}

static int compare_files(char **paths, size_t n, const struct settings *s, struct err *e)
{
	json_t *reports[SIDES_MAX] = {0};
	struct side sides[SIDES_MAX];
	int status = STATUS_OK;

	for (size_t i = 0; i < n && status == STATUS_OK; i++) {
		reports[i] = load(paths[i], e);
		if (!reports[i] || side_init(&sides[i], paths[i], reports[i], e) < 0)
			status = STATUS_TROUBLE;
	}
	if (status == STATUS_OK)
		name_sides(sides, n);
	if (status == STATUS_OK)
		status = print(sides, n, s, e);
	for (size_t i = 0; i < n; i++)
		json_decref(reports[i]);
	return status;
}

static void print_help(const struct opt *opts, size_t n)
{
	printf("usage: vmint compare [OPTION]... HOST HOST...\n\n"
	       "Tells what differs between hosts, which CPU features all share, and whether a VM "
	       "can "
	       "move from the first to the others.\n"
	       "HOST is a capture, a folder with proc/ and sys/, a dump of CPUID, or a report of "
	       "`vmint probe "
	       "--format "
	       "json`.\n\n");
	opts_print(opts, n);
	printf("\nExit status: 0 it can move, 1 it can not, 2 usage error, 3 could not find "
	       "out.\n");
}

static int usage(struct err *e, const char *text)
{
	err_set(e, EINVAL, "%s; see `vmint compare --help`", text);
	return STATUS_USAGE;
}

static int run(int argc, char **argv, struct err *e)
{
	struct settings s = {.format = "text"};
	const struct opt opts[] = {
		{'f', "format", OPT_TEXT, &s.format, "FORMAT", "text or json"},
		{0, "cpu-model", OPT_TEXT, &s.model, "NAME",
		 "the VM's CPU: a QEMU CPU model such as EPYC-Rome, or host (default)"},
		{'v', "verbose", OPT_FLAG, &s.verbose, NULL,
		 "also the facts that only some hosts know"},
		{'h', "help", OPT_FLAG, &s.help, NULL, "this text"},
	};
	size_t rest;

	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		print_help(opts, ARRAY_SIZE(opts));
		return STATUS_OK;
	}
	if (!str_eq(s.format, "text") && !str_eq(s.format, "json"))
		return usage(e, "the formats are text and json");
	if (rest < 2)
		return usage(e, "two hosts or more are compared");
	if (rest > SIDES_MAX)
		return usage(e, "at most 64 hosts are compared at once");
	return compare_files(argv, rest, &s, e);
}

const struct verb verb_compare = {
	.name = "compare",
	.summary = "hosts side by side: what differs, and can a VM move from one to the other",
	.run = run,
};
