/* The trial's parent: starts the child, waits no longer than allowed, and knows how far it came. */
#include "probe/trial.h"
#include "probe/trial_guest.h"

#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REAP_MS = 100, SLICE_MS = 100 };

static void run_child(struct trial_notes *notes, const struct trial_plan *plan, pid_t parent)
{
	/* Nobody else would end it, should the parent be killed while it hangs. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	(plan->child ? plan->child : trial_child)(notes, plan);
	_exit(0);
}

/* True when the child closed its end of the pipe: it is done, or gone. The limit is counted in short waits, and one that
 * took longer than it should counts as if it had not: a machine that stood still, as guests do whose host is busy or
 * asleep, held up the child as well and says nothing of KVM. */
static bool wait_for_end(int fd, unsigned limit_ms)
{
	struct pollfd p = {.fd = fd};
	long left = limit_ms;

	while (left > 0) {
		long wait = left < SLICE_MS ? left : SLICE_MS, took;
		uint64_t start = now_ns();
		int r = poll(&p, 1, (int)wait);

		if (r != 0 && !(r < 0 && errno == EINTR))
			return r > 0;
		took = (long)((now_ns() - start) / 1000000);
		left -= took < 1 ? 1 : took < wait ? took : wait;
	}
	return false;
}

/* A child that sleeps in the kernel may not die at once: it is left to init rather than waited for. */
static void reap(pid_t pid, unsigned limit_ms)
{
	SCOPED(close_at) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct timespec pause = {.tv_nsec = (long)limit_ms * 1000000};

	if (fd >= 0)
		poll(&p, 1, (int)limit_ms);
	else if (waitpid(pid, NULL, WNOHANG) == 0)
		nanosleep(&pause, NULL);
	waitpid(pid, NULL, WNOHANG);
}

static void mark_hung(struct trial_notes *n)
{
	for (int s = 0; s < STEP_COUNT; s++)
		if (n->steps[s].state == STEP_ENTERED)
			n->steps[s].state = STEP_HUNG;
}

static int start_child(struct trial_notes *notes, const struct trial_plan *plan, int *end)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		run_child(notes, plan, parent);
	}
	close(ends[1]);
	if (pid < 0) {
		int r = -errno;

		close(ends[0]);
		return r;
	}
	*end = ends[0];
	return pid;
}

static enum trial_end finish(pid_t pid, int end, const struct trial_notes *notes, unsigned limit_ms)
{
	if (!wait_for_end(end, limit_ms)) {
		kill(pid, SIGKILL);
		reap(pid, REAP_MS);
		return TRIAL_KILLED;
	}
	reap(pid, REAP_MS);
	return notes->done ? TRIAL_ENDED : TRIAL_CRASHED;
}

void trial_run(struct trial *t, const struct trial_plan *plan)
{
	struct trial_notes *notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	SCOPED(close_at) int end = -1;
	int pid;

	memset(t, 0, sizeof *t);
	t->notes.rdonly_err = -1;
	t->end = TRIAL_NOT_STARTED;
	if (notes == MAP_FAILED) {
		t->err = errno;
		return;
	}
	pid = start_child(notes, plan, &end);
	if (pid < 0) {
		t->err = -pid;
	} else {
		t->end = finish(pid, end, notes, plan->limit_ms);
		t->notes = *notes;
		if (t->end != TRIAL_ENDED)
			mark_hung(&t->notes);
	}
	munmap(notes, sizeof *notes);
}
