/* vmint probe: gathers, judges, prints. */
#include "cli/verb.h"

#include "base/opts.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "cli/term.h"
#include "probe/cpu_dump.h"
#include "probe/render.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct settings {
	struct opt_list profiles, require;
	const char *format, *root, *user, *explain;
	bool no_trial, list, verbose, quiet, no_colour, help;
};

#define OPTIONS(s)                                                                                 \
	{                                                                                          \
		{'p',                                                                              \
		 "for",                                                                            \
		 OPT_LIST,                                                                         \
		 &(s)->profiles,                                                                   \
		 "PROFILE",                                                                        \
		 "what the host is wanted for: a built-in profile or a YAML file (default kvm)"},  \
			{'r',           "require", OPT_LIST,                                       \
			 &(s)->require, "CHECK",   "ask for this check too; may be repeated"},     \
			{'f',      "format",                                                       \
			 OPT_TEXT, &(s)->format,                                                   \
			 "FORMAT", "text, json, junit, tap, github, prometheus, nfd or kvm-ok"},   \
			{0,                                                                        \
			 "root",                                                                   \
			 OPT_TEXT,                                                                 \
			 &(s)->root,                                                               \
			 "PATH",                                                                   \
			 "a captured host instead of this one: a folder with proc/ sys/ dev/, or " \
			 "a capture file"},                                                        \
			{'u',        "user", OPT_TEXT,                                             \
			 &(s)->user, "NAME", "answer for this user (as root)"},                    \
			{0,        "no-trial",                                                     \
			 OPT_FLAG, &(s)->no_trial,                                                 \
			 NULL,     "do not run the trial guest"},                                  \
			{0, "list", OPT_FLAG, &(s)->list, NULL, "list profiles and checks"},       \
			{0,        "explain",                                                      \
			 OPT_TEXT, &(s)->explain,                                                  \
			 "CHECK",  "tell what a check means, why it matters and how to fix it"},   \
			{'v',           "verbose", OPT_FLAG,                                       \
			 &(s)->verbose, NULL,      "every check with its evidence"},               \
			{'q',         "quiet", OPT_FLAG,                                           \
			 &(s)->quiet, NULL,    "no output, only the exit status"},                 \
			{0,        "no-color",                                                     \
			 OPT_FLAG, &(s)->no_colour,                                                \
			 NULL,     "no colours on a terminal"},                                    \
			{'h', "help", OPT_FLAG, &(s)->help, NULL, "this text"},                    \
	}

static void print_help(const struct opt *opts, size_t n)
{
	printf("usage: vmint probe [OPTION]...\n\n"
	       "Tells whether this host can run virtual machines, by running one, and what stands "
	       "in the way.\n\n");
	opts_print(opts, n);
	printf("\nExit status: 0 ready, 1 degraded or not ready, 2 usage error, 3 could not find "
	       "out.\n"
	       "With --format kvm-ok: 0 can be used, 1 can not, 2 could not find out.\n");
}

/* ---- --list and --explain ---- */

static int list(struct err *e)
{
	struct arena a = {0};
	int status = STATUS_OK;

	printf("Profiles (--for):\n");
	for (size_t i = 0; i < nprofile_texts; i++) {
		struct profile p;

		if (profile_find(&a, profile_texts[i].id, &p, e) < 0)
			status = STATUS_TROUBLE;
		else
			printf("  %-18s %s\n", p.id, p.about);
	}
	printf("\nChecks (--require, --explain):\n");
	for (size_t i = 0; i < nareas; i++)
		for (size_t j = 0; j < areas[i]->nchecks; j++)
			printf("  %-28s %s\n", areas[i]->checks[j].id, areas[i]->checks[j].title);
	arena_fini(&a);
	return status;
}

static int no_such_check(const char *id, struct err *e)
{
	const char *ids[512], *near;
	size_t n = 0;

	for (size_t i = 0; i < nareas; i++)
		for (size_t j = 0; j < areas[i]->nchecks && n < ARRAY_SIZE(ids); j++)
			ids[n++] = areas[i]->checks[j].id;
	near = str_nearest(id, ids, n);
	err_set(e, ENOENT, "there is no check '%s'%s%s%s; `vmint probe --list` shows them", id,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return STATUS_USAGE;
}

static int explain(const char *id, struct err *e)
{
	const struct check *c = check_find(id);

	if (!c)
		return no_such_check(id, e);
	printf("%s: %s (%s)\n\n%s\n", c->id, c->title, category_title(c->category),
	       c->why ? c->why : "");
	if (c->after)
		printf("\nAsked only when %s holds.\n", c->after);
	if (c->fix)
		printf("\nFix: %s\n", c->fix);
	return STATUS_OK;
}

/* ---- the report ---- */

static int read_profiles(struct arena *a, const struct settings *s, struct profile *profiles,
			 struct err *e)
{
	int r;

	for (size_t i = 0; i < s->profiles.count; i++) {
		r = profile_find(a, s->profiles.items[i], &profiles[i], e);
		if (r < 0)
			return r;
	}
	if (!s->profiles.count) {
		r = profile_find(a, profile_texts[0].id, &profiles[0], e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --require adds to the first profile: it is the one the verdict line speaks of. */
static int add_required(struct arena *a, const struct settings *s, struct profile *p, struct err *e)
{
	const char **ids = arena_alloc(a, (p->nrequire + s->require.count) * sizeof *ids);

	memcpy(ids, p->require, p->nrequire * sizeof *ids);
	for (size_t i = 0; i < s->require.count; i++) {
		if (!check_find(s->require.items[i]))
			return no_such_check(s->require.items[i], e);
		ids[p->nrequire++] = s->require.items[i];
	}
	p->require = ids;
	return 0;
}

static int status_of(const struct report *r, const char *format)
{
	if (str_eq(format, "kvm-ok"))
		return r->overall == READY ? 0 : r->overall == UNDECIDED ? 2 : 1;
	switch (r->overall) {
	case READY:
		return STATUS_OK;
	case UNDECIDED:
		return STATUS_TROUBLE;
	default:
		return STATUS_NO;
	}
}

/* Appended: several steps of one job share the file. */
static int write_step_summary(const struct report *r, struct err *e)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	SCOPED(close_at) int fd = -1;
	struct strbuf text = {0};
	int w;

	if (!path || !*path)
		return 0;
	fd = sys_open(path, O_WRONLY | O_APPEND | O_CREAT, 0666);
	if (fd < 0)
		return err_sys(e, fd, "%s (GITHUB_STEP_SUMMARY)", path);
	render_github_summary(r, &text);
	w = sys_write(fd, strbuf_str(&text), text.len);
	strbuf_fini(&text);
	return w < 0 ? err_sys(e, w, "%s (GITHUB_STEP_SUMMARY)", path) : 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A host, or a capture, may hold escape sequences and broken UTF-8 in any of its files. JSON quotes them itself. */
static void show(const struct report *r, const struct renderer *renderer,
		 const struct render_options *ro)
{
	struct strbuf raw = {0}, out = {0};

	renderer->render(r, ro, &raw);
	if (str_eq(renderer->name, "json"))
		strbuf_addn(&out, strbuf_str(&raw), raw.len);
	else
		strbuf_add_lines(&out, strbuf_str(&raw), ro->colour);
	fwrite(strbuf_str(&out), 1, out.len, stdout);
	strbuf_fini(&raw);
	strbuf_fini(&out);
}

static int report(struct tree *t, const struct settings *s, struct err *e)
{
	const struct renderer *renderer = renderer_find(s->format);
	struct probe_options opt = {
		.trial = !s->no_trial,
		.versions = s->verbose || str_eq(s->format, "json"),
		.user = s->user,
	};
	struct render_options ro = {
		.verbose = s->verbose,
		.colour = term_colour(stdout, s->no_colour),
		.width = term_width(stdout),
	};
	struct arena *a = tree_arena(t);
	struct profile *profiles = arena_alloc(a, (s->profiles.count + 1) * sizeof *profiles);
	struct host *h = arena_alloc(a, sizeof *h);
	double start = now();
	struct report r;
	int status;

	if (read_profiles(a, s, profiles, e) < 0)
		return STATUS_USAGE;
	status = add_required(a, s, &profiles[0], e);
	if (status)
		return status;
	host_gather(h, t, &opt);
	report_make(&r, h, profiles, s->profiles.count ? s->profiles.count : 1);
	ro.seconds = now() - start;
	if (!s->quiet)
		show(&r, renderer, &ro);
	status = status_of(&r, s->format);
	if (str_eq(s->format, "github") && write_step_summary(&r, e) < 0)
		status = STATUS_TROUBLE;
	return status;
}

static int check_settings(const struct settings *s, struct err *e)
{
	const char *names[16], *near;

	if (!renderer_find(s->format)) {
		for (size_t i = 0; i < nrenderers; i++)
			names[i] = renderers[i].name;
		near = str_nearest(s->format, names, nrenderers);
		return err_set(e, EINVAL, "there is no format '%s'%s%s%s", s->format,
			       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	if (s->user && s->root)
		return err_set(e, EINVAL,
			       "--user asks about this host, --root about another: give one");
	if (s->user && geteuid() != 0)
		return err_set(e, EPERM, "--user %s: only root can answer for another user",
			       s->user);
	if (s->user && !getpwnam(s->user))
		return err_set(e, ENOENT, "--user %s: there is no such user", s->user);
	return 0;
}

static int run_report(const struct settings *s, struct err *e)
{
	struct tree *t = NULL;
	int status;

	if (s->root && cpu_tree_open(&t, s->root, e) < 0)
		return STATUS_TROUBLE;
	if (!t)
		t = tree_live();
	status = report(t, s, e);
	tree_close(t);
	return status;
}

static int run(int argc, char **argv, struct err *e)
{
	struct settings s = {.format = "text"};
	const struct opt opts[] = OPTIONS(&s);
	size_t rest;

	/* Installed or linked as kvm-ok: its words, its exit status. */
	if (!str_eq(argv[0], verb_probe.name))
		s.format = "kvm-ok";
	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		print_help(opts, ARRAY_SIZE(opts));
		return STATUS_OK;
	}
	if (rest) {
		err_set(e, EINVAL, "'%s' is not expected here; see `vmint probe --help`", argv[0]);
		return STATUS_USAGE;
	}
	if (check_settings(&s, e) < 0)
		return STATUS_USAGE;
	if (s.list)
		return list(e);
	if (s.explain)
		return explain(s.explain, e);
	return run_report(&s, e);
}

const struct verb verb_probe = {
	.name = "probe",
	.summary = "can this host run virtual machines, and if not, what stands in the way",
	.run = run,
};
