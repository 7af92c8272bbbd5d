/* Drawing progress ten times a second. */
#include "cli/progress.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 30 };

static const int stops[] = {SIGINT, SIGTERM, SIGHUP};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void block(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < sizeof stops / sizeof stops[0]; i++)
		sigaddset(&set, stops[i]);
	pthread_sigmask(how, &set, NULL);
}

bool progress_stopped(void)
{
	sigset_t set;

	if (sigpending(&set) < 0)
		return false;
	for (unsigned i = 0; i < sizeof stops / sizeof stops[0]; i++)
		if (sigismember(&set, stops[i]) == 1)
			return true;
	return false;
}

void progress_begin(struct progress *p, const char *what, bool quiet)
{
	*p = (struct progress){
		.what = what, .shown = !quiet && isatty(STDERR_FILENO), .begun = now()};
	block(SIG_BLOCK);
}

static void draw(const struct progress *p, uint64_t done, uint64_t total)
{
	double part = total ? (double)done / (double)total : 0;
	double seconds = p->drawn - p->begun;
	int full = (int)(part * BAR);

	fprintf(stderr, "\r%s [", p->what);
	for (int i = 0; i < BAR; i++)
		fputc(i < full ? '=' : ' ', stderr);
	fprintf(stderr, "] %3.0f %% %6.0f MB/s ", part * 100,
		seconds > 0 ? (double)done / 1e6 / seconds : 0);
	fflush(stderr);
}

int progress_stop(void *arg)
{
	(void)arg;
	return progress_stopped() ? -EINTR : 0;
}

int progress_step(void *arg, uint64_t done, uint64_t total)
{
	struct progress *p = arg;
	double at = now();

	if (progress_stopped())
		return -EINTR;
	if (!p->shown || at - p->drawn < 0.1)
		return 0;
	p->drawn = at;
	draw(p, done < total ? done : total, total);
	return 0;
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}

double progress_seconds(const struct progress *p)
{
	return now() - p->begun;
}
