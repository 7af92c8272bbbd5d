/* The trial guest: what really happens when this user opens /dev/kvm and runs a few hundred bytes of 64-bit code.
 * Flags, modules and permissions explain; only this decides. Everything that could hang happens in a child. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* In the order they are taken. Up to STEP_STATE a failure ends the trial; after it each step stands alone. */
enum trial_step {
	STEP_BECOME, /* initgroups, setresgid, setresuid, with --user */
	STEP_OPEN,
	STEP_NODE, /* fstat: a character device of the kernel's own KVM number */
	STEP_API,
	STEP_CREATE_VM,
	STEP_MEMORY,
	STEP_CREATE_VCPU,
	STEP_MMAP,
	STEP_CPUID,
	STEP_STATE, /* long mode with paging, FPU state */
	STEP_HLT,
	STEP_PORT_IO,
	STEP_CMPXCHG16B,
	STEP_XRSTOR,
	STEP_FXRSTOR,
	STEP_FNINIT,
	STEP_FWAIT,
	STEP_SSE2,
	STEP_AVX,
	STEP_LOOP,
	STEP_EXITS,
	STEP_COUNT
};

/* NOT_OFFERED: the guest's CPUID does not claim the instruction, or this architecture has no trial yet. */
enum step_state {
	STEP_NOT_REACHED,
	STEP_ENTERED,
	STEP_PASSED,
	STEP_FAILED,
	STEP_NOT_OFFERED,
	STEP_HUNG
};

struct step_result {
	uint32_t state; /* enum step_state */
	int32_t err;    /* positive errno when a system call failed */
	uint32_t exit;  /* kvm_run.exit_reason when the vCPU stopped for the wrong reason */
	uint32_t suberror;
	uint64_t hardware; /* hardware_entry_failure_reason */
	uint64_t rip;
};

enum { TRIAL_CAPS = 256, TRIAL_LEAVES = 192, TRIAL_GROUPS = 128 };

struct trial_leaf {
	uint32_t function, index, flags, eax, ebx, ecx, edx;
};

/* What the child wrote down, as it went: shared memory, so that it survives the child. */
struct trial_notes {
	struct step_result steps[STEP_COUNT];
	int32_t rdonly_err; /* after a failed open: 0 when O_RDONLY works, else its errno, -1 not tried */
	uint32_t node_mode, node_major, node_minor;
	int32_t api;
	int32_t mmap_size;
	uint32_t caps_asked, caps[TRIAL_CAPS];
	uint32_t leaves_err, nleaves;
	struct trial_leaf leaves[TRIAL_LEAVES];
	uint32_t uid, gid, ngroups, groups[TRIAL_GROUPS];
	uint64_t loop_count, loop_guest_ns, native_count, native_ns;
	uint64_t exit_count, exit_ns;
	uint64_t limit_nofile, limit_as, limit_nproc;
	uint64_t elapsed_us;
	uint32_t cpu_hypervisor; /* CPUID.1:ECX.31, as the child saw it */
	uint32_t done;
};

struct trial_plan {
	const char *path; /* "/dev/kvm" */
	bool run_guest;   /* false: stop after the capabilities */
	bool become;
	const char *user; /* for initgroups */
	uid_t uid;
	gid_t gid;
	unsigned limit_ms;
	/* What the child does; NULL: the trial itself. Tests put a child here that never ends. */
	void (*child)(struct trial_notes *notes, const struct trial_plan *plan);
};

enum trial_end { TRIAL_ENDED, TRIAL_KILLED, TRIAL_CRASHED, TRIAL_NOT_STARTED };

struct trial {
	enum trial_end end;
	int err; /* TRIAL_NOT_STARTED: why */
	struct trial_notes notes;
};

/* Runs the plan in a child and waits at most limit_ms for it. Always fills *t. */
void trial_run(struct trial *t, const struct trial_plan *plan);
/* The child's part: in the process that calls it. */
void trial_child(struct trial_notes *notes, const struct trial_plan *plan);

/* One line of JSON, and back. Parsing refuses what trial_format would not write: false. */
void trial_format(struct strbuf *out, const struct trial *t);
bool trial_parse(struct trial *t, const char *text);

const char *step_name(enum trial_step s);  /* "create-vm" */
const char *step_title(enum trial_step s); /* "KVM_CREATE_VM" */
/* "KVM_EXIT_INTERNAL_ERROR" and, in plain words, what it means. Never NULL. */
const char *exit_name(uint32_t exit);
const char *exit_meaning(const struct step_result *r);
/* Guest time over native time of the same loop; 0 when either was not measured. */
double trial_slowdown(const struct trial_notes *n);
uint64_t trial_ns_per_exit(const struct trial_notes *n); /* 0: not measured */

enum exit_class { CLASS_UNKNOWN, CLASS_BARE_METAL, CLASS_NESTED, CLASS_EMULATED };

enum exit_class trial_class(const struct trial_notes *n);
const char *class_name(enum exit_class c); /* "bare-metal" */
/* The first step that failed or hung, or STEP_COUNT. */
enum trial_step trial_first_failure(const struct trial_notes *n);
