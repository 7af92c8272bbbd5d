/* Causes that only the trial shows: limits, seccomp, a VM that cannot be made, a guest that does not run, or crawls. */
#include "probe/diagnose.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <errno.h>

static const struct step_result *step(const struct host *h, enum trial_step s)
{
	return &h->kvm.trial.notes.steps[s];
}

static enum trial_step first(const struct host *h)
{
	return h->kvm.tried ? trial_first_failure(&h->kvm.trial.notes) : STEP_COUNT;
}

/* The errno that ended the trial before the guest ran, or 0. */
static int fatal_error(const struct host *h)
{
	if (h->kvm.tried && h->kvm.trial.end == TRIAL_NOT_STARTED)
		return h->kvm.trial.err;
	return first(h) <= STEP_HLT ? step(h, first(h))->err : 0;
}

static const char *fatal_words(const struct host *h)
{
	return first(h) <= STEP_HLT
		       ? kvm_step_words(h, first(h))
		       : arena_printf(h->a, "the trial's process: %s", err_word(fatal_error(h)));
}

/* ---- could not be tried ---- */

static bool nobody_by_that_name(const struct host *h)
{
	return h->kvm.tried && h->who.other && !h->who.known;
}

static const char *nobody_words(const struct host *h)
{
	return arena_printf(h->a, "/etc/passwd has no user %s",
			    h->opt && h->opt->user ? h->opt->user : "of that name");
}

static bool cannot_become(const struct host *h)
{
	return step(h, STEP_BECOME)->state == STEP_FAILED;
}

static const char *become_words(const struct host *h)
{
	return kvm_step_words(h, STEP_BECOME);
}

static bool too_many_files(const struct host *h)
{
	int err = fatal_error(h);

	return err == EMFILE || err == ENFILE;
}

static const char *files_words(const struct host *h)
{
	uint64_t limit = h->kvm.trial.notes.limit_nofile;

	if (fatal_error(h) == ENFILE)
		return arena_printf(h->a,
				    "could not be tried: %s; the system's limit fs.file-max is "
				    "reached",
				    fatal_words(h));
	return arena_printf(h->a, "could not be tried: %s; RLIMIT_NOFILE is %llu", fatal_words(h),
			    (unsigned long long)limit);
}

static const char *files_remedy(const struct host *h)
{
	return fatal_error(h) == ENFILE ? "sysctl -w fs.file-max=1000000" : "ulimit -n 1024";
}

static bool out_of_memory(const struct host *h)
{
	return fatal_error(h) == ENOMEM;
}

static const char *memory_words(const struct host *h)
{
	uint64_t limit = h->kvm.trial.notes.limit_as;

	if (limit && limit != UINT64_MAX)
		return arena_printf(h->a, "could not be tried: %s; RLIMIT_AS is %llu MiB",
				    fatal_words(h), (unsigned long long)(limit >> 20));
	return arena_printf(
		h->a, "could not be tried: %s; memory.max of this control group may be the limit",
		fatal_words(h));
}

static const char *memory_remedy(const struct host *h)
{
	uint64_t limit = h->kvm.trial.notes.limit_as;

	if (limit && limit != UINT64_MAX)
		return "ulimit -v unlimited";
	return "raise memory.max of this control group (docker: --memory), or free memory";
}

static bool no_process(const struct host *h)
{
	return h->kvm.tried && h->kvm.trial.end == TRIAL_NOT_STARTED && h->kvm.trial.err == EAGAIN;
}

/* ---- refused inside ---- */

static bool by_seccomp(const struct host *h)
{
	int err = fatal_error(h);

	return h->who.seccomp.is == YES && first(h) >= STEP_API && first(h) <= STEP_HLT &&
	       (err == EPERM || err == ENOSYS || err == EACCES || err == ENOTTY);
}

static const char *seccomp_words(const struct host *h)
{
	return arena_printf(h->a, "a system call filter (seccomp) stops it: %s", fatal_words(h));
}

static const char *seccomp_remedy(const struct host *h)
{
	return in_container(h)
		       ? "start the container with --security-opt seccomp=unconfined, or a "
			 "profile that allows ioctl on /dev/kvm"
		       : "allow ioctl in the filter (systemd: SystemCallFilter=@default ioctl)";
}

static bool hung(const struct host *h)
{
	return first(h) < STEP_COUNT && step(h, first(h))->state == STEP_HUNG;
}

static const char *hung_words(const struct host *h)
{
	return arena_printf(h->a, "KVM did not answer within 5 s: %s", step_title(first(h)));
}

static bool old_api(const struct host *h)
{
	return step(h, STEP_API)->err == EPROTO;
}

static const char *api_words(const struct host *h)
{
	return kvm_step_words(h, STEP_API);
}

static bool no_vm(const struct host *h)
{
	return first(h) >= STEP_CREATE_VM && first(h) < STEP_HLT;
}

static const char *no_vm_words(const struct host *h)
{
	return arena_printf(h->a, "KVM refuses to set up a VM: %s", fatal_words(h));
}

static const char *no_vm_remedy(const struct host *h)
{
	if (h->cpu.hypervisor.is == YES)
		return "the virtualization that the hypervisor outside offers is not complete: "
		       "update "
		       "it; dmesg | grep -i kvm tells more";
	return "dmesg | grep -i kvm tells more";
}

static bool no_run(const struct host *h)
{
	return first(h) == STEP_HLT;
}

static const char *no_run_words(const struct host *h)
{
	return arena_printf(h->a, "a VM can be made, but no guest code runs in it: %s",
			    fatal_words(h));
}

static const char *no_run_remedy(const struct host *h)
{
	if (h->cpu.hypervisor.is == YES)
		return "the hypervisor outside does not carry nested guests: update it and its "
		       "host's "
		       "kernel, or give this VM the host's CPU model";
	return "update microcode and firmware, then look at dmesg | grep -i kvm";
}

static bool refused_otherwise(const struct host *h)
{
	return first(h) < STEP_CREATE_VM;
}

/* ---- it runs, but ---- */

static bool emulated(const struct host *h)
{
	return trial_class(&h->kvm.trial.notes) == CLASS_EMULATED;
}

static const char *emulated_words(const struct host *h)
{
	const char *bad = h->kvm.instructions.is == NO ? h->kvm.instructions.text : NULL;

	return arena_printf(h->a,
			    "KVM answers but does not accelerate: guest code runs about %.0f times "
			    "slower than native%s%s%s",
			    trial_slowdown(&h->kvm.trial.notes), bad ? ", and fails at " : "",
			    bad ? bad : "", bad ? ", so no ordinary guest boots" : "");
}

static bool lacks_instructions(const struct host *h)
{
	return h->kvm.instructions.is == NO;
}

static const char *instructions_words(const struct host *h)
{
	return arena_printf(h->a, "guests stop at instructions that they need: %s",
			    h->kvm.instructions.text);
}

static const struct cause_row rows[] = {
	{"no-such-user", "user", nobody_by_that_name, NULL, nobody_words,
	 "name a user of this host", NULL, COULD_NOT},
	{"not-root", "user", cannot_become, NULL, become_words, "run it as root, or without --user",
	 NULL, COULD_NOT},
	{"limit-files", "limits", too_many_files, NULL, files_words, NULL, files_remedy, COULD_NOT},
	{"limit-memory", "limits", out_of_memory, NULL, memory_words, NULL, memory_remedy,
	 COULD_NOT},
	{"limit-processes", "limits", no_process,
	 "could not be tried: no process can be made (RLIMIT_NPROC, or pids.max of the control "
	 "group)",
	 NULL, "ulimit -u unlimited", NULL, COULD_NOT},
	{"seccomp", "sandbox", by_seccomp, NULL, seccomp_words, NULL, seccomp_remedy},
	{"hung", "kvm", hung, NULL, hung_words, "look at dmesg, then reboot"},
	{"api-version", "kvm", old_api, NULL, api_words, "boot a kernel of this century's KVM"},
	{"create-vm", "kvm", no_vm, NULL, no_vm_words, NULL, no_vm_remedy},
	{"run", "kvm", no_run, NULL, no_run_words, NULL, no_run_remedy},
	{"trial", "kvm", refused_otherwise, NULL, fatal_words, "dmesg | grep -i kvm tells more"},
	{"emulated", "speed", emulated, NULL, emulated_words,
	 "use software emulation, which is faster here: qemu-system-x86_64 -accel tcg", NULL,
	 SLOWS},
	{"instructions", "kvm", lacks_instructions, NULL, instructions_words,
	 "use software emulation: qemu-system-x86_64 -accel tcg", NULL, SLOWS},
};

const struct cause_table causes_trial = {rows, ARRAY_SIZE(rows)};
