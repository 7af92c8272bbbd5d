/* vmint clone: N machines from one template. */
#include "cli/accel.h"
#include "cli/clone_options.h"
#include "cli/clone_show.h"
#include "cli/places_show.h"
#include "cli/term.h"
#include "cli/verb.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

static int stop_wanted(void *ctx)
{
	(void)ctx;
	return interrupted ? -EINTR : 0;
}

/* ---- does KVM accelerate here? ---- */

static bool wants_libvirt(const struct spec *s)
{
	for (size_t i = 0; i < s->ntargets; i++)
		if (str_eq(s->targets[i], "libvirt"))
			return true;
	return false;
}

/* Only libvirt's description needs to know when it is written; the trial guest says it. */
static bool kvm_accelerates(const struct spec *s)
{
	if (s->accel != ACCEL_AUTO || !wants_libvirt(s))
		return s->accel == ACCEL_KVM;
	return accel_kvm_is_fast();
}

/* ---- progress ---- */

struct progress {
	bool shown, on;
	struct timespec began, last;
	const char *stage;
	uint64_t first; /* done when the stage began */
};

static double seconds_since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}

static void draw(struct progress *p, uint64_t done, uint64_t total)
{
	double s = seconds_since(&p->began), rate = s > 0 ? (double)(done - p->first) / s : 0;
	double left = rate > 0 ? (double)(total - done) / rate : 0;

	if (str_eq(p->stage, "base"))
		fprintf(stderr, "\r\033[Kbase: %llu of %llu MiB, %.0f MiB/s, %.0f s left",
			(unsigned long long)(done >> 20), (unsigned long long)(total >> 20),
			rate / (1 << 20), left);
	else
		fprintf(stderr, "\r\033[K%s: %llu of %llu, %.0f/s, %.0f s left%s",
			str_eq(p->stage, "keys") ? "RSA keys" : "clones", (unsigned long long)done,
			(unsigned long long)total, rate, left,
			str_eq(p->stage, "clones, RSA") ? " (RSA host keys take the time)" : "");
	p->shown = true;
}

static int on_progress(void *ctx, const char *stage, uint64_t done, uint64_t total)
{
	struct progress *p = ctx;

	if (interrupted)
		return -EINTR;
	if (!p->on)
		return 0;
	if (p->stage != stage) {
		p->stage = stage;
		p->first = done;
		clock_gettime(CLOCK_MONOTONIC, &p->began);
		p->last = p->began;
	}
	if (seconds_since(&p->last) >= 0.1) {
		clock_gettime(CLOCK_MONOTONIC, &p->last);
		draw(p, done, total);
	}
	return 0;
}

static void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}

static void on_waiting(void *ctx)
{
	(void)ctx;
	fprintf(stderr, "vmint clone: another run works on this folder; waiting for it\n");
}

/* ---- the verb ---- */

static int run_fill(const struct clone_settings *o, struct err *e)
{
	struct progress p = {.on = !o->quiet && term_width(stderr) > 0};
	struct arena a = {0};
	const struct clone_options co = {
		.progress = on_progress, .ctx = &p, .key_pool = clone_key_pool(&a, o->key_pool)};
	struct timespec began;
	size_t made, have;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &began);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	r = clone_fill_keys(&co, o->fill, &made, &have, e);
	progress_end(&p);
	if (!o->quiet && co.key_pool && (r == 0 || made))
		printf("%zu RSA host keys in %s (%zu made in %.1f s)\n", have, co.key_pool, made,
		       seconds_since(&began));
	arena_fini(&a);
	return r == 0 ? STATUS_OK : interrupted ? STATUS_INTERRUPTED : STATUS_TROUBLE;
}

static int define(const struct clone_run *run, const struct clone_settings *o, struct err *e)
{
	size_t done;
	int r = o->define && !o->dry_run ? clone_define(&run->plan, o->define, o->start, &done, e)
					 : 1;

	if (r == 0 && !o->quiet && !str_eq(o->format, "json"))
		printf("%zu defined%s in %s\n", done, o->start ? " and running" : "", o->define);
	return r < 0 ? err_in(e, r, "the clones are made, but") : 0;
}

static int run_clone(struct spec *s, const struct clone_settings *o, struct arena *a, struct err *e)
{
	struct progress p = {.on = !o->quiet && term_width(stderr) > 0};
	const struct clone_options co = {
		.dry_run = o->dry_run,
		.replace = o->replace,
		.kvm = kvm_accelerates(s),
		.key_pool = clone_key_pool(a, o->key_pool),
		.progress = on_progress,
		.waiting = on_waiting,
		.stop = {stop_wanted, NULL},
		.ctx = &p,
	};
	struct clone_run run;
	struct timespec began;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &began);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	r = clone_run(&run, s, &co, e);
	progress_end(&p);
	clone_show_findings(&run, o->quiet);
	if (r == 0 && str_eq(o->format, "json"))
		clone_show_json(&run, o->dry_run);
	else if (r == 0 && o->dry_run)
		clone_show_plan(&run);
	else if (r == 0 && !o->quiet)
		clone_show_summary(&run, seconds_since(&began));
	if (r == 0)
		r = define(&run, o, e);
	else if (run.result.made)
		fprintf(stderr,
			"vmint clone: %zu clones were finished before this; the same "
			"command goes on\n",
			run.result.made);
	clone_close(&run);
	return r == 0 ? STATUS_OK : interrupted ? STATUS_INTERRUPTED : STATUS_TROUBLE;
}

static int check_define(const struct spec *s, const struct clone_settings *o, struct err *e)
{
	if (o->start && !o->define)
		return err_set(e, EINVAL, "--start: --define says where");
	return o->define && !wants_libvirt(s) ? err_set(e, EINVAL, "--define needs -t libvirt") : 0;
}

static int run_verb(const struct clone_settings *o, const char *template, struct err *e)
{
	struct arena a = {0};
	struct spec s;
	int status = STATUS_USAGE;

	if (clone_options_spec(&s, &a, o, template, e) == 0 && check_define(&s, o, e) == 0)
		status = run_clone(&s, o, &a, e);
	arena_fini(&a);
	return status;
}

/* The table, with the rows of --places behind it. */
static int list_places(const struct clone_settings *o, struct err *e)
{
	struct arena a = {0};
	struct spec s;
	int r = 0;

	spec_init(&s);
	if (o->places)
		r = spec_option(&s, &a, "identity.places", "--places", o->places, true, e);
	if (r == 0)
		places_show(s.places, s.nplaces, str_eq(o->format, "json"));
	arena_fini(&a);
	return r < 0 ? STATUS_USAGE : STATUS_OK;
}

/* What only prints; false: something is to be made. */
static bool run_list(const struct clone_settings *s, struct err *e, int *status)
{
	*status = STATUS_OK;
	if (s->help)
		clone_options_help();
	else if (s->example)
		fputs(spec_example(), stdout);
	else if (s->list_targets)
		for (size_t i = 0; i < target_count; i++)
			printf("%-10s %s\n", targets[i].name, targets[i].summary);
	else if (s->list_places)
		*status = list_places(s, e);
	else
		return false;
	return true;
}

static int run(int argc, char **argv, struct err *e)
{
	struct clone_settings s;
	size_t rest;
	int status;

	if (clone_options_parse(&s, argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (run_list(&s, e, &status))
		return status;
	if (rest > 1 || (!str_eq(s.format, "text") && !str_eq(s.format, "json"))) {
		err_set(e, EINVAL,
			rest > 1 ? "'%s' is one argument too many" : "--format %s: text or json",
			rest > 1 ? argv[1] : s.format);
		return STATUS_USAGE;
	}
	if (s.fill)
		return run_fill(&s, e);
	return run_verb(&s, rest ? argv[0] : NULL, e);
}

const struct verb verb_clone = {
	.name = "clone",
	.summary = "N machines from one template, each with an identity of its own",
	.run = run,
};
