/* Times whole processes, interleaved, so that a busy moment hits all alike.
 *
 *	timer ROUNDS COMMAND...  [-- COMMAND...]...
 *
 * A line for each command: median, lowest and highest milliseconds, peak resident KiB, exit status of the last run. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS = 16, ROUNDS = 1000 };

struct command {
	char **argv;
	double *ms;
	long rss;
	int status;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double run_once(struct command *c, const posix_spawn_file_actions_t *silent, char **env)
{
	double start = now();
	struct rusage use;
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, c->argv[0], silent, NULL, c->argv, env) != 0) {
		fprintf(stderr, "timer: cannot run %s\n", c->argv[0]);
		exit(3);
	}
	if (wait4(pid, &status, 0, &use) < 0)
		exit(3);
	start = now() - start;
	if (use.ru_maxrss > c->rss)
		c->rss = use.ru_maxrss;
	c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return start;
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv, char **env)
{
	struct command commands[COMMANDS] = {0};
	posix_spawn_file_actions_t silent;
	size_t n = 0;
	int rounds = argc > 2 ? atoi(argv[1]) : 0;

	if (rounds < 1 || rounds > ROUNDS) {
		fprintf(stderr, "usage: timer ROUNDS COMMAND... [-- COMMAND...]...\n");
		return 2;
	}
	for (int i = 2; i < argc && n < COMMANDS; i++) {
		commands[n].argv = argv + i;
		commands[n].ms = calloc((size_t)rounds, sizeof(double));
		if (!commands[n++].ms)
			return 3;
		while (i < argc && strcmp(argv[i], "--") != 0)
			i++;
		if (i < argc)
			argv[i] = NULL;
	}
	posix_spawn_file_actions_init(&silent);
	posix_spawn_file_actions_addopen(&silent, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&silent, 2, "/dev/null", O_WRONLY, 0);
	/* Round -1 warms the caches. */
	for (int r = -1; r < rounds; r++)
		for (size_t i = 0; i < n; i++) {
			double ms = run_once(&commands[i], &silent, env);

			if (r >= 0)
				commands[i].ms[r] = ms;
		}
	for (size_t i = 0; i < n; i++) {
		double *ms = commands[i].ms;

		qsort(ms, (size_t)rounds, sizeof *ms, ascending);
		printf("%.2f %.2f %.2f %ld %d\n", (ms[(rounds - 1) / 2] + ms[rounds / 2]) / 2,
		       ms[0], ms[rounds - 1], commands[i].rss, commands[i].status);
		free(ms);
	}
	return 0;
}
