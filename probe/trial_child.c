/* The child's half of the trial: becomes the user, opens the node, asks KVM, and hands over to the guest. */
#include "probe/trial_guest.h"

#include "base/arena.h"
#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#if TRIAL_OFFERED
#include <cpuid.h>
#endif

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void step_enter(struct trial_notes *n, enum trial_step s)
{
	n->steps[s].state = STEP_ENTERED;
}

void step_pass(struct trial_notes *n, enum trial_step s)
{
	n->steps[s].state = STEP_PASSED;
}

bool step_fail(struct trial_notes *n, enum trial_step s, int err)
{
	n->steps[s].state = STEP_FAILED;
	n->steps[s].err = err < 0 ? -err : err;
	return false;
}

static void note_self(struct trial_notes *n)
{
	struct rlimit limit;
	gid_t groups[TRIAL_GROUPS];
	int count = getgroups(TRIAL_GROUPS, groups);

	n->uid = geteuid();
	n->gid = getegid();
	for (int i = 0; i < count; i++)
		n->groups[n->ngroups++] = groups[i];
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		n->limit_nofile = limit.rlim_cur;
	if (getrlimit(RLIMIT_AS, &limit) == 0)
		n->limit_as = limit.rlim_cur;
	if (getrlimit(RLIMIT_NPROC, &limit) == 0)
		n->limit_nproc = limit.rlim_cur;
}

static bool become(struct trial_notes *n, const struct trial_plan *plan)
{
	if (!plan->become) {
		step_pass(n, STEP_BECOME);
		return true;
	}
	step_enter(n, STEP_BECOME);
	if (initgroups(plan->user, plan->gid) < 0 ||
	    setresgid(plan->gid, plan->gid, plan->gid) < 0 ||
	    setresuid(plan->uid, plan->uid, plan->uid) < 0)
		return step_fail(n, STEP_BECOME, errno);
	/* A change of credentials clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	step_pass(n, STEP_BECOME);
	return true;
}

/* QEMU opens read-write; a read-only descriptor would do for KVM_CREATE_VM, so that is asked when the first fails. */
static int open_node(struct trial_notes *n, const char *path)
{
	int fd, ro;

	step_enter(n, STEP_OPEN);
	fd = sys_open(path, O_RDWR, 0);
	if (fd >= 0) {
		step_pass(n, STEP_OPEN);
		return fd;
	}
	step_fail(n, STEP_OPEN, fd);
	ro = sys_open(path, O_RDONLY, 0);
	n->rdonly_err = ro < 0 ? -ro : 0;
	close_at(&ro);
	return fd;
}

static bool look_at_node(struct trial_notes *n, int fd)
{
	struct stat st;
	int r = sys_fstat(fd, &st);

	step_enter(n, STEP_NODE);
	if (r < 0)
		return step_fail(n, STEP_NODE, r);
	n->node_mode = st.st_mode;
	n->node_major = major(st.st_rdev);
	n->node_minor = minor(st.st_rdev);
	if (!S_ISCHR(st.st_mode))
		return step_fail(n, STEP_NODE, ENOTTY);
	step_pass(n, STEP_NODE);
	return true;
}

static bool ask_api(struct trial_notes *n, int fd)
{
	step_enter(n, STEP_API);
	n->api = ioctl(fd, KVM_GET_API_VERSION, 0);
	if (n->api < 0)
		return step_fail(n, STEP_API, errno);
	if (n->api != KVM_API_VERSION)
		return step_fail(n, STEP_API, EPROTO);
	step_pass(n, STEP_API);
	return true;
}

static void ask_capabilities(struct trial_notes *n, int fd)
{
	n->mmap_size = ioctl(fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	for (unsigned i = 0; i < TRIAL_CAPS; i++) {
		int v = ioctl(fd, KVM_CHECK_EXTENSION, i);

		n->caps[i] = v > 0 ? (uint32_t)v : 0;
	}
	n->caps_asked = TRIAL_CAPS;
}

#if TRIAL_OFFERED
static struct kvm_cpuid2 *ask_cpuid(struct trial_notes *n, int fd)
{
	struct kvm_cpuid2 *all = xcalloc(1, sizeof *all + TRIAL_LEAVES * sizeof all->entries[0]);

	all->nent = TRIAL_LEAVES;
	if (ioctl(fd, KVM_GET_SUPPORTED_CPUID, all) < 0) {
		n->leaves_err = (uint32_t)errno;
		free(all);
		return NULL;
	}
	for (n->nleaves = 0; n->nleaves < all->nent; n->nleaves++) {
		const struct kvm_cpuid_entry2 *e = &all->entries[n->nleaves];

		n->leaves[n->nleaves] = (struct trial_leaf){
			.function = e->function,
			.index = e->index,
			.flags = e->flags,
			.eax = e->eax,
			.ebx = e->ebx,
			.ecx = e->ecx,
			.edx = e->edx,
		};
	}
	return all;
}

static void note_cpu(struct trial_notes *n)
{
	unsigned a, b, c, d;

	if (__get_cpuid(1, &a, &b, &c, &d))
		n->cpu_hypervisor = c >> 31;
}

static void run_guest(struct trial_notes *n, int fd, struct kvm_cpuid2 *cpuid, bool run)
{
	struct guest g = {.kvm = fd, .vm = -1, .vcpu = -1, .notes = n, .cpuid = cpuid};

	if (run)
		guest_trial(&g);
}
#else
static struct kvm_cpuid2 *ask_cpuid(struct trial_notes *n, int fd)
{
	(void)fd;
	n->leaves_err = ENOTTY;
	return NULL;
}

static void note_cpu(struct trial_notes *n)
{
	(void)n;
}

static void run_guest(struct trial_notes *n, int fd, struct kvm_cpuid2 *cpuid, bool run)
{
	(void)fd;
	(void)cpuid;
	if (run)
		for (int s = STEP_CREATE_VM; s < STEP_COUNT; s++)
			n->steps[s].state = STEP_NOT_OFFERED;
}
#endif

static void take_steps(struct trial_notes *n, const struct trial_plan *plan)
{
	SCOPED(free_at) struct kvm_cpuid2 *cpuid = NULL;
	SCOPED(close_at) int fd = -1;

	n->rdonly_err = -1;
	if (!become(n, plan))
		return;
	note_self(n);
	note_cpu(n);
	fd = open_node(n, plan->path);
	if (fd < 0 || !look_at_node(n, fd) || !ask_api(n, fd))
		return;
	ask_capabilities(n, fd);
	cpuid = ask_cpuid(n, fd);
	run_guest(n, fd, cpuid, plan->run_guest);
}

void trial_child(struct trial_notes *notes, const struct trial_plan *plan)
{
	uint64_t start = now_ns();

	take_steps(notes, plan);
	notes->elapsed_us = (now_ns() - start) / 1000;
	notes->done = 1;
}
